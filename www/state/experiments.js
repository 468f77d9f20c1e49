// Views worth seeing, each a change from the first view. Their words are in strings/, under the same names.
import { hourOf } from "./view.js";

/** Windows on the year. @type {Record<string, {start: number, steps: number, t: number}>} */
export const PLACES = {
  november: { start: hourOf("2013-11-21T15"), steps: 72, t: 40 },
  april: { start: hourOf("2013-04-08T12"), steps: 72, t: 30 },
  july: { start: hourOf("2013-07-14T04"), steps: 168, t: 0 },
  summer: { start: hourOf("2013-06-15T00"), steps: 1000, t: 0 },
};

const WEATHER = { kind: "weather", station: "jfk", start: hourOf("2013-11-21T15"), steps: 72, edits: [] };
/** Weights as PyTorch draws them: nothing is learned yet, and how a cell remembers is its own doing. */
const DRAWN = { source: "random", options: {}, hidden: 32, layers: 1, bidirectional: false, seed: 7, spectralRadius: null, memoryBias: null };
const TRAINED = { source: "trained", options: {}, spectralRadius: null, memoryBias: null };
const FIRST = { t: 0, unit: null, layer: 0, direction: 0, lane: null };
const HELD_OPEN = { kind: "hold", layer: 0, direction: 0, lane: "f", unit: "all", value: 1, from: 0, to: 1000 };

/** Those that begin to play. The others stand at the step whose memory they show. */
export const PLAYING = new Set(["reluExplodes", "lateReversal"]);

/** @type {Record<string, any>} */
export const EXPERIMENTS = {
  rnnForgets: {
    data: { ...WEATHER, edits: [{ t: 0, value: 35 }] },
    network: { ...DRAWN, cell: "rnn" },
    interventions: [],
    selection: FIRST,
    mode: "forward",
    plots: ["influence", "state-heatmap"],
  },
  lstmKeeps: {
    data: WEATHER,
    network: { ...DRAWN, cell: "lstm" },
    interventions: [HELD_OPEN],
    selection: FIRST,
    mode: "forward",
    plots: ["influence", "gates", "state-heatmap"],
  },
  forgetBias: {
    data: WEATHER,
    network: { ...DRAWN, cell: "lstm", memoryBias: 4 },
    interventions: [],
    selection: FIRST,
    mode: "forward",
    plots: ["influence", "gates"],
  },
  reluExplodes: {
    data: WEATHER,
    network: { ...DRAWN, cell: "rnn", options: { nonlinearity: "relu" }, seed: 8, spectralRadius: 1.5 },
    interventions: [],
    selection: FIRST,
    mode: "forward",
    plots: ["state-norms.log", "influence"],
  },
  gradientsVanish: {
    data: WEATHER,
    network: { ...DRAWN, cell: "rnn" },
    interventions: [],
    selection: { ...FIRST, t: 71 },
    mode: "backward",
    loss: "last",
    plots: ["gradient-norms", "jacobian-norms"],
  },
  trainingHelps: {
    data: WEATHER,
    network: { ...TRAINED, cell: "rnn" },
    interventions: [],
    selection: { ...FIRST, t: 71 },
    mode: "backward",
    loss: "last",
    plots: ["gradient-norms", "jacobian-norms"],
  },
  lateReversal: {
    data: { kind: "sentence", task: "sentiment", text: "the view over the coast was really lovely or so we thought", label: 0, edits: [] },
    network: { ...TRAINED, cell: "lstm" },
    interventions: [],
    selection: FIRST,
    mode: "forward",
    plots: [],
  },
};
