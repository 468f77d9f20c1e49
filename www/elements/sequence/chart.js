// The curve of readings over the common time axis: what was read, what comes, the network's forecast, what was changed.
import { draw, say, write } from "../dom.js";
import { hourTicks, path, range, ticks } from "./scale.js";
import { decimal, TEXT } from "../../strings/en.js";

const FOOT = 1.35; // height of the time labels, in line heights

export class Chart {
  root = draw("svg", { class: "chart" });
  handle = draw("circle", { class: "handle", r: 4.5, tabindex: 0, role: "slider", "aria-orientation": "vertical" });
  #clip = draw("rect", { x: 0, y: 0 });
  #grid = draw("g", { class: "grid" });
  #axis = draw("g", { class: "axis" });
  #ghost = draw("path", { class: "ghost" });
  #coming = draw("path", { class: "coming" });
  #past = draw("path", { class: "past", "clip-path": "url(#sequence-read)" });
  #forecast = draw("path", { class: "forecast" });
  #edited = draw("g", { class: "edited" });
  #cursor = draw("line", { class: "cursor" });
  #hover = draw("line", { class: "hover" });
  #hoverText = draw("text", { class: "hover-text" });
  #link = draw("line", { class: "link" });
  #said = draw("circle", { class: "said", r: 4 });
  /** @type {{left: number, right: number, top: number, bottom: number, steps: number, low: number, high: number}} */
  #box = { left: 0, right: 1, top: 0, bottom: 1, steps: 1, low: 0, high: 1 };
  /** Keeps the vertical scale while a value is dragged. */
  frozen = false;

