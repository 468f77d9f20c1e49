// From a comparison's view to what its workers get: the sequence that all networks read, and how each network is made.
import { weightsOf } from "./library.js";
import { optionsOf } from "./set-up.js";
import { sentenceSequence, waveSequence, weatherSequence } from "./sequence.js";
import { offered } from "../state/compare-experiments.js";
import { COMPARE_LIMITS } from "../state/compare-view.js";

/** @typedef {import("../state/compare-view.js").CompareView} CompareView */
/** @typedef {import("../state/compare-view.js").Member} Member */
/** @typedef {{name: string, bytes: Uint8Array, config: any}} File  a reader's network */
/** @typedef {import("./session.js").Session} Session */

const NONE = { mean: 0, deviation: 1 };

/** Makes a view fit what is there: cells, options, tasks, weights, files. What was changed is said. @param {CompareView} view @param {Session} session @param {Map<number, File>} files */
export function settledCompare(view, session, files) {
  const { cells, tasks } = session.registry;
  /** @type {string[]} */
  const notices = [];
  const data = { ...view.data };
  if (data.kind === "sentence") {
    const known = session.library.sentences?.tasks ?? [];
    if (known.length > 0 && !known.some(({ task }) => task === data.task)) data.task = known[0].task;
  }
  if (data.kind === "task") {
    const task = generatedTasks(tasks).find((one) => one.name === data.name);
    if (!task) {
      notices.push("unknownTask");
      data.name = generatedTasks(tasks)[0].name;
    }
    const now = task ?? generatedTasks(tasks)[0];
    data.options = fitting(data.options, now);
  }
  const networks = view.networks.map((network) => {
    const file = network.file === null ? null : files.get(network.file);
    if (network.source === "file" && !file) {
      notices.push("fileGone");
      network = { ...network, source: "random", file: null };
    }
    if (network.source === "file" && file) return { ...network, cell: file.config.cell, options: {} };
    const cell = cells.find((/** @type {any} */ c) => c.name === network.cell);
    if (!cell) {
      notices.push("unknownCell");
      return { ...network, cell: cells.find((/** @type {any} */ c) => c.name === "lstm")?.name ?? cells[0].name, options: {} };
    }
    const options = fitting(network.options, cell);
    if (network.source === "trained" && !trainedEntry(view, session, network)) {
      notices.push("noTrained");
      return { ...network, source: /** @type {const} */ ("random"), options };
    }
    // Trained weights are of one variant.
    return { ...network, options: network.source === "trained" ? {} : options };
  });
  const { experiment } = view;
  return { view: { ...view, data, networks, experiment: offered(session.registry).includes(experiment) ? experiment : "" }, notices: [...new Set(notices)] };
}

/** Options that there are, with values that they can have; defaults are left out. @param {Record<string, string | number>} chosen @param {any} entry  of a registry */
function fitting(chosen, entry) {
  const known = optionsOf(entry);
  const kept = Object.entries(chosen).flatMap(([name, value]) => {
    const option = known.find((one) => one.name === name);
    if (!option) return [];
    const { kind, values, min, max, usual } = option;
    if (kind === "choice") return values.some((v) => v.name === String(value)) && String(value) !== usual ? [[name, String(value)]] : [];
    if (kind === "text") return typeof value === "string" && value !== usual ? [[name, value]] : [];
    const number = Number(value);
    if (!Number.isFinite(number)) return [];
    const used = Math.min(max, Math.max(min, kind === "whole" ? Math.round(number) : number));
    // (A cell's sizes are words to the module, as its other options are.)
    const said = typeof usual === "string" ? String(used) : used;
    return said === usual ? [] : [[name, said]];
  });
  return Object.fromEntries(kept);
}

/** Tasks that draw their examples themselves, and whose examples one network can read step by step. @param {any[]} tasks @returns {any[]} */
export const generatedTasks = (tasks) => tasks.filter((task) => !task.data && task.examples.length === 0);

/** @param {CompareView} view @param {Session} session @param {Member} network */
export function trainedEntry({ data }, { library }, network) {
  return data.kind === "task" ? null : library.find(data.kind === "sentence", network.cell);
}

/** Moves the window so that it lies on the readings there are. @param {any} data @param {import("./sequence.js").Weather | null} weather */
export function windowedData(data, weather) {
  if (data.kind !== "weather" || !weather) return data;
  const station = weather.stations.some(({ name }) => name === data.station) ? data.station : weather.stations[0].name;
  const last = weather.start + weather.series(station).length - data.steps - 1;
  return { ...data, station, start: Math.max(weather.start, Math.min(last, data.start)) };
}

/**
 * What is read, as Step has it; of a task also what is asked.
 * @param {any} data @param {Session} session
 * @returns {import("./sequence.js").Sequence & {task?: any}}
 */
