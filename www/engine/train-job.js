// One run in the worker that trains: its trainer, how far it has come, which engine does its updates, and what the page has not
// heard yet.
//
// On the GPU everything is a promise, and one thing after the other is asked of a trainer: whoever wants something of a job waits
// for its turn. What the GPU has learned is fetched every KEEP milliseconds; when it is lost, the CPU goes on from there.
import { chosen, lost, rested, secondsOnCpu, SHORT } from "./engine-choice.js";

/** @typedef {import("./engine-choice.js").Chosen} Chosen */
/** @typedef {import("./engine-choice.js").Wish} Wish */

/** Milliseconds. */
const CHECKPOINT = 8000;
const KEEP = 1500;
/** Share of the time that looking inside may take on the GPU: tapes of large networks are hundreds of megabytes. */
const LOOKING = 0.25;
const TIMING = 400;
/** What throughput is measured over. */
const WINDOW = 2000;
/** Updates that are handed to the GPU at once, at most. */
const MOST = 512;
const BINS = 48;
/** Numbers that a trainer tells of an update. */
const COLUMNS = 5;

/** What somebody looks at: "weights", "gradients", "held", "saturation", "stepNorms"; and which example. */
export const looking = { wanted: /** @type {Set<string>} */ (new Set()), held: { part: "valid", k: 0 } };
/** What shows the last update from inside. */
const INSIDE = ["stepNorms", "saturation", "gradients"];

/** A trap of the module leaves it in an unknown state: nothing goes on after it. @param {unknown} error @returns {string} */
function messageOf(error) {
  if (error instanceof WebAssembly.RuntimeError) throw error;
  return error instanceof Error ? error.message : String(error);
}

export class Job {
  updates = 0;
  examples = 0;
  /** Milliseconds of work. */
  busy = 0;
  /** "training", or why it is over: "done", "early". */
  state = "training";
  /** Where it trains, once that is decided. @type {Chosen | null} */
  engine = null;
  /** The wish that it was decided by. @type {Wish | null} */
  #decided = null;
  /** The GPU does the updates. */
  #afar = false;
  /** When the GPU's parameters were fetched last, and how far it had come. */
  #kept = { when: 0, updates: 0, examples: 0 };
  /** Where the page has to go back to, and what was said when the GPU was lost. */
  #rewound = /** @type {number | null} */ (null);
  #lost = /** @type {{message: string, update: number} | null} */ (null);
  /** Deeds on this job happen one after another. @type {Promise<any>} */
  #queue = Promise.resolve();
  /** Expected milliseconds of one update. */
  #cost = 10;
  #validating = false;
  /** The update of the last validation. */
  #validated = 0;
  /** @type {Float64Array[]} */
  #rows = [];
  #from = 1;
  /** @type {any[]} */
  #validations = [];
  #finite = true;
  /** @type {{bytes: Uint8Array, update: number, validation: any} | null} */
  #best = null;
  #saved = performance.now();
  /** When the GPU is looked into again at the earliest. */
  #looksFrom = 0;
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

  /** Nothing else is asked of this job meanwhile. @template T @param {() => T | Promise<T>} deed @returns {Promise<T>} */
  turn(deed) {
    const done = this.#queue.then(deed);
    this.#queue = done.catch(() => {});
    return done;
  }

  // ---- which engine

