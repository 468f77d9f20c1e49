// The Compare screen as a person meets it: several networks on one sequence, read out by keys; many seeds with cancel; the curve
// against length; a file of one's own; links, also hostile ones; and nothing for axe to find.
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { test } from "node:test";
import { fromCompareQuery, toCompareQuery } from "../../www/state/compare-link.js";
import { checkedCompare, DEFAULT_COMPARE, mergedCompare } from "../../www/state/compare-view.js";
import { assert, DESKTOP, pageTest, PHONE, PROJECTOR } from "./harness.mjs";

const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

/** @typedef {import("./harness.mjs").View} View */

/** Waits until everything about every network is known. @param {View} view */
const complete = async (view, timeout = 30_000) => {
  await view.page.waitForFunction(() => document.documentElement.dataset.view === "ready" && document.documentElement.dataset.screen === "compare");
  await view.page.waitForFunction(() => /** @type {any} */ (document.querySelector("compare-table"))?.comparison.complete, null, { timeout });
};
/** What the comparison knows. @param {View} view */
const known = (view) =>
  view.page.evaluate(() => {
    const { comparison } = /** @type {any} */ (document.querySelector("compare-table"));
    const { names, view, steps, selection, took, seeds, lengths } = comparison;
    const results = comparison.results.map((/** @type {any} */ one) => ({
      error: one.error,
      hidden: one.run?.summary.hidden,
      parameters: one.run?.summary.parameterCount,
      memory: [...(one.memory ?? [])],
      gradients: [...(one.run?.x ?? [])],
      states: [...(one.run?.states ?? [])],
      halfLife: one.halfLife,
      micros: one.micros,
    }));
    const task = (/** @type {any} */ { state, share, results }) => ({ state, share, count: results.length });
    const curves = lengths.results.map((/** @type {any} */ one) => one && { at: [...one.at], values: [...one.values], found: one.found });
    return { names, view, steps, t: selection.t, took, results, seeds: task(seeds), lengths: { ...task(lengths), curves } };
  });
/** @param {View} view */
const notice = (view) => view.page.locator("#notice").innerText();
/** @param {View} view @param {string} name */
const plot = (view, name) => view.page.locator(`compare-plot.${name}`);

pageTest("a link with four cells shows how each forgets and what each gradient does over 500 steps", async ({ open, t }) => {
  const view = await open("?screen=compare&v=1&nets=rnn!lstm!gru!lstm~memory.5&steps=500");
  await complete(view);
  assert.ok(!view.requests.some((address) => /train-screen/.test(address)), "Train is loaded for Compare");
  const { names, steps, results, took } = await known(view);
  assert.deepEqual(names, ["Vanilla RNN", "LSTM", "GRU", "LSTM, forget bias 5"]);
  assert.equal(steps, 500);
  t.diagnostic(`four networks, H = 32, T = 500: ${Math.round(took)} ms; µs a step ${results.map((/** @type {any} */ r) => r.micros.toFixed(2))}`);
  for (const { memory, gradients, states, error } of results) {
    assert.equal(error, null);
    assert.deepEqual([memory.length, gradients.length, states.length], [500, 500, 500]);
    assert.ok(memory.every((v) => v >= 0) && states.every((v) => v > 0));
  }
  // The vanilla RNN forgets fastest, and its gradient is lost to f32; the open forget gate keeps both.
  const [rnn, lstm, , kept] = results;
  assert.ok(rnn.memory[200] < lstm.memory[200] && lstm.memory[200] < 1e-30 * kept.memory[200]);
  assert.ok(rnn.gradients[0] === 0 && kept.gradients[0] > 1e-6);
  for (const name of ["compare-memory", "compare-gradients"]) {
    assert.match(await plot(view, name).locator(".summary").innerText(), /Vanilla RNN: .*\n.*LSTM: /s);
    const painted = await plot(view, name).locator("canvas").evaluate((canvas) => new Set(new Uint32Array(/** @type {any} */ (canvas).getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.buffer)).size);
    assert.ok(painted > 20, `${name} is empty`);
  }
  assert.equal(await view.page.locator("compare-strips canvas:not([hidden])[role=img]").count(), 4);
  const row = view.page.locator("compare-table tbody tr").nth(1);
  assert.match(await row.innerText(), /LSTM\s+32\s+4,513\s+256 B\s+4,256\s+[\d.]+ µs\s+1 step\s+[\d.]+ \([\d.]+ °C off\)/);
  await view.screenshot("compare-1280");
});

