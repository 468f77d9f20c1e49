// The worker that compares: the same module as the page's. What takes long is done in slices, between which it listens, so that a
// newer wish is heard at once; whatever it makes in the module it frees.
import init, { band, firstGradient, Look, Network, sizeOf } from "../unrolled.js";
import { serve } from "./bridge.js";

/** Milliseconds. */
const SLICE = 30;
const PROGRESS = 120;
/** How long a timing lasts, and one sample of it at least. */
const MEASURE = 90;
const SAMPLE = 6;
/** Lengths for the gradient of step 1: about √2 from one to the next. */
const LENGTHS = [10, 14, 20, 28, 40, 57, 80, 113, 160, 226, 320, 453, 640, 905, 1280, 1810, 2000];
/** The smallest f32 that has all its digits. */
const FLOOR = 2 ** -126;

/**
 * @typedef {object} Plan  how a network is made
 * @property {string} key
 * @property {any} [config]                          a random one, or the shape of one with weights
 * @property {number} [seed]
 * @property {[string, Float32Array][] | null} [weights]
 * @property {Uint8Array} [bytes]                    a file
 * @property {number | null} spectralRadius
 * @property {number | null} memoryBias
 *
 * @typedef {object} Given  what all of them read
 * @property {string} key
 * @property {Float32Array | Uint32Array} input      T numbers a width, or T token ids
 * @property {number} width                          numbers a step; 0: token ids
 * @property {number} steps
 * @property {"mean-square" | "cross-entropy"} loss
 * @property {number[]} target                       at the last step; empty: none
 * @property {number[]} classes
 * @property {number[]} targets                      one number for each step, where each has one; else empty
 */

/** The networks that are shown, with their runs. @type {Map<string, {net: any, summary: any, look: any, given: string, micros: number | null}>} */
const shown = new Map();

/** @type {Promise<any> | undefined} */
let opened;
const open = () => (opened ??= init());

const channel = new MessageChannel();
/** @type {(() => void)[]} */
const waiting = [];
channel.port1.onmessage = () => waiting.shift()?.();
/** A turn for the message queue. @returns {Promise<void>} */
const breath = () =>
  new Promise((resolve) => {
    waiting.push(resolve);
    channel.port2.postMessage(null);
  });

/** @param {Plan} plan @param {number} [seed] */
function make({ config, seed: own = 0, weights, bytes, spectralRadius, memoryBias }, seed = own) {
  const net = bytes ? Network.fromSafetensors(bytes, {}) : Network.create({ ...config, seed });
  try {
    for (const [name, values] of weights ?? []) net.setParameter(name, values);
    const summary = net.summary();
    // A cell that has no such thing keeps the wish for one that has.
    if (spectralRadius !== null && summary.parameters.some((/** @type {any} */ p) => p.name.startsWith("weight_hh"))) net.setSpectralRadius(spectralRadius);
    if (memoryBias !== null && net.spec().memory && summary.bias) net.setMemoryBias(memoryBias);
    return net;
  } catch (error) {
    net.free();
    throw error;
  }
}

/** The input of the first steps as this network takes it: numbers it has no series for are 0. @param {Given} given @param {any} summary @param {number} steps */
function inputOf({ input, width }, summary, steps) {
  if (summary.embedding) {
    if (width > 0) throw new Error("this network reads tokens; expected a sentence or a task of symbols");
    const { vocabulary } = summary.embedding;
    const alien = input.find((id) => id >= vocabulary);
    if (alien !== undefined) throw new Error(`this network knows ${vocabulary} tokens; expected ids below that, not ${alien}`);
    return input.subarray(0, steps);
  }
  if (width === 0) throw new Error("this network reads numbers; expected weather, a wave or an impulse");
  if (summary.input === width) return input.subarray(0, steps * width);
  if (summary.input < width) throw new Error(`this network reads ${summary.input} number${summary.input === 1 ? "" : "s"} a step; expected ${width}`);
  const wide = new Float32Array(steps * summary.input);
  for (let t = 0; t < steps; t++) wide.set(input.subarray(t * width, (t + 1) * width), t * summary.input);
  return wide;
}

