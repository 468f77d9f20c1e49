// Our GPU engine beside our CPU engine, and TensorFlow.js on the same adapter. `?software` in the address lets adapters take part
// that are imitated on the CPU: their dispatches count and their costs compare with each other, nothing else does.
import { BENCH } from "../strings/en-bench.js";
import { contestants, measure, plan } from "./beside.js";
import { section } from "./section.js";
import { GPU_WORKLOADS } from "./workloads.js";

const OWN = [{ key: "ours", path: "bench/ours.js?engine=gpu" }, { key: "cpu", path: "bench/ours.js?engine=cpu" }];

export const gpu = section("gpu", BENCH.gpu, async (table) => {
  const [begun, query] = [performance.now(), new URLSearchParams(location.search)];
  const todo = plan(query, GPU_WORKLOADS);
  const software = query.has("software") ? "&software" : "";
  table.note(`${navigator.userAgent}.`);
  const own = OWN.map(({ key, path }) => ({ key, path: key === "ours" ? `${path}${software}` : path }));
  const all = await contestants(table, query, own, (path) => (/backend=web/.test(path) ? `${path}${software}` : null));
  const [ours] = all;
  if (!ours) return BENCH.gpu.none;
  const peak = await ours.ask("peak");
  table.note(BENCH.gpu.peak(peak));
  for (const [k, workload] of todo.workloads.entries()) {
    const what = BENCH.beside.what(workload);
    // An imitated GPU has no target to meet.
    if (software) workload.peers = Object.fromEntries(Object.keys(workload.peers).map((key) => [key, null]));
    table.say(BENCH.at(k + 1, todo.workloads.length, what));
    const milliseconds = await measure(table, workload, all, todo);
    if (workload.kind === "product") table.row(what, ...BENCH.gpu.share((2e3 * workload.hidden ** 3) / milliseconds, peak, workload.hidden >= 2048 && !software));
    const device = await ours.ask("device");
    if (device) table.row(what, ...BENCH.gpu.device(device));
  }
  return BENCH.done(((performance.now() - begun) / 1000).toFixed(0));
});
