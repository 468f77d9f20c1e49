// Training by WebGPU as a person meets it, on Chromium's software adapter: chosen it trains, left to itself the page takes the CPU and
// says why; a GPU that is lost in the middle loses nothing; what is not needed is given back.
import { assert, getBrowser, pageTest } from "./harness.mjs";
import { notice, press, ready, SMALL, studio, trained, until } from "./train-tools.mjs";

/** @typedef {import("./harness.mjs").View} View */

/** What the GPU's losses may differ by from the CPU's after some tens of updates, relatively: f32 sums in another order. */
const TOLERANCE = 2e-4;

const said = (/** @type {View} */ view) => view.page.locator("train-transport .engine").innerText();
const speed = (/** @type {View} */ view) => view.page.locator("train-transport .speed").innerText();
const engine = (/** @type {View} */ view) => view.page.evaluate(() => /** @type {any} */ (document.querySelector("train-transport")).studio.current?.engine);
/** Waits until the current run trains on this engine. @param {View} view @param {string} on */
const trainsOn = (view, on) =>
  view.page.waitForFunction((on) => /** @type {any} */ (document.querySelector("train-transport")).studio.current?.engine?.on === on, on, { timeout: 60_000 });

/** Has the worker remember the devices that it opens from now on. @param {View} view */
async function watchDevices(view) {
  await view.page.waitForFunction(() => /** @type {any} */ (document.querySelector("train-transport")).studio.registry);
  while (view.page.workers().length === 0) await view.page.waitForTimeout(20);
  const [worker] = view.page.workers();
  await worker.evaluate(() => {
    const world = /** @type {any} */ (globalThis);
    const adapter = world.GPUAdapter.prototype;
    const { requestDevice } = adapter;
    world.opened = [];
    adapter.requestDevice = async function (/** @type {any[]} */ ...args) {
      const device = await requestDevice.apply(this, args);
      const entry = { device, lost: "" };
      world.opened.push(entry);
      void device.lost.then((/** @type {any} */ { reason }) => (entry.lost = reason));
      return device;
    };
  });
  return {
    /** Why each was lost; empty while it is open. */
    lost: () => worker.evaluate(() => /** @type {any} */ (globalThis).opened.map((/** @type {any} */ one) => one.lost)),
    destroy: () => worker.evaluate(() => /** @type {any} */ (globalThis).opened.at(-1).device.destroy()),
  };
}

/** Every update once, and every loss the CPU's, as far as sums in another order agree. @param {any} run @param {any} beside */
function same(run, beside) {
  assert.deepEqual(run.at, beside.at);
  assert.ok(run.losses.length > 10);
  for (const [k, loss] of run.losses.entries()) {
    const distance = Math.abs(loss - beside.losses[k]) / beside.losses[k];
    assert.ok(distance < TOLERANCE, `update ${run.at[k]}: ${loss} beside ${beside.losses[k]}`);
  }
}

/** The same run on the CPU, beside the one that is there. @param {View} view */
async function onCpu(view) {
  await view.page.getByRole("radio", { name: "CPU", exact: true }).check();
  await view.page.evaluate(() => /** @type {any} */ (document.querySelector("train-transport")).studio.conductor.begin());
  await view.page.waitForFunction(() => /** @type {any} */ (document.querySelector("train-transport")).studio.runs[1]?.state === "done", null, { timeout: 60_000 });
}

pageTest("chosen, the GPU trains, says that it is software and how slow, and learns what the CPU learns", async ({ open, t }) => {
  const view = await open(`${SMALL}&updates=40&engine=gpu`, { webgpu: true });
  await ready(view);
  await press(view, "Train");
  await trainsOn(view, "gpu");
  t.diagnostic(await said(view));
  assert.match(await said(view), /^On a GPU that a program imitates \(software adapter\), [\d.]+× slower than the CPU\. CPU [\d.]+ ms, GPU [\d.]+ m?s an update\. [\d.]+ [KM]B of its memory in use, \d+ dispatches an update\.$/);
  await until(view, "done", 60_000);
  assert.match(await said(view), /s an update\. Its memory is given back, \d+ dispatches an update\.$/);
  assert.match(await speed(view), /^GPU \(WebGPU\), in software, [\d,]+ examples\/s/);
  await onCpu(view);
  assert.equal(await said(view), "On the CPU, as chosen.");
  const { runs, view: setup } = await studio(view);
  assert.equal(setup.engine, "cpu");
  assert.match(view.page.url(), /engine=cpu/);
  same(runs[0], runs[1]);
  assert.notDeepEqual(runs[0].losses, runs[1].losses, "to the last bit: it was the CPU");
  assert.equal(await notice(view), "");
}, { timeout: 120_000 });

