// The Step screen as a person meets it: the first view, keys, scrub, links, files, messages, and nothing for axe to find.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createRequire } from "node:module";
import { assert, DESKTOP, pageTest, PHONE, PROJECTOR, ROOT } from "./harness.mjs";

const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const STILL = { reducedMotion: /** @type {const} */ ("reduce") };

/** @param {import("./harness.mjs").View} view */
const ready = (view) => view.page.waitForFunction(() => document.documentElement.dataset.view === "ready");
/** @param {import("./harness.mjs").View} view */
const scrub = (view) => view.page.getByRole("slider", { name: "Step", exact: true });
/** The step, counted from 1. @param {import("./harness.mjs").View} view */
const step = async (view) => Number(await scrub(view).getAttribute("aria-valuenow"));
/** Waits until the address has, or lacks, a piece. @param {import("./harness.mjs").View} view @param {string} piece */
const address = (view, piece, there = true) =>
  view.page.waitForFunction(([piece, there]) => location.search.includes(String(piece)) === there, /** @type {const} */ ([piece, there]));
/** @param {import("./harness.mjs").View} view */
const notice = (view) => view.page.locator("#notice").innerText();
/** The session's view, as the page shows it. @param {import("./harness.mjs").View} view */
const state = (view) => view.page.evaluate(() => /** @type {any} */ (document.querySelector("sequence-view")).session.state);

pageTest("the first view plays by itself", async ({ open, t }) => {
  const view = await open("");
  await ready(view);
  t.diagnostic(`ready ${(await view.page.evaluate(() => performance.now())).toFixed(0)} ms after the page was asked for`);
  const first = await step(view);
  await view.page.waitForFunction((first) => Number(document.querySelector("transport-bar [role=slider]")?.getAttribute("aria-valuenow")) > first, first);
  assert.equal(await view.page.getByRole("button", { name: "Pause" }).count(), 1);
  assert.match(await view.page.locator("sequence-view h2").innerText(), /Temperature at New York JFK/);
  assert.match(await view.page.locator("sequence-view .forecast").first().innerText(), /forecast −?\d+\.\d °C, measured −?\d+\.\d °C/);
});

pageTest("with reduced motion nothing plays by itself", async ({ open }) => {
  const view = await open("", STILL);
  await ready(view);
  const first = await step(view);
  await view.page.waitForTimeout(700);
  assert.equal(await step(view), first);
  assert.equal(await view.page.getByRole("button", { name: "Play" }).count(), 1);
});

pageTest("what is shown first needs no scrolling", async ({ open }) => {
  const view = await open("", { ...DESKTOP, ...STILL });
  await ready(view);
  for (const name of ["sequence-view", "unrolled-picture", "transport-bar"]) {
    const box = await view.page.locator(name).boundingBox();
    assert.ok(box && box.y + box.height <= DESKTOP.height, `${name} ends at ${box && box.y + box.height}`);
  }
  const details = await view.page.locator("#details").boundingBox();
  assert.ok(details && details.y < DESKTOP.height - 40, "inspector and plots begin below the fold");
  for (const size of [DESKTOP, PHONE, PROJECTOR]) {
    await view.page.setViewportSize(size);
    const wide = await view.page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(wide <= size.width, `${wide} px wide at ${size.width}`);
  }
});

pageTest("keys step, jump and play, but not while typing", async ({ open }) => {
  const view = await open("?v=1&t=10", STILL);
  await ready(view);
  const { keyboard } = view.page;
  await keyboard.press("ArrowRight");
  assert.equal(await step(view), 12);
  await keyboard.press("ArrowLeft");
  await keyboard.press("ArrowLeft");
  assert.equal(await step(view), 10);
  await keyboard.press("Shift+ArrowRight");
  assert.equal(await step(view), 20);
  await keyboard.press("End");
  assert.equal(await step(view), 72);
  await keyboard.press("ArrowRight");
  assert.equal(await step(view), 72);
  await keyboard.press("Home");
  assert.equal(await step(view), 1);
  await keyboard.press(" ");
  await view.page.getByRole("button", { name: "Pause" }).waitFor();
  await keyboard.press(" ");
  await view.page.getByRole("button", { name: "Play" }).waitFor();
  await keyboard.press("Home");
  await keyboard.press("ArrowRight");

  const choice = await view.page.locator("top-bar .choice label").nth(1).boundingBox();
  assert.ok(choice);
  await view.page.mouse.click(choice.x + choice.width / 2, choice.y + choice.height / 2);
  assert.equal((await state(view)).mode, "backward");
  await keyboard.press("ArrowRight");
  assert.equal(await step(view), 3, "a click on a choice leaves the arrow keys to the page");

  await view.page.goto(new URL("?v=1&read=sentence&t=3", view.page.url()).href);
  await ready(view);
  const text = view.page.getByRole("textbox", { name: "Sentence" }).first();
  await text.focus();
  await keyboard.press("Home");
  await keyboard.press("ArrowRight");
  await keyboard.type(" ");
  assert.equal(await step(view), 4);
});

