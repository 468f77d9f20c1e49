// Every cell of the registry in every variant: chosen, stepped through forward and backward, each number held against the tape,
// each asked where it comes from.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { assert, DESKTOP, DIST, pageTest } from "./harness.mjs";

/** Numbers on the page carry nine digits in their titles; equations are evaluated in f64 on what the tape holds in f32. */
const NEAR = 2e-4;

/** @typedef {import("./harness.mjs").View} View */

/** @param {(path?: string, options?: import("./harness.mjs").ViewOptions) => Promise<View>} open @param {string} query */
async function opened(open, query) {
  const view = await open(`?v=1&read=wave&steps=12&period=6&t=7&weights=random&hidden=8&unit=5${query}`, { ...DESKTOP, reducedMotion: "reduce" });
  await view.page.waitForFunction(() => document.documentElement.dataset.view === "ready");
  await view.page.keyboard.press("Shift");
  await view.page.waitForFunction(() => customElements.get("where-from") && document.querySelector("where-from"));
  return view;
}

/**
 * Steps through all sub-steps of a mode in the page and compares.
 * @param {View} view @param {any} network @param {"forward" | "backward"} mode @param {number} shift  of the element compared with: a negative control
 * @returns {Promise<{checked: number, asked: number, wrong: string[]}>}
 */
const walk = (view, network, mode, shift = 0) =>
  view.page.evaluate(
    async ({ network, mode, shift, near }) => {
      const inspector = /** @type {any} */ (document.querySelector("cell-inspector"));
      const { session } = inspector;
      const frames = async () => {
        for (let k = 0; k < 3; k++) await new Promise((resolve) => requestAnimationFrame(resolve));
      };
      await session.set({ network, mode, selection: { unit: 5, place: {}, lane: null } });
      await frames();
      if (session.summary.cell !== network.cell) return { checked: 0, asked: 0, wrong: [`${network.cell} was not shown: ${document.querySelector("#notice")?.textContent}`] };
      // A place on every axis that can be chosen, as a reader would.
      const place = Object.fromEntries([...inspector.querySelectorAll(".place-field input")].map((field) => [field.name, Math.min(1, Number(field.max))]));
      await session.select({ place });
      await frames();
      const { spec, summary, selection } = session;
      const number = (/** @type {string | null} */ text) => Number((text ?? "").replaceAll("−", "-").replace("·10^", "e").replace("∞", "Infinity"));
      const element = (/** @type {string} */ lane) => {
        const k = spec.lanes.findIndex((/** @type {any} */ l) => l.name === lane);
        const extents = summary.lanes[0][k];
        const at = spec.lanes[k].axes.map((/** @type {string} */ axis, /** @type {number} */ n) => {
          if (axis in place) return place[axis];
          return axis === "NH" ? Math.floor((selection.unit * extents[n]) / summary.hidden) : selection.unit % extents[n];
        });
        return at.reduce((/** @type {number} */ flat, /** @type {number} */ i, /** @type {number} */ n) => flat * extents[n] + i, 0);
      };
      const values = session.trace.values(0, 0, selection.t, { example: 0 });
      const gradients = mode === "backward" ? session.needGradients().values(0, 0, selection.t, { example: 0 }) : null;
      const recorded = (/** @type {string} */ key) => {
        const [kind, lane] = key.split(":");
        const from = { now: values[lane], d: gradients?.lanes[lane], da: gradients?.blocks[lane], passed: gradients?.passed[lane] }[kind];
        const at = (element(lane) + shift) % from.length;
        return from[at];
      };
      const wrong = [];
      let [checked, asked] = [0, 0];
      const items = [...inspector.querySelectorAll("li.sub-step")];
      const expected = mode === "forward" ? spec.steps.length : spec.backward.length;
      if (items.length !== expected) wrong.push(`${items.length} sub-steps; expected ${expected}`);
      for (const item of items) {
        const { key } = item.dataset;
        item.querySelector(".step-title").click();
        await frames();
        if (!item.classList.contains("selected")) wrong.push(`${key} is not selected`);
        if (!item.querySelector("math")) wrong.push(`${key} has no equation`);
        const buttons = [...item.querySelectorAll(".numbers button.number")];
        const last = buttons.at(-1);
        const shown = last ? number(last.title) : number(item.querySelector(".numbers")?.textContent?.replace(/^.*= */, "") ?? null);
        const value = recorded(key);
        // (A gradient is a sum of many terms: near to the largest of them.)
        if (!(Math.abs(shown - value) <= near * Math.max(mode === "forward" ? 1 : 1e-3, Math.abs(value)))) wrong.push(`${key}: ${shown} is not ${value}`);
        checked += 1;
        for (const button of buttons.slice(0, 2)) {
          if (!button.isConnected) continue;
          button.click();
          await frames();
          const panel = document.querySelector("where-from");
          const title = number(panel?.querySelector(".panel-title b")?.getAttribute("title") ?? null);
          if (!panel?.matches(":popover-open")) wrong.push(`${key}: nothing says where ${button.textContent} comes from`);
          else if (!(Math.abs(title - number(button.title)) <= near * Math.max(1e-3, Math.abs(title)))) wrong.push(`${key}: asked for ${button.title}, told about ${title}`);
          /** @type {any} */ (panel).hidePopover();
          await frames();
          asked += 1;
        }
        const failure = inspector.querySelector(".failure")?.textContent;
        if (failure) wrong.push(`${key}: ${failure}`);
      }
      return { checked, asked, wrong };
    },
    { network, mode, shift, near: NEAR },
  );

