// Training for minutes: the module's memory must not grow once warm, and the speed must not fall.
import { draw, make } from "../elements/dom.js";
import { BENCH } from "../strings/en-bench.js";
import { connect } from "./contestant.js";
import { section } from "./section.js";
import { WORKLOADS, tiny } from "./workloads.js";

/** @typedef {{seconds: number, speed: number, heap: number}} Sample */

const WIDTH = 600;
const HEIGHT = 120;
/** Rows of the table, however long it lasts. */
const ROWS = 10;

/** A curve from zero up, with its last value. @param {string} title @param {Sample[]} samples @param {(sample: Sample) => number} of @param {string} last */
function curve(title, samples, of, last) {
  const most = Math.max(...samples.map(of), 1e-9);
  const until = Math.max(samples.at(-1)?.seconds ?? 0, 1e-9);
  const points = samples.map((s) => `${((WIDTH * s.seconds) / until).toFixed(1)},${(HEIGHT - 4 - ((HEIGHT - 8) * of(s)) / most).toFixed(1)}`).join(" ");
  const picture = draw("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": `${title}: ${last}` });
  picture.append(draw("polyline", { points, fill: "none", stroke: "currentColor", "stroke-width": 1.5 }));
  return make("figure", {}, make("figcaption", { text: `${title}: ${last}` }), picture);
}

export const soak = section("soak", BENCH.soak, async (table) => {
  const query = new URLSearchParams(location.search);
  const minutes = Number(query.get("soak")) || 1;
  const workload = WORKLOADS.find(({ name }) => name === "train-lstm-64x1");
  if (!workload) throw new Error("there is no workload for the soak");
  const slice = Math.min(1000, (minutes * 60_000) / (2 * ROWS));
  const { ask } = connect(new URL("bench/ours.js", document.baseURI), table.signal);
  await ask("about");
  /** @type {Sample[]} */
  const samples = [];
  const begun = performance.now();
  let shown = 0;
  for (let share = 0; share < 1; ) {
    const { updates, total, loss, milliseconds, heap } = await ask("soak", query.has("tiny") ? tiny(workload) : workload, slice);
    const seconds = (performance.now() - begun) / 1000;
    share = seconds / (60 * minutes);
    samples.push({ seconds, speed: (1000 * updates) / milliseconds, heap });
    table.say(BENCH.soak.going(seconds, minutes));
    if (share * ROWS >= shown || share >= 1) {
      shown += 1;
      table.row(BENCH.soak.seconds(seconds), String(total), ((1000 * updates) / milliseconds).toFixed(1), heap.toLocaleString("en"), loss.toPrecision(3));
      const last = /** @type {Sample} */ (samples.at(-1));
      table.place.replaceChildren(
        curve(BENCH.soak.heap, samples, (s) => s.heap, BENCH.soak.bytes(last.heap)),
        curve(BENCH.soak.speed, samples, (s) => s.speed, last.speed.toFixed(1)),
      );
    }
  }
  return verdict(samples);
});

/** Flat: after the first tenth, in which everything is made once, not a byte more. @param {Sample[]} samples */
function verdict(samples) {
  const warm = samples[Math.floor(samples.length / 10)] ?? samples[0];
  const [from, to] = [warm?.heap ?? 0, samples.at(-1)?.heap ?? 0];
  return BENCH.soak.verdict(from, to);
}
