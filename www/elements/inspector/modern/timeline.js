// One number of every step as bars over the run, the shown step marked; a press goes to a step.
import { svg, put } from "../dom.js";

/** @typedef {import("../../../engine/session.js").Session} Session */

const [WIDTH, HEIGHT] = [720, 64];

export class Timeline {
  element = svg("svg", { class: "timeline", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img" });
  #bars = svg("path", { class: "timeline-bars" });
  #lost = svg("path", { class: "timeline-lost" });
  #now = svg("rect", { class: "timeline-now", y: 0, height: HEIGHT });
  /** @type {Session | null} */
  #session = null;
  /** @type {Float32Array} */
  #values = new Float32Array();

  constructor() {
    this.element.append(svg("rect", { class: "timeline-ground", width: WIDTH, height: HEIGHT }), this.#bars, this.#lost, this.#now);
    this.element.addEventListener("click", (event) => {
      const { left, width } = this.element.getBoundingClientRect();
      const session = this.#session;
      session?.pause();
      void session?.seek(Math.floor(((event.clientX - left) / width) * this.#values.length));
    });
  }

  /** @param {Session} session @param {Float32Array} values  one a step @param {string} label */
  show(session, values, label) {
    this.#session = session;
    this.#values = values;
    const finite = [...values].filter(Number.isFinite);
    const [low, high] = [Math.min(0, ...finite), Math.max(0, ...finite)];
    const span = high - low || 1;
    const y = (/** @type {number} */ v) => ((high - v) / span) * HEIGHT;
    const pitch = WIDTH / values.length;
    const bar = (/** @type {number} */ t, /** @type {number} */ a, /** @type {number} */ b) => `M${(t * pitch + pitch * 0.1).toFixed(2)} ${a.toFixed(2)}h${(pitch * 0.8).toFixed(2)}V${b.toFixed(2)}h${(-pitch * 0.8).toFixed(2)}z`;
    const [bars, lost] = [/** @type {string[]} */ ([]), /** @type {string[]} */ ([])];
    values.forEach((v, t) => (Number.isFinite(v) ? bars.push(bar(t, y(v), y(0))) : lost.push(bar(t, 0, HEIGHT))));
    put(this.#bars, "d", bars.join(""));
    put(this.#lost, "d", lost.join(""));
    put(this.#now, "x", (session.selection.t * pitch).toFixed(2));
    put(this.#now, "width", pitch.toFixed(2));
    put(this.element, "aria-label", label);
  }
}
