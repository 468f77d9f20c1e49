// One live plot: its figure, drawn by the module when it is seen and has changed; a legend that is its read-out; its files.
import { button, choice } from "../controls.js";
import { make, say, unique, write } from "../dom.js";
import { hand } from "../plots/files.js";
import { PLOTS } from "../../strings/en-plots.js";
import { CHARTS } from "../../strings/en-train-plots.js";
import { ChartLegend } from "./chart-legend.js";
import { StudioElement } from "./dom.js";
import { crosshair, pace } from "./pace.js";

/** @typedef {import("./chart-data.js").Kind} Kind */

/** Of a figure's place in the card, and of one in a file. */
const MARGINS = { left: 56, right: 18 };
const FILE = { width: 960, height: 420, left: 76, right: 24, font: 13, complete: true };

export class ChartCard extends StudioElement {
  static listens = ["progress", "validation", "runs", "state", "view"];
  /** @type {Kind} */
  static kind = /** @type {any} */ (null);

  /** What was drawn, and whether it must be drawn again whatever it says. */
  #version = "";
  #pale = true;
  #visible = false;
  /** null: the plot's own. @type {boolean | null} */
  #log = null;
  /** What was given to the module last. @type {any} */
  #data = null;
  /** What it said. @type {any} */
  #drawn = null;
  /** @type {(() => void)[]} */
  #wants = [];
  #size = { width: 0, height: 0, font: 12 };
  /** The step under the pointer, of a plot that is not over updates. @type {number | null} */
  #step = null;
  /** @type {any} */
  #spec = null;

  #title = make("h3", { id: unique("chart") });
  #canvas = make("canvas", { role: "img" });
  #line = make("div", { class: "hover", hidden: true });
  #empty = make("p", { class: "empty-words" });
  #stage = make("div", { class: "stage", tabindex: 0, role: "group" }, this.#canvas, this.#line, this.#empty);
  #legend = new ChartLegend();
  #at = make("p", { class: "at" });
  #summary = make("p", { class: "summary visually-hidden", id: unique("summary") });
  #controls = make("div", { class: "controls" });
  /** @type {import("../controls.js").Control | null} */
  #scale = null;

