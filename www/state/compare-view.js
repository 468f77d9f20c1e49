// What the Compare screen shows as one plain value: defaults and checks, as state/view.js has them for Step.
//
// Whether there is such a cell, option or task is settled against describe() in engine/compare-plan.js.
import { deepFreeze, DEFAULT, hourOf, LIMITS } from "./view.js";

/**
 * @typedef {Record<string, string | number>} Options
 *
 * @typedef {object} Member                one of the networks
 * @property {"random" | "trained" | "file"} source
 * @property {string} cell
 * @property {Options} options              those left out have their default
 * @property {number} seed
 * @property {number | null} spectralRadius null: as it is
 * @property {number | null} memoryBias     null: as it is
 * @property {number | null} file           which of the reader's files; never in a link
 *
 * @typedef {object} Data
 * @property {"weather" | "wave" | "impulse" | "sentence" | "task"} kind
 * @property {string} station
 * @property {number} start       weather: hour of the first reading, since 1970-01-01T00Z
 * @property {number} steps       weather, wave, impulse
 * @property {number} period      wave
 * @property {string} task        sentence: a task's name
 * @property {string} text
 * @property {number | null} label
 * @property {string} name        task: its name
 * @property {Options} options    task: those left out have their default
 * @property {number} example     task: which of its endless examples
 *
 * @typedef {object} CompareView
 * @property {Data} data
 * @property {Member[]} networks  two to four
 * @property {"hidden" | "budget"} size  equal hidden size, or equal parameter budget
 * @property {number} hidden
 * @property {number} budget      parameters
 * @property {number} seeds       random starts of each network
 * @property {number} from        the step whose memory is shown
 * @property {number} t           the step at hand
 * @property {"x" | "s"} of       gradients with regard to the input or the carried state
 * @property {number} speed
 * @property {string[]} plots     how plots are drawn, where not as they come: "compare-memory.linear.relative"
 * @property {string} experiment  a name of state/compare-experiments.js; empty: none
 */

export const COMPARE_LIMITS = { networks: [2, 4], steps: [10, 2000], hidden: [1, 256], budget: [50, 200_000], seeds: [1, 50], example: [0, 999_999] };

/** @type {Member} */
export const MEMBER = deepFreeze({ source: "random", cell: "lstm", options: {}, seed: 7, spectralRadius: null, memoryBias: null, file: null });

/** @type {CompareView} */
export const DEFAULT_COMPARE = deepFreeze({
  data: {
    kind: "weather",
    station: "jfk",
    start: hourOf("2013-03-01T00"),
    steps: 500,
    period: 24,
    task: "agreement",
    text: DEFAULT.data.text,
    label: 1,
    name: "selective-copying",
    options: {},
    example: 0,
  },
  networks: [
    { ...MEMBER, cell: "rnn" },
    { ...MEMBER, cell: "lstm" },
    { ...MEMBER, cell: "gru" },
  ],
  size: "hidden",
  hidden: 32,
  budget: 4000,
  seeds: 1,
  from: 0,
  t: 0,
  of: "x",
  speed: 4,
  plots: [],
  experiment: "",
});

/** @param {any} view @param {any} patch  `data` is merged field by field, the rest replaces */
export function mergedCompare(view, patch) {
  const next = { ...view, ...patch };
  if (patch?.data) {
    const other = patch.data.text !== undefined && patch.data.label === undefined ? { label: null } : {};
    next.data = { ...view.data, ...other, ...patch.data };
  }
  return next;
}

/**
 * Makes a valid view of anything.
 * @param {any} given
 * @returns {{view: CompareView, remarks: import("./view.js").Remark[]}}
 */