pageTest("whatever cell the registry has can be compared, four at a time", async ({ open, t }) => {
  const view = await open("?screen=compare&v=1&steps=60&hidden=8");
  await complete(view);
  const cells = await view.page.evaluate(() => /** @type {any} */ (document.querySelector("compare-table")).comparison.session.registry.cells.map((/** @type {any} */ cell) => cell.name));
  for (let k = 0; k < cells.length; k += 4) {
    const four = [...cells.slice(k, k + 4), ...cells].slice(0, 4);
    await view.page.evaluate((names) => {
      const { comparison } = /** @type {any} */ (document.querySelector("compare-table"));
      const [one] = comparison.view.networks;
      comparison.set({ networks: names.map((/** @type {string} */ cell) => ({ ...one, cell, options: {} })) });
    }, four);
    await complete(view, 60_000);
    const { results, names } = await known(view);
    results.forEach((/** @type {any} */ { error, memory, gradients, states }, /** @type {number} */ i) => {
      assert.equal(error, null, names[i]);
      for (const series of [memory, gradients, states]) assert.ok(series.length === 60 && series.every(Number.isFinite) && series.some((/** @type {number} */ v) => v > 0), names[i]);
    });
    t.diagnostic(names.join(", "));
  }
}, { timeout: 180_000 });

pageTest("one scrub bar drives all, from the keyboard, and everything is read out", async ({ open }) => {
  const view = await open("?screen=compare&v=1&steps=60&nets=rnn!gru");
  await complete(view);
  const { keyboard } = view.page;
  await keyboard.press("ArrowRight");
  await keyboard.press("Shift+ArrowRight");
  assert.equal((await known(view)).t, 11);
  await keyboard.press("End");
  assert.equal((await known(view)).t, 59);
  await keyboard.press("Home");
  await keyboard.press("ArrowRight");
  assert.match(await view.page.locator("compare-screen transport-bar .where").innerText(), /^step 2 of 60 · 1 March 2013 01:00 UTC$/);
  assert.match(await view.page.locator("compare-strips canvas").first().getAttribute("aria-label") ?? "", /^Vanilla RNN: hidden state of 32 units over 60 steps.*At step 2 unit \d+ is largest/);
  // Inside a plot the arrows read it out, and leave the scrub bar alone.
  const stage = plot(view, "compare-memory").locator(".stage");
  await stage.focus();
  await keyboard.press("End");
  assert.match(await stage.getAttribute("aria-label") ?? "", /^step 60: Vanilla RNN .*, GRU /);
  assert.equal((await known(view)).t, 1);
  // The memory of the step at hand.
  await plot(view, "compare-memory").getByRole("button", { name: "Take the step at hand" }).click();
  await view.page.waitForFunction(() => /** @type {any} */ (document.querySelector("compare-plot.compare-memory h3")).textContent === "Memory of step 2");
  await complete(view);
  const { results, view: state } = await known(view);
  assert.equal(state.from, 1);
  assert.ok(Number.isNaN(results[0].memory[0]) && results[0].memory[1] > 0);
  await view.page.locator("compare-screen transport-bar").getByRole("button", { name: "Play" }).click();
  await view.page.waitForFunction(() => /** @type {any} */ (document.querySelector("compare-table")).comparison.selection.t > 3);
  await keyboard.press(" ");
  assert.equal(await view.page.evaluate(() => /** @type {any} */ (document.querySelector("compare-table")).comparison.playing), false);
});