pageTest("left to itself the page takes no software adapter, and says why", async ({ open }) => {
  for (const [webgpu, why] of /** @type {const} */ ([[true, /^On the CPU: the only adapter is a program that imitates one, slower than the CPU engine\.$/], [false, /^On the CPU: (no adapter is offered|this browser has no WebGPU)/]])) {
    const view = await open(`${SMALL}&updates=40`, { webgpu });
    await ready(view);
    await press(view, "Train");
    await until(view, "done");
    assert.match(await said(view), why);
    assert.match(await speed(view), /^CPU \(WebAssembly\)/);
    assert.equal(await notice(view), "");
    await press(view, "Find the crossover");
    const found = view.page.locator("train-crossover .crossover");
    await view.page.waitForFunction(() => !/^(Measuring|$)/.test(document.querySelector("train-crossover .crossover")?.textContent ?? ""), null, { timeout: 60_000 });
    assert.match(await found.innerText(), webgpu ? /^The CPU is faster at every size measured: [\d.]+× faster at H = \d+\. Measured at H = 16/ : /^There is no crossover to find: /);
    await view.close();
  }
}, { timeout: 120_000 });

pageTest("an adapter that calls itself a graphics processor is timed, the faster engine taken, and the crossover found", async ({ open, t }) => {
  // (Not a short run by its operations, though it takes a second or two.)
  const view = await open(`${SMALL.replace("hidden=8&batch=8", "hidden=64&batch=64")}&updates=240`, { webgpu: true });
  await ready(view);
  while (view.page.workers().length === 0) await view.page.waitForTimeout(20);
  const devices = await watchDevices(view);
  await view.page.workers()[0].evaluate(() => {
    const { GPUAdapterInfo } = /** @type {any} */ (globalThis);
    Object.defineProperty(GPUAdapterInfo.prototype, "isFallbackAdapter", { get: () => false });
  });
  await press(view, "Train");
  await until(view, "done");
  assert.match(await said(view), /^On the CPU, which is the faster here\. CPU [\d.]+ m?s, GPU [\d.]+ m?s an update\.$/);
  await view.page.waitForFunction(() => /^The CPU is faster at every size/.test(document.querySelector("train-crossover .crossover")?.textContent ?? ""), null, { timeout: 60_000 });
  t.diagnostic(`${await said(view)} ${await view.page.locator("train-crossover .crossover").innerText()}`);
  assert.ok((await devices.lost()).every((/** @type {string} */ why) => why !== ""), "what is not used is given back");
  // Timing has left no trace in the run.
  await onCpu(view);
  const { runs } = await studio(view);
  assert.deepEqual(runs[0].losses, runs[1].losses);
}, { timeout: 120_000 });

pageTest("left to itself the page trains on an adapter that is the faster", async ({ open }) => {
  const view = await open(`${SMALL}&updates=400000`, { webgpu: true });
  await ready(view);
  while (view.page.workers().length === 0) await view.page.waitForTimeout(20);
  // No adapter here is: its waits are left out of the worker's clock until it has chosen, so that it looks like one.
  await view.page.workers()[0].evaluate(() => {
    const world = /** @type {any} */ (globalThis);
    Object.defineProperty(world.GPUAdapterInfo.prototype, "isFallbackAdapter", { get: () => false });
    let tick = 0;
    performance.now = () => (tick += 10);
  });
  await press(view, "Train");
  await trainsOn(view, "gpu");
  assert.match(await said(view), /^On the GPU, which is the faster here\. CPU [\d.]+ m?s, GPU [\d.]+ m?s an update\. /);
  await trained(view, 1);
  await press(view, "Stop");
}, { timeout: 120_000 });

pageTest("a run that is over in a moment does not wait for a GPU", async ({ open }) => {
  const view = await open(`${SMALL}&updates=40`, { webgpu: true });
  await ready(view);
  while (view.page.workers().length === 0) await view.page.waitForTimeout(20);
  const devices = await watchDevices(view);
  await view.page.workers()[0].evaluate(() => {
    const { GPUAdapterInfo } = /** @type {any} */ (globalThis);
    Object.defineProperty(GPUAdapterInfo.prototype, "isFallbackAdapter", { get: () => false });
  });
  await press(view, "Train");
  await until(view, "done");
  assert.equal(await said(view), "On the CPU: so short a run is over before a GPU is ready.");
  // (The crossover, found afterwards, has devices of its own.)
  await view.page.waitForFunction(() => /^The CPU is faster at every size/.test(document.querySelector("train-crossover .crossover")?.textContent ?? ""), null, { timeout: 60_000 });
  assert.ok((await devices.lost()).every((/** @type {string} */ why) => why !== ""), "what is not used is given back");
}, { timeout: 120_000 });

pageTest("without WebGPU the CPU trains, and says so", async ({ open }) => {
  const view = await open(`${SMALL}&updates=20&engine=gpu`);
  await ready(view);
  while (view.page.workers().length === 0) await view.page.waitForTimeout(20);
  await view.page.workers()[0].evaluate(() => delete (/** @type {any} */ (globalThis).WorkerNavigator.prototype.gpu));
  await press(view, "Train");
  await until(view, "done");
  assert.equal(await said(view), "On the CPU: this browser has no WebGPU.");
  await press(view, "Find the crossover");
  await view.page.waitForFunction(() => document.querySelector("train-crossover .crossover")?.textContent === "There is no crossover to find: this browser has no WebGPU.");
});

