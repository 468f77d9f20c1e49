// Recurrent layers on TensorFlow.js, written for speed: one product for the input of all steps, one for the state a step, one
// sigmoid over all gates. Weights come in PyTorch's layout and gate order and are turned here.
import * as tf from "@tensorflow/tfjs-core";

/** Rows of PyTorch's blocks by cell, in the order in which the step wants its columns. */
const BLOCKS = { rnn: [0], lstm: [0, 1, 3, 2], gru: [0, 1, 2] }; // lstm: i f o | g

/** (G·H)×W in PyTorch's block order → W×(G·H) in the step's. @param {Float32Array} values */
function turned(values, width, hidden, blocks) {
  const out = new Float32Array(values.length);
  const columns = blocks.length * hidden;
  blocks.forEach((block, k) => {
    for (let j = 0; j < hidden; j++) {
      for (let i = 0; i < width; i++) out[i * columns + k * hidden + j] = values[(block * hidden + j) * width + i];
    }
  });
  return out;
}

/** The network's variables. @param {{cell: string, hidden: number, layers: number, input: number}} shape */
export function variables({ cell, hidden, layers, input }, weights) {
  const blocks = BLOCKS[cell];
  const columns = blocks.length * hidden;
  const matrix = (name, width) => tf.variable(tf.tensor2d(turned(weights[name].values, width, hidden, blocks), [width, columns]));
  const vector = (name) => tf.variable(tf.tensor1d(turned(weights[name].values, 1, hidden, blocks)));
  const all = [];
  for (let l = 0; l < layers; l++) {
    const width = l === 0 ? input : hidden;
    all.push({
      wx: matrix(`weight_ih_l${l}`, width),
      wh: matrix(`weight_hh_l${l}`, hidden),
      bx: vector(`bias_ih_l${l}`),
      bh: vector(`bias_hh_l${l}`),
    });
  }
  const head = tf.variable(tf.transpose(tf.tensor2d(weights["head.weight"].values, weights["head.weight"].shape)));
  return { layers: all, head, bias: tf.variable(tf.tensor1d(weights["head.bias"].values)) };
}

/** One step. `input`: this step's part of W_x x + b. @returns {import("@tensorflow/tfjs-core").Tensor[]} h, and c of an LSTM */
function step(cell, layer, input, [h, c], hidden) {
  if (cell === "rnn") return [tf.tanh(tf.add(input, tf.matMul(h, layer.wh)))];
  if (cell === "lstm") {
    const [gates, candidate] = tf.split(tf.add(input, tf.matMul(h, layer.wh)), [3 * hidden, hidden], 1);
    const [i, f, o] = tf.split(tf.sigmoid(gates), 3, 1);
    const next = tf.add(tf.mul(f, c), tf.mul(i, tf.tanh(candidate)));
    return [tf.mul(o, tf.tanh(next)), next];
  }
  const [gx, nx] = tf.split(input, [2 * hidden, hidden], 1);
  const [gh, nh] = tf.split(tf.add(tf.matMul(h, layer.wh), layer.bh), [2 * hidden, hidden], 1);
  const [r, z] = tf.split(tf.sigmoid(tf.add(gx, gh)), 2, 1);
  const n = tf.tanh(tf.add(nx, tf.mul(r, nh)));
  return [tf.add(n, tf.mul(z, tf.sub(h, n)))];
}

/** W_x x + b for every row of x at once; the GRU's b_h belongs inside its reset and is added there. */
function projected(cell, layer, x) {
  return tf.fused.matMul({ a: x, b: layer.wx, bias: cell === "gru" ? layer.bx : tf.add(layer.bx, layer.bh) });
}

/** State of zeros. */
export function still({ cell, hidden, layers }, batch) {
  const lanes = cell === "lstm" ? 2 : 1;
  return Array.from({ length: layers }, () => Array.from({ length: lanes }, () => tf.zeros([batch, hidden])));
}

/** One step of the whole stack, batch 1. @returns {{state: any[][], prediction: any}} */
export function streamed(shape, net, state, x) {
  let input = x;
  const after = net.layers.map((layer, l) => {
    const next = step(shape.cell, layer, projected(shape.cell, layer, input), state[l], shape.hidden);
    input = next[0];
    return next;
  });
  return { state: after, prediction: tf.fused.matMul({ a: input, b: net.head, bias: net.bias }) };
}

/** The last layer's output at every moment, B×H each. @param x  (T·B)×I */
export function outputs(shape, net, x, steps, batch) {
  let rows = x;
  /** @type {any[]} */
  let hs = [];
  net.layers.forEach((layer, l) => {
    const wide = projected(shape.cell, layer, rows);
    const inputs = tf.unstack(tf.reshape(wide, [steps, batch, wide.shape[1]]));
    let state = still({ ...shape, layers: 1 }, batch)[0];
    hs = inputs.map((input) => (state = step(shape.cell, layer, input, state, shape.hidden))[0]);
    if (l + 1 < net.layers.length) rows = tf.reshape(tf.stack(hs), [steps * batch, shape.hidden]);
  });
  return hs;
}

/** @param h  B×H */
export const headed = (net, h) => tf.fused.matMul({ a: h, b: net.head, bias: net.bias });
