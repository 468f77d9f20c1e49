// The set-up of a training as one plain value: defaults and checks, as state/view.js has them for Step.
//
// Checked here is what can be checked without the registries: kinds of values and ranges. Whether there is such a task,
// cell or option is settled against describe() in engine/set-up.js.
import { deepFreeze } from "./view.js";

/**
 * @typedef {Record<string, string | number | boolean>} Options
 *
 * @typedef {object} Training  what `Trainer.create` takes as `training`, less the length of its schedule
 * @property {string} optimizer
 * @property {Record<string, number>} options    those left out have their default
 * @property {number} learningRate
 * @property {{kind: string, warmUp: number, floor: number}} schedule
 * @property {{kind: string, limit: number}} clip
 * @property {number} batch
 * @property {number} accumulate
 * @property {number | null} truncate            steps of a chunk; null: the whole sequence
 * @property {boolean} carry
 * @property {number} dropout
 * @property {string} start
 * @property {number | null} forgetBias          null: as drawn
 * @property {number | null} patience            null: no early stopping
 * @property {number} validateEvery              updates
 * @property {number} validation                 examples
 * @property {number} seed
 *
 * @typedef {object} TrainView
 * @property {{name: string, options: Options}} task
 * @property {{cell: string, options: Record<string, string>, hidden: number, layers: number, bidirectional: boolean}} network
 * @property {Training} training
 * @property {number} updates      how many a run does
 * @property {string} engine       a name of ENGINES: what does the updates
 * @property {string} experiment   a name of state/train-experiments.js whose runs are compared; empty: one run
 * @property {string[]} plots      names of the shown plots; empty: the default choice
 * @property {boolean} log         logarithmic loss
 * @property {boolean} smooth
 * @property {{part: string, k: number}} held          the held-out example that is shown
 * @property {{layer: number, direction: number}} place  whose gradients are shown
 */

export const TRAIN_LIMITS = {
  hidden: [1, 256],
  layers: [1, 4],
  learningRate: [1e-6, 10],
  warmUp: [0, 100_000],
  floor: [0, 1],
  limit: [1e-4, 1000],
  batch: [1, 512],
  accumulate: [1, 64],
  truncate: [1, 1000],
  dropout: [0, 0.9],
  forgetBias: [-10, 10],
  patience: [1, 1000],
  validateEvery: [1, 10_000],
  validation: [1, 20_000],
  seed: [0, 4294967295],
  updates: [1, 1_000_000],
};

/** Automatic: whichever is the faster. */
export const ENGINES = ["auto", "cpu", "gpu"];

/** The first set-up: an LSTM on the temperature of the next hour. @type {TrainView} */
export const DEFAULT_TRAIN = deepFreeze({
  task: { name: "temperature", options: {} },
  network: { cell: "lstm", options: {}, hidden: 32, layers: 1, bidirectional: false },
  training: {
    optimizer: "adam",
    options: {},
    learningRate: 0.005,
    schedule: { kind: "constant", warmUp: 100, floor: 0 },
    clip: { kind: "norm", limit: 1 },
    batch: 32,
    accumulate: 1,
    truncate: null,
    carry: false,
    dropout: 0,
    start: "pytorch",
    forgetBias: null,
    patience: null,
    validateEvery: 50,
    validation: 1000,
    seed: 1,
  },
  updates: 1000,
  engine: "auto",
  experiment: "",
  plots: [],
  log: true,
  smooth: false,
  held: { part: "valid", k: 0 },
  place: { layer: 0, direction: 0 },
});

/** Parts that are merged field by field; everything else is replaced. */
const NESTED = new Set(["task", "network", "training", "held", "place", "schedule", "clip"]);

/**
 * A new set-up: `patch` over `view`.
 * @param {any} view
 * @param {any} patch
 * @returns {any}
 */
