// The plots as a person meets them: drawn when seen, one hover, numbers that are the module's, files that are what they say.
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { assert, DESKTOP, pageTest } from "./harness.mjs";

const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const STILL = /** @type {const} */ ({ reducedMotion: "reduce" });
/** High enough for all plots at once. */
const TALL = { ...STILL, width: 1280, height: 4200 };
const NAMES = ["state-norms", "influence", "gradient-norms", "jacobian-norms", "gates", "state-heatmap"];

/** @typedef {import("./harness.mjs").View} View */

/** @param {View} view */
const ready = (view) => view.page.waitForFunction(() => document.documentElement.dataset.view === "ready");
/** @param {View} view @param {string} name */
const plot = (view, name) => view.page.locator(`plot-panel .plot.${name}`);

/** Waits until a plot is drawn and nothing more is drawn. @param {View} view @param {string} name */
async function drawn(view, name) {
  await view.page.waitForFunction((name) => {
    const canvas = /** @type {HTMLCanvasElement} */ (document.querySelector(`.plot.${name} canvas`));
    const stage = /** @type {HTMLElement} */ (document.querySelector(`.plot.${name} .stage`));
    const progress = /** @type {HTMLElement} */ (document.querySelector(`.plot.${name} progress`));
    const painted = canvas.width === Math.round(stage.clientWidth * devicePixelRatio) && canvas.getContext("2d")?.getImageData(0, 0, canvas.width, canvas.height).data.some(Boolean);
    return painted && progress.hidden;
  }, name);
  await view.page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
}

/** How many pixels of a canvas are about of a line's colour. @param {View} view @param {string} name @param {number} line */
const pixels = (view, name, line) =>
  view.page.evaluate(
    ([name, line]) => {
      const root = document.querySelector(`.plot.${name}`);
      const canvas = /** @type {HTMLCanvasElement} */ (root?.querySelector("canvas"));
      const colour = root?.querySelectorAll(".sample path")[Number(line)].getAttribute("stroke") ?? "";
      const [r, g, b] = [1, 3, 5].map((k) => parseInt(colour.slice(k, k + 2), 16));
      const { data } = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d")).getImageData(0, 0, canvas.width, canvas.height);
      let count = 0;
      for (let k = 0; k < data.length; k += 4) {
        if (data[k + 3] > 200 && Math.abs(data[k] - r) + Math.abs(data[k + 1] - g) + Math.abs(data[k + 2] - b) < 12) count++;
      }
      return count;
    },
    /** @type {const} */ ([name, line]),
  );

/** Counts drawings from here on. @param {View} view */
const countDrawings = (view) =>
  view.page.evaluate(() => {
    const counts = /** @type {any} */ ((/** @type {any} */ (globalThis).drawings = { all: 0 }));
    const { clearRect } = CanvasRenderingContext2D.prototype;
    CanvasRenderingContext2D.prototype.clearRect = function (...rect) {
      if (this.canvas instanceof HTMLCanvasElement && this.canvas.closest("plot-panel")) counts.all++;
      return clearRect.apply(this, rect);
    };
  });
/** @param {View} view @returns {Promise<number>} */
const drawings = (view) => view.page.evaluate(() => /** @type {any} */ (globalThis).drawings.all);

/** Middle of a step's column, from the stage's corner. @param {View} view @param {string} name @param {number} t */
const columnOf = (view, name, t) =>
  view.page.evaluate(
    ([name, t]) => {
      const stage = /** @type {HTMLElement} */ (document.querySelector(`.plot.${name} .stage`));
      const at = (/** @type {string} */ key) => parseFloat(getComputedStyle(stage).getPropertyValue(key));
      const { session } = /** @type {any} */ (document.querySelector("plot-panel"));
      return { x: at("--left") + ((Number(t) + 0.5) / session.steps) * at("--width"), y: at("--top") + at("--height") / 2 };
    },
    /** @type {const} */ ([name, t]),
  );