pageTest("a cell without a GPU form trains on the CPU, and says so", async ({ open }) => {
  const view = await open(`${SMALL}&updates=20&engine=gpu&cell=slstm`, { webgpu: true });
  await ready(view);
  await press(view, "Train");
  await until(view, "done");
  assert.match(await said(view), /^On the CPU: there is no GPU form of sLSTM/);
}, { timeout: 60_000 });

pageTest("a switch changes over in the middle of a run, and a pause is answered", async ({ open, t }) => {
  const view = await open(`${SMALL}&updates=100000&engine=gpu`, { webgpu: true });
  await ready(view);
  await press(view, "Train");
  await trainsOn(view, "gpu");
  await trained(view, 5);
  const pause = () =>
    view.page.evaluate(async () => {
      const begun = performance.now();
      await /** @type {any} */ (document.querySelector("train-transport")).studio.conductor.pause();
      return performance.now() - begun;
    });
  const times = [];
  for (let k = 0; k < 3; k++) {
    await view.page.waitForTimeout(150);
    times.push(await pause());
    await press(view, "Continue");
  }
  const { times: found } = await engine(view);
  // (An update of the software adapter, which cannot be left half done, is longer than a slice, and so is fetching all that is kept.)
  t.diagnostic(`pause on the GPU: ${times.map(Math.round)} ms, an update ${found.gpu.toFixed(0)} ms`);
  await view.page.getByRole("radio", { name: "CPU", exact: true }).check();
  await trainsOn(view, "cpu");
  const { runs } = await studio(view);
  await trained(view, runs[0].updates + 500);
  assert.equal(await said(view), "On the CPU, as chosen.");
  await view.page.getByRole("radio", { name: "GPU", exact: true }).check();
  await trainsOn(view, "gpu");
  await press(view, "Pause");
  await until(view, "paused");
  const after = (await studio(view)).runs;
  assert.equal(after.length, 1, "it is one run");
  assert.equal(await notice(view), "");
}, { timeout: 120_000 });

for (const [how, lose] of /** @type {[string, (view: View, devices: {destroy: () => Promise<void>}) => Promise<void>][]} */ ([
  ["its device is destroyed", (_, devices) => devices.destroy()],
  [
    "the GPU process is killed",
    async () => {
      const session = await (await getBrowser(true)).newBrowserCDPSession();
      await session.send("Browser.crashGpuProcess").catch(() => {});
    },
  ],
])) {
  pageTest(`a run goes on on the CPU when ${how}, and nothing is lost`, async ({ open, t }) => {
    const view = await open(`${SMALL}&updates=150&engine=gpu`, { webgpu: true });
    view.expect(/device|gpu|context/i);
    await ready(view);
    const devices = await watchDevices(view);
    await press(view, "Train");
    await trainsOn(view, "gpu");
    await trained(view, 45);
    await lose(view, devices);
    await trainsOn(view, "cpu");
    const told = await notice(view);
    t.diagnostic(told);
    const [, name, from] = /^The GPU was lost \(.+\); (Run 1) goes on on the CPU from update (\d+)\./s.exec(told) ?? [];
    assert.equal(name, "Run 1", told);
    assert.ok(Number(from) > 1, "from the very beginning");
    assert.match(await said(view), /^On the CPU: the GPU was lost \(/);
    await until(view, "done");
    await onCpu(view);
    const { runs } = await studio(view);
    assert.equal(runs[0].updates, 150);
    same(runs[0], runs[1]);
  }, { timeout: 120_000 });
}

pageTest("who stops, hides a run that stands still, or leaves gives the GPU back", async ({ open }) => {
  const view = await open(`${SMALL}&updates=100000&engine=gpu`, { webgpu: true });
  await ready(view);
  const devices = await watchDevices(view);
  const open_ = async () => (await devices.lost()).filter((/** @type {string} */ why) => why === "").length;
  const closed = async (/** @type {string} */ when) => {
    for (let k = 0; k < 100 && (await open_()) > 0; k++) await view.page.waitForTimeout(50);
    assert.equal(await open_(), 0, when);
  };
  await press(view, "Train");
  await trainsOn(view, "gpu");
  await trained(view, 3);
  assert.equal(await open_(), 1);
  await press(view, "Pause");
  await until(view, "paused");
  const hide = (/** @type {string} */ state) =>
    view.page.evaluate((state) => {
      Object.defineProperty(document, "visibilityState", { value: state, configurable: true });
      dispatchEvent(new Event("visibilitychange"));
    }, state);
  await hide("hidden");
  await closed("hidden");
  await hide("visible");
  await press(view, "Continue");
  await trained(view, (await studio(view)).runs[0].updates + 3);
  assert.equal(await open_(), 1, "it is opened again");
  await view.page.evaluate(() => dispatchEvent(new PageTransitionEvent("pagehide", { persisted: true })));
  await until(view, "paused");
  await closed("left");
  await press(view, "Continue");
  await trained(view, (await studio(view)).runs[0].updates + 3);
  await press(view, "Stop");
  await until(view, "stopped");
  await closed("stopped");
  assert.equal(await notice(view), "");
}, { timeout: 120_000 });
