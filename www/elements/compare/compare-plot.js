// One plot of all networks: its figure, drawn by the module; a legend that is its read-out; its sentence, its numbers, its files.
import { button, choice } from "../controls.js";
import { draw, make, say, unique, write } from "../dom.js";
import { hand } from "../plots/files.js";
import { choicesOf, listOf } from "../plots/view.js";
import { dataOf } from "./plot-data.js";
import { ComparisonElement } from "./dom.js";
import { COMPARE, reading } from "../../strings/en-compare.js";

const WORDS = COMPARE.plots;
const MARGINS = { left: 56, right: 18 };
const FILE = { width: 960, height: 440, left: 76, right: 24, font: 13, complete: true };
/** A table of more rows is no longer read; the CSV has all. */
const MOST_ROWS = 300;
/** Milliseconds. */
const SOON = 400;

class ComparePlot extends ComparisonElement {
  static listens = ["view", "trace", "results", "seeds", "lengths", "select", "hover", "theme"];
  /** Of the module's registry; set before it is shown. @type {any} */
  spec = null;
  /** What the module is given. @type {any} */
  #data = null;
  /** What it said. @type {any} */
  #drawn = null;
  #key = "";
  #visible = false;
  #frame = 0;
  #size = { width: 0, height: 0, font: 12 };
  /** Names of lines that are not drawn. @type {Set<string>} */
  #hidden = new Set();
  /** Of the plot against length: the place under the pointer. @type {number | null} */
  #place = null;
  /** @type {string | null} */
  #lit = null;

  #title = make("h3", { id: unique("compare-plot") });
  #controls = make("div", { class: "controls" });
  #progress = make("progress", { max: 1, value: 0 });
  #progressText = make("span", {});
  #stop = button(WORDS.cancel, () => this.comparison.cancel(this.#task), { class: "link" });
  #again = button(WORDS.again, () => this.comparison.again(this.#task), { class: "link" });
  #working = make("p", { class: "working" }, this.#progress, this.#progressText, this.#stop, this.#again);
  #see = make("p", { class: "what" });
  #at = make("p", { class: "at" });
  #legend = make("ul", { class: "values" });
  #canvas = make("canvas", { role: "img" });
  #cursor = make("div", { class: "cursor" });
  #hover = make("div", { class: "hover", hidden: true });
  #empty = make("p", { class: "empty-words" });
  #stage = make("div", { class: "stage", tabindex: 0, role: "group" }, this.#canvas, this.#hover, this.#cursor, this.#empty);
  #summary = make("p", { class: "summary", id: unique("compare-summary") });
  #numbers = make("div", { class: "scroll", tabindex: 0, role: "region" });
  #table = make("details", { class: "data", on: { toggle: () => this.#fill() } }, make("summary", { text: WORDS.data }), this.#numbers);
  /** @type {import("../controls.js").Control | null} */
  #scale = null;
  /** @type {import("../controls.js").Control | null} */
  #of = null;
  /** @type {HTMLButtonElement | null} */
  #relative = null;
  #from = button(WORDS.fromHere, () => this.comparison.set({ from: this.comparison.selection.t }), { class: "link" });
  #legendKey = "";
  /** @type {{name: string, value: HTMLElement}[]} */
  #entries = [];

