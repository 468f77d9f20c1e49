// Shortens what the page loads. Sources stay plain modules, loaded one by one while working; the built page has what belongs
// together in one piece, because seventy modules compressed one by one take half as much again. What a screen other than the
// first needs is split off: main.js, what it shares with them (shared-….js), and one piece for each of PIECES.
//   node minify.mjs TOOLS DIST
import { createRequire } from "node:module";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, parse } from "node:path";

const [tools, dist] = process.argv.slice(2);
const { build, transform } = createRequire(join(tools, "package.json"))("esbuild");

/** The scripts of the pages and of the workers, and where each finds its compiled module. */
const SCRIPTS = { "main.js": "./unrolled.js", "bench/main.js": "../unrolled.js", "engine/train-worker.js": "../gpu/unrolled.js", "engine/compare-worker.js": "../unrolled.js" };

/** What main.js loads when it is needed. */
const PIECES = {
  "train-screen": "elements/train/train-screen.js",
  "compare-screen": "elements/compare/compare-screen.js",
  "parallel-view": "elements/parallel-view.js",
  later: "elements/inspector/later.js",
};

const done = new Set();
for (const [name, path] of Object.entries(SCRIPTS)) {
  const module = { name: "module", setup: (it) => it.onResolve({ filter: /\/unrolled\.js$/ }, () => ({ path, external: true })) };
  // Pieces stand beside main.js, so that all of them find the module at the same place.
  const splitting = name === "main.js";
  const { metafile } = await build({
    entryPoints: { [parse(name).name]: join(dist, name), ...Object.fromEntries(splitting ? Object.entries(PIECES).map(([piece, path]) => [piece, join(dist, path)]) : []) },
    outdir: join(dist, name, ".."),
    chunkNames: "shared-[hash]",
    allowOverwrite: true,
    bundle: true,
    splitting,
    metafile: true,
    minify: true,
    format: "esm",
    charset: "utf8",
    target: "es2022",
    plugins: [module],
    absWorkingDir: dist,
  });
  for (const output of Object.keys(metafile.outputs)) done.add(join(dist, output));
  if (splitting) preload(Object.values(metafile.outputs).find((output) => output.entryPoint === name)?.imports ?? []);
}

/** What main.js cannot do without is asked for together with it. @param {{path: string, kind: string}[]} imports */
function preload(imports) {
  const page = join(dist, "index.html");
  const links = imports.filter(({ path, kind }) => kind === "import-statement" && !path.endsWith("unrolled.js")).map(({ path }) => `<link rel="modulepreload" href="${path}">\n    `);
  writeFileSync(page, readFileSync(page, "utf8").replace('<script type="module"', () => `${links.join("")}<script type="module"`));
}

for (const entry of readdirSync(dist, { recursive: true, withFileTypes: true })) {
  const loader = /\.(js|css)$/.exec(entry.name)?.[1];
  const place = join(entry.parentPath ?? entry.path, entry.name);
  if (!entry.isFile() || !loader || done.has(place)) continue;
  const { code } = await transform(readFileSync(place, "utf8"), { loader, minify: true, charset: "utf8", target: "es2022", keepNames: false });
  if (!code) throw new Error(`${place}: nothing left`);
  writeFileSync(place, code);
}

oneStyle(join(dist, "index.html"));

/** The first view's styles in one piece, for the same reason. What was joined stays for the other pages. @param {string} page */
function oneStyle(page) {
  const html = readFileSync(page, "utf8");
  const links = [...html.matchAll(/ *<link rel="stylesheet" href="([^"]+)">\n/g)];
  const joined = links.map(([, path]) => readFileSync(join(dist, path), "utf8").trim()).join("");
  if (!joined) throw new Error("index.html links no styles; expected some");
  writeFileSync(join(dist, "styles", "page.css"), joined);
  const [first, ...others] = links.map(([line]) => line);
  writeFileSync(page, others.reduce((text, line) => text.replace(line, ""), html).replace(first, '    <link rel="stylesheet" href="styles/page.css">\n'));
}
