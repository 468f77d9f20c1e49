// The quantities of a cell, each with a key that its symbol, its wire and its number share: hovering one lights the others.
//
//   now:f  before:c  x  input:f  recurrent:f  affine:in_proj.weight  parameter:D  sum-over:N     forward
//   d:f  da:f  passed:c  arriving:h  transposed:f  affine-transposed:…  upstream                 backward
import { elementOf } from "./axes.js";

/** @typedef {import("../../engine/session.js").Session} Session */

/** The key of a leaf of an equation; null for an inner node. @param {any} expr @returns {string | null} */
export function keyOf(expr) {
  switch (expr.op) {
    case "now":
    case "before":
    case "arriving":
      return `${expr.op}:${expr.lane}`;
    case "gradient":
      return `d:${expr.lane}`;
    case "block-gradient":
      return `da:${expr.block}`;
    case "input":
    case "recurrent":
    case "transposed":
      return `${expr.op}:${expr.block}`;
    case "upstream":
    case "x":
      return expr.op;
    case "affine":
    case "affine-transposed":
    case "parameter":
    case "derived":
      return `${expr.op}:${expr.weight ?? expr.name}`;
    case "sum-over":
    case "mean-over":
      return `${expr.op}:${expr.axis}`;
    default:
      return null;
  }
}

/** What a backward sub-step computes, as `trace.explain` names it. @param {any} target */
export function targetKey(target) {
  if (target.kind === "lane") return `d:${target.lane}`;
  if (target.kind === "block") return `da:${target.block}`;
  return `passed:${target.lane}`;
}

/** Direct parts of an expression, symbolic or evaluated. @param {any} expr @returns {any[]} */
export function partsOf(expr) {
  if (Array.isArray(expr.of)) return expr.of;
  if (expr.a) return [expr.a, expr.b];
  return [expr.of, expr.new].filter(Boolean);
}

/** What an evaluated node takes apart into terms: products of a matrix, sums along an axis. */
export const SUMS = ["input", "recurrent", "transposed", "affine", "affine-transposed", "sum-over", "mean-over"];
/** What only moves a number to another place. */
export const MOVES = ["along", "pick", "newest", "push", "pushed-back"];

/** Does an evaluated equation only copy a number? @param {any} tree @returns {boolean} */
export function isCopy(tree) {
  return MOVES.includes(tree.op) && tree.of.length > 0 ? isCopy(tree.of[0]) : tree.of.length === 0 && !SUMS.includes(tree.op);
}

/** Is an evaluated equation one sum of terms? @param {any} tree @returns {boolean} */
export const isSum = (tree) => (MOVES.includes(tree.op) && tree.of.length > 0 ? isSum(tree.of[0]) : SUMS.includes(tree.op));

/** All nodes of an expression, itself first. @param {any} expr @returns {Generator<any>} */
export function* nodesOf(expr) {
  yield expr;
  for (const part of partsOf(expr)) yield* nodesOf(part);
}

/** The lane that a key is about, for plots and pictures. @param {string} key */
export function laneOf(key) {
  const name = key.split(":")[1];
  return name ?? (key === "upstream" ? "h" : null);
}

/** The step whose state step t reads: t − 1, or t + 1 where the direction runs backwards in time. @param {Session} session */
export function stepBefore(session, t = session.selection.t) {
  return t + (session.selection.direction === 1 ? 1 : -1);
}

/** The step that reads step t's state. @param {Session} session */
export function stepAfter(session, t = session.selection.t) {
  return t + (session.selection.direction === 1 ? -1 : 1);
}

/** The sub-steps of the chosen mode, in one shape. @param {Session} session */
export function subSteps(session) {
  const { spec } = session;
  if (session.state.mode === "backward") {
    return spec.backward.map((/** @type {any} */ step) => ({ ...step, key: targetKey(step.target), name: targetKey(step.target), lane: step.target.lane ?? step.target.block }));
  }
  return spec.steps.map((/** @type {any} */ step) => ({
    ...step,
    key: `now:${step.lane}`,
    name: step.lane,
    equation: spec.lanes.find((/** @type {any} */ l) => l.name === step.lane).equation,
  }));
}