  get #overLengths() {
    return this.spec.name === "compare-lengths";
  }
  /** The long computation behind it. @returns {"memory" | "seeds" | "lengths"} */
  get #task() {
    if (this.#overLengths) return "lengths";
    const { memory } = this.comparison;
    return this.spec.name === "compare-memory" && ["working", "cancelled"].includes(memory.state) ? "memory" : "seeds";
  }

  build() {
    const { spec } = this;
    this.classList.add("plot", spec.name);
    const has = (/** @type {string} */ name) => spec.options.some((/** @type {any} */ option) => option.name === name);
    if (spec.name === "compare-gradients") {
      this.#of = choice(WORDS.of, WORDS.ofs, (of) => this.comparison.set({ of }, { history: "replace" }));
      this.#of.root.classList.add("of");
    }
    if (spec.name === "compare-memory") this.#controls.append(this.#from);
    if (has("relative")) {
      this.#relative = button(WORDS.relative, () => this.#choose({ relative: !this.#choice.relative }));
      write(/** @type {Element} */ (this.#relative), { title: WORDS.relativeHint });
      this.#controls.append(/** @type {Node} */ (this.#relative));
    }
    if (has("log")) {
      this.#scale = choice(WORDS.scale, WORDS.scales, (name) => this.#choose({ log: (name === "log") === this.#logByDefault ? null : name === "log" }), { silent: true });
      this.#controls.append(this.#scale.root);
    }
    const why = make("details", { class: "why" }, make("summary", { text: WORDS.why }), make("p", { text: spec.text }));
    const files = WORDS.files.map(({ name, title }) => button(title, () => this.#save(name), { class: "link" }));
    files.forEach((file, k) => write(file, { "aria-label": `${WORDS.save(spec.title)}, ${WORDS.files[k].title}` }));
    write(this, { role: "region", "aria-labelledby": this.#title.id });
    write(this.#canvas, { "aria-label": spec.title, "aria-describedby": this.#summary.id });
    write(this.#stage, { "aria-label": `${spec.title}. ${WORDS.keys}`, "aria-describedby": this.#summary.id });
    write(this.#numbers, { "aria-label": WORDS.table(spec.title) });
    say(this.#title, spec.title);
    this.#working.hidden = true;
    this.append(
      make("header", {}, this.#title, this.#controls),
      make("div", { class: "see" }, this.#see, ...(this.#of ? [this.#of.root] : []), this.#at),
      make("div", { class: "readout" }, this.#legend),
      this.#working,
      this.#stage,
      this.#summary,
      make("footer", {}, why, this.#table, make("div", { class: "files" }, ...files)),
    );
  }

  /** @param {AbortSignal} signal */
  listen(signal) {
    const seen = new IntersectionObserver(
      ([entry]) => {
        this.#visible = entry.isIntersecting;
        if (this.#visible && this.#overLengths) this.comparison.wantLengths();
        this.#later();
      },
      { rootMargin: "80px" },
    );
    const sized = new ResizeObserver(() => {
      const { clientWidth: width, clientHeight: height } = this.#stage;
      this.#size = { width, height, font: parseFloat(getComputedStyle(this.#stage).fontSize) };
      this.#key = "";
      this.#later();
    });
    seen.observe(this);
    sized.observe(this.#stage);
    signal.addEventListener("abort", () => (seen.disconnect(), sized.disconnect()));
    const on = this.#stage.addEventListener.bind(this.#stage);
    on("pointermove", (/** @type {PointerEvent} */ event) => this.#point(this.#where(event)), { signal });
    on("pointerleave", () => this.#point(null), { signal });
    on("pointerdown", (/** @type {PointerEvent} */ event) => {
      const at = this.#where(event);
      if (at === null || this.#overLengths) return;
      this.comparison.pause();
      void this.comparison.seek(at);
    }, { signal });
    on("keydown", (/** @type {KeyboardEvent} */ event) => this.#press(event), { signal });
    on("blur", () => this.#point(null), { signal });
  }

  get #logByDefault() {
    return this.spec.options.some((/** @type {any} */ option) => option.name === "log" && option.default);
  }
  get #choices() {
    return choicesOf(this.comparison.view.plots, this.comparison.plots);
  }
  /** How this plot is drawn. */
  get #choice() {
    return /** @type {import("../plots/view.js").Choice} */ (this.#choices.get(this.spec.name));
  }
  /** @param {any} patch */
  #choose(patch) {
    const choices = this.#choices;
    for (const choice of choices.values()) choice.shown = true;
    choices.set(this.spec.name, { .../** @type {any} */ (choices.get(this.spec.name)), ...patch });
    this.comparison.set({ plots: listOf(choices) }, { history: "replace" });
  }

  /** @param {string} event */
  update(event) {
    if (event === "select" || event === "hover") return this.#follow();
    this.#later();
  }

  #later() {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#paint();
    });
  }

  #paint() {
    const { comparison, spec } = this;
    if (!this.#visible || this.#size.width === 0 || !comparison.sequence) return;
    const { log, relative } = this.#choice;
    this.#scale?.show((log ?? this.#logByDefault) ? "log" : "linear");
    this.#of?.show(comparison.view.of);
    if (this.#relative) write(this.#relative, { "aria-pressed": String(relative) });
    if (spec.name === "compare-memory") this.#from.hidden = comparison.view.from === comparison.selection.t;
    this.#tell();
    const { width, height, font } = this.#size;
    const scale = Math.max(1, font / 12);
    const margins = { left: MARGINS.left * scale, right: MARGINS.right * scale };
    const { data, key } = dataOf(comparison, spec, { log, relative }, width - margins.left - margins.right, font);
    const now = `${key} ${comparison.theme} ${[...this.#hidden].join()} ${this.#lit} ${devicePixelRatio}`;
    if (now !== this.#key) {
      this.#key = now;
      this.#data = data;
      const nothing = this.#overLengths && !comparison.endless;
      this.classList.toggle("empty", nothing);
      say(this.#empty, nothing ? WORDS.ended : "");
      try {
        this.#drawn = comparison.module.drawChart(this.#canvas, spec.name, data, { width, height, font, ...margins, dpr: devicePixelRatio, theme: comparison.theme, hidden: this.#unseen, highlight: this.#lit });
        say(this.#title, this.#drawn.title);
        say(this.#summary, nothing ? WORDS.ended : this.#drawn.summary);
        say(this.#see, data.seeds > 1 ? WORDS.bands(data.seeds) : (WORDS.see[spec.name] ?? ""));
        this.#fillLegend();
        this.#fill();
      } catch (error) {
        this.#drawn = null;
        say(this.#summary, WORDS.failed(error instanceof Error ? error.message : String(error)));
      }
    }
    this.#follow();
  }

  /** The lines of hidden networks, bands included. */
  get #unseen() {
    return (this.#drawn?.series ?? []).filter((/** @type {any} */ head) => this.#hidden.has(head.lane)).map((/** @type {any} */ head) => head.name);
  }

  /** When the work that is shown began. */
  #since = 0;

  /** What is being computed, or could not be. */
  #tell() {
    const { comparison } = this;
    const task = comparison[this.#task];
    const kind = this.#task;
    const wanted = { memory: true, seeds: comparison.view.seeds > 1, lengths: comparison.endless }[kind];
    if (task.state !== "working") this.#since = 0;
    else this.#since ||= performance.now();
    // What is soon done needs no words.
    const soon = kind === "memory" && performance.now() - this.#since < SOON;
    const working = wanted && task.state === "working" && !soon;
    const stuck = wanted && (task.state === "cancelled" || task.state === "failed");
    this.#working.hidden = !working && !stuck;
    this.#progress.hidden = this.#stop.hidden = !working;
    this.#again.hidden = !stuck;
    this.#progress.value = task.share;
    const what = { memory: WORDS.remembering, seeds: WORDS.seeding(comparison.view.seeds), lengths: WORDS.lengthening }[kind];
    say(this.#progressText, working ? WORDS.progress(task.share, what) : task.state === "failed" ? WORDS.failed(task.error) : WORDS.cancelled);
    write(this.#progress, { "aria-label": what });
  }

  #fillLegend() {
    const heads = this.#drawn.series.filter((/** @type {any} */ head) => head.style !== "band");
    const key = JSON.stringify(heads);
    if (key === this.#legendKey) return;
    this.#legendKey = key;
    this.#entries = [];
    const items = heads.map((/** @type {any} */ { name, colour, dashes }) => {
      const sample = draw("svg", { class: "sample", viewBox: "0 0 26 8", "aria-hidden": "true" }, draw("path", { d: "M0 4H26", stroke: colour, "stroke-width": 2, "stroke-dasharray": dashes.join(" ") || null, fill: "none" }));
      const value = make("span", { class: "value" });
      const press = make("button", { type: "button", "aria-pressed": String(!this.#hidden.has(name)), title: WORDS.toggle }, sample, make("span", { class: "name", text: name }), value);
      press.addEventListener("click", () => {
        if (!this.#hidden.delete(name)) this.#hidden.add(name);
        write(press, { "aria-pressed": String(!this.#hidden.has(name)) });
        this.#later();
      });
      const light = (/** @type {string | null} */ lit) => () => this.comparison.setHover({ lane: lit });
      press.addEventListener("pointerenter", light(name));
      press.addEventListener("pointerleave", light(null));
      this.#entries.push({ name, value });
      return make("li", {}, press);
    });
    this.#legend.replaceChildren(...items);
  }

  // ---- pointing

  /** @param {PointerEvent} event */
  #where(event) {
    if (!this.#drawn) return null;
    const { plot, steps } = this.#drawn;
    const x = (event.clientX - this.#stage.getBoundingClientRect().left - plot.left) / plot.width;
    return Math.min(steps - 1, Math.max(0, Math.floor(x * steps)));
  }

  /** @param {number | null} at  counted from 0 */
  #point(at) {
    if (!this.#overLengths) return this.comparison.setHover({ t: at });
    this.#place = at;
    this.#follow();
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    if (!this.#drawn || event.ctrlKey || event.metaKey || event.altKey) return;
    const { steps } = this.#drawn;
    const places = this.#overLengths ? [...(this.#data.series[0]?.at ?? [])] : null;
    const now = (this.#overLengths ? this.#place : this.comparison.hover.t) ?? (places ? places[0] - 1 : this.comparison.selection.t);
    const by = event.shiftKey ? 10 : 1;
    const next = (/** @type {number} */ way) => {
      if (!places) return now + way * by;
      const found = way > 0 ? places.find((place) => place > now) : places.findLast((place) => place < now);
      return found ?? now;
    };
    /** @type {Record<string, () => number | null>} */
    const targets = { ArrowLeft: () => next(-1), ArrowRight: () => next(1), Home: () => places?.[0] ?? 0, End: () => places?.at(-1) ?? steps - 1, Escape: () => null };
    const target = targets[event.key];
    if (!target) return;
    event.preventDefault();
    event.stopPropagation();
    const to = target();
    this.#point(to === null ? null : Math.min(steps - 1, Math.max(0, to)));
    this.#spoken = true;
    this.#follow();
  }
  #spoken = false;

  /** The lines under the pointer and at the step at hand, and what the plot says there. Costs no drawing. */
  #follow() {
    const { comparison } = this;
    if (comparison.hover.lane !== this.#lit) {
      this.#lit = comparison.hover.lane;
      this.#later();
    }
    if (!this.#drawn) return;
    const { plot, steps, x } = this.#drawn;
    const { t } = comparison.selection;
    const hover = this.#overLengths ? this.#place : comparison.hover.t;
    const px = (/** @type {number} */ at) => `${(plot.left + ((at + 0.5) / steps) * plot.width).toFixed(1)}px`;
    this.#stage.style.setProperty("--top", `${plot.top}px`);
    this.#stage.style.setProperty("--height", `${plot.height}px`);
    this.#cursor.hidden = this.#overLengths;
    this.#cursor.style.setProperty("--x", px(t));
    this.#hover.hidden = hover === null || hover >= steps || (!this.#overLengths && hover === t);
    if (hover !== null) this.#hover.style.setProperty("--x", px(hover));
    if (this.spec.name === "compare-memory") this.#from.hidden = comparison.view.from === t;
    const at = hover ?? (this.#overLengths ? comparison.steps - 1 : t);
    const texts = this.#entries.map(({ name, value }) => {
      const series = this.#data.series.find((/** @type {any} */ one) => one.name === name);
      const k = series?.at ? nearest(series.at, at) : at;
      const text = reading(series?.values[k]);
      say(value, series?.values[k] === undefined || Number.isNaN(series.values[k]) ? "–" : text);
      return `${name} ${text}`;
    });
    const places = this.#data.series[0]?.at;
    const place = (places ? (places[nearest(places, at)] ?? at) : at) + 1;
    say(this.#at, WORDS.at(x, place));
    if (this.#spoken) write(this.#stage, { "aria-label": `${WORDS.at(x, place)}: ${texts.join(", ")}` });
    this.#spoken = false;
  }

  // ---- numbers and files

  #fill() {
    if (!this.#table.open || !this.#data) return;
    const { series, steps } = this.#data;
    const placed = series.filter((/** @type {any} */ one) => one.at);
    const places = placed.length > 0 ? [...new Set(placed.flatMap((/** @type {any} */ one) => [...one.at]))].sort((a, b) => a - b) : Array.from({ length: steps }, (_, t) => t);
    const value = (/** @type {any} */ one, /** @type {number} */ at) => one.values[one.at ? one.at.indexOf(at) : at];
    const every = Math.max(1, Math.ceil(places.length / MOST_ROWS));
    const rows = places.flatMap((/** @type {number} */ at, /** @type {number} */ k) =>
      k % every === 0 || k === places.length - 1 ? [make("tr", {}, make("th", { scope: "row", text: String(at + 1) }), ...series.map((/** @type {any} */ one) => make("td", { text: reading(value(one, at)) })))] : [],
    );
    const head = [this.#drawn?.x ?? "", ...series.map((/** @type {any} */ one) => one.name)];
    this.#numbers.replaceChildren(
      make("table", {}, make("thead", {}, make("tr", {}, ...head.map((text) => make("th", { scope: "col", text })))), make("tbody", {}, ...rows)),
    );
  }

  /** @param {string} kind */
  #save(kind) {
    if (!this.#data) return;
    const { module, theme, names } = this.comparison;
    const { name } = this.spec;
    const { log, relative } = this.#choice;
    const { data } = dataOf(this.comparison, this.spec, { log, relative }, FILE.width - FILE.left - FILE.right, FILE.font, names);
    const file = `unrolled-${name}.${kind}`;
    const short = this.#data.series.map((/** @type {any} */ one) => one.name);
    const hidden = data.series.flatMap((/** @type {any} */ one, /** @type {number} */ k) => (this.#hidden.has(short[k]) ? [one.name] : []));
    const options = { ...FILE, theme, hidden };
    if (kind === "csv") return hand(file, new Blob([module.chartCsv(name, data)], { type: "text/csv" }));
    if (kind === "svg") return hand(file, new Blob([module.chartSvg(name, data, options)], { type: "image/svg+xml" }));
    const canvas = document.createElement("canvas");
    module.drawChart(canvas, name, data, { ...options, dpr: 2 });
    canvas.toBlob((blob) => blob && hand(file, blob), "image/png");
  }
}

/** Index of the nearest place. @param {ArrayLike<number>} places  rising @param {number} at */
function nearest(places, at) {
  let best = 0;
  for (let k = 1; k < places.length; k++) if (Math.abs(places[k] - at) < Math.abs(places[best] - at)) best = k;
  return best;
}

customElements.define("compare-plot", ComparePlot);
