// One update taken apart, phase by phase, and everything that is kept of it. Every number is the module's.
import { SLOW } from "../../strings/en-train-plots.js";
import { short } from "../picture/colors.js";
import { example } from "./slow-motion-picture.js";

/** @typedef {import("./slow-motion-picture.js").Subject} Subject */
/** @typedef {"forward" | "loss" | "backward" | "clip" | "update"} Phase */

/** @type {Phase[]} */
export const PHASES = ["forward", "loss", "backward", "clip", "update"];

/** The example of the batch that is shown. */
const EXAMPLE = 0;

/**
 * @typedef {object} Tensor  of trainer.tensors()
 * @property {string} name
 * @property {number[]} shape
 * @property {Float32Array} values
 * @property {Float32Array} gradient
 * @property {number} norm
 * @property {{name: string, values: Float32Array}[]} moments
 *
 * @typedef {object} Taken  what a phase left behind
 * @property {Phase} phase
 * @property {any} report        of trainer.phase()
 * @property {string} sentence
 * @property {{head: string[], rows: (string | number)[][], note: string} | null} table
 */

/** Takes updates apart. Owns the trainer and what it hands out: `free()` it. */
export class Steps {
  #trainer;
  #task;
  /** Done so far, of the update at hand. @type {Taken[]} */
  taken = [];
  /** @type {Subject | null} */
  subject = null;
  /** Of the example that is shown. @type {any} */
  states = null;
  /** @type {any} */
  gradients = null;
  /** Kept alive, since the picture asks it. @type {any} */
  #way = null;
  /** @type {Tensor[]} */
  #before = [];
  /** Norms of the tensors' gradients before clipping. @type {number[]} */
  #norms = [];

  /** @param {any} trainer  of the module */
  constructor(trainer) {
    this.#trainer = trainer;
    this.#task = trainer.summary().task;
  }

  /** Number of the update at hand. */
  get number() {
    return this.taken[0]?.report.update ?? 0;
  }
  /** @type {Phase | null} */
  get next() {
    return PHASES[this.taken.length] ?? null;
  }

  /** The next phase. @returns {Taken} */
  take() {
    const phase = /** @type {Phase} */ (this.next);
    const report = this.#trainer.phase(phase);
    const [sentence, table] = this[phase](report);
    const taken = { phase, report, sentence, table };
    this.taken.push(taken);
    return taken;
  }

  /** Another update: the next. */
  begin() {
    this.taken = [];
    this.gradients = null;
    this.#way?.free();
    this.#way = null;
  }

  free() {
    this.begin();
    this.#trainer.free();
  }

