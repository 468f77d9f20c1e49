// The words of "Why it trains in parallel".
import { short } from "../elements/picture/colors.js";

const count = (/** @type {number} */ n) => n.toLocaleString("en");
/** Two digits that count. @param {number} v */
const two = (v) => count(Number(v.toPrecision(2)));
/** Milliseconds, in a unit that makes them a small number. @param {number} ms */
const duration = (ms) => (ms >= 0.1 ? `${two(ms)} ms` : `${two(ms * 1000)} µs`);
/** @param {number} n @param {string} one @param {string} [many] */
const some = (n, one, many = `${one}s`) => `${count(n)} ${n === 1 ? one : many}`;

export const PARALLEL = {
  title: "Why it trains in parallel",
  /** @param {number} depth @param {number} steps */
  teaser: (depth, steps) => `${some(depth, "round")} in place of ${some(steps, "step")} in a row`,
  with: "with",
  and: "and",
  rule: "All a and b are known as soon as the input is: no gate looks at the state. And two steps in a row are again one step of this kind, so it does not matter where one begins:",
  how: (/** @type {number} */ depth, /** @type {number} */ steps, /** @type {boolean} */ reverse) =>
    `Each row below is one round. In it every step takes in, all at the same time, what stands 1, 2, 4, … steps ${reverse ? "after" : "before"} it, and so knows about twice as many steps as in the row above. After ${some(depth, "round")} all ${some(steps, "state")} are there.`,
  /** Before the numbers at the left of the rows. */
  reach: "steps taken in",
  figure: (/** @type {string} */ name) => `The scan over time of ${name}, as a tree: rows are rounds, columns are steps`,
  keys: "Point at a cell, or use the arrow keys, to see what it has taken in; a click chooses its step.",
  element: "Element",
  elementOf: (/** @type {number} */ width) => `of ${count(width)}`,
  /** @param {string} lane @param {number} unit */
  name: (lane, unit) => `${lane} of unit ${unit}`,
  elementName: (/** @type {string} */ lane, /** @type {number} */ element) => `${lane}, element ${element}`,
  value: short,
  complex: (/** @type {number} */ re, /** @type {number} */ im) => `${short(re)} ${im < 0 ? "−" : "+"} ${short(Math.abs(im))} i`,
  round: (/** @type {number} */ level) => (level === 0 ? "From the input" : `Round ${level}`),
  complete: ": the state.",
  /** @param {number} first @param {number} last */
  span: (first, last) => (first === last ? `step ${first + 1} alone` : `steps ${first + 1} to ${last + 1}`),
  /** @param {string} a */
  kept: (a) => `a = ${a}: what is left of the state before them.`,
  leaf: (/** @type {string} */ b) => `b = ${b}: what the step itself writes.`,
  /** @param {{a: string, earlier: string, own: string, b: string}} of */
  combined: ({ a, earlier, own, b }) => `b = ${a} × ${earlier} + ${own} = ${b}`,
  done: (/** @type {string} */ b) => `b = ${b}: nothing lies so far back, it stays as it is.`,
  /** @param {{width: number, steps: number, deviation: number, largest: number}} of */
  checked: ({ width, steps, deviation, largest }) => {
    const all = `${some(width, "element")} × ${some(steps, "step")}`;
    if (Number.isNaN(deviation)) return `Not equal to the step-by-step run: among ${all} there are values that are no numbers in one of the two.`;
    if (deviation === 0) return `Checked: equal to the step-by-step run in all ${all}, bit for bit.`;
    const rounding = deviation <= 1e-4 * Math.max(1, largest);
    const difference = `largest difference ${short(deviation)}, where the largest state is ${short(largest)}`;
    return rounding ? `Checked: equal to the step-by-step run in all ${all}, up to rounding (${difference}).` : `Not equal to the step-by-step run in all ${all}: ${difference}.`;
  },
  measuring: "Measuring …",
  measure: "Measure again",
  /** @param {{sequential: number, scan: number, elements: number, steps: number}} of */
  times: ({ sequential, scan, elements, steps }) => {
    const ratio = scan / sequential;
    if (!(ratio > 0 && ratio < Infinity)) return "Not measured: this page's clock is too coarse.";
    const compared = ratio >= 1 ? `${two(ratio)} times as long` : `${two(1 / ratio)} times as fast`;
    return `Measured here, on one thread, for ${some(elements, "element")}: ${some(steps, "step")} one after the other ${duration(sequential)}, the scan ${duration(scan)}, ${compared}.`;
  },
  /** @param {number} depth @param {number} steps @param {number} combinations */
  honest: (depth, steps, combinations) =>
    `One thread gains nothing by it: the scan combines ${some(combinations, "pair")} in place of ${some(Math.max(0, steps - 1), "step")}. Its point is how little has to wait: ${some(depth, "round")} after one another, each of them all at once where there are enough processors.`,
  failed: (/** @type {string} */ message) => `This view could not be made: ${message}`,
  noStyles: (/** @type {string} */ href) => `The style sheet ${href} could not be loaded`,
};
