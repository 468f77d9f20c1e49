// Does the training: holds the worker, begins runs, pauses and goes on, and keeps what comes back.
import { startTraining } from "./training.js";
import { crossover, rested } from "./engine-choice.js";
import { givenOf } from "./set-up.js";
import { same } from "../state/view.js";
import { TEXT } from "../strings/en.js";
import { TRAIN } from "../strings/en-train.js";

/** @typedef {import("./run.js").Run} Run */

/** How long "stop" waits for the worker's last update, in milliseconds. */
const PATIENCE = 2000;

export class Conductor {
  /** @type {"idle" | "starting" | "training" | "paused"} */
  state = "idle";
  /** Trained together: one run, or those that an experiment compares. @type {Run[]} */
  active = [];
  /** What was measured of both engines: of which network, at which sizes, or why not. `hidden` is being measured. */
  measured = { of: "", sizes: /** @type {import("./engine-choice.js").Measured[]} */ ([]), hidden: 0, failed: "" };
  /** @type {import("./studio.js").Studio} */
  #studio;
  /** @type {ReturnType<typeof startTraining> | null} */
  #worker = null;
  /** Deeds happen one after another. @type {Promise<any>} */
  #queue = Promise.resolve();
  /** The open call of the worker's training. @type {Promise<any> | null} */
  #training = null;

  /** @param {import("./studio.js").Studio} studio */
  constructor(studio) {
    this.#studio = studio;
  }

  /** Starts the worker, so that the first run need not wait for it. */
  warm() {
    return this.#calling("open").catch(() => {});
  }

