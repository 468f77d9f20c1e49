// The reader's own table and text: how they were read, what was left out, what is refused, and that they train.
import { assert, pageTest } from "./harness.mjs";
import { notice, press, ready, studio, trained, until } from "./train-tools.mjs";

/** Semicolons, decimal commas, a byte-order mark, a comment, a missing reading, a time twice, a time left out. */
function table() {
  const lines = ["\ufeff# from our roof", "time;temperature;wind"];
  for (let k = 0; k < 400; k++) {
    if (k === 200) continue;
    const time = new Date(Date.UTC(2024, 0, 1, k)).toISOString().slice(0, 16);
    const value = (10 + 8 * Math.sin((2 * Math.PI * k) / 24)).toFixed(2).replace(".", ",");
    lines.push(`${time};${k === 50 ? "" : value};${(k % 7).toFixed(1).replace(".", ",")}`);
    if (k === 100) lines.push(`${time};${value};1,0`);
  }
  return lines.join("\r\n");
}

/** @param {string} name @param {string | Uint8Array} content */
const file = (name, content) => ({ name, mimeType: "text/csv", buffer: Buffer.from(content) });

pageTest("a table of one's own is read, says how, and is forecast", async ({ open }) => {
  const view = await open("?screen=train&v=1&task=csv&hidden=8&every=20&updates=40");
  await ready(view);
  await press(view, "Train");
  await view.page.waitForFunction(() => document.querySelector("#notice")?.textContent?.includes("choose a CSV file"));
  assert.deepEqual((await studio(view)).runs, []);
  const input = view.page.locator("own-data input[type=file]");
  await input.setInputFiles([file("roof.csv", table())]);
  const own = view.page.locator("own-data");
  await own.getByText("roof.csv").waitFor();
  const said = await own.locator(".own-report").innerText();
  assert.match(said, /cells between semicolons, decimal “,”/);
  assert.match(said, /1 row of a time that another row has: averaged/);
  assert.match(said, /1 step missing in 1 gap/);
  assert.match(said, /1 line with a comment/);
  assert.deepEqual(await own.locator("tbody th").allInnerTexts(), ["temperature", "wind"]);
  await own.getByRole("radio", { name: "Forecast temperature" }).check();
  await own.getByRole("checkbox", { name: "Read wind" }).uncheck();
  await view.page.waitForFunction(() => location.search.includes("target~temperature"));
  await press(view, "Train");
  await until(view, "done");
  const { runs, view: setup } = await studio(view);
  assert.equal(setup.task.options.target, "temperature");
  assert.ok(Number.isFinite(runs[0].best.metric));
  await view.page.reload();
  await ready(view);
  await own.getByText("roof.csv").waitFor();
  await view.page.locator("train-runs .more").first().click();
  await view.page.locator("train-runs .deeds").getByRole("button", { name: "Continue", exact: true }).click();
  await trained(view, 60);
});

pageTest("what is no table is refused in a sentence, and what was there stays", async ({ open }) => {
  const view = await open("?screen=train&v=1&task=csv");
  await ready(view);
  const input = view.page.locator("own-data input[type=file]");
  await input.setInputFiles([file("good.csv", table())]);
  await view.page.locator("own-data").getByText("good.csv").waitFor();
  const bad = /** @type {[string, string | Uint8Array][]} */ ([
    ["empty.csv", ""],
    ["noise.csv", Uint8Array.from({ length: 3000 }, (_, k) => (k * 2654435761) >>> 24)],
    ["words.csv", "just one line of words"],
    ["picture.csv", Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0, 0, 0, 0)],
  ]);
  for (const [name, content] of bad) {
    await input.setInputFiles([file(name, content)]);
    await view.page.waitForFunction((name) => document.querySelector("#notice")?.textContent?.includes(String(name)), name);
    assert.match(await notice(view), new RegExp(`${name} was not read: .+ What was there stays\\.`, "s"));
    await view.page.getByRole("button", { name: "Close this message" }).click();
  }
  assert.match(await view.page.locator("own-data").innerText(), /good\.csv/);
});

pageTest("a text of one's own is learned character by character", async ({ open }) => {
  const view = await open("?screen=train&v=1&task=characters&hidden=8&every=10&updates=20&validation=64");
  await ready(view);
  const own = view.page.locator("own-data");
  await own.getByText("Read is the text that comes with the page").waitFor();
  await press(view, "Train");
  await until(view, "done");
  await own.getByText("Paste it instead").click();
  await own.getByRole("textbox").fill("the cat sat on the mat, and <b>the dog</b> sat on the log. ".repeat(60));
  await press(view, "Use what is pasted");
  await own.getByText(/^pasted text, 3,\d{3} characters\.$/).waitFor();
  await press(view, "Train");
  await view.page.waitForFunction(() => /** @type {any} */ (document.querySelector("train-transport")).studio.runs[1]?.state === "done");
  const { runs } = await studio(view);
  assert.notEqual(runs[0].losses[0], runs[1].losses[0], "another text is another run");
});
