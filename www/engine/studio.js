// Training as the page sees it: the set-up, the runs, and what is going on. /state/train-view.js says what a set-up is;
// engine/conductor.js does the training.
import { asset, load, loadRest } from "./load.js";
import { Store } from "./checkpoints.js";
import { Conductor } from "./conductor.js";
import { imported } from "./import-runs.js";
import { Run } from "./run.js";
import { plansOf, settled } from "./set-up.js";
import { EXPERIMENTS } from "../state/train-experiments.js";
import { checkedTrain, DEFAULT_TRAIN, differences, mergedTrain } from "../state/train-view.js";
import { fromTrainQuery, toTrainQuery } from "../state/train-link.js";
import { same } from "../state/view.js";
import { TEXT } from "../strings/en.js";
import { TRAIN } from "../strings/en-train.js";

/**
 * Events, all without detail: "view" (set-up changed), "runs" (list, names, visibility, choice, checkpoints), "state" (what is
 * going on), "progress" (news of runs in `dirty`, at most five a second), "validation" (a new one), "data" (the reader's own),
 * "engine" (the crossover of both engines).
 */
/** @typedef {{name: string, content: Uint8Array | string, key: string}} Own */

export class Studio extends EventTarget {
  /** @type {import("../state/train-view.js").TrainView} */
  view = DEFAULT_TRAIN;
  /** describe() @type {any} */
  registry = null;
  /** Oldest first. @type {Run[]} */
  runs = [];
  /** The run whose own plots are shown. @type {Run | null} */
  current = null;
  /** Runs with news since the last "progress". @type {Set<Run>} */
  dirty = new Set();
  store = new Store();
  conductor = new Conductor(this);
  /** The reader's own data: a table's bytes as they came, or a text. @type {{csv: Own | null, text: Own | null}} */
  own = { csv: null, text: null };
  /** Shows another screen, and hands it something; the page sets it. @type {(screen: string, given?: any) => void} */
  go = () => {};
  /** The screen is shown: the address is ours. */
  open = false;

  /** The view was changed without the address: a slider is being dragged. */
  #ahead = false;
  /** How many look at what. @type {Map<string, number>} */
  #wanted = new Map();
  /** The newest number of a run. */
  #number = 0;
  #id = 0;

  /** @param {import("./session.js").Session} session  for colours, messages and Step */
  constructor(session) {
    super();
    this.session = session;
  }

  /** Reads the storage; prepares the worker. */
  async start() {
    const [module] = await Promise.all([load(), this.store.open(), loadRest()]);
    this.registry = module.describe();
    await this.#restore();
    this.view = settled(DEFAULT_TRAIN, this.registry).view;
    void this.conductor.warm();
    addEventListener("visibilitychange", () => document.visibilityState === "hidden" && void this.#hidden());
    addEventListener("pagehide", () => this.conductor.leave());
    this.session.addEventListener("theme", () => this.open && this.#address("replace"));
  }

  /** What is learned is kept, and what stands still holds no memory elsewhere. */
  async #hidden() {
    await this.conductor.saveAll();
    this.conductor.rest();
  }

  /** Takes the set-up from the address. */
  readAddress() {
    const { view, remarks } = fromTrainQuery(location.search);
    const fit = settled(view, this.registry);
    for (const remark of [...remarks, ...fit.remarks]) this.report(TEXT.remark(remark));
    this.view = fit.view;
    this.conductor.wish();
    this.emit("view");
  }

  async #restore() {
    try {
      const [records, checkpoints] = await Promise.all([this.store.runs(), this.store.checkpoints()]);
      for (const record of records) {
        const run = Run.from(record);
        run.checkpoints = checkpoints.filter((one) => one.run === run.id).sort((a, b) => a.update - b.update);
        this.runs.push(run);
        this.#number = Math.max(this.#number, run.number);
      }
      for (const kind of /** @type {const} */ (["csv", "text"])) {
        const kept = await this.store.data(kind);
        if (kept) this.own[kind] = { ...kept, key: keyOf(kept.content) };
      }
    } catch (error) {
      this.report(TRAIN.notices.notRestored(TEXT.failure(error)));
    }
    this.current = this.runs.at(-1) ?? null;
  }

