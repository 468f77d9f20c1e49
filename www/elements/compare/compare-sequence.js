// What all networks read, on the time axis that they share: a curve or words, with what each network says at the step at hand.
import { draw, make, say, unique, write } from "../dom.js";
import { hourTicks, path, range, ticks } from "../sequence/scale.js";
import { ComparisonElement } from "./dom.js";
import { decimal, TEXT } from "../../strings/en.js";
import { COMPARE } from "../../strings/en-compare.js";

const WORDS = COMPARE.sequence;

class CompareSequence extends ComparisonElement {
  static listens = ["view", "trace", "results", "select", "hover", "theme"];
  #title = make("h2", {});
  #read = make("p", { class: "readout" });
  #axis = draw("g", { class: "axis" });
  #line = draw("path", { class: "line" });
  #said = draw("g", {});
  #cursor = draw("line", { class: "cursor" });
  #hover = draw("line", { class: "hover" });
  #alt = draw("title", {});
  #id = unique("sequence");
  #svg = draw("svg", { role: "img", "aria-labelledby": this.#id }, this.#alt, this.#axis, this.#said, this.#line, this.#hover, this.#cursor);
  #stage = make("div", { class: "stage" }, this.#svg);
  #box = { left: 0, right: 1, bottom: 1, steps: 1 };
  #frame = 0;