pageTest("the scrub bar is a slider that speaks its step", async ({ open }) => {
  const view = await open("?v=1&t=63", STILL);
  await ready(view);
  const bar = scrub(view);
  assert.equal(await bar.getAttribute("aria-valuetext"), "step 64 of 72, 24 November 2013 06:00 UTC, −2.2 °C");
  await bar.focus();
  await bar.press("PageDown");
  assert.equal(await step(view), 54);
  const box = await bar.boundingBox();
  assert.ok(box);
  await view.page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await view.page.mouse.down();
  const middle = await step(view);
  assert.ok(middle > 30 && middle < 40, `the middle is step ${middle}`);
  await view.page.mouse.move(box.x + box.width, box.y + box.height / 2, { steps: 5 });
  await view.page.mouse.up();
  assert.equal(await step(view), 72);
  await address(view, "t=71");
});

pageTest("a step back shows what was shown before", async ({ open }) => {
  const view = await open("?v=1&t=20", STILL);
  await ready(view);
  const read = () => view.page.locator("sequence-view .readout").innerText();
  const before = await read();
  await view.page.getByRole("button", { name: "One step forward" }).click();
  assert.notEqual(await read(), before);
  await view.page.getByRole("button", { name: "One step back" }).click();
  assert.equal(await read(), before);
});

pageTest("the whole view is in the address: reload, back and forward restore it", async ({ open }) => {
  const view = await open("?v=1&t=5", STILL);
  await ready(view);
  await view.page.getByRole("radio", { name: "GRU", exact: true }).check({ force: true });
  await address(view, "cell=gru");
  await view.page.getByRole("radio", { name: "Backward" }).check({ force: true });
  await address(view, "mode=backward");
  await scrub(view).focus();
  await view.page.keyboard.press("End");
  await address(view, "t=71");
  const before = await state(view);
  await view.page.reload();
  await ready(view);
  assert.deepEqual(await state(view), before);
  assert.equal(await view.page.getByRole("button", { name: "Play" }).count(), 1, "a view that was left at a step stays there");

  await view.page.goBack();
  await view.page.waitForFunction(() => !location.search.includes("mode="));
  await view.page.waitForFunction(() => /** @type {any} */ (document.querySelector("sequence-view")).session.state.mode === "forward");
  assert.equal((await state(view)).network.cell, "gru");
  await view.page.goBack();
  await view.page.waitForFunction(() => /** @type {any} */ (document.querySelector("sequence-view")).session.state.network.cell === "lstm");
  await view.page.goForward();
  await view.page.waitForFunction(() => /** @type {any} */ (document.querySelector("sequence-view")).session.state.network.cell === "gru");
});

pageTest("a drag of a slider is one step of history", async ({ open }) => {
  const view = await open("?v=1&t=5&weights=random", STILL);
  await ready(view);
  const length = await view.page.evaluate(() => history.length);
  const bar = view.page.getByRole("slider", { name: "Hidden units H" });
  const box = await bar.boundingBox();
  assert.ok(box);
  await view.page.mouse.move(box.x + box.width * 0.63, box.y + box.height / 2);
  await view.page.mouse.down();
  for (const share of [0.5, 0.4, 0.3]) await view.page.mouse.move(box.x + box.width * share, box.y + box.height / 2);
  await view.page.mouse.up();
  await address(view, "hidden=");
  assert.equal(await view.page.evaluate(() => history.length), length + 1);
  await view.page.goBack();
  await view.page.waitForFunction(() => /** @type {any} */ (document.querySelector("sequence-view")).session.state.network.hidden === 32);
});

pageTest("a hostile link is clamped, said, and shown", async ({ open }) => {
  const view = await open("?v=1&steps=1e9&hidden=-5&weights=random&cell=<script>alert(1)</script>&station=__proto__&change=hold~9~9~zz~all~1~0~5&t=1e12&unit=4095&lane=constructor", STILL);
  await ready(view);
  assert.match(await notice(view), /“steps” was 1000000000; expected 2 … 1000\. 1000 is used\./);
  const { data, network, interventions, selection } = await state(view);
  assert.equal(data.steps, 1000);
  assert.equal(network.hidden, 1);
  assert.deepEqual(interventions, []);
  assert.equal(selection.t, 999);
  assert.equal(selection.unit, 0);
  await view.page.getByRole("button", { name: "Close this message" }).click();
  assert.equal(await notice(view), "");
});

