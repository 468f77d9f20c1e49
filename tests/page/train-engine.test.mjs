// Which engine trains, decided from what was found; the crossover of both; and how both are told. Without a page.
import assert from "node:assert/strict";
import { test } from "node:test";
import { chosen, crossover, lost, rested, secondsOnCpu, SHORT, SIZES } from "../../www/engine/engine-choice.js";
import { checkedTrain, setupOf } from "../../www/state/train-view.js";
import { fromTrainQuery } from "../../www/state/train-link.js";
import { TRAIN } from "../../www/strings/en-train.js";

const HARDWARE = { name: "Somebody's card", backend: "webgpu", software: false, bytes: 14_200_000, dispatches: 31 };
const SOFTWARE = { name: "", backend: "webgpu", software: true, bytes: 226_352, dispatches: 29 };
const FAST = { cpu: 12.3, gpu: 3.1 };
const SLOW = { cpu: 0.22, gpu: 40 };

/** @type {[import("../../www/engine/engine-choice.js").Wish, Parameters<typeof chosen>[1], "cpu" | "gpu", string, string][]} */
const CASES = [
  ["auto", { device: HARDWARE, times: FAST }, "gpu", "faster", "On the GPU, which is the faster here. CPU 12 ms, GPU 3.1 ms an update."],
  ["auto", { device: HARDWARE, times: SLOW }, "cpu", "slower", "On the CPU, which is the faster here (beside Somebody's card). CPU 0.22 ms, GPU 40 ms an update."],
  ["auto", { device: SOFTWARE, times: FAST }, "cpu", "software", "On the CPU: the only GPU is one that a program imitates, slower than the CPU. CPU 12 ms, GPU 3.1 ms an update."],
  ["auto", { device: HARDWARE, short: true }, "cpu", "short", "On the CPU: so short a run is over before a GPU is ready."],
  ["auto", { webgpu: false }, "cpu", "none", "On the CPU: this browser has no WebGPU."],
  ["auto", { refused: "there is no GPU form of Mamba with these options; expected one of the others" }, "cpu", "refused", "On the CPU: there is no GPU form of Mamba with these options; expected one of the others."],
  ["auto", { refused: "no GPU: no adapter is offered" }, "cpu", "refused", "On the CPU: no adapter is offered."],
  ["auto", { device: HARDWARE, failed: "out of memory" }, "cpu", "failed", "On the CPU: the GPU failed (out of memory)."],
  ["cpu", { device: HARDWARE, times: FAST }, "cpu", "asked", "On the CPU, as chosen. CPU 12 ms, GPU 3.1 ms an update."],
  ["cpu", {}, "cpu", "asked", "On the CPU, as chosen."],
  ["gpu", { device: HARDWARE, times: FAST }, "gpu", "asked", "On the GPU, as chosen. CPU 12 ms, GPU 3.1 ms an update."],
  ["gpu", { device: HARDWARE, times: SLOW }, "gpu", "asked", "On the GPU, as chosen. The CPU would be 182× faster. CPU 0.22 ms, GPU 40 ms an update."],
  ["gpu", { device: SOFTWARE, times: SLOW }, "gpu", "software", "On a GPU that a program imitates (software adapter), 182× slower than the CPU. CPU 0.22 ms, GPU 40 ms an update."],
  ["gpu", { webgpu: false }, "cpu", "none", "On the CPU: this browser has no WebGPU."],
];

test("the engine is the one that was asked for, or the faster, and the reason is said", () => {
  for (const [wish, found, on, why, text] of CASES) {
    const engine = chosen(wish, found);
    assert.deepEqual([engine.on, engine.why], [on, why], text);
    assert.equal(TRAIN.engine.told(engine), text);
  }
});

test("a run of a second is short, one of minutes is not", () => {
  const small = { parameters: 4_513, steps: 72, batch: 32, updates: 100 };
  assert.ok(secondsOnCpu(small) < SHORT);
  assert.ok(secondsOnCpu({ ...small, updates: 10_000 }) > SHORT);
  assert.ok(secondsOnCpu({ ...small, parameters: 790_000 }) > SHORT, "a large network");
});

