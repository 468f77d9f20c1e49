// Classic experiments: each sets up a comparison of a few runs. Their words are in strings/, under the same names.
//
// `set` is the set-up they share, over the defaults; `runs` are what differs, trained side by side.

const ADAM = { optimizer: "adam", options: {} };
const ADDING = (/** @type {number} */ length) => ({ name: "adding", options: { length } });

/** @type {Record<string, {set: any, runs: any[]}>} */
export const EXPERIMENTS = {
  "rnn-lstm": {
    set: { task: ADDING(100), network: { hidden: 32 }, training: { ...ADAM, learningRate: 0.01, batch: 32, validateEvery: 50 }, updates: 1000 },
    runs: [
      { name: "rnn", network: { cell: "rnn" } },
      { name: "lstm", network: { cell: "lstm" }, training: { start: "chrono" } },
    ],
  },
  clipping: {
    set: {
      task: { name: "temperature", options: {} },
      network: { cell: "rnn", hidden: 32, options: { nonlinearity: "relu" } },
      training: { optimizer: "sgd", options: { momentum: 0.9 }, learningRate: 0.5, validateEvery: 20 },
      updates: 400,
    },
    runs: [
      { name: "clipped", training: { clip: { kind: "norm", limit: 1 } } },
      { name: "unclipped", training: { clip: { kind: "none" } } },
    ],
  },
  truncation: {
    set: { task: { name: "temperature", options: {} }, network: { cell: "lstm" }, updates: 1500 },
    runs: [
      { name: "five", training: { truncate: 5 } },
      { name: "fifty", training: { truncate: 50 } },
    ],
  },
  overfitting: {
    set: {
      task: { name: "agreement", options: { examples: 300, distance: 2 } },
      network: { cell: "lstm", layers: 2, hidden: 32 },
      training: { learningRate: 0.005, batch: 32, validateEvery: 20 },
      updates: 800,
    },
    runs: [
      { name: "noDropout", training: { dropout: 0 } },
      { name: "dropout", training: { dropout: 0.5 } },
    ],
  },
  width: {
    set: { task: { name: "temperature", options: {} }, network: { cell: "lstm" }, updates: 300 },
    runs: [4, 16, 64, 256].map((hidden) => ({ name: `h${hidden}`, network: { hidden } })),
  },
  depth: {
    set: { task: { name: "temperature", options: {} }, network: { cell: "lstm" }, updates: 800 },
    runs: [1, 2, 3, 4].map((layers) => ({ name: `l${layers}`, network: { layers } })),
  },
  "chrono-order": {
    set: { task: { name: "temporal-order", options: {} }, network: { cell: "lstm", hidden: 32 }, training: { ...ADAM, learningRate: 0.005, batch: 32, validateEvery: 50 }, updates: 600 },
    runs: [
      { name: "bias1", training: { start: "pytorch", forgetBias: 1 } },
      { name: "chrono", training: { start: "chrono" } },
    ],
  },
  "chrono-adding": {
    set: { task: ADDING(200), network: { cell: "lstm", hidden: 32 }, training: { ...ADAM, learningRate: 0.01, batch: 32, validateEvery: 50 }, updates: 1000 },
    runs: [
      { name: "bias1", training: { start: "pytorch", forgetBias: 1 } },
      { name: "chrono", training: { start: "chrono" } },
    ],
  },
  overwrite: {
    set: { task: { name: "nearest", options: { length: 32 } }, network: { hidden: 8 }, training: { ...ADAM, learningRate: 0.03, batch: 32, validateEvery: 100 }, updates: 3000 },
    runs: [
      { name: "lstm", network: { cell: "lstm" } },
      { name: "slstm", network: { cell: "slstm" } },
    ],
  },
  carry: {
    set: { task: { name: "characters", options: {} }, network: { cell: "lstm", hidden: 64 }, training: { truncate: 25 }, updates: 1000 },
    runs: [
      { name: "reset", training: { carry: false } },
      { name: "carried", training: { carry: true } },
    ],
  },
};
