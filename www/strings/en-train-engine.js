// Words about the engine that trains: which, why, how fast, and what that costs.

const short = (/** @type {number} */ value) => String(Number(value.toPrecision(value >= 100 ? 3 : 2)));
const milliseconds = (/** @type {number} */ ms) => (ms < 1000 ? `${short(ms)} ms` : `${short(ms / 1000)} s`);
const bytes = (/** @type {number} */ n) => (n < 1e6 ? `${short(n / 1e3)} KB` : n < 1e9 ? `${short(n / 1e6)} MB` : `${short(n / 1e9)} GB`);
const times = (/** @type {number} */ ratio) => (ratio < 1.05 ? "as fast" : `${short(ratio)}× faster`);
/** @param {string} text */
const sentence = (text) => (/[.!?…]$/.test(text) ? text : `${text}.`);

/** @typedef {import("../engine/engine-choice.js").Chosen} Chosen */

/** @param {Chosen["times"]} found */
const figures = (found) => (found ? `CPU ${milliseconds(found.cpu)}, GPU ${milliseconds(found.gpu)} an update` : "");
/** @param {Chosen["device"]} device */
const called = (device) => [device?.name, "WebGPU"].filter(Boolean).join(", ");
/** What the module says, where a reason is given anyway. @param {string} message */
const reason = (message) => sentence(message.replace(/^no GPU: /, ""));
const CPU = "CPU (WebAssembly)";

export const ENGINE = {
  /** @param {Chosen | null} chosen */
  short: (chosen) => (chosen?.on === "gpu" ? `GPU (${called(chosen.device)})${chosen.device?.software ? ", in software" : ""}` : CPU),
  choosing: "Both engines are being timed …",
  /** What it runs on and why, in a sentence or two. @param {Chosen} chosen */
  told(chosen) {
    const { why, message, times: found, device } = chosen;
    const measured = found ? ` ${figures(found)}.` : "";
    if (chosen.on === "gpu") {
      if (why === "faster") return `On the GPU, which is the faster here.${measured}`;
      if (why === "software") {
        const slower = found && found.gpu > found.cpu ? `, ${short(found.gpu / found.cpu)}× slower than the CPU` : "";
        return `On a GPU that a program imitates (software adapter)${slower}.${measured}`;
      }
      const slower = found && found.gpu > found.cpu ? ` The CPU would be ${times(found.gpu / found.cpu)}.` : "";
      return `On the GPU, as chosen.${slower}${measured}`;
    }
    const reasons = {
      asked: "On the CPU, as chosen.",
      none: "On the CPU: this browser has no WebGPU.",
      refused: `On the CPU: ${reason(message)}`,
      failed: `On the CPU: the GPU failed (${message}).`,
      lost: `On the CPU: the GPU was lost (${message}).`,
      software: "On the CPU: the only GPU is one that a program imitates, slower than the CPU.",
      short: "On the CPU: so short a run is over before a GPU is ready.",
      slower: `On the CPU, which is the faster here${device?.name ? ` (beside ${device.name})` : ""}.`,
      faster: "",
    };
    return `${reasons[why]}${why === "lost" ? "" : measured}`;
  },
  /** @param {Chosen} chosen */
  memory({ on, device }) {
    if (on !== "gpu" || !device) return "";
    return `${device.bytes > 0 ? `${bytes(device.bytes)} of its memory in use` : "Its memory is given back"}, ${device.dispatches.toLocaleString("en")} dispatches an update.`;
  },
  find: "Find the crossover",
  finding: (/** @type {number} */ hidden) => `Measuring H = ${hidden} …`,
  /** @param {ReturnType<typeof import("../engine/engine-choice.js").crossover>} found @param {import("../engine/engine-choice.js").Measured[]} measured */
  crossover(found, measured) {
    if (!found) return "";
    const { at, from, between } = found;
    const all = `Measured at H = ${measured.map(({ hidden }) => hidden).join(", ")}.`;
    if (from === null) return `The CPU is faster at every size measured: ${times(at.gpu / at.cpu)} at H = ${at.hidden}. ${all}`;
    if (!between) return `The GPU is faster at every size measured: ${times(at.cpu / at.gpu)} at H = ${at.hidden}. ${all}`;
    return `At H = ${at.hidden} the CPU is ${times(at.gpu / at.cpu)}; from H ≈ ${from} the GPU is. ${all}`;
  },
  noCrossover: (/** @type {string} */ why) => `There is no crossover to find: ${reason(why)}`,
  lost: (/** @type {string} */ name, /** @type {string} */ why, /** @type {number} */ update) => `The GPU was lost (${why}); ${name} goes on on the CPU from update ${update.toLocaleString("en")}.`,
};
