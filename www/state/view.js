// The view as one plain value: defaults, checks, and its form in the address.
//
// Whatever comes in, from a link, an element's attribute or a hand, goes through `checked`, which always returns a
// whole valid view and says what it had to change. Nothing here knows the module or the page.

/**
 * @typedef {"weather" | "sentence" | "wave" | "draw"} Kind  what is read
 * @typedef {"trained" | "random" | "file"} Source           where the weights come from
 *
 * @typedef {object} Data
 * @property {Kind} kind
 * @property {string} station           weather: a station's name
 * @property {number} start             weather: hour of the first reading, in hours since 1970-01-01T00Z
 * @property {number} steps             weather, wave, draw: number of steps T
 * @property {string} task              sentence: a task's name
 * @property {string} text              sentence: the words
 * @property {number | null} label      sentence: the right answer's index, where it is known
 * @property {number} period            wave: steps of one period
 * @property {number[]} drawn           draw: values in units of the network's input
 * @property {{t: number, value: number}[]} edits  changed readings, in natural units (°C), sorted by t
 *
 * @typedef {object} Network
 * @property {Source} source
 * @property {string} cell
 * @property {Record<string, string>} options  the cell's variant switches and sizes; those left out have their default
 * @property {number} hidden
 * @property {number} layers
 * @property {boolean} bidirectional
 * @property {number} seed
 * @property {number | null} spectralRadius  null: as it is
 * @property {number | null} memoryBias      null: as it is
 * @property {"last" | "final-states" | null} readout  what the head of a file reads; null: the reader of files decides
 *
 * @typedef {{kind: "hold", layer: number, direction: number, lane: string, unit: number | "all", value: number,
 *            from: number, to: number}} Hold          a lane held at a value for steps from ≤ t < to
 * @typedef {{kind: "off", layer: number, direction: number, unit: number}} Off   a unit whose output is 0
 * @typedef {{kind: "weight", name: string, index: number, value: number}} Weight one entry of a parameter, row-major
 * @typedef {Hold | Off | Weight} Intervention
 *
 * @typedef {object} Selection
 * @property {number} t
 * @property {number | null} unit
 * @property {Record<string, number>} place  on the other axes of a lane that has several; those left out follow the unit
 * @property {number} layer
 * @property {number} direction
 * @property {string | null} lane  a lane's name, or in backward mode a target: "d:h", "da:f", "passed:c"
 *
 * @typedef {object} View
 * @property {Data} data
 * @property {Network} network
 * @property {Intervention[]} interventions
 * @property {Selection} selection
 * @property {"forward" | "backward"} mode
 * @property {"last" | "every"} loss
 * @property {number} speed
 * @property {"auto" | "light" | "dark"} theme
 * @property {boolean} projector  large type
 * @property {boolean} panel      the side panel is open
 * @property {string[]} plots     names of the shown plots; empty: the default choice
 */

export const VERSION = 1;

export const LIMITS = {
  steps: [2, 1000],
  hidden: [1, 256],
  layers: [1, 4],
  seed: [0, 4294967295],
  spectralRadius: [0, 4],
  memoryBias: [-10, 10],
  speed: [0.25, 4],
  period: [2, 500],
  start: [0, 1_000_000],
  text: 600,
  interventions: 64,
  element: [0, 1_048_575],
  edits: 1000,
};

/** Hours from 1970-01-01T00Z to an ISO hour such as 2013-11-21T15. NaN where it is none. @param {string} iso */
export function hourOf(iso) {
  return /^\d{4}-\d{2}-\d{2}T\d{2}$/.test(iso) ? Date.parse(`${iso}:00:00Z`) / 3_600_000 : NaN;
}

/** @param {number} hour */
export function isoOf(hour) {
  return new Date(hour * 3_600_000).toISOString().slice(0, 13);
}

/** The first view: a trained LSTM reads 72 hours at JFK, across a cold front. @type {View} */
export const DEFAULT = deepFreeze({
  data: {
    kind: "weather",
    station: "jfk",
    start: hourOf("2013-11-21T15"),
    steps: 72,
    task: "agreement",
    text: "the sensors that the engineer near the old station calibrated",
    label: 1,
    period: 24,
    drawn: [],
    edits: [],
  },
  network: {
    source: "trained",
    cell: "lstm",
    options: {},
    hidden: 32,
    layers: 1,
    bidirectional: false,
    seed: 7,
    spectralRadius: null,
    memoryBias: null,
    readout: null,
  },
  interventions: [],
  selection: { t: 30, unit: null, place: {}, layer: 0, direction: 0, lane: null },
  mode: "forward",
  loss: "last",
  speed: 1,
  theme: "auto",
  projector: false,
  panel: true,
  plots: [],
});

