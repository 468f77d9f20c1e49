// Views worth seeing, each a change from the first view. Their words are in strings/, under the same names.
import { hourOf } from "./view.js";

/** Windows on the year. @type {Record<string, {start: number, steps: number, t: number}>} */
export const PLACES = {
  november: { start: hourOf("2013-11-21T15"), steps: 72, t: 40 },
  april: { start: hourOf("2013-04-08T12"), steps: 72, t: 30 },
  july: { start: hourOf("2013-07-14T04"), steps: 168, t: 0 },
  summer: { start: hourOf("2013-06-15T00"), steps: 1000, t: 0 },
};

const QUIET = { kind: "weather", station: "jfk", start: hourOf("2013-11-21T15"), steps: 72 };
const SHOCK = [{ t: 0, value: 35 }];
const PLAIN = { options: {}, spectralRadius: null, memoryBias: null };

/** @type {Record<string, any>} */
export const EXPERIMENTS = {
  rnnForgets: {
    data: { ...QUIET, edits: SHOCK },
    network: { ...PLAIN, source: "trained", cell: "rnn" },
    interventions: [],
    selection: { t: 0, unit: null, layer: 0, direction: 0, lane: null },
    mode: "forward",
  },
  lstmKeeps: {
    data: { ...QUIET, edits: SHOCK },
    network: { ...PLAIN, source: "trained", cell: "lstm" },
    interventions: [{ kind: "hold", layer: 0, direction: 0, lane: "f", unit: "all", value: 1, from: 0, to: 1000 }],
    selection: { t: 0, unit: null, layer: 0, direction: 0, lane: null },
    mode: "forward",
  },
  lstmLatch: {
    data: { ...QUIET, edits: SHOCK },
    network: { ...PLAIN, source: "trained", cell: "lstm" },
    interventions: [
      { kind: "hold", layer: 0, direction: 0, lane: "f", unit: "all", value: 1, from: 0, to: 1000 },
      { kind: "hold", layer: 0, direction: 0, lane: "i", unit: "all", value: 0, from: 1, to: 1000 },
    ],
    selection: { t: 0, unit: null, layer: 0, direction: 0, lane: null },
    mode: "forward",
  },
  reluExplodes: {
    data: { ...QUIET, edits: [] },
    network: { source: "random", cell: "rnn", options: { nonlinearity: "relu" }, hidden: 32, layers: 1, bidirectional: false, seed: 8, spectralRadius: 1.5, memoryBias: null },
    interventions: [],
    selection: { t: 0, unit: null, layer: 0, direction: 0, lane: null },
    mode: "forward",
  },
  gradientsVanish: {
    data: { ...QUIET, edits: [] },
    network: { ...PLAIN, source: "trained", cell: "rnn" },
    interventions: [],
    selection: { t: 71, unit: null, layer: 0, direction: 0, lane: null },
    mode: "backward",
    loss: "last",
  },
  lateReversal: {
    data: { kind: "sentence", task: "sentiment", text: "the view over the coast was really lovely or so we thought", label: 0, edits: [] },
    network: { ...PLAIN, source: "trained", cell: "lstm" },
    interventions: [],
    selection: { t: 0, unit: null, layer: 0, direction: 0, lane: null },
    mode: "forward",
  },
};
