// What the nodes and wires of a cell's diagram carry at one step: forward the values, backward the gradients.
//
// The diagram says which operation stands where; this runs it on the step's recorded values, elementwise and in f32, so that
// a wire between two operations has its value too. Nothing here knows a cell.
import { needsMore } from "./more.js";
import { keyOf, nodesOf, partsOf } from "./quantities.js";

/**
 * @typedef {Float32Array | null} Values  one value per unit, or per element of a lane
 * @typedef {object} Flow
 * @property {Map<string, Values>} nodes  by node id
 * @property {{values: Values, key: string, stem: Values, lane: string}[]} wires  in the diagram's order; `stem`: what the shared part
 *   of wires from one node carries; a wire's single value belongs to the chosen unit; `lane`: whose elements the values are
 * @property {(id: string) => string} lane  whose elements a node's values are
 */

/** @param {any} node */
export function nodeKey(node) {
  const { kind, lane } = node.shape;
  if (kind === "input") return "x";
  if (kind === "before") return `before:${lane}`;
  return lane ? `now:${lane}` : "";
}

/** The weights by which `from` enters the block of lane `to`; null where it enters as it is. @param {any} spec @param {any} from @param {any} to */
export function matrixOf(spec, from, to) {
  if (to.shape.kind !== "block") return null;
  const source = nodeKey(from);
  for (const part of nodesOf(equationOf(spec, to.shape.lane))) {
    if (part.op === "input" && source === "x") return part;
    if ((part.op === "recurrent" || part.op === "affine") && source && keyOf(part.of.op === "along" ? part.of.of : part.of) === source) return part;
  }
  return null;
}

/** @param {any} spec @param {string} lane */
export function equationOf(spec, lane) {
  return spec.lanes.find((/** @type {any} */ l) => l.name === lane).equation;
}

/** The lane that an operation ends in. @param {any} diagram @param {any} node @returns {string} */
export function laneAfter(diagram, node) {
  const wire = diagram.wires.find((/** @type {any} */ w) => w.from === node.id);
  const next = diagram.nodes.find((/** @type {any} */ n) => n.id === wire.to);
  return next.shape.lane ?? laneAfter(diagram, next);
}

/** @param {Float32Array[]} all @param {(values: number[]) => number} f @returns {Float32Array} */
function each(all, f) {
  return Float32Array.from({ length: Math.max(0, ...all.map((a) => a.length)) }, (_, j) => f(all.map((a) => a[j])));
}

const FUNCTIONS = {
  tanh: Math.tanh,
  sigmoid: (/** @type {number} */ x) => 1 / (1 + Math.exp(-x)),
  relu: (/** @type {number} */ x) => (x > 0 || Number.isNaN(x) ? x : 0),
};

/** An equation of lanes alone, for every unit. @param {any} expr @param {(key: string) => Values} read @returns {Values} */
function evaluate(expr, read) {
  const key = keyOf(expr);
  if (key) return read(key);
  const parts = partsOf(expr).map((part) => evaluate(part, read));
  if (parts.some((part) => !part)) return null;
  const all = /** @type {Float32Array[]} */ (parts);
  switch (expr.op) {
    case "sum":
      return each(all, (v) => v.reduce((a, b) => a + b, 0));
    case "product":
      return each(all, (v) => v.reduce((a, b) => a * b, 1));
    case "one-minus":
      return each(all, ([v]) => 1 - v);
    case "difference":
      return each(all, ([a, b]) => a - b);
    case "call":
      return FUNCTIONS[expr.function] ? each(all, ([v]) => FUNCTIONS[expr.function](v)) : null;
    default:
      return null;
  }
}

