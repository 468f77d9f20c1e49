// Drives bench.html and prints what it measures, row by row.
//   UNROLLED_CHROMIUM=… node run.mjs ADDRESS
import { createRequire } from "node:module";

const { chromium } = createRequire(new URL("../../../tests/page/package.json", import.meta.url))("playwright-core");
const address = new URL(process.argv[2]);
const name = address.searchParams.get("run") ?? "beside";
address.searchParams.set("run", name);

const browser = await chromium.launch({ executablePath: process.env.UNROLLED_CHROMIUM, args: ["--no-sandbox", "--enable-unsafe-webgpu", ...(address.searchParams.has("software") ? ["--use-webgpu-adapter=swiftshader"] : [])] });
try {
  const page = await browser.newPage();
  page.on("console", (message) => message.type() === "error" && console.error(`console: ${message.text()}`));
  page.on("pageerror", (error) => console.error(String(error)));
  await page.goto(address.href);
  const section = page.locator(`#${name}`);
  let [shown, ended] = [0, false];
  print(await section.locator("thead tr").allInnerTexts(), 0);
  let noted = "";
  while (!ended) {
    ended = await section.evaluate((element) => element.dataset.state === "done");
    const note = await section.locator(".hint").innerText();
    if (note !== noted) console.log((noted = note));
    shown = print(await section.locator("tbody tr").allInnerTexts(), shown);
    if (!ended) await new Promise((resolve) => setTimeout(resolve, 500));
  }
  console.log(await section.getByRole("status").innerText());
} finally {
  await browser.close();
}

/** @param {string[]} rows @param {number} from  @returns {number} how many are printed by now */
function print(rows, from) {
  for (const row of rows.slice(from)) console.log(row.replaceAll("\t", " | "));
  return rows.length;
}
