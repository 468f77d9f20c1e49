// Shortens the built modules, each by itself: comments, spaces and local names go; files, exports and properties stay.
//   node minify.mjs TOOLS DIST
import { createRequire } from "node:module";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const [tools, dist] = process.argv.slice(2);
const { minify } = createRequire(join(tools, "package.json"))("terser");

for (const entry of readdirSync(dist, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || !entry.name.endsWith(".js")) continue;
  const path = join(entry.parentPath ?? entry.path, entry.name);
  const { code } = await minify(readFileSync(path, "utf8"), {
    module: true,
    ecma: 2020,
    keep_classnames: true,
    compress: { passes: 2 },
    format: { comments: false },
  });
  if (!code) throw new Error(`${path}: nothing left`);
  writeFileSync(path, code);
}
