// The cell inspector as a person uses it: its numbers add up, say where they come from, light each other, and can be changed.
import { createRequire } from "node:module";
import { readFile } from "node:fs/promises";
import { mkdirSync } from "node:fs";
import { assert, DESKTOP, pageTest, PHONE, PROJECTOR, SCREENSHOTS } from "./harness.mjs";

const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
mkdirSync(SCREENSHOTS, { recursive: true });
const STILL = { reducedMotion: /** @type {const} */ ("reduce") };
/** Numbers on the page carry all digits of an f32 in their titles. */
const NEAR = 2e-6;

/** @typedef {import("./harness.mjs").View} View */

/** @param {(path?: string, options?: import("./harness.mjs").ViewOptions) => Promise<View>} open @param {any} patch @param {import("./harness.mjs").ViewOptions} [options] */
async function opened(open, patch, options = {}) {
  const view = await open("?v=1&t=30", { ...DESKTOP, ...STILL, ...options });
  await view.page.waitForFunction(() => document.documentElement.dataset.view === "ready");
  await change(view, patch);
  return view;
}
/** Sets the view, and waits until the inspector shows it. @param {View} view @param {any} patch */
const change = (view, patch) =>
  view.page.evaluate(async (patch) => {
    const { session } = /** @type {any} */ (document.querySelector("cell-inspector"));
    await session.set(patch);
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
  }, patch);
/** The session's view. @param {View} view @returns {Promise<any>} */
const state = (view) => view.page.evaluate(() => /** @type {any} */ (document.querySelector("cell-inspector")).session.state);
/** A lane's value as the module recorded it. @param {View} view @param {string} lane @param {number} t @param {number} unit */
const recorded = (view, lane, t, unit) =>
  view.page.evaluate(
    ([lane, t, unit]) => /** @type {any} */ (document.querySelector("cell-inspector")).session.trace.values(0, 0, t, { example: 0 })[lane][unit],
    /** @type {const} */ ([lane, t, unit]),
  );
/** @param {string | null} text */
const number = (text) => Number((text ?? "").replaceAll("−", "-").replace("·10^", "e"));
/** A sub-step by its number. @param {View} view @param {number} k */
const subStep = (view, k) => view.page.locator("li.sub-step").nth(k - 1);
/** All digits of a sub-step's numbers, in reading order; the result is last. @param {View} view @param {number} k */
const numbers = async (view, k) => {
  const titles = await subStep(view, k).locator("button.number").evaluateAll((all) => all.map((b) => /** @type {HTMLElement} */ (b).title));
  return titles.map(number);
};
const sigmoid = (/** @type {number} */ x) => 1 / (1 + Math.exp(-x));
const near = (/** @type {number} */ a, /** @type {number} */ b, what = "") =>
  assert.ok(Math.abs(a - b) <= NEAR * Math.max(1, Math.abs(b)), `${what}: ${a} is not ${b}`);

pageTest("the sub-steps' numbers are the run's, and add up", async ({ open }) => {
  const view = await opened(open, { selection: { t: 30, unit: 3 } });
  const [i, f, g, o] = await Promise.all([1, 2, 3, 4].map((k) => numbers(view, k)));
  for (const [name, [ax, ah, value], squash] of /** @type {[string, number[], (x: number) => number][]} */ ([["i", i, sigmoid], ["f", f, sigmoid], ["g", g, Math.tanh], ["o", o, sigmoid]])) {
    near(squash(ax + ah), value, name);
    near(value, await recorded(view, name, 30, 3), `recorded ${name}`);
  }
  const [keeps, before, lets, candidate, c] = await numbers(view, 5);
  assert.deepEqual([keeps, lets, candidate], [f[2], i[2], g[2]]);
  near(before, await recorded(view, "c", 29, 3), "c before");
  near(keeps * before + lets * candidate, c, "c");
  const [shows, state, h] = await numbers(view, 6);
  near(shows * Math.tanh(state), h, "h");
  near(h, await recorded(view, "h", 30, 3), "recorded h");
  // The diagram says the same.
  const spoken = await view.page.locator("cell-diagram [role=button][aria-label^='hidden state h']").getAttribute("aria-label");
  near(number((spoken ?? "").split(": ")[1]), h, "diagram");
  // One step on, other numbers.
  await change(view, { selection: { t: 31 } });
  near((await numbers(view, 6)).at(-1) ?? NaN, await recorded(view, "h", 31, 3), "next h");
});