  // ---- the set-up

  /**
   * Changes the set-up; objects in it are merged field by field.
   * @param {any} patch
   * @param {{history?: "push" | "replace" | "none"}} [how]
   */
  set(patch, { history = "push" } = {}) {
    const before = this.view;
    const wished = checkedTrain(mergedTrain(before, patch));
    const fit = settled(wished.view, this.registry);
    for (const remark of [...wished.remarks, ...fit.remarks]) this.report(TEXT.remark(remark));
    let { view } = fit;
    // Who changes what an experiment varies has left it.
    if (patch.experiment === undefined && view.experiment) {
      const varied = EXPERIMENTS[view.experiment].runs.flatMap(({ name: _, ...run }) => differences({}, run).map(({ path }) => path));
      if (differences(before, view).some(({ path }) => varied.includes(path))) view = checkedTrain({ ...view, experiment: "" }).view;
    }
    const lookElsewhere = !same(before.held, view.held);
    this.view = view;
    if (history === "none") this.#ahead ||= !same(before, view);
    else if (this.#ahead || !same(before, view)) this.#address(history);
    if (before.engine !== view.engine) this.conductor.wish();
    this.emit("view");
    if (lookElsewhere) this.conductor.look();
  }

  /** @param {number} k */
  setHeld(k) {
    this.set({ held: { k: Math.max(0, k) } }, { history: "replace" });
  }

  /** The link to this set-up. */
  get link() {
    return new URL(toTrainQuery(this.view, this.session.state), location.href).href;
  }

  /** @param {"push" | "replace"} how */
  #address(how) {
    if (!this.open) return;
    this.#ahead = false;
    history[how === "push" ? "pushState" : "replaceState"](null, "", this.link);
  }

  /** The runs that "Train" would begin. */
  get plans() {
    return plansOf(this.view);
  }

  // ---- the reader's own data

  /**
   * @param {"csv" | "text"} kind
   * @param {{name: string, content: Uint8Array | string} | null} file
   */
  async setOwn(kind, file) {
    this.own = { ...this.own, [kind]: file ? { ...file, key: keyOf(file.content) } : null };
    this.emit("data");
    await this.#stored(this.store.keepData(kind, file));
  }

  /** Data of a run, by what it was trained on; those of its own first, then what is here now. @param {any} setup @param {Run["own"]} own */
  async dataFor(setup, own) {
    const reads = this.#reads(setup);
    /** @type {Record<string, string | Uint8Array>} */
    const data = {};
    if (reads === "weather") data.weather = await this.session.library.fetchWeather();
    if (reads === "csv" || reads === "text") {
      const key = own[reads];
      const here = this.own[reads];
      const kept = !key ? null : key === here?.key ? here : await this.store.data(key);
      if (key && !kept) throw new Error(TRAIN.notices.dataGone);
      if (kept) data[reads] = kept.content;
      else if (reads === "text") data.text = await this.#lesson();
    }
    return data;
  }

