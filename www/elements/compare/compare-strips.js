// The networks unrolled in time, under each other on one time axis: each a strip of its output's units, and where a cell does not
// carry on what it gives out, the size of what it carries.
import { make, say, unique, write } from "../dom.js";
import { Colors } from "../picture/colors.js";
import { ComparisonElement } from "./dom.js";
import { COMPARE, reading } from "../../strings/en-compare.js";

const WORDS = COMPARE.strips;

/** One network's row. */
class Row {
  #swatch = make("span", { class: "swatch", "aria-hidden": "true" });
  #name = make("span", { class: "name" });
  #lane = make("span", { class: "lane" });
  #value = make("span", { class: "value" });
  #scale = make("span", { class: "scale", "aria-hidden": "true" });
  #norm = make("span", { class: "scale norm", "aria-hidden": "true", text: WORDS.state, title: WORDS.stateHint });
  #canvas = make("canvas", { role: "img" });
  #state = make("canvas", { class: "state", "aria-hidden": "true" });
  #words = make("p", { class: "words" });
  root = make("div", { class: "strip" }, make("p", { class: "head" }, this.#swatch, this.#name, this.#lane, this.#value), this.#scale, this.#canvas, this.#norm, this.#state, this.#words);
  #drawn = "";
  /** @type {{key: string, image: HTMLCanvasElement, state: HTMLCanvasElement, bound: number} | null} */
  #image = null;

  /** @param {import("../../engine/compare.js").Comparison} comparison @param {number} k @param {string} name @param {Colors} colors */
  show(comparison, k, name, colors) {
    const result = comparison.results[k];
    const { run, error } = result ?? {};
    say(this.#name, name);
    this.#swatch.dataset.slot = String(k);
    const ready = Boolean(run) && !error;
    say(this.#words, error ? COMPARE.plots.failed(error) : ready ? "" : comparison.memory.state === "cancelled" ? WORDS.cancelled : WORDS.waiting);
    for (const part of [this.#canvas, this.#scale]) part.hidden = !ready;
    const output = run?.spec.lanes.find((/** @type {any} */ lane) => lane.output) ?? run?.spec.lanes.at(-1);
    const apart = ready && !output.carried;
    this.#state.hidden = this.#norm.hidden = !apart;
    if (!ready) return say(this.#lane, "");
    say(this.#lane, `${output.name}: ${output.title}`);
    this.#paint(run, output, comparison, colors, `${result.key} ${colors.theme}`, apart);
    say(this.#scale, WORDS.scale(this.#image?.bound ?? 1));
    this.follow(comparison, k, name);
  }

  /** @param {any} run @param {any} output @param {import("../../engine/compare.js").Comparison} comparison @param {Colors} colors @param {string} key @param {boolean} apart */
  #paint(run, output, comparison, colors, key, apart) {
    const { steps } = comparison;
    const hidden = run.output.length / steps;
    if (this.#image?.key !== key) {
      const bounded = Array.isArray(output.range) && Math.max(...output.range.map(Math.abs)) === 1;
      // What leaves the numbers does not make the others invisible: the scale is that of the finite ones.
      const bound = bounded ? 1 : largest(run.output);
      const scale = { kind: /** @type {const} */ ("linear"), max: bound };
      const image = picture(steps, hidden, (t, j) => colors.pixel(scale, run.output[t * hidden + j]));
      const sequential = new Uint32Array(Uint8Array.from(comparison.module.palette("sequential", comparison.theme)).buffer);
      const most = largest(run.states);
      const state = picture(apart ? steps : 1, 1, (t) => (Number.isNaN(run.states[t]) ? colors.nan : sequential[Math.round(255 * Math.min(1, run.states[t] / most))]));
      this.#image = { key, image, state, bound };
    }
    const { image, state } = this.#image;
    const size = `${key} ${this.#canvas.clientWidth} ${this.#canvas.clientHeight} ${devicePixelRatio}`;
    if (size === this.#drawn) return;
    this.#drawn = size;
    blit(this.#canvas, image);
    if (apart) blit(this.#state, state);
  }

  /** What the row says at the step at hand. @param {import("../../engine/compare.js").Comparison} comparison @param {number} k @param {string} name */
  follow(comparison, k, name) {
    const { run } = comparison.results[k] ?? {};
    if (!run || !this.#image) return say(this.#value, "");
    const at = Math.min(comparison.hover.t ?? comparison.selection.t, comparison.steps - 1);
    say(this.#value, `${WORDS.state} ${reading(run.states[at])}`);
    const hidden = run.output.length / comparison.steps;
    const t = comparison.selection.t;
    let unit = 0;
    for (let j = 1; j < hidden; j++) if (Math.abs(run.output[t * hidden + j]) > Math.abs(run.output[t * hidden + unit])) unit = j;
    const lane = run.spec.lanes.find((/** @type {any} */ one) => one.output)?.title ?? "output";
    const strongest = { unit, value: run.output[t * hidden + unit] };
    write(this.#canvas, { "aria-label": WORDS.alt(name, { lane, hidden, steps: comparison.steps, t, strongest, norm: run.states[t], bound: reading(this.#image.bound, 2) }) });
  }

  resized() {
    this.#drawn = "";
  }
}

/** Largest finite magnitude; 1 of nothing but zeros. @param {ArrayLike<number>} values */
function largest(values) {
  let most = 0;
  for (let k = 0; k < values.length; k++) {
    const size = Math.abs(values[k]);
    if (size > most && size < Infinity) most = size;
  }
  return most || 1;
}

/** One pixel a number. @param {number} width @param {number} height @param {(x: number, y: number) => number} colour  as ImageData keeps it */
function picture(width, height, colour) {
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width, height });
  const pixels = new Uint32Array(width * height);
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) pixels[y * width + x] = colour(x, y);
  canvas.getContext("2d")?.putImageData(new ImageData(new Uint8ClampedArray(pixels.buffer), width, height), 0, 0);
  return canvas;
}

/** @param {HTMLCanvasElement} canvas @param {HTMLCanvasElement} image */
function blit(canvas, image) {
  const [width, height] = [canvas.clientWidth, canvas.clientHeight].map((side) => Math.max(1, Math.round(side * devicePixelRatio)));
  Object.assign(canvas, { width, height });
  const context = canvas.getContext("2d");
  if (!context) return;
  // Averaging hides nothing only where several numbers share a pixel.
  context.imageSmoothingEnabled = width < image.width || height < image.height;
  context.imageSmoothingQuality = "high";
  context.drawImage(image, 0, 0, width, height);
}

class CompareStrips extends ComparisonElement {
  static listens = ["view", "trace", "results", "select", "hover", "theme"];
  /** @type {Row[]} */
  #rows = [];
  #list = make("div", { class: "rows" });
  #cursor = make("div", { class: "cursor" });
  #hover = make("div", { class: "hover" });
  #title = make("h2", { id: unique("strips"), text: WORDS.title, class: "visually-hidden" });
  /** @type {Colors | null} */
  #colors = null;
  #frame = 0;

  build() {
    write(this, { role: "region", "aria-labelledby": this.#title.id });
    this.append(this.#title, this.#list, this.#hover, this.#cursor);
    const at = (/** @type {PointerEvent} */ event) => {
      const { left, right } = this.comparison.axis;
      const box = this.getBoundingClientRect();
      const share = (event.clientX - box.left - left) / (box.width - left - right);
      return Math.min(this.comparison.steps - 1, Math.max(0, Math.floor(share * this.comparison.steps)));
    };
    this.addEventListener("pointermove", (/** @type {PointerEvent} */ event) => {
      this.comparison.setHover({ t: at(event) });
      if (event.buttons === 1) void this.comparison.seek(at(event));
    });
    this.addEventListener("pointerdown", (/** @type {PointerEvent} */ event) => {
      if (event.button !== 0) return;
      this.comparison.pause();
      void this.comparison.seek(at(event));
    });
    this.addEventListener("pointerleave", () => this.comparison.setHover({ t: null }));
  }

  /** @param {AbortSignal} signal */
  listen(signal) {
    const sized = new ResizeObserver(() => {
      this.#colors = null;
      for (const row of this.#rows) row.resized();
      this.#later();
    });
    sized.observe(this);
    signal.addEventListener("abort", () => sized.disconnect());
  }

  /** @param {string} event */
  update(event) {
    if (event === "theme") this.#colors = null;
    if (event === "select" || event === "hover") this.#follow();
    else this.#later();
  }

  #later() {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#show();
    });
  }

  #show() {
    const { comparison } = this;
    if (!comparison.sequence || this.clientWidth === 0) return;
    const { left, right } = comparison.axis;
    this.style.setProperty("--left", `${left}px`);
    this.style.setProperty("--right", `${right}px`);
    this.#colors ??= new Colors(this, comparison.module, comparison.theme);
    const { names } = comparison;
    while (this.#rows.length < names.length) this.#rows.push(new Row());
    this.#rows.length = names.length;
    const roots = this.#rows.map(({ root }) => root);
    if (roots.length !== this.#list.childElementCount || roots.some((root, k) => this.#list.children[k] !== root)) this.#list.replaceChildren(...roots);
    this.#rows.forEach((row, k) => row.show(comparison, k, names[k], /** @type {Colors} */ (this.#colors)));
    this.#place();
  }

  #place() {
    const { comparison } = this;
    const { left, right } = comparison.axis;
    const x = (/** @type {number} */ t) => `${(left + ((t + 0.5) / comparison.steps) * (this.clientWidth - left - right)).toFixed(1)}px`;
    this.#cursor.style.setProperty("--x", x(comparison.selection.t));
    this.#hover.hidden = comparison.hover.t === null;
    if (comparison.hover.t !== null) this.#hover.style.setProperty("--x", x(comparison.hover.t));
  }

  #follow() {
    const { comparison } = this;
    if (!comparison.sequence) return;
    this.#place();
    const { names } = comparison;
    this.#rows.forEach((row, k) => row.follow(comparison, k, names[k]));
  }
}

customElements.define("compare-strips", CompareStrips);
