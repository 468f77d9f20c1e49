// A sentence over the common time axis: its words, and what the network would answer after each of them.
import { draw, write } from "../dom.js";
import { path } from "./scale.js";
import { TEXT } from "../../strings/en.js";

export class Words {
  root = draw("svg", { class: "chart words" });
  #words = draw("g", { class: "chips" });
  #grid = draw("g", { class: "grid" });
  #axis = draw("g", { class: "axis" });
  #lines = draw("g", { class: "answers" });
  #cursor = draw("line", { class: "cursor" });
  #hover = draw("line", { class: "hover" });
  #dots = draw("g", { class: "dots" });
  #box = { left: 0, right: 1, top: 0, bottom: 1, steps: 1 };

  constructor() {
    this.root.append(this.#grid, this.#hover, this.#cursor, this.#lines, this.#dots, this.#words, this.#axis);
  }

  x = (/** @type {number} */ t) => this.#box.left + ((t + 0.5) / this.#box.steps) * (this.#box.right - this.#box.left);
  /** @param {number} x */
  stepAt(x) {
    const { left, right, steps } = this.#box;
    return Math.min(steps - 1, Math.max(0, Math.floor(((x - left) / (right - left)) * steps)));
  }

  /**
   * @param {import("../../engine/session.js").Session} session
   * @param {number} width
   * @param {number} height
   * @param {number} letter
   */
  draw(session, width, height, letter) {
    const { tokens, classes } = session.sequence;
    const { left, right } = session.axis;
    const { steps } = session;
    const cell = (width - left - right) / steps;
    const longest = Math.max(...tokens.map(({ token }) => token.length));
    const slanted = longest * letter * 0.62 + 8 > cell;
    const room = slanted ? Math.min(height * 0.6, longest * letter * 0.5 + letter * 1.2) : letter * 2.2;
    this.#box = { left, right: width - right, top: room + 4, bottom: height - 8, steps };
    write(this.root, { viewBox: `0 0 ${width} ${height}`, width, height });
    this.#words.replaceChildren(...tokens.map((token, t) => this.#chip(token, t, { cell, slanted, room, letter })));

    const { top, bottom } = this.#box;
    const y = (/** @type {number} */ p) => bottom - p * (bottom - top);
    const answers = Array.from({ length: steps }, (_, t) => session.prediction(t));
    const known = answers.every(Array.isArray);
    const count = known ? /** @type {number[]} */ (answers[0]).length : 0;
    this.#grid.replaceChildren(
      ...(known ? [0, 0.5, 1] : []).map((p) => draw("line", { x1: left, x2: width - right, y1: y(p), y2: y(p), class: p === 0.5 ? "zero" : null })),
    );
    // Of two classes, one line says all: up is the second, down the first.
    const which = count === 2 ? [1] : Array.from({ length: Math.min(count, 6) }, (_, k) => k);
    const series = which.map((k) => answers.map((answer) => /** @type {number[]} */ (answer)[k]));
    this.#lines.replaceChildren(...series.map((values) => draw("path", { d: path(values, this.x, y), class: "answer" })));
    this.#dots.replaceChildren(
      ...series.flatMap((values) => values.map((p, t) => draw("circle", { cx: this.x(t), cy: y(p), r: 3, "data-t": t }))),
    );
    // Beside the figure where there is room, else on its line.
    const side = (/** @type {string} */ text, /** @type {number} */ p) =>
      text.length * letter * 0.6 < left - 8
        ? draw("text", { x: left - 8, y: y(p) + letter * 0.35, "text-anchor": "end", text })
        : draw("text", { x: 4, y: y(p) - 4, text });
    this.#axis.replaceChildren(
      ...(known && count === 2 ? [side(classes[1] ?? TEXT.sequence.output(1), 1), side("50 %", 0.5), side(classes[0] ?? TEXT.sequence.output(0), 0)] : []),
    );
    this.move(session);
  }

  /** @param {{token: string, known: boolean}} token @param {number} t @param {{cell: number, slanted: boolean, room: number, letter: number}} how */
  #chip({ token, known }, t, { cell, slanted, room, letter }) {
    const x = this.x(t);
    const text = draw("text", {
      x,
      y: slanted ? room : room - letter * 0.75,
      "text-anchor": slanted ? "end" : "middle",
      transform: slanted ? `rotate(50 ${x} ${room})` : null,
      text: token,
    });
    const box = slanted ? [] : [draw("rect", { x: x - cell / 2 + 2, y: 2, width: Math.max(1, cell - 4), height: room - 4, rx: 3 })];
    const title = known ? [] : [draw("title", { text: TEXT.sequence.unknown(token) })];
    return draw("g", { class: known ? "chip" : "chip unknown", "data-t": t }, ...title, ...box, text);
  }

  /** @param {import("../../engine/session.js").Session} session */
  move(session) {
    const { t } = session.selection;
    const x = this.x(t);
    write(this.#cursor, { x1: x, x2: x, y1: this.#box.top - 6, y2: this.#box.bottom });
    for (const chip of this.#words.children) {
      const k = Number(/** @type {SVGElement} */ (chip).dataset.t);
      chip.classList.toggle("now", k === t);
      chip.classList.toggle("coming", k > t);
    }
    for (const dot of this.#dots.children) {
      const k = Number(/** @type {SVGElement} */ (dot).dataset.t);
      dot.classList.toggle("now", k === t);
      dot.classList.toggle("coming", k > t);
    }
  }

  /** @param {import("../../engine/session.js").Session} session */
  hover(session) {
    const { t } = session.hover;
    const shown = t !== null && t < session.steps;
    write(this.#hover, { visibility: shown ? null : "hidden" });
    if (shown) write(this.#hover, { x1: this.x(t), x2: this.x(t), y1: this.#box.top - 6, y2: this.#box.bottom });
  }
}
