// A training's set-up and its link, and what a run leaves behind, without a page: round trips, limits, thinning.
import assert from "node:assert/strict";
import { test } from "node:test";
import { checkedTrain, DEFAULT_TRAIN, differences, mergedTrain, setupOf } from "../../www/state/train-view.js";
import { fromTrainQuery, toTrainQuery } from "../../www/state/train-link.js";
import { fromQuery, screenOf } from "../../www/state/link.js";
import { EXPERIMENTS } from "../../www/state/train-experiments.js";
import { DEFAULT, same } from "../../www/state/view.js";
import { Heat, History, Saturation, Validations } from "../../www/engine/history.js";
import { connect, serve } from "../../www/engine/bridge.js";
import { TRAIN } from "../../www/strings/en-train.js";

/** A set-up with every field away from its default. */
const FULL = checkedTrain({
  task: { name: "own-table", options: { length: 200, columns: "a~b!c%d; 7.5", flag: true, share: -0.125, odd: ".5", code: "%2e" } },
  network: { cell: "gru", options: { reset: "before" }, hidden: 256, layers: 4, bidirectional: true },
  training: {
    optimizer: "sgd",
    options: { momentum: 0.9, nesterov: 1 },
    learningRate: 0.0125,
    schedule: { kind: "warm-up-cosine", warmUp: 250, floor: 0.05 },
    clip: { kind: "value", limit: 0.25 },
    batch: 7,
    accumulate: 3,
    truncate: 25,
    carry: true,
    dropout: 0.35,
    start: "chrono",
    forgetBias: -1.5,
    patience: 12,
    validateEvery: 17,
    validation: 333,
    seed: 4_294_967_295,
  },
  updates: 123_456,
  engine: "gpu",
  experiment: "rnn-lstm",
  plots: ["curves", "heat"],
  log: false,
  smooth: true,
  held: { part: "test", k: 9 },
  place: { layer: 3, direction: 1 },
});

/** Paths of all leaves. @param {any} of */
const leaves = (of, before = "") =>
  Object.entries(of).flatMap(([key, value]) => (value && typeof value === "object" && !Array.isArray(value) && key !== "options" ? leaves(value, `${before}${key}.`) : [`${before}${key}`]));
const at = (/** @type {any} */ from, /** @type {string} */ path) => path.split(".").reduce((value, key) => value[key], from);

test("the full set-up is valid and has no field at its default", () => {
  assert.deepEqual(FULL.remarks, []);
  for (const path of leaves(DEFAULT_TRAIN)) assert.ok(!same(at(FULL.view, path), at(DEFAULT_TRAIN, path)), `${path} has its default`);
});

test("a set-up comes back from its link as it was", () => {
  const variants = [DEFAULT_TRAIN, FULL.view];
  for (const path of leaves(DEFAULT_TRAIN)) {
    const keys = path.split(".");
    const patch = keys.reduceRight((/** @type {any} */ value, key) => ({ [key]: value }), at(FULL.view, path));
    variants.push(checkedTrain(mergedTrain(DEFAULT_TRAIN, patch)).view);
  }
  for (const { set, runs } of Object.values(EXPERIMENTS)) for (const { name: _, ...run } of runs) variants.push(checkedTrain(mergedTrain(mergedTrain(DEFAULT_TRAIN, set), run)).view);
  for (const view of variants) {
    const query = toTrainQuery(view);
    const back = fromTrainQuery(query);
    assert.deepEqual(back.remarks, []);
    assert.deepEqual(back.view, view);
    assert.equal(toTrainQuery(back.view), query);
  }
  assert.equal(toTrainQuery(DEFAULT_TRAIN), "?screen=train&v=1");
  assert.equal(toTrainQuery(DEFAULT_TRAIN, { theme: "dark", projector: true }), "?screen=train&v=1&theme=dark&projector=1");
});

test("a link leads to one screen, and Step does not read what is Train's", () => {
  assert.equal(screenOf("?v=1&cell=gru"), "step");
  assert.equal(screenOf("?screen=train&v=1"), "train");
  assert.equal(screenOf("?screen=nowhere"), "step");
  const { view, remarks } = fromQuery("?screen=train&v=1&task=adding&cell=gru&hidden=9&seed=3&layers=2&theme=dark&projector=1");
  assert.deepEqual(remarks, []);
  assert.deepEqual(view, { ...DEFAULT, theme: "dark", projector: true });
});

