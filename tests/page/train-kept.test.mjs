// What is kept of a training: checkpoints through a reload and a crash of the worker, files out and in, a network opened in
// Step; and what is said of files that are none.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { assert, pageTest, ROOT } from "./harness.mjs";
import { kept, notice, press, ready, SMALL, studio, trained, until } from "./train-tools.mjs";

/** @param {import("./harness.mjs").View} view */
const details = (view) => view.page.locator("train-runs .more").first().click();

/** Slow enough to be interrupted in time. */
const SLOW = "?screen=train&v=1&hidden=48&every=20&validation=64";

pageTest("a reload loses little: the run is offered, goes on, and ends as if it had never stopped", async ({ open }) => {
  const view = await open(`${SLOW}&updates=400`);
  await ready(view);
  await press(view, "Train");
  await until(view, "done");
  await press(view, "One update");
  await trained(view, 401);
  // The same once more, interrupted on its way: another seed and back, so that it is a new run.
  await view.page.goto(new URL(`${SLOW}&updates=400000`, view.page.url()).href);
  await ready(view);
  await press(view, "Train");
  await trained(view, 100, 1);
  await press(view, "Pause");
  await view.page.waitForFunction(() => /** @type {any} */ (document.querySelector("train-transport")).studio.state === "paused");
  await view.page.waitForFunction(() => {
    const run = /** @type {any} */ (document.querySelector("train-transport")).studio.runs[1];
    return run.checkpoints.some((/** @type {any} */ one) => one.kind === "auto" && one.update === run.updates);
  });
  const before = (await studio(view)).runs[1];
  await view.page.waitForTimeout(300);
  await view.page.reload();
  await ready(view);
  const offer = view.page.locator(".offer");
  assert.match(await offer.innerText(), new RegExp(`Run 2 was interrupted; Run 2 is kept up to update ${before.updates.toLocaleString("en")} of 400,000`));
  const again = (await studio(view)).runs;
  assert.deepEqual(again.map(({ state }) => state), ["paused", "kept"].map((s, k) => (k === 0 ? again[0].state : s)));
  assert.deepEqual(again[1].losses.slice(0, 50), before.losses.slice(0, 50));
  await offer.getByRole("button", { name: "Continue Run 2" }).click();
  await trained(view, before.updates + 50, 1);
  await press(view, "Stop");
  await until(view, "stopped");
  const [first, second] = (await studio(view)).runs;
  const both = second.at.flatMap((update, k) => (update <= 400 ? [[second.losses[k], first.losses[update - 1]]] : []));
  assert.ok(second.at.some((update) => update > before.updates && update <= 400), `interrupted at ${before.updates}: nothing to compare after that`);
  assert.deepEqual(both.map(([here]) => here), both.map(([, there]) => there), "going on from a checkpoint is never having stopped");
});

pageTest("a crash of the worker is told, and the last checkpoint goes on", async ({ open }) => {
  const view = await open(`${SMALL}&updates=400000`);
  view.expect(/on purpose/);
  await ready(view);
  await press(view, "Train");
  await trained(view, 60);
  await press(view, "Pause");
  await kept(view, "auto");
  await press(view, "Continue");
  await until(view, "training");
  const worker = view.page.workers().find((one) => one.url().endsWith("engine/train-worker.js"));
  assert.ok(worker);
  await worker.evaluate(() => void setTimeout(() => { throw new Error("on purpose"); }));
  await until(view, "crashed");
  assert.match(await notice(view), /The worker that trains has crashed \(.*on purpose.*\)\. Run 1 is kept up to update [\d,]+; “Continue” in its row goes on from there\./);
  const { state, runs } = await studio(view);
  assert.equal(state, "idle");
  const from = runs[0].kept.at(-1)?.update ?? 0;
  assert.ok(from >= 60);
  await details(view);
  await view.page.locator("train-runs .deeds").getByRole("button", { name: "Continue", exact: true }).click();
  // (The run still tells the updates that were lost: that many say nothing yet.)
  await until(view, "training");
  await trained(view, from + 40);
  await press(view, "Stop");
});

pageTest("the page goes on while it trains, and a hidden page saves", async ({ open }) => {
  const view = await open(`${SMALL}&updates=400000`);
  await ready(view);
  await press(view, "Train");
  await trained(view, 30);
  await view.page.evaluate(() => {
    Object.defineProperty(document, "visibilityState", { value: "hidden", configurable: true });
    dispatchEvent(new Event("visibilitychange"));
  });
  await kept(view, "auto");
  const frames = await view.page.evaluate(
    () =>
      new Promise((resolve) => {
        /** @type {number[]} */
        const at = [];
        const frame = (/** @type {number} */ now) => (at.push(now) < 60 ? requestAnimationFrame(frame) : resolve(at.slice(1).map((t, k) => t - at[k])));
        requestAnimationFrame(frame);
      }),
  );
  const longest = Math.max(.../** @type {number[]} */ (frames));
  assert.ok(longest < 250, `a frame took ${longest} ms while training`);
});

