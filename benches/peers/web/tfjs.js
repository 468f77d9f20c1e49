// TensorFlow.js as a contestant of bench.html; `?backend=wasm|cpu|webgl|webgpu`. See www/bench/contestant.js.
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-core/dist/register_all_gradients.js";
import "@tensorflow/tfjs-backend-cpu";
import "@tensorflow/tfjs-backend-webgl";
import "@tensorflow/tfjs-backend-webgpu";
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import { serve } from "../../../www/bench/contestant.js";
import { headed, outputs, still, streamed, variables } from "./recurrent.js";

const backend = new URL(self.location.href).searchParams.get("backend") ?? "wasm";
/** The CPU side hands numbers over at once; a GPU has to be waited for. */
const atOnce = backend === "wasm" || backend === "cpu";
const read = (tensor) => (atOnce ? tensor.dataSync() : tensor.data());

let work;
let net;

/** An adapter that computes on the CPU says nothing about a GPU; `&software` has it take part all the same. */
const software = new URL(self.location.href).searchParams.has("software");

async function real() {
  if (software) return "imitated by software";
  if (backend === "webgpu") {
    const adapter = await navigator.gpu?.requestAdapter();
    const info = adapter?.info ?? {};
    if (!adapter || info.isFallbackAdapter || /swiftshader|llvmpipe|lavapipe/i.test(`${info.architecture} ${info.device} ${info.description}`)) return null;
    return [info.vendor, info.architecture, info.description].filter(Boolean).join(" ") || "adapter";
  }
  const context = new OffscreenCanvas(1, 1).getContext("webgl2");
  const about = context?.getExtension("WEBGL_debug_renderer_info");
  const name = about ? String(context.getParameter(about.UNMASKED_RENDERER_WEBGL)) : "";
  return name && !/swiftshader|llvmpipe|softpipe|software/i.test(name) ? name : null;
}

async function about() {
  let adapter = "one thread";
  if (!atOnce) adapter = await real();
  if (adapter === null) return null;
  if (backend === "wasm") setWasmPaths(new URL("./", self.location.href).href);
  if (!(await tf.setBackend(backend))) throw new Error(`TensorFlow.js has no backend ${backend} here`);
  await tf.ready();
  return { name: "TensorFlow.js", version: tf.version_core, backend: `${backend}, ${adapter}` };
}

function prepare(workload, { x, target, weights }) {
  tf.disposeVariables();
  if (workload.kind === "product") {
    // Column-major there, row-major here: (A B)ᵀ = Bᵀ Aᵀ.
    const n = workload.hidden;
    const matrices = [x.subarray(n * n), x.subarray(0, n * n)].map((values) => tf.tensor2d(values, [n, n]));
    work = { workload, matrices };
    return;
  }
  const { steps, batch, input } = workload;
  net = variables(workload, weights);
  const list = [...net.layers.flatMap((layer) => Object.values(layer)), net.head, net.bias];
  // One batch after the other, each with its targets; a stream and a sequence have one, without.
  const size = steps * batch * input;
  const batches = Array.from({ length: x.length / size }, (_, k) => ({
    rows: tf.tensor2d(x.subarray(k * size, (k + 1) * size), [steps * batch, input]),
    wanted: tf.tensor2d(target.subarray(k * batch, (k + 1) * batch), [target.length && batch, 1]),
  }));
  tf.dispose(work?.batches);
  work = { workload, x, batches, list, adam: tf.train.adam(workload.learningRate, 0.9, 0.999, 1e-8), state: null, t: 0 };
}

/** One update: forward, back-propagation through time, norm clip, Adam. @returns {Promise<[number, number]>} loss and norm before clipping */
async function update() {
  const { workload, batches, adam, list } = work;
  const { rows, wanted } = batches[work.t++ % batches.length];
  const [loss, norm] = tf.tidy(() => {
    const error = () => {
      const hs = outputs(workload, net, rows, workload.steps, workload.batch);
      return tf.mean(tf.squaredDifference(headed(net, hs[hs.length - 1]), wanted));
    };
    const { value, grads } = tf.variableGrads(error, list);
    const size = tf.sqrt(tf.addN(Object.values(grads).map((g) => tf.sum(tf.square(g)))));
    const coefficient = tf.minimum(tf.div(workload.clip, tf.add(size, 1e-6)), 1);
    adam.applyGradients(Object.fromEntries(Object.entries(grads).map(([name, g]) => [name, tf.mul(g, coefficient)])));
    return [value, size];
  });
  const read2 = [(await read(loss))[0], (await read(norm))[0]];
  tf.dispose([loss, norm]);
  return /** @type {[number, number]} */ (read2);
}

/** The next number of the stream goes in, a prediction comes out. */
async function stream() {
  const { workload, x } = work;
  const at = work.t++ % workload.steps;
  const before = work.state;
  const { state, prediction } = tf.tidy(() => {
    const row = tf.tensor2d(x.subarray(at * workload.input, (at + 1) * workload.input), [1, workload.input]);
    return streamed(workload, net, before ?? still(workload, 1), row);
  });
  const value = await read(prediction);
  tf.dispose([prediction, ...(before ?? []).flat()]);
  work.state = state;
  return value;
}

/** All predictions of a whole sequence. */
async function sequence() {
  const { workload, batches } = work;
  const [{ rows }] = batches;
  const all = tf.tidy(() => headed(net, tf.concat(outputs(workload, net, rows, workload.steps, workload.batch), 0)));
  const value = await read(all);
  all.dispose();
  return value;
}

/** The last product of so many is waited for. */
async function products(runs) {
  const { matrices } = work;
  let last;
  for (let k = 0; k < runs; k++) {
    last?.dispose();
    last = tf.matMul(...matrices);
  }
  const values = await read(tf.tidy(() => tf.slice(last, [0, 0], [1, Math.min(last.shape[1], 1)])));
  return { values, last };
}

const KINDS = { train: update, stream, sequence };

async function answer() {
  if (work.workload.kind === "product") {
    const { last } = await products(1);
    const values = await read(last);
    last.dispose();
    return Float64Array.from(values.slice(0, work.workload.compared));
  }
  const numbers = [];
  for (let k = 0; k < work.workload.compared; k++) numbers.push(...(await KINDS[work.workload.kind]()));
  return Float64Array.from(numbers);
}

async function time(runs) {
  if (work.workload.kind === "product") {
    const start = performance.now();
    (await products(runs)).last.dispose();
    return performance.now() - start;
  }
  const run = KINDS[work.workload.kind];
  const start = performance.now();
  for (let k = 0; k < runs; k++) await run();
  return performance.now() - start;
}

serve({ about, prepare, answer, time });
