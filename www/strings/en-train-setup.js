// Words of the Train screen's set-up. What tasks, cells and optimisers say of themselves comes from describe().

/** A title, and one sentence of what it does. @type {Record<string, {title: string, text: string}>} */
export const FIELDS = {
  task: { title: "Task", text: "" },
  cell: { title: "Cell", text: "What carries the memory from one step to the next." },
  hidden: { title: "Hidden units H", text: "How many numbers the memory holds; time and parameters grow with its square." },
  layers: { title: "Layers", text: "Each further layer reads the states of the one below." },
  both: { title: "Directions", text: "Both: a second network reads from the end, so that each step knows what comes after it." },
  optimizer: { title: "Optimiser", text: "" },
  rate: { title: "Learning rate", text: "How far one update goes: too small and nothing happens, too large and the loss explodes." },
  clip: { title: "Clip gradients", text: "Cuts the rare huge gradient before it throws the parameters far away." },
  limit: { title: "Limit", text: "The largest norm (or the largest single value) that passes unchanged." },
  batch: { title: "Batch", text: "Examples whose gradients are averaged for one update: more is steadier and slower." },
  updates: { title: "Updates", text: "How often the parameters are changed before the run is done." },
  seed: { title: "Seed", text: "Same seed, same numbers to the last bit; another one shows how much was luck." },
  truncate: { title: "Truncate backpropagation", text: "Gradients go back only so many steps; what lies further back is remembered, but not learned from." },
  carry: { title: "Carry the state", text: "On a stream, each batch goes on with the state that the last one left, instead of with zeros." },
  dropout: { title: "Dropout between layers", text: "The share of values that is dropped while training, so that no unit relies on one other." },
  accumulate: { title: "Accumulate", text: "Batches whose gradients are added up for one update: a larger batch in the same memory." },
  start: { title: "Start", text: "Chrono draws the gates' biases for memories as long as the task (Tallec & Ollivier 2018)." },
  forget: { title: "Memory bias", text: "Bias of the gate that keeps; 1 lets an LSTM remember from the first update on." },
  schedule: { title: "Schedule", text: "How the learning rate changes on the way." },
  warm: { title: "Warm-up", text: "Updates in which the learning rate rises from near zero." },
  floor: { title: "Floor", text: "The share of the learning rate that is left at the end." },
  every: { title: "Validate every", text: "Updates between two looks at examples that are not learned from." },
  validation: { title: "Validation examples", text: "How many of them are looked at: more is more exact and slower." },
  engine: { title: "Trains on", text: "Automatic takes a graphics processor where there is one and it is the faster for this network. What is learned is the same, to rounding." },
  patience: { title: "Stop early", text: "Stops after so many validations without a better one." },
};

export const SETUP = {
  title: "Set-up",
  parts: {
    task: "Task",
    network: "Network",
    learning: "Learning",
    engine: "Engine",
    advanced: "More settings",
    through: "Back through time",
    start: "First parameters",
    schedule: "Schedule and rule",
    validation: "Validation",
  },
  fields: FIELDS,
  facts: { input: "reads", target: "is asked", metric: "scored by", baseline: "must beat" },
  directions: [
    { name: "one", title: "one" },
    { name: "both", title: "both" },
  ],
  engines: [
    { name: "auto", title: "automatic" },
    { name: "cpu", title: "CPU" },
    { name: "gpu", title: "GPU" },
  ],
  clips: [
    { name: "norm", title: "by norm" },
    { name: "value", title: "by value" },
    { name: "none", title: "not at all" },
  ],
  starts: [
    { name: "pytorch", title: "as PyTorch" },
    { name: "chrono", title: "chrono" },
  ],
  schedules: [
    { name: "constant", title: "constant" },
    { name: "cosine", title: "cosine" },
    { name: "warm-up", title: "warm-up" },
    { name: "warm-up-cosine", title: "warm-up, then cosine" },
  ],
};

/** Runs of an experiment, by what they vary. @type {Record<string, string>} */
export const VARIANTS = {
  rnn: "vanilla RNN",
  lstm: "LSTM",
  slstm: "sLSTM",
  clipped: "clipped",
  unclipped: "not clipped",
  five: "5 steps back",
  fifty: "50 steps back",
  noDropout: "no dropout",
  dropout: "dropout 0.5",
  h4: "4 units",
  h16: "16 units",
  h64: "64 units",
  h256: "256 units",
  l1: "1 layer",
  l2: "2 layers",
  l3: "3 layers",
  l4: "4 layers",
  bias1: "forget bias 1",
  chrono: "chrono",
  reset: "state reset",
  carried: "state carried",
};

export const TRIES = {
  title: "Try this",
  alone: "Just one run instead",
  runs: (/** @type {string[]} */ names) => `Train begins ${names.length} runs side by side: ${names.join(", ")}.`,
  /** @type {Record<string, {title: string, text: string}>} */
  list: {
    "rnn-lstm": {
      title: "Vanilla RNN against LSTM: adding, T = 100",
      text: "Two marked numbers are to be added, up to a hundred steps later. The LSTM, begun for long memories (chrono), leaves the line of the guesser at 0.167 after some hundred updates; the vanilla RNN stays on it. With forget bias 1 the LSTM takes about three times as long: try it.",
    },
    clipping: {
      title: "With and without clipping: watch the spike",
      text: "A ReLU RNN with a bold learning rate. Clipped, the spikes of its gradient are cut and it gets below persistence; unclipped, one of them sends the loss out of all numbers within a few updates.",
    },
    truncation: {
      title: "Five steps back, or fifty: a day of weather",
      text: "A cycle of 24 hours, and a gradient that sees five of them: it is stuck at a larger error than one that sees fifty. (Each chunk is one update.)",
    },
    overfitting: {
      title: "Overfitting a small set, and dropout against it",
      text: "The training loss goes on falling while validation turns round. Three hundred sentences are soon known by heart; with dropout between the layers, validation ends better, if less smoothly.",
    },
    width: { title: "4 to 256 hidden units", text: "How much does a larger memory help, per update and per second?" },
    depth: { title: "1 to 4 layers", text: "Does depth help on a simple series, and what does it cost in time?" },
    "chrono-order": {
      title: "Chrono start: temporal order",
      text: "Which of two symbols came first, a hundred steps ago? With forget bias 1 the LSTM guesses; begun for long memories it has it after some hundred updates.",
    },
    "chrono-adding": {
      title: "Chrono start: adding, T = 200",
      text: "The same cell, the same data: stuck at the guesser, or solved, after as many updates. Only the first biases differ.",
    },
    overwrite: {
      title: "sLSTM against LSTM: a better match replaces what is stored",
      text: "The value that came with the highest score so far is asked at every step; 1/12 = 0.083 is the guesser's error. With eight units each, the sLSTM gets below 0.01 within 3,000 updates, the LSTM stays near 0.02: its gates weigh old and new as shares, an exponential gate lets a better match outweigh all that was kept at once.",
    },
    carry: { title: "State carried, or reset", text: "On a stream of text each batch goes on with the state that the last one left, or begins anew. Carried, the training loss falls faster; validation begins with an empty state either way, and on so short a text the carried run overfits sooner." },
  },
};
