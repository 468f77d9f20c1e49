// What each live plot is made from: the studio's runs as plain series of the module's drawChart. Nothing here computes a number.
import { CHARTS } from "../../strings/en-train-plots.js";

/** @typedef {any} Studio  engine/studio.js */
/** @typedef {any} Run     engine/run.js */

/**
 * @typedef {object} Kind
 * @property {string} name     of the module's registry
 * @property {string[]} wants  what the worker is to send while it is seen
 * @property {boolean} single  of the current run alone; else of all that are shown
 * @property {(studio: Studio) => string} version  another text when there is something new to draw
 * @property {(studio: Studio) => any} data        as of drawChart; null where there is nothing yet
 */

/** The runs that can share the axes of the current one: those of its task. @param {Studio} studio @returns {Run[]} */
export function comparable(studio) {
  const first = studio.current ?? studio.shown.at(-1);
  return studio.shown.filter((/** @type {Run} */ run) => run.setup.task.name === first?.setup.task.name);
}

/** @param {Run} run */
const look = (run) => [run.id, run.name, run.slot, run.limit, run.history.version, run.validations.update.length, run.validations.update.at(-1)].join();

/** Where the axis of updates ends: as far as the runs have come, and while one goes on some room for what is coming. @param {Run[]} runs */
function horizon(runs) {
  const ends = runs.map((run) => (run.state === "training" || run.state === "paused" ? Math.min(run.limit, roomy(run.updates)) : run.updates));
  return Math.max(1, ...ends);
}

/** The next of 1, 1.5, 2, 3, 5, 7 × 10ᵏ. @param {number} n */
function roomy(n) {
  const power = 10 ** Math.floor(Math.log10(Math.max(10, n)));
  return [1, 1.5, 2, 3, 5, 7, 10].map((m) => m * power).find((size) => size > n) ?? 10 * power;
}

/** A quantity of the history, bucket by bucket; extremes where there is more than one update in a bucket. @param {Run} run @param {"loss" | "norm" | "clipped"} what */
function banded(run, what) {
  const { mean, low, high } = run.history[what];
  return { name: run.name, slot: run.slot, at: run.history.update, values: mean, ...(run.history.stride > 1 ? { low, high } : {}) };
}

/** @param {Run} run @param {"loss" | "metric"} what */
const validated = (run, what) => ({ name: run.name, slot: run.slot, role: "validation", at: run.validations.update, values: run.validations[what] });

/** Baselines of the task that have this number. @param {Run[]} runs @param {"loss" | "metric"} what */
function baselines(runs, what) {
  const summary = runs.find((run) => run.summary)?.summary;
  const known = (summary?.baselines?.valid ?? []).filter((/** @type {any} */ line) => Number.isFinite(line[what]));
  // Where one is known exactly and was measured, too, the measured one counts: it is of the examples that are validated.
  return [...new Map(known.map((/** @type {any} */ line) => [line.name, { name: line.name.split(":")[0], value: line[what] }])).values()];
}

/** @param {Studio} studio */
function loss(studio) {
  const runs = comparable(studio).filter((run) => run.history.size > 0);
  if (runs.length === 0) return null;
  const series = [...runs.map((run) => ({ ...banded(run, "loss"), role: "training" })), ...runs.map((run) => validated(run, "loss"))];
  const classes = runs[0].summary?.task.form.answers === "classes";
  return { series, levels: baselines(runs, "loss"), updates: horizon(runs), unit: classes ? CHARTS.nats : CHARTS.meanSquare };
}

