// The Train screen as a person meets it: two clicks to a network that beats persistence, pause and stop at once, runs that
// survive a reload and a crash, links, files, and nothing for axe to find.
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { assert, DESKTOP, pageTest, PHONE, PROJECTOR } from "./harness.mjs";
import { notice, press, ready, SMALL, studio, trained, until } from "./train-tools.mjs";

const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

pageTest("two clicks from the first view train an LSTM that beats persistence", async ({ open, t }) => {
  const view = await open("");
  await view.page.waitForFunction(() => document.documentElement.dataset.view === "ready");
  const before = view.requests.length;
  assert.ok(!view.requests.some((address) => /train/.test(address)), "Train is loaded before anybody asks for it");
  await view.page.getByRole("link", { name: "Train" }).click();
  await ready(view);
  assert.ok(view.requests.slice(before).some((address) => address.endsWith("/train-screen.js")));
  await press(view, "Train");
  const begun = Date.now();
  const verdict = view.page.locator("train-transport .verdict");
  await view.page.waitForFunction(() => /** @type {any} */ (document.querySelector("train-transport .verdict"))?.dataset.better === "yes", null, { timeout: 90_000 });
  const seconds = (Date.now() - begun) / 1000;
  t.diagnostic(`below persistence after ${seconds.toFixed(1)} s: ${await verdict.innerText()}`);
  assert.match(await verdict.innerText(), /^Best validation 0\.\d+ °C, below persistence \(1(\.\d+)? °C\)$/);
  const { runs } = await studio(view);
  assert.equal(runs[0].cell, "lstm");
  assert.match(await view.page.locator("train-transport .speed").innerText(), /^CPU \(WebAssembly\), [\d,]+ examples\/s, [\d.]+ updates\/s$/);
  assert.match(await view.page.locator("train-transport .where").innerText(), /^update [\d,]+ of 1,000 · [\d,]+ examples · [\d.]+ s left$/);
  await press(view, "Pause");
  await until(view, "paused");
  await view.screenshot("train-1280");
}, { timeout: 120_000 });

pageTest("pause, one update, go on and stop are answered at once", async ({ open, t }) => {
  const view = await open("?screen=train&v=1&updates=100000");
  await ready(view);
  await press(view, "Train");
  await trained(view, 20);
  const times = await view.page.evaluate(async () => {
    const { conductor } = /** @type {any} */ (document.querySelector("train-transport")).studio;
    const wait = (/** @type {number} */ ms) => new Promise((resolve) => setTimeout(resolve, ms));
    const time = async (/** @type {() => Promise<any>} */ deed) => {
      const begun = performance.now();
      await deed();
      return performance.now() - begun;
    };
    /** @type {Record<string, number[]>} */
    const out = { pause: [], one: [], resume: [] };
    for (let k = 0; k < 5; k++) {
      out.pause.push(await time(() => conductor.pause()));
      out.one.push(await time(() => conductor.update()));
      out.resume.push(await time(() => conductor.toggle()));
      await wait(150 + 37 * k);
    }
    out.stop = [await time(() => conductor.stop())];
    return out;
  });
  t.diagnostic(JSON.stringify(times, (_, v) => (typeof v === "number" ? Math.round(v) : v)));
  const median = (/** @type {number[]} */ of) => [...of].sort((a, b) => a - b)[Math.floor(of.length / 2)];
  for (const [deed, of] of Object.entries(times)) if (deed !== "stop") assert.ok(median(of) < 100, `${deed}: ${of}`);
  await until(view, "stopped");
  assert.ok(await view.page.getByRole("button", { name: "Stop", exact: true }).isDisabled());
});

pageTest("keys train, pause and do one update, but not while typing", async ({ open }) => {
  // So many that it is not over before the key on a busy machine.
  const view = await open(`${SMALL}&updates=100000`);
  await ready(view);
  const { keyboard } = view.page;
  await keyboard.press("ArrowRight");
  await trained(view, 1);
  await until(view, "paused");
  assert.deepEqual((await studio(view)).runs.map(({ updates }) => updates), [1]);
  await keyboard.press("ArrowRight");
  await trained(view, 2);
  await keyboard.press(" ");
  await until(view, "training");
  await keyboard.press("Escape");
  await until(view, "paused");
  const { runs } = await studio(view);
  await view.page.getByRole("spinbutton", { name: "Seed", exact: true }).focus();
  await keyboard.press("ArrowRight");
  await keyboard.press(" ");
  await view.page.waitForTimeout(300);
  assert.equal((await studio(view)).runs[0].updates, runs[0].updates);
  await view.page.locator("h1").click();
  await keyboard.press("?");
  assert.match(await view.page.getByRole("dialog").innerText(), /one update/);
});

