// The words of the live plots and of slow motion.
import { short } from "../elements/picture/colors.js";

/** "0.213", "–" for what is not there; what is no number is said. @param {number | undefined} v */
const value = (v) => (v === undefined ? "–" : Number.isNaN(v) ? "not a number" : Math.abs(v) >= 1e-3 && Math.abs(v) < 1e4 ? v.toPrecision(3).replace("-", "−") : short(v));

export const CHARTS = {
  scale: "Scale",
  value,
  at: (/** @type {string} */ axis, /** @type {number} */ u) => `${axis === "update" ? "update" : "step"} ${u}`,
  newest: (/** @type {number} */ u) => `newest: update ${u}`,
  /** What to look for, one sentence each. @type {Record<string, string>} */
  see: {
    "train-loss": "The dots should fall with the line, and under the dashed baselines.",
    "train-metric": "What counts in the end, in the task's own unit.",
    "train-held": "One example that it never trains on, read by the network as it is now.",
    "train-step-norms": "Pale towards early steps: the gradient vanishes before it gets there.",
    "train-norm": "Over the dashed threshold, updates are shortened.",
    "train-saturation": "Near 1, a gate is stuck and hardly learns.",
    "train-weights": "They start close together and spread.",
    "train-gradients": "A tensor far left of the others hardly learns.",
    "train-rate": "How far each update goes.",
  },
  /** Before there is anything to draw. @type {Record<string, string>} */
  empty: {
    "train-loss": "Press Train: the loss of every update appears here.",
    "train-metric": "The first validation draws the first dot.",
    "train-held": "Press Train: prediction beside truth, as the network learns.",
    "train-step-norms": "Press Train: one column per update, one row per step of the sequence.",
    "train-norm": "Press Train: the length of the gradient, before and after clipping.",
    "train-saturation": "Press Train: which gates saturate, and when.",
    "train-weights": "Press Train: where the weights of each tensor lie.",
    "train-gradients": "Press Train: where the gradients of each tensor lie.",
    "train-rate": "Press Train: the learning rate, as its schedule has it.",
  },
  /** What the values of a run are, in this order. @type {Record<string, string>} */
  grouped: { "train-loss": "line: training · dots: validation", "train-norm": "line: before clipping · dotted: after" },
  failed: (/** @type {string} */ message) => `This plot could not be drawn: ${message}`,
  keys: "Arrow keys move the read-out.",
  median: (/** @type {number} */ n) => `each point: ${n} updates`,
  others: (/** @type {number} */ n) => `${n === 1 ? "One run" : `${n} runs`} of another task ${n === 1 ? "is" : "are"} not in these plots.`,
  next: "Another example",
  previous: "The example before",
  example: (/** @type {number} */ k) => `example ${k + 1}`,
  atUpdate: (/** @type {number} */ u) => `update ${u}`,
  lane: (/** @type {string} */ name, /** @type {string} */ title) => `${name}, ${title}`,
  place: (/** @type {number} */ layer, /** @type {number} */ layers, /** @type {number} */ direction, /** @type {boolean} */ both) =>
    [layers > 1 ? `layer ${layer + 1}` : "", both ? (direction === 1 ? "reverse" : "forward") : ""].filter(Boolean).join(", "),
  threshold: (/** @type {number} */ limit) => `clipped at ${limit}`,
  meanSquare: "mean square error",
  nats: "cross-entropy in nats",
  nth: (/** @type {string} */ words, /** @type {number} */ k) => `${words} ${k + 1}`,
  truth: "truth",
  prediction: "prediction",
  right: "right answer",
  wrong: "wrong answer",
  guessing: (/** @type {number} */ classes) => `guessing, 1 of ${classes}`,
  save: (/** @type {string} */ title) => `Save: ${title}`,
};