  /** @param {any} setup @returns {"weather" | "text" | "csv" | null} */
  #reads(setup) {
    return this.registry.tasks.find((/** @type {any} */ task) => task.name === setup.task.name)?.data ?? null;
  }

  /** The task reads a table, and there is none. */
  get lacksData() {
    return this.#reads(this.view) === "csv" && !this.own.csv;
  }

  /** Which of the reader's own data a run of this set-up would be trained on. @param {any} setup @returns {Run["own"]} */
  ownOf(setup) {
    const kind = this.#reads(setup);
    const own = kind === "csv" || kind === "text" ? this.own[kind] : null;
    return own ? { [/** @type {string} */ (kind)]: own.key } : {};
  }

  /** The text that comes with the page. */
  async #lesson() {
    return (await asset("assets/lessons/memory.txt")).text();
  }

  // ---- runs

  /** Those to overlay. */
  get shown() {
    return this.runs.filter((run) => run.visible || run === this.current);
  }

  /** @returns {"idle" | "starting" | "training" | "paused"} */
  get state() {
    return this.conductor.state;
  }

  /** A run that is not in the list yet. @param {any} setup */
  newRun(setup) {
    this.#id = Math.max(Date.now(), this.#id + 1, ...this.runs.map((run) => run.id + 1));
    return new Run(this.#id, ++this.#number, setup);
  }

  /** @param {any} setup @param {string | null} variant */
  addRun(setup, variant) {
    const run = this.newRun(setup);
    const name = TRAIN.runs.name(run.number);
    run.name = variant ? `${name}: ${TRAIN.variants[variant] ?? variant}` : name;
    run.own = this.ownOf(setup);
    this.runs = [...this.runs, run];
    return run;
  }

  /** @param {Run} run */
  choose(run) {
    if (this.current === run) return;
    this.current = run;
    this.emit("runs");
    this.conductor.look();
  }

  /** @param {Run} run @param {string} name */
  rename(run, name) {
    run.name = name.trim().slice(0, 80) || TRAIN.runs.name(run.number);
    this.emit("runs");
    return this.keep(run);
  }

  /** @param {Run} run @param {boolean} visible */
  show(run, visible) {
    run.visible = visible;
    this.emit("runs");
    return this.keep(run);
  }

  /** Away with it; what is returned brings it back. @param {Run} run @returns {Promise<() => Promise<void>>} */
  async remove(run) {
    await this.conductor.release(run);
    const at = this.runs.indexOf(run);
    const saved = await Promise.all(run.checkpoints.map(async (about) => ({ about, bytes: (await this.store.bytes(about.key)) ?? new Uint8Array(0) })));
    this.runs = this.runs.filter((one) => one !== run);
    if (this.current === run) this.current = this.runs[Math.min(at, this.runs.length - 1)] ?? null;
    this.emit("runs");
    this.emit("state");
    await this.#stored(this.store.dropRun(run.id));
    return async () => {
      // Shown again when it is kept again: what is seen survives a reload.
      await this.#stored(this.store.keep(run.record(), saved));
      this.runs = [...this.runs.slice(0, at), run, ...this.runs.slice(at)];
      this.emit("runs");
    };
  }

  /** The same once more, as a new run. @param {Run} run */
  rerun(run) {
    this.set({ ...run.setup, experiment: "" });
    return this.conductor.begin();
  }

  /** @param {Run} run @param {import("./checkpoints.js").Checkpoint} checkpoint */
  async removeCheckpoint(run, checkpoint) {
    run.checkpoints = run.checkpoints.filter((one) => one !== checkpoint);
    this.emit("runs");
    await this.#stored(this.store.dropCheckpoints([checkpoint.key]));
  }

  /**
   * Into the storage.
   * @param {Run} run
   * @param {{kind: import("./checkpoints.js").Kind, bytes: Uint8Array, update: number, validation: any}[]} [checkpoints]
   */
  async keep(run, checkpoints = []) {
    const saved = checkpoints.map(({ kind, bytes, update, validation }) => {
      const key = `${run.id}-${kind}${kind === "hand" ? `-${update}` : ""}`;
      const share = run.updates > 0 ? update / run.updates : 0;
      const about = { key, run: run.id, kind, update, examples: Math.round(run.examples * share), seconds: run.time * share, validation, saved: Date.now(), size: bytes.length };
      return { about, bytes };
    });
    if (!this.runs.includes(run)) return;
    const keys = saved.map(({ about }) => about.key);
    run.checkpoints = [...run.checkpoints.filter((one) => !keys.includes(one.key)), ...saved.map(({ about }) => about)].sort((a, b) => a.update - b.update);
    await this.#stored(this.store.keep(run.record(), saved));
    for (const kind of /** @type {const} */ (["csv", "text"])) {
      const own = this.own[kind];
      if (own && run.own[kind] === own.key && checkpoints.length > 0) await this.#stored(this.store.keepData(own.key, own));
    }
    if (saved.length > 0) this.emit("runs");
  }

  /** A full storage is said, once. @param {Promise<void>} storing */
  async #stored(storing) {
    try {
      await storing;
      this.#full = false;
    } catch (error) {
      if (!this.#full) this.report(TRAIN.notices.notKept(TEXT.failure(error)));
      this.#full = true;
    }
  }
  #full = false;

  /** Opens a run's network as it was at a checkpoint in Step. @param {Run} run @param {Uint8Array} bytes @param {number} update */
  async openInStep(run, bytes, update) {
    await this.session.openFile(TRAIN.runs.fileName(run.name, update), await this.#fileOf(run, bytes));
    this.go("step");
  }

  /** Compares it with others, on an example of its task where that draws its own. @param {Run} run @param {Uint8Array} bytes @param {number} update */
  async openInCompare(run, bytes, update) {
    this.go("compare", { name: TRAIN.runs.fileName(run.name, update), bytes: await this.#fileOf(run, bytes), task: run.setup.task });
  }

  /** The network of a checkpoint as PyTorch's file. @param {Run} run @param {Uint8Array} bytes @returns {Promise<Uint8Array>} */
  async #fileOf(run, bytes) {
    const trainer = this.session.module.Trainer.restore(bytes, await this.dataFor(run.setup, run.own));
    const network = trainer.network();
    const file = network.toSafetensors({});
    network.free();
    trainer.free();
    return file;
  }

  /** Takes exported runs back. @param {File[]} files  .safetensors, with or without their .json */
  async importFiles(files) {
    for (const { name, run, checkpoint, why } of await imported(files, this)) {
      if (!run || !checkpoint) this.report(TRAIN.notices.notImported(name, why ?? ""));
      else {
        this.runs = [...this.runs, run];
        this.current = run;
        await this.keep(run, [checkpoint]);
        this.emit("runs");
      }
    }
  }

  // ---- what is looked at

  /** What the worker is to send. @param {string} what @returns {() => void} */
  want(what) {
    const change = (/** @type {number} */ by) => {
      const count = (this.#wanted.get(what) ?? 0) + by;
      this.#wanted.set(what, count);
      if (count === (by > 0 ? 1 : 0)) this.conductor.want();
    };
    change(1);
    let open = true;
    return () => {
      if (open) change(-1);
      open = false;
    };
  }
  get wanted() {
    return [...this.#wanted].filter(([, count]) => count > 0).map(([what]) => what);
  }

  /** One update of the current run. */
  update() {
    return this.conductor.update();
  }

  /** A trainer in the page, as the run is now, to be taken apart and freed. @param {Run} run @returns {Promise<any>} */
  async pageTrainer(run) {
    const bytes = await this.conductor.bytesOf(run);
    return this.session.module.Trainer.restore(bytes, await this.dataFor(run.setup, run.own));
  }

  /** @param {string} message */
  report(message) {
    this.session.report(message);
  }
  /** @param {string} name */
  emit(name) {
    this.dispatchEvent(new Event(name));
    if (name === "progress") this.dirty.clear();
  }
}

/** Data's own name: its length and an FNV-1a hash. @param {string | Uint8Array} content */
function keyOf(content) {
  let hash = 0x811c9dc5;
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  for (let k = 0; k < bytes.length; k++) hash = Math.imul(hash ^ bytes[k], 0x01000193);
  return `${bytes.length}-${(hash >>> 0).toString(16)}`;
}