pageTest("all plots are drawn, crisp, with a sentence made from the data", async ({ open }) => {
  for (const deviceScaleFactor of [1, 2]) {
    const view = await open("?v=1&t=10", { ...TALL, deviceScaleFactor });
    await ready(view);
    for (const name of NAMES) {
      await drawn(view, name);
      assert.match(await plot(view, name).locator("> .summary").innerText(), /\d/, name);
    }
    // The sentence is the module's, of the chosen step.
    const said = await view.page.evaluate(() => {
      const { session } = /** @type {any} */ (document.querySelector("plot-panel"));
      return session.trace.plot("influence", { layer: 0, direction: 0, from: 10 }).summary;
    });
    assert.equal(await plot(view, "influence").locator("> .summary").innerText(), said);
    assert.match(said, /h₁₁/);
    await view.screenshot(`plots-${deviceScaleFactor}x`);
  }
});

pageTest("what is not on the screen is not drawn, and nothing is drawn without a change", async ({ open }) => {
  const view = await open("?v=1&t=10", { ...DESKTOP, ...STILL });
  await ready(view);
  await drawn(view, "state-norms");
  const last = () => plot(view, "state-heatmap").locator("canvas").evaluate((canvas) => /** @type {HTMLCanvasElement} */ (canvas).width);
  assert.equal(await last(), 300, "a plot far below was drawn");
  const norms = plot(view, "state-norms").locator(".stage");
  await norms.evaluate((stage) => stage.scrollIntoView());
  await view.page.waitForTimeout(600);
  await countDrawings(view);
  await view.page.waitForTimeout(400);
  assert.equal(await drawings(view), 0, "drawn while nothing happened");
  await norms.hover({ position: { x: 200, y: 60 } });
  await norms.hover({ position: { x: 260, y: 60 } });
  await view.page.waitForTimeout(100);
  assert.equal(await drawings(view), 0, "hovering drew the figures anew");
  await plot(view, "state-heatmap").scrollIntoViewIfNeeded();
  await drawn(view, "state-heatmap");
  assert.ok((await drawings(view)) > 0);
});

pageTest("one hover for all, with the module's numbers", async ({ open }) => {
  const view = await open("?v=1&t=10", TALL);
  await ready(view);
  for (const name of NAMES) await drawn(view, name);
  const values = (/** @type {string} */ name) => plot(view, name).locator(".values .value").allInnerTexts();
  const before = await values("state-norms");
  const position = await columnOf(view, "gates", 50);
  await plot(view, "gates").locator(".stage").hover({ position });
  for (const name of NAMES) {
    assert.equal(await plot(view, name).locator(".at").innerText(), "at step 51");
    const at = await plot(view, name).locator(".hover").evaluate((line) => {
      const stage = /** @type {HTMLElement} */ (line.parentElement).getBoundingClientRect();
      return line.getBoundingClientRect().left - stage.left;
    });
    const { x } = await columnOf(view, name, 50);
    assert.ok(Math.abs(at - x) < 1.5, `${name}: hover at ${at}, step at ${x}`);
  }
  const shown = await values("state-norms");
  assert.notDeepEqual(shown, before);
  const exact = await view.page.evaluate(() => {
    const { session } = /** @type {any} */ (document.querySelector("plot-panel"));
    const { h, c } = session.trace.values(0, 0, 50, { example: 0 });
    return [h, c].map((lane) => Math.hypot(...lane));
  });
  shown.forEach((text, k) => assert.ok(Math.abs(Number(text) - exact[k]) < 0.006, `${text} for ${exact[k]}`));
  // A click chooses; the memory plot follows.
  await plot(view, "gates").locator(".stage").click({ position });
  await view.page.waitForFunction(() => document.querySelector(".plot.influence h3")?.textContent === "Memory of step 51");
  await view.page.waitForFunction(() => location.search.includes("t=50"));
});