/** ∂expr/∂leaf for every unit, where the leaf stands in sums, products and 1 − …. @param {any} expr @param {string} leaf @param {(key: string) => Values} read @returns {Values} */
function slope(expr, leaf, read) {
  const own = evaluate(expr, read);
  const constant = (/** @type {number} */ c) => (own ? own.map(() => c) : null);
  const key = keyOf(expr);
  if (key) return constant(key === leaf ? 1 : 0);
  const parts = partsOf(expr);
  const slopes = parts.map((part) => slope(part, leaf, read));
  if (slopes.some((s) => !s)) return null;
  const d = /** @type {Float32Array[]} */ (slopes);
  switch (expr.op) {
    case "sum":
      return each(d, (v) => v.reduce((a, b) => a + b, 0));
    case "one-minus":
      return each(d, ([v]) => -v);
    case "difference":
      return each(d, ([a, b]) => a - b);
    case "product": {
      const values = parts.map((part) => evaluate(part, read));
      if (values.some((v) => !v)) return null;
      const all = /** @type {Float32Array[]} */ (values);
      return each([...d, ...all], (v) => d.reduce((sum, _, k) => sum + d.reduce((p, __, m) => p * (m === k ? v[m] : v[d.length + m]), 1), 0));
    }
    default:
      return null;
  }
}

/** A diagram's lookups. @param {any} spec */
function graph(spec) {
  const { nodes, wires } = spec.diagram;
  const byId = new Map(nodes.map((/** @type {any} */ n) => [n.id, n]));
  const into = (/** @type {any} */ node) => wires.filter((/** @type {any} */ w) => w.to === node.id).map((/** @type {any} */ w) => byId.get(w.from));
  return { nodes, wires, byId, into };
}

/**
 * @param {any} spec
 * @param {any} values  `trace.values` of the step
 * @param {(key: string) => number | null} product  one unit's W·x or W·h, by its key, where one unit is chosen
 * @returns {Flow}
 */
export function forward(spec, values, product) {
  const { nodes, wires, byId, into } = graph(spec);
  /** @type {Map<string, Values>} */
  const known = new Map();
  const read = (/** @type {string} */ key) => {
    const [kind, lane] = key.split(":");
    return (kind === "now" ? values[lane] : kind === "before" ? values.before[lane] : kind === "x" ? values.x : null) ?? null;
  };
  /** @param {any} node @returns {string} */
  const laneAt = (node) => (node ? (node.shape.lane ?? laneAt(into(node)[0])) : "");
  const valueOf = (/** @type {any} */ node) => {
    const found = known.get(node.id);
    if (found !== undefined) return found;
    const value = node.shape.kind === "operation" ? operate(node) : read(nodeKey(node));
    known.set(node.id, value);
    return value;
  };
  const operate = (/** @type {any} */ node) => {
    const { sign } = node.shape;
    if (sign === "blend") return evaluate(equationOf(spec, laneAfter(spec.diagram, node)), read);
    const all = into(node).map(valueOf);
    // (Values of different axes do not meet here: what comes of them is the next lane.)
    if (all.some((/** @type {Values} */ v) => v?.length !== all[0]?.length || !v)) return null;
    if (sign === "×") return each(all, (v) => v.reduce((a, b) => a * b, 1));
    if (sign === "+") return each(all, (v) => v.reduce((a, b) => a + b, 0));
    if (sign === "1−") return each(all, ([v]) => 1 - v);
    return FUNCTIONS[sign] ? each(all, ([v]) => FUNCTIONS[sign](v)) : null;
  };
  nodes.forEach(valueOf);
  return {
    nodes: known,
    lane: (id) => laneAt(byId.get(id)),
    wires: wires.map((/** @type {any} */ w) => {
      const [from, to] = [byId.get(w.from), byId.get(w.to)];
      const matrix = matrixOf(spec, from, to);
      const stem = known.get(from.id) ?? null;
      const one = matrix ? product(keyOf(matrix) ?? "") : null;
      return { values: one === null ? stem : Float32Array.of(one), key: matrix ? (keyOf(matrix) ?? "") : nodeKey(from), stem, lane: laneAt(from) };
    }),
  };
}

/**
 * @param {any} spec
 * @param {any} values  `trace.values` of the step
 * @param {any} gradients  `gradients.values` of the step
 * @param {(block: string) => number | null} transposed  one unit's W_hᵀ·da of a block, where one unit is chosen
 * @param {(lane: string, unit: number) => boolean} held
 * @returns {Flow}
 */
