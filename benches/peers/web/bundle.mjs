// Joins each contestant with its packages into one module, lays its wasm beside it, and lists who is there for bench.html.
//   node bundle.mjs TOOLS PACKAGES OUT        (PACKAGES: where `npm ci` was run)
import { createRequire } from "node:module";
import { copyFileSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const [tools, packages, out] = process.argv.slice(2);
const { build } = createRequire(join(tools, "package.json"))("esbuild");
const here = dirname(fileURLToPath(import.meta.url));
const modules = join(packages, "node_modules");

mkdirSync(out, { recursive: true });
await build({
  entryPoints: ["tfjs.js", "ort.js", "rust.js"].map((name) => join(here, name)),
  outdir: out,
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  platform: "browser",
  conditions: ["onnxruntime-web-use-extern-wasm"],
  nodePaths: [modules],
  logLevel: "error",
  // (`eval` in a branch of emscripten's that is not reached.)
  logOverride: { "direct-eval": "silent" },
});
const FILES = [
  ["@tensorflow/tfjs-backend-wasm/dist", "tfjs-backend-wasm-simd.wasm"],
  ["onnxruntime-web/dist", "ort-wasm-simd-threaded.wasm"],
  ["onnxruntime-web/dist", "ort-wasm-simd-threaded.mjs"],
];
for (const [folder, name] of FILES) copyFileSync(join(modules, ...folder.split("/"), name), join(out, name));

// (OUT/candle and OUT/burn are there where `cargo xtask bench --rust` made them.)
const rust = ["candle", "burn"].filter((name) => existsSync(join(out, name, "peer.js")));
const index = [
  ...["wasm", "webgpu", "webgl"].map((backend) => ({ key: "tfjs", path: `peers/tfjs.js?backend=${backend}` })),
  { key: "ort", path: "peers/ort.js" },
  ...rust.map((name) => ({ key: name, path: `peers/rust.js?library=${name}` })),
];
writeFileSync(join(out, "index.json"), JSON.stringify(index));