/** The loss at the last of so many steps. @param {Given} given @param {any} summary @param {number} steps */
function lossOf(given, summary, steps) {
  const outputs = summary.head?.outputs ?? 0;
  const target = given.targets.length > 0 ? [given.targets[steps - 1]] : given.target;
  const whole = steps === given.steps || given.targets.length > 0;
  if (outputs === 0 || target.length === 0 || !whole || target.some(Number.isNaN)) return { loss: "last-mean-square" };
  if (given.loss === "cross-entropy") {
    const classes = given.classes.every((k) => k < outputs) ? given.classes : [];
    return target[0] < (classes.length || outputs) ? { loss: "last-cross-entropy", target: target[0], classes } : { loss: "last-mean-square" };
  }
  // An output that nobody has a target for is no part of the loss.
  return { loss: "last-mean-square", target: Float32Array.from({ length: outputs }, (_, k) => target[k] ?? NaN) };
}

/** @param {any} net @param {Given} given */
function lookOf(net, given) {
  const summary = net.summary();
  return Look.of(net, inputOf(given, summary, given.steps), given.steps, lossOf(given, summary, given.steps));
}

/** Microseconds a step of a forward run over the sequence: the median of samples, after warming up. @param {any} net @param {Given} given */
function measured(net, given) {
  const input = inputOf(given, net.summary(), given.steps);
  const once = () => net.run(input, { steps: given.steps, batch: 1 }).free();
  const timed = (/** @type {number} */ n) => {
    const begun = performance.now();
    for (let k = 0; k < n; k++) once();
    return performance.now() - begun;
  };
  const first = Math.max(0.05, Math.min(timed(1), timed(1)));
  const n = Math.max(1, Math.ceil(SAMPLE / first));
  const samples = [];
  const until = performance.now() + MEASURE;
  do samples.push(timed(n) / n);
  while (samples.length < 3 || (performance.now() < until && samples.length < 15));
  samples.sort((a, b) => a - b);
  return (1000 * samples[Math.floor(samples.length / 2)]) / given.steps;
}

/** @param {any} look @param {number} from @param {() => boolean} aborted @param {(share: number) => void} [tell] @returns {Promise<boolean>} */
async function remember(look, from, aborted, tell) {
  for (;;) {
    const share = look.remember(from, SLICE);
    if (share >= 1) return true;
    tell?.(share);
    await breath();
    if (aborted()) return false;
  }
}

/** @param {unknown} error */
const words = (error) => (error instanceof Error ? error.message : String(error));

