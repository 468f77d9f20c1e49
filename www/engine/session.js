// One network reading one sequence: the value behind everything on the page.
//
// `state` is the plain view; everything else here is computed from it. Elements read the session when it says that
// something changed, and ask for changes through `set`. Objects of the module belong to the session, which frees them
// when they are replaced: an element keeps none of them beyond an event.
import { describeStep, labelOf, TEXT } from "../strings/en.js";
import { checked, DEFAULT, merged, same } from "../state/view.js";
import { fromQuery, screenOf, toQuery } from "../state/link.js";
import { fitted, reconcile, windowed } from "./fit.js";
import { Library } from "./library.js";
import { keepFile, keptFile } from "./keep.js";
import { isComplete, load, loadRest } from "./load.js";
import { answersOf, buildNetwork, freeAll, isForeign, lossOf, runInput, runOptions, sequenceOf, someIds } from "./compute.js";

/** Steps a second at speed 1. */
const PACE = 4;
/** The address follows the scrub bar at most this often: browsers refuse more. Milliseconds. */
const ADDRESS_PACE = 400;
const NOTHING = { t: null, unit: null, layer: null, direction: null, lane: null, term: null };

export class Session extends EventTarget {
  /** @type {import("../state/view.js").View} */
  state = DEFAULT;
  /** @type {import("./load.js").Module} the module's exports, null before "ready" */
  module = null;
  /** describe() @type {any} */
  registry = null;
  /** @type {Library} */
  library = /** @type {any} */ (null);
  /** @type {import("./sequence.js").Sequence} */
  sequence = /** @type {any} */ (null);
  /** The network with its changed weights. @type {any} */
  net = null;
  /** net.summary() @type {any} */
  summary = null;
  /** net.spec() @type {any} */
  spec = null;
  /** @type {any} */
  trace = null;
  /** The run that nothing was changed in; null when nothing is. @type {any} */
  ghost = null;
  /**
   * What is pointed at; without a layer and direction, those of the selection are meant.
   * @type {{t: number | null, unit: number | null, layer: number | null, direction: number | null, lane: string | null, term: any}}
   */
  hover = NOTHING;
  playing = false;
  /** Another screen is shown, and has the address. */
  away = false;
  /** The reader's own network. @type {{name: string, bytes: Uint8Array, tokens: boolean, config: any} | null} */
  file = null;
  /** The entry of assets/weights/index.json whose weights are shown, else null. @type {import("./library.js").Entry | null} */
  entry = null;

  /** @type {any} */
  #base = null;
  /** What #base was made from. */
  #baseKey = "";
  /** @type {any} */
  #gradients = null;
  /** @type {any} */
  #probabilities = null;
  #frame = 0;
  #clock = 0;
  #addressTimer = 0;
  #addressAt = 0;
  /** The view was changed without the address: a slider is being dragged. */
  #ahead = false;
  #turn = 0;

  /** Loads module and data, reads the address, computes the first view, says "ready". Throws when something is missing. */
  async start() {
    const link = fromQuery(location.search);
    this.away = screenOf(location.search) !== "step";
    this.state = link.view;
    this.#emit("theme");
    this.library = new Library();
    if (link.view.data.kind === "weather") void this.library.fetchWeather();
    const opening = this.library.open();
    opening.catch(() => {});
    // Another view than the first may need anything.
    const whole = link.given.size > 0 ? loadRest() : Promise.resolve();
    whole.catch(() => {});
    this.module = await load();
    await whole;
    this.registry = this.module.describe();
    await opening;
    if (link.view.network.source === "file") this.#restoreFile();
    await this.#change(link.view, link.view, "none");
    this.#ahead = false;
    for (const remark of this.away ? [] : link.remarks) this.#say(TEXT.remark(remark));
    addEventListener("popstate", () => {
      if (screenOf(location.search) !== "step") return;
      this.pause();
      const { view } = fromQuery(location.search);
      void this.#attempt(() => this.#change(view, view, "none")).then(() => (this.#ahead = false));
    });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#emit("theme"));
    this.#emit("ready");
    if (!this.away && !link.given.has("t") && !matchMedia("(prefers-reduced-motion: reduce)").matches) this.play();
  }

