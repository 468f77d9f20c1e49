// Answers to "where does this come from?": an explained equation, taken apart into what can be shown in rows.
import { explain, keyOf, MOVES, stepAfter, stepBefore, SUMS } from "./quantities.js";

/** @typedef {import("../../engine/session.js").Session} Session */

/**
 * @typedef {{kind: "target", name: string, t: number, unit: number}
 *   | {kind: "part", node: any, of: string, t: number, unit: number}} Question  a sub-step's result, or one number in its equation
 *
 * @typedef {object} Answer
 * @property {string} name       as `trace.explain` names it: f, d:h, da:f, passed:c; or the key of a part
 * @property {number | null} t   null: before the first step
 * @property {number} unit       element of the lane
 * @property {number} value
 * @property {any} tree          the evaluated equation; null where no equation made the number
 * @property {Row[]} rows        what is added, or multiplied; largest first where it is a sum
 * @property {"sum" | "product" | "copy"} how
 * @property {number} total      of the rows: their sum or product
 * @property {boolean} held
 * @property {"initial" | "upstream" | "last-step" | "x" | "parameter" | "derived" | null} end  why there are no rows
 *
 * @typedef {{term: any, value: number} | {node: any, value: number}} Row
 */

/** @param {Session} session @param {Question} question @returns {Answer} */
export function answer(session, question) {
  const { t } = question;
  if (question.kind === "target") return explained(session, question.name, t, question.unit);
  const { node } = question;
  // A part may be another element than that which it is part of: its own source says which.
  const unit = (SUMS.includes(node.op) ? null : node.terms?.[0]?.source?.unit) ?? question.unit;
  const key = keyOf(node) ?? "";
  const [kind, name] = key.split(":");
  const outside = (/** @type {number} */ at) => at < 0 || at >= session.steps;
  switch (kind) {
    case "now":
      return explained(session, name, t, unit);
    case "before": {
      const at = stepBefore(session, t);
      return outside(at) ? ended(key, null, unit, node.value, "initial") : explained(session, name, at, unit);
    }
    case "d":
    case "da":
      return explained(session, key, t, unit);
    case "arriving": {
      const at = stepAfter(session, t);
      return outside(at) ? ended(key, t, unit, node.value, "last-step") : explained(session, `passed:${name}`, at, unit);
    }
    case "upstream":
      return ended(key, t, unit, node.value, "upstream");
    case "x":
    case "parameter":
    case "derived":
      return ended(key, t, kind === "x" ? unit : (node.terms?.[0]?.source?.index ?? 0), node.value, kind);
    default:
      return { name: key, t, unit, value: node.value, tree: node, held: false, end: null, ...taken(node) };
  }
}

/** @param {string} name @param {number | null} t @param {number} unit @param {number} value @param {Answer["end"]} end @returns {Answer} */
function ended(name, t, unit, value, end) {
  return { name, t, unit, value, tree: null, rows: [], how: "copy", total: value, held: false, end };
}

/** @param {Session} session @param {string} name @param {number} t @param {number} unit @returns {Answer} */
function explained(session, name, t, unit) {
  const { tree, result, held } = explain(session, name, t, unit);
  return { name, t, unit, value: result, tree, held, end: null, ...taken(tree) };
}

/** Rows of an equation: through its nonlinearity, into the parts of its sum or product. @param {any} tree */
function taken(tree) {
  const inner = core(tree);
  if (inner.op === "product") {
    const rows = inner.of.map((/** @type {any} */ node) => ({ node, value: node.value }));
    return { rows, how: /** @type {const} */ ("product"), total: inner.value };
  }
  const rows = summands(inner).flatMap((/** @type {any} */ node) =>
    SUMS.includes(node.op) ? node.terms.map((/** @type {any} */ term) => ({ term, value: term.value })) : [{ node, value: node.value }],
  );
  const total = rows.reduce((sum, row) => sum + row.value, 0);
  // NaN sorts first: it is what matters.
  const size = (/** @type {Row} */ row) => (Number.isNaN(row.value) ? Infinity : Math.abs(row.value));
  rows.sort((a, b) => size(b) - size(a) || 0);
  return { rows, how: /** @type {"sum" | "copy"} */ (rows.length > 1 || SUMS.includes(inner.op) ? "sum" : "copy"), total };
}

/** What a nonlinearity is applied to. @param {any} tree @returns {any} */
export function core(tree) {
  return (tree.op === "call" || MOVES.includes(tree.op)) && tree.of.length > 0 ? core(tree.of[0]) : tree;
}

/** @param {any} node @returns {any[]} */
function summands(node) {
  if (MOVES.includes(node.op) && node.of.length > 0) return summands(node.of[0]);
  return node.op === "sum" ? node.of.flatMap(summands) : [node];
}