pageTest("the same run twice gives the same losses to the last bit, paused or not", async ({ open }) => {
  const view = await open(`${SMALL}&updates=60`);
  await ready(view);
  await press(view, "Train");
  await until(view, "done");
  await view.page.getByRole("spinbutton", { name: "Seed", exact: true }).fill("2");
  await view.page.getByRole("spinbutton", { name: "Seed", exact: true }).blur();
  await press(view, "One update");
  await trained(view, 1, 1);
  await view.page.goBack();
  for (let k = 0; k < 3; k++) await press(view, "One update");
  await trained(view, 3, 2);
  await press(view, "Continue");
  await view.page.waitForFunction(() => /** @type {any} */ (document.querySelector("train-transport")).studio.runs[2]?.state === "done");
  const [first, other, again] = (await studio(view)).runs;
  assert.equal(first.losses.length, 60);
  assert.deepEqual(again.losses, first.losses);
  assert.notEqual(other.losses[0], first.losses[0], "another seed is another run");
});

pageTest("the set-up is in the link, and comes back from it", async ({ open }) => {
  const link = "?screen=train&v=1&task=adding&data=length~.30&cell=gru&hidden=12&layers=2&optimizer=rmsprop&rate=0.004&clip=value&limit=0.5&truncate=10&dropout=0.25&forget=2&seed=9&updates=77";
  const view = await open(link);
  await ready(view);
  assert.deepEqual(await notice(view), "");
  const { view: setup } = await studio(view);
  assert.equal(setup.task.options.length, 30);
  assert.deepEqual([setup.network.cell, setup.network.hidden, setup.network.layers], ["gru", 12, 2]);
  const { optimizer, learningRate, clip, truncate, dropout, forgetBias, seed } = setup.training;
  assert.deepEqual({ optimizer, learningRate, clip, truncate, dropout, forgetBias, seed }, { optimizer: "rmsprop", learningRate: 0.004, clip: { kind: "value", limit: 0.5 }, truncate: 10, dropout: 0.25, forgetBias: 2, seed: 9 });
  assert.equal(await view.page.getByRole("spinbutton", { name: "Hidden units H" }).inputValue(), "12");
  await view.page.locator("train-setup").getByRole("combobox", { name: "Cell", exact: true }).selectOption("lstm");
  await view.page.waitForFunction(() => !location.search.includes("cell=gru") && location.search.includes("seed=9"));
  await view.page.goBack();
  assert.equal(await view.page.locator("train-setup").getByRole("combobox", { name: "Cell", exact: true }).inputValue(), "gru");
  await view.page.goto(new URL("?screen=train&v=1&hidden=9999&task=nonsense&data=x~1", view.page.url()).href);
  await ready(view);
  assert.match(await notice(view), /“hidden” was 9999; expected 1 … 256\. 256 is used/);
  assert.match(await notice(view), /“task” was nonsense; expected .*adding.*temperature is used/s);
});

pageTest("from Step to Train and back, each keeps what it was", async ({ open }) => {
  const view = await open("?v=1&cell=gru&t=9", { reducedMotion: "reduce" });
  await view.page.waitForFunction(() => document.documentElement.dataset.view === "ready");
  const step = view.page.url();
  await view.page.getByRole("link", { name: "Train" }).click();
  await ready(view);
  assert.equal(new URL(view.page.url()).search, "?screen=train&v=1");
  assert.equal(await view.page.title(), "Training · Unrolled");
  await view.page.getByText("Dark", { exact: true }).click({ force: true });
  await view.page.waitForFunction(() => location.search.includes("theme=dark"));
  await view.page.goBack();
  await view.page.goBack().catch(() => {});
  await view.page.goto(step);
  await view.page.waitForFunction(() => document.documentElement.dataset.screen === "step");
  assert.ok(await view.page.locator("unrolled-picture").isVisible());
  // From a link to Train, Step is built when it is first shown.
  await view.page.goto(new URL("?screen=train&v=1", step).href);
  await ready(view);
  assert.ok(!(await view.page.locator("unrolled-picture").isVisible()));
  await view.page.getByRole("link", { name: "Step" }).click();
  await view.page.locator("unrolled-picture canvas, unrolled-picture svg").first().waitFor();
  assert.ok(!view.page.url().includes("screen=train"));
  await view.page.keyboard.press("ArrowRight");
  await view.page.waitForFunction(() => Number(document.querySelector("transport-bar [role=slider]")?.getAttribute("aria-valuenow")) > 1);
});

