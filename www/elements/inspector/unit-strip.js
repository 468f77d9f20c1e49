// All units of one quantity as a strip of coloured cells; one of them can be chosen.
import { paint } from "./colours.js";
import { html, put, say } from "./dom.js";
import { short } from "./numbers.js";
import { INSPECTOR as TEXT } from "../../strings/en-inspector.js";

/** @typedef {import("../../engine/session.js").Session} Session */

export class UnitStrip {
  #cursor = 0;
  /** @type {Float32Array} */
  #values = new Float32Array();
  /** @type {Session | null} */
  #session = null;

  constructor() {
    this.canvas = html("canvas", { class: "unit-strip", tabindex: 0, role: "slider", "aria-orientation": "horizontal" });
    this.mark = html("span", { class: "strip-mark" });
    this.word = html("span", { class: "strip-word" });
    this.element = html("div", { class: "strip-line" }, html("div", { class: "strip-box" }, this.canvas, this.mark), this.word);
    const at = (/** @type {PointerEvent | MouseEvent} */ event) => {
      const { left, width } = this.canvas.getBoundingClientRect();
      return Math.min(this.#values.length - 1, Math.max(0, Math.floor(((event.clientX - left) / width) * this.#values.length)));
    };
    this.canvas.addEventListener("pointermove", (event) => this.#point(at(event)));
    this.canvas.addEventListener("pointerleave", () => this.#leave());
    this.canvas.addEventListener("blur", () => this.#leave());
    this.canvas.addEventListener("click", (event) => void this.#session?.select({ unit: at(event) }));
    this.canvas.addEventListener("keydown", (event) => this.#key(event));
  }

  /** @param {Session} session @param {string} title @param {Float32Array} values @param {import("./colours.js").Scale} scale */
  show(session, title, values, scale) {
    this.#session = session;
    this.#values = values;
    this.#cursor = Math.min(this.#cursor, values.length - 1);
    paint(session, this.canvas, values, 1, values.length, scale);
    put(this.canvas, "aria-label", TEXT.strip(title, values.length));
    put(this.canvas, "aria-valuemin", "0");
    put(this.canvas, "aria-valuemax", String(values.length - 1));
    this.#speak();
  }

  #speak() {
    put(this.canvas, "aria-valuenow", String(this.#cursor));
    put(this.canvas, "aria-valuetext", TEXT.stripUnit(this.#cursor, short(this.#values[this.#cursor] ?? NaN)));
  }

  /** @param {number} unit */
  #point(unit) {
    this.#cursor = unit;
    const share = 1 / this.#values.length;
    this.mark.style.setProperty("--at", String(unit * share));
    this.mark.style.setProperty("--size", String(share));
    this.mark.classList.add("shown");
    say(this.word, TEXT.stripUnit(unit, short(this.#values[unit])));
    this.#speak();
    this.#session?.setHover({ t: this.#session.selection.t, unit });
  }

  #leave() {
    this.mark.classList.remove("shown");
    say(this.word, "");
    this.#session?.setHover({ t: null, unit: null });
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const moves = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity };
    if (event.key in moves) this.#point(Math.min(this.#values.length - 1, Math.max(0, this.#cursor + moves[event.key])));
    else if (event.key === "Enter" || event.key === " ") void this.#session?.select({ unit: this.#cursor });
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}
