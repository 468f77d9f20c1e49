// The live plots and slow motion as a person meets them: drawn when seen and changed, numbers that are the training's, files that
// are what they say, and an update that is taken apart and then done.
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { assert, DESKTOP, pageTest } from "./harness.mjs";

const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const STILL = /** @type {const} */ ({ reducedMotion: "reduce" });
/** High enough for all plots at once. */
const TALL = { ...STILL, width: 1280, height: 4200 };
const NAMES = ["train-loss", "train-metric", "train-held", "train-step-norms", "train-norm", "train-saturation", "train-weights", "train-gradients", "train-rate"];
/** Quick: a small network, few examples; clipped, and cut into chunks. */
const SMALL = "?screen=train&v=1&task=adding&hidden=8&batch=8&every=10&validation=32&updates=60";

/** @typedef {import("./harness.mjs").View} View */

/** @param {View} view */
const ready = (view) => view.page.waitForFunction(() => document.documentElement.dataset.view === "ready" && document.documentElement.dataset.screen === "train");
/** @param {View} view @param {string} state */
const until = (view, state) =>
  view.page.waitForFunction((state) => /** @type {any} */ (document.querySelector("train-runs .state"))?.dataset.state === state, state, { timeout: 40_000 });
/** @param {View} view @param {string} name */
const press = (view, name) => view.page.getByRole("button", { name, exact: true }).first().click();
/** Trains to the end. @param {View} view */
async function trained(view) {
  await ready(view);
  await press(view, "Train");
  await until(view, "done");
}

/** Waits until a plot is drawn. @param {View} view @param {string} name */
const drawn = (view, name) =>
  view.page.waitForFunction(
    (name) => {
      const card = document.querySelector(name);
      const canvas = /** @type {HTMLCanvasElement} */ (card?.querySelector("canvas"));
      if (!card || card.classList.contains("empty") || canvas.width < 10) return false;
      return canvas.getContext("2d")?.getImageData(0, 0, canvas.width, canvas.height).data.some(Boolean);
    },
    name,
    { timeout: 20_000 },
  );

/** Counts drawings from here on, by plot. @param {View} view */
const countDrawings = (view) =>
  view.page.evaluate(() => {
    const counts = /** @type {any} */ ((/** @type {any} */ (globalThis).drawings = {}));
    const { clearRect } = CanvasRenderingContext2D.prototype;
    CanvasRenderingContext2D.prototype.clearRect = function (...rect) {
      const card = this.canvas instanceof HTMLCanvasElement ? this.canvas.closest(".chart") : null;
      if (card) counts[card.localName] = (counts[card.localName] ?? 0) + 1;
      return clearRect.apply(this, rect);
    };
  });
/** @param {View} view @returns {Promise<Record<string, number>>} */
const drawings = (view) => view.page.evaluate(() => /** @type {any} */ (globalThis).drawings);

pageTest("before a training each plot says what will be there; after it, each is drawn, with a sentence made from the data", async ({ open }) => {
  for (const deviceScaleFactor of [1, 2]) {
    const view = await open(SMALL, { ...TALL, deviceScaleFactor });
    await ready(view);
    for (const name of NAMES) {
      await view.page.locator(`${name}.empty .empty-words`).waitFor();
      assert.match(await view.page.locator(`${name} .empty-words`).innerText(), /\.$/, name);
    }
    await trained(view);
    for (const name of NAMES) {
      await drawn(view, name);
      const [said, own] = await view.page.evaluate((name) => {
        const card = /** @type {any} */ (document.querySelector(name));
        const { studio } = card;
        return [card.querySelector(".summary").textContent, studio.session.module.chartText(name, card.kind.data(studio))];
      }, name);
      assert.match(said, /\d/, name);
      // (The logarithm of the learning rate and the like are the card's own choice, and change no sentence.)
      assert.equal(said, own, name);
    }
    await view.screenshot(`train-plots-${deviceScaleFactor}x`);
  }
});

pageTest("what is not seen is not drawn; what is, at most four times a second, and never without news", async ({ open, t }) => {
  const view = await open("?screen=train&v=1&task=adding&hidden=8&batch=8&updates=100000", { ...DESKTOP, ...STILL });
  await ready(view);
  await press(view, "Train");
  await view.page.locator("train-loss").scrollIntoViewIfNeeded();
  await drawn(view, "train-loss");
  await countDrawings(view);
  await view.page.waitForTimeout(3000);
  const busy = await drawings(view);
  t.diagnostic(`in 3 s of training: ${JSON.stringify(busy)}`);
  assert.ok(busy["train-loss"] >= 3 && busy["train-loss"] <= 13, `${busy["train-loss"]} drawings`);
  assert.ok(!("train-rate" in busy), "drawn far below");
  assert.equal(await view.page.locator("train-rate canvas").evaluate((canvas) => /** @type {HTMLCanvasElement} */ (canvas).width), 300);
  await press(view, "Pause");
  await view.page.waitForTimeout(800);
  await countDrawings(view);
  await view.page.locator("train-loss .stage").hover({ position: { x: 150, y: 60 } });
  await view.page.locator("train-loss .stage").hover({ position: { x: 200, y: 60 } });
  await view.page.waitForTimeout(600);
  assert.deepEqual(await drawings(view), {}, "drawn while nothing happened");
});

