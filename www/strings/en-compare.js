// What the Compare screen says.
import { decimal } from "./en.js";
import { KEYS, LIST } from "./en-compare-tries.js";

const count = (/** @type {number} */ n) => n.toLocaleString("en");
const plural = (/** @type {number} */ n, /** @type {string} */ one) => `${count(n)} ${one}${n === 1 ? "" : "s"}`;
const SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/** A number for a read-out: "0.0421", "2.1·10⁻⁹". @param {number | null | undefined} value @param {number} [digits] */
export function reading(value, digits = 3) {
  if (value === null || value === undefined) return "–";
  if (Number.isNaN(value)) return "no value";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  if (value === 0) return "0";
  const power = Math.floor(Math.log10(Math.abs(value)));
  if (power >= -3 && power < 5) return decimal(value, Math.max(0, digits - 1 - power));
  const [mantissa, exponent] = value.toExponential(digits - 2).split("e");
  const raised = [...String(Math.abs(Number(exponent)))].map((d) => SUPERSCRIPTS[Number(d)]).join("");
  return `${mantissa.replace("-", "−")}·10${Number(exponent) < 0 ? "⁻" : ""}${raised}`;
}

/** Bytes as people read them. @param {number} n */
const bytes = (n) => (n < 1000 ? `${n} B` : n < 1e6 ? `${(n / 1000).toFixed(n < 10_000 ? 1 : 0)} KB` : `${(n / 1e6).toFixed(1)} MB`);

