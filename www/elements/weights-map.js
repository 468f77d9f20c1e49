// The weights that a sub-step uses, as heatmaps: the chosen unit's row is marked, any weight can be read and changed.
import { linear, paint, peak } from "./inspector/colours.js";
import { html, put, say } from "./inspector/dom.js";
import { full, short } from "./inspector/numbers.js";
import { INSPECTOR as TEXT } from "../strings/en-inspector.js";

/** @typedef {import("../engine/session.js").Session} Session */
/** @typedef {ReturnType<typeof import("./sub-steps.js").blocksOf>[number]} Part */

class WeightsMap extends HTMLElement {
  /** @type {Session | null} */
  session = null;
  #shown = "";
  /** @type {Map[]} */
  #maps = [];

  /** @param {Part[]} parts */
  show(parts) {
    const { session } = this;
    if (!session) return;
    const same = (/** @type {Part} */ p, /** @type {Part} */ q) => q.block === p.block && side(q) === side(p) && q.name === p.name && String(q.skip) === String(p.skip);
    const unique = parts.filter((p, k) => parts.findIndex((q) => same(p, q)) === k);
    const name = JSON.stringify([unique, session.spec.title, session.selection.layer, session.selection.direction]);
    if (name !== this.#shown) {
      this.#shown = name;
      this.#maps = unique.map((part) => new Map(session, part));
      this.replaceChildren(html("div", { class: "maps" }, ...this.#maps.map((m) => m.element)), html("p", { class: "hint" }, TEXT.weightHint));
    }
    for (const map of this.#maps) map.fill(session);
  }

  /** Another weight is pointed at somewhere: marks it here. */
  follow() {
    for (const map of this.#maps) map.follow();
  }
}

/** @param {Part} part */
const side = ({ op }) => (op === "input" ? "i" : "h");

class Map {
  /** @type {Float32Array} */
  #values = new Float32Array();
  #rows = 0;
  #columns = 0;
  #first = 0;
  #at = { row: 0, column: 0 };
  #name = "";
  /** @type {any} */
  #made = null;

  /** @param {Session} session @param {Part} part */
  constructor(session, part) {
    this.session = session;
    this.part = part;
    const { layer, direction } = session.selection;
    this.#name = `${part.name ?? `weight_${side(part)}h`}_l${layer}${direction === 1 ? "_reverse" : ""}`;
    this.canvas = html("canvas", { tabindex: 0, role: "application", "aria-roledescription": TEXT.weightMapRole });
    this.cursor = html("span", { class: "weight-cursor" });
    this.row = html("span", { class: "weight-row" });
    this.word = html("span", { class: "map-word", role: "status" });
    this.scale = html("span", { class: "map-range" });
    this.form = html("form", { class: "weight-form", hidden: true, onsubmit: (/** @type {Event} */ e) => this.#apply(e), onkeydown: (/** @type {KeyboardEvent} */ e) => this.#formKey(e) });
    const symbol = html("span", { class: "map-name" }, ...(part.name ? [part.name] : [html("i", {}, "W"), html("sub", {}, `${side(part)}${part.block}`)]));
    this.element = html(
      "figure",
      { class: "weight-map", "data-side": part.name ? "named" : side(part), "data-key": `${part.op}:${part.name ?? part.block}` },
      html("figcaption", {}, html("span", {}, symbol, " ", part.name ? "" : side(part) === "i" ? TEXT.weightsIn : TEXT.weightsRecurrent), this.scale),
      html("div", { class: "map-box" }, this.canvas, this.row, this.cursor),
      this.word,
      this.form,
    );
    this.canvas.addEventListener("pointermove", (event) => this.#point(this.#place(event)));
    this.canvas.addEventListener("pointerleave", () => this.#leave());
    this.canvas.addEventListener("focus", () => this.#point(this.#at));
    this.canvas.addEventListener("blur", () => this.#leave());
    this.canvas.addEventListener("click", (event) => (this.#point(this.#place(event)), this.#edit()));
    this.canvas.addEventListener("keydown", (event) => this.#key(event));
  }

  /** @param {Session} session */
  fill(session) {
    const { net, spec, summary, selection } = session;
    const shape = summary.parameters.find((/** @type {any} */ p) => p.name === this.#name)?.shape ?? [0, 0];
    const width = this.part.name ? this.#own(session, shape) : summary.hidden;
    if (!this.part.name) {
      this.#columns = shape[1];
      this.#first = spec.blocks.indexOf(this.part.block) * width;
    }
    this.#rows = width;
    if (this.#made !== net || this.#values.length !== this.#rows * this.#columns) {
      this.#made = net;
      this.#values = net.parameter(this.#name).slice(this.#first * this.#columns, (this.#first + width) * this.#columns);
    }
    const most = peak(this.#values);
    paint(session, this.canvas, this.#values, this.#rows, this.#columns, linear("diverging", most));
    this.element.style.setProperty("--rows", String(this.#rows));
    this.element.style.setProperty("--columns", String(this.#columns));
    say(this.scale, TEXT.range(short(most)));
    put(this.canvas, "aria-label", TEXT.weightMap(this.#symbol(), this.#rows, this.#columns));
    const unit = this.part.name ? null : selection.unit;
    this.row.hidden = unit === null;
    if (unit !== null) {
      const column = this.part.op === "transposed";
      this.row.classList.toggle("column", column);
      this.row.style.setProperty("--at", String(unit / (column ? this.#columns : this.#rows)));
      this.row.style.setProperty("--size", String(1 / (column ? this.#columns : this.#rows)));
      put(this.row, "title", column ? TEXT.columnOf(unit) : TEXT.rowOf(unit));
    }
  }

  /** The rows of a named parameter that are used here: of a matrix one row each, of what is not one a row for all but its last axis. @param {Session} session @param {number[]} shape */
  #own({ spec, summary, selection }, shape) {
    const extent = (/** @type {string} */ axis) => {
      const k = spec.lanes.findIndex((/** @type {any} */ l) => l.axes.includes(axis));
      return axis === "H" ? summary.hidden : k < 0 ? 0 : summary.lanes[selection.layer][k][spec.lanes[k].axes.indexOf(axis)];
    };
    const all = shape.reduce((product, n) => product * n, 1);
    const { op, skip = [], axes = [], rows = [] } = this.part;
    this.#columns = op === "parameter" ? (shape.at(-1) ?? 1) : all / (shape[0] || 1);
    this.#first = op === "parameter" ? 0 : skip.reduce((sum, axis) => sum + extent(axis), 0);
    const used = op === "parameter" ? 0 : (op === "affine" ? axes : rows).reduce((product, axis) => product * extent(axis), 1);
    return used || all / this.#columns - this.#first;
  }

  #symbol() {
    if (this.part.name) return this.part.name;
    return `W_${side(this.part)}${this.part.block}`;
  }

  /** @param {MouseEvent} event */
  #place(event) {
    const { left, top, width, height } = this.canvas.getBoundingClientRect();
    const at = (/** @type {number} */ share, /** @type {number} */ count) => Math.min(count - 1, Math.max(0, Math.floor(share * count)));
    return { row: at((event.clientY - top) / height, this.#rows), column: at((event.clientX - left) / width, this.#columns) };
  }

  /** @param {{row: number, column: number}} at */
  #point(at) {
    this.#at = at;
    this.#mark(at);
    const value = this.#values[at.row * this.#columns + at.column];
    say(this.word, TEXT.weightAt(this.#symbol(), at.row, at.column, short(value)));
    this.word.title = full(value);
    const term = { kind: "weight", recurrent: side(this.part) === "h", block: this.part.block, name: this.part.name, row: at.row, column: at.column };
    this.session.setHover({ lane: this.session.spec.lanes.some((/** @type {any} */ l) => l.name === this.part.block) ? this.part.block : null, unit: at.row, t: this.session.selection.t, term });
  }

  /** @param {{row: number, column: number} | null} at */
  #mark(at) {
    this.cursor.classList.toggle("shown", at !== null);
    if (!at) return;
    this.cursor.style.setProperty("--row", String(at.row));
    this.cursor.style.setProperty("--column", String(at.column));
  }

  follow() {
    const { term } = this.session.hover;
    const mine = term?.kind === "weight" && term.block === this.part.block && term.name === this.part.name && term.recurrent === (side(this.part) === "h");
    this.#mark(mine ? term : null);
  }

  #leave() {
    if (this.form.hidden) say(this.word, "");
    if (this.session.hover.term?.kind === "weight") this.session.setHover({ t: null, unit: null, lane: null, term: null });
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const moves = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0], Home: [0, -Infinity], End: [0, Infinity], PageUp: [-Infinity, 0], PageDown: [Infinity, 0] };
    const move = moves[event.key];
    if (move) {
      const within = (/** @type {number} */ v, /** @type {number} */ count) => Math.min(count - 1, Math.max(0, v));
      this.#point({ row: within(this.#at.row + move[0], this.#rows), column: within(this.#at.column + move[1], this.#columns) });
    } else if (event.key === "Enter" || event.key === " ") this.#edit();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** Shows the field for the weight pointed at. */
  #edit() {
    const value = this.#values[this.#at.row * this.#columns + this.#at.column];
    const field = html("input", { type: "number", step: "any", min: -1e4, max: 1e4, required: true, value: Number(value.toPrecision(6)), name: "value" });
    const label = html("label", {}, `${TEXT.weightAt(this.#symbol(), this.#at.row, this.#at.column, "")}`, field);
    this.form.replaceChildren(label, html("button", { type: "submit" }, TEXT.apply), html("button", { type: "button", onclick: () => this.#done() }, TEXT.cancel));
    this.form.hidden = false;
    field.focus();
    field.select();
  }

  /** @param {KeyboardEvent} event */
  #formKey(event) {
    event.stopPropagation();
    if (event.key === "Escape") this.#done();
  }

  #done() {
    this.form.hidden = true;
    this.canvas.focus({ preventScroll: true });
  }

  /** @param {Event} event */
  #apply(event) {
    event.preventDefault();
    const value = Number(new FormData(this.form).get("value"));
    const index = (this.#first + this.#at.row) * this.#columns + this.#at.column;
    const others = this.session.state.interventions.filter((i) => !(i.kind === "weight" && i.name === this.#name && i.index === index));
    this.#done();
    void this.session.set({ interventions: [...others, { kind: "weight", name: this.#name, index, value }] });
  }
}

customElements.define("weights-map", WeightsMap);