pageTest("one read-out for all, with the training's numbers", async ({ open }) => {
  const view = await open(SMALL, TALL);
  await trained(view);
  for (const name of ["train-loss", "train-norm", "train-rate"]) await drawn(view, name);
  const stage = view.page.locator("train-loss .stage");
  await stage.focus();
  await stage.press("Home");
  for (let k = 0; k < 16; k++) await stage.press("ArrowRight");
  assert.equal(await view.page.locator("train-norm .at").innerText(), "update 17");
  const known = await view.page.evaluate(() => {
    const run = /** @type {any} */ (document.querySelector("train-loss")).studio.current;
    return [run.history.loss.mean[16], run.history.norm.mean[16], run.history.learningRate[16]];
  });
  const shown = await view.page.evaluate(() => ["train-loss", "train-norm", "train-rate"].map((name) => document.querySelector(`${name} .values .value`)?.textContent));
  shown.forEach((text, k) => assert.ok(Math.abs(Number(text) / known[k] - 1) < 0.006, `${text} for ${known[k]}`));
  // The line stands over update 17 in each.
  const places = await view.page.evaluate(() =>
    ["train-loss", "train-norm", "train-rate"].map((name) => {
      const line = /** @type {HTMLElement} */ (document.querySelector(`${name} .hover`));
      return line.hidden ? null : line.style.getPropertyValue("--x");
    }),
  );
  assert.ok(places[0] !== null && places.every((x) => x === places[0]), places.join());
  await stage.press("Escape");
  assert.equal(await view.page.locator("train-norm .at").innerText(), "newest: update 60");
  // A line can be left out.
  const pixels = () => view.page.locator("train-loss canvas").evaluate((canvas) => {
    const { width, height } = /** @type {HTMLCanvasElement} */ (canvas);
    return /** @type {HTMLCanvasElement} */ (canvas).getContext("2d")?.getImageData(0, 0, width, height).data.reduce((sum, v) => sum + v, 0);
  });
  const before = await pixels();
  const toggle = view.page.locator("train-loss .values button").first();
  await toggle.click();
  await view.page.waitForTimeout(400);
  assert.equal(await toggle.getAttribute("aria-pressed"), "false");
  assert.notEqual(await pixels(), before);
  // The losses' scale is in the link.
  await view.page.locator("train-loss label", { hasText: "linear" }).click();
  await view.page.waitForFunction(() => /[?&]log=/.test(location.search));
  await view.page.waitForTimeout(400);
  assert.equal(await view.page.locator("train-loss input[value=linear]").isChecked(), true);
});

pageTest("every plot has its files", async ({ open }) => {
  const view = await open(SMALL, TALL);
  await trained(view);
  for (const name of NAMES) {
    await drawn(view, name);
    const file = async (/** @type {string} */ kind) => {
      // The browser sometimes swallows a download that follows another at once: a person would click again, too.
      let download = null;
      for (let tries = 0; !download && tries < 4; tries++) {
        const waiting = view.page.waitForEvent("download", { timeout: 3000 }).catch(() => null);
        await view.page.locator(name).getByRole("button", { name: new RegExp(`${kind}$`) }).click();
        download = await waiting;
      }
      assert.ok(download, `${name}: no ${kind} came`);
      assert.equal(download.suggestedFilename(), `unrolled-${name}.${kind.toLowerCase()}`);
      return readFile(await download.path());
    };
    const csv = (await file("CSV")).toString().trimEnd().split("\n");
    assert.ok(csv.length > 1 && /^(update|step|tensor)/.test(csv[0]), `${name}: ${csv[0]}`);
    if (["train-loss", "train-norm", "train-rate"].includes(name)) assert.equal(csv.length, 61, name);
    const svg = (await file("SVG")).toString();
    assert.ok(svg.startsWith("<svg ") && svg.trimEnd().endsWith("</svg>") && svg.includes("<title>"));
    const png = await file("PNG");
    assert.deepEqual([...png.subarray(0, 4)], [0x89, 0x50, 0x4e, 0x47]);
    assert.equal(png.readUInt32BE(16), 1920);
  }
});