const methods = {
  open: () => open().then(() => {}),

  /**
   * Runs each network there and back; then the memory of a step, then what a step costs. What is known already is kept.
   * @param {Plan[]} plans @param {Given} given @param {number} from @param {import("./bridge.js").How} how
   */
  async look(plans, given, from, { aborted, progress }) {
    await open();
    for (const [key, one] of shown) {
      if (plans.some((plan) => plan.key === key)) continue;
      one.look?.free();
      one.net.free();
      shown.delete(key);
    }
    /** @type {boolean[]} */
    const good = [];
    for (const [k, plan] of plans.entries()) {
      await breath();
      if (aborted()) return;
      try {
        let one = shown.get(plan.key);
        if (!one) {
          const net = make(plan);
          shown.set(plan.key, (one = { net, summary: net.summary(), look: null, given: "", micros: null }));
        }
        if (one.given !== given.key) {
          one.look?.free();
          Object.assign(one, { look: null, given: "" });
          Object.assign(one, { look: lookOf(one.net, given), given: given.key });
        }
        const { look, net, summary, micros } = one;
        const output = look.output();
        const series = { states: look.series("states"), x: look.series("input-gradients"), s: look.series("state-gradients") };
        progress({ k, run: { summary, spec: net.spec(), output, ...series, loss: look.loss, prediction: look.prediction() ?? null, target: lossOf(given, summary, given.steps).target !== undefined, micros } }, [output.buffer]);
        good[k] = true;
      } catch (error) {
        if (error instanceof WebAssembly.RuntimeError) throw error;
        progress({ k, error: words(error) });
      }
    }
    for (const [k, plan] of plans.entries()) {
      if (!good[k]) continue;
      const { look } = /** @type {any} */ (shown.get(plan.key));
      let told = performance.now();
      const tell = (/** @type {number} */ share) => {
        if (performance.now() - told < PROGRESS) return;
        told = performance.now();
        progress({ k, share, memory: look.series("memory") });
      };
      try {
        if (!(await remember(look, from, aborted, tell))) return;
        progress({ k, share: 1, memory: look.series("memory"), halfLife: look.halfLife() ?? null });
      } catch (error) {
        if (error instanceof WebAssembly.RuntimeError) throw error;
        // Everything else of this network is known.
        progress({ k, share: 1, forgotten: words(error) });
      }
    }
    for (const [k, plan] of plans.entries()) {
      const one = good[k] ? shown.get(plan.key) : undefined;
      if (!one) continue;
      if (one.micros === null) {
        await breath();
        if (aborted()) return;
        one.micros = measured(one.net, given);
      }
      progress({ k, micros: one.micros });
    }
  },

  /**
   * The hidden size whose parameter count is nearest to the budget, for each configuration; null where no size can be had.
   * @param {any[]} configs @param {number} budget @param {number[]} range
   */
  async fit(configs, budget, [low, high]) {
    await open();
    return configs.map((config) => nearest(config, budget, low, high));
  },

  /**
   * The same look for `count` random starts of each network: medians and bands.
   * @param {Plan[]} plans @param {Given} given @param {number} from @param {number} count @param {import("./bridge.js").How} how
   */
  async seeds(plans, given, from, count, { aborted, progress }) {
    await open();
    const drawn = plans.map((plan) => (plan.config && !plan.weights ? count : 1));
    const total = drawn.reduce((sum, n) => sum + n, 0);
    let done = 0;
    const found = [];
    for (const [k, plan] of plans.entries()) {
      const n = drawn[k];
      /** @type {Record<string, Float64Array[]>} */
      const all = { states: [], x: [], s: [], memory: [] };
      /** @type {number[]} */
      const lives = [];
      /** @type {string | null} */
      let error = null;
      for (let seed = 0; seed < n && !error; seed++) {
        await breath();
        if (aborted()) return null;
        let [net, look] = /** @type {any[]} */ ([null, null]);
        try {
          net = make(plan, (plan.seed ?? 0) + seed);
          look = lookOf(net, given);
          if (!(await remember(look, from, aborted, (share) => progress({ done: done + share, total })))) return null;
          for (const [key, name] of Object.entries({ states: "states", x: "input-gradients", s: "state-gradients", memory: "memory" })) all[key].push(look.series(name));
          lives.push(look.halfLife() ?? Infinity);
        } catch (problem) {
          if (problem instanceof WebAssembly.RuntimeError) throw problem;
          error = words(problem);
        } finally {
          look?.free();
          net?.free();
        }
        done += 1;
        progress({ done, total });
      }
      lives.sort((a, b) => a - b);
      const life = lives[Math.floor((lives.length - 1) / 2)];
      found.push(error ? { error } : { count: n, lives, halfLife: Number.isFinite(life) ? life : null, ...Object.fromEntries(Object.entries(all).map(([key, series]) => [key, banded(series)])) });
    }
    return found;
  },

  /**
   * ‖∂L/∂x_1‖ for longer and longer sequences, and the length from which it is under the f32 floor.
   * @param {Plan[]} plans @param {Given} given  as long as it goes @param {number} count  random starts of each @param {import("./bridge.js").How} how
   */
  async lengths(plans, given, count, { aborted, progress }) {
    await open();
    const at = [...LENGTHS.filter((length) => length < given.steps), given.steps];
    const drawn = plans.map((plan) => (plan.config && !plan.weights ? count : 1));
    const total = drawn.reduce((sum, n) => sum + n, 0) * at.length;
    let done = 0;
    for (const [k, plan] of plans.entries()) {
      /** @type {Float64Array[]} */
      const all = [];
      /** @type {number[]} */
      const sinks = [];
      /** Where it sinks: lengths with their values. @type {[number, number][]} */
      const edge = [];
      for (let seed = 0; seed < drawn[k]; seed++) {
        /** @type {any} */
        let net = null;
        try {
          net = make(plan, (plan.seed ?? 0) + seed);
          const summary = net.summary();
          const first = (/** @type {number} */ steps) => firstGradient(net, inputOf(given, summary, steps), steps, lossOf(given, summary, steps));
          const values = new Float64Array(at.length);
          for (const [i, steps] of at.entries()) {
            values[i] = first(steps);
            progress({ done: ++done, total });
            await breath();
            if (aborted()) return;
          }
          all.push(values);
          sinks.push(await sink(at, values, first, aborted, edge));
          if (aborted()) return;
        } catch (error) {
          if (error instanceof WebAssembly.RuntimeError) throw error;
          progress({ k, error: words(error) });
          break;
        } finally {
          net?.free();
        }
      }
      if (all.length < drawn[k]) continue;
      const alone = all.length === 1 ? inserted(at, all[0], edge) : null;
      sinks.sort((a, b) => a - b);
      const middle = sinks[Math.floor((sinks.length - 1) / 2)];
      progress({ k, at, ...(alone ?? banded(all)), found: Number.isFinite(middle) ? middle : null, sunk: sinks.filter(Number.isFinite).length });
    }
  },

  /** Away with everything. */
  clear() {
    for (const { net, look } of shown.values()) {
      look?.free();
      net.free();
    }
    shown.clear();
  },
};

