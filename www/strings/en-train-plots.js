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

/** @param {number} v */
const number = (v) => value(v);

export const SLOW = {
  title: "Slow motion",
  of: (/** @type {number} */ update, /** @type {string} */ run) => `Update ${update} of ${run}, taken apart`,
  /** @type {Record<string, string>} */
  phases: { forward: "Forward", loss: "Loss", backward: "Backward", clip: "Clip", update: "Update" },
  next: (/** @type {string} */ phase) => `Next: ${phase}`,
  previous: "Back",
  play: "Play",
  pause: "Pause",
  close: "Close slow motion",
  done: "Do this update in the training, and on to the next",
  keys: "→ or n: next phase · ←: back · space: play · Esc: close",
  none: "Slow motion takes the next update of a training apart. Press Train first, then pause.",
  waiting: "Fetching the training as it is now …",
  failed: (/** @type {string} */ message) => `Slow motion stopped: ${message}`,
  table: (/** @type {string} */ phase) => `Numbers of the phase “${phase}”`,
  output: "above: what the network says, and beside it the truth once it is asked",
  border: "chunk border: the state comes across, no gradient goes back",

  /** @param {any} r  of trainer.phase() */
  forward: ({ steps, batch, from, fresh, chunks }) =>
    `The network reads ${batch} ${batch === 1 ? "example" : "examples"} of ${steps} steps side by side; the picture shows the first of them. ` +
    (fresh ? "Its state begins at zero." : `It is a chunk that begins at step ${from + 1}: its state is carried over from the chunk before.`) +
    (chunks > 1 ? ` The update has ${chunks} chunks; this is the last.` : ""),
  /** @param {any} r @param {boolean} classes @param {number} asked */
  loss: ({ loss, batch }, classes, asked) =>
    `The loss is ${number(loss)}: ${classes ? "minus the logarithm of the probability of the right class" : "the squared difference of prediction and truth"}, on average over ${asked === 1 ? "one answer" : `${asked} steps with answers`} of ${batch} ${batch === 1 ? "example" : "examples"}.`,
  /** @param {any} r @param {{last: number, first: number, reached: number, steps: number}} n */
  backward: ({ norm, from, fresh }, { last, first, reached, steps }) =>
    `Back through time: ‖∂L/∂h‖ of all examples is ${number(last)} at step ${from + steps} and ${number(first)} at step ${from + 1}. ` +
    (reached > 0 ? `It ends at step ${from + reached + 1}: before that it is exactly 0. ` : "") +
    (fresh ? "" : "At the chunk's border it stops: nothing before can be learned from this update. ") +
    `All weights' gradients together have the norm ${number(norm)}.`,
  /** @param {any} r */
  clip: ({ norm, clipped, coefficient }) =>
    !Number.isFinite(norm)
      ? `The norm is ${number(norm)}: this training has diverged, and no clipping brings it back.`
      : coefficient < 1
      ? `The norm ${number(norm)} is over the limit: every gradient is multiplied by ${number(coefficient)}, and the norm becomes ${number(clipped)}. The direction stays.`
      : clipped === norm
        ? `The norm ${number(norm)} is within the limit, or there is none: nothing is clipped.`
        : `Each gradient is held within its limits: the norm ${number(norm)} becomes ${number(clipped)}.`,
  /** @param {any} r */
  update: ({ learningRate, change, parameters }) =>
    `With the learning rate ${number(learningRate)}, all weights together (norm ${number(parameters)}) move by ${number(change)}.`,

  step: "step",
  /** @param {number} b @param {string} unit */
  told: (b, unit) => [`truth${unit ? ` (${unit})` : ""}`, `prediction of example ${b + 1}`],
  share: "loss there, all examples",
  largest: (/** @type {number} */ shown, /** @type {number} */ all) => `The ${shown} largest of ${all} steps; all of them add up to the loss.`,
  clipHead: ["tensor", "size", "norm before", "norm after"],
  /** @param {any} r */
  together: ({ norm, coefficient, clipped }) => `together ${number(norm)} × ${number(coefficient)} → ${number(clipped)}`,
  updateHead: (/** @type {string[]} */ moments) => ["tensor", "element", "old weight", "gradient", ...moments, "new weight", "change"],
  /** So many digits that a small change is seen. */
  weight: (/** @type {number} */ v) => (Math.abs(v) >= 1e-3 && Math.abs(v) < 1e3 ? v.toFixed(5).replace("-", "−") : number(v)),
  /** @type {(name: string) => string} */
  moment: (name) => ({ m: "m, mean of gradients", v: "v, mean of squares", momentum: "momentum" })[name] ?? name,
  oneEach: "Of each tensor the weight that moves most.",
  /** @param {number} at @param {number[]} shape */
  element: (at, shape) => (shape.length > 1 ? `[${Math.floor(at / shape[1])}, ${at % shape[1]}]` : `[${at}]`),
  chance: (/** @type {string} */ word, /** @type {number} */ p) => `${word} ${(100 * p).toPrecision(2)} %`,
  nothing: "–",
  both: (/** @type {string} */ said, /** @type {string} */ truth) => `${said} (${truth})`,
  verdict: (/** @type {string} */ said, /** @type {string} */ truth) => (said === truth ? `${said} ✓` : `${said} ✗ ${truth}`),
};
