// A lane's elements laid out in a plane, and the way back: from an element to the unit and the places that choose it.
import { axesOf, placesOn } from "../axes.js";
import { more } from "../more.js";
import { MODERN as TEXT } from "../../../strings/en-cells.js";

/** @typedef {import("../../../engine/session.js").Session} Session */
/** @typedef {import("../axes.js").Axis} Axis */

/**
 * The axes that are the unit by other names: of the lane nearest to the output whose elements are as many as the units.
 * @param {Session} session
 * @returns {Axis[]}
 */
export function boundAxes(session) {
  const { spec, summary } = session;
  for (const { name, axes } of [...spec.lanes].reverse()) {
    if (axes.includes("H")) continue;
    const found = axesOf(session, name);
    if (found.reduce((all, { extent }) => all * extent, 1) === summary.hidden) return found;
  }
  return [];
}

/** The axes that can be chosen beside the unit, each once, in the order of the lanes. @param {Session} session @returns {Axis[]} */
export function freeAxes(session) {
  const bound = boundAxes(session).map(({ name }) => name);
  /** @type {Map<string, Axis>} */
  const found = new Map();
  for (const { name } of session.spec.lanes) {
    for (const axis of axesOf(session, name)) if (axis.name !== "H" && axis.extent > 1 && !bound.includes(axis.name)) found.set(axis.name, axis);
  }
  return [...found.values()];
}

/** Indices of a flat position. @param {Axis[]} axes @param {number} flat */
export function indices(axes, flat) {
  const at = axes.map(() => 0);
  for (let k = axes.length - 1; k >= 0; k--) {
    at[k] = flat % axes[k].extent;
    flat = Math.floor(flat / axes[k].extent);
  }
  return at;
}

/** @param {Axis[]} axes @param {number[]} at */
const flatOf = (axes, at) => at.reduce((flat, k, n) => flat * axes[n].extent + k, 0);

/**
 * What to choose so that an element of a lane is shown.
 * @param {Session} session @param {string | null} lane @param {number} flat
 * @returns {{unit: number, place: Record<string, number>}}
 */
export function placeOf(session, lane, flat) {
  const axes = axesOf(session, lane);
  const at = Object.fromEntries(indices(axes, flat).map((k, n) => [axes[n].name, k]));
  const bound = boundAxes(session);
  // (Where only the head is known, the unit stays where it is within it.)
  const within = indices(bound, session.selection.unit ?? 0);
  const known = bound.some(({ name }) => name in at);
  const unit = at.H ?? (known ? flatOf(bound, bound.map(({ name }, n) => at[name] ?? within[n])) : (session.selection.unit ?? 0));
  const free = Object.entries(at).filter(([name]) => name !== "H" && !bound.some((axis) => axis.name === name));
  return { unit, place: { ...session.selection.place, ...Object.fromEntries(free) } };
}

/** An element in words, such as "3, 1". @param {Session} session @param {string | null} lane @param {number} flat */
export const placeText = (session, lane, flat) => indices(axesOf(session, lane), flat).join(", ");

Object.assign(more, {
  axis: TEXT.axis,
  place: placeText,
  choice: placeOf,
  element: (/** @type {Session} */ session, /** @type {string} */ lane, /** @type {number | "all" | null} */ element) =>
    typeof element === "number" ? TEXT.chosenElement(placeText(session, lane, element)) : TEXT.allElements,
});

/**
 * A plane for a lane: units, channels or heads from left to right, what each of them has several of from top to bottom; a
 * matrix with its rows as rows.
 * @param {Axis[]} axes
 * @returns {{rows: number, columns: number, flat: (row: number, column: number) => number, cell: (flat: number) => {row: number, column: number}, across: string[], down: string[]}}
 */
export function planeOf(axes) {
  const heads = axes[0]?.name === "NH" ? axes[0].extent : 0;
  const [down, across] = heads > 0 && axes.length === 3 ? [[axes[1]], [axes[0], axes[2]]] : heads > 0 ? [[], axes] : [axes.slice(1), axes.slice(0, 1)];
  const size = (/** @type {Axis[]} */ of) => of.reduce((all, { extent }) => all * extent, 1);
  const order = [...down, ...across];
  const by = (/** @type {number[]} */ at) => Object.fromEntries(order.map(({ name }, n) => [name, at[n]]));
  const names = (/** @type {Axis[]} */ of) => of.map(({ name }) => name);
  return {
    rows: size(down),
    columns: size(across),
    across: names(across),
    down: names(down),
    flat(row, column) {
      const at = by([...indices(down, row), ...indices(across, column)]);
      return flatOf(axes, axes.map(({ name }) => at[name]));
    },
    cell(flat) {
      const found = indices(axes, flat);
      const at = Object.fromEntries(axes.map(({ name }, n) => [name, found[n]]));
      return { row: flatOf(down, down.map(({ name }) => at[name])), column: flatOf(across, across.map(({ name }) => at[name])) };
    },
  };
}

/** Where each free axis stands now. @param {Session} session */
export const placesNow = (session) => freeAxes(session).map((axis) => ({ ...axis, at: placesOn(session, [axis])[0] }));
