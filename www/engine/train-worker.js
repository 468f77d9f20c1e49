// The worker that trains: the same module as the page's, a trainer for each run, and ears for the page between slices.
//
// It works in slices of at most SLICE milliseconds (or one update, where that takes longer) and then lets its message queue
// have a turn, so that a pause is answered at once. Of several runs the one that is furthest behind goes next.
import init, { Trainer } from "../unrolled.js";
import { serve } from "./bridge.js";

/** Milliseconds. */
const SLICE = 35;
const PROGRESS = 200;
const CHECKPOINT = 8000;
/** What throughput is measured over. */
const WINDOW = 2000;

/** @type {Map<number, Job>} */
const jobs = new Map();
/** What somebody looks at: "weights", "gradients", "held", "saturation", "stepNorms". @type {Set<string>} */
let wanted = new Set();
let held = { part: "valid", k: 0 };
const BINS = 48;

let halt = false;
/** @type {Promise<any> | null} */
let training = null;

/** One run: its trainer, how far it has come, and what the page has not heard yet. */
class Job {
  updates = 0;
  examples = 0;
  /** Milliseconds of work. */
  busy = 0;
  /** "training", or why it is over: "done", "early". */
  state = "training";
  /** Expected milliseconds of one update. */
  #cost = 10;
  #validating = false;
  /** @type {Float64Array[]} */
  #rows = [];
  #from = 1;
  /** @type {any[]} */
  #validations = [];
  #finite = true;
  /** @type {{bytes: Uint8Array, update: number, validation: any} | null} */
  #best = null;
  #saved = performance.now();
  /** Busy time, updates and examples at moments of the last WINDOW. @type {{busy: number, updates: number, examples: number}[]} */
  #moments = [];

  /** @param {any} trainer @param {{id: number, limit: number, validateEvery: number, network: any, updates?: number, examples?: number, time?: number, best?: any}} plan */
  constructor(trainer, plan) {
    this.trainer = trainer;
    this.plan = plan;
    this.summary = trainer.summary();
    this.updates = plan.updates ?? 0;
    this.examples = plan.examples ?? 0;
    this.busy = 1000 * (plan.time ?? 0);
    this.best = plan.best ?? null;
    this.#from = this.updates + 1;
    if (this.updates >= plan.limit) this.state = "done";
  }

  get share() {
    return this.updates / this.plan.limit;
  }

