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
  next.task = { name: task.name, options: known("data", view.task.options, task.options ?? [], remarks) };
  next.network.cell = cell.name;
  next.network.options = known("options", view.network.options, cell.options ?? [], remarks);
  next.training.optimizer = optimizer.name;
  next.training.options = known("rule", view.training.options, optimizer.options ?? [], remarks);
  if (view.experiment && !EXPERIMENTS[view.experiment]) {
    remarks.push({ field: "try", found: view.experiment, expected: Object.keys(EXPERIMENTS).join(", "), used: "–" });
    next.experiment = "";
  }
  next.place.layer = Math.min(next.place.layer, next.network.layers - 1);
  if (!next.network.bidirectional) next.place.direction = 0;
  return { view: checkedTrain(next).view, remarks };
}

/**
 * The options that there are, within their ranges; those with their default are left out.
 * @param {string} field @param {any} given @param {any[]} options @param {import("../state/view.js").Remark[]} remarks
 */
function known(field, given, options, remarks) {
  /** @type {any} */
  const kept = {};
  for (const [name, value] of Object.entries(given)) {
    const option = options.find((o) => o.name === name);
    const fit = option && fitting(option, value);
    if (fit === undefined) remarks.push({ field, found: `${name}: ${value}`, expected: option ? expectation(option) : options.map((o) => o.name).join(", "), used: "–" });
    else if (fit !== defaultOf(option)) kept[name] = fit;
  }
  return kept;
}

/** @param {any} option */
export const defaultOf = (option) => option.default ?? option.values?.[0].name;

/** @param {any} option @param {any} value */
function fitting(option, value) {
  if (option.values) return option.values.some((/** @type {any} */ v) => v.name === value) ? value : undefined;
  if (typeof option.default !== "number") return typeof value === typeof option.default ? value : undefined;
  if (typeof value !== "number") return undefined;
  const inside = Math.min(option.max ?? Infinity, Math.max(option.min ?? -Infinity, value));
  return option.whole ? Math.round(inside) : inside;
}

/** @param {any} option */
const expectation = (option) => (option.values ? option.values.map((/** @type {any} */ v) => v.name).join(", ") : option.min !== undefined ? `${option.min} … ${option.max}` : "");

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
