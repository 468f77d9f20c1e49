// The session's numbers as the picture needs them: whole lanes, fetched once for each trace.

import { place } from "./colors.js";

/** @typedef {import("./colors.js").Scale} Scale */

/**
 * One layer and direction of the unrolled network.
 * @typedef {object} Row
 * @property {number} layer
 * @property {number} direction
 * @property {Float32Array} values    T×H: the output lane's values, or in backward mode ∂L/∂(that lane)
 * @property {Float32Array} sizes     T: root mean square over units forward, Euclidean norm backward
 * @property {{name: string, sizes: Float32Array, max: number}[]} carried  the same of each carried lane
 * @property {Float32Array | null} state  T: forward, where the output is not what is handed on: root mean square of all that is
 * @property {(t: number) => Passing} passing  backward: what arrives at step t
 * @property {Float32Array | null} off  T: largest difference to the untouched run
 * @property {Float32Array | null} untouched  T×H: the untouched run's values
 */

/** Norms of what arrives at a cell in backward mode. @typedef {{upstream: number, arriving: Record<string, number>}} Passing */

/**
 * Everything drawn, of one trace in one mode.
 * @typedef {object} Model
 * @property {"forward" | "backward"} mode
 * @property {number} steps       T
 * @property {number} hidden      H
 * @property {number} layers
 * @property {number} directions
 * @property {string} lane        name of the output lane
 * @property {string[]} carried   names of the carried lanes, in tape order
 * @property {Row[]} rows         layer by layer, forward direction first
 * @property {Scale} scale        of the units' colours
 * @property {boolean} overflow   some value is infinite or not a number
 * @property {boolean} bounded    the scale is the lane's own range, not this run's largest value
 * @property {{low: number, high: number}} decades  of the gradients' norms, powers of ten
 */

/** Gradient norms are drawn on these decades at least, whatever the network, so that two networks can be compared. */
const DECADES = { low: -8, high: 0 };
/** A unit's gradient is neutral this many decades under the largest. */
const UNIT_DECADES = 4;

/** Norm of column t of T columns, divided by the root of their length where `mean`. */
function sizesOf(/** @type {Float32Array} */ values, /** @type {number} */ steps, /** @type {boolean} */ mean) {
  const sizes = new Float32Array(steps);
  const length = values.length / steps;
  for (let t = 0; t < steps; t++) {
    let sum = 0;
    for (let j = t * length; j < (t + 1) * length; j++) sum += values[j] * values[j];
    sizes[t] = Math.sqrt(mean ? sum / length : sum);
  }
  return sizes;
}

/** Largest finite magnitude. */
function largest(/** @type {Float32Array} */ values) {
  let max = 0;
  for (const v of values) {
    const size = Math.abs(v);
    if (size > max && size < Infinity) max = size;
  }
  return max;
}

/** @param {import("../../engine/session.js").Session} session @returns {{steps: number, hidden: number, layers: number, directions: number, lane: string, carried: string[]}} */
function shapeOf(session) {
  const { summary } = session;
  const lanes = /** @type {any[]} */ (session.spec.lanes);
  return {
    steps: session.steps,
    hidden: summary.hidden,
    layers: summary.layers,
    directions: summary.bidirectional ? 2 : 1,
    lane: (lanes.find((lane) => lane.output) ?? lanes[lanes.length - 1]).name,
    carried: lanes.filter((lane) => lane.carried).map((lane) => lane.name),
  };
}

/** Layer by layer, the forward direction first. @template T @param {{layers: number, directions: number}} shape @param {(layer: number, direction: number) => T} make */
function eachRow({ layers, directions }, make) {
  return Array.from({ length: layers * directions }, (_, i) => make(Math.floor(i / directions), i % directions));
}

/** @param {any} session @returns {Model} */
export function forwardModel(session) {
  const shape = shapeOf(session);
  const { steps, hidden } = shape;
  const rows = eachRow(shape, (layer, direction) => {
    /** @type {Float32Array} */
    const values = session.trace.lane(layer, direction, shape.lane);
    const lanes = shape.carried.map((name) => (name === shape.lane ? values : session.trace.lane(layer, direction, name)));
    const carried = shape.carried.map((name, k) => {
      const sizes = sizesOf(lanes[k], steps, true);
      return { name, sizes, max: Math.max(1, largest(sizes)) };
    });
    const state = shape.carried.includes(shape.lane) ? null : together(lanes, carried, steps);
    /** @type {Float32Array | null} */
    const untouched = session.ghost ? session.ghost.lane(layer, direction, shape.lane) : null;
    const off = untouched?.length === values.length ? differences(values, untouched, steps, hidden) : null;
    return { layer, direction, values, sizes: sizesOf(values, steps, true), carried, state, passing: () => NOTHING, off, untouched: off && untouched };
  });
  const range = session.spec.lanes.find((/** @type {any} */ lane) => lane.name === shape.lane).range;
  const bounded = Array.isArray(range) && Math.max(...range.map(Math.abs)) === 1;
  const max = bounded ? 1 : Math.max(...rows.map((row) => largest(row.values))) || 1;
  return { mode: "forward", ...shape, rows, scale: { kind: "linear", max }, bounded, overflow: overflows(rows), decades: DECADES };
}