  /** @param {any} report @returns {[string, Taken["table"]]} */
  forward(report) {
    const network = this.#trainer.network();
    const trace = this.#trainer.trace();
    try {
      const summary = network.summary();
      const spec = network.spec();
      const answers = this.#trainer.answers(EXAMPLE);
      const { steps } = answers;
      const states = example(trace, EXAMPLE, report.batch, steps, summary.hidden);
      this.states = cached(states, spec, summary);
      this.subject = { spec, summary, steps, from: report.from, fresh: report.fresh, input: this.#inputs(answers), output: this.#outputs(answers, false) };
    } finally {
      trace.free();
      network.free();
    }
    return [SLOW.forward(report), null];
  }

  /** @param {any} report @returns {[string, Taken["table"]]} */
  loss(report) {
    const answers = this.#trainer.answers(EXAMPLE);
    this.subject = { .../** @type {Subject} */ (this.subject), output: this.#outputs(answers, true) };
    const asked = [...answers.losses.keys()].filter((t) => answers.asked[t]);
    const worst = [...asked].sort((a, b) => answers.losses[b] - answers.losses[a]).slice(0, 6).sort((a, b) => a - b);
    const rows = worst.map((t) => [report.from + t + 1, ...this.#told(answers, t), answers.losses[t]]);
    const table = { head: [SLOW.step, ...SLOW.told(EXAMPLE, answers.classes.length > 0 ? "" : this.#task.unit), SLOW.share], rows, note: worst.length < asked.length ? SLOW.largest(worst.length, asked.length) : "" };
    return [SLOW.loss(report, this.#task.form.answers === "classes", asked.length), table];
  }

  /** @param {any} report @returns {[string, Taken["table"]]} */
  backward(report) {
    const { steps, summary } = /** @type {Subject} */ (this.subject);
    this.#way = this.#trainer.gradients();
    this.gradients = example(this.#way, EXAMPLE, report.batch, steps, summary.hidden);
    const norms = this.#trainer.stepNorms(summary.layers - 1, 0);
    this.#before = this.#trainer.tensors();
    this.#norms = this.#before.map((tensor) => tensor.norm);
    // It has ended where it is exactly nothing for every example.
    const reached = norms.findIndex((/** @type {number} */ v) => v !== 0);
    return [SLOW.backward(report, { last: norms[norms.length - 1], first: norms[0], reached, steps: norms.length }), null];
  }

  /** @param {any} report @returns {[string, Taken["table"]]} */
  clip(report) {
    const after = /** @type {Tensor[]} */ (this.#trainer.tensors());
    this.#before = after;
    const rows = after.map((tensor, k) => [tensor.name, tensor.shape.join(" × "), this.#norms[k], tensor.norm]);
    return [SLOW.clip(report), { head: SLOW.clipHead, rows, note: SLOW.together(report) }];
  }

  /** @param {any} report @returns {[string, Taken["table"]]} */
  update(report) {
    const after = /** @type {Tensor[]} */ (this.#trainer.tensors());
    const rows = after.map((now, k) => {
      const before = this.#before[k];
      const at = largestChange(before.values, now.values);
      const moments = now.moments.map((moment) => moment.values[at]);
      return [now.name, SLOW.element(at, now.shape), SLOW.weight(before.values[at]), now.gradient[at], ...moments, SLOW.weight(now.values[at]), now.values[at] - before.values[at]];
    });
    const moments = after[0]?.moments.map((moment) => SLOW.moment(moment.name)) ?? [];
    return [SLOW.update(report), { head: SLOW.updateHead(moments), rows, note: SLOW.oneEach }];
  }

  /** What is read, in the boxes under the cells. @param {any} answers */
  #inputs({ tokens, input, steps }) {
    if (tokens.length > 0) return (/** @type {number} */ t) => tokens[t];
    const width = Math.round(input.length / steps);
    return (/** @type {number} */ t) => Array.from(input.subarray(t * width, Math.min(t * width + 2, (t + 1) * width)), short).join(" ") + (width > 2 ? " …" : "");
  }

  /** What is said, over the cells; with the truth once that is asked. @param {any} answers @param {boolean} truth */
  #outputs(answers, truth) {
    return (/** @type {number} */ t) => {
      if (!answers.counts[t]) return null;
      const [target, said] = this.#told(answers, t);
      if (answers.classes.length === 0) return truth ? SLOW.both(said, target) : said;
      const [right, best] = this.#words(answers, t);
      return truth ? SLOW.verdict(best, right) : said;
    };
  }

  /** Truth and prediction of the example at a step, in words. @param {any} answers @param {number} t @returns {[string, string]} */
  #told(answers, t) {
    const { target, prediction, classes, steps, counts } = answers;
    // Other examples of the batch may be longer, or asked elsewhere.
    if (!counts[t]) return [SLOW.nothing, SLOW.nothing];
    if (classes.length > 0) {
      const said = prediction.subarray(t * classes.length, (t + 1) * classes.length);
      const [right, best] = this.#words(answers, t);
      return [SLOW.chance(right, said[target[t]]), SLOW.chance(best, Math.max(...said))];
    }
    const width = Math.round(target.length / steps);
    return [short(target[t * width]), short(prediction[t * width])];
  }

  /** The right class and the one that is said. @param {any} answers @param {number} t @returns {[string, string]} */
  #words({ target, prediction, classes }, t) {
    const said = prediction.subarray(t * classes.length, (t + 1) * classes.length);
    return [classes[target[t]], classes[said.indexOf(Math.max(...said))] ?? SLOW.nothing];
  }
}

/** The lanes that the picture asks for, copied: the trace is freed. @param {any} of @param {any} spec @param {any} summary */
function cached(of, spec, summary) {
  const directions = summary.bidirectional ? 2 : 1;
  const kept = new Map();
  for (let layer = 0; layer < summary.layers; layer++) {
    for (let direction = 0; direction < directions; direction++) {
      for (const lane of spec.lanes) {
        if (lane.output || lane.carried) kept.set([layer, direction, lane.name].join(), of.lane(layer, direction, lane.name));
      }
    }
  }
  return { lane: (/** @type {number} */ layer, /** @type {number} */ direction, /** @type {string} */ name) => kept.get([layer, direction, name].join()) };
}

/** @param {Float32Array} before @param {Float32Array} after */
function largestChange(before, after) {
  let at = 0;
  for (let k = 1; k < after.length; k++) if (Math.abs(after[k] - before[k]) > Math.abs(after[at] - before[at])) at = k;
  return at;
}