export function backward(spec, values, gradients, transposed, held) {
  if (needsMore(spec)) return arriving(spec, gradients);
  const { nodes, wires, byId, into } = graph(spec);
  const there = forward(spec, values, () => null);
  const read = (/** @type {string} */ key) => {
    const [kind, lane] = key.split(":");
    return (kind === "now" ? values[lane] : kind === "before" ? values.before[lane] : null) ?? null;
  };
  /** @type {Map<string, Values>} */
  const known = new Map();
  const free = (/** @type {string} */ lane) => gradients.lanes[lane]?.map((/** @type {number} */ v, /** @type {number} */ j) => (held(lane, j) ? 0 : v)) ?? null;
  const gradientOf = (/** @type {any} */ node) => {
    const found = known.get(node.id);
    if (found !== undefined) return found;
    const { kind, lane } = node.shape;
    /** @type {Values} */
    let value = null;
    if (kind === "before") value = gradients.passed[lane] ?? null;
    else if (kind === "block" || kind === "lane") value = gradients.lanes[lane] ?? null;
    else if (kind === "operation") {
      const outs = wires.filter((/** @type {any} */ w) => w.from === node.id).map(contribution);
      value = outs.some((/** @type {Values} */ v) => !v) ? null : each(outs, (v) => v.reduce((a, b) => a + b, 0));
    }
    known.set(node.id, value);
    return value;
  };
  const contribution = (/** @type {any} */ wire) => {
    const [from, to] = [byId.get(wire.from), byId.get(wire.to)];
    const { kind, lane, sign } = to.shape;
    if (kind === "lane") return free(lane);
    if (kind === "block") {
      const matrix = matrixOf(spec, from, to);
      const block = matrix?.block ?? lane;
      const passed = matrix?.op === "recurrent" ? transposed(block) : null;
      const before = gradients.blocks[spec.blocks.includes(lane) ? lane : ""] ?? gradients.lanes[lane] ?? null;
      if (passed !== null) return Float32Array.of(passed);
      return before;
    }
    const out = gradientOf(to);
    if (!out) return null;
    if (sign === "+") return out;
    if (sign === "1−") return each([out], ([v]) => -v);
    const inner = there.nodes.get(to.id);
    if (sign === "tanh") return inner ? each([out, inner], ([d, y]) => d * (1 - y * y)) : null;
    if (sign === "×") {
      const others = into(to).filter((/** @type {any} */ n) => n.id !== from.id).map((/** @type {any} */ n) => there.nodes.get(n.id));
      return others.some((/** @type {Values} */ v) => !v) ? null : each([out, ...others], (v) => v.reduce((a, b) => a * b, 1));
    }
    const share = slope(equationOf(spec, laneAfter(spec.diagram, to)), nodeKey(from), read);
    return share ? each([out, share], ([d, s]) => d * s) : null;
  };
  nodes.forEach(gradientOf);
  return {
    nodes: known,
    wires: wires.map((/** @type {any} */ w) => {
      const [from, to] = [byId.get(w.from), byId.get(w.to)];
      const matrix = matrixOf(spec, from, to);
      const { kind, lane } = from.shape;
      const key = matrix ? (matrix.op === "recurrent" ? `transposed:${matrix.block}` : `da:${matrix.block}`) : kind === "before" ? `passed:${lane}` : lane ? `d:${lane}` : "";
      const values = contribution(w);
      return { values, key, stem: known.get(from.id) ?? values, lane: lane ?? "" };
    }),
    lane: there.lane,
  };
}

/**
 * Where axes meet, a wire's own share is not told: each wire shows the gradient of the quantity that it leads to, out of which
 * what flows back along it is made.
 * @param {any} spec @param {any} gradients @returns {Flow}
 */
function arriving(spec, gradients) {
  const { nodes, wires, byId } = graph(spec);
  const goal = (/** @type {any} */ node) => node.shape.lane ?? laneAfter(spec.diagram, node);
  const own = ({ shape: { kind, lane } }) => (kind === "before" ? gradients.passed[lane] : kind === "block" || kind === "lane" ? gradients.lanes[lane] : null) ?? null;
  return {
    nodes: new Map(nodes.map((/** @type {any} */ n) => [n.id, own(n)])),
    lane: (id) => byId.get(id)?.shape.lane ?? "",
    wires: wires.map((/** @type {any} */ w) => {
      const lane = goal(byId.get(w.to));
      const values = gradients.lanes[lane] ?? null;
      return { values, key: `d:${lane}`, stem: values, lane };
    }),
  };
}
