// Which element of a lane is meant: a hidden unit, and where a lane has other axes, a place on each of them.
//
// An axis without a place of its own follows the unit: heads are groups of units that stand together, and an axis that is as
// long as the units of a head counts within it. The others begin at 0.

/** @typedef {import("../../engine/session.js").Session} Session */
/** @typedef {{name: string, extent: number}} Axis */

/** @param {any} lane  of a Spec */
export const isPerUnit = (lane) => !lane?.axes || lane.axes.join() === "H";

/** A lane's axes, last one fastest. @param {Session} session @param {string | null} name @returns {Axis[]} */
export function axesOf({ spec, summary, selection }, name) {
  const k = spec.lanes.findIndex((/** @type {any} */ l) => l.name === name);
  const axes = spec.lanes[k]?.axes ?? ["H"];
  return axes.map((/** @type {string} */ axis, /** @type {number} */ n) => ({ name: axis, extent: k < 0 ? summary.hidden : summary.lanes[selection.layer][k][n] }));
}

/** Where the chosen unit stands on an axis that was not chosen. @param {number} unit @param {number} hidden @param {Axis} axis @param {number} heads */
function followed(unit, hidden, { name, extent }, heads) {
  if (name === "H") return unit;
  if (name === "NH") return Math.floor((unit * extent) / hidden);
  return extent * heads === hidden || extent > hidden ? unit % extent : 0;
}

/** The chosen place on each axis of a lane. @param {Session} session @param {Axis[]} axes @returns {number[]} */
export function placesOn({ selection, summary }, axes) {
  const heads = axes.find(({ name }) => name === "NH")?.extent ?? 1;
  return axes.map((axis) => Math.min(axis.extent - 1, selection.place[axis.name] ?? followed(selection.unit ?? 0, summary.hidden, axis, heads)));
}

/** The chosen element of a lane; null where all are shown. @param {Session} session @param {string | null} lane @returns {number | null} */
export function elementOf(session, lane) {
  const { unit } = session.selection;
  if (unit === null || isPerUnit(session.spec.lanes.find((/** @type {any} */ l) => l.name === lane))) return unit;
  const axes = axesOf(session, lane);
  return placesOn(session, axes).reduce((flat, at, n) => flat * axes[n].extent + at, 0);
}

/** What the Jacobian is of: the output, or where that is not handed on, all that is. @param {Session} session */
export function stateOf({ spec, summary, selection }) {
  const output = spec.lanes.find((/** @type {any} */ l) => l.output);
  if (output.carried) return { size: summary.hidden, of: output.name };
  const size = spec.lanes.reduce((/** @type {number} */ sum, /** @type {any} */ l, /** @type {number} */ k) => sum + (l.carried ? summary.lanes[selection.layer][k].reduce((/** @type {number} */ all, /** @type {number} */ n) => all * n, 1) : 0), 0);
  return { size, of: spec.lanes.filter((/** @type {any} */ l) => l.carried).map((/** @type {any} */ l) => l.name).join(", ") };
}
