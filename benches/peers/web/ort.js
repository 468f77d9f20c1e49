// ONNX Runtime Web, wasm, one thread, as a contestant of bench.html. See www/bench/contestant.js.
import * as ort from "onnxruntime-web/wasm";
import { serve } from "../../../www/bench/contestant.js";
import { lstm } from "./onnx.js";

let work;

async function about() {
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.wasmPaths = new URL("./", self.location.href).href;
  return { name: "ONNX Runtime Web", version: ort.env.versions.web, backend: "wasm, one thread" };
}

async function prepare(workload, { x, weights }) {
  await work?.session.release();
  const steps = workload.kind === "stream" ? 1 : workload.steps;
  const model = lstm(workload, steps, weights);
  const session = await ort.InferenceSession.create(model, { executionProviders: ["wasm"], graphOptimizationLevel: "all" });
  work = { workload, x, session, t: 0, state: still(workload) };
}

function still({ layers, hidden }) {
  const names = Array.from({ length: layers }, (_, l) => [`h${l}`, `c${l}`]).flat();
  return Object.fromEntries(names.map((name) => [name, new ort.Tensor("float32", new Float32Array(hidden), [1, 1, hidden])]));
}

/** The next number of the stream goes in, a prediction comes out; the state is handed on as it came. */
async function stream() {
  const { workload, x, session, state } = work;
  const at = work.t++ % workload.steps;
  const row = x.subarray(at * workload.input, (at + 1) * workload.input);
  const out = await session.run({ x: new ort.Tensor("float32", row, [1, 1, workload.input]), ...state });
  for (let l = 0; l < workload.layers; l++) {
    state[`h${l}`] = out[`hn${l}`];
    state[`c${l}`] = out[`cn${l}`];
  }
  return out.y.data;
}

async function sequence() {
  const { workload, x, session } = work;
  const out = await session.run({ x: new ort.Tensor("float32", x, [workload.steps, 1, workload.input]), ...still(workload) });
  return out.y.data;
}

const KINDS = { stream, sequence };

async function answer() {
  const numbers = [];
  for (let k = 0; k < work.workload.compared; k++) numbers.push(...(await KINDS[work.workload.kind]()));
  return Float64Array.from(numbers);
}

async function time(runs) {
  const run = KINDS[work.workload.kind];
  const start = performance.now();
  for (let k = 0; k < runs; k++) await run();
  return performance.now() - start;
}

serve({ about, prepare, answer, time });