pageTest("a line can be left out, and a lane is lit everywhere", async ({ open }) => {
  const view = await open("?v=1&t=10", TALL);
  await ready(view);
  await drawn(view, "state-norms");
  const all = await pixels(view, "state-norms", 1);
  assert.ok(all > 100, `${all} pixels of the cell state's line`);
  const other = await pixels(view, "state-norms", 0);
  const toggle = plot(view, "state-norms").getByRole("button", { name: /^‖cₜ‖/ });
  await toggle.click();
  await view.page.mouse.move(2, 2);
  await view.page.waitForTimeout(100);
  assert.equal(await pixels(view, "state-norms", 1), 0);
  assert.ok(Math.abs((await pixels(view, "state-norms", 0)) - other) < other * 0.1);
  assert.equal(await toggle.getAttribute("aria-pressed"), "false");
  await toggle.click();
  // What is hidden stays hidden at another step, though its name is another.
  const memory = plot(view, "influence").locator(".values button");
  await memory.nth(1).click();
  await view.page.keyboard.press("ArrowRight");
  await view.page.waitForFunction(() => document.querySelector(".plot.influence h3")?.textContent === "Memory of step 12");
  assert.equal(await pixels(view, "influence", 1), 0);
  assert.match(await memory.nth(1).innerText(), /x₁₂/);
  await plot(view, "gradient-norms").getByRole("button", { name: /hₜ/ }).hover();
  await view.page.waitForTimeout(100);
  assert.ok((await pixels(view, "state-norms", 0)) > 1.5 * other, "the line of h is not lit");
});

pageTest("scale and choice of plots are in the link", async ({ open }) => {
  const view = await open("?v=1&t=10", TALL);
  await ready(view);
  const norms = plot(view, "gradient-norms");
  await norms.locator("label", { hasText: "linear" }).click();
  await norms.getByRole("button", { name: "relative" }).click();
  await view.page.locator("plot-panel > header summary").click();
  await view.page.getByRole("checkbox", { name: "Gates" }).uncheck();
  await view.page.waitForFunction(() => location.search.includes("gradient-norms.linear.relative"));
  await view.page.reload();
  await ready(view);
  assert.equal(await norms.locator("input[value=linear]").isChecked(), true);
  assert.equal(await plot(view, "gates").isVisible(), false);
  assert.equal(await plot(view, "influence").isVisible(), true);
  const axis = await view.page.evaluate(() => {
    const { session } = /** @type {any} */ (document.querySelector("plot-panel"));
    session.needGradients();
    return session.trace.plot("gradient-norms", { log: false, relative: true }).y;
  });
  assert.match(axis.title, /relative to its start/);
  assert.equal(axis.scale, "linear");
});

pageTest("backward, the gradients come first; an untouched run stays as a ghost", async ({ open }) => {
  const view = await open("?v=1&t=10&change=hold~0~0~f~all~1~0~72&mode=backward", TALL);
  await ready(view);
  await drawn(view, "gradient-norms");
  assert.match((await view.page.locator("plot-panel .plot").first().getAttribute("class")) ?? "", /gradient-norms/);
  for (const name of ["state-norms", "gradient-norms", "influence", "jacobian-norms", "gates"]) {
    await drawn(view, name);
    await plot(view, name).locator(".values .ghost").first().waitFor();
  }
  const differ = await view.page.evaluate(() => {
    const { session } = /** @type {any} */ (document.querySelector("plot-panel"));
    const { series } = session.trace.plot("state-norms", {});
    const [plain, ghost] = [false, true].map((g) => series.find((/** @type {any} */ line) => line.lane === "c" && line.ghost === g).values);
    return Math.max(...plain.map((/** @type {number} */ v, /** @type {number} */ t) => Math.abs(v - ghost[t])));
  });
  assert.ok(differ > 0.1, `held open, c differs by ${differ}`);
  await view.screenshot("plots-ghost");
});

