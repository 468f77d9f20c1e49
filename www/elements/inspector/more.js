// What only some cells need, filled in by later.js: a cell that needs it is shown when it has come.

import { isPerUnit } from "./axes.js";
import { INSPECTOR as TEXT } from "../../strings/en-inspector.js";

/** @typedef {import("../../engine/session.js").Session} Session */

/**
 * `typeset` and `line` give null for what is set as everywhere.
 * @type {{
 *   named: (lane: string, shift: number, spec: any) => MathMLElement,
 *   typeset: (expr: any, setting: import("../math-ml.js").Setting, part: (e: any, least?: number) => any) => {node: MathMLElement, binds: number} | null,
 *   line: (node: any, ask: any, inside: (e: any, least: number) => HTMLElement[]) => {parts: HTMLElement[], binds: number} | null,
 *   map: () => any,
 *   axis: (axis: string, cell: string) => string,
 *   place: (session: Session, lane: string, element: number) => string,
 *   choice: (session: Session, lane: string, element: number) => {unit: number, place: Record<string, number>},
 *   element: (session: Session, lane: string, element: number | "all" | null) => string,
 * }}
 */
export const more = /** @type {any} */ ({});

/** Signs of functions. @type {Record<string, string>} */
export const FUNCTIONS = { sigmoid: "σ", tanh: "tanh", relu: "ReLU" };

/** How a quantity is written: names of Greek letters are those letters. @param {string} name */
export const symbolOf = (name) => name.replace(/^(delta|alpha|beta|gamma|lambda)(?![a-z])/, (word) => GREEK[word]);
/** A quantity's symbol and what stands under it: x and re of x_re; a logarithm is a symbol of its own. @param {string} name @returns {[string, string]} */
export function partsOfName(name) {
  const [first, ...rest] = symbolOf(name).split("_");
  return first === "log" ? [`log ${rest.join(" ")}`, ""] : [first, rest.join(" ")];
}
/** @type {Record<string, string>} */
const GREEK = { delta: "Δ", alpha: "α", beta: "β", gamma: "γ", lambda: "λ" };

/** Does a cell need more: other parameters than PyTorch's four, or lanes of several axes? @param {any} spec */
export const needsMore = (spec) => spec.blocks.length === 0;

/** What is meant of a lane, in words: a unit, an element, or all. @param {Session} session @param {string} lane @param {number | "all" | null} element */
export function placeWords(session, lane, element) {
  const plain = isPerUnit(session.spec.lanes.find((/** @type {any} */ l) => l.name === lane));
  if (!plain && more.element) return more.element(session, lane, element);
  return typeof element === "number" ? TEXT.unit(element) : TEXT.allUnits;
}