const module = await import(pathToFileURL(join(DIST, "unrolled.js")).href);
await module.default({ module_or_path: await readFile(join(DIST, "unrolled_bg.wasm")) });
/** @type {any[]} */
const CELLS = module.describe().cells;
assert.ok(CELLS.length >= 3);

for (const cell of CELLS) {
  const choices = cell.options.filter((/** @type {any} */ o) => o.values.length > 0).map((/** @type {any} */ o) => o.name);
  for (const variant of cell.variants) {
    const options = Object.fromEntries(choices.map((/** @type {string} */ name) => [name, variant.options[name]]));
    const name = [cell.name, ...Object.values(options)].join(" ");
    pageTest(`${name}: its numbers are the tape's, and say where they come from`, async ({ open }) => {
      const view = await opened(open, "");
      for (const mode of /** @type {const} */ (["forward", "backward"])) {
        const { checked, asked, wrong } = await walk(view, { cell: cell.name, options, source: "random" }, mode);
        assert.deepEqual(wrong, [], mode);
        assert.ok(checked > 0 && asked > 0, `${mode}: ${checked} checked, ${asked} asked`);
      }
      // The comparison would notice: against the neighbours' numbers it fails.
      const { wrong } = await walk(view, { cell: cell.name, options, source: "random" }, "forward", 1);
      assert.ok(wrong.length > 0, "no number differs from its neighbour's");
    });
  }
}

pageTest("sizes are fields that the address keeps and bounds hold", async ({ open }) => {
  const view = await opened(open, "");
  const sized = await view.page.evaluate(() =>
    /** @type {any} */ (document.querySelector("cell-inspector")).session.registry.cells.flatMap((/** @type {any} */ c) =>
      c.options.filter((/** @type {any} */ o) => o.size).map((/** @type {any} */ o) => ({ cell: c.name, option: o.name, ...o.size })),
    ),
  );
  for (const { cell, option, low, high, ...size } of sized) {
    const shown = (/** @type {string} */ value) =>
      view.page.evaluate(
        async ([cell, option, value]) => {
          const { session } = /** @type {any} */ (document.querySelector("cell-inspector"));
          await session.set({ network: { cell, source: "random", options: { [option]: value } } });
          return { options: session.state.network.options, link: session.link };
        },
        [cell, option, value],
      );
    assert.deepEqual((await shown(String(size.default))).options, {}, `${cell} ${option}: the default is left out`);
    for (const hostile of ["0", "99999999", "1e3", "-1", "x".repeat(64), "__proto__"]) {
      const kept = (await shown(hostile)).options[option];
      assert.ok(kept === undefined || (Number(kept) >= low && Number(kept) <= high), `${cell} ${option} of ${hostile}: ${kept}`);
    }
    const other = size.default === 2 ? 4 : 2;
    if (other >= low && other <= high) {
      const { link } = await shown(String(other));
      const again = await open(link);
      await again.page.waitForFunction(() => document.documentElement.dataset.view === "ready");
      const options = await again.page.evaluate(() => /** @type {any} */ (document.querySelector("cell-inspector")).session.state.network.options);
      assert.equal(options[option], String(other), `${cell} ${option} comes back from its link`);
      await again.context.close();
    }
  }
});

pageTest("a place on an axis is chosen by keyboard and by the map, and stands in the address", async ({ open }) => {
  const view = await opened(open, "");
  const cells = await view.page.evaluate(() => /** @type {any} */ (document.querySelector("cell-inspector")).session.registry.cells.filter((/** @type {any} */ c) => c.variants[0].spec.lanes.some((/** @type {any} */ l) => l.axes.length > 1)).map((/** @type {any} */ c) => c.name));
  for (const cell of cells) {
    const state = (/** @type {any} */ patch) =>
      view.page.evaluate(async (patch) => {
        const { session } = /** @type {any} */ (document.querySelector("cell-inspector"));
        if (patch) await session.set(patch);
        for (let k = 0; k < 3; k++) await new Promise((resolve) => requestAnimationFrame(resolve));
        return session.selection;
      }, patch);
    await state({ network: { cell, source: "random", options: {} }, mode: "forward", selection: { unit: 5, place: {} } });
    const field = view.page.locator(".place-field input").first();
    if ((await view.page.locator(".place-field input").count()) === 0) continue;
    const axis = (await field.getAttribute("name")) ?? "";
    await field.fill("1");
    assert.equal((await state(null)).place[axis], 1, `${cell}: ${axis} is chosen in its field`);
    const map = view.page.locator("canvas.lane-map").first();
    await map.focus();
    await map.press("End");
    await map.press("Enter");
    const after = await state(null);
    assert.ok(after.unit === 7 || Object.values(after.place).some((v) => v > 1), `${cell}: the map's last column is chosen, ${JSON.stringify(after)}`);
    const link = await view.page.evaluate(() => /** @type {any} */ (document.querySelector("cell-inspector")).session.link);
    if (Object.keys(after.place).length > 0) assert.match(link, /[?&]at=/);
  }
});
