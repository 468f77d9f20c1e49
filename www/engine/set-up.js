// From a set-up to what the module takes: settled against the registries, and taken apart where several runs are compared.
import { EXPERIMENTS } from "../state/train-experiments.js";
import { checkedTrain, mergedTrain, setupOf } from "../state/train-view.js";

/**
 * Gives way where the registries know better.
 * @param {import("../state/train-view.js").TrainView} view
 * @param {any} registry  describe()
 * @returns {{view: any, remarks: import("../state/view.js").Remark[]}}
 */
export function settled(view, registry) {
  /** @type {import("../state/view.js").Remark[]} */
  const remarks = [];
  const next = structuredClone(view);
  const named = (/** @type {string} */ field, /** @type {any[]} */ list, /** @type {string} */ name, /** @type {string} */ usual) => {
    const found = list.find((one) => one.name === name);
    if (found) return found;
    const used = list.find((one) => one.name === usual) ?? list[0];
    remarks.push({ field, found: name, expected: list.map((one) => one.name).join(", "), used: used.name });
    return used;
  };
  const task = named("task", registry.tasks, view.task.name, "temperature");
  const cell = named("cell", registry.cells, view.network.cell, "lstm");
  const optimizer = named("optimizer", registry.optimizers, view.training.optimizer, "adam");
  next.task = { name: task.name, options: known("data", view.task.options, optionsOf(task), remarks) };
  next.network.cell = cell.name;
  next.network.options = known("options", view.network.options, optionsOf(cell), remarks);
  next.training.optimizer = optimizer.name;
  next.training.options = known("rule", view.training.options, optionsOf(optimizer), remarks);
  if (view.experiment && !EXPERIMENTS[view.experiment]) {
    remarks.push({ field: "try", found: view.experiment, expected: Object.keys(EXPERIMENTS).join(", "), used: "–" });
    next.experiment = "";
  }
  next.place.layer = Math.min(next.place.layer, next.network.layers - 1);
  if (!next.network.bidirectional) next.place.direction = 0;
  return { view: checkedTrain(next).view, remarks };
}

/**
 * @typedef {object} Option  something of a task, cell or optimiser that can be chosen, in one shape for all registries
 * @property {string} name
 * @property {string} title
 * @property {string} text    one sentence; empty where the registry has none
 * @property {"whole" | "number" | "choice" | "text"} kind
 * @property {number} min
 * @property {number} max
 * @property {{name: string, title: string}[]} values
 * @property {any} usual      its default
 * @property {boolean} [size]  a whole number that is kept as text: a cell's
 */

/** @param {any} entry  of a registry @returns {Option[]} */
export function optionsOf(entry) {
  return (entry?.options ?? []).map((/** @type {any} */ { name, title, text = "", values, size, ...rest }) => {
    if (size) return { name, title, text, kind: "whole", min: size.low, max: size.high, values: [], usual: String(size.default), size: true };
    // Cells list their choices, optimisers are all numbers, tasks say what kind theirs are.
    const given = Array.isArray(values) ? { kind: "choice", values } : (values ?? { kind: "number", min: rest.low, max: rest.high, default: rest.default });
    const choices = given.values ?? [];
    const usual = given.default ?? choices[0]?.name ?? "";
    return { name, title, text, kind: given.kind, min: given.min ?? -Infinity, max: given.max ?? Infinity, values: choices, usual };
  });
}

/**
 * A set-up with every option said, so that two can be compared; and what fields and choices are called, by path.
 * @param {any} setup @param {any} registry
 */
export function completed(setup, registry) {
  const find = (/** @type {any[]} */ list, /** @type {string} */ name) => optionsOf(list.find((one) => one.name === name));
  const of = {
    task: find(registry.tasks, setup.task.name),
    network: find(registry.cells, setup.network.cell),
    training: find(registry.optimizers, setup.training.optimizer),
  };
  const whole = structuredClone(setup);
  /** @type {Record<string, string>} */
  const titles = {};
  const titled = (/** @type {any[]} */ list) => Object.fromEntries(list.map(({ name, title }) => [name, title]));
  /** @type {Record<string, Record<string, string>>} */
  const names = { "task.name": titled(registry.tasks), "network.cell": titled(registry.cells), "training.optimizer": titled(registry.optimizers) };
  for (const part of /** @type {const} */ (["task", "network", "training"])) {
    for (const { name, title, usual, values } of of[part]) {
      whole[part].options[name] ??= usual;
      titles[`${part}.options.${name}`] = title;
      names[`${part}.options.${name}`] = titled(values);
    }
  }
  return { whole, titles, names };
}

/**
 * The options that there are, within their ranges; those with their default are left out.
 * @param {string} field @param {any} given @param {Option[]} options @param {import("../state/view.js").Remark[]} remarks
 */
function known(field, given, options, remarks) {
  /** @type {any} */
  const kept = {};
  for (const [name, value] of Object.entries(given)) {
    const option = options.find((o) => o.name === name);
    const fit = option && fitting(option, value);
    if (!option || fit === undefined) {
      const expected = option ? expectation(option) : options.map((o) => o.name).join(", ");
      remarks.push({ field, found: `${name}: ${value}`.slice(0, 40), expected, used: "–" });
    } else if (fit !== option.usual) kept[name] = fit;
  }
  return kept;
}

/** @param {Option} option @param {any} value */
function fitting({ kind, values, min, max, size }, value) {
  if (size) return /^\d{1,9}$/.test(value) ? String(Math.min(max, Math.max(min, Number(value)))) : undefined;
  if (kind === "choice") return values.some((v) => v.name === value) ? value : undefined;
  if (kind === "text") return typeof value === "string" ? value : undefined;
  if (typeof value !== "number") return undefined;
  const inside = Math.min(max, Math.max(min, value));
  return kind === "whole" ? Math.round(inside) : inside;
}

/** @param {Option} option */
const expectation = ({ kind, values, min, max }) => (kind === "choice" ? values.map((v) => v.name).join(", ") : kind === "text" ? "words" : `${min} … ${max}`);

/**
 * What a task suggests, as a change of the set-up.
 * @param {any} task  of describe().tasks
 */
export function suggested(task) {
  const s = task.suggestion;
  const patch = { task: { name: task.name, options: {} }, experiment: "" };
  if (!s) return patch;
  const { cell, hidden, bidirectional, batch, learningRate, clip, updates } = s;
  return {
    ...patch,
    network: { cell, hidden, bidirectional },
    training: { batch, learningRate, clip: clip > 0 ? { kind: "norm", limit: clip } : { kind: "none" } },
    updates,
  };
}

/**
 * The runs that a set-up begins: one, or those that its experiment compares.
 * @param {import("../state/train-view.js").TrainView} view
 * @returns {{name: string | null, setup: any}[]}  name: a key of strings, of the variant
 */
export function plansOf(view) {
  const experiment = EXPERIMENTS[view.experiment];
  if (!experiment) return [{ name: null, setup: setupOf(view) }];
  return experiment.runs.map(({ name, ...patch }) => ({ name, setup: setupOf(checkedTrain(mergedTrain(view, patch)).view) }));
}

/** What `Trainer.create` takes. @param {any} setup */
export function givenOf({ task, network, training, updates }) {
  return { task, network: { ...network, bias: true }, training: { ...training, schedule: { ...training.schedule, updates } } };
}