/** @param {any} config @param {number} budget @param {number} low @param {number} high */
function nearest(config, budget, low, high) {
  const count = (/** @type {number} */ hidden) => {
    try {
      return sizeOf({ ...config, hidden }).parameterCount;
    } catch {
      // A size that this cell cannot have, such as one that its heads do not divide.
      return null;
    }
  };
  let [below, above] = [low, high];
  while (above - below > 1) {
    const middle = (below + above) >> 1;
    // Where a size cannot be had, a smaller one near it speaks for it.
    let probe = middle;
    while (probe > below && count(probe) === null) probe -= 1;
    if ((count(probe) ?? 0) <= budget) below = middle;
    else above = middle;
  }
  const near = Array.from({ length: 33 }, (_, k) => below - 16 + k).filter((hidden) => hidden >= low && hidden <= high);
  const sized = near.map((hidden) => ({ hidden, count: count(hidden) })).filter(({ count }) => count !== null);
  sized.sort((a, b) => Math.abs(a.count - budget) - Math.abs(b.count - budget));
  return sized[0]?.hidden ?? null;
}

/** The first length under the floor, found between two of the measured ones; Infinity where it never sinks. @param {number[]} at @param {Float64Array} values @param {(steps: number) => number} first @param {() => boolean} aborted @param {[number, number][]} edge  what was computed on the way */
async function sink(at, values, first, aborted, edge) {
  const k = values.findIndex((value) => value < FLOOR);
  if (k < 0) return Infinity;
  let [above, under] = [k > 0 ? at[k - 1] : 0, at[k]];
  while (under - above > 1) {
    const middle = (above + under) >> 1;
    const value = first(middle);
    edge.push([middle, value]);
    if (value < FLOOR) under = middle;
    else above = middle;
    await breath();
    if (aborted()) break;
  }
  return under;
}

/** A curve with the points around where it sinks. @param {number[]} at @param {Float64Array} values @param {[number, number][]} edge */
function inserted(at, values, edge) {
  const all = [...at.map((length, i) => /** @type {[number, number]} */ ([length, values[i]])), ...edge].sort((a, b) => a[0] - b[0]);
  return { at: all.map(([length]) => length), values: Float64Array.from(all, ([, value]) => value) };
}

/** One series as it is; of several the median, with the band around it. @param {Float64Array[]} series */
function banded(series) {
  if (series.length === 1) return { values: series[0] };
  const flat = new Float64Array(series.length * series[0].length);
  series.forEach((one, k) => flat.set(one, k * one.length));
  const { low, median, high } = band(flat, series.length);
  return { values: median, low, high };
}

// A trap of the module leaves it in an unknown state: that is a crash, not an error.
serve(/** @type {any} */ (self), methods, (error) => (error instanceof WebAssembly.RuntimeError ? "crash" : undefined));
