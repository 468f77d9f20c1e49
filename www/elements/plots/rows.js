// The rows of the heatmap: a lane's elements, or those along one of its axes at the chosen place of the others.
import { axesOf, elementOf, isPerUnit, placesOn } from "../inspector/axes.js";
import { more } from "../inspector/more.js";
import { PLOTS } from "../../strings/en-plots.js";

/** @typedef {import("../../engine/session.js").Session} Session */

/** So many rows can be told apart. */
const MOST = 128;

/**
 * @param {Session} session @param {string} lane
 * @param {string | null} along  an axis, "all", or null: whatever can be read
 */
export function rowsOf(session, lane, along) {
  const plain = isPerUnit(session.spec.lanes.find((/** @type {any} */ l) => l.name === lane));
  const axes = axesOf(session, lane);
  const all = axes.reduce((product, { extent }) => product * extent, 1);
  /** @type {(axis: string) => string} */
  const name = (axis) => more.axis?.(axis, session.state.network.cell) ?? axis;
  const long = axes.filter(({ extent }) => extent > 1);
  const ways = long.length < 2 ? [] : [...long.map((axis) => ({ name: axis.name, title: PLOTS.along(name(axis.name)) })), { name: "all", title: PLOTS.every(all) }];
  const chosen = ways.some((way) => way.name === along) ? along : ways.length > 0 && all > MOST ? long[0].name : "all";
  const at = placesOn(session, axes);
  const moving = axes.findIndex((axis) => axis.name === chosen);
  const flat = (/** @type {number} */ k) => axes.reduce((sum, { extent }, n) => sum * extent + (n === moving ? k : at[n]), 0);
  const count = moving < 0 ? all : axes[moving].extent;
  const list = moving < 0 ? null : Array.from({ length: count }, (_, k) => flat(k));
  const element = elementOf(session, lane);
  return {
    plain,
    count,
    ways,
    along: chosen,
    /** What a row is called. */
    row: plain ? "unit" : moving >= 0 ? name(axes[moving].name) : long.length === 1 ? name(long[0].name) : "element",
    list,
    elementAt: (/** @type {number} */ row) => list?.[row] ?? row,
    /** The row of the chosen element. */
    chosen: element === null ? null : list ? list.indexOf(element) : element,
  };
}
