// What the page costs on this device: the core alone, then the real page in a frame, driven as a hand would drive it.
import { make } from "../elements/dom.js";
import { load, loadRest } from "../engine/load.js";
import { BENCH } from "../strings/en-bench.js";
import { drawn, perFrame, timed } from "./measure.js";
import { section } from "./section.js";

/** @typedef {import("./measure.js").Figures} Figures */
/** @typedef {import("./section.js").Table} Table */

const frame = make("iframe", { title: BENCH.page.frame });

/** @param {Table} table @param {string} what @param {Figures} figures @param {number} [budget] milliseconds */
function row(table, what, figures, budget) {
  const met = budget === undefined ? BENCH.none : BENCH.page.within(budget, figures.median <= budget);
  table.row(what, BENCH.ms(figures.median), BENCH.ms(figures.most), String(figures.runs), met);
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

/** @param {AbortSignal} signal @param {number} hidden @param {number} layers @param {number} steps @param {number} runs */
async function core(signal, hidden, layers, steps, runs) {
  const module = await load();
  await loadRest();
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

const WORDS = BENCH.page.cases;
/** What is measured, in order: a name, and what it does. @type {[string, (table: Table) => Promise<void>][]} */
const CASES = [
  [WORDS.small, async (table) => row(table, WORDS.small, await core(table.signal, 32, 1, 72, 100))],
  [WORDS.middle, async (table) => row(table, WORDS.middle, await core(table.signal, 64, 2, 200, 30))],
  [WORDS.large, async (table) => row(table, WORDS.large, await core(table.signal, 256, 1, 1000, 5))],
  [
    WORDS.slider,
    async (table) => {
      const { view, session } = await page("");
      await session.set({ network: { source: "random", cell: "lstm", hidden: 32 } });
      const slide = async (/** @type {number} */ k) => {
        await session.set({ network: { memoryBias: (k % 40) / 10 } }, { history: "none" });
        await drawn(view);
      };
      row(table, WORDS.slider, await timed(table.signal, 40, slide), 50);
    },
  ],
  [
    WORDS.scrub,
    async (table) => {
      const { view, session } = await page("");
      await session.set({ data: { steps: 200 }, network: { source: "random", cell: "lstm", hidden: 64, layers: 2 } });
      const { gaps, work } = await perFrame(table.signal, view, 120, (k) => session.seek(k % session.steps));
      row(table, WORDS.scrub, gaps, 17);
      row(table, WORDS.work, work);
      await session.set({ mode: "backward" });
      const back = await perFrame(table.signal, view, 120, (k) => session.seek(session.steps - 1 - (k % session.steps)));
      row(table, WORDS.back, back.gaps, 17);
    },
  ],
  [
    WORDS.vast,
    async (table) => {
      const { view, session } = await page("");
      const renew = async (/** @type {number} */ k) => {
        await session.set({ data: { kind: "wave", steps: 1000 }, network: { source: "random", cell: "lstm", hidden: 256, seed: k + 1 } });
        await drawn(view);
      };
      row(table, WORDS.vast, await timed(table.signal, 3, renew, 1));
    },
  ],
];

export const costs = section("costs", BENCH.page, async (table) => {
  const begun = performance.now();
  table.place.append(frame);
  table.note(BENCH.device((await load()).version(), navigator.hardwareConcurrency, navigator.userAgent));
  for (const [k, [what, deed]] of CASES.entries()) {
    table.say(BENCH.at(k + 1, CASES.length, what));
    await deed(table);
  }
  return BENCH.done(((performance.now() - begun) / 1000).toFixed(0));
});
