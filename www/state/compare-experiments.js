// Comparisons worth seeing. Their words are in strings/en-compare-tries.js, under the same names. One whose cells or tasks the
// registry does not know is not offered.
import { DEFAULT_COMPARE, MEMBER } from "./compare-view.js";
import { hourOf } from "./view.js";

const WEATHER = { ...DEFAULT_COMPARE.data, kind: "weather", station: "jfk", start: hourOf("2013-03-01T00") };
const IMPULSE = { ...DEFAULT_COMPARE.data, kind: "impulse" };
const lstm = (/** @type {number} */ memoryBias) => ({ ...MEMBER, cell: "lstm", memoryBias });
const rnn = (/** @type {number} */ spectralRadius) => ({ ...MEMBER, cell: "rnn", spectralRadius });
const gru = (/** @type {number} */ memoryBias) => ({ ...MEMBER, cell: "gru", memoryBias });
const cell = (/** @type {string} */ name, options = {}) => ({ ...MEMBER, cell: name, options });
const trained = (/** @type {string} */ name) => ({ ...MEMBER, cell: name, source: "trained" });

/** @type {Record<string, any>} */
export const EXPERIMENTS = {
  carousel: { data: { ...WEATHER, steps: 200 }, networks: [cell("rnn"), cell("lstm"), lstm(5)], of: "s", seeds: 1, plots: [] },
  forgetBias: { data: { ...WEATHER, steps: 500 }, networks: [-1, 1, 3, 5].map(lstm), seeds: 1, plots: [] },
  updateGate: { data: { ...WEATHER, steps: 200 }, networks: [gru(4), gru(0), gru(-4)], seeds: 1, plots: [] },
  radius: { data: { ...IMPULSE, steps: 200 }, networks: [0.5, 1, 1.5].map(rnn), seeds: 1, plots: [] },
  trained: { data: { ...WEATHER, steps: 200 }, networks: [trained("lstm"), cell("lstm"), trained("rnn"), cell("rnn")], seeds: 1, plots: [] },
  budget: { data: { ...WEATHER, steps: 200 }, networks: [cell("rnn"), cell("lstm"), cell("gru")], size: "budget", budget: 4000, seeds: 20, plots: [] },
  newCells: { data: { ...WEATHER, steps: 500 }, networks: [cell("rnn"), cell("lstm"), cell("gru"), cell("s4d")], seeds: 1, plots: [] },
  otherCells: { data: { ...WEATHER, steps: 500 }, networks: [cell("mingru"), cell("mamba"), cell("slstm"), cell("mlstm")], seeds: 1, plots: [] },
  noise: { data: { ...DEFAULT_COMPARE.data, kind: "task", name: "selective-copying", options: { noise: 64, tokens: 4 } }, networks: [cell("s4d"), cell("mamba")], seeds: 1, plots: [] },
  overwrite: { data: { ...WEATHER, steps: 200 }, networks: [cell("slstm"), cell("lstm")], seeds: 1, plots: [] },
};

/** Those that can be had here. @param {{cells: any[], tasks: any[]}} registry @returns {string[]} */
export function offered({ cells, tasks }) {
  const has = (/** @type {any[]} */ list, /** @type {string} */ name) => list.some((one) => one.name === name);
  return Object.keys(EXPERIMENTS).filter((name) => {
    const { networks, data } = EXPERIMENTS[name];
    return networks.every((/** @type {any} */ network) => has(cells, network.cell)) && (data.kind !== "task" || has(tasks, data.name));
  });
}

/** The whole view of one: nothing is left of what was shown before. @param {string} name */
export function experimentView(name) {
  const { size = "hidden", hidden = DEFAULT_COMPARE.hidden, budget = DEFAULT_COMPARE.budget, from = 0, of = "x", ...rest } = EXPERIMENTS[name];
  return { size, hidden, budget, from, of, t: 0, ...rest, experiment: name };
}
