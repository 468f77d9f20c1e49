// What the page tests share: a browser on the built page, and an eye on everything that must not happen there.
//
//   import { pageTest, assert } from "./harness.mjs";
//   pageTest("the scrub bar speaks its step", async ({ open }) => {
//     const view = await open("?v=1", { width: 360, height: 740, colorScheme: "dark" });
//     await view.page.getByRole("slider").press("ArrowRight");
//     await view.screenshot("step-phone-dark");
//   });
//
// A test fails by itself if its pages log an error, throw, ask for anything outside their origin, get an error status,
// or offend against the Content-Security-Policy. What a test provokes on purpose it announces: view.expect(/damaged file/).
import assert from "node:assert/strict";
import { existsSync, mkdirSync } from "node:fs";
import { delimiter, join } from "node:path";
import { after, test } from "node:test";
import { chromium } from "playwright-core";
import { DIST, ROOT, startServer } from "./server.mjs";

export { assert, DIST, ROOT, startServer };
export const SCREENSHOTS = join(ROOT, "target", "screenshots");

/** The sizes of product.md. */
export const DESKTOP = { width: 1280, height: 800 };
export const PHONE = { width: 360, height: 740 };
export const PROJECTOR = { width: 1920, height: 1080 };

/** What the page shows once its first view stands: main.js sets it on the root element. */
const READY = "html[data-module=ready]";

/** The Chromium given by xtask, else the one on PATH. */
function chromiumPath() {
  const given = process.env.UNROLLED_CHROMIUM;
  if (given) return given;
  const names = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];
  const folders = (process.env.PATH ?? "").split(delimiter);
  const found = names.flatMap((name) => folders.map((folder) => join(folder, name))).find((path) => existsSync(path));
  if (!found) throw new Error("there is no Chromium: install it, or set UNROLLED_CHROMIUM");
  return found;
}

/** @type {{plain?: Promise<import("playwright-core").Browser>, webgpu?: Promise<import("playwright-core").Browser>}} */
const browsers = {};
/** @type {ReturnType<typeof startServer> | undefined} */
let server;

/** One browser for all tests of a file; another with WebGPU, on a program that imitates a graphics processor. */
export function getBrowser(webgpu = false) {
  const args = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
  if (webgpu) args.push("--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader");
  return (browsers[webgpu ? "webgpu" : "plain"] ??= chromium.launch({ executablePath: chromiumPath(), args }));
}

/** One server of dist/ for all tests of a file. */
export function getServer() {
  server ??= startServer();
  return server;
}

after(async () => {
  for (const browser of Object.values(browsers)) await (await browser).close();
  await (await server)?.close();
});

/**
 * @typedef {object} ViewOptions
 * @property {number} [width]   CSS pixels
 * @property {number} [height]  CSS pixels
 * @property {"light" | "dark"} [colorScheme]
 * @property {"reduce" | "no-preference"} [reducedMotion]
 * @property {number} [deviceScaleFactor]
 * @property {boolean} [touch]  a touch screen
 * @property {boolean} [webgpu]  a browser that has WebGPU
 */

/**
 * Opens a page of dist/ in a fresh context and waits for its load event.
 * @param {string} [path]  relative to where dist/ is served; may carry a query and a fragment; or a whole address
 * @param {ViewOptions} [options]
 */
export async function open(path = "", options = {}) {
  const { url: base, origin } = await getServer();
  const context = await (await getBrowser(options.webgpu)).newContext({
    viewport: { width: options.width ?? DESKTOP.width, height: options.height ?? DESKTOP.height },
    colorScheme: options.colorScheme ?? "light",
    reducedMotion: options.reducedMotion ?? "no-preference",
    deviceScaleFactor: options.deviceScaleFactor ?? 1,
    hasTouch: options.touch ?? false,
    acceptDownloads: true,
  });
  const url = new URL(path, base).href;
  const home = new URL(url).origin;

  /** @type {string[]} */
  const problems = [];
  /** @type {RegExp[]} */
  const expected = [];
  /** @type {string[]} */
  const requests = [];

  await context.exposeFunction("reportPolicyViolation", (/** @type {string} */ what) => problems.push(`policy: ${what}`));
  await context.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (event) => {
      const what = `${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber} ${event.sample}`;
      globalThis["reportPolicyViolation"](what);
    });
  });
  context.on("request", (request) => {
    const address = request.url();
    requests.push(address);
    if (!/^(data|blob):/.test(address) && ![origin, home].includes(new URL(address).origin)) {
      problems.push(`request outside the origin: ${address}`);
    }
  });
  context.on("response", (response) => {
    if (response.status() >= 400) problems.push(`${response.status()} for ${response.url()}`);
  });
  context.on("requestfailed", (request) => {
    // (A page that goes away takes its requests along.)
    const why = request.failure()?.errorText;
    if (why !== "net::ERR_ABORTED") problems.push(`failed request: ${request.url()} ${why}`);
  });
  context.on("console", (message) => {
    if (message.type() === "error") problems.push(`console: ${message.text()}`);
  });
  context.on("weberror", (error) => problems.push(`uncaught: ${error.error()?.stack ?? error.error()}`));

  const page = await context.newPage();
  await page.goto(url, { waitUntil: "load" });

  return {
    page,
    context,
    requests,
    /** Waits until the first view stands. */
    ready: () => page.waitForSelector(READY, { state: "attached", timeout: 20_000 }).then(() => {}),
    /** Everything seen so far that must not happen, less what was announced. */
    problems: () => problems.filter((problem) => !expected.some((pattern) => pattern.test(problem))),
    /** Announces a problem that the test provokes on purpose. @param {RegExp} pattern */
    expect: (pattern) => void expected.push(pattern),
    /** Writes target/screenshots/NAME.png. @param {string} name @param {import("playwright-core").PageScreenshotOptions} [shot] */
    async screenshot(name, shot = {}) {
      mkdirSync(SCREENSHOTS, { recursive: true });
      return page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), ...shot });
    },
    /** Closes the page, and fails if anything happened that must not. */
    async close() {
      // One turn through the page, so that what it still has to say is heard.
      await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 0))).catch(() => {});
      await context.close();
      assert.deepEqual(this.problems(), [], `problems on ${url}`);
    },
  };
}

/** @typedef {Awaited<ReturnType<typeof open>>} View */

/**
 * A test with pages: whatever it opens is closed after it, and must have stayed clean.
 * @param {string} name
 * @param {(tools: { open: typeof open, t: import("node:test").TestContext }) => Promise<void>} run
 * @param {{ timeout?: number }} [options]  timeout in milliseconds
 */
export function pageTest(name, run, { timeout = 60_000 } = {}) {
  test(name, { timeout }, async (t) => {
    /** @type {View[]} */
    const views = [];
    const tracked = async (/** @type {string} */ path, /** @type {ViewOptions} */ options) => {
      const view = await open(path, options);
      views.push(view);
      return view;
    };
    try {
      await run({ open: tracked, t });
    } catch (error) {
      // The test's own failure counts; what the pages had to say explains it.
      for (const problem of views.flatMap((view) => view.problems())) t.diagnostic(problem);
      await Promise.allSettled(views.map((view) => view.context.close()));
      throw error;
    }
    for (const view of views) await view.close();
  });
}