pageTest("checkpoints are kept by hand, leave as files, come back, and open in Step", async ({ open }) => {
  const view = await open(`${SMALL}&updates=60`);
  await ready(view);
  await press(view, "Train");
  await until(view, "done");
  await details(view);
  await press(view, "Keep a checkpoint now");
  await kept(view, "hand");
  const row = view.page.locator(".checkpoints li", { hasText: "kept by hand" });
  /** @type {import("playwright-core").Download[]} */
  const downloads = [];
  view.page.on("download", (download) => downloads.push(download));
  const wanted = ["run-1-60.json", "run-1-60.safetensors"];
  const named = () => new Map(downloads.map((one) => [one.suggestedFilename(), one]));
  // The browser sometimes swallows a download that follows another at once: a person would click again, too.
  for (let tries = 0; tries < 4 && named().size < 2; tries++) {
    await row.getByRole("button", { name: "Export" }).click();
    for (let i = 0; i < 60 && named().size < 2; i++) await view.page.waitForTimeout(50);
  }
  assert.deepEqual([...named().keys()].sort(), wanted);
  const files = await Promise.all([...named()].map(async ([name, one]) => ({ name, mimeType: "application/octet-stream", buffer: await readFile(await one.path()) })));
  const about = JSON.parse(String(files.find(({ name }) => name.endsWith(".json"))?.buffer));
  assert.equal(about.format, "unrolled-run");
  assert.equal(about.setup.network.hidden, 8);
  assert.match(await view.page.locator(".snippet pre").textContent() ?? "", /torch\.nn\.LSTM\(1, 8\)/);

  const input = view.page.locator("#train-import");
  await input.setInputFiles(files);
  await trained(view, 60, 1);
  // Without its .json it says itself what it is.
  await input.setInputFiles(files.filter(({ name }) => name.endsWith(".safetensors")));
  await trained(view, 60, 2);
  const { runs } = await studio(view);
  assert.deepEqual(runs.map(({ name }) => name), ["Run 1", "Run 1", "run-1-60"]);
  assert.deepEqual(await view.page.locator("train-runs .differs").allInnerTexts().then((all) => all.slice(0, 2)), ["nothing: the same once more", "nothing: the same once more"]);
  await view.page.locator("train-runs .more").first().click();
  await view.page.locator("train-runs .deeds").first().getByRole("button", { name: "Continue", exact: true }).click();
  await trained(view, 120, 2);
  await until(view, "done");

  await row.last().getByRole("button", { name: "Open in Step" }).click();
  await view.page.waitForFunction(() => document.documentElement.dataset.screen === "step" && location.search.includes("weights=file"));
  assert.match(await view.page.locator("network-panel").innerText(), /Showing run-1-60\.safetensors/);
  assert.ok(!view.page.url().includes("screen=train"));
});

pageTest("a file that is no checkpoint is refused in a sentence, and nothing changes", async ({ open }) => {
  const view = await open(SMALL);
  await ready(view);
  const input = view.page.locator("#train-import");
  const weights = await readFile(join(ROOT, "tests/golden/files/lstm-fc.safetensors"));
  const bad = [
    ["noise.safetensors", Buffer.from("this is not a checkpoint at all"), /noise\.safetensors was not imported: .*expected/],
    ["short.safetensors", Buffer.from([1, 2, 3]), /short\.safetensors was not imported: .*expected/],
    ["weights.safetensors", weights, /weights\.safetensors was not imported: .*expected a checkpoint of a training/],
    ["cut.safetensors", weights.subarray(0, weights.length - 40), /cut\.safetensors was not imported: /],
    ["about.json", Buffer.from("{}"), /about\.json was not imported: expected a \.safetensors file/],
  ];
  for (const [name, buffer, words] of /** @type {[string, Buffer, RegExp][]} */ (bad)) {
    await input.setInputFiles([{ name, mimeType: "application/octet-stream", buffer }]);
    await view.page.waitForFunction((name) => document.querySelector("#notice")?.textContent?.includes(String(name)), name);
    assert.match(await notice(view), words);
    await view.page.getByRole("button", { name: "Close this message" }).click();
  }
  assert.deepEqual((await studio(view)).runs, []);
});