pageTest("many seeds: a band with progress, cancelled and done", async ({ open }) => {
  const view = await open("?screen=compare&v=1&steps=300&nets=rnn!lstm");
  await complete(view);
  const seeds = view.page.getByRole("spinbutton", { name: "Random starts of each" });
  await seeds.fill("50");
  await seeds.press("Enter");
  const memory = plot(view, "compare-memory");
  await memory.getByRole("button", { name: "Cancel" }).click();
  assert.match(await memory.locator(".working").innerText(), /Cancelled/);
  assert.equal((await known(view)).seeds.state, "cancelled");
  await seeds.fill("5");
  await seeds.press("Enter");
  await view.page.waitForFunction(() => /** @type {any} */ (document.querySelector("compare-table")).comparison.seeds.state === "done", null, { timeout: 60_000 });
  const bands = await view.page.evaluate(() => {
    const { comparison } = /** @type {any} */ (document.querySelector("compare-table"));
    return comparison.seeds.results.map((/** @type {any} */ one) => ({ count: one.count, low: one.memory.low[100], middle: one.memory.values[100], high: one.memory.high[100], lives: one.lives.length }));
  });
  for (const { count, low, middle, high, lives } of bands) assert.ok(count === 5 && lives === 5 && low < middle && middle < high, JSON.stringify(bands));
  await view.page.waitForFunction(() => document.querySelector("compare-plot.compare-memory .summary")?.textContent?.startsWith("Medians of 5 random starts"));
  assert.match(await view.page.locator("compare-table tbody").innerText(), /\d steps? \(\d steps? to \d+ steps?\)/);
  assert.match(new URL(view.page.url()).search, /seeds=5/);
}, { timeout: 120_000 });

pageTest("the gradient of step 1 against length sinks where it is said to", async ({ open }) => {
  const view = await open("?screen=compare&v=1&steps=100&nets=rnn!lstm~memory.5");
  await complete(view);
  await plot(view, "compare-lengths").scrollIntoViewIfNeeded();
  await view.page.waitForFunction(() => /** @type {any} */ (document.querySelector("compare-table")).comparison.lengths.state === "done", null, { timeout: 60_000 });
  const { curves } = (await known(view)).lengths;
  assert.equal(curves[1].found, null);
  const [rnn] = curves;
  const floor = 2 ** -126;
  const at = (/** @type {number} */ length) => rnn.values[rnn.at.indexOf(length)];
  assert.ok(at(rnn.found) < floor && at(rnn.found - 1) >= floor, `${rnn.found}: ${at(rnn.found)} after ${at(rnn.found - 1)}`);
  assert.ok(rnn.found > 100 && rnn.found < 250, String(rnn.found));
  assert.match(await plot(view, "compare-lengths").locator(".summary").innerText(), new RegExp(`^Vanilla RNN: under the f32 floor from ${rnn.found} steps on\\.`));
  // The same number as from a run of that length.
  const direct = await view.page.evaluate(async (steps) => {
    const { comparison } = /** @type {any} */ (document.querySelector("compare-table"));
    comparison.set({ data: { steps } });
    await new Promise((resolve) => setTimeout(resolve, 50));
    for (let k = 0; k < 400 && !(comparison.complete && comparison.steps === steps); k++) await new Promise((resolve) => setTimeout(resolve, 25));
    return comparison.results[0].run.x[0];
  }, 113);
  assert.equal(direct, at(113));
}, { timeout: 90_000 });

pageTest("equal budgets: each cell gets the hidden size nearest to it", async ({ open }) => {
  const view = await open("?screen=compare&v=1&steps=40&size=budget&budget=4000");
  await complete(view);
  const { results } = await known(view);
  assert.deepEqual(results.map(({ hidden }) => hidden), [61, 30, 35]);
  // One unit more or less is farther away.
  const sizes = await view.page.evaluate(async () => {
    const { comparison } = /** @type {any} */ (document.querySelector("compare-table"));
    const count = (/** @type {string} */ cell, /** @type {number} */ hidden) => comparison.module.sizeOf({ cell, hidden, input: 1, head: { outputs: 1 } }).parameterCount;
    return [["rnn", 61], ["lstm", 30], ["gru", 35]].map(([cell, hidden]) => [-1, 0, 1].map((by) => count(/** @type {string} */ (cell), /** @type {number} */ (hidden) + by)));
  });
  sizes.forEach(([less, size, more], k) => {
    assert.equal(size, results[k].parameters);
    assert.ok(Math.abs(size - 4000) <= Math.min(Math.abs(less - 4000), Math.abs(more - 4000)));
  });
});

