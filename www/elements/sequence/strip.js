// The whole year, small: a window on it is what the network reads. Drag it, or move it with the keys.
import { draw, write } from "../dom.js";
import { range } from "./scale.js";
import { TEXT } from "../../strings/en.js";

const DAY = 24;
const MOVES = { ArrowRight: 6, ArrowUp: 6, ArrowLeft: -6, ArrowDown: -6, PageUp: 7 * DAY, PageDown: -7 * DAY };

export class Strip {
  root = draw("svg", { class: "strip", role: "slider", tabindex: 0, "aria-label": TEXT.sequence.window });
  #area = draw("path", { class: "year" });
  #months = draw("g", { class: "axis" });
  #window = draw("rect", { class: "window", y: 0.5, rx: 2 });
  #box = { left: 0, width: 1, start: 0, hours: 1 };
  #drawn = "";
  /** Hours between the window's start and where it was taken. */
  #grip = 0;

  /**
   * @param {(start: number, done: boolean) => void} move
   * @param {() => {start: number, steps: number}} now
   */
  constructor(move, now) {
    this.root.append(this.#area, this.#months, this.#window);
    const hour = (/** @type {PointerEvent} */ event) => {
      const x = event.clientX - this.root.getBoundingClientRect().left;
      return this.#box.start + ((x - this.#box.left) / this.#box.width) * this.#box.hours;
    };
    const within = (/** @type {number} */ start) =>
      Math.round(Math.min(this.#box.start + this.#box.hours - now().steps - 1, Math.max(this.#box.start, start)));
    this.root.addEventListener("pointerdown", (/** @type {PointerEvent} */ event) => {
      if (event.button !== 0) return;
      this.root.setPointerCapture(event.pointerId);
      const { start, steps } = now();
      const at = hour(event);
      const near = (8 / this.#box.width) * this.#box.hours;
      this.#grip = at >= start - near && at <= start + steps + near ? at - start : steps / 2;
      move(within(at - this.#grip), false);
    });
    this.root.addEventListener("pointermove", (/** @type {PointerEvent} */ event) => {
      if (this.root.hasPointerCapture(event.pointerId)) move(within(hour(event) - this.#grip), false);
    });
    this.root.addEventListener("pointerup", (/** @type {PointerEvent} */ event) => {
      if (this.root.hasPointerCapture(event.pointerId)) move(within(hour(event) - this.#grip), true);
    });
    this.root.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
      const by = MOVES[event.key];
      if (by === undefined) return;
      event.preventDefault();
      event.stopPropagation();
      move(within(now().start + by), true);
    });
  }

  /**
   * @param {import("../../engine/session.js").Session} session
   * @param {number} width
   * @param {number} height
   * @param {number} letter
   */
  draw(session, width, height, letter) {
    const { weather } = session.library;
    const { data } = session.state;
    if (!weather) return;
    const series = weather.series(data.station);
    const { left, right } = session.axis;
    this.#box = { left, width: width - left - right, start: weather.start, hours: series.length };
    const x = (/** @type {number} */ hour) => left + ((hour - weather.start) / series.length) * this.#box.width;
    const key = `${data.station} ${width} ${height} ${letter}`;
    if (key !== this.#drawn) {
      this.#drawn = key;
      write(this.root, { viewBox: `0 0 ${width} ${height}`, width, height });
      this.#drawYear(series, weather.start, x, height, letter);
    }
    const from = x(data.start);
    write(this.#window, { x: from, width: Math.max(4, x(data.start + data.steps) - from), height: height - 1 });
    write(this.root, {
      "aria-valuemin": weather.start,
      "aria-valuemax": weather.start + series.length - data.steps,
      "aria-valuenow": data.start,
      "aria-valuetext": TEXT.sequence.windowAt(data.start, data.steps),
    });
  }

  /** Each day's coldest and warmest reading. @param {Float32Array} series @param {number} start @param {(hour: number) => number} x @param {number} height @param {number} letter */
  #drawYear(series, start, x, height, letter) {
    const days = [];
    for (let k = 0; k < series.length; k += DAY) {
      const of = [...series.subarray(k, k + DAY)].filter((v) => !Number.isNaN(v));
      if (of.length > 0) days.push({ x: x(start + k + DAY / 2), low: Math.min(...of), high: Math.max(...of) });
    }
    const { low, high } = range(days.flatMap((day) => [day.low, day.high]), 1);
    const foot = height - letter * 1.15;
    const y = (/** @type {number} */ v) => (foot - ((v - low) / (high - low)) * (foot - 1)).toFixed(1);
    const top = days.map((day) => `${day.x.toFixed(1)} ${y(day.high)}`);
    const bottom = days.map((day) => `${day.x.toFixed(1)} ${y(day.low)}`).reverse();
    write(this.#area, { d: `M${top.join("L")}L${bottom.join("L")}Z` });
    const months = [];
    for (let hour = start; hour < start + series.length; hour += DAY) {
      const date = new Date(Math.ceil(hour / DAY) * DAY * 3_600_000);
      if (date.getUTCDate() === 1 || hour === start) {
        const name = TEXT.month(date, this.#box.width / 12 > letter * 2.4);
        months.push(draw("text", { x: x(hour) + 3, y: height - 3, text: name }));
      }
    }
    this.#months.replaceChildren(...months);
  }
}
