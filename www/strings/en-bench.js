// Every word of the page of measurements.
const verdict = (/** @type {boolean} */ met) => (met ? "met" : "missed");
const CELLS = { rnn: "RNN", lstm: "LSTM", gru: "GRU" };

export const BENCH = {
  title: "Measurements",
  text: "Four measurements, each taken now, on this device. Keep this tab in front while one runs.",
  back: "Back to the instrument",
  stop: "Stop",
  copy: "Copy as text",
  copied: "Copied",
  idle: "Nothing measured yet.",
  busy: "Another measurement is under way; stop it first.",
  at: (/** @type {number} */ k, /** @type {number} */ n, /** @type {string} */ what) => `${k} of ${n}: ${what}`,
  done: (/** @type {string} */ seconds) => `Done in ${seconds} s.`,
  stopped: "Stopped.",
  ms: (/** @type {number} */ ms) => (ms < 10 ? `${ms.toFixed(2)} ms` : `${ms.toFixed(1)} ms`),
  time: (/** @type {number} */ ms) => (ms < 1 ? `${(1000 * ms).toPrecision(3)} µs` : ms < 1000 ? `${ms.toPrecision(3)} ms` : `${ms.toFixed(0)} ms`),
  device: (/** @type {string} */ version, /** @type {number} */ cores, /** @type {string} */ agent) => `unrolled ${version}, ${cores} cores, ${agent}`,
  none: "–",
  page: {
    title: "The page",
    text: "What this page costs. The first three rows run the core alone; the others drive the real page in the frame below, as a hand would. Times are medians; a median frame gap of 16.7 ms is 60 frames a second.",
    run: "Measure the page",
    frame: "The page being measured",
    columns: ["what", "median", "95 % within", "runs", "budget"],
    within: (/** @type {number} */ budget, /** @type {boolean} */ met) => `${budget} ms: ${verdict(met)}`,
    cases: {
      small: "LSTM 1→32, T = 72: run and gradients",
      middle: "LSTM 1→64 ×2, T = 200: run and gradients",
      large: "LSTM 1→256, T = 1000: run and gradients",
      slider: "a slider changed (T = 72, H = 32): until all of it is drawn",
      scrub: "scrubbing (T = 200, H = 64, 2 layers): gap between frames",
      work: "scrubbing, the same: work per frame",
      back: "scrubbing backward, the same: gap between frames",
      vast: "a new network (T = 1000, H = 256): until it is drawn",
    },
  },
  beside: {
    title: "Beside others",
    text: "Training steps (forward, back-propagation through time, norm clip, Adam; mean square error of the last output) and streaming steps, ours and others' in turn, warm, each in a worker of its own, one thread. All get the same weights and the same numbers; a peer whose results differ is not timed. A ratio is the peer's time over ours in the same round: above 1 the peer is slower. Ours also draws a fresh batch for each update; the others take theirs from memory.",
    run: "Measure beside others",
    columns: ["what", "peer", "ours", "theirs", "ratio", "5 – 95 % of rounds", "rounds", "results apart", "target"],
    there: (/** @type {{name: string, version: string, backend: string}} */ { name, version, backend }) => `${name} ${version} (${backend}).`,
    missing: (/** @type {string} */ path, /** @type {string} */ why) => `${path} cannot be used: ${why}.`,
    lacking: (/** @type {string} */ path) => `${path}: no such device here that is not imitated on the CPU.`,
    alone: "Nobody to compare with: others' libraries are not part of this page. In the project's folder, `cargo xtask bench` measures beside them.",
    what: (/** @type {import("../bench/workloads.js").Workload} */ { kind, cell, input, hidden, layers, steps, batch }) => {
      const net = `${CELLS[cell]} ${input}→${hidden}${layers > 1 ? ` ×${layers}` : ""}`;
      if (kind === "product") return `product, n = ${hidden}`;
      if (kind === "train") return `training step, ${net}, T = ${steps}, B = ${batch}`;
      return kind === "stream" ? `streaming step, ${net}` : `sequence, ${net}, T = ${steps}`;
    },
    ratio: (/** @type {number} */ ratio) => (ratio < 10 ? ratio.toFixed(2) : ratio.toFixed(1)),
    differs: (/** @type {number} */ apart) => `computes something else (apart by ${apart.toExponential(1)}): not timed`,
    target: (/** @type {number} */ target, /** @type {boolean} */ met) => `${target}: ${verdict(met)}`,
  },
  gpu: {
    title: "On the GPU",
    text: "The engine on the graphics processor beside the one on the CPU, in one run: training steps, and products with their share of what the adapter’s arithmetic does at most (multiplications and additions in registers only). Ratios as above: the CPU’s time over the GPU’s. Many updates are handed over before one wait, as in training.",
    run: "Measure the GPU",
    columns: ["what", "peer", "ours on the GPU", "theirs", "ratio", "5 – 95 % of rounds", "rounds", "results apart", "target"],
    none: "There is no GPU here, or only one that is imitated by software (“?software” in the address measures that all the same; its times say nothing about a GPU).",
    peak: (/** @type {number} */ rate) => `At most ${(rate / 1e9).toFixed(1)} GFLOP/s.`,
    /** The cells after the first, of a row about the adapter. @param {number} rate @param {number} peak @param {boolean} aimed */
    share: (rate, peak, aimed) => {
      const [ours, most] = [rate, peak].map((value) => `${(value / 1e9).toPrecision(3)} GFLOP/s`);
      return ["the adapter at most", ours, most, `${((100 * rate) / peak).toFixed(0)} % of it`, "–", "–", "–", aimed ? `50 %: ${verdict(rate >= peak / 2)}` : "–"];
    },
    device: (/** @type {{dispatches: number, bytes: number}} */ { dispatches, bytes }) => ["one update on the GPU", `${dispatches} dispatches`, `${(bytes / 1e6).toPrecision(3)} MB`, "–", "–", "–", "–", "–"],
  },
  soak: {
    title: "Soak",
    text: "Trains an LSTM on the adding problem for minutes (one; “?soak=30” in the address makes it 30) and watches the module's memory and the speed. Both must stay flat.",
    run: "Start the soak",
    columns: ["after", "updates", "updates a second", "bytes of memory", "loss"],
    going: (/** @type {number} */ seconds, /** @type {number} */ minutes) => `${seconds.toFixed(0)} s of ${(60 * minutes).toFixed(0)} s`,
    seconds: (/** @type {number} */ seconds) => `${seconds.toFixed(0)} s`,
    heap: "Memory of the module",
    bytes: (/** @type {number} */ bytes) => `${(bytes / 1e6).toFixed(1)} MB`,
    speed: "Updates a second",
    verdict: (/** @type {number} */ from, /** @type {number} */ to) =>
      to <= from ? `Flat: ${to.toLocaleString("en")} bytes from the first tenth to the end.` : `Grew by ${(to - from).toLocaleString("en")} bytes after the first tenth.`,
  },
};
