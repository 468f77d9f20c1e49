// Why it trains in parallel, as a reader meets it: only for cells that do, loaded with the first of them, its numbers the module's.
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { assert, DESKTOP, pageTest, PHONE, PROJECTOR } from "./harness.mjs";

const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const STILL = { reducedMotion: /** @type {const} */ ("reduce") };
/** A minGRU reading three days. */
const MIN = "?v=1&weights=random&cell=mingru&t=30";

/** @typedef {import("./harness.mjs").View} View */

/** @param {View} view */
const ready = (view) => view.page.waitForFunction(() => document.documentElement.dataset.view === "ready");
/** @param {View} view @param {any} patch */
const change = (view, patch) =>
  view.page.evaluate((patch) => /** @type {any} */ (document.querySelector("plot-panel")).session.set(patch), patch);
/** Opens the view, and waits until it is drawn and measured. @param {View} view */
async function unfolded(view) {
  await view.page.locator("parallel-view summary").click();
  await view.page.waitForFunction(() => /Measured here/.test(document.querySelector("parallel-view .times")?.textContent ?? ""));
}
/** What the session's trace says. @param {View} view @param {number} element */
const scanned = (view, element) =>
  view.page.evaluate((element) => {
    const { trace, selection } = /** @type {any} */ (document.querySelector("plot-panel")).session;
    const { levels, deviation, largest, width, moments } = trace.scan(selection.layer, selection.direction, { element });
    return { a: levels.map((/** @type {any} */ l) => [...l.a]), b: levels.map((/** @type {any} */ l) => [...l.b]), deviation, largest, width, steps: moments.length };
  }, element);
/** A number as the page writes it. @param {string} text */
const number = (text) => Number(text.replaceAll("−", "-").replace(/·10([⁻⁰-⁹¹²³]+)/, (_, digits) => `e${[...digits].map((d) => (d === "⁻" ? "-" : "⁰¹²³⁴⁵⁶⁷⁸⁹".indexOf(d))).join("")}`));

pageTest("only cells that train in parallel have the view, and only they load it", async ({ open }) => {
  const view = await open("?v=1&t=30", { ...DESKTOP, ...STILL });
  await ready(view);
  const asked = () => view.requests.filter((address) => /parallel/.test(address));
  assert.deepEqual(asked(), [], "an LSTM does not load it");
  await change(view, { network: { source: "random", cell: "mingru" } });
  await view.page.waitForSelector("parallel-view summary");
  assert.ok(asked().length >= 2, "its script and its styles");
  assert.match(await view.page.locator("parallel-view summary").innerText(), /7 rounds in place of 72 steps in a row/);
  await change(view, { network: { cell: "gru" } });
  await view.page.waitForSelector("parallel-view", { state: "hidden" });
  await change(view, { network: { cell: "minlstm" } });
  await view.page.waitForSelector("parallel-view summary");
});

pageTest("the tree is the module's, checked on the screen, and both ways are measured", async ({ open }) => {
  const view = await open(MIN, { ...DESKTOP, ...STILL });
  await ready(view);
  await unfolded(view);
  const words = await view.page.locator("parallel-view").innerText();
  const scan = await scanned(view, 0);
  assert.ok(scan.deviation > 0 && scan.deviation < 1e-5 * Math.max(1, scan.largest), `${scan.deviation}`);
  assert.match(words, /Checked: equal to the step-by-step run in all 32 elements × 72 steps/);
  const said = number(/largest difference ([^,]+),/.exec(words)?.[1] ?? "");
  assert.ok(Math.abs(said - scan.deviation) < 0.1 * scan.deviation, `${said} is not ${scan.deviation}`);
  assert.match(words, /72 steps one after the other [\d.]+ (µs|ms), the scan [\d.]+ (µs|ms)/);
  assert.match(words, /377 pairs in place of 71 steps/, "71 + 70 + 68 + 64 + 56 + 40 + 8");
  // The chosen step's state is shown at first.
  const readout = await view.page.locator("parallel-view .readout").innerText();
  assert.match(readout, /^Round 5, steps 1 to 31: the state\. b = \S+ × \S+ \+ \S+ = \S+\. a = /);
  const painted = await view.page.evaluate(() => [.../** @type {any} */ (document.querySelectorAll("parallel-view canvas"))].map((c) => c.getContext("2d").getImageData(0, 0, c.width, c.height).data.some(Boolean)));
  assert.deepEqual(painted, [true, true]);
});