/** @param {Studio} studio */
function metric(studio) {
  const runs = comparable(studio).filter((run) => run.validations.update.length > 0);
  if (runs.length === 0) return null;
  const { metric: quantity = "", unit = "", higherIsBetter = false } = runs.find((run) => run.summary)?.summary.task ?? {};
  // What it is, without what it is measured on: that is said where the task is chosen.
  const [short] = quantity.split(/[;,(]| over | in /);
  return { series: runs.map((run) => validated(run, "metric")), levels: baselines(runs, "metric"), updates: horizon(comparable(studio)), quantity: short.trim(), unit, higherIsBetter };
}

/** @param {Studio} studio */
function norm(studio) {
  const runs = comparable(studio).filter((run) => run.history.size > 0);
  if (runs.length === 0) return null;
  const of = (/** @type {"norm" | "clipped"} */ what, /** @type {string} */ role, /** @type {Run[]} */ list) => list.map((run) => ({ ...banded(run, what), role }));
  // What is not clipped is the same twice.
  const clips = runs.filter((run) => run.setup.training.clip.kind !== "none");
  const limits = [...new Set(clips.filter((run) => run.setup.training.clip.kind === "norm").map((run) => run.setup.training.clip.limit))];
  const levels = limits.map((limit) => ({ name: CHARTS.threshold(limit), value: limit }));
  return { series: [...of("norm", "before", runs), ...of("clipped", "after", clips)], levels, updates: horizon(runs) };
}

/** @param {Studio} studio */
function rate(studio) {
  const runs = comparable(studio).filter((run) => run.history.size > 0);
  if (runs.length === 0) return null;
  return { series: runs.map((run) => ({ name: run.name, slot: run.slot, at: run.history.update, values: run.history.learningRate })), updates: horizon(runs) };
}

/** The chosen layer and direction, as far as this run has them. @param {Studio} studio @param {Run} run */
export function placeOf(studio, run) {
  const { layers, bidirectional } = run.setup.network;
  const directions = bidirectional ? 2 : 1;
  const layer = Math.min(studio.view.place.layer, layers - 1);
  const direction = Math.min(studio.view.place.direction, directions - 1);
  return { layer, direction, index: layer * directions + direction, words: CHARTS.place(layer, layers, direction, bidirectional) };
}

/** The current run in words, where there are others beside it. @param {Studio} studio @param {string[]} more */
const place = (studio, ...more) => [studio.runs.length > 1 ? studio.current.name : "", ...more].filter(Boolean).join(", ");

/** @param {Studio} studio */
function stepNorms(studio) {
  const run = studio.current;
  if (!run) return null;
  const at = placeOf(studio, run);
  const heat = run.heat[at.index];
  if (!heat?.size) return null;
  return { at: heat.update, steps: heat.steps, values: heat.values, chunk: run.setup.training.truncate ?? 0, updates: horizon([run]), place: place(studio, at.words) };
}

/** A lane's slot is the one that it has in the plots of Step: states first. @param {Studio} studio @param {Run} run */
function lanesOf(studio, run) {
  const family = studio.registry.cells.find((/** @type {any} */ cell) => cell.name === run.setup.network.cell);
  /** @type {any[]} */
  const lanes = family?.variants[0].spec.lanes ?? [];
  const rank = (/** @type {any} */ lane) => (lane.output ? 0 : lane.carried ? 1 : 2);
  const ordered = [0, 1, 2].flatMap((r) => lanes.filter((lane) => rank(lane) === r));
  const states = lanes.filter((lane) => rank(lane) < 2).length;
  return new Map(ordered.map((lane, k) => [lane.name, { title: lane.title, slot: k < states ? k : k - states + Math.max(2, states) }]));
}

/** @param {Studio} studio */
function saturation(studio) {
  const run = studio.current;
  if (!run?.saturation.update.length) return null;
  const lanes = lanesOf(studio, run);
  const { layer, direction, words } = placeOf(studio, run);
  // A run that tells lanes apart by layer and direction shows the chosen ones.
  const chosen = run.saturation.lanes.filter((/** @type {any} */ lane) => (lane.layer ?? layer) === layer && (lane.direction ?? direction) === direction);
  const series = chosen.map((/** @type {any} */ { lane, share }, /** @type {number} */ k) => {
    const known = lanes.get(lane);
    return { name: known ? CHARTS.lane(lane, known.title) : lane, slot: known?.slot ?? k, at: run.saturation.update, values: share };
  });
  return { series, updates: horizon([run]), place: place(studio, words) };
}

/** @param {"weights" | "gradients"} what @returns {(studio: Studio) => any} */
const histograms = (what) => (studio) => {
  const found = studio.current?.histograms[what];
  if (!found) return null;
  return { tensors: found.tensors, place: place(studio, CHARTS.atUpdate(found.update)), ...(found.log ? { log: true } : {}) };
};

/** @param {Studio} studio */
function held(studio) {
  const run = studio.current;
  if (!run?.held) return null;
  const { unit = "" } = run.summary?.task ?? {};
  const { tokens, classes } = run.held;
  const shown = classes.length > 0 ? ofClasses(run.held) : ofNumbers(run.held);
  return { ...shown, labels: tokens, unit, place: place(studio, CHARTS.example(run.held.k), CHARTS.atUpdate(run.held.update)) };
}

/** Truth and prediction, of every number that is asked. @param {any} held  of trainer.held() */
function ofNumbers({ steps, target, prediction }) {
  const width = Math.max(1, Math.round(target.length / steps));
  const column = (/** @type {Float32Array} */ all, /** @type {number} */ k) => Float32Array.from({ length: steps }, (_, t) => all[t * width + k]);
  const series = [];
  for (let k = 0; k < Math.min(width, 4); k++) {
    const name = (/** @type {string} */ words) => (width > 1 ? CHARTS.nth(words, k) : words);
    series.push({ name: name(CHARTS.truth), role: "truth", slot: 2 * k, values: column(target, k) });
    series.push({ name: name(CHARTS.prediction), role: "prediction", slot: 2 * k + 1, values: column(prediction, k) });
  }
  return { series };
}

/** The probability of the right class, where that is asked, and whether another got more. @param {any} held */
function ofClasses({ steps, target, prediction, classes, counts }) {
  const n = classes.length;
  const [right, wrong] = [new Float32Array(steps).fill(NaN), new Float32Array(steps).fill(NaN)];
  for (let t = 0; t < steps; t++) {
    if (!counts[t]) continue;
    const said = prediction.subarray(t * n, (t + 1) * n);
    const own = said[target[t]];
    (said.some((/** @type {number} */ p) => p > own) ? wrong : right)[t] = own;
  }
  const series = [
    { name: CHARTS.right, role: "right", slot: 0, values: right },
    { name: CHARTS.wrong, role: "wrong", slot: 1, values: wrong },
  ];
  return { series, levels: [{ name: CHARTS.guessing(n), value: 1 / n }] };
}

/** Validations come seldom, and the axis ends where the others' ends. */
const validations = (/** @type {Studio} */ studio) => {
  const runs = comparable(studio);
  return [horizon(runs), ...runs.map((run) => [run.id, run.name, run.slot, run.validations.update.length, run.validations.update.at(-1)].join())].join("|");
};
const curves = (/** @type {Studio} */ studio) => comparable(studio).map(look).join("|");
const one = (/** @type {(run: Run, studio: Studio) => any} */ of) => (/** @type {Studio} */ studio) =>
  studio.current ? [studio.current.id, studio.current.name, studio.runs.length > 1, studio.current.updates, of(studio.current, studio)].join() : "";

/** @type {Kind[]} */
export const KINDS = [
  { name: "train-loss", wants: [], single: false, version: curves, data: loss },
  { name: "train-metric", wants: [], single: false, version: validations, data: metric },
  { name: "train-held", wants: ["held"], single: true, version: one((run) => [run.held?.update, run.held?.k].join()), data: held },
  { name: "train-step-norms", wants: ["stepNorms"], single: true, version: one((run, studio) => [placeOf(studio, run).index, run.heat[placeOf(studio, run).index]?.version].join()), data: stepNorms },
  { name: "train-norm", wants: [], single: false, version: curves, data: norm },
  { name: "train-saturation", wants: ["saturation"], single: true, version: one((run, studio) => [placeOf(studio, run).index, run.saturation.version].join()), data: saturation },
  { name: "train-weights", wants: ["weights"], single: true, version: one((run) => run.histograms.weights?.update), data: histograms("weights") },
  { name: "train-gradients", wants: ["gradients"], single: true, version: one((run) => run.histograms.gradients?.update), data: histograms("gradients") },
  { name: "train-rate", wants: [], single: false, version: curves, data: rate },
];