pageTest("backward, the numbers are the gradients", async ({ open }) => {
  const view = await opened(open, { mode: "backward", selection: { t: 69, unit: 4 } });
  const gradient = (/** @type {string} */ lane) =>
    view.page.evaluate((lane) => /** @type {any} */ (document.querySelector("cell-inspector")).session.needGradients().values(0, 0, 69, { example: 0 }).lanes[lane][4], lane);
  const steps = await view.page.locator("li.sub-step").evaluateAll((all) => all.map((item) => /** @type {HTMLElement} */ (item).dataset.key ?? ""));
  assert.equal(steps.length, 12);
  for (const lane of ["h", "o", "c", "f", "i", "g"]) {
    const all = await numbers(view, steps.indexOf(`d:${lane}`) + 1);
    const value = await gradient(lane);
    assert.ok(value !== 0 && Math.abs(((all.at(-1) ?? NaN) - value) / value) < 1e-4, `∂L/∂${lane}: ${all.at(-1)} is not ${value}`);
  }
  const [dc, f, passed] = await numbers(view, steps.indexOf("passed:c") + 1);
  assert.ok(Math.abs((dc * f - passed) / passed) < 1e-5, "what the forget gate passes on");
  assert.match(await view.page.locator(".jacobian figcaption").innerText(), /Spectral norm \d/);
  assert.equal(await view.page.locator(".pass tbody tr").count(), 6);
});

pageTest("a number says where it comes from, and leads to its source", async ({ open }) => {
  const view = await opened(open, { selection: { t: 30, unit: 3 } });
  const dialog = view.page.getByRole("dialog", { name: "Where does this come from?" });
  const button = subStep(view, 2).locator("button.number").nth(1);
  await button.focus();
  await button.press("Enter");
  await dialog.waitFor();
  const shown = await dialog.locator(".term-value").evaluateAll((all) => all.map((e) => /** @type {HTMLElement} */ (e).title));
  const sizes = shown.map((title) => Math.abs(number(title)));
  assert.deepEqual(sizes, [...sizes].sort((a, b) => b - a), "largest first");
  // All 33 terms make the number.
  await dialog.getByRole("button", { name: /smaller terms/ }).click();
  const all = await dialog.locator(".term-value").evaluateAll((found) => found.map((e) => /** @type {HTMLElement} */ (e).title));
  assert.equal(all.length, 33);
  near(all.map(number).reduce((a, b) => a + b, 0), number(await button.getAttribute("title")), "sum of terms");
  // A weight's input is the state that one unit had a step before.
  const source = dialog.locator("button.source").first();
  const unit = Number(await source.locator("sub").innerText());
  const factors = await source.locator("xpath=..").innerText();
  await source.click();
  await view.page.waitForFunction(() => /** @type {any} */ (document.querySelector("cell-inspector")).session.selection.t === 29);
  const { selection } = await state(view);
  assert.deepEqual([selection.unit, selection.lane], [unit, "h"]);
  const value = number(await dialog.locator(".panel-title b").getAttribute("title").then((t) => t));
  near(value, await recorded(view, "h", 29, unit), "the source");
  assert.ok(factors.includes(value.toPrecision(3).replace("-", "−")), `${factors} has ${value}`);
  await dialog.getByRole("button", { name: "Back" }).click();
  assert.match(await dialog.locator(".panel-title").innerText(), /step 31/);
  await view.page.keyboard.press("Escape");
  await dialog.waitFor({ state: "hidden" });
});

