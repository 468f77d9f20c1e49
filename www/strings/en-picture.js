// The words of the unrolled picture, in English.
import { powerOfTen, short } from "../elements/picture/colors.js";

/** @typedef {typeof PICTURE} PictureWords */
/** @typedef {import("../elements/picture/model.js").Model} Model */

const ARROWS = ["→", "←"];
const SUBSCRIPTS = "₀₁₂₃₄₅₆₇₈₉";

/** A letter with a step's number: h₁₂. @param {string} letter @param {number} t */
function at(letter, t) {
  return letter + [...String(t + 1)].map((digit) => SUBSCRIPTS[Number(digit)]).join("");
}

/** "layer 2, reverse direction" @param {{layers: number, directions: number}} shape @param {number} layer @param {number} direction */
function place({ layers, directions }, layer, direction) {
  const parts = [];
  if (layers > 1) parts.push(`layer ${layer + 1}`);
  if (directions > 1) parts.push(direction === 0 ? "forward direction" : "reverse direction");
  return parts.join(", ");
}

export const PICTURE = {
  name: "The network, unrolled in time",
  keys: "Up and down choose a unit, with Shift a layer or direction; Enter opens the cell; Escape goes back to the whole vector.",
  /** Label of a strip: the longest that fits is used. @param {number} layer @param {number} direction @param {Model} model */
  row(layer, direction, { layers, directions, lane }) {
    const way = directions > 1 ? ` ${ARROWS[direction]}` : "";
    if (layers === 1) return { long: `${lane}${way}`, short: `${lane}${way}` };
    return { long: `layer ${layer + 1}${way}`, short: `${layer + 1}${way}` };
  },
  /** Says that a row's cells are one cell: the longest that fits is used. @param {Model} model */
  caption({ layers, directions }) {
    const each = layers > 1 && directions > 1 ? " for each layer and direction" : layers > 1 ? " for each layer" : directions > 1 ? " for each direction" : "";
    return [`One cell${each}, unrolled in time: the same weights W at every step`, `One cell${each}: same weights at every step`, "The same weights W at every step"];
  },
  /** The weights' letter. @param {number} layer @param {number} direction @param {Model} model */
  weights: (layer, direction, { layers, directions }) => `W${layers > 1 ? SUBSCRIPTS[layer + 1] : ""}${directions > 1 ? ARROWS[direction] : ""}`,
  /** What travels along an arrow. @param {string} lane @param {boolean} backward */
  carried: (lane, backward) => `${backward ? "∂" : ""}${lane.replace("_", " ")}`,

  read: (/** @type {number} */ t) => at("x", t),
  state: (/** @type {string} */ lane, /** @type {number} */ t) => at(lane, t),

  // The legend.
  /** What the colours mean. @param {Model} model */
  units({ mode, lane, bounded, scale }) {
    if (scale.kind === "log") return `unit: gradient ∂L/∂${lane}, log, neutral under ±${powerOfTen(scale.low)}`;
    return bounded || mode === "backward" ? `unit: value of ${lane}` : `unit: value of ${lane}, to this run’s largest`;
  },
  /** Both ends of the colour bar. @param {Model} model */
  ticks: ({ scale }) => (scale.kind === "linear" ? [`−${short(scale.max)}`, short(scale.max)] : [`−${powerOfTen(scale.high)}`, powerOfTen(scale.high)]),
  bar: (/** @type {Model} */ { mode, decades, scale, rows, carried }) =>
    mode === "backward"
      ? `bar: its norm, ${powerOfTen(decades.low)} to ${powerOfTen(decades.high)}, log`
      : `bar: its root mean square, 0 to ${short(scale.kind === "linear" ? scale.max : 1)}${rows[0].state ? `; below it, that of the state ${carried.join(", ")}` : ""}`,
  /** @param {Model} model */
  arrows(model) {
    const { mode, carried, rows } = model;
    if (mode === "backward") return `arrow: norm of what is passed back (∂${carried.at(-1)}: ∂L/∂${carried.at(-1)}), the same decades`;
    const most = carried.map((lane, i) => `${lane} 0 to ${short(Math.max(...rows.map((row) => row.carried[i].max)))}`);
    return `arrow: root mean square of ${most.join(", ")}`;
  },
  output: (/** @type {string | undefined} */ kind) =>
    kind === "sentence" ? "above: answer after the words so far, and its probability" : "above: forecast of the next reading",
  loss: "L: the loss enters here",
  future: (/** @type {Model} */ { mode }) => (mode === "backward" ? "dashed: not yet reached by the gradient" : "dashed: not yet read"),
  overflow: "in the colour of text: infinite, or no number any more",
  held: "pin: held gate or state",
  off: "hatched: unit switched off",
  ghost: "small square: value without your changes",

  // Pointing.
  /** @param {Model} model @param {number | null} unit @param {number} layer @param {number} direction @param {number} value */
  tipUnit(model, unit, layer, direction, value) {
    const lane = model.mode === "backward" ? `∂L/∂${model.lane}` : model.lane;
    const where = place(model, layer, direction);
    return unit === null ? [where || lane] : [`${lane}[${unit}] = ${short(value)}`, ...(where ? [where] : [])];
  },
  /** @param {Model} model @param {number} layer @param {number} direction @param {number} size */
  tipCell(model, layer, direction, size) {
    const where = place(model, layer, direction);
    const what = model.mode === "backward" ? `‖∂L/∂${model.lane}‖ = ${short(size)}` : `root mean square of ${model.lane} = ${short(size)}`;
    return [what, ...(where ? [where] : [])];
  },
  was: (/** @type {number} */ value) => `without your changes: ${short(value)}`,
  step: (/** @type {number} */ t, /** @type {string} */ label) => `step ${t + 1}, ${label}`,
  /** @param {string} name @param {number} probability */
  answer: (name, probability) => `${name} ${Math.round(100 * probability)} %`,

  /**
   * The picture as a sentence.
   * @param {{title: string, model: Model, t: number, label: string, input: string, output: string | null,
   *          unit: number, value: number, layer: number, direction: number, size: number}} now
   */
  description({ title, model, t, label, input, output, unit, value, layer, direction, size }) {
    const { hidden, layers, directions, steps, lane, mode } = model;
    const network = [
      title,
      `${hidden} hidden ${hidden === 1 ? "unit" : "units"}`,
      ...(layers > 1 ? [`${layers} layers`] : []),
      ...(directions > 1 ? ["both directions"] : []),
    ].join(", ");
    const where = place(model, layer, direction);
    const at = where ? ` in ${where}` : "";
    if (mode === "backward") {
      return `${network}, gradients at step ${t + 1} of ${steps} (${label}): ‖∂L/∂${lane}‖ = ${short(size)}${at}; largest at unit ${unit}: ${short(value)}.`;
    }
    const says = output === null ? "" : ` The network says ${output}.`;
    return `${network}, reading step ${t + 1} of ${steps} (${label.includes(input) ? label : `${label}: ${input}`}). Strongest unit${at}: ${unit}, ${lane} = ${short(value)}.${says}`;
  },
  /** Said after a key. @param {Model} model @param {number | null} unit @param {number} layer @param {number} direction @param {number} value */
  chosen(model, unit, layer, direction, value) {
    const where = place(model, layer, direction);
    const what = unit === null ? "whole vector" : `unit ${unit}, ${short(value)}`;
    return where ? `${where}, ${what}` : what;
  },
};
