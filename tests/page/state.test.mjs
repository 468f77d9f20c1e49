// The view and its link, without a page: round trips, clamping, and whatever a stranger may put into a link.
import assert from "node:assert/strict";
import { test } from "node:test";
import { checked, DEFAULT, LIMITS, merged, same } from "../../www/state/view.js";
import { fromQuery, toQuery } from "../../www/state/link.js";
import { EXPERIMENTS, PLACES } from "../../www/state/experiments.js";
import { filled } from "../../www/elements/formula.js";
import { TEXT } from "../../www/strings/en.js";

/** A view with every field away from its default. */
const FULL = checked({
  data: {
    kind: "draw",
    station: "ewr",
    start: 385_000,
    steps: 200,
    task: "sentiment",
    text: "a & b = c ? d # e + f % “g” ~ ! ü",
    label: null,
    period: 12.5,
    drawn: [0, 0.01, -0.01, 8.99, -9, 1.23],
    edits: [
      { t: 0, value: -3.25 },
      { t: 71, value: 1e-5 },
    ],
  },
  network: {
    source: "random",
    cell: "gru",
    options: { reset: "before", update: "replace", state: "16" },
    hidden: 256,
    layers: 4,
    bidirectional: true,
    seed: 4_294_967_295,
    spectralRadius: 1.25,
    memoryBias: -2.5,
    readout: "final-states",
  },
  interventions: [
    { kind: "hold", layer: 1, direction: 1, lane: "z", unit: "all", value: 0.5, from: 3, to: 9 },
    { kind: "hold", layer: 0, direction: 0, lane: "h", unit: 7, value: -1, from: 0, to: 1000 },
    { kind: "off", layer: 2, direction: 0, unit: 31 },
    { kind: "hold", layer: 0, direction: 0, lane: "f̃", unit: 100_000, value: 2, from: 0, to: 9 },
    { kind: "weight", name: "weight_hh_l0_reverse", index: 12_345, value: -0.0625 },
    { kind: "weight", name: "_recurrent_kernel__l0", index: 1, value: 1 },
  ],
  selection: { t: 199, unit: 3, place: { K: 2, NH: 0, P_in: 4095 }, layer: 1, direction: 1, lane: "passed:ĩ" },
  mode: "backward",
  loss: "every",
  speed: 0.25,
  theme: "dark",
  projector: true,
  panel: false,
  plots: ["influence", "gates"],
});

test("the full view is valid and has no field at its default", () => {
  assert.deepEqual(FULL.remarks, []);
  for (const part of ["data", "network", "selection"]) {
    for (const key of Object.keys(DEFAULT[part])) {
      assert.ok(!same(FULL.view[part][key], DEFAULT[part][key]), `${part}.${key} has its default`);
    }
  }
});

test("a view comes back from its link as it was", () => {
  const variants = [DEFAULT, FULL.view, ...Object.values(EXPERIMENTS).map((patch) => checked(merged(DEFAULT, patch)).view)];
  // Each field alone, too: what is left out must not be missed.
  for (const part of ["data", "network", "selection"]) {
    for (const key of Object.keys(DEFAULT[part])) variants.push(checked(merged(DEFAULT, { [part]: { [key]: FULL.view[part][key] } })).view);
  }
  for (const view of variants) {
    const back = fromQuery(toQuery(view));
    assert.deepEqual(back.remarks, []);
    assert.deepEqual(back.view, view);
    assert.equal(toQuery(back.view), toQuery(view));
  }
});

test("a link is short, and readable where it can be", () => {
  assert.equal(toQuery(DEFAULT), "?v=1");
  assert.equal(toQuery(checked(merged(DEFAULT, { network: { cell: "gru" }, selection: { t: 12 } })).view), "?v=1&cell=gru&t=12");
  const drawn = Array.from({ length: 1000 }, (_, k) => Math.round(100 * Math.sin(k)) / 100);
  assert.ok(toQuery(checked(merged(DEFAULT, { data: { kind: "draw", drawn } })).view).length < 2100);
});

test("an empty or foreign link is the first view", () => {
  for (const search of ["", "?", "?utm_source=x&fbclid=y", "?v=1"]) {
    assert.deepEqual(fromQuery(search).view, DEFAULT);
    assert.deepEqual(fromQuery(search).remarks, []);
  }
  const newer = fromQuery("?v=2&cell=mamba");
  assert.deepEqual(newer.view, DEFAULT);
  assert.equal(newer.remarks[0].field, "v");
});

test("numbers beyond their limits are clamped, with a remark", () => {
  const { view, remarks } = fromQuery("?v=1&steps=99999&hidden=0&layers=-3&radius=1e30&memory=-1e9&speed=0&t=1e99&seed=-1");
  assert.equal(view.data.steps, LIMITS.steps[1]);
  assert.equal(view.network.hidden, 1);
  assert.equal(view.network.layers, 1);
  assert.equal(view.network.spectralRadius, LIMITS.spectralRadius[1]);
  assert.equal(view.network.memoryBias, LIMITS.memoryBias[0]);
  assert.equal(view.speed, LIMITS.speed[0]);
  assert.equal(view.selection.t, LIMITS.steps[1] - 1);
  assert.equal(view.network.seed, 0);
  assert.equal(remarks.length, 8);
});

