// From a view to the module's objects: the sequence, the network, its input, its loss.
import { weightsOf } from "./library.js";
import { drawnSequence, sentenceSequence, waveSequence, weatherSequence } from "./sequence.js";

/**
 * @param {import("../state/view.js").View} view
 * @param {import("./session.js").Session} session
 * @returns {import("./sequence.js").Sequence}
 */
export function sequenceOf({ data, network }, { library, module, file }) {
  switch (data.kind) {
    case "weather": {
      if (!library.weather) throw new Error("the weather is not loaded");
      return weatherSequence(data, library.weather, library.normalisation);
    }
    case "wave":
      return waveSequence(data);
    case "draw":
      return drawnSequence(data);
    case "sentence": {
      const tasks = library.sentences?.tasks ?? [];
      const classes = (tasks.find(({ task }) => task === data.task) ?? tasks[0])?.labels ?? [];
      const foreign = network.source === "file" && isForeign({ library, file });
      const encode = foreign ? (/** @type {string} */ text) => ids(text, file?.config.embedding.vocabulary) : module.tokenize;
      return sentenceSequence(data, encode, foreign ? [] : classes);
    }
  }
}

/** Whether the reader's file reads words, and other words than the page's. @param {{library: import("./library.js").Library, file: any}} session */
export function isForeign({ library, file }) {
  return Boolean(file?.tokens) && file.config.embedding.vocabulary !== library.sentences?.vocabulary?.length;
}

/** The first ids of a vocabulary, as a text to start from. @param {number} vocabulary */
export function someIds(vocabulary) {
  return Array.from({ length: Math.min(8, vocabulary) }, (_, k) => k).join(" ");
}

/** A file's own vocabulary is not in the file: its words are given as ids. @param {string} text @param {number} vocabulary */
function ids(text, vocabulary) {
  const tokens = text.split(/[\s,;]+/).filter(Boolean).map((word) => {
    const id = /^\d{1,6}$/.test(word) ? Number(word) : NaN;
    return { token: word, id: id < vocabulary ? id : 0, known: id < vocabulary };
  });
  return tokens.length > 0 ? tokens : [{ token: "0", id: 0, known: true }];
}

/**
 * @param {import("../state/view.js").View} view
 * @param {import("./session.js").Session} session
 */
export function buildNetwork({ data, network }, { library, module, registry, file }) {
  const { source, cell, options, hidden, layers, bidirectional, seed, spectralRadius, memoryBias, readout } = network;
  const tokens = data.kind === "sentence";
  if (source === "random") {
    const like = library.find(tokens)?.config;
    const shape = tokens
      ? { input: like?.input ?? 16, embedding: like?.embedding, head: like?.head ?? { outputs: 2 }, readout: "final-states" }
      : { input: 1, head: { outputs: 1 }, readout: "last" };
    const chosen = {
      // A cell without recurrent matrices or without a memory gate: the wish waits for one that has them.
      ...(spectralRadius === null || variantOf(registry, cell, options).blocks.length === 0 ? {} : { spectralRadius }),
      ...(memoryBias === null || !variantOf(registry, cell, options).memory ? {} : { memoryBias }),
    };
    return module.Network.create({ cell, options, hidden, layers, bidirectional, bias: true, seed, ...shape, ...chosen });
  }
  const entry = source === "trained" ? library.find(tokens, cell) : null;
  const bytes = entry ? library.bytes(entry) : file?.bytes;
  if (!bytes) throw new Error("the weights are not loaded");
  // Our own weights need no reader of foreign files, which is a sixth of the first view's module.
  const net = entry
    ? module.Network.create({ ...entry.config, options: { ...options, ...entry.config.options }, seed: 0 })
    : module.Network.fromSafetensors(bytes, {
        ...(readout ? { readout } : {}),
        ...(Object.keys(options).length > 0 ? { options } : {}),
      });
  try {
    if (entry) for (const [name, values] of weightsOf(entry, bytes)) net.setParameter(name, values);
    if (spectralRadius !== null && net.spec().blocks.length > 0) net.setSpectralRadius(spectralRadius);
    if (memoryBias !== null && net.spec().memory && net.summary().bias) net.setMemoryBias(memoryBias);
    return net;
  } catch (error) {
    net.free();
    throw error;
  }
}

