// This project's own module as a contestant; see contestant.js. `?engine=gpu` trains and multiplies on the GPU, with `&software` on
// one that is imitated too. Besides, the soak.
import { serve } from "./contestant.js";

/** @typedef {import("./workloads.js").Workload} Workload */
/** @typedef {import("./contestant.js").Material} Material */

/** How many updates' batches the others are given. */
const BATCHES = 3;

const query = new URL(self.location.href).searchParams;
const onGpu = query.get("engine") === "gpu";
// The module that knows the GPU has products too, on either engine.
/** @type {any} */
let api;
// (Not awaited here: questions that come meanwhile would be lost.)
const ready = (query.has("engine") ? import("../gpu/unrolled.js") : import("../unrolled.js")).then((module) => {
  api = module;
  return module.default();
});
const adapter = query.has("software") ? "any" : "hardware";

/** `many`: so many runs that are waited for at their end. @type {{compared: () => number[] | Promise<number[]>, run: () => unknown, many?: (runs: number) => Promise<unknown>, about?: () => any, free: () => void} | undefined} */
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

/** n × n matrices, the first hundred numbers of their product compared. @param {Workload} workload @returns {Promise<Material>} */
async function product(workload) {
  const own = api.Product.create(workload.hidden);
  if (onGpu) await own.openGpu(adapter);
  const many = async (/** @type {number} */ runs) => {
    if (onGpu) await own.multiplyRemote(runs);
    else for (let k = 0; k < runs; k++) own.multiply();
  };
  const compared = async () => {
    await many(1);
    return [.../** @type {Float32Array} */ (onGpu ? await own.resultRemote() : own.result())].slice(0, workload.compared);
  };
  work = { run: () => many(1), many, compared, free: () => own.free() };
  return { x: own.matrices(), target: new Float32Array(0), weights: {} };
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
 * @param {Workload} workload @returns {Promise<Material>}
 */
async function train(workload) {
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
  const material = { x, target, weights: drawn };
  if (!onGpu) {
    work = { run: () => own.update(), compared: () => answers.slice(0, 2 * workload.compared), free: () => own.free() };
    return material;
  }
  own.free();
  const there = trainer(workload);
  await there.openGpu(adapter);
  const { history } = await there.updateRemote(workload.compared);
  /** @type {number[]} */
  const found = Array.from({ length: workload.compared }, (_, k) => [history[5 * k], history[5 * k + 1]]).flat();
  work = { run: () => there.updateRemote(1), many: (runs) => there.updateRemote(runs), compared: () => found, about: () => there.device(), free: () => there.free() };
  return material;
}

/** @type {any} */
let soaked;

serve({
  about: async () => {
    await ready;
    if (!onGpu) return { name: "Unrolled", version: api.version(), backend: "wasm, one thread" };
    const probe = api.Product.create(1);
    try {
      const { name, backend, software } = await probe.openGpu(adapter);
      return { name: "Unrolled", version: api.version(), backend: `${backend}, ${name || "an adapter without a name"}${software ? ", imitated by software" : ""}` };
    } catch (error) {
      if (/** @type {any} */ (error).code === "unsupported") return null;
      throw error;
    } finally {
      probe.free();
    }
  },
  prepare: async (/** @type {Workload} */ workload) => {
    work?.free();
    work = undefined;
    return { stream, sequence, train, product }[workload.kind](workload);
  },
  answer: async () => Float64Array.from((await work?.compared()) ?? []),
  time: async (/** @type {number} */ runs) => {
    const start = performance.now();
    if (work?.many) await work.many(runs);
    else for (let k = 0; k < runs; k++) work?.run();
    return performance.now() - start;
  },
  /** Of the last workload on the GPU: dispatches of an update, and bytes of memory. */
  device: () => work?.about?.() ?? null,
  /** What the GPU's arithmetic does at most: operations a second. */
  peak: async () => {
    const probe = api.Product.create(1);
    await probe.openGpu(adapter);
    let best = 0;
    for (let k = 0, runs = 1; k < 12; k++) {
      const start = performance.now();
      const operations = await probe.peakRemote(runs);
      const took = performance.now() - start;
      best = Math.max(best, (1000 * operations) / Math.max(took, 0.1));
      if (took < 100) runs *= 2;
    }
    probe.free();
    return best;
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