pageTest("networks are added, duplicated, changed and removed; the link says it all", async ({ open }) => {
  const view = await open("?screen=compare&v=1&steps=40&nets=lstm!gru");
  await complete(view);
  await view.page.getByRole("button", { name: "Add a network" }).click();
  await complete(view);
  assert.deepEqual((await known(view)).names, ["LSTM", "GRU", "Vanilla RNN"]);
  await view.page.locator("compare-setup summary", { hasText: "GRU" }).click();
  await view.page.getByRole("button", { name: "Duplicate: GRU" }).click();
  await complete(view);
  assert.deepEqual((await known(view)).names, ["LSTM", "GRU, seed 7", "Vanilla RNN", "GRU, seed 8"]);
  assert.equal(await view.page.getByRole("button", { name: "Add a network" }).count(), 0);
  await view.page.getByRole("button", { name: "Remove: LSTM", exact: true }).click();
  await complete(view);
  const link = new URL(view.page.url()).search;
  assert.equal(link, "?screen=compare&v=1&nets=gru!rnn!gru~seed.8&steps=40");
  const before = await known(view);
  const again = await open(link);
  await complete(again);
  const after = await known(again);
  assert.deepEqual(after.view, before.view);
  assert.deepEqual(after.results.map(({ memory }) => memory), before.results.map(({ memory }) => memory));
  await view.page.goBack();
  await view.page.waitForFunction(() => /** @type {any} */ (document.querySelector("compare-table")).comparison.view.networks.length === 4);
});

pageTest("hostile links are refused or clamped, and said", async ({ open }) => {
  const view = await open("?screen=compare&v=1&nets=rnn~seed.-5~radius.99!nothing~o.__proto__.x!lstm~o.evil.<b>!gru!gru!gru&steps=999999&seeds=1e9&of=-3&read=cookies&hidden=nan&try=constructor");
  await complete(view, 60_000);
  const { view: state, results } = await known(view);
  assert.equal(state.networks.length, 4);
  assert.deepEqual([state.data.steps, state.seeds, state.from, state.data.kind, state.hidden], [2000, 50, 0, "weather", 32]);
  assert.deepEqual([state.networks[0].seed, state.networks[0].spectralRadius, state.networks[1].cell], [0, 4, "lstm"]);
  assert.ok(state.networks.every(({ options }) => Object.keys(options).length === 0));
  assert.ok(results.every(({ error }) => error === null));
  assert.match(await notice(view), /“nets” was 6; expected at most 4\. 4 is used/);
  const other = await open("?screen=compare&v=7&nets=gru!gru");
  await complete(other);
  assert.match(await notice(other), /“v” was 7; expected 1/);
  assert.equal((await known(other)).view.networks.length, 3);
}, { timeout: 120_000 });

test("a view survives its link, whatever it is", () => {
  const views = [
    {},
    { networks: [{ cell: "gru", options: { reset: "before", state: 16 }, seed: 9, spectralRadius: 0.75 }, { cell: "lstm", source: "trained", memoryBias: -2.5 }], seeds: 12, from: 3, of: "s" },
    { data: { kind: "task", name: "selective-copying", options: { noise: 64, positions: "first" }, example: 5 }, size: "budget", budget: 2500, plots: ["compare-memory.linear.relative"] },
    { data: { kind: "sentence", text: "a & b = c # 100 %", label: null }, networks: [{ cell: "rnn" }, { cell: "rnn", seed: 1 }, { cell: "rnn", seed: 2 }] },
    { data: { kind: "wave", period: 12.5, steps: 10 }, t: 4, speed: 0.5, experiment: "radius" },
  ];
  for (const given of views) {
    const { view, remarks } = checkedCompare(mergedCompare(DEFAULT_COMPARE, given));
    assert.deepEqual(remarks, []);
    const back = fromCompareQuery(toCompareQuery(view));
    assert.deepEqual([back.view, back.remarks], [view, []]);
    // The control: another view has another link.
    assert.notEqual(toCompareQuery(view), toCompareQuery(checkedCompare({ ...view, t: view.t + 1 }).view));
  }
  // Nothing that comes in gets through unchecked, or is thrown at.
  for (const hostile of [null, 7, "x", { networks: "rnn" }, { networks: [null, 3] }, { data: { steps: NaN, text: {} } }, { networks: Array(99).fill({}) }, { seeds: Infinity, plots: [{}, "<b>"] }, { networks: [{ options: { __proto__: { x: 1 }, "a b": "c" } }, {}] }]) {
    const { view } = checkedCompare(hostile);
    assert.deepEqual(checkedCompare(view).remarks, []);
    assert.ok(view.networks.length >= 2 && view.networks.length <= 4 && view.data.steps >= 10 && view.data.steps <= 2000);
  }
  const long = fromCompareQuery(`?screen=compare&v=1&text=${"x".repeat(30_000)}`);
  assert.deepEqual([long.view, long.remarks[0].field], [DEFAULT_COMPARE, "link"]);
  for (const search of ["?nets=!!!", "?nets=~~~!~", "?nets=lstm~o.__proto__.x!rnn~o.constructor.x", "?given=__proto__.x", "?steps=&seeds=", "?nets=%E0%A4%A"]) fromCompareQuery(search);
  assert.equal(/** @type {any} */ ({}).x, undefined);
});