  /** Works for about so many milliseconds; at least one update. @param {number} budget */
  slice(budget) {
    const until = performance.now() + budget;
    do {
      const begun = performance.now();
      if (this.#validating) this.#validate(until - begun);
      else this.#update(until - begun);
      this.busy += performance.now() - begun;
    } while (this.state === "training" && performance.now() + (this.#validating ? 2 : this.#cost) < until);
  }

  /** One update, whatever it takes. */
  one() {
    if (this.#validating) while (this.#validating) this.#validate(1000);
    const begun = performance.now();
    if (this.state === "done" || this.state === "early") [this.state, this.plan.limit] = ["training", this.updates + 1];
    this.#update(0);
    this.busy += performance.now() - begun;
  }

  /** @param {number} left */
  #update(left) {
    const { limit, validateEvery } = this.plan;
    const toGo = Math.min(limit - this.updates, validateEvery - (this.updates % validateEvery));
    const n = Math.max(1, Math.min(toGo, Math.floor(left / this.#cost)));
    const begun = performance.now();
    const report = this.trainer.update(n);
    this.#cost += 0.3 * ((performance.now() - begun) / n - this.#cost);
    this.#rows.push(report.history);
    this.updates += n;
    this.examples = report.examples;
    this.#finite &&= report.finite;
    if (this.updates % validateEvery === 0 || this.updates >= limit) this.#validating = true;
  }

  /** @param {number} milliseconds */
  #validate(milliseconds) {
    const found = this.trainer.validate(Math.max(2, milliseconds));
    if (found.done < 1) return;
    this.#validating = false;
    const point = { update: this.updates, loss: found.loss, metric: found.metric, time: this.busy / 1000 };
    this.#validations.push(point);
    const better = Number.isFinite(found.loss) && (!this.best || found.loss < this.best.loss);
    if (better) {
      this.best = point;
      this.#best = { bytes: this.trainer.save(), update: this.updates, validation: point };
    }
    if (found.stop) this.state = "early";
    else if (this.updates >= this.plan.limit) this.state = "done";
  }

  /** What the page has not heard yet. @param {Transferable[]} transfer @param {boolean} [last] */
  report(transfer, last = false) {
    const rows = this.#rows.length === 1 ? this.#rows[0] : joined(this.#rows);
    transfer.push(rows.buffer);
    const { id } = this.plan;
    const { updates, examples, state } = this;
    const from = this.#from;
    const validations = this.#validations;
    this.#rows = [];
    this.#from = updates + 1;
    this.#validations = [];
    /** @type {any} */
    const news = { id, from, rows, updates, examples, state, validations, finite: this.#finite, time: this.busy / 1000, throughput: this.#throughput() };
    if (updates > 0) this.#look(news, transfer);
    if (last || performance.now() - this.#saved > CHECKPOINT || state !== "training") {
      this.#saved = performance.now();
      news.checkpoint = this.trainer.save();
      news.best = this.#best;
      transfer.push(news.checkpoint.buffer);
      if (this.#best) transfer.push(this.#best.bytes.buffer);
      this.#best = null;
    }
    return news;
  }

  /** @param {any} news @param {Transferable[]} transfer */
  #look(news, transfer) {
    const { trainer } = this;
    const { layers, bidirectional } = this.plan.network;
    if (wanted.has("stepNorms")) {
      news.stepNorms = [];
      for (let layer = 0; layer < layers; layer++) {
        for (let direction = 0; direction < (bidirectional ? 2 : 1); direction++) news.stepNorms.push(trainer.stepNorms(layer, direction));
      }
      transfer.push(...news.stepNorms.map((/** @type {Float32Array} */ norms) => norms.buffer));
    }
    if (wanted.has("saturation")) news.saturation = trainer.saturation();
    for (const what of ["weights", "gradients"]) {
      // Gradients of two tensors can lie decades apart.
      const log = what === "gradients";
      if (wanted.has(what)) news[what] = { update: this.updates, log, tensors: trainer.histogram(what, BINS, log) };
    }
    if (wanted.has("held")) news.held = { ...trainer.held(held.part, held.k), ...held, update: this.updates };
  }

  /** Updates, examples and steps a second of work, over the last moments. */
  #throughput() {
    const now = { busy: this.busy, updates: this.updates, examples: this.examples };
    this.#moments.push(now);
    while (this.#moments.length > 2 && now.busy - this.#moments[1].busy > WINDOW) this.#moments.shift();
    const [then] = this.#moments;
    const seconds = (now.busy - then.busy) / 1000;
    if (seconds <= 0) return { updates: 0, examples: 0, steps: 0 };
    const examples = (now.examples - then.examples) / seconds;
    return { updates: (now.updates - then.updates) / seconds, examples, steps: examples * (this.summary.task.form.steps ?? 1) };
  }
}

/** @param {Float64Array[]} parts */
function joined(parts) {
  const all = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

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

/** @param {number} id */
function job(id) {
  const found = jobs.get(id);
  if (!found) throw Object.assign(new Error(`there is no run ${id} here`), { code: "unknown-name" });
  return found;
}

/** The module, once. @type {Promise<any> | undefined} */
let opened;
const open = () => (opened ??= init());

const methods = {
  /** Begins to load the module, before it is needed. */
  open: () => open().then(() => {}),

  /**
   * A trainer for a run: new, or restored from a checkpoint's bytes.
   * @param {any} plan  { id, limit, validateEvery, network, given, updates?, examples?, time?, best? }
   * @param {any} data  { weather?, text?, csv? }
   * @param {Uint8Array | null} bytes
   */
  async create(plan, data, bytes) {
    await open();
    const trainer = bytes ? Trainer.restore(bytes, data) : Trainer.create(plan.given, data);
    jobs.get(plan.id)?.trainer.free();
    const made = new Job(trainer, plan);
    jobs.set(plan.id, made);
    return { summary: made.summary, state: made.state };
  },

  /** @param {number[]} ids @param {import("./bridge.js").How} how */
  async train(ids, { aborted, progress }) {
    halt = false;
    const all = ids.map(job);
    const news = (/** @type {Job[]} */ of, last = false) => {
      /** @type {Transferable[]} */
      const transfer = [];
      progress({ runs: of.map((one) => one.report(transfer, last)) }, transfer);
    };
    const work = async () => {
      let told = performance.now();
      let worked = new Set();
      while (!halt && !aborted()) {
        const [next] = all.filter((one) => one.state === "training").sort((a, b) => a.share - b.share);
        if (!next) break;
        next.slice(SLICE);
        worked.add(next);
        if (performance.now() - told >= PROGRESS) {
          news([...worked]);
          worked = new Set();
          told = performance.now();
        }
        await breath();
      }
      news(all, true);
    };
    training = work();
    try {
      await training;
    } finally {
      training = null;
    }
    return all.map(({ plan, state }) => ({ id: plan.id, state }));
  },

  async pause() {
    halt = true;
    // What went wrong is told by the training itself.
    await training?.catch(() => {});
  },

  /** One update, and everything about it. @param {number} id @param {import("./bridge.js").How} how */
  update(id, { transfer }) {
    job(id).one();
    return job(id).report(transfer);
  },

  /** @param {number} id @param {number} limit */
  extend(id, limit) {
    const one = job(id);
    one.plan.limit = limit;
    if (one.updates < limit) one.state = "training";
  },

  /** @param {number} id @param {import("./bridge.js").How} how */
  save(id, { transfer }) {
    const bytes = job(id).trainer.save();
    transfer.push(bytes.buffer);
    return bytes;
  },

  /** What is looked at now, of one run, without training. @param {number} id @param {import("./bridge.js").How} how */
  look(id, { transfer }) {
    return job(id).report(transfer);
  },

  /** @param {string[]} what @param {{part: string, k: number}} example */
  want(what, example) {
    wanted = new Set(what);
    held = example;
  },

  /** @param {number} id */
  drop(id) {
    jobs.get(id)?.trainer.free();
    jobs.delete(id);
  },
};

// A trap of the module leaves it in an unknown state: that is a crash, not an error.
serve(/** @type {any} */ (self), methods, (error) => (error instanceof WebAssembly.RuntimeError ? "crash" : undefined));