  /** @param {string} method @param {unknown[]} args @param {(p: any) => void} [progress] */
  #calling(method, args = [], progress) {
    if (!this.#worker) {
      this.#worker = startTraining((message) => this.#crashed(message));
      void this.#worker.call(null, "open").catch(() => {});
      this.wish();
      this.want();
    }
    return this.#worker.call(null, method, args, progress);
  }

  /** What was said is done before what is said next. @template T @param {() => Promise<T>} deed @returns {Promise<T | undefined>} */
  #after(deed) {
    const done = this.#queue.then(deed).catch((error) => {
      // A crash has been told already.
      if (error.code !== "crash") this.#studio.report(TEXT.failure(error));
      return undefined;
    });
    this.#queue = done;
    return done;
  }

  // ---- what a person does

  /** What the main button does now. @returns {"pause" | "continue" | "on" | "train"} */
  get next() {
    if (this.state === "training" || this.state === "starting") return "pause";
    if (this.active.length === 0 || !this.same) return "train";
    return this.active.every((run) => run.state === "done" || run.state === "early") ? "on" : "continue";
  }

  /** The runs at hand are those that the set-up would begin. */
  get same() {
    const planned = this.#studio.plans.map(({ setup }) => [setup, this.#studio.ownOf(setup)]);
    return same(this.active.map((run) => [run.setup, run.own]), planned);
  }

  /** Trains or pauses, whichever is meant now. */
  toggle() {
    const { next } = this;
    if (next === "pause") return this.pause();
    if (next === "train") return this.begin();
    return this.#after(async () => {
      if (next === "on") for (const run of this.active) await this.#extend(run, run.limit + run.setup.updates);
      this.#train();
    });
  }

  /** New runs of the set-up. @param {boolean} [still]  do not begin to train */
  begin(still = false) {
    return this.#after(async () => {
      const studio = this.#studio;
      if (studio.lacksData) return studio.report(TRAIN.notices.needsTable);
      await this.#halt();
      await this.#putAway();
      this.#is("starting");
      const runs = studio.plans.map(({ name, setup }) => studio.addRun(setup, name));
      this.active = runs;
      studio.current = runs[runs.length - 1];
      studio.emit("runs");
      try {
        for (const run of runs) await this.#enter(run, null);
      } catch (error) {
        this.#failed(error);
        return;
      }
      if (still) this.#is("paused");
      else this.#train();
    });
  }

  pause() {
    return this.#after(async () => {
      await this.#halt();
      if (this.active.length > 0) this.#is("paused");
    });
  }

  /** One update of the runs at hand; of new ones, where the set-up is another. */
  async update() {
    if (this.next === "train") await this.begin(true);
    return this.#after(async () => {
      await this.#halt();
      if (this.active.length === 0) return;
      for (const run of this.active) {
        if (!run.live) await this.#enter(run, await this.#newest(run));
        if (run.updates >= run.limit) run.limit = run.updates + 1;
        this.#take(run, await this.#calling("update", [run.id]));
        run.state = "paused";
      }
      this.#is("paused");
      this.#told();
    });
  }

  /** Ends what is going on; its newest state is kept. A worker that does not answer is ended too. */
  stop() {
    return this.#after(async () => {
      const halted = this.#halt().then(() => true, () => false);
      const late = new Promise((resolve) => setTimeout(() => resolve(false), PATIENCE));
      if (!(await Promise.race([halted, late]))) this.#end();
      for (const run of this.active) if (run.state !== "done" && run.state !== "early") run.state = "stopped";
      await this.#putAway();
      this.#is("idle");
      this.#studio.emit("runs");
    });
  }

  /** Goes on with a run from a checkpoint; the newest by default. @param {Run} run @param {import("./checkpoints.js").Checkpoint} [checkpoint] */
  resume(run, checkpoint) {
    return this.#after(async () => {
      const studio = this.#studio;
      await this.#halt();
      await this.#putAway(run);
      this.#is("starting");
      this.active = [run];
      studio.current = run;
      try {
        if (checkpoint || !run.live) await this.#enter(run, checkpoint ?? (await this.#newest(run)));
        if (run.updates >= run.limit) await this.#extend(run, run.updates + run.setup.updates);
      } catch (error) {
        this.#failed(error);
        return;
      }
      studio.emit("runs");
      this.#train();
    });
  }

  /** A run's newest state, as `Trainer.save` writes it. @param {Run} run @returns {Promise<Uint8Array>} */
  async bytesOf(run) {
    if (this.state === "training") await this.pause();
    if (run.live) return this.#calling("save", [run.id]);
    const checkpoint = await this.#newest(run);
    return this.checkpointBytes(checkpoint);
  }

  /** @param {import("./checkpoints.js").Checkpoint} checkpoint @returns {Promise<Uint8Array>} */
  async checkpointBytes(checkpoint) {
    const bytes = await this.#studio.store.bytes(checkpoint.key);
    if (!bytes) throw new Error(TRAIN.notices.noCheckpoint);
    return bytes;
  }

  /** A checkpoint by hand, also while training. @param {Run} run */
  async save(run) {
    const bytes = await this.#calling("save", [run.id]);
    await this.#studio.keep(run, [{ kind: "hand", bytes, update: run.updates, validation: run.last }]);
  }

  /** The page is about to go: the newest state of what is training, quickly. */
  async saveAll() {
    for (const run of this.active.filter((one) => one.live && one.state === "training")) {
      const bytes = await this.#calling("save", [run.id]).catch(() => null);
      if (bytes) await this.#studio.keep(run, [{ kind: "auto", bytes, update: run.updates, validation: run.last }]);
    }
  }

  /** It is deleted. @param {Run} run */
  release(run) {
    return this.#after(async () => {
      if (!this.active.includes(run)) return;
      await this.#halt();
      if (run.live) await this.#calling("drop", [run.id]);
      run.live = false;
      this.active = this.active.filter((one) => one !== run);
      this.#is(this.active.length > 0 ? "paused" : "idle");
    });
  }

  // ---- which engine

  /** Which engine is asked for; what trains changes over at once. */
  wish() {
    if (this.#worker) void this.#worker.call(null, "wish", [this.#studio.view.engine]).catch(() => {});
  }

  /** Nobody looks any more: what stands still gives the GPU back. */
  rest() {
    if (this.state !== "training" && this.state !== "starting") void this.#rested();
  }

  /** The page goes away: training stands still, and the GPU is given back. */
  leave() {
    void this.pause();
    void this.#rested();
  }

  async #rested() {
    if (!this.#worker || !(await this.#worker.call(null, "rest").then(() => true, () => false))) return;
    for (const run of this.active) if (run.engine) run.engine = rested(run.engine);
    this.#studio.emit("state");
  }

  /** What the crossover is of: everything but the size, and what does not matter for it. */
  get #measurable() {
    const { setup } = this.#studio.plans[0];
    const { task, training } = setup;
    const { hidden: _, ...network } = setup.network;
    return JSON.stringify([task, network, training.batch, training.accumulate, training.truncate, training.optimizer]);
  }

  /** From which size on the GPU is the faster, as far as that is known. */
  get crossover() {
    const { of, sizes, hidden, failed } = this.measured;
    const here = of === this.#measurable;
    return { sizes: here ? sizes : [], found: here ? crossover(sizes) : null, hidden, failed: here ? failed : "" };
  }

  /** Times both engines at several sizes. A training that begins does not wait for it. @param {"hardware" | "any"} adapter */
  async measure(adapter) {
    const { measured } = this;
    if (measured.hidden > 0 || this.#studio.lacksData) return;
    Object.assign(measured, { of: this.#measurable, sizes: [], failed: "" });
    const at = (/** @type {number} */ hidden) => {
      measured.hidden = hidden;
      this.#studio.emit("engine");
    };
    try {
      const { setup } = this.#studio.plans[0];
      at(1);
      const data = await this.#studio.dataFor(setup, this.#studio.ownOf(setup));
      measured.sizes = await this.#calling("crossover", [adapter, givenOf(setup), data], at);
    } catch (error) {
      measured.failed = TEXT.failure(error);
    }
    at(0);
  }

  /** Where there is a graphics processor, the crossover is found by itself, while nothing trains. */
  #measureOnce() {
    const device = this.#studio.current?.engine?.device;
    if (device && !device.software && this.measured.of !== this.#measurable && document.visibilityState === "visible") void this.measure("hardware");
  }

  // ---- what is looked at

  want() {
    if (this.#worker) void this.#worker.call(null, "want", [this.#studio.wanted, this.#studio.view.held]).catch(() => {});
    this.look();
  }

  /** Shows the current run with what is wanted now, where it stands still. */
  look() {
    const { current, view, wanted } = this.#studio;
    if (!this.#worker) return;
    void this.#worker.call(null, "want", [wanted, view.held]).catch(() => {});
    if (this.state === "training" || !current?.live || current.updates === 0) return;
    void this.#after(async () => {
      if (!current.live || this.state === "training") return;
      this.#take(current, await this.#calling("look", [current.id]));
      this.#told();
    });
  }

  // ---- inside

  /** @param {Conductor["state"]} state */
  #is(state) {
    this.state = state;
    this.#studio.emit("state");
    if (state === "paused" || state === "idle") this.#measureOnce();
  }

  /** Into the worker. @param {Run} run @param {import("./checkpoints.js").Checkpoint | null} checkpoint */
  async #enter(run, checkpoint) {
    const data = await this.#studio.dataFor(run.setup, run.own);
    const bytes = checkpoint ? await this.checkpointBytes(checkpoint) : null;
    if (checkpoint) run.rewind(checkpoint);
    const { id, setup, limit, updates, examples, time, best } = run;
    const plan = { id, limit, validateEvery: setup.training.validateEvery, network: setup.network, given: givenOf(setup), updates, examples, time, best };
    const { summary } = await this.#calling("create", [plan, data, bytes]);
    Object.assign(run, { summary, live: true, state: "paused" });
  }

  /** @param {Run} run */
  async #newest(run) {
    const checkpoint = run.checkpoints.at(-1);
    if (!checkpoint) throw new Error(TRAIN.notices.noCheckpoint);
    return checkpoint;
  }

  /** @param {Run} run @param {number} limit */
  async #extend(run, limit) {
    if (!run.live) await this.#enter(run, await this.#newest(run));
    run.limit = limit;
    run.state = "paused";
    await this.#calling("extend", [run.id, limit]);
  }

  #train() {
    const runs = this.active.filter((run) => run.state !== "done" && run.state !== "early");
    for (const run of runs) run.state = "training";
    this.#is("training");
    this.#training = this.#calling("train", [runs.map((run) => run.id)], ({ runs: news }) => {
      for (const one of news) {
        const run = runs.find((run) => run.id === one.id);
        if (run) this.#take(run, one);
      }
      this.#told();
    });
    this.#training.then(
      () => {
        // It ended by itself; a pause says so itself.
        if (this.state === "training" && runs.every((run) => run.state !== "training")) this.#is("idle");
      },
      (error) => {
        if (error.code !== "crash" && error.code !== "closed") this.#failed(error);
      },
    );
  }

  /** The worker stands still when this is done. */
  async #halt() {
    if (this.state !== "training") return;
    await this.#calling("pause");
    await this.#training?.catch(() => {});
    for (const run of this.active) if (run.state === "training") run.state = "paused";
  }

  /** Out of the worker, into the storage. @param {Run} [except] */
  async #putAway(except) {
    for (const run of this.active.filter((one) => one !== except)) {
      if (!run.live) continue;
      const bytes = await this.#calling("save", [run.id]);
      run.live = false;
      if (run.state === "paused") run.state = "stopped";
      run.left = null;
      await this.#calling("drop", [run.id]);
      await this.#studio.keep(run, [{ kind: "auto", bytes, update: run.updates, validation: run.last }]);
    }
    this.active = except && this.active.includes(except) ? [except] : [];
  }

  /** @param {Run} run @param {any} news */
  #take(run, news) {
    run.take(news);
    if (news.lost) this.#studio.report(TRAIN.engine.lost(run.name, news.lost.message, news.lost.update));
    if (news.state !== "training") run.state = news.state;
    this.#studio.dirty.add(run);
    const left = this.active.reduce((sum, one) => sum + (one.throughput.updates > 0 ? (one.limit - one.updates) / one.throughput.updates : 0), 0);
    run.left = this.state === "training" && run.throughput.updates > 0 ? left : null;
    const { checkpoint, best } = news;
    const kept = [];
    if (best) kept.push({ kind: /** @type {const} */ ("best"), ...best });
    if (checkpoint) kept.push({ kind: /** @type {const} */ ("auto"), bytes: checkpoint, update: news.updates, validation: run.last });
    if (kept.length > 0) void this.#studio.keep(run, kept);
    if (news.validations.length > 0) this.#studio.emit("validation");
  }

  #told() {
    this.#studio.emit("progress");
  }

  /** The worker goes, in the middle of whatever it does; runs are what their checkpoints are. */
  #end() {
    this.#worker?.close();
    this.#worker = null;
    for (const run of this.#studio.runs) Object.assign(run, { live: false, left: null });
  }

  /** @param {unknown} error */
  #failed(error) {
    for (const run of this.active) if (run.state !== "done" && run.state !== "early") run.state = run.updates > 0 ? "stopped" : "failed";
    if (/** @type {any} */ (error).code !== "crash") this.#studio.report(TRAIN.notices.failed(TEXT.failure(error)));
    const failed = this.active.filter((run) => run.state === "failed");
    for (const run of failed) if (run.live) void this.#calling("drop", [run.id]).catch(() => {});
    this.active = [];
    // What never began is not a run.
    this.#studio.runs = this.#studio.runs.filter((run) => !failed.includes(run));
    if (this.#studio.current && failed.includes(this.#studio.current)) this.#studio.current = this.#studio.runs.at(-1) ?? null;
    this.#studio.emit("runs");
    this.#is("idle");
  }

  /** The worker is gone. @param {string} message */
  #crashed(message) {
    this.#worker = null;
    const lost = this.active.filter((run) => run.live);
    for (const run of this.#studio.runs) run.live = false;
    for (const run of lost) {
      if (run.state === "training" || run.state === "paused") run.state = "crashed";
      run.left = null;
      void this.#studio.keep(run);
    }
    this.active = [];
    this.#studio.report(TRAIN.notices.crashed(message, lost.map((run) => [run.name, run.checkpoints.at(-1)?.update ?? null])));
    this.#studio.emit("runs");
    this.#is("idle");
  }
}