/** The Spec of a cell's variant, from the registry. @param {any} registry @param {string} cell @param {Record<string, string>} options */
export function variantOf(registry, cell, options) {
  const family = registry.cells.find((/** @type {any} */ c) => c.name === cell);
  const choices = family.options.filter((/** @type {any} */ o) => o.values.length > 0);
  const full = Object.fromEntries(choices.map((/** @type {any} */ o) => [o.name, options[o.name] ?? o.values[0].name]));
  return family.variants.find((/** @type {any} */ v) => Object.keys(full).every((key) => v.options[key] === full[key])).spec;
}

/**
 * The run's input, T×1×I, or T×1 token ids. A network with more inputs than there are series gets 0 on the others.
 * @param {import("./sequence.js").Sequence} sequence
 * @param {any} summary
 * @param {Float32Array} values
 */
export function runInput(sequence, summary, values) {
  if (sequence.kind === "sentence") return Uint32Array.from(values);
  const width = summary.input;
  if (width === 1) return values;
  const input = new Float32Array(values.length * width);
  values.forEach((value, t) => (input[t * width] = value));
  return input;
}

/**
 * What `run` takes beside its input. A unit that is switched off is one whose output is held at 0.
 * @param {readonly import("../state/view.js").Intervention[]} interventions
 * @param {any} spec
 * @param {number} steps
 */
export function runOptions(interventions, spec, steps) {
  const output = spec.lanes.find((/** @type {any} */ l) => l.output).name;
  const hold = interventions.flatMap((i) => {
    if (i.kind === "weight") return [];
    const { layer, direction, unit } = i;
    if (i.kind === "off") return [{ layer, direction, unit, lane: output, value: 0, from: 0, to: steps }];
    const to = Math.min(i.to, steps);
    return i.from < to ? [{ layer, direction, unit, lane: i.lane, value: i.value, from: i.from, to }] : [];
  });
  return { steps, batch: 1, hold };
}

/**
 * Probabilities of the classes after each prefix of a sentence: one batch, in which example t stops after word t.
 * @param {import("./session.js").Session} session
 * @returns {number[][]}  [t][class]
 */
export function answersOf({ net, spec, summary, sequence, state, steps, outputs }) {
  const input = Uint32Array.from({ length: steps * steps }, (_, k) => sequence.input[Math.floor(k / steps)]);
  const lengths = Uint32Array.from({ length: steps }, (_, t) => t + 1);
  const run = net.run(input, { ...runOptions(state.interventions, spec, steps), batch: steps, lengths });
  const scores = run.prediction();
  run.free();
  const width = summary.head.outputs;
  const chosen = outputs.length > 0 && outputs.every((k) => k < width) ? outputs : [...Array(width).keys()];
  return Array.from({ length: steps }, (_, t) => {
    // With a prediction per step, the answer of example t stands at its own last step.
    const row = summary.readout === "final-states" ? t : t * steps + t;
    return softmax(chosen.map((k) => scores[row * width + k]));
  });
}

/** @param {number[]} scores */
function softmax(scores) {
  const most = Math.max(...scores);
  const powers = scores.map((score) => Math.exp(score - most));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}

/**
 * The loss that is asked about, for `backward` and for the plots of gradients. A reading that was not measured is no part
 * of it; a sentence whose answer is not known is asked about the answer that the network gives; a network without a head
 * is asked about the mean square of its output.
 * @param {import("./session.js").Session} session
 */
export function lossOf(session) {
  const { summary, sequence, state, outputs, steps } = session;
  if (!summary.head) return { loss: `${state.loss}-mean-square` };
  const width = summary.head.outputs;
  if (sequence.kind === "sentence") {
    const classes = outputs.every((k) => k < width) ? outputs : [];
    const answer = /** @type {number[]} */ (session.prediction(steps - 1));
    return { loss: "last-cross-entropy", target: sequence.label ?? answer.indexOf(Math.max(...answer)), classes };
  }
  const { mean, deviation } = sequence.normalisation;
  const target = new Float32Array(steps * width).fill(NaN);
  sequence.next.forEach((value, t) => (target[t * width] = (value - mean) / deviation));
  const every = state.loss === "every" && summary.readout !== "final-states";
  return every ? { loss: "every-mean-square", target } : { loss: "last-mean-square", target: target.slice(-width) };
}

/** Frees the module's objects, each once, except those still in use. @param {any[]} objects @param {any[]} used */
export function freeAll(objects, used) {
  for (const object of new Set(objects)) if (object && !used.includes(object)) object.free();
}