/** @template T @param {T} value @returns {T} */
export function deepFreeze(value) {
  if (value && typeof value === "object" && !Object.isFrozen(value)) {
    Object.values(value).forEach(deepFreeze);
    Object.freeze(value);
  }
  return value;
}

/**
 * A new view: `patch` over `view`. `data`, `network` and `selection` are merged field by field, everything else replaces.
 * @param {View} view
 * @param {any} patch
 * @returns {any}
 */
export function merged(view, patch) {
  const next = { ...view };
  // Another sentence has another answer.
  if (patch?.data?.text !== undefined && patch.data.label === undefined) patch = { ...patch, data: { ...patch.data, label: null } };
  for (const [key, value] of Object.entries(patch ?? {})) {
    const nested = (key === "data" || key === "network" || key === "selection") && value && typeof value === "object";
    next[key] = nested ? { ...view[key], ...value } : value;
  }
  return next;
}

/** What was wrong with one field. @typedef {{field: string, found: string, expected: string, used: string}} Remark */

/**
 * Makes a valid view of anything.
 * @param {any} given
 * @returns {{view: View, remarks: Remark[]}}  frozen view; remarks in the order of the fields
 */
export function checked(given) {
  /** @type {Remark[]} */
  const remarks = [];
  const say = (/** @type {string} */ field, /** @type {any} */ found, /** @type {any} */ used, expected = "") => {
    remarks.push({ field, found: String(found).slice(0, 40), expected, used: String(used) });
    return used;
  };
  const own = (/** @type {any} */ from) => (from && typeof from === "object" ? from : {});
  const number = (/** @type {string} */ field, /** @type {any} */ found, /** @type {number[]} */ [low, high], fallback, whole = true) => {
    if (found === undefined) return fallback;
    const expected = `${low} … ${high}`;
    if (typeof found !== "number" || !Number.isFinite(found)) return say(field, found, fallback, expected);
    // (Adding 0 makes −0 an ordinary zero.)
    const used = Math.min(high, Math.max(low, whole ? Math.round(found) : found)) + 0;
    return used === found ? used : say(field, found, used, expected);
  };
  const maybe = (field, found, range, whole) => (found === null || found === undefined ? null : number(field, found, range, null, whole));
  const choice = (/** @type {string} */ field, found, /** @type {readonly any[]} */ values, fallback) =>
    found === undefined ? fallback : values.includes(found) ? found : say(field, found, fallback, values.join(", "));
  const name = (/** @type {string} */ field, found, fallback) =>
    found === undefined ? fallback : typeof found === "string" && /^_?\p{L}[\p{L}\p{M}\w.:-]{0,63}$/u.test(found) ? found : say(field, found, fallback);
  const list = (/** @type {string} */ field, found, /** @type {number} */ most) => {
    if (found === undefined) return [];
    if (!Array.isArray(found)) return say(field, found, []);
    return found.length > most ? (say(field, `${found.length}`, `${most}`), found.slice(0, most)) : found;
  };

  const root = own(given);
  const d = own(root.data);
  const n = own(root.network);
  const s = own(root.selection);
  const D = DEFAULT;

  const kind = choice("data", d.kind, ["weather", "sentence", "wave", "draw"], D.data.kind);
  const steps = number("steps", d.steps, LIMITS.steps, D.data.steps);
  const drawn = list("drawn", d.drawn, LIMITS.steps[1]).map((v) => number("drawn", v, [-9, 9], 0, false));
  const edits = new Map();
  for (const edit of list("edits", d.edits, LIMITS.edits)) {
    const { t, value } = own(edit);
    if (Number.isInteger(t) && t >= 0 && t < LIMITS.steps[1] && Number.isFinite(value)) {
      edits.set(t, number("edits", value, [-1e4, 1e4], 0, false));
    } else say("edits", JSON.stringify(edit), "–");
  }
  let text = d.text === undefined ? D.data.text : d.text;
  if (typeof text !== "string") text = say("text", text, D.data.text);
  if (text.length > LIMITS.text) text = say("text", `${text.length} characters`, text.slice(0, LIMITS.text));
  const label = d.text === undefined && d.label === undefined ? D.data.label : maybe("label", d.label, [0, 99], true);

  /** @type {Record<string, string>} */
  const options = {};
  for (const [key, value] of Object.entries(own(n.options)).slice(0, 8)) {
    const option = name("options", key, "");
    const chosen = typeof value === "string" && /^\d{1,9}$/.test(value) ? value : name("options", value, "");
    if (option && chosen) options[option] = chosen;
  }

  /** @type {Record<string, number>} */
  const place = {};
  for (const [key, value] of Object.entries(own(s.place)).slice(0, 8)) {
    if (/^[A-Z]\w{0,7}$/.test(key)) place[key] = number("at", value, LIMITS.element, 0);
    else say("at", key, "–");
  }

  const index = [0, 64_000_000];
  const interventions = [];
  for (const given of list("interventions", root.interventions, LIMITS.interventions)) {
    const i = own(given);
    const before = remarks.length;
    /** @type {any} */
    let kept = null;
    const whole = (field, range) => number("interventions", i[field] ?? NaN, range, 0);
    if (i.kind === "hold") {
      kept = {
        kind: "hold",
        layer: whole("layer", [0, 15]),
        direction: whole("direction", [0, 1]),
        lane: name("interventions", i.lane ?? "", ""),
        unit: i.unit === "all" ? "all" : whole("unit", LIMITS.element),
        value: number("interventions", i.value ?? NaN, [-1e4, 1e4], 0, false),
        from: whole("from", [0, 1000]),
        to: whole("to", [0, 1000]),
      };
    } else if (i.kind === "off") {
      kept = { kind: "off", layer: whole("layer", [0, 15]), direction: whole("direction", [0, 1]), unit: whole("unit", [0, 4095]) };
    } else if (i.kind === "weight") {
      kept = {
        kind: "weight",
        name: name("interventions", i.name ?? "", ""),
        index: whole("index", index),
        value: number("interventions", i.value ?? NaN, [-1e4, 1e4], 0, false),
      };
    }
    // An intervention that had to be changed would be another intervention: it is left out, with one remark.
    if (kept && remarks.length === before) interventions.push(kept);
    else remarks.splice(before, Infinity, { field: "interventions", found: String(JSON.stringify(given)).slice(0, 40), expected: "", used: "–" });
  }

  /** @type {View} */
  const view = {
    data: {
      kind,
      station: name("station", d.station, D.data.station),
      start: number("start", d.start, LIMITS.start, D.data.start),
      steps,
      task: name("task", d.task, D.data.task),
      text,
      label,
      period: number("period", d.period, LIMITS.period, D.data.period, false),
      drawn,
      edits: [...edits].map(([t, value]) => ({ t, value })).sort((a, b) => a.t - b.t),
    },
    network: {
      source: choice("weights", n.source, ["trained", "random", "file"], D.network.source),
      cell: name("cell", n.cell, D.network.cell),
      options,
      hidden: number("hidden", n.hidden, LIMITS.hidden, D.network.hidden),
      layers: number("layers", n.layers, LIMITS.layers, D.network.layers),
      bidirectional: choice("bidirectional", n.bidirectional, [true, false], D.network.bidirectional),
      seed: number("seed", n.seed, LIMITS.seed, D.network.seed),
      spectralRadius: maybe("spectralRadius", n.spectralRadius, LIMITS.spectralRadius, false),
      memoryBias: maybe("memoryBias", n.memoryBias, LIMITS.memoryBias, false),
      readout: choice("readout", n.readout, ["last", "final-states", null], D.network.readout),
    },
    interventions,
    selection: {
      t: number("t", s.t, [0, LIMITS.steps[1] - 1], D.selection.t),
      unit: maybe("unit", s.unit, [0, 4095], true),
      place,
      layer: number("layer", s.layer, [0, 15], 0),
      direction: number("direction", s.direction, [0, 1], 0),
      lane: s.lane === null || s.lane === undefined ? null : name("lane", s.lane, null),
    },
    mode: choice("mode", root.mode, ["forward", "backward"], D.mode),
    loss: choice("loss", root.loss, ["last", "every"], D.loss),
    speed: number("speed", root.speed, LIMITS.speed, D.speed, false),
    theme: choice("theme", root.theme, ["auto", "light", "dark"], D.theme),
    projector: choice("projector", root.projector, [true, false], D.projector),
    panel: choice("panel", root.panel, [true, false], D.panel),
    plots: list("plots", root.plots, 16).map((p) => name("plots", p, "")).filter(Boolean),
  };
  return { view: deepFreeze(view), remarks };
}

/** Same content? Views are plain and their keys have one order. @param {any} a @param {any} b */
export function same(a, b) {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}
