// The page of measurements measures, stops when told to, and states a figure for what it has run.
import { assert, DESKTOP, pageTest } from "./harness.mjs";

pageTest("the page of measurements measures and stops", async ({ open }) => {
  const view = await open("bench.html", DESKTOP);
  const { page } = view;
  await page.getByRole("button", { name: "Measure" }).click();
  const first = page.locator("#bench tbody tr").first();
  await first.waitFor();
  assert.match(await first.innerText(), /LSTM 1→32, T = 72.*\d ms/s);
  await page.getByRole("button", { name: "Stop" }).click();
  await page.locator("#bench[data-state=done]").waitFor();
  assert.equal(await page.getByRole("status").first().innerText(), "Stopped.");
});