pageTest("keys and pointer go through the tree, and its numbers add up", async ({ open }) => {
  const view = await open(MIN, { ...DESKTOP, ...STILL });
  await ready(view);
  await unfolded(view);
  const { a, b } = await scanned(view, 0);
  const stage = view.page.locator("parallel-view .stage");
  const readout = () => view.page.locator("parallel-view .readout").innerText();
  await stage.focus();
  for (let k = 0; k < 2; k++) await stage.press("ArrowUp");
  await stage.press("ArrowRight");
  await view.page.waitForFunction(() => /Round 3, steps 25 to 32/.test(document.querySelector("parallel-view .readout")?.textContent ?? ""));
  const [, keep, earlier, own, sum] = /b = (\S+) × (\S+) \+ (\S+) = (\S+)\. a = /.exec(await readout()) ?? [];
  const near = (/** @type {string} */ shown, /** @type {number} */ value) => assert.ok(Math.abs(number(shown) - value) <= 0.051 * Math.abs(value) + 1e-4, `${shown} is not ${value}`);
  near(keep, a[2][31]);
  near(earlier, b[2][27]);
  near(own, b[2][31]);
  near(sum, b[3][31]);
  assert.ok(Math.abs(a[2][31] * b[2][27] + b[2][31] - b[3][31]) < 1e-6);
  for (let k = 0; k < 3; k++) await stage.press("ArrowUp");
  await view.page.waitForFunction(() => /^From the input, step 32 alone/.test(document.querySelector("parallel-view .readout")?.textContent ?? ""));
  assert.equal(await view.page.evaluate(() => /** @type {any} */ (document.querySelector("plot-panel")).session.selection.t), 30, "the page's own keys are left alone");
  await stage.press("Enter");
  assert.equal(await view.page.evaluate(() => /** @type {any} */ (document.querySelector("plot-panel")).session.selection.t), 31);
  const box = /** @type {any} */ (await stage.boundingBox());
  await stage.hover({ position: { x: box.width / 2, y: box.height - 8 } });
  await view.page.waitForFunction(() => /Round 7, steps 1 to 3[5-8]: the state/.test(document.querySelector("parallel-view .readout")?.textContent ?? ""));
  await view.page.mouse.move(0, 0);
  // Another unit has other numbers.
  await change(view, { selection: { unit: 5 } });
  await view.page.waitForFunction(() => /unit 5/.test(document.querySelector("parallel-view .stage")?.getAttribute("aria-label") ?? ""));
});

pageTest("backwards in time, long sequences and interventions", async ({ open }) => {
  const view = await open(`${MIN}&both=1&layers=2&steps=500`, { ...DESKTOP, ...STILL });
  await ready(view);
  await unfolded(view);
  assert.match(await view.page.locator("parallel-view summary").innerText(), /9 rounds in place of 500 steps in a row/);
  await change(view, { selection: { layer: 1, direction: 1, t: 490 } });
  await view.page.waitForFunction(() => /steps 491 to 500: the state/.test(document.querySelector("parallel-view .readout")?.textContent ?? ""));
  assert.match(await view.page.locator("parallel-view").innerText(), /1, 2, 4, … steps after it/);
  await change(view, { interventions: [{ kind: "hold", layer: 1, direction: 1, lane: "z", unit: "all", value: 0.2, from: 100, to: 200 }] });
  await view.page.waitForFunction(() => /Checked: equal/.test(document.querySelector("parallel-view .checked")?.textContent ?? ""));
});

pageTest("it is readable for everyone, on every screen", async ({ open }) => {
  for (const [name, screen, colorScheme] of /** @type {const} */ ([
    ["desktop-light", DESKTOP, "light"],
    ["desktop-dark", DESKTOP, "dark"],
    ["phone-light", PHONE, "light"],
    ["phone-dark", PHONE, "dark"],
    ["projector-dark", PROJECTOR, "dark"],
    ["projector-light", PROJECTOR, "light"],
  ])) {
    const view = await open(MIN, { ...screen, ...STILL, colorScheme });
    await ready(view);
    await unfolded(view);
    await view.page.locator("parallel-view").scrollIntoViewIfNeeded();
    await view.page.locator("parallel-view").screenshot({ path: `target/screenshots/parallel-${name}.png` });
    assert.equal(await view.page.evaluate(() => document.documentElement.scrollWidth > innerWidth), false, `${name}: nothing sticks out`);
    await view.page.evaluate(await readFile(AXE, "utf8"));
    const violations = await view.page.evaluate(async () => {
      const axe = /** @type {any} */ (globalThis).axe;
      const { violations } = await axe.run("parallel-view", { rules: { region: { enabled: false } } });
      return violations.map((/** @type {any} */ v) => `${v.id}: ${v.nodes.map((/** @type {any} */ n) => n.html).join()}`);
    });
    assert.deepEqual(violations, [], name);
  }
});