  /** After a reload the reader's file is still there, unless it was too large to keep. */
  #restoreFile() {
    const kept = keptFile();
    if (kept) this.file = this.#looked(kept.name, kept.bytes);
  }

  // ---- the view

  get selection() {
    return this.state.selection;
  }
  get steps() {
    return this.sequence?.steps ?? 0;
  }
  /** True when the run differs from the untouched one. */
  get touched() {
    return this.state.interventions.length > 0 || (this.sequence?.edited.size ?? 0) > 0;
  }

  /**
   * Changes the view. `data`, `network` and `selection` are merged field by field, the rest replaces.
   * @param {any} patch
   * @param {{history?: "push" | "replace" | "none"}} [how]
   * @returns {Promise<void>}  done when shown; at once, unless a file has to be loaded first
   */
  set(patch, { history = "push" } = {}) {
    const wished = checked(merged(this.state, patch));
    for (const remark of wished.remarks) this.#say(TEXT.remark(remark));
    return this.#attempt(() => this.#change(wished.view, patch, history));
  }

  /** @param {Partial<import("../state/view.js").Selection>} patch */
  select(patch) {
    return this.set({ selection: patch }, { history: "replace" });
  }

  /** @param {Partial<Session["hover"]>} patch */
  setHover(patch) {
    const next = { ...this.hover, ...patch };
    if (same(next, this.hover)) return;
    this.hover = next;
    this.#emit("hover");
  }

  // ---- time

  /** @param {number} t */
  seek(t) {
    const last = Math.max(0, this.steps - 1);
    return this.select({ t: Math.min(last, Math.max(0, Math.round(t))) });
  }
  /** @param {number} by  steps in time; negative goes back */
  step(by) {
    this.pause();
    return this.seek(this.selection.t + by);
  }
  play() {
    if (this.playing || this.steps < 2) return;
    const backward = this.state.mode === "backward";
    const end = backward ? 0 : this.steps - 1;
    if (this.selection.t === end) void this.seek(this.steps - 1 - end);
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
    const due = Math.floor(((now - this.#clock) / 1000) * PACE * this.state.speed);
    if (due > 0) {
      // After a hidden tab or a long pause, go on from here instead of catching up.
      this.#clock = due > 8 ? now : this.#clock + (due * 1000) / (PACE * this.state.speed);
      const by = (this.state.mode === "backward" ? -1 : 1) * Math.min(due, 8);
      const t = this.selection.t + by;
      void this.seek(t);
      if (t <= 0 || t >= this.steps - 1) this.pause();
    }
    if (this.playing) this.#frame = requestAnimationFrame(this.#tick);
  };

  // ---- what is read, and what comes out

  /** Words for step t: `short` for an axis, `long` for a sentence. @param {number} t */
  labels(t) {
    return labelOf(this.sequence, this.state.data, t);
  }
  /** What is read at step t: a number in natural units (NaN: not measured), or a word. @param {number} t @returns {number | string} */
  inputAt(t) {
    return this.sequence.tokens[t]?.token ?? this.sequence.shown[t] ?? NaN;
  }
  /** A reading with its unit. @param {number} value */
  unitText(value) {
    return TEXT.reading(value, this.sequence.unit);
  }
  /** "step 12 of 72, 24 November 2013 06:00 UTC, 4.4 °C" @param {number} t */
  stepText(t) {
    return describeStep(this, t);
  }
  /**
   * What the network says after step t: the next reading in natural units, or the probability of each class after the
   * words so far. Null without a head.
   * @param {number} t
   * @returns {number | number[] | null}
   */
  prediction(t) {
    if (!this.trace || !this.summary?.head) return null;
    if (this.sequence.kind === "sentence") {
      this.#probabilities ??= answersOf(this);
      return this.#probabilities?.[t] ?? null;
    }
    const all = (this.#probabilities ??= this.trace.prediction());
    const { mean, deviation } = this.sequence.normalisation;
    const outputs = this.summary.head.outputs;
    const k = this.summary.readout === "final-states" ? 0 : t * outputs;
    return all[k] * deviation + mean;
  }
  /** What it should say after step t: the next reading (NaN: not measured), or the right class (null: unknown). @param {number} t */
  target(t) {
    return this.sequence.kind === "sentence" ? this.sequence.label : (this.sequence.next[t] ?? NaN);
  }
  /** The measured quality of the shown weights, from their provenance; null for weights that nobody measured. */
  get summaryOfWeights() {
    return this.entry?.metrics.find((m) => m.task === (this.sequence.kind === "sentence" ? this.state.data.task : "temperature")) ?? null;
  }
  /** The outputs of the head that answer the sentence's task; empty: all, as of a network that others trained. @returns {number[]} */
  get outputs() {
    if (this.sequence.classes.length === 0) return [];
    const tasks = this.library.sentences?.tasks ?? [];
    return (tasks.find((task) => task.task === this.state.data.task) ?? tasks[0])?.outputs ?? [];
  }

  // ---- backward

  /** The loss of the chosen mode, as `backward` and the gradient plots take it. */
  lossOptions() {
    return lossOf(this);
  }
  /** Gradients of the shown loss; null in forward mode, unless they were asked for. */
  get gradients() {
    return this.state.mode === "backward" ? this.needGradients() : this.#gradients;
  }
  needGradients() {
    if (!this.trace) return null;
    this.#gradients ??= this.trace.backward(this.lossOptions());
    return this.#gradients;
  }

  // ---- the page

  /** CSS pixels at both ends of every time axis; they grow with the type. */
  get axis() {
    const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
    return matchMedia("(max-width: 640px)").matches ? { left: 2.5 * rem, right: 0.75 * rem } : { left: 4 * rem, right: 1.5 * rem };
  }
  /** The colours in use: what `palette` and the plots take. @returns {"light" | "dark"} */
  get theme() {
    const { theme } = this.state;
    return theme !== "auto" ? theme : matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  }
  /** The link to this view. */
  get link() {
    return new URL(toQuery(this.state), location.href).href;
  }

  /**
   * Takes the reader's own network.
   * @param {string} name
   * @param {Uint8Array} bytes
   */
  openFile(name, bytes) {
    const failed = (/** @type {unknown} */ error) => TEXT.network.fileFailed(name, TEXT.failure(error));
    return this.#attempt(async () => {
      const before = this.file;
      this.file = this.#looked(name, bytes);
      const { config } = this.file;
      const data = isForeign(this) ? { data: { kind: "sentence", text: someIds(config.embedding.vocabulary), label: null } } : {};
      this.#baseKey = "";
      try {
        const patch = { ...data, network: { source: "file", options: {}, readout: null }, interventions: [] };
        const view = checked(merged(this.state, { ...patch, network: { ...patch.network, cell: config.cell } })).view;
        await this.#change(view, patch, "push");
        keepFile(name, bytes);
      } catch (error) {
        this.file = before;
        throw error;
      }
    }, failed);
  }

  /** Tells the reader something, as an "error" event does. @param {string} message */
  report(message) {
    this.#say(message);
  }

  // ---- inside

  /** What a file holds. @param {string} name @param {Uint8Array} bytes */
  #looked(name, bytes) {
    const net = this.module.Network.fromSafetensors(bytes, {});
    const config = net.summary();
    net.free();
    return { name, bytes, tokens: Boolean(config.embedding), config };
  }

  /** @param {() => Promise<void>} deed @param {(error: unknown) => string} [words] */
  async #attempt(deed, words = TEXT.failure) {
    try {
      await deed();
    } catch (error) {
      this.#say(words(error), error);
    }
  }

  /** @param {string} message @param {unknown} [error] */
  #say(message, error) {
    this.dispatchEvent(new CustomEvent("error", { detail: { message, error } }));
  }

  /** @param {string} name */
  #emit(name) {
    this.dispatchEvent(new Event(name));
  }

  /**
   * @param {any} wished  a checked view
   * @param {any} wish    the part that was asked for
   * @param {"push" | "replace" | "none"} history
   */
  async #change(wished, wish, history) {
    const settled = reconcile(wished, wish, this.library, this.file, this.registry.cells);
    for (const key of settled.notices) this.#say(TEXT.notices[key]);
    let next = settled.view;
    const before = this.state;
    const whole = (/** @type {any} */ view) => [view.data, view.network, view.interventions];
    const recompute = !this.trace || !same(whole(next), whole(before));
    if (recompute) {
      const turn = ++this.#turn;
      const waiting = this.#resources(next);
      if (waiting) {
        await waiting;
        // Something newer was asked for meanwhile.
        if (turn !== this.#turn) return;
        next = { ...next, selection: this.trace ? this.state.selection : next.selection };
        if (wish.selection) next.selection = { ...next.selection, ...wish.selection };
      }
      next = this.#compute(windowed(next, this.library.weather));
    } else {
      next = fitted(next, this.#size()).view;
    }
    this.state = checked(next).view;
    const now = this.state;
    if (now.loss !== before.loss) this.#dropGradients();
    this.#address(history, !same({ ...before, selection: 0 }, { ...now, selection: 0 }));
    if (recompute) this.#emit("trace");
    if (!recompute && !same(before.selection, now.selection)) this.#emit("select");
    if (before.mode !== now.mode || before.loss !== now.loss) this.#emit("mode");
    if (before.theme !== now.theme || before.projector !== now.projector || before.panel !== now.panel) this.#emit("theme");
    if (before.speed !== now.speed) {
      this.#clock = performance.now();
      this.#emit("play");
    }
    if (!same(before.plots, now.plots)) this.#emit("plots");
  }

  /** Loads what the view needs and is not here yet; null when all is. @param {any} view */
  #resources({ data, network }) {
    const needed = [];
    // The part that is loaded at first is for the first view.
    if (this.trace && !isComplete()) needed.push(loadRest());
    if (data.kind === "weather" && !this.library.weather) needed.push(this.library.openWeather(this.module));
    const entry = network.source === "trained" ? this.library.find(data.kind === "sentence", network.cell) : null;
    if (entry && !this.library.bytes(entry)) needed.push(this.library.openWeights(entry));
    return needed.length > 0 ? Promise.all(needed) : null;
  }

  #size() {
    const parameters = new Map(this.summary.parameters.map((/** @type {any} */ p) => [p.name, p.count]));
    /** @type {any[]} */
    const lanes = this.spec.lanes;
    const extents = (/** @type {number} */ layer) => this.summary.lanes[layer];
    return {
      steps: this.steps,
      layers: this.summary.layers,
      directions: this.summary.bidirectional ? 2 : 1,
      hidden: this.summary.hidden,
      lanes: lanes.map((l) => l.name),
      axes: new Map(lanes.flatMap((l, k) => l.axes.map((/** @type {string} */ axis, /** @type {number} */ n) => [axis, extents(0)[k][n]]))),
      elements: (/** @type {number} */ layer, /** @type {string} */ lane) =>
        extents(layer)[lanes.findIndex((l) => l.name === lane)].reduce((/** @type {number} */ all, /** @type {number} */ n) => all * n, 1),
      parameter: (/** @type {string} */ name) => Number(parameters.get(name) ?? 0),
    };
  }

  /** Everything new for a view whose resources are here; leaves all as it was when something throws. @param {any} view */
  #compute(view) {
    const key = JSON.stringify([view.network, view.data.kind === "sentence", view.network.source === "file" ? this.file?.name : ""]);
    const fresh = key !== this.#baseKey;
    /** @type {any[]} */
    const made = [];
    const keep = (/** @type {any} */ object) => (made.push(object), object);
    const old = { base: this.#base, net: this.net, trace: this.trace, ghost: this.ghost, gradients: this.#gradients };
    const kept = { summary: this.summary, spec: this.spec, sequence: this.sequence, entry: this.entry };
    try {
      const sequence = sequenceOf(view, this);
      const base = fresh ? keep(buildNetwork(view, this)) : old.base;
      const summary = fresh ? base.summary() : kept.summary;
      const spec = fresh ? base.spec() : kept.spec;
      Object.assign(this, { sequence, summary, spec });
      const { view: fit, dropped } = fitted(view, this.#size());
      const weights = fit.interventions.filter((/** @type {any} */ i) => i.kind === "weight");
      const net = weights.length > 0 ? keep(base.clone()) : base;
      for (const { name, index, value } of weights) {
        const values = net.parameter(name);
        values[index] = value;
        net.setParameter(name, values);
      }
      const touched = fit.interventions.length > 0 || sequence.edited.size > 0;
      const trace = keep(net.run(runInput(sequence, summary, sequence.input), runOptions(fit.interventions, spec, sequence.steps)));
      const ghost = touched ? keep(base.run(runInput(sequence, summary, sequence.untouched), runOptions([], spec, sequence.steps))) : null;
      const entry = view.network.source === "trained" ? this.library.find(sequence.kind === "sentence", view.network.cell) : null;
      Object.assign(this, { net, trace, ghost, entry });
      this.#base = base;
      this.#baseKey = key;
      this.#gradients = null;
      this.#probabilities = null;
      // Freed after this turn: whoever listens reads the new ones first.
      queueMicrotask(() => freeAll(Object.values(old), [base, net, trace, ghost]));
      if (dropped > 0) this.#say(TEXT.dropped(dropped));
      return fit;
    } catch (error) {
      freeAll(made, []);
      Object.assign(this, kept);
      throw error;
    }
  }

  #dropGradients() {
    const gradients = this.#gradients;
    this.#gradients = null;
    queueMicrotask(() => freeAll([gradients], []));
  }

  /** @param {"push" | "replace" | "none"} how @param {boolean} different  more than the selection changed */
  #address(how, different) {
    if (this.away) return;
    if (how === "none") {
      this.#ahead ||= different;
      return;
    }
    if (how === "push" && (different || this.#ahead)) {
      this.#ahead = false;
      clearTimeout(this.#addressTimer);
      this.#addressTimer = 0;
      history.pushState(null, "", toQuery(this.state));
      return;
    }
    if (this.#addressTimer) return;
    const wait = Math.max(0, this.#addressAt + ADDRESS_PACE - performance.now());
    this.#addressTimer = window.setTimeout(() => {
      this.#addressTimer = 0;
      if (this.away) return;
      this.#addressAt = performance.now();
      history.replaceState(null, "", toQuery(this.state));
    }, wait);
  }
}
