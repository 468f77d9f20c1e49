// A picture of its own for a state that is more than a row of numbers: a matrix that is written and read, complex numbers that
// turn, a step that lets in and forgets, a stabiliser. All of it from the tape of the shown run.
import { laneScale, linear, paint, peak } from "../colours.js";
import { html, put, say, svg } from "../dom.js";
import { axesOf, elementOf, placesOn } from "../axes.js";
import { short } from "../numbers.js";
import { Timeline } from "./timeline.js";
import { MODERN as TEXT } from "../../../strings/en-cells.js";

/** @typedef {import("../../../engine/session.js").Session} Session */
/** @typedef {{element: HTMLElement, show: (session: Session) => void}} Picture */

/** What a cell has to show beside its diagram. @param {Session} session @returns {Picture | null} */
export function pictureOf({ spec, state }) {
  const has = (/** @type {string[]} */ names) => names.every((name) => spec.lanes.some((/** @type {any} */ l) => l.name === name));
  if (spec.matrix) return new MatrixPicture(spec.matrix);
  if (spec.complex?.length > 0) return new PolarPicture(spec.complex[0]);
  if (state.network.cell === "mamba" && has(["delta", "decay"])) return new StepPicture();
  if (state.network.cell === "slstm" && has(["i", "f", "n"])) return new StabiliserPicture();
  return null;
}

/** @param {Session} session */
const valuesNow = (session, t = session.selection.t) => session.trace.values(session.selection.layer, session.selection.direction, t, { example: 0 });

/** @param {string} title @param {Element[]} parts */
const figure = (title, ...parts) => html("figure", { class: "cell-picture" }, html("figcaption", {}, html("h3", {}, title)), ...parts);

/** One lane of one element at every step. @param {Session} session @param {string} lane @param {number} element */
function overTime(session, lane, element) {
  const all = session.trace.lane(session.selection.layer, session.selection.direction, lane);
  const width = all.length / session.steps;
  return Float32Array.from({ length: session.steps }, (_, t) => all[t * width + element]);
}

/** A matrix memory: what is kept, what is written along the key, what the query reads. */
class MatrixPicture {
  #canvas = Object.fromEntries(["key", "query", "value", "read", "memory", "written"].map((name) => [name, html("canvas", { class: `matrix-${name}`, role: "img" })]));
  #text = html("p", { class: "step-text" });
  element;

