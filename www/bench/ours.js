// This project's own module as a contestant; see contestant.js. Besides, the soak.
import init, * as module from "../unrolled.js";
import { serve } from "./contestant.js";

/** @typedef {import("./workloads.js").Workload} Workload */
/** @typedef {import("./contestant.js").Material} Material */

const api = /** @type {any} */ (module);
const ready = init();
/** How many updates' batches the others are given. */
const BATCHES = 3;

/** @type {{compared: () => number[], run: () => unknown, free: () => void} | undefined} */
let work;

/** @param {any} network @returns {Material["weights"]} */
function weights(network) {
  const { parameters } = network.summary();
  return Object.fromEntries(parameters.map((/** @type {any} */ p) => [p.name, { shape: p.shape, values: network.parameter(p.name) }]));
}

/** A wave that does not repeat within the sequence. @param {Workload} workload */
function wave({ steps, input }) {
  return Float32Array.from({ length: steps * input }, (_, k) => 0.6 * Math.sin(k / 3) + 0.3 * Math.sin(k / 7.3));
}

/** @param {Workload} workload */
function network({ cell, input, hidden, layers }) {
  return api.Network.create({ cell, input, hidden, layers, head: { outputs: 1 }, seed: 1 });
}

/** @param {Workload} workload @returns {Material} */
function stream(workload) {
  const net = network(workload);
  const [x, flow] = [wave(workload), net.stream()];
  let t = 0;
  const run = () => flow.stepNumber(x[t++ % workload.steps]);
  const compared = () => Array.from({ length: workload.compared }, run);
  work = { run, compared, free: () => flow.free() };
  const material = { x, target: new Float32Array(0), weights: weights(net) };
  net.free();
  return material;
}

/** @param {Workload} workload @returns {Material} */
function sequence(workload) {
  const net = network(workload);
  const x = wave(workload);
  const run = () => {
    const trace = net.run(x, { steps: workload.steps });
    const prediction = trace.prediction();
    trace.free();
    return prediction;
  };
  work = { run, compared: () => [...run()], free: () => net.free() };
  return { x, target: new Float32Array(0), weights: weights(net) };
}

/** @param {Workload} workload */
function trainer({ cell, hidden, layers, steps, batch, learningRate, clip }) {
  const training = { optimizer: "adam", learningRate, clip: { kind: "norm", limit: clip }, batch, seed: 1 };
  return api.Trainer.create({ task: { name: "adding", options: { length: steps } }, network: { cell, hidden, layers }, training }, {});
}

/**
 * What the others learn from: the very batches that ours draws, and the parameters before the first of them.
 * @param {Workload} workload @returns {Material}
 */
function train(workload) {
  const own = trainer(workload);
  const before = own.network();
  const drawn = weights(before);
  before.free();
  /** @type {number[]} */
  const answers = [];
  const { steps, batch, input } = workload;
  const x = new Float32Array(BATCHES * steps * batch * input);
  const target = new Float32Array(BATCHES * batch);
  for (let k = 0; k < BATCHES; k++) {
    const { loss, norm } = own.update();
    answers.push(loss, norm);
    const trace = own.trace();
    const read = trace.layerInput(0);
    trace.free();
    x.set(read, k * read.length);
    // The sum of the marked numbers.
    for (let t = 0; t < steps; t++) {
      for (let b = 0; b < batch; b++) {
        const at = (t * batch + b) * 2;
        if (read[at + 1] === 1) target[k * batch + b] += read[at];
      }
    }
  }
  work = { run: () => own.update(), compared: () => answers.slice(0, 2 * workload.compared), free: () => own.free() };
  return { x, target, weights: drawn };
}

/** @type {any} */
let soaked;

serve({
  about: async () => {
    await ready;
    return { name: "Unrolled", version: module.version(), backend: "wasm, one thread" };
  },
  prepare: (/** @type {Workload} */ workload) => {
    work?.free();
    return { stream, sequence, train }[workload.kind](workload);
  },
  answer: () => Float64Array.from(work?.compared() ?? []),
  time: (/** @type {number} */ runs) => {
    const start = performance.now();
    for (let k = 0; k < runs; k++) work?.run();
    return performance.now() - start;
  },
  /** Trains for about that long. @param {Workload} workload @param {number} milliseconds */
  soak: async (workload, milliseconds) => {
    const { memory } = await ready;
    soaked ??= trainer(workload);
    const start = performance.now();
    let [updates, report] = [0, { update: 0, loss: NaN }];
    do {
      report = soaked.update();
      updates += 1;
    } while (performance.now() - start < milliseconds);
    return { updates, total: report.update, loss: report.loss, milliseconds: performance.now() - start, heap: memory.buffer.byteLength };
  },
});