  /** @param {Wish} wish */
  async decide(wish) {
    if (this.#decided === wish) return;
    await this.rest();
    this.#decided = wish;
    this.engine = chosen(wish, await this.#probe(wish));
    // (A short run may be made a longer one.)
    if (this.engine.on === "cpu") await this.rest(this.engine.why === "short" ? null : wish);
    if (this.engine.times) this.#cost = this.engine.times[this.engine.on];
  }

  /** @param {Wish} wish @returns {Promise<Parameters<typeof chosen>[1]>} */
  async #probe(wish) {
    if (wish === "cpu") return {};
    if (!("gpu" in navigator)) return { webgpu: false };
    let device = null;
    try {
      device = await this.trainer.openGpu(wish === "gpu" ? "any" : "hardware");
    } catch (error) {
      return { refused: messageOf(error) };
    }
    this.#afar = true;
    this.#isKept();
    if (wish === "auto" && this.#isShort) return { device, short: true };
    try {
      return { device, times: await this.trainer.timeEngines(TIMING) };
    } catch (error) {
      const failed = messageOf(error);
      this.trainer.fallBack();
      this.#afar = false;
      return { device, failed };
    }
  }

  get #isShort() {
    const { parameterCount: parameters, settings, chunk } = this.summary;
    const updates = this.plan.limit - this.updates;
    return secondsOnCpu({ parameters, steps: chunk.steps * settings.accumulate, batch: settings.batch, updates }) < SHORT;
  }

  /** Gives the GPU back; the next training decides again, unless this wish is settled. @param {Wish | null} [settled] */
  async rest(settled = null) {
    if (this.#afar) await this.#remotely(() => this.trainer.closeGpu());
    // (Where that failed it was lost, and the CPU goes on without asking again.)
    if (this.#afar || !this.engine) this.#decided = settled;
    if (this.#afar && this.engine) this.engine = rested(this.engine);
    this.#afar = false;
  }

  /**
   * Asks something of the GPU. Where it does not answer, the CPU goes on from what was kept last, and nothing is returned.
   * @template T @param {() => Promise<T>} deed @returns {Promise<T | undefined>}
   */
  async #remotely(deed) {
    try {
      return await deed();
    } catch (error) {
      this.#fallBack(messageOf(error));
      return undefined;
    }
  }

  async #keep() {
    await this.#remotely(() => this.trainer.keep());
    if (this.#afar) this.#isKept();
  }
  #isKept() {
    this.#kept = { when: performance.now(), updates: this.updates, examples: this.examples };
  }

  /** @param {string} message */
  #fallBack(message) {
    const at = this.trainer.fallBack();
    this.#afar = false;
    if (this.engine) this.engine = lost(this.engine, message);
    const untold = joined(this.#rows);
    const heard = this.#from - 1;
    this.#rows = [untold.slice(0, COLUMNS * Math.max(0, at - heard))];
    if (at < heard) this.#rewound = Math.min(at, this.#rewound ?? at);
    this.#from = Math.min(this.#from, at + 1);
    this.#validations = this.#validations.filter(({ update }) => update <= at);
    if (at < this.updates) this.state = "training";
    this.examples = at === this.#kept.updates ? this.#kept.examples : Math.round((this.examples * at) / Math.max(1, this.updates));
    this.updates = at;
    this.#validating = this.#due && at > 0 && this.#validated !== at;
    this.#moments = [];
    this.#lost = { message, update: at + 1 };
  }

  // ---- updates and validations

  /** Works for about so many milliseconds; at least one update. @param {number} budget */
  async slice(budget) {
    const until = performance.now() + budget;
    do {
      const begun = performance.now();
      if (this.#validating) await this.#validate(until - begun);
      else await this.#update(until - begun);
      this.busy += performance.now() - begun;
    } while (this.state === "training" && performance.now() + (this.#validating ? 2 : this.#cost) < until);
    if (this.#afar && performance.now() - this.#kept.when > KEEP) await this.#keep();
  }

  /** One update, whatever it takes. */
  async one() {
    while (this.#validating) await this.#validate(1000);
    const begun = performance.now();
    if (this.state === "done" || this.state === "early") [this.state, this.plan.limit] = ["training", this.updates + 1];
    await this.#update(0);
    this.busy += performance.now() - begun;
  }

  /** A validation comes next. */
  get #due() {
    return this.updates % this.plan.validateEvery === 0 || this.updates >= this.plan.limit;
  }

  /** @param {number} left */
  async #update(left) {
    const { limit, validateEvery } = this.plan;
    const toGo = Math.min(limit - this.updates, validateEvery - (this.updates % validateEvery), MOST);
    const n = Math.max(1, Math.min(toGo, Math.floor(left / this.#cost)));
    const begun = performance.now();
    const report = this.#afar ? await this.#remotely(() => this.trainer.updateRemote(n)) : this.trainer.update(n);
    if (!report) return;
    this.#cost += 0.3 * ((performance.now() - begun) / n - this.#cost);
    this.#rows.push(report.history);
    this.updates += n;
    this.examples = report.examples;
    this.#finite &&= report.finite;
    if (!this.#due) return;
    this.#validating = true;
    // (A validation may write over what this update left on the GPU.)
    if (this.#afar && !this.#sparesLooks && INSIDE.some((what) => looking.wanted.has(what))) await this.#remotely(() => this.trainer.look());
  }

  get #sparesLooks() {
    return this.#afar && performance.now() < this.#looksFrom;
  }

  /** @param {number} milliseconds */
  async #validate(milliseconds) {
    const longest = Math.max(2, milliseconds);
    const found = this.#afar ? await this.#remotely(() => this.trainer.validateRemote(longest)) : this.trainer.validate(longest);
    if (!found || found.done < 1) return;
    this.#validating = false;
    this.#validated = this.updates;
    const point = { update: this.updates, loss: found.loss, metric: found.metric, time: this.busy / 1000 };
    this.#validations.push(point);
    const better = Number.isFinite(found.loss) && (!this.best || found.loss < this.best.loss);
    if (better) {
      this.best = point;
      const bytes = await this.save();
      // (Not where the GPU was lost just then.)
      if (this.updates === point.update) this.#best = { bytes, update: this.updates, validation: point };
    }
    if (this.updates !== point.update) return;
    if (found.stop) this.state = "early";
    else if (this.updates >= this.plan.limit) this.state = "done";
  }

  /** As `Trainer.save`, of now. @returns {Promise<Uint8Array>} */
  async save() {
    if (this.#afar) await this.#keep();
    return this.trainer.save();
  }

  // ---- what the page hears

  /** What the page has not heard yet. `hurried`: in the midst of training. @param {Transferable[]} transfer @param {boolean} [last] @param {boolean} [hurried] */
  async report(transfer, last = false, hurried = false) {
    const before = this.updates;
    const begun = performance.now();
    let looks = before > 0 && !(hurried && this.#sparesLooks) ? await this.#look() : null;
    if (looks) this.#looksFrom = performance.now() + (performance.now() - begun) * (1 / LOOKING - 1);
    looks ??= {};
    /** @type {any} */
    const kept = {};
    if (last || performance.now() - this.#saved > CHECKPOINT || this.state !== "training") {
      this.#saved = performance.now();
      kept.checkpoint = await this.save();
      kept.best = this.#best;
      transfer.push(kept.checkpoint.buffer);
      if (this.#best) transfer.push(this.#best.bytes.buffer);
      this.#best = null;
    }
    // A run that is over needs no GPU.
    if (last && this.state !== "training") await this.rest();
    // (All of that may have found the GPU lost, and updates with it.)
    if (this.updates !== before) looks = {};
    for (const norms of looks.stepNorms ?? []) transfer.push(norms.buffer);
    const rows = this.#rows.length === 1 ? this.#rows[0] : joined(this.#rows);
    transfer.push(rows.buffer);
    const { id } = this.plan;
    const { updates, examples, state } = this;
    const [from, validations, rewound, lost] = [this.#from, this.#validations, this.#rewound, this.#lost];
    this.#rows = [];
    this.#from = updates + 1;
    [this.#validations, this.#rewound, this.#lost] = [[], null, null];
    if (this.engine && this.#afar) this.engine = { ...this.engine, device: this.trainer.device() };
    const { engine } = this;
    const news = { id, from, rows, updates, examples, state, validations, finite: this.#finite, time: this.busy / 1000, throughput: this.#throughput() };
    return { ...news, engine, rewound, lost, ...looks, ...kept };
  }

  async #look() {
    const { trainer } = this;
    const { layers, bidirectional } = this.plan.network;
    const { wanted, held } = looking;
    /** @type {any} */
    const looks = {};
    if (this.#afar && INSIDE.some((what) => wanted.has(what))) await this.#remotely(() => trainer.look());
    if (this.#afar && wanted.has("weights")) await this.#keep();
    if (wanted.has("held")) {
      const found = this.#afar ? await this.#remotely(() => trainer.heldRemote(held.part, held.k)) : trainer.held(held.part, held.k);
      if (found) looks.held = { ...found, ...held, update: this.updates };
    }
    // Gradients of two tensors can lie decades apart.
    const histogram = (/** @type {string} */ what, /** @type {boolean} */ log) => ({ update: this.updates, log, tensors: trainer.histogram(what, BINS, log) });
    if (wanted.has("weights")) looks.weights = histogram("weights", false);
    // Right after a restart there is no update to be looked into.
    if (!trainer.canLook()) return looks;
    if (wanted.has("gradients")) looks.gradients = histogram("gradients", true);
    if (wanted.has("saturation")) looks.saturation = trainer.saturation();
    if (wanted.has("stepNorms")) {
      looks.stepNorms = [];
      for (let layer = 0; layer < layers; layer++) {
        for (let direction = 0; direction < (bidirectional ? 2 : 1); direction++) looks.stepNorms.push(trainer.stepNorms(layer, direction));
      }
    }
    return looks;
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
