// The plots under the instrument: one time axis, one hover. Only what is on the screen is computed and drawn, at most once
// a frame; what takes longer than that is computed in slices.
import { make, SessionElement } from "./dom.js";
import { PLOTS } from "../strings/en-plots.js";
import { Card } from "./plots/card.js";
import { choicesOf, listOf, PLAIN } from "./plots/view.js";

/** Milliseconds of a frame that belong to plots. */
const BUDGET = 5;

class PlotPanel extends SessionElement {
  static listens = ["trace", "select", "mode", "theme", "hover", "plots"];
  /** @type {Card[]} */
  #cards = [];
  #boxes = new Map();
  #list = make("div", { class: "cards" });
  #frame = 0;
  /** The trace that knows its ghost, and whose ghost has gradients for this loss. */
  #ghostOf = null;
  #ghostLoss = "";
  #resize = new ResizeObserver((entries) => this.#measure(entries));
  #seen = new IntersectionObserver((entries) => this.#look(entries), { rootMargin: "80px" });

  /** @type {import("./plots/view.js").PlotSpec[]} */
  get #specs() {
    const { plots, cells } = this.session.registry;
    return [...plots, ...cells.flatMap((/** @type {any} */ cell) => cell.plots ?? [])];
  }
  /** Some plots only one cell has. @param {import("./plots/view.js").PlotSpec} spec */
  #has(spec) {
    const { registry, summary } = this.session;
    const own = registry.cells.find((/** @type {any} */ cell) => cell.name === summary?.cell)?.plots ?? [];
    return [...registry.plots, ...own].some(({ name }) => name === spec.name);
  }

  build() {
    const choices = this.#choices();
    this.#cards = this.#specs.map((spec) => {
      const choose = (/** @type {any} */ patch) => this.#choose(spec.name, patch);
      const card = new Card(this.session, spec, choices.get(spec.name) ?? PLAIN, choose);
      card.onchange = () => this.#wake();
      return card;
    });
    const boxes = this.#specs.map((spec) => {
      const box = make("input", { type: "checkbox", on: { change: () => this.#choose(spec.name, { shown: box.checked }) } });
      this.#boxes.set(spec.name, box);
      return make("label", {}, box, make("span", { text: spec.title }));
    });
    const choose = make("fieldset", { class: "shown" }, make("legend", { text: PLOTS.choose, class: "visually-hidden" }), ...boxes);
    const chooser = make("details", {}, make("summary", { text: PLOTS.choose }), choose);
    this.append(make("header", {}, make("h2", { text: PLOTS.title }), chooser), this.#list);
    this.#list.append(...this.#cards.map((card) => card.root));
    this.#arrange();
  }

  /** @param {AbortSignal} signal */
  listen(signal) {
    for (const card of this.#cards) {
      this.#seen.observe(card.root);
      this.#resize.observe(card.stage);
    }
    // The pixel ratio changes with zoom and with the screen that the window is on.
    const watch = () => matchMedia(`(resolution: ${devicePixelRatio}dppx)`).addEventListener("change", () => (this.#repaint(), watch()), { once: true, signal });
    watch();
    signal.addEventListener("abort", () => {
      this.#seen.disconnect();
      this.#resize.disconnect();
      cancelAnimationFrame(this.#frame);
      this.#frame = 0;
    });
  }

  /** @param {string} event */
  update(event) {
    if (event === "trace" || event === "mode") for (const card of this.#cards) card.renew();
    if (event === "select") for (const card of this.#cards) card.check();
    if (event === "plots" || event === "mode" || event === "trace") this.#arrange();
    if (event === "theme") for (const card of this.#cards) card.renew();
    this.#wake();
  }

  // ---- which plots, and how

  #choices() {
    return choicesOf(this.session.state.plots, this.#specs);
  }

  /** @param {string} name @param {Partial<import("./plots/view.js").Choice>} patch */
  #choose(name, patch) {
    const choices = this.#choices();
    const before = choices.get(name);
    if (before) choices.set(name, { ...before, ...patch });
    void this.session.set({ plots: listOf(choices) });
  }

  /** Looking backward, the gradients come first. */
  #arrange() {
    const choices = this.#choices();
    const backward = this.session.state.mode === "backward";
    for (const card of this.#cards) {
      const choice = choices.get(card.spec.name);
      if (!choice) continue;
      card.choice = choice;
      const has = this.#has(card.spec);
      card.root.hidden = !choice.shown || !has;
      const box = this.#boxes.get(card.spec.name);
      box.checked = choice.shown;
      box.closest("label").hidden = !has;
    }
    const order = [...this.#cards].sort((a, b) => Number(backward && b.spec.backward) - Number(backward && a.spec.backward));
    const roots = order.map((card) => card.root);
    // Moving an element drops its focus: only what is out of place is moved.
    if (roots.some((root, k) => this.#list.children[k] !== root)) this.#list.append(...roots);
  }

  // ---- drawing

  /** @param {IntersectionObserverEntry[]} entries */
  #look(entries) {
    for (const { target, isIntersecting } of entries) {
      const card = this.#cards.find((one) => one.root === target);
      if (card) card.visible = isIntersecting;
    }
    this.#wake();
  }

  /** @param {ResizeObserverEntry[]} entries */
  #measure(entries) {
    for (const { target } of entries) this.#cards.find((card) => card.stage === target)?.measure();
    this.#wake();
  }

  #repaint() {
    for (const card of this.#cards) card.pale = true;
    this.#wake();
  }

  #wake() {
    this.#frame ||= requestAnimationFrame(() => this.#work());
  }

  #work() {
    this.#frame = 0;
    if (!this.session?.trace) return;
    this.#introduce();
    const until = performance.now() + BUDGET;
    let [worked, more] = [false, false];
    for (const card of this.#cards) {
      if (!card.visible || card.root.hidden) continue;
      card.follow();
      if (!card.stale && !card.pale) continue;
      const left = until - performance.now();
      // Every frame does something, so that nothing waits for ever.
      if (left < 1 && worked) more = true;
      else {
        worked = true;
        if (!card.work(Math.max(2, left))) more = true;
      }
    }
    if (more) this.#wake();
  }

  /** The trace draws its ghost; the gradients of the ghost are of the same loss. */
  #introduce() {
    const { trace, ghost, state } = this.session;
    if (!ghost) return;
    if (this.#ghostOf !== trace) {
      trace.setGhost(ghost);
      this.#ghostOf = trace;
      this.#ghostLoss = "";
    }
    const wanted = this.#cards.some((card) => card.visible && card.stale && card.spec.backward && !card.root.hidden);
    if (wanted && this.#ghostLoss !== state.loss) {
      ghost.backward(this.session.lossOptions()).free();
      this.#ghostLoss = state.loss;
    }
  }
}

customElements.define("plot-panel", PlotPanel);