pageTest("Escape closes the panel, and the focus returns to its number", async ({ open }) => {
  const view = await opened(open, { selection: { t: 30, unit: 3 } }, PHONE);
  const button = subStep(view, 5).locator("button.number").nth(1);
  await button.focus();
  await button.press("Enter");
  const dialog = view.page.getByRole("dialog");
  await dialog.waitFor();
  assert.match(await dialog.locator(".panel-title").innerText(), /cell state c\s*3 at step 30/);
  await view.page.keyboard.press("Escape");
  await dialog.waitFor({ state: "hidden" });
  assert.equal(await button.evaluate((b) => b === document.activeElement), true);
  // The first step's state has no step before it.
  await change(view, { selection: { t: 0 } });
  await button.click();
  assert.match(await dialog.innerText(), /before the first step/);
});

pageTest("symbol, wire, weights and plots light each other", async ({ open }) => {
  const view = await opened(open, { selection: { t: 30, unit: 3, lane: "f" } });
  const lit = (/** @type {string} */ key) => view.page.locator(`cell-inspector .lit[data-key~="${key}"]`).count();
  await subStep(view, 2).locator(`mrow[data-key="recurrent:f"]`).hover();
  assert.ok((await lit("recurrent:f")) >= 4, "symbol, number, wire and weights");
  assert.equal(await view.page.evaluate(() => /** @type {any} */ (document.querySelector("cell-inspector")).session.hover.lane), "f");
  await view.page.mouse.move(5, 5);
  assert.equal(await lit("recurrent:f"), 0);
  // From outside: a plot points at the lane.
  await view.page.evaluate(() => /** @type {any} */ (document.querySelector("cell-inspector")).session.setHover({ t: 30, lane: "g" }));
  assert.ok((await view.page.locator("cell-diagram .node.lit").count()) === 1);
  // A weight lights the wire that it stands on.
  await view.page.locator("weights-map canvas").last().hover();
  assert.ok((await lit("recurrent:f")) >= 2);
  assert.match(await view.page.locator("weights-map .map-word").last().innerText(), /^W_hf\[\d+, \d+\] = −?\d/);
});

pageTest("a gate is held open and let go where its numbers are", async ({ open }) => {
  const view = await opened(open, { selection: { t: 30, unit: null, lane: "f" } });
  const gate = view.page.getByRole("group", { name: "Gate f of all units:" });
  await gate.getByRole("button", { name: "1" }).click();
  await subStep(view, 2).getByText("32 of 32 units held").waitFor();
  assert.deepEqual([await recorded(view, "f", 0, 7), await recorded(view, "f", 71, 7)], [1, 1]);
  await gate.getByRole("button", { name: "0" }).click();
  await view.page.waitForFunction(() => /** @type {any} */ (document.querySelector("cell-inspector")).session.state.interventions[0].value === 0);
  assert.equal(await recorded(view, "f", 71, 7), 0);
  await gate.getByRole("button", { name: "as computed" }).click();
  await view.page.waitForFunction(() => /** @type {any} */ (document.querySelector("cell-inspector")).session.state.interventions.length === 0);
});