pageTest("a file of one's own is compared; a broken one is refused", async ({ open }) => {
  const view = await open("?screen=compare&v=1&steps=48&nets=rnn!lstm~weights.trained");
  await complete(view);
  const bytes = [...(await readFile(new URL("../../assets/weights/temperature-gru.safetensors", import.meta.url)))];
  await view.page.evaluate((bytes) => {
    const { comparison } = /** @type {any} */ (document.querySelector("compare-table"));
    comparison.take("mine.safetensors", Uint8Array.from(bytes));
  }, bytes);
  await complete(view);
  const { names, results } = await known(view);
  assert.deepEqual(names, ["Vanilla RNN", "LSTM, trained", "GRU, mine"]);
  assert.ok(results[2].error === null && results[2].memory[10] > 0);
  assert.ok(!view.page.url().includes("mine"), "a file is not part of a link");
  await view.page.evaluate(() => {
    const { comparison } = /** @type {any} */ (document.querySelector("compare-table"));
    comparison.take("broken.safetensors", Uint8Array.from([1, 2, 3]));
  });
  assert.match(await notice(view), /broken\.safetensors/);
  assert.deepEqual((await known(view)).names, names);
  // What cannot read a sentence says so, beside what can.
  await view.page.getByRole("radio", { name: "Sentence", exact: true }).check({ force: true });
  await complete(view);
  const after = await known(view);
  assert.match(after.results[2].error ?? "", /reads numbers/);
  assert.equal(after.results[0].error, null);
});

pageTest("presets: each can be computed", async ({ open }) => {
  const view = await open("?screen=compare&v=1&steps=40");
  await complete(view);
  const buttons = view.page.locator("compare-tries li button");
  const count = await buttons.count();
  assert.ok(count >= 6, String(count));
  for (let k = 0; k < count; k++) {
    await buttons.nth(k).click();
    await complete(view, 60_000);
    assert.ok(((await view.page.locator("compare-tries .question").textContent()) ?? "").length > 20);
    assert.ok((await known(view)).results.every((/** @type {any} */ { error }) => error === null));
  }
  // Another size is another comparison.
  const hidden = view.page.getByRole("spinbutton", { name: "Units H of each random network" });
  if (await hidden.isVisible()) {
    await hidden.fill("16");
    await hidden.press("Enter");
    assert.equal((await known(view)).view.experiment, "");
  }
}, { timeout: 180_000 });

pageTest("a large network’s memory takes a while: it can be given up, and a newer wish supersedes it", async ({ open }) => {
  const view = await open("?screen=compare&v=1&steps=2000&hidden=256&nets=lstm!gru");
  const memory = plot(view, "compare-memory");
  await view.page.waitForFunction(() => document.querySelectorAll("compare-strips canvas[role=img]:not([hidden])").length === 2, null, { timeout: 30_000 });
  await memory.getByRole("button", { name: "Cancel" }).click({ timeout: 30_000 });
  assert.match(await memory.locator(".working").innerText(), /Cancelled/);
  assert.equal(await view.page.locator("compare-strips canvas:not([hidden])[role=img]").count(), 2);
  await memory.getByRole("button", { name: "Compute" }).click();
  await memory.getByRole("button", { name: "Cancel" }).waitFor({ timeout: 30_000 });
  const begun = Date.now();
  await view.page.evaluate(() => /** @type {any} */ (document.querySelector("compare-table")).comparison.set({ hidden: 8, data: { steps: 50 } }));
  await complete(view);
  assert.ok(Date.now() - begun < 5000, `${Date.now() - begun} ms`);
  const { results } = await known(view);
  assert.deepEqual(results.map((/** @type {any} */ r) => [r.hidden, r.memory.length]), [[8, 50], [8, 50]]);
}, { timeout: 90_000 });