  /** @param {any} names  of Spec.matrix */
  constructor(names) {
    this.names = names;
    const c = this.#canvas;
    const word = (/** @type {string} */ name) => html("span", { class: `matrix-word matrix-word-${name}` }, TEXT.matrix[name]);
    const grid = html("div", { class: "matrix-grid" }, ...Object.values(c), ...["value", "memory", "read", "written"].map(word));
    this.element = figure(TEXT.matrix.title, this.#text, grid);
  }

  /** @param {Session} session */
  show(session) {
    const { names } = this;
    const values = valuesNow(session);
    const [, keys, width] = axesOf(session, names.memory);
    const [head] = placesOn(session, axesOf(session, names.memory));
    const part = (/** @type {string} */ lane, /** @type {number} */ n) => values[lane].slice(head * n, (head + 1) * n);
    const [K, V] = [keys.extent, width.extent];
    const [key, query, value, read] = [part(names.key, K), part(names.query, K), part(names.value, V), part(names.read, V)];
    const [write, keep, divisor] = [names.write, names.keep, names.divisor].map((name) => values[name][head]);
    const memory = part(names.memory, K * V);
    const strength = write / Math.sqrt(K);
    const written = Float32Array.from(memory, (_, n) => strength * key[Math.floor(n / V)] * value[n % V]);
    const scale = laneScale(session, names.memory);
    const draw = (/** @type {string} */ name, /** @type {ArrayLike<number>} */ data, /** @type {number} */ rows, /** @type {number} */ columns, own = linear("diverging", peak(data))) => {
      const canvas = this.#canvas[name];
      paint(session, canvas, data, rows, columns, own);
      put(canvas, "aria-label", TEXT.matrix.label(TEXT.matrix[name], rows, columns, short(own.limit)));
      put(canvas, "title", TEXT.matrix.label(TEXT.matrix[name], rows, columns, short(own.limit)));
    };
    draw("key", key, K, 1);
    draw("query", query, K, 1);
    draw("value", value, 1, V);
    draw("read", read, 1, V);
    draw("memory", memory, K, V, scale);
    draw("written", written, K, V);
    this.element.style.setProperty("--ratio", String(V / K));
    say(this.#text, TEXT.matrix.text({ keep: short(keep), write: short(write), divisor: short(divisor), memory: short(peak(memory)), written: short(peak(written)), head, heads: axesOf(session, names.memory)[0].extent }));
  }
}

/** The modes of one unit as pointers: each turns and shrinks, and the input pushes it. */
class PolarPicture {
  #drawing = svg("svg", { viewBox: "-1.15 -1.15 2.3 2.3", role: "img", class: "polar" });
  #list = html("dl", { class: "statistics polar-list" });
  #text = html("p", { class: "step-text" });
  element;

  /** @param {any} names  of Spec.complex */
  constructor(names) {
    this.names = names;
    this.element = figure(TEXT.polar.title, this.#text, html("div", { class: "polar-box" }, this.#drawing, this.#list));
  }

  /** @param {Session} session */
  show(session) {
    const { re, im, symbol } = this.names;
    const axes = axesOf(session, re);
    const modes = axes.at(-1)?.extent ?? 1;
    const [unit, chosen] = placesOn(session, axes);
    const values = valuesNow(session);
    const of = (/** @type {any} */ from) => Array.from({ length: modes }, (_, m) => ({ re: from[re][unit * modes + m], im: from[im][unit * modes + m] }));
    const [now, before] = [of(values), of(values.before)];
    const all = session.trace;
    const { layer, direction } = session.selection;
    const most = Math.hypot(peak(all.lane(layer, direction, re)), peak(all.lane(layer, direction, im))) || 1;
    const largest = Math.max(...now.concat(before).map((z) => Math.hypot(z.re, z.im)).filter(Number.isFinite), most * 1e-3);
    // Large enough to be seen: the circle is this unit's largest mode of this step.
    const put2 = (/** @type {{re: number, im: number}} */ z) => `${(z.re / largest).toFixed(4)} ${(-z.im / largest).toFixed(4)}`;
    const size = (/** @type {{re: number, im: number}} */ z) => Math.hypot(z.re, z.im);
    const angle = (/** @type {{re: number, im: number}} */ z) => (Math.atan2(z.im, z.re) * 180) / Math.PI;
    const lines = now.map((z, m) => {
      const hue = ((angle(z) + 360) % 360).toFixed(0);
      const mark = svg("g", { class: m === chosen && session.selection.unit !== null ? "pointer chosen" : "pointer" });
      mark.append(
        svg("title", {}, TEXT.polar.mode(m, short(size(z)), angle(z).toFixed(0))),
        svg("path", { class: "pointer-before", d: `M0 0L${put2(before[m])}` }),
        svg("path", { class: "pointer-path", d: `M${put2(before[m])}L${put2(z)}` }),
        svg("path", { class: "pointer-now", d: `M0 0L${put2(z)}`, stroke: `hsl(${hue} 70% 45%)` }),
        svg("circle", { class: "pointer-tip", cx: (z.re / largest).toFixed(4), cy: (-z.im / largest).toFixed(4), r: 0.035, fill: `hsl(${hue} 70% 45%)` }),
      );
      mark.addEventListener("click", () => void session.select({ unit, place: { ...session.selection.place, [axes[1].name]: m } }));
      return mark;
    });
    this.#drawing.replaceChildren(svg("circle", { class: "polar-ring", r: 1 }), svg("circle", { class: "polar-ring", r: 0.5 }), svg("path", { class: "polar-ring", d: "M-1.1 0H1.1M0 -1.1V1.1" }), ...lines);
    put(this.#drawing, "aria-label", TEXT.polar.label(unit, modes, short(largest)));
    this.#list.replaceChildren(...now.map((z, m) => html("div", { class: m === chosen && session.selection.unit !== null ? "chosen" : "" }, html("dt", {}, `${symbol}${m}`), html("dd", {}, TEXT.polar.number(short(size(z)), Number.isFinite(angle(z)) ? angle(z).toFixed(0) : "–")))));
    say(this.#text, TEXT.polar.text(unit, short(largest)));
  }
}

/** Mamba's Δ: how much each token is let in, and what that leaves of the past. */
class StepPicture {
  #line = new Timeline();
  #text = html("p", { class: "step-text" });
  #bar = html("div", { class: "let-in" }, html("span", {}));
  #decay = html("canvas", { class: "decay-map", role: "img" });
  #map = html("div", { class: "decay-box" }, this.#decay);
  #word = html("p", { class: "hint" });
  element = figure(TEXT.step.title, this.#text, this.#bar, this.#line.element, this.#word, this.#map, html("p", { class: "hint" }, TEXT.step.decay));

  /** @param {Session} session */
  show(session) {
    const { layer, direction, t, unit } = session.selection;
    const channel = unit === null ? null : elementOf(session, "delta");
    const all = session.trace.lane(layer, direction, "delta");
    const channels = all.length / session.steps;
    const mean = (/** @type {number} */ step) => all.slice(step * channels, (step + 1) * channels).reduce((/** @type {number} */ a, /** @type {number} */ b) => a + b, 0) / channels;
    const delta = channel === null ? Float32Array.from({ length: session.steps }, (_, step) => mean(step)) : overTime(session, "delta", channel);
    const decay = session.trace.lane(layer, direction, "decay");
    const states = axesOf(session, "decay")[1].extent;
    // Of one channel its states; of all, each state's mean over the channels.
    const at = (/** @type {number} */ step, /** @type {number} */ n) => {
      if (channel !== null) return decay[(step * channels + channel) * states + n];
      let sum = 0;
      for (let e = 0; e < channels; e++) sum += decay[(step * channels + e) * states + n];
      return sum / channels;
    };
    const map = Float32Array.from({ length: states * session.steps }, (_, k) => at(k % session.steps, Math.floor(k / session.steps)));
    paint(session, this.#decay, map, states, session.steps, linear("sequential", 1));
    const now = Array.from({ length: states }, (_, n) => at(t, n));
    const words = TEXT.step.text(channel, short(delta[t]), short(Math.max(...now)), short(Math.min(...now)));
    say(this.#text, words);
    say(this.#word, TEXT.step.line(channel, short(Math.max(...delta))));
    this.#bar.style.setProperty("--share", String(1 - Math.exp(-delta[t])));
    put(this.#bar, "title", TEXT.step.bar(short(1 - Math.exp(-delta[t]))));
    this.#map.style.setProperty("--at", String(t / session.steps));
    this.#map.style.setProperty("--size", String(1 / session.steps));
    put(this.#decay, "aria-label", TEXT.step.map(states, session.steps));
    this.#line.show(session, delta, words);
  }
}

/** The lane of the input gate before its exponential, and a value that e to its power overflows. */
const SCORE = "ĩ";
const PUSH = 100;

/** sLSTM: gates that are exponentials, and what keeps them in reach. */
class StabiliserPicture {
  #lines = /** @type {[string, Timeline, HTMLElement][]} */ ([]);
  #text = html("p", { class: "step-text" });
  #box = html("div", { class: "stabiliser" });
  #warning = html("p", { class: "failure" });
  #push = html("button", { type: "button", class: "push-gate", onclick: () => this.#overflow() }, TEXT.stabiliser.push(PUSH));
  element = figure(TEXT.stabiliser.title, this.#text, this.#box, this.#warning, this.#push);
  /** @type {Session | null} */
  #session = null;

  /** Lets the input gate's score be what no exponential of 32 bits can hold, from the shown step on. */
  #overflow() {
    const session = this.#session;
    if (!session) return;
    const { layer, direction, t } = session.selection;
    const hold = { kind: "hold", layer, direction, lane: SCORE, unit: "all", value: PUSH, from: t, to: session.steps };
    void session.set({ interventions: [...session.state.interventions, hold] });
  }

  /** @param {Session} session */
  show(session) {
    const { spec, selection } = session;
    this.#session = session;
    this.#push.hidden = !spec.lanes.some((/** @type {any} */ l) => l.name === SCORE) || session.state.interventions.some((i) => i.kind === "hold" && i.lane === SCORE);
    const wanted = ["m", "i", "f", "n", "c"].filter((name) => spec.lanes.some((/** @type {any} */ l) => l.name === name));
    if (this.#lines.map(([name]) => name).join() !== wanted.join()) {
      this.#lines = wanted.map((name) => [name, new Timeline(), html("span", { class: "timeline-word" })]);
      this.#box.replaceChildren(...this.#lines.flatMap(([, line, word]) => [word, /** @type {any} */ (line.element)]));
    }
    const { layer, direction, t } = selection;
    const unit = elementOf(session, "n");
    const lost = wanted.flatMap((name) => {
      const all = session.trace.lane(layer, direction, name);
      const first = all.findIndex((/** @type {number} */ v) => !Number.isFinite(v));
      return first < 0 ? [] : [Math.floor(first / (all.length / session.steps))];
    });
    for (const [name, line, word] of this.#lines) {
      const all = session.trace.lane(layer, direction, name);
      const width = all.length / session.steps;
      const largest = (/** @type {number} */ step) => {
        const column = all.slice(step * width, (step + 1) * width);
        return column.find((/** @type {number} */ v) => !Number.isFinite(v)) ?? column.reduce((/** @type {number} */ a, /** @type {number} */ b) => (Math.abs(b) > Math.abs(a) ? b : a), 0);
      };
      const values = unit === null ? Float32Array.from({ length: session.steps }, (_, step) => largest(step)) : overTime(session, name, elementOf(session, name) ?? 0);
      const title = spec.lanes.find((/** @type {any} */ l) => l.name === name).title;
      say(word, TEXT.stabiliser.value(name, title, short(values[t])));
      line.show(session, values, TEXT.stabiliser.value(name, title, short(values[t])));
    }
    say(this.#text, TEXT.stabiliser.text(unit, wanted.includes("m")));
    say(this.#warning, lost.length > 0 ? TEXT.stabiliser.overflow(Math.min(...lost) + 1) : "");
  }
}