pageTest("the diagram answers to the keyboard, and stays itself from step to step", async ({ open }) => {
  const view = await opened(open, { selection: { t: 30, unit: null } });
  const gate = view.page.locator("cell-diagram .node.block [role=button]").first();
  await gate.focus();
  await gate.press("Enter");
  assert.equal((await state(view)).selection.lane, "f");
  await view.page.locator("weights-map").waitFor();
  // Of one unit, the next press asks where the gate's number comes from.
  await change(view, { selection: { unit: 3 } });
  await gate.focus();
  await gate.press("Enter");
  await view.page.getByRole("dialog").getByText("forget gate f").waitFor();
  await view.page.keyboard.press("Escape");
  assert.equal(await view.page.locator("cell-diagram .node.block [role=button]").first().evaluate((node) => node === document.activeElement), true);
  await view.page.keyboard.press("ArrowRight");
  await view.page.waitForFunction(() => /** @type {any} */ (document.querySelector("cell-inspector")).session.selection.t === 31);
  assert.equal(await gate.evaluate((node) => node === document.activeElement), true);
  await change(view, { selection: { unit: null } });
  // A strip's unit can be chosen with the keyboard.
  const strip = subStep(view, 6).locator(".unit-strip");
  await strip.focus();
  for (const key of ["ArrowRight", "ArrowRight", "Enter"]) await strip.press(key);
  await view.page.waitForFunction(() => /** @type {any} */ (document.querySelector("cell-inspector")).session.selection.unit === 2);
});

pageTest("holds, units, readings and weights are changed, listed and undone", async ({ open }) => {
  const view = await opened(open, { selection: { t: 30, unit: 3, lane: "f" } });
  const untouched = await recorded(view, "c", 30, 3);
  const form = view.page.locator("cell-interventions .hold-form");
  await form.getByLabel("Units").selectOption("all");
  await form.getByRole("button", { name: "1", exact: true }).click();
  await form.getByLabel("from step").fill("20");
  await form.getByRole("button", { name: "Hold" }).click();
  const list = view.page.locator("cell-interventions .changes li");
  await list.first().waitFor();
  assert.match(await list.first().innerText(), /f of all units held at 1, steps 20 to 72/);
  assert.equal(await recorded(view, "f", 30, 3), 1);
  assert.notEqual(await recorded(view, "c", 30, 3), untouched);
  assert.match(await subStep(view, 2).innerText(), /held at 1[\s\S]*without the hold/);

  await view.page.getByRole("button", { name: "Switch unit 3 off" }).click();
  await list.nth(1).waitFor();
  assert.equal(await recorded(view, "h", 30, 3), 0);

  const map = view.page.locator("weights-map canvas").last();
  await map.focus();
  for (const key of ["PageUp", "Home", "ArrowDown", "ArrowRight", "Enter"]) await view.page.keyboard.press(key);
  const field = view.page.locator("weights-map .weight-form:not([hidden])");
  await field.getByRole("spinbutton").fill("1.25");
  await field.getByRole("button", { name: "Apply" }).click();
  await list.nth(2).waitFor();
  // Row 1 of the forget gate's block of 32 rows, column 1.
  assert.match(await list.nth(2).innerText(), /weight_hh_l0\[33, 1\] = 1\.25/);

  const reading = view.page.locator("cell-interventions .reading-form");
  await reading.getByRole("spinbutton").fill("-20");
  await reading.getByRole("button").click();
  await list.nth(3).waitFor();
  assert.equal(await view.page.evaluate(() => /** @type {any} */ (document.querySelector("cell-inspector")).session.inputAt(30)), -20);
  assert.ok(await view.page.evaluate(() => /** @type {any} */ (document.querySelector("cell-inspector")).session.ghost !== null));

  await list.nth(1).getByRole("button").click();
  await view.page.waitForFunction(() => document.querySelectorAll("cell-interventions .changes li").length === 3);
  assert.equal(await recorded(view, "f", 30, 3), 1);
  await view.page.getByRole("button", { name: "Undo all" }).click();
  await view.page.getByText("Nothing is changed").waitFor();
  assert.equal(await recorded(view, "c", 30, 3), untouched);
});

const CELLS = [
  { source: "trained", cell: "lstm" },
  { source: "trained", cell: "gru" },
  { source: "random", cell: "gru", options: { reset: "after", update: "replace" } },
  { source: "random", cell: "gru", options: { reset: "before", update: "keep" } },
  { source: "random", cell: "gru", options: { reset: "before", update: "replace" } },
  { source: "trained", cell: "rnn" },
  { source: "random", cell: "rnn", options: { nonlinearity: "relu" } },
];

