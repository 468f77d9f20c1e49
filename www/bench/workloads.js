// What is measured beside others: sizes, who takes part, and how many times faster than them it is to be.

/**
 * @typedef {object} Workload
 * @property {string} name
 * @property {"train" | "stream" | "sequence" | "product"} kind
 * @property {"rnn" | "lstm" | "gru"} cell
 * @property {number} input
 * @property {number} hidden
 * @property {number} layers
 * @property {number} steps
 * @property {number} batch
 * @property {number} learningRate  Adam
 * @property {number} clip          limit of the gradient's norm
 * @property {number} compared      how many answers are compared before timing: updates, or steps of a stream
 * @property {Record<string, number | null>} peers  by name of the peer: the target, or none
 */

const COMMON = { input: 1, layers: 1, batch: 1, steps: 100, learningRate: 1e-3, clip: 1 };

/** @param {"rnn" | "lstm" | "gru"} cell @param {number} hidden @param {number} layers @param {number} steps @returns {Workload} */
function train(cell, hidden, layers, steps) {
  // Two inputs: the task is the adding problem, a number and a mark.
  const sizes = { ...COMMON, input: 2, cell, hidden, layers, steps, batch: 32 };
  return { ...sizes, name: `train-${cell}-${hidden}x${layers}`, kind: "train", compared: 3, peers: { tfjs: 15, candle: 2.3, burn: 2.3 } };
}

/** @type {Workload[]} */
export const WORKLOADS = [
  { ...COMMON, name: "stream-lstm-256x2", kind: "stream", cell: "lstm", hidden: 256, layers: 2, compared: 50, peers: { ort: 1.6, tfjs: null } },
  { ...COMMON, name: "stream-lstm-64x1", kind: "stream", cell: "lstm", hidden: 64, compared: 50, peers: { ort: 15, tfjs: null } },
  { ...COMMON, name: "sequence-lstm-128x2", kind: "sequence", cell: "lstm", hidden: 128, layers: 2, steps: 168, compared: 1, peers: { ort: null, tfjs: null } },
  train("lstm", 64, 1, 100),
  train("gru", 64, 1, 100),
  train("rnn", 64, 1, 100),
  train("lstm", 128, 2, 168),
  train("gru", 128, 2, 168),
  train("rnn", 128, 2, 168),
];

/** @param {number} n @returns {Workload} */
const product = (n) => ({ ...COMMON, name: `product-${n}`, kind: "product", cell: "rnn", hidden: n, compared: 100, peers: { cpu: null, tfjs: null } });

/** @param {number} hidden @param {number} layers @param {number} steps @param {number} batch @param {number | null} target @returns {Workload} */
const trainLarge = (hidden, layers, steps, batch, target) => ({ ...train("lstm", hidden, layers, steps), batch, peers: { cpu: target, tfjs: null } });

/** What is measured on the GPU, beside our own CPU engine and TensorFlow.js on the same adapter. @type {Workload[]} */
export const GPU_WORKLOADS = [trainLarge(64, 1, 100, 32, null), trainLarge(256, 2, 168, 64, 10), ...[256, 512, 1024, 2048].map(product)];

/** The same shapes small: for trying the page out, never for figures. @param {Workload} workload @returns {Workload} */
export const tiny = (workload) => ({ ...workload, hidden: 8, steps: 6, batch: Math.min(workload.batch, 2), compared: 2 });
