// Everything the first view loads, without sample data and weights: at most 250 KB as brotli.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { assert, DIST, pageTest } from "./harness.mjs";
import { BASE } from "./server.mjs";

const BUDGET = 250_000; // bytes
const SAMPLES = /^assets\/(data|weights)\//;

pageTest("the first view stays within its budget", async ({ open }) => {
  const view = await open("");
  await view.ready();
  await view.page.waitForLoadState("networkidle");
  const paths = view.requests.filter((address) => address.startsWith("http")).map((address) => new URL(address).pathname);
  assert.ok(paths.every((path) => path.startsWith(BASE)), `outside ${BASE}: ${paths}`);
  const names = [...new Set(paths.map((path) => decodeURIComponent(path.slice(BASE.length)) || "index.html"))];

  const rows = [];
  for (const name of names.filter((name) => !SAMPLES.test(name)).sort()) {
    const body = await readFile(join(DIST, name));
    const brotli = brotliCompressSync(body, {
      params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: body.length },
    });
    rows.push({ name, raw: body.length, gzip: gzipSync(body, { level: 9 }).length, brotli: brotli.length });
  }
  const sum = (/** @type {"raw" | "gzip" | "brotli"} */ key) => rows.reduce((total, row) => total + row[key], 0);
  const total = { name: "first view", raw: sum("raw"), gzip: sum("gzip"), brotli: sum("brotli") };

  const cells = [["bytes", "raw", "gzip -9", "brotli 11"]];
  for (const row of [...rows.sort((a, b) => b.brotli - a.brotli), total]) {
    cells.push([row.name, ...[row.raw, row.gzip, row.brotli].map((n) => n.toLocaleString("en"))]);
  }
  const width = Math.max(...cells.map(([name]) => name.length));
  for (const [name, ...numbers] of cells) console.log(name.padEnd(width) + numbers.map((n) => n.padStart(12)).join(""));
  console.log(`budget: ${total.brotli.toLocaleString("en")} of ${BUDGET.toLocaleString("en")} bytes as brotli`);

  assert.ok(names.includes("unrolled_bg.wasm") && names.includes("index.html"), "the record of requests is not complete");
  assert.ok(total.brotli <= BUDGET, `${total.brotli} bytes as brotli are more than ${BUDGET}`);
});