export function mergedTrain(view, patch) {
  const next = { ...view };
  for (const [key, value] of Object.entries(patch ?? {})) {
    const nested = NESTED.has(key) && value && typeof value === "object";
    next[key] = nested ? mergedTrain(view[key], value) : value;
  }
  // Another task, cell or optimiser has other options.
  if (patch?.name !== undefined && patch.options === undefined && "options" in view && patch.name !== view.name) next.options = {};
  if (patch?.cell !== undefined && patch.options === undefined && patch.cell !== view.cell) next.options = {};
  if (patch?.optimizer !== undefined && patch.options === undefined && patch.optimizer !== view.optimizer) next.options = {};
  return next;
}

/** @typedef {import("./view.js").Remark} Remark */

/** What was found, and what had to be changed about it. */
class Check {
  /** @type {Remark[]} */
  remarks = [];

  /** @param {string} field @param {any} found @param {any} used */
  say(field, found, used, expected = "") {
    this.remarks.push({ field, found: String(found).slice(0, 40), expected, used: used === null ? "–" : String(used) });
    return used;
  }
  /** @param {string} field @param {any} found @param {number[]} range @param {any} fallback */
  number(field, found, [low, high], fallback, whole = true) {
    if (found === undefined) return fallback;
    const expected = `${low} … ${high}`;
    if (typeof found !== "number" || !Number.isFinite(found)) return this.say(field, found, fallback, expected);
    const used = Math.min(high, Math.max(low, whole ? Math.round(found) : found)) + 0;
    return used === found ? used : this.say(field, found, used, expected);
  }
  /** @param {string} field @param {any} found @param {number[]} range */
  maybe(field, found, range, whole = true) {
    return found === null || found === undefined ? null : this.number(field, found, range, null, whole);
  }
  /** @param {string} field @param {any} found @param {string} fallback */
  name(field, found, fallback) {
    if (found === undefined) return fallback;
    return typeof found === "string" && /^[A-Za-z][\w-]{0,40}$/.test(found) ? found : this.say(field, found, fallback);
  }
  /** @param {string} field @param {any} found @param {string[]} names @param {string} fallback */
  among(field, found, names, fallback) {
    return found === undefined || names.includes(found) ? (found ?? fallback) : this.say(field, found, fallback, names.join(", "));
  }
  /** @param {string} field @param {any} found @param {boolean} fallback */
  flag(field, found, fallback) {
    return found === undefined || typeof found === "boolean" ? (found ?? fallback) : this.say(field, found, fallback, "1, 0");
  }
  /** @param {string} field @param {any} found @param {(value: any) => boolean} fits */
  options(field, found, fits) {
    /** @type {any} */
    const kept = {};
    if (found === undefined) return kept;
    for (const [key, value] of Object.entries(own(found)).slice(0, 16)) {
      if (/^[A-Za-z][\w-]{0,40}$/.test(key) && fits(value)) kept[key] = value;
      else this.say(field, `${key}: ${value}`, null);
    }
    return kept;
  }
}

const own = (/** @type {any} */ from) => (from && typeof from === "object" && !Array.isArray(from) ? from : {});
const isNumber = (/** @type {any} */ v) => typeof v === "number" && Number.isFinite(v);
const isText = (/** @type {any} */ v) => typeof v === "string" && v.length <= 200;

/**
 * Makes a valid set-up of anything.
 * @param {any} given
 * @returns {{view: TrainView, remarks: Remark[]}}
 */