  build() {
    write(this.#alt, { id: this.#id });
    this.append(make("header", {}, this.#title, this.#read), this.#stage);
    const at = (/** @type {PointerEvent} */ event) => {
      const { left, right, steps } = this.#box;
      const x = event.clientX - this.#stage.getBoundingClientRect().left;
      return Math.min(steps - 1, Math.max(0, Math.floor(((x - left) / (right - left)) * steps)));
    };
    this.#stage.addEventListener("pointermove", (/** @type {PointerEvent} */ event) => {
      this.comparison.setHover({ t: at(event) });
      if (event.buttons === 1) void this.comparison.seek(at(event));
    });
    this.#stage.addEventListener("pointerdown", (/** @type {PointerEvent} */ event) => {
      this.comparison.pause();
      void this.comparison.seek(at(event));
    });
    this.#stage.addEventListener("pointerleave", () => this.comparison.setHover({ t: null }));
  }

  /** @param {AbortSignal} signal */
  listen(signal) {
    const sized = new ResizeObserver(() => this.#later());
    sized.observe(this.#stage);
    signal.addEventListener("abort", () => sized.disconnect());
  }

  /** @param {string} event */
  update(event) {
    if (!this.comparison.sequence) return;
    if (event === "select" || event === "hover") this.#follow();
    else this.#later();
  }

  #later() {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#draw();
    });
  }

  #draw() {
    const { comparison } = this;
    const { sequence, steps, view } = comparison;
    if (!sequence) return;
    const longest = Math.max(0, ...sequence.tokens.map(({ token }) => token.length));
    const roomy = longest > 0 && this.#stage.clientWidth / steps > longest * 8;
    this.classList.toggle("words", roomy);
    const { clientWidth: width, clientHeight: height } = this.#stage;
    if (width === 0) return;
    const letter = parseFloat(getComputedStyle(this.#stage).fontSize);
    const { left, right } = comparison.axis;
    const bottom = height - 1.7 * letter;
    this.#box = { left, right: width - right, bottom, steps };
    write(this.#svg, { viewBox: `0 0 ${width} ${height}`, width, height });
    const station = comparison.library.weather?.stations.find(({ name }) => name === view.data.station)?.title ?? "";
    const task = comparison.session.registry.tasks.find((/** @type {any} */ one) => one.name === view.data.name)?.title ?? "";
    const title = WORDS.title(view.data.kind, view.data.kind === "task" ? task : station);
    say(this.#title, title);
    say(this.#alt, WORDS.alt(title, steps));
    if (sequence.tokens.length > 0) this.#drawWords(letter);
    else this.#drawCurve(letter);
    this.#follow();
  }

  /** @param {number} letter */
  #drawCurve(letter) {
    const { comparison } = this;
    const { sequence, steps } = comparison;
    const { left, right, bottom } = this.#box;
    const shown = range(sequence.shown, sequence.unit ? 8 : 1);
    const y = (/** @type {number} */ v) => bottom - Math.min(1.6, Math.max(-0.6, (v - shown.low) / (shown.high - shown.low))) * (bottom - 5);
    const vertical = ticks(shown.low, shown.high, Math.max(1, bottom / (letter * 2)));
    const unit = sequence.unit ? ` ${sequence.unit}` : "";
    const labels = vertical.values.flatMap((v, k) => [
      draw("line", { x1: left, x2: right, y1: y(v), y2: y(v), class: "grid" }),
      draw("text", { x: left - 6, y: y(v) + letter * 0.35, "text-anchor": "end", text: decimal(v, vertical.digits) + (k === vertical.values.length - 1 ? unit : "") }),
    ]);
    this.#axis.replaceChildren(...labels, ...this.#times(letter));
    write(this.#line, { d: path(sequence.shown, this.#x, y) });
    // The forecast made at step t is for step t + 1.
    const { mean, deviation } = sequence.normalisation;
    const lines = comparison.results.map(({ run }, k) => {
      const width = run?.summary.head?.outputs ?? 0;
      // (What a random network says is no forecast.)
      const perStep = comparison.view.networks[k]?.source !== "random" && run?.prediction && run.prediction.length === width * steps;
      const said = perStep && sequence.next.length > 0 ? [NaN, ...Array.from({ length: steps - 1 }, (_, t) => run.prediction[t * width] * deviation + mean)] : [];
      return draw("path", { d: path(said, this.#x, y), class: "said", "data-slot": k });
    });
    this.#said.replaceChildren(...lines);
  }

  /** As many words as there is room for. @param {number} letter */
  #drawWords(letter) {
    const { sequence, steps } = this.comparison;
    const { left, right, bottom } = this.#box;
    const room = (right - left) / steps;
    const longest = Math.max(...sequence.tokens.map(({ token }) => token.length));
    const slanted = room < longest * letter * 0.62;
    // What is read most of the time stands back.
    const counts = new Map();
    for (const { token } of sequence.tokens) counts.set(token, (counts.get(token) ?? 0) + 1);
    const every = slanted ? Math.max(1, Math.ceil((letter * 1.15) / room)) : 1;
    const words = sequence.tokens.flatMap(({ token, known }, t) => {
      if (t % every !== 0 && token.length > 0 && every > 1) return [];
      const x = this.#x(t);
      return [draw("text", { x, y: bottom, class: !known ? "unknown" : counts.get(token) > steps / 2 ? "often" : null, "text-anchor": slanted ? "end" : "middle", transform: slanted ? `rotate(55 ${x} ${bottom})` : null, text: token })];
    });
    this.#axis.replaceChildren(...words);
    write(this.#line, { d: "" });
    this.#said.replaceChildren();
  }

  /** @param {number} letter */
  #times(letter) {
    const { comparison } = this;
    const { steps, view } = comparison;
    const { left, right, bottom } = this.#box;
    const y = bottom + letter * 1.35;
    const text = (/** @type {number} */ t, /** @type {string} */ words) => draw("text", { x: this.#x(t), y, "text-anchor": "middle", text: words });
    const width = (right - left) / steps;
    if (view.data.kind === "weather") {
      return hourTicks(view.data.start, steps, width, letter * 0.62).map(({ t, kind }) => text(t, kind === "day" ? TEXT.shortDay(view.data.start + t) : comparison.labels(t).short));
    }
    const { values } = ticks(1, steps, Math.max(2, (right - left) / (letter * 5)));
    return values.filter((v) => Number.isInteger(v) && v >= 1).map((v) => text(v - 1, String(v)));
  }

  #x = (/** @type {number} */ t) => this.#box.left + ((t + 0.5) / this.#box.steps) * (this.#box.right - this.#box.left);

  #follow() {
    const { comparison } = this;
    const { t } = comparison.selection;
    const { bottom } = this.#box;
    const line = (/** @type {SVGElement} */ of, /** @type {number | null} */ at) =>
      write(of, { visibility: at === null || at >= comparison.steps ? "hidden" : null, x1: this.#x(at ?? 0), x2: this.#x(at ?? 0), y1: 0, y2: bottom });
    line(this.#cursor, t);
    line(this.#hover, comparison.hover.t);
    const at = comparison.hover.t ?? t;
    const { sequence } = comparison;
    const read = sequence.tokens.length > 0 ? `“${comparison.inputAt(at)}”` : comparison.unitText(/** @type {number} */ (comparison.inputAt(at)));
    const next = sequence.next[at];
    const answer = sequence.task?.answer;
    const parts = [`${comparison.labels(at).long.startsWith("value") ? `step ${at + 1}` : comparison.labels(at).long}${sequence.tokens.length > 0 ? "" : `: ${read}`}`];
    if (Number.isFinite(next)) parts.push(WORDS.next(comparison.unitText(next)));
    if (answer) parts.push(WORDS.asked(answer));
    say(this.#read, parts.join(" · "));
  }
}

customElements.define("compare-sequence", CompareSequence);