pageTest("each run says what differs from the one before; runs are renamed, hidden, deleted and brought back", async ({ open }) => {
  const view = await open(`${SMALL}&updates=40`);
  await ready(view);
  await press(view, "Train");
  await until(view, "done");
  await view.page.locator("train-setup").getByRole("combobox", { name: "Cell", exact: true }).selectOption("gru");
  await view.page.getByRole("spinbutton", { name: "Learning rate" }).fill("0.001");
  await view.page.getByRole("spinbutton", { name: "Learning rate" }).blur();
  await press(view, "Train");
  await view.page.waitForFunction(() => document.querySelectorAll("train-runs [data-state=done]").length === 2);
  const rows = view.page.locator("train-runs tbody tr:not(.under)");
  assert.equal(await rows.first().locator(".differs").innerText(), "cell LSTM → GRU, learning rate 0.005 → 0.001");
  assert.match(await rows.first().locator(".best").innerText(), /^[\d.]+ °C\nat update \d+\n[\d.]+ °C persistence\n/);
  await rows.first().getByRole("button", { name: /settings, checkpoints/ }).click();
  await view.page.getByRole("textbox", { name: "Name" }).fill("the <b>small</b> one");
  await view.page.getByRole("textbox", { name: "Name" }).blur();
  assert.equal(await rows.first().locator(".name").innerText(), "the <b>small</b> one");
  await view.page.getByRole("checkbox", { name: "Show the <b>small</b> one in the curves" }).uncheck();
  assert.equal((await studio(view)).runs[1].visible, false);
  await press(view, "Delete the run");
  await view.page.getByText("the <b>small</b> one was deleted.").waitFor();
  assert.equal(await rows.count(), 1);
  await press(view, "Undo");
  await view.page.waitForFunction(() => document.querySelectorAll("train-runs tbody tr:not(.under)").length === 2);
  await view.page.reload();
  await ready(view);
  const { runs } = await studio(view);
  assert.deepEqual(runs.map(({ name }) => name), ["Run 1", "the <b>small</b> one"]);
  assert.deepEqual(runs.map(({ losses }) => losses.length), [40, 40]);
});

pageTest("an experiment trains its runs side by side, and leaving it is one click", async ({ open }) => {
  const view = await open("?screen=train&v=1");
  await ready(view);
  await view.page.getByRole("button", { name: /^Vanilla RNN against LSTM/ }).click();
  assert.match(await view.page.locator("train-tries").innerText(), /Train begins 2 runs side by side: vanilla RNN, LSTM\./);
  assert.match(view.page.url(), /try=rnn-lstm/);
  await press(view, "Train");
  await trained(view, 6, 0);
  await trained(view, 6, 1);
  await press(view, "Pause");
  await until(view, "paused");
  const { runs } = await studio(view);
  assert.deepEqual(runs.map(({ cell }) => cell), ["rnn", "lstm"]);
  assert.ok(Math.abs(runs[0].updates - runs[1].updates) < 0.2 * runs[0].updates + 20, `${runs[0].updates} and ${runs[1].updates}`);
  assert.match(runs[0].name, /vanilla RNN/);
  await view.page.locator("train-setup").getByRole("combobox", { name: "Cell", exact: true }).selectOption("gru");
  assert.equal((await studio(view)).view.experiment, "", "whoever chooses the cell has left a comparison of cells");
});

pageTest("axe finds nothing, on a desk, on a phone and on a projector", async ({ open }) => {
  for (const [size, colorScheme, more] of /** @type {const} */ ([[DESKTOP, "light", ""], [PHONE, "dark", ""], [PROJECTOR, "dark", "&projector=1"]])) {
    const view = await open(`${SMALL}&updates=40${more}`, { ...size, colorScheme });
    await ready(view);
    await press(view, "Train");
    await until(view, "done");
    await view.page.locator("train-runs .more").first().click();
    if (size === PHONE) await view.page.getByRole("button", { name: "Set-up", exact: true }).click();
    await view.page.getByText("More settings").click();
    const wide = await view.page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(wide <= size.width, `${wide} px wide at ${size.width}`);
    await view.screenshot(`train-${size.width}`, { fullPage: true });
    await view.page.evaluate(await readFile(AXE, "utf8"));
    const found = await view.page.evaluate(async () => {
      const { violations } = await /** @type {any} */ (globalThis).axe.run(document);
      return violations.map((/** @type {any} */ v) => `${v.impact} ${v.id}: ${v.nodes.map((/** @type {any} */ n) => n.target.join(" ")).slice(0, 5).join(", ")}`);
    });
    assert.deepEqual(found, [], `${size.width}`);
  }
}, { timeout: 120_000 });