  constructor() {
    this.root.append(
      draw("defs", {}, draw("clipPath", { id: "sequence-read" }, this.#clip)),
      this.#grid,
      this.#hover,
      this.#cursor,
      this.#ghost,
      this.#coming,
      this.#past,
      this.#forecast,
      this.#edited,
      this.#link,
      this.#said,
      this.handle,
      this.#axis,
      this.#hoverText,
    );
  }

  /** @param {number} t */
  x = (t) => this.#box.left + ((t + 0.5) / this.#box.steps) * (this.#box.right - this.#box.left);
  /** @param {number} value */
  y = (value) => {
    const { top, bottom, low, high } = this.#box;
    const share = (value - low) / (high - low);
    return bottom - Math.min(3, Math.max(-2, share)) * (bottom - top);
  };
  /** The step under a place. @param {number} x  CSS px from the chart's left edge */
  stepAt(x) {
    const { left, right, steps } = this.#box;
    return Math.min(steps - 1, Math.max(0, Math.floor(((x - left) / (right - left)) * steps)));
  }
  /** The value at a height. @param {number} y  CSS px from the chart's top */
  valueAt(y) {
    const { top, bottom, low, high } = this.#box;
    return low + ((bottom - y) / (bottom - top)) * (high - low);
  }
  /** Whether a place is on the handle. @param {number} x @param {number} y */
  onHandle(x, y) {
    if (this.handle.hasAttribute("visibility")) return false;
    return Math.hypot(x - Number(this.handle.getAttribute("cx")), y - Number(this.handle.getAttribute("cy"))) < 12;
  }

  /**
   * Everything: after new data or another size.
   * @param {import("../../engine/session.js").Session} session
   * @param {number} width
   * @param {number} height
   * @param {number} letter  height of the small type, CSS px
   */
  draw(session, width, height, letter) {
    const { sequence } = session;
    const { left, right } = session.axis;
    const forecasts = Array.from({ length: session.steps }, (_, t) => /** @type {number} */ (session.prediction(t) ?? NaN));
    const read = range([...sequence.shown, ...sequence.original], sequence.unit ? 8 : 1);
    // A forecast that runs away leaves the figure; it does not flatten the readings.
    const air = read.high - read.low;
    const near = forecasts.filter((v) => v > read.low - air / 2 && v < read.high + air / 2);
    const scale = this.frozen ? this.#box : range([read.low, read.high, ...near], 0);
    const bottom = height - FOOT * letter * 1.35;
    this.#box = { left, right: width - right, top: 6, bottom, steps: session.steps, low: scale.low, high: scale.high };
    write(this.root, { viewBox: `0 0 ${width} ${height}`, width, height });
    const wide = width - left - right;
    write(this.#clip, { height, width });

    const vertical = ticks(scale.low, scale.high, Math.max(2, (bottom - 6) / (letter * 1.7)));
    this.#grid.replaceChildren(
      ...vertical.values.map((v) => draw("line", { x1: left, x2: width - right, y1: this.y(v), y2: this.y(v), class: v === 0 ? "zero" : null })),
    );
    const unit = sequence.unit ? ` ${sequence.unit}` : "";
    const labels = vertical.values.map((v, k) =>
      draw("text", {
        x: left - 8,
        y: this.y(v) + letter * 0.35,
        "text-anchor": "end",
        text: decimal(v, vertical.digits) + (k === vertical.values.length - 1 ? unit : ""),
      }),
    );
    this.#axis.replaceChildren(...labels, ...this.#times(session, wide / session.steps, letter));

    write(this.#ghost, { d: sequence.edited.size > 0 ? path(sequence.original, this.x, this.y) : "" });
    const line = path(sequence.shown, this.x, this.y);
    write(this.#coming, { d: line });
    write(this.#past, { d: line });
    // The forecast made at step t is for step t + 1.
    write(this.#forecast, { d: path([NaN, ...forecasts.slice(0, -1)], this.x, this.y) });
    this.#edited.replaceChildren(
      ...[...sequence.edited].map((t) => draw("circle", { cx: this.x(t), cy: this.y(sequence.shown[t]), r: 3.5 })),
    );
    this.move(session);
  }

  /** @param {import("../../engine/session.js").Session} session @param {number} width @param {number} letter */
  #times(session, width, letter) {
    const y = this.#box.bottom + letter * 1.45;
    const { sequence, state, steps } = session;
    if (sequence.kind !== "weather") {
      const { values } = ticks(1, steps, Math.max(2, (steps * width) / (letter * 5)));
      return values
        .filter((v) => Number.isInteger(v) && v >= 1)
        .map((v) => draw("text", { x: this.x(v - 1), y, "text-anchor": "middle", text: String(v) }));
    }
    return hourTicks(state.data.start, steps, width, letter * 0.62).flatMap(({ t, kind }) => {
      const day = kind === "day";
      const x = this.x(t);
      const line = day ? [draw("line", { x1: x, x2: x, y1: this.#box.top, y2: this.#box.bottom + 4, class: "midnight" })] : [];
      const words = day ? TEXT.shortDay(state.data.start + t) : session.labels(t).short;
      return [...line, draw("text", { x, y, "text-anchor": "middle", class: kind, text: words })];
    });
  }

  /** What depends on the chosen step. @param {import("../../engine/session.js").Session} session */
  move(session) {
    const { t } = session.selection;
    const { top, bottom } = this.#box;
    const x = this.x(t);
    const half = this.x(1) - this.x(0);
    write(this.#clip, { width: Math.max(0, x) });
    write(this.#cursor, { x1: x, x2: x, y1: top - 6, y2: bottom });
    const value = session.sequence.shown[t];
    const known = Number.isFinite(value);
    write(this.handle, {
      cx: x,
      cy: known ? this.y(value) : bottom,
      visibility: known ? null : "hidden",
      "aria-label": TEXT.sequence.reading,
      "aria-valuenow": known ? Number(value.toFixed(2)) : null,
      "aria-valuemin": -100,
      "aria-valuemax": 100,
      "aria-valuetext": session.unitText(value),
    });
    const said = session.prediction(t);
    const shown = typeof said === "number" && Number.isFinite(said);
    write(this.#said, { visibility: shown ? null : "hidden", cx: x + half, cy: shown ? this.y(said) : 0 });
    write(this.#link, {
      visibility: shown && known ? null : "hidden",
      x1: x,
      y1: known ? this.y(value) : 0,
      x2: x + half,
      y2: shown ? this.y(said) : 0,
    });
  }

  /** @param {import("../../engine/session.js").Session} session */
  hover(session) {
    const { t } = session.hover;
    const shown = t !== null && t < session.steps;
    write(this.#hover, { visibility: shown ? null : "hidden" });
    write(this.#hoverText, { visibility: shown ? null : "hidden" });
    if (!shown) return;
    const x = this.x(t);
    const late = t > session.steps / 2;
    write(this.#hover, { x1: x, x2: x, y1: 0, y2: this.#box.bottom });
    write(this.#hoverText, { x: x + (late ? -6 : 6), y: 12, "text-anchor": late ? "end" : "start" });
    say(this.#hoverText, `${session.labels(t).short}  ${session.unitText(/** @type {number} */ (session.inputAt(t)))}`);
  }
}