pageTest("every cell is drawn, both ways, at every size, with nothing for axe to find", async ({ open }) => {
  const axe = await readFile(AXE, "utf8");
  for (const [size, colorScheme] of /** @type {const} */ ([[DESKTOP, "light"], [PHONE, "dark"], [PROJECTOR, "dark"]])) {
    const view = await opened(open, { projector: size === PROJECTOR, panel: size !== PROJECTOR }, { ...size, colorScheme });
    for (const [k, network] of CELLS.entries()) {
      for (const mode of ["forward", "backward"]) {
        for (const unit of [null, 3]) {
          await change(view, { network: { options: {}, hidden: 32, ...network }, mode, selection: { t: 65, unit, lane: null } });
          const name = `${network.cell} ${JSON.stringify(network.options ?? {})} ${mode} ${unit}`;
          assert.equal(await view.page.locator("cell-inspector .failure").innerText(), "", name);
          const wide = await view.page.evaluate(() => document.documentElement.scrollWidth);
          assert.ok(wide <= size.width, `${name}: ${wide} px wide at ${size.width}`);
          // Nothing that stands in a sub-step runs out of it.
          const over = await view.page.locator("li.sub-step").evaluateAll((all) => all.filter((item) => item.scrollWidth > item.clientWidth + 1).map((item) => item.textContent?.slice(0, 40)));
          assert.deepEqual(over, [], name);
          const values = await view.page.locator("cell-diagram .value").allTextContents();
          assert.ok(values.filter((text) => /\d/.test(text)).length >= 3, `${name}: ${values}`);
          if (unit === 3) {
            const file = `inspector-${network.cell}${k}-${mode}-${size.width}`;
            await view.page.locator("cell-inspector").screenshot({ path: `${SCREENSHOTS}/${file}.png` });
          }
        }
      }
      if (k > 0) continue;
      await view.page.evaluate(axe);
      const violations = await view.page.evaluate(async () => {
        const found = await /** @type {any} */ (globalThis).axe.run("cell-inspector");
        return found.violations.map((/** @type {any} */ v) => `${v.impact} ${v.id}: ${v.nodes.map((/** @type {any} */ n) => n.html.slice(0, 120)).join(" | ")}`);
      });
      assert.deepEqual(violations, []);
    }
  }
}, { timeout: 180_000 });

pageTest("layers, directions and many units are inspected too", async ({ open }) => {
  const network = { source: "random", cell: "lstm", hidden: 5, layers: 2, bidirectional: true };
  const view = await opened(open, { network, selection: { t: 10, unit: 1, layer: 1, direction: 1 } });
  assert.equal(await view.page.locator("cell-inspector .failure").innerText(), "");
  // Backwards in time, the state comes from the step after; the input is the layer below, both directions.
  assert.match((await view.page.locator("cell-diagram .symbol").allTextContents()).join(" "), /ct\+1/);
  const before = (await numbers(view, 5))[1];
  const other = await view.page.evaluate(() => /** @type {any} */ (document.querySelector("cell-inspector")).session.trace.values(1, 1, 11, { example: 0 }).c[1]);
  near(before, other, "c of the step after");
  await subStep(view, 1).locator("button.number").first().click();
  const dialog = view.page.getByRole("dialog");
  const below = dialog.locator("button.source").first();
  const unit = Number(await below.locator("sub").innerText());
  await below.click();
  await view.page.waitForFunction(() => /** @type {any} */ (document.querySelector("cell-inspector")).session.selection.layer === 0);
  const { selection } = await state(view);
  assert.deepEqual([selection.direction, selection.unit], [Math.floor(unit / 5), unit % 5]);
  await view.page.keyboard.press("Escape");
  await change(view, { network: { hidden: 256, layers: 1, bidirectional: false }, selection: { layer: 0, direction: 0, unit: null } });
  assert.equal(await view.page.locator("cell-diagram .node").first().locator(".unit-cell").count(), 256);
});