test("the GPU is never chosen where it is not known to be the faster", () => {
  for (const times of [null, { cpu: 1, gpu: 1 }, { cpu: NaN, gpu: 1 }, { cpu: 1, gpu: NaN }, { cpu: NaN, gpu: NaN }, { cpu: 0, gpu: 0 }]) {
    assert.equal(chosen("auto", { device: HARDWARE, times }).on, "cpu", JSON.stringify(times));
  }
});

test("a GPU that is lost leaves the CPU, with the reason and the figures of before", () => {
  const before = chosen("auto", { device: HARDWARE, times: FAST });
  const after = lost(before, "the device was lost");
  assert.deepEqual([after.on, after.why, after.times], ["cpu", "lost", FAST]);
  assert.equal(TRAIN.engine.told(after), "On the CPU: the GPU was lost (the device was lost).");
  assert.equal(TRAIN.engine.memory(after), "");
  assert.equal(TRAIN.engine.memory(before), "14 MB of its memory in use, 31 dispatches an update.");
  assert.equal(TRAIN.engine.memory(rested(before)), "Its memory is given back, 31 dispatches an update.");
  assert.deepEqual(rested(chosen("cpu", {})), chosen("cpu", {}));
  assert.equal(TRAIN.engine.short(before), "GPU (Somebody's card, WebGPU)");
  assert.equal(TRAIN.engine.lost("Run 1", "gone", 1301), "The GPU was lost (gone); Run 1 goes on on the CPU from update 1,301.");
});

/** Measured sizes, by the ratio of the CPU's time to the GPU's. @param {number[]} ratios */
const sizes = (...ratios) => ratios.map((ratio, k) => ({ hidden: SIZES[k], cpu: ratio, gpu: 1 }));
const said = (/** @type {ReturnType<typeof sizes>} */ measured) => TRAIN.engine.crossover(crossover(measured), measured);

test("the crossover lies where the ratio is one, between two sizes", () => {
  // 1/2 at 128 and 2 at 256: in the middle, on a scale of logarithms.
  const found = crossover(sizes(0.1, 1 / 3, 0.4, 0.5, 2));
  assert.deepEqual([found?.from, found?.between, found?.at.hidden], [180, true, 32]);
  assert.equal(said(sizes(0.1, 1 / 3, 0.4, 0.5, 2)), "At H = 32 the CPU is 3× faster; from H ≈ 180 the GPU is. Measured at H = 16, 32, 64, 128, 256.");
  // Found before 32: what is told of is below it.
  assert.equal(crossover(sizes(0.5, 2))?.at.hidden, 16);
});

test("one engine may be the faster at every size, and a single size of luck is no crossover", () => {
  assert.equal(said(sizes(0.1, 0.2, 0.25)), "The CPU is faster at every size measured: 4× faster at H = 64. Measured at H = 16, 32, 64.");
  assert.equal(said(sizes(2, 3)), "The GPU is faster at every size measured: 2× faster at H = 16. Measured at H = 16, 32.");
  // (The GPU was the faster at 32, and is not at 64 or 128.)
  assert.equal(crossover(sizes(0.5, 1.1, 0.9, 0.5, 2))?.from, 180);
  assert.equal(crossover(sizes(0.5, 1.1, 0.9))?.from, null);
  assert.equal(said([]), "");
  assert.equal(crossover([{ hidden: 16, cpu: NaN, gpu: 1 }]), null);
});

test("the engine stands in the link, is one of three, and is no part of what makes a run", () => {
  assert.equal(fromTrainQuery("?screen=train&v=1&engine=cpu").view.engine, "cpu");
  const { view, remarks } = fromTrainQuery("?screen=train&v=1&engine=tpu");
  assert.equal(view.engine, "auto");
  assert.deepEqual(remarks, [{ field: "engine", found: "tpu", expected: "auto, cpu, gpu", used: "auto" }]);
  for (const engine of ["constructor", 7, null, {}]) assert.equal(checkedTrain({ engine }).view.engine, "auto");
  assert.ok(!("engine" in setupOf(view)));
});
