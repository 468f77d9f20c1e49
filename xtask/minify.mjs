// Shortens what the page loads. Sources stay plain modules, loaded one by one while working; the built page has each of its
// two scripts in one piece, because seventy modules compressed one by one take half as much again.
//   node minify.mjs TOOLS DIST
import { createRequire } from "node:module";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const [tools, dist] = process.argv.slice(2);
const { build, transform } = createRequire(join(tools, "package.json"))("esbuild");

/** The scripts of the pages, and where each finds the compiled module. */
const PAGES = { "main.js": "./unrolled.js", "bench/main.js": "../unrolled.js" };

for (const [name, path] of Object.entries(PAGES)) {
  const module = { name: "module", setup: (it) => it.onResolve({ filter: /\/unrolled\.js$/ }, () => ({ path, external: true })) };
  const place = join(dist, name);
  await build({ entryPoints: [place], outfile: place, allowOverwrite: true, bundle: true, minify: true, format: "esm", charset: "utf8", target: "es2022", plugins: [module] });
}

for (const entry of readdirSync(dist, { recursive: true, withFileTypes: true })) {
  const loader = /\.(js|css)$/.exec(entry.name)?.[1];
  const place = join(entry.parentPath ?? entry.path, entry.name);
  if (!entry.isFile() || !loader || place === join(dist, "main.js") || place === join(dist, "bench", "main.js")) continue;
  const { code } = await transform(readFileSync(place, "utf8"), { loader, minify: true, charset: "utf8", target: "es2022", keepNames: false });
  if (!code) throw new Error(`${place}: nothing left`);
  writeFileSync(place, code);
}