/** A key that is chosen or hovered, to what the session says to everyone. @param {Session} session @param {string | null} key */
export function hoverKey(session, key) {
  if (key === null) return session.setHover({ t: null, unit: null, lane: null, term: null });
  const { t, unit } = session.selection;
  const at = key.startsWith("before:") || key.startsWith("passed:") ? stepBefore(session) : key.startsWith("arriving:") ? stepAfter(session) : t;
  const known = session.spec.lanes.some((/** @type {any} */ l) => l.name === laneOf(key));
  return session.setHover({ t: Math.min(session.steps - 1, Math.max(0, at)), unit, lane: known ? laneOf(key) : null, term: { kind: "quantity", key } });
}

/** The keys that the present hover lights, wherever it came from. @param {Session} session @returns {Set<string>} */
export function litKeys(session) {
  const { lane, term, t } = session.hover;
  if (term?.kind === "quantity") return new Set([term.key]);
  const keys = new Set();
  if (term?.kind === "weight" && term.name) keys.add(`affine:${term.name}`).add(`affine-transposed:${term.name}`).add(`parameter:${term.name}`);
  else if (term?.kind === "weight") keys.add(`${term.recurrent ? (session.state.mode === "backward" ? "transposed" : "recurrent") : "input"}:${term.block}`);
  else if (lane && t !== null && t === stepBefore(session)) keys.add(`before:${lane}`).add(`passed:${lane}`);
  else if (lane) keys.add(`now:${lane}`).add(`d:${lane}`).add(`da:${lane}`);
  return keys;
}

/** Marks everything under `root` whose key is lit. @param {ParentNode} root @param {Set<string>} keys */
export function light(root, keys) {
  for (const element of root.querySelectorAll("[data-key]")) {
    const own = /** @type {HTMLElement | SVGElement} */ (element).dataset.key?.split(" ") ?? [];
    element.classList.toggle("lit", own.some((key) => keys.has(key)));
  }
}

/** Hovering and focusing what has a key tells the session. @param {HTMLElement} root @param {() => Session | null} session */
export function followHover(root, session) {
  const tell = (/** @type {Event} */ event) => {
    const current = session();
    const element = /** @type {Element} */ (event.target).closest?.("[data-key]");
    if (current && element) hoverKey(current, /** @type {any} */ (element).dataset.key.split(" ")[0]);
  };
  const leave = (/** @type {Event} */ event) => {
    const current = session();
    const to = /** @type {any} */ (event).relatedTarget;
    if (current?.hover.term?.kind === "quantity" && !to?.closest?.("[data-key]")) hoverKey(current, null);
  };
  root.addEventListener("pointerover", tell);
  root.addEventListener("focusin", tell);
  root.addEventListener("pointerout", leave);
  root.addEventListener("focusout", leave);
}

/** Is an element of a lane held at a step by an intervention? @param {Session} session @param {string} lane @param {number} unit @param {number} t */
export function heldAt(session, lane, unit, t) {
  const { layer, direction } = session.selection;
  const output = session.spec.lanes.find((/** @type {any} */ l) => l.output)?.name;
  return session.state.interventions.some((i) => {
    if (i.kind === "weight" || i.layer !== layer || i.direction !== direction) return false;
    if (i.kind === "off") return lane === output && i.unit === unit;
    return i.lane === lane && (i.unit === "all" || i.unit === unit) && t >= i.from && t < i.to;
  });
}

/** @type {WeakMap<object, Map<string, any>>} */
const explained = new WeakMap();
/** Explanations kept per run: those of a step or two. */
const KEPT = 160;

/** The explained number of the chosen unit, at the chosen place. @param {Session} session @param {string} name as `trace.explain` names it */
export function explainChosen(session, name) {
  const lane = name.split(":").at(-1) ?? name;
  return explain(session, name, session.selection.t, elementOf(session, lane) ?? 0);
}

/**
 * An explained number: a lane's, or with a colon in its name a gradient's. Diagram and sub-steps ask for the same ones.
 * @param {Session} session @param {string} name @param {number} t @param {number} unit  the element of the lane
 */
export function explain(session, name, t, unit) {
  const { layer, direction } = session.selection;
  const from = name.includes(":") ? session.needGradients() : session.trace;
  const known = explained.get(from) ?? new Map();
  explained.set(from, known);
  const question = `${layer} ${direction} ${name} ${t} ${unit}`;
  let found = known.get(question);
  if (!found) {
    found = from.explain(layer, direction, name, { t, unit, example: 0 });
    if (known.size >= KEPT) known.delete(known.keys().next().value);
    known.set(question, found);
  }
  return found;
}