pageTest("what would hold up the page waits for a word", async ({ open }) => {
  const view = await open("?v=1&weights=random&hidden=8&t=10&plots=influence!state-norms", { ...DESKTOP, ...STILL });
  await ready(view);
  // A slow device, whatever this one is: a slice takes 80 ms by the page's clock, which stands still otherwise, and does a little
  // more than a hundredth.
  await view.page.evaluate(() => {
    const { session } = /** @type {any} */ (document.querySelector("plot-panel"));
    const { prototype } = session.module.Trace;
    const { prepare } = prototype;
    const { now } = performance;
    let [time, done] = [performance.now(), 0];
    performance.now = () => time;
    prototype.prepare = (/** @type {string} */ _, /** @type {any} */ __, /** @type {number} */ milliseconds) => {
      if (milliseconds > 0) [time, done] = [time + 80, done + 0.0101];
      return done;
    };
    /** @type {any} */ (globalThis).quick = () => (Object.assign(prototype, { prepare }), Object.assign(performance, { now }));
    void session.set({ network: { seed: 3 } });
  });
  const influence = plot(view, "influence");
  await influence.scrollIntoViewIfNeeded();
  await influence.locator(".wait").waitFor();
  assert.match(await influence.locator(".wait p").innerText(), /about 8 seconds/);
  await view.page.keyboard.press("ArrowRight");
  await view.page.waitForTimeout(200);
  assert.equal(await influence.locator(".wait").isVisible(), true, "a step began it anew");
  await influence.getByRole("button", { name: "Compute it" }).click();
  await view.page.waitForFunction(() => {
    const bar = /** @type {HTMLProgressElement} */ (document.querySelector(".plot.influence progress"));
    return !bar.hidden && bar.value > 0.03;
  });
  await view.page.evaluate(() => /** @type {any} */ (globalThis).quick());
  await drawn(view, "influence");
  // Another network on the same device: nothing that was begun or agreed to is left.
  await view.page.evaluate(() => void (/** @type {any} */ (document.querySelector("plot-panel")).session.set({ network: { seed: 4 } })));
  await drawn(view, "influence");
  assert.match(await influence.locator("> .summary").innerText(), /‖∂hₜ\/∂x₁₂‖/);
  assert.equal(await influence.locator(".wait").isVisible(), false);
});

pageTest("every plot has its table and its files", async ({ open }) => {
  const view = await open("?v=1&t=10", TALL);
  await ready(view);
  for (const name of NAMES) {
    await drawn(view, name);
    await plot(view, name).locator(".data > summary").click();
    await plot(view, name).locator("tbody tr").nth(71).waitFor();
    assert.equal(await plot(view, name).locator("tbody tr").count(), 72, name);
    const file = async (/** @type {string} */ kind) => {
      // The browser sometimes swallows a download that follows another at once: a person would click again, too.
      let download = null;
      for (let tries = 0; !download && tries < 4; tries++) {
        const waiting = view.page.waitForEvent("download", { timeout: 3000 }).catch(() => null);
        await plot(view, name).getByRole("button", { name: new RegExp(`${kind}$`) }).click();
        download = await waiting;
      }
      assert.ok(download, `${name}: no ${kind} came`);
      assert.ok(download.suggestedFilename().startsWith(`unrolled-${name}`) && download.suggestedFilename().endsWith(kind.toLowerCase()));
      return readFile(await download.path());
    };
    const csv = (await file("CSV")).toString();
    assert.equal(csv.trimEnd().split("\n").length, 73, name);
    const svg = (await file("SVG")).toString();
    assert.ok(svg.startsWith("<svg ") && svg.trimEnd().endsWith("</svg>") && svg.includes("<title>"));
    const png = await file("PNG");
    assert.deepEqual([...png.subarray(0, 4)], [0x89, 0x50, 0x4e, 0x47]);
    assert.deepEqual([png.readUInt32BE(16), png.readUInt32BE(20)], [1920, 840]);
  }
});

pageTest("a phone, a sentence, and nothing for axe to find", async ({ open }) => {
  for (const [query, size, colorScheme] of /** @type {const} */ ([
    ["?v=1&t=10&mode=backward", { width: 360, height: 7000 }, "dark"],
    ["?v=1&read=sentence&unit=4", { width: 1280, height: 4200 }, "light"],
  ])) {
    const view = await open(query, { ...STILL, ...size, colorScheme });
    await ready(view);
    for (const name of NAMES) await drawn(view, name);
    await view.page.locator("plot-panel > header summary").click();
    await plot(view, "influence").locator(".why > summary").click();
    await plot(view, "influence").locator(".data > summary").click();
    const wide = await view.page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(wide <= size.width, `${wide} px wide`);
    await view.page.evaluate(await readFile(AXE, "utf8"));
    const { violations } = await view.page.evaluate(() => /** @type {any} */ (globalThis).axe.run("plot-panel"));
    const found = violations.map((/** @type {any} */ v) => `${v.id}: ${v.nodes.map((/** @type {any} */ n) => n.html).join(" ")}`);
    assert.deepEqual(found, []);
    await view.screenshot(`plots-${size.width}`);
  }
});