test("numbers beyond their limits are clamped, with a remark", () => {
  const { view, remarks } = fromTrainQuery("?screen=train&v=1&hidden=0&layers=99&rate=-1&batch=1e9&dropout=1&truncate=0&updates=-5&seed=1.5&clip=norm&limit=0");
  assert.deepEqual(remarks.map(({ field }) => field).sort(), ["batch", "dropout", "hidden", "layers", "limit", "rate", "seed", "truncate", "updates"]);
  assert.equal(view.network.hidden, 1);
  assert.equal(view.training.dropout, 0.9);
  assert.equal(view.training.truncate, 1);
});

test("whatever a stranger puts into a link, a valid set-up comes out", () => {
  const keys = [...new URLSearchParams(toTrainQuery(FULL.view)).keys()].filter((key) => key !== "screen");
  const evil = ["", " ", "-", "NaN", "Infinity", "1e999", "-0", "0x10", "null", "__proto__", "__proto__~1", "constructor~x", "<b>", "'\"`", "~", "!", "~~~!~~", "a~.!b~.x", "a~.NaN", "\u0000", "💥", "%", "A".repeat(5000), "9".repeat(400)];
  for (const key of keys) {
    for (const text of evil) {
      const { view } = fromTrainQuery(`?screen=train&v=1&${key}=${encodeURIComponent(text)}`);
      assert.deepEqual(checkedTrain(view).remarks, [], `${key}=${text.slice(0, 30)}`);
      assert.deepEqual(fromTrainQuery(toTrainQuery(view)).view, view, `${key}=${text.slice(0, 30)}`);
    }
  }
  assert.equal(/** @type {any} */ ({}).polluted, undefined);
  for (const strange of [null, 3, "x", [], { task: 7, network: [], training: "no" }, { training: { schedule: 1, clip: [] }, plots: {} }]) {
    assert.deepEqual(checkedTrain(checkedTrain(strange).view).remarks, []);
  }
  assert.equal(fromTrainQuery("?screen=train&v=2").remarks[0].field, "v");
});

test("every experiment varies something, and has words", () => {
  for (const [name, { set, runs }] of Object.entries(EXPERIMENTS)) {
    assert.ok(TRAIN.tries.list[name]?.title && TRAIN.tries.list[name].text, name);
    assert.ok(runs.length >= 2, name);
    const setups = runs.map(({ name: run, ...patch }) => {
      assert.ok(TRAIN.variants[run], run);
      const { view, remarks } = checkedTrain(mergedTrain(mergedTrain(DEFAULT_TRAIN, set), patch));
      assert.deepEqual(remarks, [], `${name}: ${run}`);
      return setupOf(view);
    });
    for (let k = 1; k < setups.length; k++) assert.ok(differences(setups[k - 1], setups[k]).length > 0, `${name}: run ${k} is the one before`);
  }
  assert.deepEqual(Object.keys(TRAIN.tries.list), Object.keys(EXPERIMENTS));
});

test("another task, cell or rule starts with its own options", () => {
  const view = mergedTrain(FULL.view, { task: { name: "adding" }, network: { cell: "lstm" }, training: { optimizer: "adam" } });
  assert.deepEqual([view.task.options, view.network.options, view.training.options], [{}, {}, {}]);
  assert.equal(view.training.clip.kind, "value", "the rest stays");
});

/** @param {number} n @param {(k: number) => number} loss */
const rows = (n, loss) => Float64Array.from({ length: n * 5 }, (_, i) => [loss(Math.floor(i / 5)), 2, 1, 0.01, 0.5][i % 5]);

