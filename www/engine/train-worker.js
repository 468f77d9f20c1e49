// The worker that trains: the same module as the page's, a job for each run, and ears for the page between slices.
//
// It works in slices of at most SLICE milliseconds (or one update, where that takes longer) and then lets its message queue
// have a turn, so that a pause is answered at once. Of several runs the one that is furthest behind goes next.
import init, { Trainer } from "../gpu/unrolled.js";
import { serve } from "./bridge.js";
import { expected, SIZES } from "./engine-choice.js";
import { Job, looking } from "./train-job.js";

/** Milliseconds. */
const SLICE = 35;
const PROGRESS = 200;
/** Of all sizes at which engines are measured, and of one. */
const CROSSOVER = 2000;
const MEASURE = 120;

/** @type {Map<number, Job>} */
const jobs = new Map();
/** Which engine is asked for. @type {import("./engine-choice.js").Wish} */
let wish = "auto";

let halt = false;
/** @type {Promise<any> | null} */
let training = null;
/** Engines are being measured for the crossover; until it is enough. @type {Promise<any> | null} */
let measuring = null;
let enough = false;

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
    await methods.drop(plan.id);
    const made = new Job(trainer, plan);
    jobs.set(plan.id, made);
    return { summary: made.summary, state: made.state };
  },

  /** @param {number[]} ids @param {import("./bridge.js").How} how */
  async train(ids, { aborted, progress }) {
    halt = false;
    enough = true;
    const all = ids.map(job);
    const news = async (/** @type {Job[]} */ of, last = false) => {
      /** @type {Transferable[]} */
      const transfer = [];
      const runs = [];
      for (const one of of) runs.push(await one.turn(() => one.report(transfer, last, !last)));
      progress({ runs }, transfer);
    };
    const slices = async () => {
      let told = performance.now();
      let worked = new Set();
      while (!halt && !aborted()) {
        const [next] = all.filter((one) => one.state === "training").sort((a, b) => a.share - b.share);
        if (!next) break;
        await next.turn(() => next.decide(wish));
        await next.turn(() => next.slice(SLICE));
        worked.add(next);
        if (performance.now() - told >= PROGRESS) {
          await news([...worked]);
          worked = new Set();
          told = performance.now();
        }
        await breath();
      }
      await news(all, true);
    };
    const work = async () => {
      await measuring?.catch(() => {});
      // (A GPU that is lost with the last updates leaves some to be done.)
      do await slices();
      while (!halt && !aborted() && all.some((one) => one.state === "training"));
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
    const one = job(id);
    return one.turn(async () => {
      // (A single update is no reason to time engines.)
      if (wish === "gpu" || one.engine?.on === "gpu") await one.decide(wish);
      await one.one();
      return one.report(transfer);
    });
  },

  /** @param {number} id @param {number} limit */
  extend(id, limit) {
    const one = job(id);
    return one.turn(() => {
      one.plan.limit = limit;
      if (one.updates < limit) one.state = "training";
    });
  },

  /** @param {number} id @param {import("./bridge.js").How} how */
  async save(id, { transfer }) {
    const one = job(id);
    const bytes = await one.turn(() => one.save());
    transfer.push(bytes.buffer);
    return bytes;
  },

  /** What is looked at now, of one run, without training. @param {number} id @param {import("./bridge.js").How} how */
  look(id, { transfer }) {
    const one = job(id);
    return one.turn(() => one.report(transfer));
  },

  /** @param {string[]} what @param {{part: string, k: number}} example */
  want(what, example) {
    looking.wanted = new Set(what);
    looking.held = example;
  },

  /** Which engine is asked for: decided anew before the next slice. @param {import("./engine-choice.js").Wish} engine */
  wish(engine) {
    wish = engine;
  },

  /** Nobody looks, and nothing is trained: the GPU is given back until it is needed again. */
  async rest() {
    await training?.catch(() => {});
    for (const one of jobs.values()) await one.turn(() => one.rest());
  },

  /**
   * Times both engines on networks of several sizes, which are thrown away. Training does not wait for the rest of them.
   * @param {string} adapter  "hardware" or "any" @param {any} given @param {any} data @param {import("./bridge.js").How} how
   * @returns {Promise<import("./engine-choice.js").Measured[]>}
   */
  async crossover(adapter, given, data, { progress }) {
    await open();
    await training?.catch(() => {});
    enough = false;
    const measure = async () => {
      /** @type {import("./engine-choice.js").Measured[]} */
      const measured = [];
      const begun = performance.now();
      let took = 0;
      for (const hidden of SIZES) {
        if (enough || (measured.length > 0 && performance.now() - begun + expected(took) > CROSSOVER)) break;
        progress(hidden);
        const from = performance.now();
        const trainer = Trainer.create({ ...given, network: { ...given.network, hidden } }, data);
        try {
          await trainer.openGpu(adapter);
          measured.push({ hidden, ...(await trainer.timeEngines(MEASURE)) });
        } catch (error) {
          // A size that does not fit ends it; that none does is worth telling.
          if (measured.length === 0 || error instanceof WebAssembly.RuntimeError) throw error;
          break;
        } finally {
          trainer.free();
        }
        took = performance.now() - from;
      }
      return measured;
    };
    measuring = measure();
    try {
      return await measuring;
    } finally {
      measuring = null;
    }
  },

  /** @param {number} id */
  async drop(id) {
    const one = jobs.get(id);
    jobs.delete(id);
    await one?.turn(() => one.trainer.free());
  },
};

// A trap of the module leaves it in an unknown state: that is a crash, not an error.
serve(/** @type {any} */ (self), methods, (error) => (error instanceof WebAssembly.RuntimeError ? "crash" : undefined));