export const COMPARE = {
  title: "Comparing networks · Unrolled",
  heading: "Compare",
  help: {
    keys: KEYS,
    mouse: "With a pointer: click a step of a strip or a plot to go there; click a name in a legend to hide its line; drop a .safetensors file to compare your own network.",
  },
  notices: {
    unknownCell: "There is no such cell; the LSTM is shown.",
    unknownTask: "There is no such task that draws its own examples; the first is shown.",
    fileGone: "A file is not part of a link. Choose it again; until then a random network is shown.",
    noTrained: "There are no trained weights of this cell for this sequence; a random network is shown.",
    crashed: (/** @type {string} */ why) => `The computation stopped (${why}). Change anything to start it again.`,
    noStyles: (/** @type {string} */ href) => `${href} did not load`,
    forgotten: (/** @type {string} */ name, /** @type {string} */ why) => `The memory of ${name} is not computed: ${why}.`,
    opened: (/** @type {string} */ name, /** @type {any} */ config) =>
      config.layers > 1 || config.bidirectional
        ? `${name} has ${plural(config.layers, "layer")}${config.bidirectional ? " in two directions" : ""}: strip, memory and state are those of its last layer, read forwards; gradients go through all of it.`
        : `${name} is compared now.`,
  },
  set: {
    panel: "Sequence and networks",
    sequence: "Sequence",
    kinds: [
      { name: "weather", title: "Weather", hint: "Hourly temperatures" },
      { name: "wave", title: "Wave", hint: "A sine wave" },
      { name: "impulse", title: "Impulse", hint: "One step of 1, then nothing but 0" },
      { name: "sentence", title: "Sentence", hint: "Words of our own grammars" },
      { name: "task", title: "Memory task", hint: "An example of a classic task" },
    ],
    hints: { impulse: "One step of 1, then nothing but 0: what is left of it is all the network’s own doing. The loss is the mean square of the last output." },
    steps: "Steps T",
    station: "Station",
    from: "From (UTC)",
    period: "Steps of a period",
    task: "Task",
    text: "Sentence",
    example: "Example",
    another: "Another sentence",
    hidden: "Units H of each random network",
    budget: "Parameters of each random network",
    size: "Equal",
    sizes: [
      { name: "hidden", title: "Hidden size", hint: "Every random network has as many units" },
      { name: "budget", title: "Parameter budget", hint: "Every random network has the hidden size whose parameter count is nearest to the budget" },
    ],
    seeds: "Random starts of each",
    seedsHint: "More than one: the median and the 10–90 % band of many random starts, instead of one lucky curve.",
    fair: "Equal for all",
    networks: "Networks",
    sources: [
      { name: "random", title: "random" },
      { name: "trained", title: "trained" },
      { name: "file", title: "your file" },
    ],
    source: "Weights",
    cell: "Cell",
    seed: "Seed",
    radius: "Spectral radius of W_h",
    asIs: "as drawn",
    reset: "as drawn",
    add: "Add a network",
    copy: "Duplicate",
    remove: "Remove",
    choose: "Choose a .safetensors file",
    edit: (/** @type {string} */ name) => `Settings of ${name}`,
    of: (/** @type {string} */ deed, /** @type {string} */ name) => `${deed}: ${name}`,
  },
  tries: { title: "Try", list: LIST, look: "What to look at:" },
  sequence: {
    /** @param {string} kind @param {string} what */
    title: (kind, what) => ({ weather: `Temperature at ${what}`, wave: "A sine wave", impulse: "An impulse at step 1", sentence: "A sentence", task: what })[kind] ?? "",
    says: (/** @type {string} */ name, /** @type {string} */ what) => `${name} ${what}`,
    asked: (/** @type {string} */ answer) => `asked at the end: ${answer}`,
    next: (/** @type {string} */ what) => `next: measured ${what}`,
    alt: (/** @type {string} */ title, /** @type {number} */ steps) => `${title}: ${plural(steps, "step")}, read by all networks.`,
  },
  strips: {
    time: "Over time",
    title: "Outputs, unrolled in time",
    note: (/** @type {string} */ lane) => lane,
    alt: (/** @type {string} */ name, /** @type {any} */ { lane, hidden, steps, t, strongest, norm, bound }) =>
      `${name}: ${lane} of ${plural(hidden, "unit")} over ${plural(steps, "step")}, colours from −${bound} to ${bound}. At step ${t + 1} unit ${strongest.unit + 1} is largest, ${reading(strongest.value)}; the carried state has norm ${reading(norm)}.`,
    scale: (/** @type {number} */ bound) => `±${reading(bound, 2)}`,
    state: "‖s‖",
    stateHint: "Norm of the carried state: what this cell gives out is not what it hands on",
    waiting: "computing…",
    cancelled: "cancelled before it ran",
  },
  plots: {
    see: {
      "compare-memory": "what a nudge of one input still does to later outputs",
      "compare-gradients": "how much of it arrives",
      "compare-states": "how much the cell carries on",
      "compare-lengths": "how far back training could reach",
    },
    of: "of",
    ofs: [
      { name: "x", title: "at the input", hint: "With regard to x: compares any two cells" },
      { name: "s", title: "at the state", hint: "With regard to everything that is carried on" },
    ],
    relative: "relative",
    relativeHint: "Each line divided by its largest value: shapes compare, sizes no longer do",
    from: "step",
    fromHere: "Take the step at hand",
    progress: (/** @type {number} */ share, /** @type {string} */ what) => `${what}: ${Math.floor(100 * share)} %`,
    seeding: (/** @type {number} */ n) => `${n} random starts`,
    lengthening: "all lengths",
    remembering: "exact derivatives",
    cancel: "Cancel",
    again: "Compute",
    cancelled: "Cancelled; what was known stays.",
    failed: (/** @type {string} */ why) => `It could not be computed: ${why}`,
    ended: "This sequence has an end of its own. Choose weather, a wave or an impulse to see longer and longer ones.",
    lengthLine: (/** @type {string} */ name, /** @type {number | null} */ found, /** @type {number} */ most) => (found === null ? `${name}: not by ${count(most)} steps` : `${name}: from ${plural(found, "step")} on`),
    sinks: "Under the f32 floor",
    keys: "Arrow keys read it out step by step.",
    at: (/** @type {string} */ axis, /** @type {number} */ at) => (axis.startsWith("length") ? `T = ${count(at)}` : `step ${count(at)}`),
    files: [
      { name: "png", title: "PNG" },
      { name: "svg", title: "SVG" },
      { name: "csv", title: "CSV" },
    ],
    save: (/** @type {string} */ title) => `Save “${title}”`,
    hours: "step t, hours in UTC",
    why: "What is this?",
    data: "Numbers",
    table: (/** @type {string} */ title) => `Numbers of “${title}”`,
    toggle: "Show or hide this line",
    bands: (/** @type {number} */ seeds) => `${seeds} starts: median, 10–90 %`,
    wrong: (/** @type {string} */ name, /** @type {string} */ why) => `${name}: ${why}`,
    scale: "Scale",
    scales: [
      { name: "linear", title: "linear" },
      { name: "log", title: "log" },
    ],
  },
  losses: {
    next: "squared error of the next reading, at the last step",
    answer: "cross-entropy of the answer, at the last step",
    asked: "squared error of what is asked, at the last step",
    square: "mean square of the last output",
  },
  table: {
    title: "Side by side",
    caption: "What each network is and costs, and how long it remembers",
    columns: ["Network", "Hidden size", "Parameters", "State", "Multiply-adds a step", "Time a step", "Half-life of memory", "Loss at the last step"],
    note: (/** @type {number} */ steps) =>
      `Time a step: measured here and now, in this browser on this device: a forward run over these ${plural(steps, "step")}, everything recorded, warmed up, the median of several. Half-life: steps after which ‖∂y/∂x‖ of the chosen step stays under half.`,
    state: bytes,
    count,
    time: (/** @type {number | null} */ micros) => (micros === null ? "measuring…" : micros < 1000 ? `${micros < 10 ? micros.toFixed(2) : micros.toFixed(1)} µs` : `${(micros / 1000).toFixed(2)} ms`),
    half: (/** @type {number | null} */ n, /** @type {number} */ steps) => (n === null ? `over ${plural(steps, "step")}` : plural(n, "step")),
    halves: (/** @type {string} */ median, /** @type {string} */ low, /** @type {string} */ high) => `${median} (${low} to ${high})`,
    loss: (/** @type {number} */ loss, /** @type {number} */ deviation, /** @type {string} */ unit) => (unit ? `${reading(loss)} (${decimal(Math.sqrt(loss) * deviation, 1)} ${unit} off)` : reading(loss)),
    noTarget: "no target",
    csv: "Table as CSV",
  },
  /** @param {number} milliseconds */
  took: (milliseconds) => `computed in ${milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`}, in a worker`,
  working: "computing…",
};

/** The names without a title that all of them share. @param {string[]} names */
export function shortened(names) {
  const [title] = names[0]?.split(", ", 1) ?? [""];
  return names.length > 1 && names.every((name) => name.startsWith(`${title}, `)) ? names.map((name) => name.slice(title.length + 2)) : names;
}

/**
 * Distinct names: the cell's title, and what tells it from the others.
 * @param {readonly import("../state/compare-view.js").Member[]} networks
 * @param {any[]} cells @param {(id: number) => string} fileName @param {(any | null)[]} specs  of their cells, where known
 */
export function namesOf(networks, cells, fileName, specs) {
  const names = networks.map((network, k) => {
    const cell = cells.find((one) => one.name === network.cell);
    const title = specs[k]?.title && !cell ? specs[k].title : (cell?.title ?? network.cell);
    if (network.source === "file" && network.file !== null) return `${title}, ${fileName(network.file).replace(/\.safetensors$/i, "")}`;
    const parts = Object.entries(network.options).map(([name, value]) => `${name} ${value}`);
    if (network.source === "trained") parts.push("trained");
    if (network.memoryBias !== null) parts.push(`${specs[k]?.memory?.title ?? "memory bias"} ${decimal(network.memoryBias, Number.isInteger(network.memoryBias) ? 0 : 1)}`);
    if (network.spectralRadius !== null) parts.push(`radius ${String(Number(network.spectralRadius.toFixed(2)))}`);
    return [title, ...parts].join(", ");
  });
  const seeded = names.map((name, k) => (names.filter((other) => other === name).length > 1 && networks[k].source === "random" ? `${name}, seed ${networks[k].seed}` : name));
  return seeded.map((name, k) => {
    const before = seeded.slice(0, k).filter((other) => other === name).length;
    return before > 0 ? `${name} (${before + 1})` : name;
  });
}
