// A comparison as the page sees it: the view, the sequence that all networks read, and what is known of each network so far.
//
// It has the face of a session where time is concerned (steps, selection, seek, play, hover), so that the transport bar drives it.
// engine/compare-worker.js computes; nothing heavy is done here.
import { comparedSequence, configOf, generatedTasks, givenOf, longestOf, plansOf, settledCompare, trainedEntry, windowedData } from "./compare-plan.js";
import { startWorker } from "./compare-jobs.js";
import { load, loadRest } from "./load.js";
import { fromCompareQuery, toCompareQuery } from "../state/compare-link.js";
import { checkedCompare, COMPARE_LIMITS, DEFAULT_COMPARE, mergedCompare } from "../state/compare-view.js";
import { same } from "../state/view.js";
import { COMPARE, namesOf } from "../strings/en-compare.js";
import { describeStep, labelOf, TEXT } from "../strings/en.js";

/** Steps a second at speed 1. */
const PACE = 4;
const ADDRESS_PACE = 400;
/** A slider that is being dragged changes what is computed at most this often. Milliseconds. */
const CHANGE_PACE = 60;

/**
 * What is known of a network.
 * @typedef {object} Result
 * @property {string} key       what it was made from
 * @property {string | null} error
 * @property {any} run          { summary, spec, output, states, x, s, loss, prediction, target }, null before it ran
 * @property {Float64Array | null} memory  of the step in `from`, as far as it is known
 * @property {string} from      what `memory` was computed for
 * @property {number} share     0 … 1
 * @property {number | null} halfLife
 * @property {number | null} micros
 *
 * @typedef {{state: "idle" | "working" | "done" | "cancelled" | "failed", share: number, results: any[], error: string}} Task
 */

/** @returns {Task} */
const idle = () => ({ state: "idle", share: 0, results: [], error: "" });

/**
 * Events, all without detail: "view" (set-up changed), "trace" (another sequence), "select", "hover", "play", "results", "seeds",
 * "lengths", "theme".
 */
export class Comparison extends EventTarget {
  /** @type {import("../state/compare-view.js").CompareView} */
  view = DEFAULT_COMPARE;
  /** @type {import("./sequence.js").Sequence & {task?: any}} */
  sequence = /** @type {any} */ (null);
  /** One for each network. @type {Result[]} */
  results = [];
  /** Bands of many seeds; its results stand beside the networks. */
  seeds = idle();
  /** The gradient of step 1 against length. */
  lengths = idle();
  /** The memory of the chosen step, as far as the reader waits for it; its results stand in `results`. */
  memory = idle();
  /** The reader's own networks, by number. @type {Map<number, import("./compare-plan.js").File>} */
  files = new Map();
  /** @type {{t: number | null, unit: null, layer: null, direction: null, lane: string | null, term: null}} */
  hover = { t: null, unit: null, layer: null, direction: null, lane: null, term: null };
  playing = false;
  /** The screen is shown: the address is ours. */
  open = false;
  /** Milliseconds from a change to the last curve. */
  took = 0;

  #quick = startWorker((why) => this.report(COMPARE.notices.crashed(why)));
  #slow = startWorker((why) => this.report(COMPARE.notices.crashed(why)));
  /** What goes on, to be given up for something newer. */
  #looking = new AbortController();
  #seeding = new AbortController();
  #measuring = new AbortController();
  /** What the bands and the lengths were computed from. */
  #seedsKey = "";
  #lengthsKey = "";
  /** Hidden sizes that meet a budget. @type {Map<string, number | null>} */
  #sizes = new Map();
  /** @type {any[]} */
  #plans = [];
  /** @type {any} */
  #given = null;
  #wantsLengths = false;
  #turn = 0;
  #ahead = false;
  #frame = 0;
  #clock = 0;
  #timer = 0;
  #addressTimer = 0;
  #addressAt = 0;
  #file = 0;

  /** @param {import("./session.js").Session} session  for the module, data, colours and messages */
  constructor(session) {
    super();
    this.session = session;
  }