export function comparedSequence(data, { library, module }) {
  const own = { ...data, edits: [] };
  if (data.kind === "weather") {
    if (!library.weather) throw new Error("the weather is not loaded");
    return weatherSequence(own, library.weather, library.normalisation);
  }
  if (data.kind === "wave") return waveSequence(own);
  if (data.kind === "sentence") {
    const tasks = library.sentences?.tasks ?? [];
    return sentenceSequence(own, module.tokenize, (tasks.find(({ task }) => task === data.task) ?? tasks[0])?.labels ?? []);
  }
  const empty = { original: new Float32Array(0), next: new Float32Array(0), untouched: new Float32Array(0), unit: "", normalisation: NONE, edited: new Set(), label: null, classes: [] };
  if (data.kind === "impulse") {
    const input = new Float32Array(data.steps);
    input[0] = 1;
    return { .../** @type {any} */ (empty), kind: "impulse", steps: data.steps, shown: input, input, tokens: [] };
  }
  const task = module.taskExample({ name: data.name, options: data.options }, data.example);
  const tokens = task.vocabulary > 0 ? task.words.map((/** @type {string} */ token, /** @type {number} */ t) => ({ token, id: task.input[t], known: true })) : [];
  const shown = task.vocabulary > 0 ? new Float32Array(0) : Float32Array.from({ length: task.steps }, (_, t) => task.input[t * task.width]);
  return { .../** @type {any} */ (empty), kind: "task", steps: task.steps, shown, input: task.input, tokens, task };
}

/**
 * The same for the worker.
 * @param {any} data @param {import("./sequence.js").Sequence & {task?: any}} sequence @param {Session} session
 * @returns {any}  as of compare-worker.js
 */
export function givenOf(data, sequence, { library }) {
  const key = JSON.stringify([data, sequence.steps]);
  const plain = { key, steps: sequence.steps, width: 1, loss: "mean-square", target: [], classes: [], targets: [] };
  if (sequence.task) {
    const { task } = sequence;
    return { ...plain, input: task.input, width: task.vocabulary > 0 ? 0 : task.width, loss: task.classes ? "cross-entropy" : "mean-square", target: task.target };
  }
  if (data.kind === "sentence") {
    const tasks = library.sentences?.tasks ?? [];
    const { outputs = [] } = tasks.find(({ task }) => task === data.task) ?? tasks[0] ?? {};
    return { ...plain, input: Uint32Array.from(sequence.input), width: 0, loss: "cross-entropy", target: sequence.label === null ? [] : [sequence.label], classes: outputs };
  }
  const { mean, deviation } = sequence.normalisation;
  return { ...plain, input: sequence.input, targets: Array.from(sequence.next, (value) => (value - mean) / deviation) };
}

/** The longest sequence that these data go on to; null where it has an end of its own. @param {any} data @param {Session} session */
export function longestOf(data, session) {
  if (!["weather", "wave", "impulse"].includes(data.kind)) return null;
  let steps = COMPARE_LIMITS.steps[1];
  const { weather } = session.library;
  if (data.kind === "weather" && weather) steps = Math.min(steps, weather.start + weather.series(data.station).length - data.start - 1);
  const long = { ...data, steps: Math.max(COMPARE_LIMITS.steps[0], steps) };
  return givenOf(long, comparedSequence(long, session), session);
}

/**
 * The shape of a random network for what is read; its hidden size is still to come.
 * @param {CompareView} view @param {any} sequence @param {Session} session @param {Member} network
 */
export function configOf({ data }, sequence, { library }, { cell, options }) {
  const plain = { cell, options, layers: 1, bidirectional: false, bias: true };
  if (data.kind === "sentence") {
    const like = library.sentences?.config;
    return { ...plain, input: like?.input ?? 16, embedding: like?.embedding, head: like?.head ?? { outputs: 2 }, readout: "last" };
  }
  if (sequence.task) {
    const { vocabulary, width, outputs } = sequence.task;
    const input = vocabulary > 0 ? { input: 16, embedding: { vocabulary, width: 16 } } : { input: width };
    return { ...plain, ...input, head: { outputs }, readout: "last" };
  }
  // (After an impulse nothing is asked: the loss is on the output itself.)
  return { ...plain, input: 1, ...(data.kind === "impulse" ? {} : { head: { outputs: 1 } }), readout: "last" };
}

/**
 * How each network is made. Weights are loaded already.
 * @param {CompareView} view @param {any} sequence @param {Session} session @param {Map<number, File>} files @param {(number | null)[]} sizes  hidden sizes of random ones
 * @returns {any[]}  plans as of compare-worker.js
 */
export function plansOf(view, sequence, session, files, sizes) {
  return view.networks.map((network, k) => {
    const { source, seed, spectralRadius, memoryBias } = network;
    const beside = { spectralRadius, memoryBias };
    const key = (/** @type {any} */ what) => JSON.stringify([what, beside]);
    if (source === "file" && network.file !== null) return { key: key([source, network.file]), bytes: files.get(network.file)?.bytes, ...beside };
    const entry = source === "trained" ? trainedEntry(view, session, network) : null;
    if (entry) {
      const bytes = session.library.bytes(entry);
      if (!bytes) throw new Error("the weights are not loaded");
      return { key: key([source, entry.name]), config: { ...entry.config, options: entry.config.options ?? {} }, seed: 0, weights: weightsOf(entry, bytes), ...beside };
    }
    const config = { ...configOf(view, sequence, session, network), hidden: sizes[k] ?? view.hidden };
    return { key: key([config, seed]), config, seed, weights: null, ...beside };
  });
}

/** Multiply-adds of one step: as the core says, else one for each entry of every matrix that a step multiplies by. @param {any} summary @returns {number} */
export function multiplyAddsOf(summary) {
  if (Number.isFinite(summary.multiplyAdds)) return summary.multiplyAdds;
  const matrices = summary.parameters.filter((/** @type {any} */ p) => p.shape.length > 1 && p.name !== "embedding.weight");
  return matrices.reduce((/** @type {number} */ sum, /** @type {any} */ p) => sum + p.count, 0);
}
