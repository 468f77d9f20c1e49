// The page of measurements: measures and stops, works without peers, times nobody who computes something else. No test asserts
// a time.
import { test } from "node:test";
import { apart, figures, ratios } from "../../www/bench/measure.js";
import { WORKLOADS } from "../../www/bench/workloads.js";
import { assert, DESKTOP, pageTest } from "./harness.mjs";

pageTest("the page of measurements measures and stops", async ({ open }) => {
  const { page } = await open("bench.html", DESKTOP);
  await page.getByRole("button", { name: "Measure the page" }).click();
  const first = page.locator("#costs tbody tr").first();
  await first.waitFor();
  assert.match(await first.innerText(), /LSTM 1→32, T = 72.*\d ms/s);
  await page.getByRole("button", { name: "Measure beside others" }).click();
  assert.match(await page.locator("#beside").getByRole("status").innerText(), /under way/);
  await page.getByRole("button", { name: "Stop" }).click();
  await page.locator("#costs[data-state=done]").waitFor();
  assert.equal(await page.locator("#costs").getByRole("status").innerText(), "Stopped.");
});

pageTest("without peers the page says so and measures ours", async ({ open }) => {
  const { page } = await open("bench.html?tiny&run=beside", DESKTOP);
  await page.locator("#beside[data-state=done]").waitFor();
  assert.match(await page.locator("#beside .hint").innerText(), /Nobody to compare with/);
  const rows = await page.locator("#beside tbody tr").allInnerTexts();
  assert.equal(rows.length, WORKLOADS.length, await page.locator("#beside").getByRole("status").innerText());
  for (const row of rows) assert.match(row, /step|sequence/);
  for (const row of rows) assert.match(row, /\t–\t\d[\d.]* (µs|ms)\t–/, "ours is timed, a peer is not made up");
});

/** What a peer's worker is that runs our own module: agrees with ours, as it is ours. */
const OURS = 'import "../bench/ours.js";';
/** The same, with its answers off by a tenth. */
const WRONG = `${OURS}
const { postMessage } = globalThis;
globalThis.postMessage = (message) => {
  if (message.result instanceof Float64Array) message.result = message.result.map((value) => 1.1 * value);
  postMessage(message);
};`;
const ABSENT = "onmessage = ({ data }) => postMessage({ id: data.id, result: null });";

pageTest("a peer that agrees is timed, one that computes something else is not, one without its device or not there is named", async ({ open }) => {
  const view = await open("bench.html?tiny&peers&only=stream", DESKTOP);
  const { page, context } = view;
  view.expect(/404|Failed to load|failed request: .*\/peers\/gone/);
  const script = (/** @type {string} */ body) => ({ body, contentType: "text/javascript" });
  const list = [["ort", "peers/ort.js"], ["tfjs", "peers/tfjs.js?backend=wasm"], ["tfjs", "peers/tfjs.js?backend=webgpu"], ["tfjs", "peers/gone.js"]];
  await context.route(/peers\/index/, (route) => route.fulfill({ json: list.map(([key, path]) => ({ key, path })) }));
  await context.route(/peers\/ort\.js/, (route) => route.fulfill(script(WRONG)));
  await context.route(/peers\/tfjs\.js/, (route) => route.fulfill(script(/=wasm/.test(route.request().url()) ? OURS : ABSENT)));
  await page.getByRole("button", { name: "Measure beside others" }).click();
  await page.locator("#beside[data-state=done]").waitFor();
  const rows = await page.locator("#beside tbody tr").allInnerTexts();
  const streams = WORKLOADS.filter(({ kind }) => kind === "stream").length;
  assert.equal(rows.filter((row) => /computes something else \(apart by (9\.\de-2|1\.0e-1)\): not timed/.test(row)).length, streams, rows.join("\n"));
  assert.equal(rows.filter((row) => /\t[\d.]+ – [\d.]+\t3\t0e\+0\t/.test(row)).length, streams, rows.join("\n"));
  const notes = await page.locator("#beside .hint").innerText();
  assert.match(notes, /webgpu: no such device/);
  assert.match(notes, /peers\/gone\.js cannot be used/);
});

pageTest("the soak trains, draws memory and speed, and finds memory flat", async ({ open }) => {
  const { page } = await open("bench.html?tiny&run=soak&soak=0.03", DESKTOP);
  await page.locator("#soak[data-state=done]").waitFor();
  assert.match(await page.locator("#soak").getByRole("status").innerText(), /^Flat: [\d,]+ bytes/);
  assert.ok((await page.locator("#soak tbody tr").count()) >= 5);
  assert.equal(await page.locator("#soak figure polyline").count(), 2);
});

test("ratios are paired round by round", () => {
  // Everything three times slower, on a machine that slows down as it goes.
  const ours = [1, 2, 4, 8];
  const same = ratios(ours, [3, 6, 12, 24]);
  assert.deepEqual(same, { median: 3, low: 3, high: 3, rounds: 4 });
  // The control: the same times in another order are not the same ratios, though each side's median is what it was.
  const mixed = ratios(ours, [24, 12, 6, 3]);
  assert.notEqual(mixed.low, mixed.high);
  assert.equal(figures([24, 12, 6, 3]).median, figures([3, 6, 12, 24]).median);
  // Peer over ours: above 1 the peer is slower.
  assert.equal(ratios([2], [1]).median, 0.5);
  // Between values: 5 % of the way from the least to the next of two.
  assert.ok(Math.abs(ratios([1, 1], [1, 2]).low - 1.05) < 1e-12);
  assert.throws(() => ratios([1, 2], [1]), /2 rounds of ours and 1 of the peer/);
  assert.throws(() => ratios([], []));
});

test("answers are apart by their largest difference over their largest number", () => {
  assert.equal(apart([1, -4], [1, -4]), 0);
  assert.equal(apart([1, -4], [1.5, -3]), 0.25);
  assert.equal(apart([0, 0], [0, 0.5]), 0.5);
  for (const [a, b] of [[[1], [1, 2]], [[], []], [[NaN], [NaN]], [[1], [Infinity]]]) assert.equal(apart(a, b), Infinity);
});