  async start() {
    await Promise.all([load(), loadRest()]);
    for (const worker of [this.#quick, this.#slow]) void worker.call(null, "open").catch(() => {});
    this.session.addEventListener("theme", () => {
      if (this.open) this.#address("replace");
      this.#emit("theme");
    });
    addEventListener("pagehide", (event) => event.persisted || (this.#quick.close(), this.#slow.close()));
  }

  // ---- the face of a session

  get module() {
    return this.session.module;
  }
  get library() {
    return this.session.library;
  }
  /** The plots of several networks, as the module's registry has them. @returns {any[]} */
  get plots() {
    return (this.#specs ??= this.module.charts().filter((/** @type {any} */ spec) => spec.name.startsWith("compare-")));
  }
  /** @type {any[] | null} */
  #specs = null;
  get theme() {
    return this.session.theme;
  }
  get axis() {
    return this.session.axis;
  }
  get steps() {
    return this.sequence?.steps ?? 0;
  }
  get selection() {
    return { t: Math.max(0, Math.min(this.view.t, this.steps - 1)), unit: null, layer: 0, direction: 0, lane: null };
  }
  get state() {
    return { ...this.session.state, data: /** @type {any} */ (this.view.data), selection: this.selection, mode: /** @type {const} */ ("forward"), speed: this.view.speed };
  }
  /** @param {number} t */
  labels(t) {
    if (this.sequence.tokens.length > 0) return labelOf({ ...this.sequence, kind: "sentence" }, this.state.data, t);
    return labelOf(this.sequence, this.state.data, t);
  }
  /** @param {number} t @returns {number | string} */
  inputAt(t) {
    return this.sequence.tokens[t]?.token ?? this.sequence.shown[t] ?? NaN;
  }
  /** @param {number} value */
  unitText(value) {
    return TEXT.reading(value, this.sequence.unit);
  }
  /** @param {number} t */
  stepText(t) {
    return describeStep(/** @type {any} */ (this), t);
  }
  /** @param {number} t */
  seek(t) {
    const to = Math.max(0, Math.min(this.steps - 1, Math.round(t)));
    if (to !== this.view.t) {
      this.view = checkedCompare({ ...this.view, t: to }).view;
      this.#address("replace");
      this.#emit("select");
    }
    return Promise.resolve();
  }
  /** @param {number} by */
  step(by) {
    this.pause();
    return this.seek(this.selection.t + by);
  }
  play() {
    if (this.playing || this.steps < 2) return;
    if (this.selection.t === this.steps - 1) void this.seek(0);
    this.playing = true;
    this.#clock = performance.now();
    this.#frame = requestAnimationFrame(this.#tick);
    this.#emit("play");
  }
  pause() {
    if (!this.playing) return;
    this.playing = false;
    cancelAnimationFrame(this.#frame);
    this.#emit("play");
  }
  #tick = (/** @type {number} */ now) => {
    if (!this.playing) return;
    const rate = PACE * this.view.speed;
    const due = Math.floor(((now - this.#clock) / 1000) * rate);
    if (due > 0) {
      this.#clock = due > 8 ? now : this.#clock + (due * 1000) / rate;
      void this.seek(this.selection.t + Math.min(due, 8));
      if (this.selection.t >= this.steps - 1) this.pause();
    }
    if (this.playing) this.#frame = requestAnimationFrame(this.#tick);
  };
  /** @param {Partial<Comparison["hover"]>} patch */
  setHover(patch) {
    const next = { ...this.hover, ...patch };
    if (same(next, this.hover)) return;
    this.hover = next;
    this.#emit("hover");
  }

  // ---- the view

  /**
   * Changes the view; `data` is merged field by field.
   * @param {any} patch @param {{history?: "push" | "replace" | "none"}} [how]
   */
  set(patch, { history = "push" } = {}) {
    const before = this.view;
    const wished = checkedCompare(mergedCompare(before, patch));
    for (const remark of wished.remarks) this.report(TEXT.remark(remark));
    const { view, notices } = settledCompare(wished.view, this.session, this.files);
    for (const key of notices) this.report(COMPARE.notices[key]);
    const whole = (/** @type {any} */ v) => ({ ...v, experiment: "", t: 0, speed: 0, plots: [], of: "" });
    // Who changes what an experiment shows has left it.
    const left = patch.experiment === undefined && view.experiment && !same(whole(before), whole(view));
    this.view = checkedCompare({ ...view, ...(left ? { experiment: "" } : {}) }).view;
    if (same(before, this.view) && !this.#ahead) return;
    if (history === "none") this.#ahead = true;
    else this.#address(history, true);
    this.#emit("view");
    if (before.speed !== this.view.speed) this.#clock = performance.now();
    if (!same(whole(before), whole(this.view))) this.#soon(history === "none");
  }

  /** @param {boolean} dragged */
  #soon(dragged) {
    clearTimeout(this.#timer);
    if (!dragged) return void this.refresh();
    this.#timer = window.setTimeout(() => void this.refresh(), CHANGE_PACE);
  }

  /** Takes the view from the address. */
  readAddress() {
    const { view, remarks } = fromCompareQuery(location.search);
    for (const remark of remarks) this.report(TEXT.remark(remark));
    const settled = settledCompare(view, this.session, this.files);
    for (const key of settled.notices) this.report(COMPARE.notices[key]);
    this.pause();
    this.view = checkedCompare(settled.view).view;
    this.#ahead = false;
    this.#emit("view");
    return this.refresh();
  }

  get link() {
    return new URL(toCompareQuery(this.view, this.session.state), location.href).href;
  }

  /** The address follows the scrub bar at a pace that browsers allow. @param {"push" | "replace"} how @param {boolean} [now] */
  #address(how, now = false) {
    if (!this.open) return;
    clearTimeout(this.#addressTimer);
    const wait = this.#addressAt + ADDRESS_PACE - performance.now();
    if (!now && wait > 0) {
      this.#addressTimer = window.setTimeout(() => this.#address("replace"), wait);
      return;
    }
    this.#addressAt = performance.now();
    this.#ahead = false;
    history[how === "push" ? "pushState" : "replaceState"](null, "", this.link);
  }

  // ---- the networks

  /** @param {number} k @param {Partial<import("../state/compare-view.js").Member>} patch @param {boolean} [done] */
  change(k, patch, done = true) {
    const networks = this.view.networks.map((one, i) => (i === k ? { ...one, ...patch } : one));
    this.set({ networks }, { history: done ? "push" : "none" });
  }
  /** A copy of one, with another seed, or one of another cell. @param {import("../state/compare-view.js").Member} network */
  add(network) {
    if (this.view.networks.length < COMPARE_LIMITS.networks[1]) this.set({ networks: [...this.view.networks, network] });
  }
  /** @param {number} k */
  remove(k) {
    if (this.view.networks.length > COMPARE_LIMITS.networks[0]) this.set({ networks: this.view.networks.filter((_, i) => i !== k) });
  }
  /** Distinct names, from what tells the networks apart. @returns {string[]} */
  get names() {
    return namesOf(this.view.networks, this.session.registry.cells, (id) => this.files.get(id)?.name ?? "", this.results.map(({ run }) => run?.spec ?? null));
  }

  /** Takes a reader's network into place k. @param {number} k @param {string} name @param {Uint8Array} bytes @param {any} [data]  what it reads */
  openFile(k, name, bytes, data) {
    try {
      const net = this.module.Network.fromSafetensors(bytes, {});
      const config = net.summary();
      net.free();
      const id = ++this.#file;
      this.files.set(id, { name, bytes, config });
      const tokens = Boolean(config.embedding);
      const fits = tokens === ["sentence", "task"].includes(this.view.data.kind);
      const networks = this.view.networks.map((one, i) => (i === k ? { ...one, source: "file", file: id, options: {}, cell: config.cell } : one));
      this.set({ networks: k < networks.length ? networks : [...networks, { ...networks[0], source: "file", file: id, options: {}, cell: config.cell }], ...(data ? { data } : fits ? {} : { data: { kind: tokens ? "sentence" : "weather" } }) });
      this.report(COMPARE.notices.opened(name, config));
    } catch (error) {
      this.report(TEXT.network.fileFailed(name, TEXT.failure(error)));
    }
  }

  /**
   * A network from elsewhere: into a new place, or the last one. What it was trained on is read, where that draws its own examples.
   * @param {string} name @param {Uint8Array} bytes @param {{name: string, options: any}} [task]
   */
  take(name, bytes, task) {
    const { networks } = this.view;
    const drawn = task && generatedTasks(this.session.registry.tasks).some((one) => one.name === task.name);
    const data = drawn ? { kind: "task", name: task.name, options: task.options, example: 0 } : undefined;
    this.openFile(Math.min(networks.length, COMPARE_LIMITS.networks[1] - 1), name, bytes, data);
  }

  // ---- computing

  /** Computes what is not known; what is under way for an older view is given up. */
  async refresh() {
    const turn = ++this.#turn;
    const begun = performance.now();
    this.#looking.abort();
    try {
      await this.#resources();
      if (turn !== this.#turn) return;
      const data = windowedData(this.view.data, this.library.weather);
      this.view = checkedCompare({ ...this.view, data }).view;
      const given = JSON.stringify(data);
      if (given !== this.#given?.of) {
        this.sequence = comparedSequence(data, this.session);
        this.#given = { of: given, ...givenOf(data, this.sequence, this.session) };
      }
      this.#emit("trace");
      const sizes = await this.#hidden();
      if (turn !== this.#turn) return;
      this.#plans = plansOf(this.view, this.sequence, this.session, this.files, sizes);
      await this.#look(begun);
    } catch (error) {
      if (turn === this.#turn && !aborts(error)) this.report(TEXT.failure(error));
    }
  }

  /** Weather and weights, where they are needed. */
  async #resources() {
    const { view, session } = this;
    const { library } = session;
    const needed = [];
    if (view.data.kind === "weather" && !library.weather) needed.push(library.openWeather(session.module));
    for (const network of view.networks) {
      const entry = network.source === "trained" ? trainedEntry(view, session, network) : null;
      if (entry && !library.bytes(entry)) needed.push(library.openWeights(entry));
    }
    await Promise.all(needed);
  }

  /** The hidden size of each network that is random. @returns {Promise<(number | null)[]>} */
  async #hidden() {
    const { view } = this;
    if (view.size === "hidden") return view.networks.map(() => view.hidden);
    const configs = view.networks.map((network) => (network.source === "random" ? configOf(view, this.sequence, this.session, network) : null));
    const key = (/** @type {any} */ config) => JSON.stringify([config, view.budget]);
    const unknown = configs.filter((config) => config && !this.#sizes.has(key(config)));
    if (unknown.length > 0) {
      const found = await this.#quick.call(null, "fit", [unknown, view.budget, COMPARE_LIMITS.hidden]);
      unknown.forEach((config, k) => this.#sizes.set(key(config), found[k]));
    }
    return configs.map((config) => (config ? (this.#sizes.get(key(config)) ?? null) : null));
  }

  /** @param {number} begun */
  async #look(begun) {
    const looking = (this.#looking = new AbortController());
    const given = this.#given;
    const from = Math.min(this.view.from, this.steps - 1);
    const before = new Map(this.results.map((result) => [result.key, result]));
    this.results = this.#plans.map(({ key }) => {
      const known = before.get(key + given.key);
      const what = `${given.key} ${from}`;
      return known ? { ...known, ...(known.from === what ? {} : { from: what, share: 0 }) } : { key: key + given.key, error: null, run: null, memory: null, from: what, share: 0, halfLife: null, micros: null };
    });
    const task = (this.memory = { ...idle(), state: this.results.every(({ share }) => share >= 1) ? "done" : "working" });
    this.#emit("results");
    this.#void();
    await this.#quick.call(looking.signal, "look", [this.#plans, given, from], ({ k, run, error, micros, forgotten, ...rest }) => {
      if (looking.signal.aborted) return;
      const result = this.results[k];
      if (error !== undefined) Object.assign(result, { error, share: 1 });
      if (run) Object.assign(result, { run, error: null, micros: run.micros ?? result.micros });
      if (micros !== undefined) result.micros = micros;
      if (rest.memory) Object.assign(result, rest);
      if (forgotten) {
        Object.assign(result, { share: 1, memory: null, halfLife: null });
        this.report(COMPARE.notices.forgotten(this.names[k], forgotten));
      }
      task.share = this.results.reduce((sum, { share }) => sum + share, 0) / this.results.length;
      if (task.share >= 1) task.state = "done";
      if (this.results.every(({ share }) => share >= 1) && rest.memory) this.took = performance.now() - begun;
      this.#emit("results");
    });
    // Only now: what a step costs is measured while nothing else is computed.
    this.#heavy();
  }

  /** Everything is known. */
  get complete() {
    if (this.memory.state === "cancelled") return true;
    return this.results.length > 0 && this.results.every(({ share, error, micros }) => error !== null || (share >= 1 && micros !== null));
  }

  /** Bands and lengths of other networks, or of another sequence, are given up. */
  #void() {
    const made = this.#plans.map(({ key }) => key).join();
    const { seeds, from } = this.view;
    const seedsKey = JSON.stringify([made, this.#given.key, Math.min(from, this.steps - 1), seeds]);
    if (seedsKey !== this.#seedsKey) {
      this.#seedsKey = seedsKey;
      this.#seeding.abort();
      this.seeds = idle();
      this.#emit("seeds");
    }
    const { steps: _, ...endless } = this.view.data;
    const lengthsKey = JSON.stringify([made, endless, seeds]);
    if (lengthsKey !== this.#lengthsKey) {
      this.#lengthsKey = lengthsKey;
      this.#measuring.abort();
      this.lengths = idle();
      this.#emit("lengths");
    }
  }

  /** What takes longer, in a worker of its own: bands, and lengths where somebody looks. */
  #heavy() {
    if (this.seeds.state === "idle" && this.view.seeds > 1) this.#seed();
    if (this.lengths.state === "idle" && this.#wantsLengths) this.measure();
  }

  #seed() {
    const controller = (this.#seeding = new AbortController());
    const { signal } = controller;
    const task = (this.seeds = { ...idle(), state: "working" });
    this.#emit("seeds");
    const args = [this.#plans, this.#given, Math.min(this.view.from, this.steps - 1), this.view.seeds];
    const progress = (/** @type {any} */ { done, total }) => {
      if (signal.aborted) return;
      task.share = done / total;
      this.#emit("seeds");
    };
    void this.#run(task, "seeds", signal, this.#slow.call(signal, "seeds", args, progress).then((results) => (task.results = results)));
  }

  /** The curve against length. */
  measure() {
    const given = longestOf(this.view.data, this.session);
    if (!given || this.lengths.state === "working" || this.#plans.length === 0) return;
    const controller = (this.#measuring = new AbortController());
    const { signal } = controller;
    const task = (this.lengths = { ...idle(), state: "working" });
    this.#emit("lengths");
    let told = 0;
    const progress = (/** @type {any} */ { done, total, k, ...curve }) => {
      if (signal.aborted) return;
      if (done) task.share = done / total;
      if (k !== undefined) task.results[k] = curve;
      if (k !== undefined || performance.now() - told > 100) {
        told = performance.now();
        this.#emit("lengths");
      }
    };
    void this.#run(task, "lengths", signal, this.#slow.call(signal, "lengths", [this.#plans, given, this.view.seeds], progress));
  }

  /** @param {Task} task @param {string} event @param {AbortSignal} signal @param {Promise<any>} work */
  async #run(task, event, signal, work) {
    try {
      await work;
      Object.assign(task, { state: "done", share: 1 });
    } catch (error) {
      if (aborts(error) || signal.aborted) return;
      Object.assign(task, { state: "failed", error: TEXT.failure(error) });
    }
    this.#emit(event);
  }

  /** Gives a long computation up; what is known of it stays. @param {"memory" | "seeds" | "lengths"} what */
  cancel(what) {
    ({ memory: this.#looking, seeds: this.#seeding, lengths: this.#measuring })[what].abort();
    this[what].state = "cancelled";
    this.#emit(what === "memory" ? "results" : what);
  }
  /** Goes for it again. @param {"memory" | "seeds" | "lengths"} what */
  again(what) {
    if (what === "memory") void this.refresh();
    else if (what === "seeds") this.#seed();
    else this.measure();
  }
  /** The curve against length is looked at. */
  wantLengths() {
    this.#wantsLengths = true;
    if (this.complete) this.#heavy();
  }
  /** These data have an end of their own: there is no curve against length. */
  get endless() {
    return ["weather", "wave", "impulse"].includes(this.view.data.kind);
  }

  /** @param {string} message */
  report(message) {
    this.session.report(message);
  }
  /** @param {string} name */
  #emit(name) {
    this.dispatchEvent(new Event(name));
  }
}

/** @param {unknown} error */
const aborts = (error) => error instanceof DOMException && error.name === "AbortError";