  get kind() {
    return /** @type {typeof ChartCard} */ (this.constructor).kind;
  }
  /** The scale of the losses is in the link. */
  get #linked() {
    return this.kind.name === "train-loss";
  }
  get #overUpdates() {
    return !["train-held", "train-weights", "train-gradients"].includes(this.kind.name);
  }

  build() {
    const { name } = this.kind;
    this.#spec = this.studio.session.module.charts().find((/** @type {any} */ spec) => spec.name === name);
    this.classList.add("plot", "chart", name);
    if (this.#spec.options.length > 0) {
      this.#scale = choice(PLOTS.scale, PLOTS.scales, (chosen) => this.#choose(chosen === "log"), { silent: true });
      this.#controls.append(this.#scale.root);
    }
    if (name === "train-held") this.#controls.append(...this.#paging());
    const why = make("details", { class: "why" }, make("summary", { text: PLOTS.why }), make("p", { text: this.#spec.text }));
    const files = PLOTS.files.map(({ name: kind, title }) =>
      button(title, () => this.#save(kind), { class: "link" }),
    );
    files.forEach((file, k) => write(file, { "aria-label": `${CHARTS.save(this.#spec.title)}, ${PLOTS.files[k].title}` }));
    write(this, { role: "region", "aria-labelledby": this.#title.id });
    write(this.#canvas, { "aria-label": this.#spec.title, "aria-describedby": this.#summary.id });
    write(this.#stage, { "aria-label": `${this.#spec.title}. ${CHARTS.keys}` });
    this.append(
      make("header", {}, this.#title, this.#controls),
      make("div", { class: "see" }, make("p", { text: CHARTS.see[name] }), this.#at),
      make("div", { class: "readout" }, this.#legend.root),
      this.#stage,
      this.#summary,
      make("footer", {}, why, make("div", { class: "files" }, ...files)),
    );
    say(this.#title, this.#spec.title);
    say(this.#empty, CHARTS.empty[name]);
    this.#legend.onchange = () => this.#repaint();
  }

  /** @param {AbortSignal} signal */
  listen(signal) {
    const seen = new IntersectionObserver(([entry]) => this.#see(entry.isIntersecting), { rootMargin: "60px" });
    const sized = new ResizeObserver(() => this.#measure());
    seen.observe(this);
    sized.observe(this.#stage);
    pace.add(this);
    const on = this.#stage.addEventListener.bind(this.#stage);
    on("pointermove", (/** @type {PointerEvent} */ event) => this.#pointAt(event.clientX), { signal });
    on("pointerdown", (/** @type {PointerEvent} */ event) => this.#pointAt(event.clientX), { signal });
    on("pointerleave", () => this.#point(null), { signal });
    on("blur", () => this.#point(null), { signal });
    on("keydown", (/** @type {KeyboardEvent} */ event) => this.#key(event), { signal });
    crosshair.addEventListener("point", () => this.#overUpdates && this.#follow(), { signal });
    this.studio.session.addEventListener("theme", () => this.#repaint(), { signal });
    const watch = () => matchMedia(`(resolution: ${devicePixelRatio}dppx)`).addEventListener("change", () => (this.#repaint(), watch()), { once: true, signal });
    watch();
    signal.addEventListener("abort", () => {
      seen.disconnect();
      sized.disconnect();
      pace.remove(this);
      this.#see(false);
    });
  }

  update() {
    const { plots } = this.studio.view;
    this.hidden = plots.length > 0 && !plots.includes(this.kind.name);
    if (this.#linked && this.studio.view.log !== (this.#log ?? true)) {
      this.#log = this.studio.view.log;
      this.#pale = true;
    }
    pace.wake();
  }

  /** @param {boolean} visible */
  #see(visible) {
    if (visible === this.#visible) return;
    this.#visible = visible;
    for (const stop of this.#wants.splice(0)) stop();
    if (visible) this.#wants = this.kind.wants.map((what) => this.studio.want(what));
    pace.wake();
  }

  #measure() {
    const { clientWidth: width, clientHeight: height } = this.#stage;
    this.#size = { width, height, font: parseFloat(getComputedStyle(this.#stage).fontSize) };
    this.#repaint();
  }

  #repaint() {
    this.#pale = true;
    pace.wake(this);
  }

  /** @param {boolean} log */
  #choose(log) {
    this.#log = log;
    if (this.#linked) this.studio.set({ log }, { history: "replace" });
    this.#repaint();
  }

  // ---- drawing

  isDue() {
    if (!this.#visible || this.#size.width === 0 || this.hidden) return false;
    return this.#pale || this.kind.version(this.studio) !== this.#version;
  }

  paint() {
    const { session } = this.studio;
    this.#version = this.kind.version(this.studio);
    this.#pale = false;
    try {
      const found = this.kind.data(this.studio);
      this.classList.toggle("empty", !found);
      this.#data = found && { ...found, ...(this.#log === null ? {} : { log: this.#log }) };
      this.#grow();
      if (!found) {
        this.#drawn = null;
        this.#canvas.width = 1;
        say(this.#empty, CHARTS.empty[this.kind.name]);
        say(this.#summary, CHARTS.empty[this.kind.name]);
        return this.#follow();
      }
      const { width, height, font } = this.#size;
      this.#drawn = session.module.drawChart(this.#canvas, this.kind.name, this.#data, this.#options({ width, height, font, ...this.#margins(), dpr: devicePixelRatio }));
      this.#scale?.show(this.#isLog ? "log" : "linear");
      this.#legend.fill(this.#drawn.series, CHARTS.grouped[this.kind.name]);
      say(this.#title, this.#drawn.title);
      say(this.#summary, this.#drawn.summary);
      this.#follow();
    } catch (error) {
      this.#drawn = null;
      this.classList.add("empty");
      say(this.#empty, CHARTS.failed(error instanceof Error ? error.message : String(error)));
    }
  }

  get #isLog() {
    return this.kind.name === "train-step-norms" ? (this.#data?.log ?? true) : this.#drawn.y.scale === "log";
  }

  /** Wide type needs a wider margin. */
  #margins() {
    const scale = Math.max(1, this.#size.font / 12);
    return { left: MARGINS.left * scale, right: MARGINS.right * scale };
  }

  /** @param {any} more */
  #options(more) {
    return { theme: this.studio.session.theme, hidden: this.#legend.hidden, ...more };
  }

  /** Histograms are as high as there are tensors. */
  #grow() {
    const rows = this.#data?.tensors?.length ?? 0;
    if (rows > 0) this.#stage.style.setProperty("--rows", String(rows));
  }

  // ---- pointing

  /** @param {number} clientX */
  #pointAt(clientX) {
    if (!this.#drawn) return;
    const { plot, steps } = this.#drawn;
    const x = (clientX - this.#stage.getBoundingClientRect().left - plot.left) / plot.width;
    this.#point(Math.min(steps, Math.max(1, Math.floor(x * steps) + 1)));
  }

  /** @param {number | null} at  counted from 1 */
  #point(at) {
    if (this.#overUpdates) return crosshair.point(at);
    this.#step = at;
    this.#follow();
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (!this.#drawn || event.ctrlKey || event.metaKey || event.altKey) return;
    const { steps } = this.#drawn;
    const now = (this.#overUpdates ? crosshair.update : this.#step) ?? steps;
    const by = Math.max(1, Math.round(steps / (event.shiftKey ? 10 : 100)));
    /** @type {Record<string, number | null>} */
    const targets = { ArrowLeft: now - by, ArrowRight: now + by, Home: 1, End: steps, Escape: null };
    if (!(event.key in targets)) return;
    event.preventDefault();
    event.stopPropagation();
    const target = targets[event.key];
    this.#point(target === null ? null : Math.min(steps, Math.max(1, target)));
  }

  /** The line under the pointer, and what the plot says there. Costs no drawing. */
  #follow() {
    const at = this.#overUpdates ? crosshair.update : this.#step;
    const shown = this.#drawn && at !== null && at <= this.#drawn.steps && !this.#data.tensors;
    this.#line.hidden = !shown;
    if (!this.#drawn) {
      say(this.#at, "");
      return;
    }
    const { plot, steps, x } = this.#drawn;
    if (shown) {
      this.#line.style.setProperty("--x", `${(plot.left + ((at - 0.5) / steps) * plot.width).toFixed(1)}px`);
      this.#stage.style.setProperty("--top", `${plot.top}px`);
      this.#stage.style.setProperty("--height", `${plot.height}px`);
    }
    if (this.#data.tensors) return say(this.#at, "");
    if (this.kind.name === "train-step-norms") return this.#sayColumn(at);
    const found = this.#legend.follow(this.#data.series, at, !this.#overUpdates);
    say(this.#at, found === null ? "" : shown ? CHARTS.at(x, found) : this.#overUpdates ? CHARTS.newest(found) : "");
  }

  /** The heatmap's column at an update, or its newest: the ends of the sequence. @param {number | null} at */
  #sayColumn(at) {
    const { at: ends, steps, values } = this.#data;
    const found = at === null ? ends.length - 1 : ends.findIndex((/** @type {number} */ end) => end >= at);
    const column = found < 0 ? ends.length - 1 : found;
    const part = values.subarray(column * steps, (column + 1) * steps);
    let last = steps - 1;
    while (last > 0 && Number.isNaN(part[last])) last--;
    this.#legend.say([
      { name: CHARTS.at("step t", 1), value: part[0] },
      { name: CHARTS.at("step t", last + 1), value: part[last] },
    ]);
    say(this.#at, at === null ? CHARTS.newest(ends[column]) : CHARTS.at("update", ends[column]));
  }

  // ---- another example

  #paging() {
    const page = (/** @type {number} */ by) => this.studio.setHeld(Math.max(0, (this.studio.view.held.k ?? 0) + by));
    return [
      button(CHARTS.previous, () => page(-1), { path: "M10 3L5 8l5 5", silent: true, class: "page" }),
      button(CHARTS.next, () => page(1), { path: "M6 3l5 5-5 5", silent: true, class: "page" }),
    ];
  }

  // ---- files

  /** @param {string} kind */
  #save(kind) {
    if (!this.#data) return;
    const { module } = this.studio.session;
    const name = `unrolled-${this.kind.name}.${kind}`;
    const rows = this.#data.tensors?.length ?? 0;
    const options = this.#options({ ...FILE, height: Math.max(FILE.height, 120 + 44 * rows) });
    if (kind === "csv") return hand(name, new Blob([module.chartCsv(this.kind.name, this.#data)], { type: "text/csv" }));
    if (kind === "svg") return hand(name, new Blob([module.chartSvg(this.kind.name, this.#data, options)], { type: "image/svg+xml" }));
    const canvas = document.createElement("canvas");
    module.drawChart(canvas, this.kind.name, this.#data, { ...options, dpr: 2 });
    canvas.toBlob((blob) => blob && hand(name, blob), "image/png");
  }
}
