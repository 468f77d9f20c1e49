// candle or burn in wasm (`?library=candle|burn`), built from benches/peers/native, as a contestant of bench.html.
import { serve } from "../../../www/bench/contestant.js";

const library = new URL(self.location.href).searchParams.get("library");
let module;
let work;

async function about() {
  module = await import(new URL(`./${library}/peer.js`, self.location.href).href);
  await module.default();
  const peer = new module.Peer();
  const [name, ...version] = peer.name().split(" ");
  peer.free();
  return { name, version: version.join(" "), backend: "wasm, one thread" };
}

function prepare(workload, { x, target, weights }) {
  work?.peer.free();
  const peer = new module.Peer();
  for (const [name, { shape, values }] of Object.entries(weights)) peer.weight(name, Uint32Array.from(shape), values);
  const { cell, input, hidden, layers, steps, batch, learningRate, clip, compared } = workload;
  const size = steps * batch * input;
  for (let k = 0; k < x.length / size; k++) peer.batch(x.subarray(k * size, (k + 1) * size), target.subarray(k * batch, (k + 1) * batch));
  peer.prepare(cell, Uint32Array.of(input, hidden, layers, steps, batch), learningRate, clip);
  work = { peer, compared };
}

function answer() {
  return Float64Array.from(Array.from({ length: work.compared }, () => [...work.peer.update()]).flat());
}

function time(runs) {
  const start = performance.now();
  for (let k = 0; k < runs; k++) work.peer.update();
  return performance.now() - start;
}

serve({ about, prepare, answer, time });