export function checkedTrain(given) {
  const check = new Check();
  const root = own(given);
  const [task, network, held, place] = [own(root.task), own(root.network), own(root.held), own(root.place)];
  const D = DEFAULT_TRAIN;
  const L = TRAIN_LIMITS;
  /** @type {TrainView} */
  const view = {
    task: {
      name: check.name("task", task.name, D.task.name),
      options: check.options("data", task.options, (v) => isNumber(v) || isText(v) || typeof v === "boolean"),
    },
    network: {
      cell: check.name("cell", network.cell, D.network.cell),
      options: check.options("options", network.options, isText),
      hidden: check.number("hidden", network.hidden, L.hidden, D.network.hidden),
      layers: check.number("layers", network.layers, L.layers, D.network.layers),
      bidirectional: check.flag("both", network.bidirectional, D.network.bidirectional),
    },
    training: checkedTraining(check, own(root.training)),
    updates: check.number("updates", root.updates, L.updates, D.updates),
    engine: check.among("engine", root.engine, ENGINES, D.engine),
    experiment: root.experiment === "" ? "" : check.name("try", root.experiment, D.experiment),
    plots: (Array.isArray(root.plots) ? root.plots : []).slice(0, 16).map((/** @type {any} */ p) => check.name("plots", p, "")).filter(Boolean),
    log: check.flag("log", root.log, D.log),
    smooth: check.flag("smooth", root.smooth, D.smooth),
    held: { part: check.name("part", held.part, D.held.part), k: check.number("example", held.k, [0, 1e6], D.held.k) },
    place: {
      layer: check.number("layer", place.layer, [0, L.layers[1] - 1], D.place.layer),
      direction: check.number("direction", place.direction, [0, 1], D.place.direction),
    },
  };
  return { view: deepFreeze(view), remarks: check.remarks };
}

/** @param {Check} check @param {any} t @returns {Training} */
function checkedTraining(check, t) {
  const [schedule, clip] = [own(t.schedule), own(t.clip)];
  const D = DEFAULT_TRAIN.training;
  const L = TRAIN_LIMITS;
  return {
    optimizer: check.name("optimizer", t.optimizer, D.optimizer),
    options: check.options("rule", t.options, isNumber),
    learningRate: check.number("rate", t.learningRate, L.learningRate, D.learningRate, false),
    schedule: {
      kind: check.name("schedule", schedule.kind, D.schedule.kind),
      warmUp: check.number("warm", schedule.warmUp, L.warmUp, D.schedule.warmUp),
      floor: check.number("floor", schedule.floor, L.floor, D.schedule.floor, false),
    },
    clip: {
      kind: check.name("clip", clip.kind, D.clip.kind),
      limit: check.number("limit", clip.limit, L.limit, D.clip.limit, false),
    },
    batch: check.number("batch", t.batch, L.batch, D.batch),
    accumulate: check.number("accumulate", t.accumulate, L.accumulate, D.accumulate),
    truncate: check.maybe("truncate", t.truncate, L.truncate),
    carry: check.flag("carry", t.carry, D.carry),
    dropout: check.number("dropout", t.dropout, L.dropout, D.dropout, false),
    start: check.name("start", t.start, D.start),
    forgetBias: check.maybe("forget", t.forgetBias, L.forgetBias, false),
    patience: check.maybe("patience", t.patience, L.patience),
    validateEvery: check.number("every", t.validateEvery, L.validateEvery, D.validateEvery),
    validation: check.number("validation", t.validation, L.validation, D.validation),
    seed: check.number("seed", t.seed, L.seed, D.seed),
  };
}

/** What makes a run: the set-up without what only concerns its showing, or what computes it. @param {TrainView} view */
export function setupOf({ task, network, training, updates }) {
  return { task, network, training, updates };
}

/**
 * Where two set-ups differ: paths of fields, in the order of the form.
 * @param {any} a
 * @param {any} b
 * @returns {{path: string, from: any, to: any}[]}
 */
export function differences(a, b, before = "") {
  const found = [];
  for (const key of new Set([...Object.keys(a ?? {}), ...Object.keys(b ?? {})])) {
    const [from, to] = [a?.[key], b?.[key]];
    const path = before ? `${before}.${key}` : key;
    if (typeof (from ?? to) === "object" && (from ?? to) !== null) found.push(...differences(from, to, path));
    else if (from !== to) found.push({ path, from, to });
  }
  return found;
}