test("a long history is thinned, and keeps its extremes", () => {
  const history = new History();
  const spikes = new Map([[7_777, 1e6], [33_333, -5], [99_998, 42]]);
  for (let from = 1; from <= 100_000; from += 100) history.push(rows(100, (k) => spikes.get(from + k) ?? 1), from);
  assert.ok(history.size <= 4096 && history.size > 2000, `${history.size}`);
  assert.equal(Math.max(...history.loss.high), 1e6);
  assert.equal(Math.min(...history.loss.low), -5);
  assert.equal(history.update[history.size - 1], 100_000);
  const at = history.loss.high.indexOf(1e6);
  assert.ok(history.update[at] >= 7_777 && history.update[at] - history.stride < 7_777, `bucket ${at} ends at ${history.update[at]}`);
  assert.equal(history.clippedShare[0], 1);
  assert.equal(history.coefficient[0], 0.5);
  const mean = history.loss.mean.reduce((a, b) => a + b, 0) / history.size;
  assert.ok(Math.abs(mean - (1e6 - 5 + 42 + 99_997) / 1e5) < 0.2, `${mean}`);

  const back = History.from(structuredClone(history.record()));
  for (const key of /** @type {const} */ (["low", "high", "mean", "last"])) assert.deepEqual(back.loss[key], history.loss[key]);
  history.push(rows(3, () => 9), 100_001);
  back.push(rows(3, () => 9), 100_001);
  assert.deepEqual(back.loss.last, history.loss.last);
});

test("a value that is no number is seen, and does not hide the others", () => {
  const history = new History();
  history.push(rows(4096, (k) => (k === 11 ? NaN : k)), 1);
  history.push(rows(1, () => 1), 4097);
  assert.equal(history.stride, 2);
  assert.deepEqual([history.loss.low[5], history.loss.high[5]], [10, 10]);
  assert.ok(Number.isNaN(history.loss.mean[5]) && Number.isNaN(history.loss.last[5]));
  history.cut(8);
  assert.equal(history.size, 4);
  history.push(rows(1, () => 3), 9);
  assert.deepEqual([...history.update], [2, 4, 6, 8, 9]);
});

test("the heatmap keeps the larger of what it merges, and its columns may grow", () => {
  const heat = new Heat();
  for (let k = 1; k <= 1000; k++) heat.push(Float32Array.of(k === 777 ? 100 : 1, 2), k);
  assert.ok(heat.size <= 256);
  assert.equal(Math.max(...heat.values), 100);
  assert.equal(heat.values.length, heat.size * 2);
  assert.equal(heat.update[heat.size - 1], 1000);
  heat.push(Float32Array.of(1, 2, 3), 1001);
  assert.equal(heat.steps, 3);
  assert.ok(Number.isNaN(heat.values[2]) && Math.max(...heat.values.filter((v) => !Number.isNaN(v))) === 100);
  const back = Heat.from(structuredClone(heat.record()));
  assert.deepEqual(back.values, heat.values);
});

test("saturation and validations stay bounded, and the best validation stays", () => {
  const saturation = new Saturation();
  for (let k = 0; k < 5000; k++) saturation.push([{ lane: "f", share: 0.5 }], k);
  assert.ok(saturation.update.length < 512 && saturation.update.at(-1) === 4999);
  assert.equal(saturation.lanes[0].share.length, saturation.update.length);
  const validations = new Validations();
  for (let k = 0; k < 20_000; k++) validations.push({ update: k, loss: k === 1234 ? 0 : 1, metric: 1, time: k }, k < 1234 ? 0 : 1234);
  assert.ok(validations.update.length <= 4096);
  assert.equal(validations.loss[validations.update.indexOf(1234)], 0);
});

test("the bridge answers each call once, tells progress, aborts, and fails what is open", async () => {
  const { port1, port2 } = new MessageChannel();
  serve(port1, {
    add: (/** @type {number} */ a, /** @type {number} */ b) => a + b,
    fail: () => {
      throw Object.assign(new Error("no"), { code: "shape" });
    },
    async count(/** @type {number} */ n, /** @type {any} */ { progress, aborted }) {
      for (let k = 0; k < n && !aborted(); k++) {
        progress(k);
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
      return n;
    },
    never: () => new Promise(() => {}),
  });
  const { call, fail } = connect(port2);
  assert.equal(await call(null, "add", [2, 3]), 5);
  await assert.rejects(call(null, "fail"), (/** @type {any} */ e) => e.code === "shape" && e.message === "no");
  /** @type {number[]} */
  const heard = [];
  assert.equal(await call(null, "count", [3], (k) => heard.push(k)), 3);
  assert.deepEqual(heard, [0, 1, 2]);
  const abort = new AbortController();
  const open = call(abort.signal, "count", [1000]);
  abort.abort();
  await assert.rejects(open, { name: "AbortError" });
  const never = call(null, "never");
  fail(new Error("gone"));
  await assert.rejects(never, /gone/);
  port1.close();
});