pageTest("a reading can be changed, is marked, and comes back", async ({ open }) => {
  const view = await open("?v=1&t=20", STILL);
  await ready(view);
  const box = view.page.locator("sequence-view input.value");
  const measured = await box.inputValue();
  await box.fill("-12.5");
  await box.press("Enter");
  await address(view, "edit=20~-12.5");
  assert.equal(await view.page.locator("sequence-view .edited circle").count(), 1);
  assert.ok(await view.page.evaluate(() => /** @type {any} */ (document.querySelector("sequence-view")).session.ghost !== null), "the untouched run stays visible");
  await view.page.getByRole("button", { name: "as measured" }).click();
  assert.equal(await box.inputValue(), measured);
  await view.page.locator("sequence-view .handle").focus();
  await view.page.keyboard.press("ArrowUp");
  assert.equal(Number(await box.inputValue()), Number(measured) + 0.5);
});

pageTest("a reading can be dragged", async ({ open }) => {
  const view = await open("?v=1&t=20", STILL);
  await ready(view);
  const handle = await view.page.locator("sequence-view .handle").boundingBox();
  assert.ok(handle);
  await view.page.mouse.move(handle.x + handle.width / 2, handle.y + handle.height / 2);
  await view.page.mouse.down();
  await view.page.mouse.move(handle.x + handle.width / 2, handle.y + 50, { steps: 4 });
  await view.page.mouse.up();
  const { data, selection } = await state(view);
  assert.equal(selection.t, 20);
  assert.equal(data.edits.length, 1);
  assert.ok(data.edits[0].value < 5, `${data.edits[0].value} °C`);
});

pageTest("the window on the year moves by keys and by dragging", async ({ open }) => {
  const view = await open("?v=1&t=5", STILL);
  await ready(view);
  const strip = view.page.getByRole("slider", { name: "Window on the year" });
  await strip.focus();
  await strip.press("PageDown");
  await address(view, "from=2013-11-14T15");
  const box = await strip.boundingBox();
  assert.ok(box);
  await view.page.mouse.click(box.x + box.width * 0.3, box.y + box.height / 2);
  await address(view, "from=2013-04");
});

pageTest("sentences: words, unknown words, what it answers after each", async ({ open }) => {
  const view = await open("?v=1&t=0", STILL);
  await ready(view);
  await view.page.getByRole("radio", { name: "Sentence" }).check({ force: true });
  await view.page.locator("sequence-view .chip").first().waitFor();
  assert.equal(await view.page.locator("sequence-view .chip").count(), 10);
  await view.page.keyboard.press("Escape");
  await scrub(view).focus();
  await view.page.keyboard.press("End");
  const answer = await view.page.locator("sequence-view .readout").innerText();
  assert.match(answer, /singular \d+ %, plural \d+ % · right: plural/);
  const text = view.page.locator("sequence-view").getByRole("textbox", { name: "Sentence" });
  await text.fill("the zebra near the old towers");
  await text.press("Enter");
  await view.page.waitForFunction(() => document.querySelectorAll("sequence-view .chip").length === 6);
  assert.equal(await view.page.locator("sequence-view .chip.unknown").count(), 1);
  await text.fill("???");
  await text.press("Enter");
  assert.match(await notice(view), /at least one word/);
  assert.equal(await view.page.locator("sequence-view .chip").count(), 6, "what was there stays");
});

pageTest("a wave and a drawing are read too", async ({ open }) => {
  const view = await open("?v=1&t=0", STILL);
  await ready(view);
  await view.page.getByRole("radio", { name: "Wave" }).check({ force: true });
  await address(view, "read=wave");
  await view.page.getByRole("radio", { name: "Draw" }).check({ force: true });
  const box = await view.page.locator("sequence-view .chart").first().boundingBox();
  assert.ok(box);
  await view.page.mouse.move(box.x + 100, box.y + 20);
  await view.page.mouse.down();
  await view.page.mouse.move(box.x + box.width - 40, box.y + 80, { steps: 12 });
  await view.page.mouse.up();
  await address(view, "drawn=");
  const { data } = await state(view);
  assert.equal(data.drawn.length, data.steps + 1);
  assert.ok(data.drawn[2] > data.drawn[data.steps - 2], "the line falls as it was drawn");
});