export function checkedCompare(given) {
  /** @type {import("./view.js").Remark[]} */
  const remarks = [];
  const say = (/** @type {string} */ field, /** @type {any} */ found, /** @type {any} */ used, expected = "") => {
    remarks.push({ field, found: String(found).slice(0, 40), expected, used: String(used) });
    return used;
  };
  const own = (/** @type {any} */ from) => (from && typeof from === "object" && !Array.isArray(from) ? from : {});
  const number = (/** @type {string} */ field, /** @type {any} */ found, /** @type {readonly number[]} */ [low, high], /** @type {any} */ fallback, whole = true) => {
    if (found === undefined) return fallback;
    const expected = `${low} … ${high}`;
    if (typeof found !== "number" || !Number.isFinite(found)) return say(field, found, fallback, expected);
    const used = Math.min(high, Math.max(low, whole ? Math.round(found) : found)) + 0;
    return used === found ? used : say(field, found, used, expected);
  };
  const maybe = (/** @type {string} */ field, /** @type {any} */ found, /** @type {readonly number[]} */ range, whole = false) => (found === null || found === undefined ? null : number(field, found, range, null, whole));
  const choice = (/** @type {string} */ field, /** @type {any} */ found, /** @type {readonly any[]} */ values, /** @type {any} */ fallback) =>
    found === undefined || values.includes(found) ? (found ?? fallback) : say(field, found, fallback, values.join(", "));
  const name = (/** @type {string} */ field, /** @type {any} */ found, /** @type {any} */ fallback) =>
    found === undefined ? fallback : typeof found === "string" && /^[A-Za-z][\w.:-]{0,63}$/.test(found) ? found : say(field, found, fallback);
  const options = (/** @type {string} */ field, /** @type {any} */ found) => {
    /** @type {Options} */
    const kept = {};
    for (const [key, value] of Object.entries(own(found)).slice(0, 12)) {
      const known = /^[A-Za-z][\w-]{0,31}$/.test(key) && (typeof value === "number" ? Number.isFinite(value) : typeof value === "string" && /^[\w-]{1,31}$/.test(value));
      if (known) kept[key] = /** @type {any} */ (value);
      else say(field, `${key} ${value}`, "–");
    }
    return kept;
  };
  const list = (/** @type {string} */ field, /** @type {any} */ found, /** @type {number} */ most) => {
    if (found === undefined) return [];
    if (!Array.isArray(found)) return say(field, found, []);
    return found.length > most ? (say(field, found.length, most, `at most ${most}`), found.slice(0, most)) : found;
  };

  const root = own(given);
  const d = own(root.data);
  const D = DEFAULT_COMPARE;
  const L = COMPARE_LIMITS;
  let text = d.text === undefined ? D.data.text : d.text;
  if (typeof text !== "string") text = say("text", text, D.data.text);
  if (text.length > LIMITS.text) text = say("text", `${text.length} characters`, text.slice(0, LIMITS.text));

  let networks = list("nets", root.networks, L.networks[1]).map((/** @type {any} */ one) => {
    const n = own(one);
    return {
      source: choice("weights", n.source, ["random", "trained", "file"], MEMBER.source),
      cell: name("cell", n.cell, MEMBER.cell),
      options: options("options", n.options),
      seed: number("seed", n.seed, LIMITS.seed, MEMBER.seed),
      spectralRadius: maybe("radius", n.spectralRadius, LIMITS.spectralRadius),
      memoryBias: maybe("memory", n.memoryBias, LIMITS.memoryBias),
      file: maybe("file", n.file, [0, 1e9], true),
    };
  });
  if (root.networks === undefined) networks = [...D.networks];
  else if (networks.length < L.networks[0]) {
    say("nets", networks.length, L.networks[0], `${L.networks[0]} … ${L.networks[1]}`);
    networks = [...networks, ...D.networks].slice(0, L.networks[0]);
  }
  const steps = number("steps", d.steps, L.steps, D.data.steps);
  const view = {
    data: {
      kind: choice("read", d.kind, ["weather", "wave", "impulse", "sentence", "task"], D.data.kind),
      station: name("station", d.station, D.data.station),
      start: number("from", d.start, LIMITS.start, D.data.start),
      steps,
      period: number("period", d.period, LIMITS.period, D.data.period, false),
      task: name("task", d.task, D.data.task),
      text,
      label: d.label === undefined ? (d.text === undefined ? D.data.label : null) : maybe("label", d.label, [0, 99], true),
      name: name("name", d.name, D.data.name),
      options: options("given", d.options),
      example: number("example", d.example, L.example, D.data.example),
    },
    networks,
    size: choice("size", root.size, ["hidden", "budget"], D.size),
    hidden: number("hidden", root.hidden, L.hidden, D.hidden),
    budget: number("budget", root.budget, L.budget, D.budget),
    seeds: number("seeds", root.seeds, L.seeds, D.seeds),
    from: number("of", root.from, [0, L.steps[1] - 1], D.from),
    t: number("t", root.t, [0, L.steps[1] - 1], D.t),
    of: choice("gradient", root.of, ["x", "s"], D.of),
    speed: number("speed", root.speed, LIMITS.speed, D.speed, false),
    plots: list("plots", root.plots, 8).map((/** @type {any} */ p) => name("plots", p, "")).filter(Boolean),
    experiment: root.experiment === "" ? "" : name("try", root.experiment, ""),
  };
  return { view: deepFreeze(view), remarks };
}