/** Root mean square of several lanes as one vector. @param {Float32Array[]} lanes @param {{sizes: Float32Array}[]} carried @param {number} steps */
function together(lanes, carried, steps) {
  const all = lanes.reduce((sum, lane) => sum + lane.length, 0) || 1;
  return Float32Array.from({ length: steps }, (_, t) => Math.sqrt(carried.reduce((sum, { sizes }, k) => sum + (lanes[k].length / all) * sizes[t] ** 2, 0)));
}

/** Largest absolute difference at each step. */
function differences(/** @type {Float32Array} */ a, /** @type {Float32Array} */ b, /** @type {number} */ steps, /** @type {number} */ hidden) {
  const off = new Float32Array(steps);
  for (let t = 0; t < steps; t++) {
    for (let j = t * hidden; j < (t + 1) * hidden; j++) {
      const d = Math.abs(a[j] - b[j]);
      if (d > off[t]) off[t] = d;
    }
  }
  return off;
}

/** The sizes tell it: whatever is infinite or not a number makes its step's size so. @param {Row[]} rows */
const overflows = (rows) => rows.some(({ sizes }) => !sizes.every(Number.isFinite));

/** @type {Passing} */
const NOTHING = { upstream: 0, arriving: {} };

/** @param {{upstream?: Float32Array, arriving?: Record<string, Float32Array>}} values @returns {Passing} */
function norms({ upstream, arriving }) {
  const norm = (/** @type {Float32Array | undefined} */ v) => (v ? sizesOf(v, 1, false)[0] : 0);
  return { upstream: norm(upstream), arriving: Object.fromEntries(Object.entries(arriving ?? {}).map(([lane, v]) => [lane, norm(v)])) };
}

/** @param {any} session @param {any} grads @returns {Model} */
export function backwardModel(session, grads) {
  const shape = shapeOf(session);
  const { steps } = shape;
  const rows = eachRow(shape, (layer, direction) => {
    /** @type {Float32Array} */
    const values = grads.lane(layer, direction, shape.lane);
    const sizes = sizesOf(values, steps, false);
    const carried = shape.carried.map((name) => {
      const own = name === shape.lane ? sizes : sizesOf(grads.lane(layer, direction, name), steps, false);
      return { name, sizes: own, max: largest(own) };
    });
    /** @type {Map<number, Passing>} */
    const known = new Map();
    const passing = (/** @type {number} */ t) => {
      const found = known.get(t) ?? norms(grads.values(layer, direction, t, {}));
      known.set(t, found);
      return found;
    };
    return { layer, direction, values, sizes, carried, state: null, passing, off: null, untouched: null };
  });
  const top = Math.max(...rows.map((row) => largest(row.values)));
  const high = top > 0 ? Math.ceil(Math.log10(top)) : 0;
  const norm = Math.max(...rows.flatMap((row) => [largest(row.sizes), ...row.carried.map((lane) => lane.max)]));
  const decades = { low: DECADES.low, high: Math.max(DECADES.high, norm > 0 ? Math.ceil(Math.log10(norm)) : 0) };
  return { mode: "backward", ...shape, rows, scale: { kind: "log", low: high - UNIT_DECADES, high }, bounded: false, overflow: overflows(rows), decades };
}

/** @param {Model} model @param {number} layer @param {number} direction */
export function rowOf(model, layer, direction) {
  return model.rows[layer * model.directions + direction];
}

/** The unit with the largest value (by magnitude) at a step. @param {Model} model @param {Row} row @param {number} t */
export function strongest(model, row, t) {
  let unit = 0;
  for (let j = 1; j < model.hidden; j++) {
    if (Math.abs(row.values[t * model.hidden + j]) > Math.abs(row.values[t * model.hidden + unit])) unit = j;
  }
  return { unit, value: row.values[t * model.hidden + unit] };
}

/** Which way numbers travel through a row: +1 towards later steps. Backward turns every row round. */
export function flow(/** @type {Model} */ model, /** @type {number} */ direction) {
  return (direction === 0 ? 1 : -1) * (model.mode === "backward" ? -1 : 1);
}

/** Is step k of a row already computed in the story when step t is being read? */
export function reached(/** @type {Model} */ model, /** @type {number} */ direction, /** @type {number} */ k, /** @type {number} */ t) {
  return flow(model, direction) > 0 ? k <= t : k >= t;
}

/** Do two runs differ at this unit so much that it can be seen? @param {Model} model @param {Row} row @param {number} t @param {number} unit */
export function differs(model, row, t, unit) {
  if (!row.untouched) return false;
  const at = t * model.hidden + unit;
  return Math.abs(place(model.scale, row.values[at]) - place(model.scale, row.untouched[at])) > 0.08;
}
