// Words of the data and network panels.

const count = (/** @type {number} */ n) => n.toLocaleString("en");
const percent = (/** @type {number} */ share) => `${(share * 100).toFixed(1)} %`;

export const PANELS = {
  data: {
    title: "What it reads",
    kind: "Kind of sequence",
    kinds: [
      { name: "weather", title: "Weather" },
      { name: "sentence", title: "Sentence" },
      { name: "wave", title: "Wave" },
      { name: "draw", title: "Draw" },
    ],
    station: "Station",
    hours: "Hours read",
    steps: "Steps",
    from: "From (UTC)",
    presets: "Go to",
    preset: "choose…",
    task: "Question",
    examples: "Examples",
    distance: "Words in between",
    random: "Another sentence",
    text: "Sentence",
    period: "Steps of a period",
    clear: "Clear the drawing",
    ids: (/** @type {number} */ vocabulary) => `A file has no words: give token ids, 0 to ${count(vocabulary - 1)}.`,
    drawHint: "Draw in the figure on top with the pointer.",
    /** @type {Record<string, string>} */
    places: {
      november: "Cold front, 24 November",
      april: "Cold front, 10 April",
      july: "A week in July",
      summer: "A thousand hours of summer",
    },
  },

  network: {
    title: "The network",
    source: "Weights",
    sources: [
      { name: "trained", title: "Trained" },
      { name: "random", title: "Random" },
      { name: "file", title: "Your file" },
    ],
    cell: "Cell",
    hidden: "Hidden units H",
    layers: "Layers",
    direction: "Directions",
    directions: [
      { name: "one", title: "one" },
      { name: "both", title: "both" },
    ],
    readout: "The head reads",
    readouts: [
      { name: "last", title: "the output of each step" },
      { name: "final-states", title: "the final states" },
    ],
    seed: "Seed",
    another: "Another seed",
    radius: "Spectral radius of W_h",
    radiusHint: "Each H×H block of every recurrent matrix is scaled to it; shown is the candidate’s block of the first layer.",
    asIs: "as it is",
    reset: "As they were",
    choose: "Choose a .safetensors file",
    drop: "or drop it anywhere on the page. It stays on this machine.",
    opened: (/** @type {string} */ name) => `Showing ${name}.`,
    assumed: "What the file does not say:",
    fileFailed: (/** @type {string} */ name, /** @type {string} */ why) => `${name} was not opened: ${why}. What was shown stays.`,
    tooLarge: (/** @type {number} */ bytes, /** @type {number} */ most) =>
      `expected at most ${count(Math.round(most / 1e6))} MB, found ${count(Math.round(bytes / 1e6))} MB`,
    parameters: "Parameters",
    shapes: { title: "Names and shapes", head: ["tensor", "shape", "numbers"] },
    state: "State handed on",
    stateBytes: (/** @type {number} */ bytes) => `${count(bytes)} bytes per sequence, at any length`,
    head: (/** @type {number} */ n, /** @type {boolean} */ embedding) => `and ${count(n)} of the ${embedding ? "embedding and the head" : "head"}`,
    total: (/** @type {number} */ n) => `${count(n)} in all`,
    count,
    achieved: "What these weights achieve",
    rmse: (/** @type {any} */ m) =>
      `Next hour's temperature at ${m.station}, November and December: ${m.rmse.toFixed(2)} ${m.unit} off (root mean square). Saying “as now” is ${m.persistenceRmse.toFixed(2)} ${m.unit} off, linear regression on 24 hours ${m.ridge24Rmse.toFixed(2)} ${m.unit}.`,
    accuracy: (/** @type {any} */ m) =>
      `${percent(m.accuracy)} of ${count(m.sentences)} new sentences right. Always giving the more frequent answer: ${percent(m.majority)}; counting words without their order: ${percent(m.bagOfWords)}.`,
    unmeasured: "Nobody trained these weights: what they forecast means nothing, how they remember is real.",
    unknown: "What your network achieves is not known here.",
    scaled: "Trained weights, then changed by the sliders above.",
    inputs: (/** @type {number} */ n) => `It has ${n} inputs: the first gets the series, the others get 0.`,
  },

  tries: {
    title: "Try this",
    /** @type {Record<string, {title: string, text: string}>} */
    list: {
      rnnForgets: {
        title: "Vanilla RNN: the first reading is gone",
        text: "Weights as PyTorch draws them; the first reading is set to 35 °C. Twenty steps on it counts for a millionth, and the changed run is the untouched one.",
      },
      lstmKeeps: {
        title: "LSTM, forget gate held at 1: it is not",
        text: "By itself this LSTM would forget almost as fast. With its forget gate held open, the first reading counts at the last step no less than at the first.",
      },
      forgetBias: {
        title: "Forget bias 4: it remembers by itself",
        text: "Nothing is held. A larger bias opens the forget gate, as one does before training.",
      },
      reluExplodes: {
        title: "ReLU with radius 1.5: it explodes",
        text: "Every step makes the state longer: ten million times in three days. Move the spectral radius below 1 and it dies out.",
      },
      gradientsVanish: {
        title: "Backward: the gradient vanishes",
        text: "The loss at the last step sends its gradient back. Every step passes on little more than half of what it got.",
      },
      trainingHelps: {
        title: "The same cell, trained: less so",
        text: "After training on the weather its recurrent matrix lets more through, and the first steps are heard again.",
      },
      lateReversal: {
        title: "A sentence that turns at its end",
        text: "Four words at the end turn the answer round.",
      },
    },
  },
};