pageTest("a training’s network is compared on an example of its task", async ({ open }) => {
  const view = await open("?screen=train&v=1&task=selective-copying&data=noise~.8!tokens~.2&cell=gru&hidden=12&batch=8&every=4&validation=16&updates=8");
  await view.page.waitForFunction(() => document.documentElement.dataset.view === "ready");
  await view.page.getByRole("button", { name: "Train", exact: true }).click();
  await view.page.waitForFunction(() => /** @type {any} */ (document.querySelector("train-transport")).studio.runs[0]?.checkpoints.length > 0, null, { timeout: 30_000 });
  await view.page.locator("train-runs .more").first().click();
  await view.page.getByRole("button", { name: "Open in Compare" }).first().click();
  await complete(view);
  await view.page.waitForFunction(() => /** @type {any} */ (document.querySelector("compare-table")).comparison.view.data.kind === "task");
  await complete(view);
  const { names, view: state, steps, results } = await known(view);
  assert.match(names[3], /^GRU, /);
  assert.deepEqual([state.data.kind, state.data.name, state.data.options], ["task", "selective-copying", { noise: 8, tokens: 2 }]);
  assert.equal(steps, 12);
  assert.ok(results.every((/** @type {any} */ { error }) => error === null), JSON.stringify(results.map((/** @type {any} */ { error }) => error)));
  assert.equal(results[3].hidden, 12);
  // And back again, with what was there.
  await view.page.getByRole("link", { name: "Train" }).click();
  await view.page.waitForFunction(() => document.documentElement.dataset.screen === "train");
  await view.page.getByRole("link", { name: "Compare" }).click();
  await view.page.waitForFunction(() => document.documentElement.dataset.screen === "compare");
  assert.deepEqual((await known(view)).names, names);
}, { timeout: 90_000 });

pageTest("figures and table are handed out as files", async ({ open }) => {
  const view = await open("?screen=compare&v=1&steps=40&nets=rnn!lstm");
  await complete(view);
  const save = async (/** @type {string} */ name) => {
    const [download] = await Promise.all([view.page.waitForEvent("download"), view.page.getByRole("button", { name }).click()]);
    return { name: download.suggestedFilename(), text: await readFile(await download.path(), "utf8") };
  };
  const svg = await save("Save “Memory of a step”, SVG");
  assert.ok(svg.name === "unrolled-compare-memory.svg" && /^<svg .*<title>Memory of step 1<\/title>/s.test(svg.text));
  const csv = await save("Save “Gradient at every step”, CSV");
  assert.match(csv.text, /^step,Vanilla RNN,LSTM\n1,/);
  assert.equal(csv.text.trim().split("\n").length, 41);
  const png = await save("Save “Size of the carried state”, PNG");
  assert.ok(png.name.endsWith(".png") && png.text.length > 1000);
  const table = await save("Table as CSV");
  assert.match(table.text, /^Network,Hidden size,.*\nVanilla RNN,32,"1,153",/);
});

pageTest("it fits every screen, in both themes, and axe finds nothing", async ({ open, t }) => {
  const axe = await readFile(AXE, "utf8");
  for (const [name, size, colorScheme] of /** @type {[string, any, "light" | "dark"][]} */ ([["phone", PHONE, "light"], ["desktop", DESKTOP, "dark"], ["projector", PROJECTOR, "light"]])) {
    const view = await open(`?screen=compare&v=1&steps=200&nets=lstm!rnn~radius.1.5!gru${name === "projector" ? "&projector=1" : ""}`, { ...size, colorScheme, reducedMotion: "reduce" });
    await complete(view);
    const wide = await view.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.ok(wide <= 0, `${name}: ${wide} pixels too wide`);
    for (const summary of await view.page.locator("compare-setup summary").all()) if (await summary.isVisible()) await summary.click();
    await view.page.evaluate(axe);
    const found = await view.page.evaluate(() => /** @type {any} */ (globalThis).axe.run("compare-screen"));
    const said = found.violations.map((/** @type {any} */ v) => `${v.id}: ${v.nodes.map((/** @type {any} */ n) => n.html.slice(0, 120)).join(" | ")}`);
    assert.deepEqual(said, [], name);
    await view.screenshot(`compare-${name}-${colorScheme}`, { fullPage: true });
    t.diagnostic(`${name}: nothing found in ${found.passes.length} rules`);
  }
});
