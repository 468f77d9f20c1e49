// The page of measurements: the core alone, then the real page in a frame, driven as a hand would drive it.
import { make, say } from "../elements/dom.js";
import { load, loadRest } from "../engine/load.js";
import { BENCH } from "../strings/en-bench.js";
import { drawn, perFrame, timed } from "./measure.js";

/** @typedef {import("./measure.js").Figures} Figures */

const root = /** @type {HTMLElement} */ (document.getElementById("bench"));
const status = make("p", { role: "status", text: BENCH.idle });
const body = make("tbody");
const head = make("tr", {}, ...BENCH.columns.map((text) => make("th", { scope: "col", text })));
const device = make("p", { class: "hint" });
const frame = make("iframe", { title: BENCH.frame });
/** @type {AbortController | null} */
let going = null;
/** @type {string[]} */
let lines = [];

const start = make("button", { type: "button", class: "main", text: BENCH.run, on: { click: () => (going ? going.abort() : void measure()) } });
const copy = make("button", { type: "button", text: BENCH.copy, on: { click: copyText } });
root.append(
  make("p", {}, make("a", { href: "index.html", text: BENCH.back })),
  make("h1", { text: BENCH.title }),
  make("p", { text: BENCH.text }),
  device,
  make("div", { class: "actions" }, start, copy, status),
  make("div", { class: "scroll" }, make("table", {}, make("thead", {}, head), body)),
  frame,
);

async function copyText() {
  await navigator.clipboard.writeText([device.textContent, ...lines].join("\n"));
  say(status, BENCH.copied);
}

/** @param {string} what @param {Figures} figures @param {number} [budget] milliseconds */
function row(what, figures, budget) {
  const met = budget === undefined ? BENCH.none : BENCH.within(budget, figures.median <= budget);
  const cells = [what, BENCH.ms(figures.median), BENCH.ms(figures.most), String(figures.runs), met];
  body.append(make("tr", {}, ...cells.map((text) => make("td", { text }))));
  lines.push(cells.join("\t"));
}

/** The page in the frame, at a view, with its session. @param {string} query */
async function page(query) {
  frame.setAttribute("src", `index.html?${query}`);
  await new Promise((resolve) => frame.addEventListener("load", resolve, { once: true }));
  const view = /** @type {Window} */ (frame.contentWindow);
  while (view.document.documentElement.dataset.view !== "ready") await new Promise((resolve) => setTimeout(resolve, 30));
  const { session } = /** @type {any} */ (view.document.querySelector("unrolled-picture"));
  session.pause();
  await drawn(view);
  return { view, session };
}

/** @param {any} module @param {AbortSignal} signal @param {number} hidden @param {number} layers @param {number} steps @param {number} runs */
async function core(module, signal, hidden, layers, steps, runs) {
  const network = module.Network.create({ cell: "lstm", input: 1, hidden, layers, head: { outputs: 1 }, seed: 1 });
  const input = Float32Array.from({ length: steps }, (_, t) => Math.sin(t / 4));
  const figures = await timed(signal, runs, () => {
    const trace = network.run(input, { steps });
    trace.backward({ loss: "last-mean-square" }).free();
    trace.free();
  });
  network.free();
  return figures;
}

/** What is measured, in order: a name, and what it does. @type {[string, (module: any, signal: AbortSignal) => Promise<void>][]} */
const CASES = [
  [BENCH.cases.small, async (module, signal) => row(BENCH.cases.small, await core(module, signal, 32, 1, 72, 100))],
  [BENCH.cases.middle, async (module, signal) => row(BENCH.cases.middle, await core(module, signal, 64, 2, 200, 30))],
  [BENCH.cases.large, async (module, signal) => row(BENCH.cases.large, await core(module, signal, 256, 1, 1000, 5))],
  [
    BENCH.cases.slider,
    async (_, signal) => {
      const { view, session } = await page("");
      await session.set({ network: { source: "random", cell: "lstm", hidden: 32 } });
      const slide = async (/** @type {number} */ k) => {
        await session.set({ network: { memoryBias: (k % 40) / 10 } }, { history: "none" });
        await drawn(view);
      };
      row(BENCH.cases.slider, await timed(signal, 40, slide), 50);
    },
  ],
  [
    BENCH.cases.scrub,
    async (_, signal) => {
      const { view, session } = await page("");
      await session.set({ data: { steps: 200 }, network: { source: "random", cell: "lstm", hidden: 64, layers: 2 } });
      const { gaps, work } = await perFrame(signal, view, 120, (k) => session.seek(k % session.steps));
      row(BENCH.cases.scrub, gaps, 17);
      row(BENCH.cases.work, work);
      await session.set({ mode: "backward" });
      const back = await perFrame(signal, view, 120, (k) => session.seek(session.steps - 1 - (k % session.steps)));
      row(BENCH.cases.back, back.gaps, 17);
    },
  ],
  [
    BENCH.cases.vast,
    async (_, signal) => {
      const { view, session } = await page("");
      const renew = async (/** @type {number} */ k) => {
        await session.set({ data: { kind: "wave", steps: 1000 }, network: { source: "random", cell: "lstm", hidden: 256, seed: k + 1 } });
        await drawn(view);
      };
      row(BENCH.cases.vast, await timed(signal, 3, renew, 1));
    },
  ],
];

async function measure() {
  going = new AbortController();
  start.textContent = BENCH.stop;
  body.replaceChildren();
  lines = [];
  const begun = performance.now();
  try {
    const module = await load();
    await loadRest();
    device.textContent = BENCH.device(module.version(), navigator.hardwareConcurrency, navigator.userAgent);
    for (const [k, [what, deed]] of CASES.entries()) {
      say(status, BENCH.at(k + 1, CASES.length, what));
      await deed(module, going.signal);
    }
    say(status, BENCH.done(((performance.now() - begun) / 1000).toFixed(0)));
  } catch (error) {
    say(status, going.signal.aborted ? BENCH.stopped : String(error));
  } finally {
    going = null;
    start.textContent = BENCH.run;
    root.dataset.state = "done";
  }
}

if (new URLSearchParams(location.search).has("run")) void measure();
