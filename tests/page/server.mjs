// A static server as hosts are: dist/ under a sub-path, gzip, CORS, and the page's Content-Security-Policy as a header.
import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { readFileSync } from "node:fs";
import { extname, join, normalize, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

export const ROOT = fileURLToPath(new URL("../../", import.meta.url));
export const DIST = join(ROOT, "dist");
export const BASE = "/some/sub/path/";

const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json",
  ".wasm": "application/wasm",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".csv": "text/csv; charset=utf-8",
  ".tsv": "text/tab-separated-values; charset=utf-8",
  ".txt": "text/plain; charset=utf-8",
  ".md": "text/plain; charset=utf-8",
};

/** The policy that index.html states. */
export function policy() {
  const html = readFileSync(join(DIST, "index.html"), "utf8");
  return html.match(/http-equiv="Content-Security-Policy"\s+content="([^"]*)"/)?.[1];
}

/**
 * Serves a folder under BASE on a free port.
 * @param {{ folder?: string, csp?: string | null }} [options]  csp: null sends no policy header
 * @returns {Promise<{ origin: string, url: string, close: () => Promise<void> }>}
 */
export async function startServer({ folder = DIST, csp = policy() } = {}) {
  const server = createServer(async (request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? "/", "http://localhost").pathname);
    const inside = path.startsWith(BASE) ? normalize(join(folder, path.slice(BASE.length) || "index.html")) : null;
    if (inside === null || !(inside + sep).startsWith(folder + sep)) {
      response.writeHead(404).end();
      return;
    }
    try {
      const body = await readFile(inside);
      const headers = {
        "Content-Type": TYPES[extname(inside)] ?? "application/octet-stream",
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "Access-Control-Allow-Origin": "*",
        ...(csp ? { "Content-Security-Policy": csp } : {}),
      };
      if (/\bgzip\b/.test(String(request.headers["accept-encoding"] ?? ""))) {
        response.writeHead(200, { ...headers, "Content-Encoding": "gzip" }).end(gzipSync(body));
      } else {
        response.writeHead(200, headers).end(body);
      }
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  const address = server.address();
  const port = address && typeof address === "object" ? address.port : 0;
  const origin = `http://127.0.0.1:${port}`;
  const close = () =>
    new Promise((resolve) => {
      server.close(() => resolve(undefined));
      server.closeAllConnections();
    });
  return { origin, url: origin + BASE, close };
}
