// The built module in Node, as a course author would use it.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

const DIST = new URL("../../dist/", import.meta.url);

test("the module loads in Node from bytes", async () => {
  const module = await import(new URL("unrolled.js", DIST).href);
  const bytes = await readFile(new URL("unrolled_bg.wasm", DIST));
  const exports = await module.default({ module_or_path: bytes });
  assert.ok(exports.memory instanceof WebAssembly.Memory);
  assert.ok(exports.memory.buffer.byteLength > 0);
});

test("its declarations are there", async () => {
  const declarations = await readFile(new URL("unrolled.d.ts", DIST), "utf8");
  assert.match(declarations, /export default function __wbg_init/);
});