pageTest("a file: shown when it is good, refused in words when it is not", async ({ open }) => {
  const view = await open("?v=1&t=40", STILL);
  await ready(view);
  const choose = view.page.locator("#file-choose");
  await choose.setInputFiles({ name: "broken.safetensors", mimeType: "application/octet-stream", buffer: Buffer.from("not a network at all") });
  await view.page.locator("#notice p").waitFor();
  assert.match(await notice(view), /broken\.safetensors was not opened.*What was shown stays/s);
  assert.equal((await state(view)).network.source, "trained");
  const good = await readFile(join(ROOT, "assets", "weights", "temperature-gru.safetensors"));
  await choose.setInputFiles({ name: "mine.safetensors", mimeType: "application/octet-stream", buffer: good });
  await address(view, "weights=file");
  const { network } = await state(view);
  assert.deepEqual([network.source, network.cell, network.hidden], ["file", "gru", 37]);
  assert.match(await view.page.locator("network-panel").innerText(), /mine\.safetensors/);
  await view.page.reload();
  await ready(view);
  assert.equal((await state(view)).network.source, "file", "a reload keeps the file in its tab");
  const sentences = await readFile(join(ROOT, "assets", "weights", "sentences-bilstm.safetensors"));
  await choose.setInputFiles({ name: "words.safetensors", mimeType: "application/octet-stream", buffer: sentences });
  await view.page.locator("sequence-view .chip").first().waitFor();
});

pageTest("every combination of the panel can be chosen without an error", async ({ open }) => {
  const view = await open("?v=1&t=3", STILL);
  await ready(view);
  const trouble = await view.page.evaluate(async () => {
    const { session } = /** @type {any} */ (document.querySelector("sequence-view"));
    /** @type {string[]} */
    const said = [];
    session.addEventListener("error", (/** @type {any} */ event) => said.push(event.detail.message));
    for (const kind of ["weather", "sentence", "wave", "draw"]) {
      for (const { name, variants } of session.registry.cells) {
        for (const { options } of variants) {
          for (const bidirectional of [false, true]) {
            for (const mode of ["forward", "backward"]) {
              const network = { source: "random", cell: name, options, bidirectional, layers: 2, hidden: 5, spectralRadius: 1.1, memoryBias: 1 };
              await session.set({ data: { kind }, network, mode, loss: "every" });
              const { state } = session;
              if (state.network.cell !== name || session.summary.hidden !== 5) said.push(`${kind} ${name} was not shown`);
              if (mode === "backward" && !(session.needGradients().loss >= 0)) said.push(`${kind} ${name}: loss ${session.needGradients().loss}`);
              if (!session.spec || session.prediction(0) === null) said.push(`${kind} ${name}: nothing is said`);
            }
          }
        }
      }
    }
    return said;
  });
  assert.deepEqual(trouble, []);
});

pageTest("experiments are shown with one click", async ({ open }) => {
  const view = await open("", STILL);
  await ready(view);
  const list = view.page.locator("try-list button");
  for (let k = 0; k < (await list.count()); k++) {
    await list.nth(k).click();
    await view.page.waitForFunction((k) => document.querySelectorAll("try-list button")[k].ariaCurrent === "true", k);
    assert.equal(await notice(view), "");
  }
});

pageTest("an error says what to do", async ({ open }) => {
  const view = await open("", STILL);
  await ready(view);
  view.expect(/unrolled_first\.wasm|index\.json|404|CompileError|WebAssembly/);
  await view.context.route("**/index.json", (route) => route.fulfill({ status: 404 }));
  await view.page.reload();
  await view.page.waitForFunction(() => document.documentElement.dataset.view === "failed");
  assert.match(await view.page.locator("#loading").innerText(), /serve the whole dist folder.*assets\/weights\/index\.json.*Try again/s);
  await view.context.route("**/unrolled_first.wasm", (route) => route.fulfill({ status: 404 }));
  await view.page.reload();
  await view.page.waitForFunction(() => document.documentElement.dataset.view === "failed");
  assert.match(await view.page.locator("#loading").innerText(), /cargo xtask build/);
});

for (const [name, path, options] of /** @type {[string, string, any][]} */ ([
  ["desktop", "?v=1&t=40", DESKTOP],
  ["desktop-dark-backward", "?v=1&t=40&mode=backward", { ...DESKTOP, colorScheme: "dark" }],
  ["phone", "?v=1&t=40", PHONE],
  ["phone-dark-sentence", "?v=1&read=sentence&t=5", { ...PHONE, colorScheme: "dark" }],
  ["projector", "?v=1&t=40&projector=1", PROJECTOR],
])) {
  pageTest(`axe finds nothing on ${name}`, async ({ open }) => {
    const view = await open(path, { ...options, ...STILL });
    await ready(view);
    await view.screenshot(`step-${name}`, { fullPage: true });
    await view.page.evaluate(await readFile(AXE, "utf8"));
    const found = await view.page.evaluate(async () => {
      const { violations } = await /** @type {any} */ (globalThis).axe.run(document);
      return violations.map((/** @type {any} */ v) => `${v.impact} ${v.id}: ${v.nodes.map((/** @type {any} */ n) => n.target.join(" ")).slice(0, 5).join(", ")}`);
    });
    assert.deepEqual(found, []);
  });
}