pageTest("drawing four runs of two thousand points takes a small part of a frame", async ({ open, t }) => {
  const view = await open(SMALL, TALL);
  await ready(view);
  const times = await view.page.evaluate(() => {
    const { module } = /** @type {any} */ (document.querySelector("train-loss")).studio.session;
    const n = 2000;
    const at = Float64Array.from({ length: n }, (_, k) => k + 1);
    const noise = (/** @type {number} */ k) => ((Math.imul(k, 2654435761) >>> 16) & 1023) / 1023;
    const series = [0, 1, 2, 3].flatMap((run) =>
      ["training", "validation"].map((role) => {
        const places = role === "training" ? at : at.filter((u) => u % 100 === 0);
        return { name: `Run ${run + 1}`, role, slot: run, at: places, values: places.map((u) => 0.02 + Math.exp(-u / 300) * (1 + noise(u + 7777 * run)) + 0.02 * noise(u + run)) };
      }),
    );
    const canvas = document.createElement("canvas");
    const options = { width: 800, height: 240, dpr: 2, left: 56, right: 18, font: 12, theme: "light" };
    const taken = [];
    for (let k = 0; k < 40; k++) {
      const begun = performance.now();
      module.drawChart(canvas, "train-loss", { series }, options);
      taken.push(performance.now() - begun);
    }
    return taken.slice(10).sort((a, b) => a - b);
  });
  t.diagnostic(`drawChart: median ${times[15].toFixed(2)} ms, nine in ten under ${times[27].toFixed(2)} ms`);
  assert.ok(times[15] < 16, `${times[15]} ms`);
});

pageTest("slow motion takes an update apart, and the training then does that very update", async ({ open }) => {
  const view = await open(`${SMALL}&truncate=20`, { ...DESKTOP, ...STILL });
  await trained(view);
  await press(view, "Slow motion");
  const slow = view.page.locator("slow-motion");
  const current = () => slow.locator("[aria-current=step]").innerText();
  await slow.locator("[aria-current=step]").waitFor();
  assert.match(await slow.locator("h3").innerText(), /^Update 61 of Run 1/);
  const said = [];
  for (const phase of ["Forward", "Loss", "Backward", "Clip", "Update"]) {
    assert.equal(await current(), phase);
    said.push(await slow.locator(".tells").innerText());
    await view.screenshot(`slow-motion-${phase.toLowerCase()}`);
    if (phase !== "Update") await view.page.keyboard.press(phase === "Loss" ? "n" : "ArrowRight");
  }
  assert.match(said[0], /reads 8 examples/);
  assert.match(said[0], /chunk that begins at step 81: its state is carried over .* 5 chunks; this is the last/);
  assert.match(said[2], /^Back through time: .* at step 100 and .* at step 81\. At the chunk's border it stops/);
  // Back and forth without computing anything anew.
  await view.page.keyboard.press("ArrowLeft");
  assert.equal(await current(), "Clip");
  assert.equal(await slow.locator(".tells").innerText(), said[3]);
  await view.page.keyboard.press("ArrowRight");
  assert.equal(await slow.locator(".tells").innerText(), said[4]);
  // Old weight and change make the new weight.
  for (const row of await slow.locator("tbody tr").all()) {
    const cells = (await row.locator("td").allInnerTexts()).map((text) => Number(text.replace("−", "-")));
    const [before, after] = [cells[1], cells.at(-2) ?? NaN];
    const change = (await row.locator("td").last().innerText()).replace("−", "-");
    const exact = /·/.test(change) ? NaN : Number(change);
    if (!Number.isNaN(exact)) assert.ok(Math.abs(after - before - exact) < 3e-5, `${before} ${exact} ${after}`);
  }
  // The training does it: what it reports is what was shown.
  await slow.locator("button.main").click();
  await view.page.waitForFunction(() => /^Update 62/.test(document.querySelector("slow-motion h3")?.textContent ?? ""));
  const report = await view.page.evaluate(() => {
    const { history, updates } = /** @type {any} */ (document.querySelector("train-loss")).studio.current;
    return { updates, loss: history.loss.last.at(-1), norm: history.norm.last.at(-1) };
  });
  assert.equal(report.updates, 61);
  assert.match(said[1], new RegExp(`^The loss is ${report.loss.toPrecision(3)}:`));
  assert.ok(said[2].endsWith(`have the norm ${report.norm.toPrecision(3)}.`), `${said[2]} for ${report.norm}`);
  await view.page.keyboard.press("Escape");
  await slow.waitFor({ state: "hidden" });
});

pageTest("a phone, the dark, and nothing for axe to find", async ({ open }) => {
  for (const [query, size, colorScheme] of /** @type {const} */ ([
    ["&hidden=8", { width: 360, height: 740 }, "dark"],
    ["&layers=2", { width: 1280, height: 800 }, "light"],
  ])) {
    const view = await open(`${SMALL}${query}`, { ...STILL, ...size, colorScheme });
    await trained(view);
    for (const name of NAMES) {
      await view.page.locator(name).scrollIntoViewIfNeeded();
      await drawn(view, name);
    }
    await press(view, "Slow motion");
    await view.page.locator("slow-motion [aria-current=step]").waitFor();
    for (let k = 0; k < 4; k++) await view.page.keyboard.press("n");
    const wide = await view.page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(wide <= size.width, `${wide} px wide`);
    await view.page.locator("train-loss .why > summary").click();
    await view.page.evaluate(await readFile(AXE, "utf8"));
    const { violations } = await view.page.evaluate(() => /** @type {any} */ (globalThis).axe.run("#training"));
    const found = violations.map((/** @type {any} */ v) => `${v.id}: ${v.nodes.map((/** @type {any} */ n) => n.html).join(" ")}`);
    assert.deepEqual(found, []);
    await view.screenshot(`train-plots-${size.width}`, { fullPage: true });
  }
});