test("whatever a stranger puts into a link, a valid view comes out", () => {
  const keys = [...new URLSearchParams(toQuery(FULL.view)).keys()];
  const evil = ["", " ", "-", "NaN", "Infinity", "1e999", "-0", "0x10", "null", "undefined", "__proto__", "constructor", "<b>", "'\"`", "~", "!", "~~~!~~",
    "hold~0~0~f~all~1~0", "hold~0~0~__proto__~all~1~0~9", "weight~a~-1~0", "off~1e9~0~0", "0~1!0~2!x~y", "\u0000", "\ud800", "💥", "%", "A".repeat(5000), "9".repeat(400), "toString~valueOf"];
  for (const key of keys) {
    for (const text of evil) {
      const { view } = fromQuery(`?v=1&${key}=${encodeURIComponent(text.toWellFormed())}`);
      const again = checked(view);
      assert.deepEqual(again.remarks, [], `${key}=${text.slice(0, 30)}`);
      assert.deepEqual(again.view, view);
      assert.deepEqual(fromQuery(toQuery(view)).view, view, `${key}=${text.slice(0, 30)}`);
    }
  }
  assert.equal(/** @type {any} */ ({}).polluted, undefined);
  for (const search of ["?" + "&".repeat(5000), "?v=1&t=" + "1".repeat(100_000), "?%E0%A4%A", "?v=%"]) assert.deepEqual(checked(fromQuery(search).view).remarks, []);
});

test("anything at all can be checked", () => {
  const strange = [null, undefined, 3, "x", [], () => 0, { data: 7, network: [], selection: "t" }, { data: { text: {}, drawn: "no", edits: [null, 1, { t: 1.5 }] } },
    { interventions: [null, 7, {}, { kind: "hold" }, { kind: "off", layer: "0" }] }, { network: { options: { a: { b: 1 } }, hidden: NaN } }];
  for (const given of strange) assert.deepEqual(checked(checked(given).view).remarks, []);
});

test("an intervention is kept whole or left out", () => {
  const { view, remarks } = checked(merged(DEFAULT, { interventions: [{ kind: "hold", layer: 0, direction: 0, lane: "f", unit: 1.5, value: 1, from: 0, to: 9 }] }));
  assert.deepEqual(view.interventions, []);
  assert.equal(remarks.length, 1);
});

test("a checked view cannot be changed by accident", () => {
  assert.throws(() => (/** @type {any} */ (FULL.view).data.edits[0].t = 5), TypeError);
});

test("a later edit of the same reading wins, and edits are in order", () => {
  const { view } = checked(merged(DEFAULT, { data: { edits: [{ t: 5, value: 1 }, { t: 2, value: 3 }, { t: 5, value: 2 }] } }));
  assert.deepEqual(view.data.edits, [{ t: 2, value: 3 }, { t: 5, value: 2 }]);
});

test("experiments and places are valid views with words", () => {
  for (const [name, patch] of Object.entries(EXPERIMENTS)) {
    assert.deepEqual(checked(merged(DEFAULT, patch)).remarks, [], name);
    assert.ok(TEXT.tries.list[name]?.title && TEXT.tries.list[name].text, name);
  }
  assert.deepEqual(Object.keys(TEXT.tries.list), Object.keys(EXPERIMENTS));
  for (const [name, { start, steps }] of Object.entries(PLACES)) {
    assert.deepEqual(checked(merged(DEFAULT, { data: { start, steps } })).remarks, []);
    assert.ok(TEXT.data.places[name], name);
  }
});

test("a count's formula is filled in and worked out", () => {
  assert.deepEqual(filled("4H·(I + H + 2)", { I: 1, H: 32 }), { text: "4·32·(1 + 32 + 2)", value: 4480 });
  assert.deepEqual(filled("H·(I + H)", { I: 3, H: 5 }), { text: "5·(3 + 5)", value: 40 });
  assert.deepEqual(filled("3H·(I + H + 2)", { I: 16, H: 24 }).value, 3024);
  // Other sizes, names of two letters, what stands directly beside a name.
  assert.deepEqual(filled("4H·I + H + 2NH·(I + 1)", { I: 1, H: 32, NH: 2 }), { text: "4·32·1 + 32 + 2·2·(1 + 1)", value: 168 });
  assert.equal(filled("E·(2I + K + 3N)", { I: 1, H: 9, E: 4, N: 8, K: 4 }).value, 120);
  assert.ok(Number.isNaN(filled("2X·H", { I: 1, H: 32 }).value), "a name that is not known");
});
