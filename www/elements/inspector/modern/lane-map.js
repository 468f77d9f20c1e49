// A lane of several axes, whole: a small heat map, in which an element can be read and chosen, with the chosen one marked.
import { paint } from "../colours.js";
import { html, put, say } from "../dom.js";
import { more } from "../more.js";
import { short } from "../numbers.js";
import { axesOf } from "../axes.js";
import { placeOf, placeText, planeOf } from "./places.js";
import { MODERN as TEXT } from "../../../strings/en-cells.js";

/** @typedef {import("../../../engine/session.js").Session} Session */

export class LaneMap {
  #cursor = 0;
  /** @type {ArrayLike<number>} */
  #values = new Float32Array();
  /** @type {Session | null} */
  #session = null;
  /** @type {string | null} */
  #lane = null;
  #plane = planeOf([]);
  #title = "";

  constructor() {
    this.canvas = html("canvas", { class: "lane-map", tabindex: 0, role: "application", "aria-roledescription": TEXT.mapRole });
    this.mark = html("span", { class: "map-mark" });
    this.cursor = html("span", { class: "map-cursor" });
    this.word = html("span", { class: "map-word", role: "status" });
    this.across = html("span", { class: "map-axis" });
    this.element = html("div", { class: "lane-map-line" }, html("div", { class: "lane-map-box" }, this.canvas, this.mark, this.cursor), html("div", { class: "map-legend" }, this.across, this.word));
    const at = (/** @type {MouseEvent} */ event) => {
      const { left, top, width, height } = this.canvas.getBoundingClientRect();
      const on = (/** @type {number} */ share, /** @type {number} */ count) => Math.min(count - 1, Math.max(0, Math.floor(share * count)));
      return this.#plane.flat(on((event.clientY - top) / height, this.#plane.rows), on((event.clientX - left) / width, this.#plane.columns));
    };
    this.canvas.addEventListener("pointermove", (event) => this.#point(at(event)));
    this.canvas.addEventListener("pointerleave", () => this.#leave());
    this.canvas.addEventListener("blur", () => this.#leave());
    this.canvas.addEventListener("click", (event) => this.#choose(at(event)));
    this.canvas.addEventListener("keydown", (event) => this.#key(event));
  }

  /**
   * @param {Session} session @param {string} title @param {ArrayLike<number>} values @param {import("../colours.js").Scale} scale
   * @param {string | null} lane @param {number | null} element  the chosen one
   */
  show(session, title, values, scale, lane, element) {
    this.#session = session;
    this.#values = values;
    this.#lane = lane;
    this.#title = title;
    this.#plane = planeOf(axesOf(session, lane));
    const { rows, columns, flat, across, down } = this.#plane;
    this.#cursor = Math.min(this.#cursor, values.length - 1);
    const ordered = down.length === 0 || across.length > 1 ? Float32Array.from({ length: rows * columns }, (_, k) => values[flat(Math.floor(k / columns), k % columns)]) : transposed(values, rows, columns);
    paint(session, this.canvas, ordered, rows, columns, scale);
    this.element.style.setProperty("--rows", String(rows));
    this.element.style.setProperty("--columns", String(columns));
    put(this.canvas, "aria-label", TEXT.map(title, rows, columns));
    // (One number needs no map.)
    this.element.hidden = values.length < 2;
    say(this.across, TEXT.plane(across, down, axesOf(session, lane), session.state.network.cell));
    this.#place(this.mark, element);
  }

  /** @param {HTMLElement} mark @param {number | null} element */
  #place(mark, element) {
    mark.classList.toggle("shown", element !== null && element < this.#values.length);
    if (element === null) return;
    const { row, column } = this.#plane.cell(element);
    mark.style.setProperty("--row", String(row));
    mark.style.setProperty("--column", String(column));
  }

  /** @param {number} element */
  #point(element) {
    const session = /** @type {Session} */ (this.#session);
    this.#cursor = element;
    this.#place(this.cursor, element);
    say(this.word, TEXT.element(this.#lane ?? this.#title, placeText(session, this.#lane, element), short(this.#values[element] ?? NaN)));
    session.setHover({ t: session.selection.t, lane: this.#lane, unit: session.selection.unit });
  }

  #leave() {
    this.#place(this.cursor, null);
    say(this.word, "");
    this.#session?.setHover({ t: null, unit: null, lane: null });
  }

  /** @param {number} element */
  #choose(element) {
    const session = this.#session;
    if (session) void session.select(placeOf(session, this.#lane, element));
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const { rows, columns, cell, flat } = this.#plane;
    const moves = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0], Home: [0, -Infinity], End: [0, Infinity], PageUp: [-Infinity, 0], PageDown: [Infinity, 0] };
    const move = moves[event.key];
    if (move) {
      const at = cell(this.#cursor);
      const within = (/** @type {number} */ v, /** @type {number} */ count) => Math.min(count - 1, Math.max(0, v));
      this.#point(flat(within(at.row + move[0], rows), within(at.column + move[1], columns)));
    } else if (event.key === "Enter" || event.key === " ") this.#choose(this.#cursor);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}

/** Columns × rows as rows × columns. @param {ArrayLike<number>} values @param {number} rows @param {number} columns */
function transposed(values, rows, columns) {
  return Float32Array.from({ length: rows * columns }, (_, k) => values[(k % columns) * rows + Math.floor(k / columns)]);
}

more.map = () => new LaneMap();
