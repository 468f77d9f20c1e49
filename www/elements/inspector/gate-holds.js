// A gate's switches: hold it shut or open, for the shown unit or all, at every step; and let it go.
import { elementOf } from "./axes.js";
import { html } from "./dom.js";
import { placeWords } from "./more.js";
import { INSPECTOR as TEXT } from "../../strings/en-inspector.js";

/** @typedef {import("../../engine/session.js").Session} Session */

export class GateHolds {
  /** @type {Session | null} */
  #session = null;
  #lane = "";
  #words = html("span", {});
  #free = html("button", { type: "button", onclick: () => this.#set(null) }, TEXT.release);
  #fixed = [0, 1].map((value) => html("button", { type: "button", onclick: () => this.#set(value) }, String(value)));
  #element = html("div", { class: "gate-holds", role: "group" }, this.#words, this.#free, ...this.#fixed);

  /** @param {Session} session @param {string} lane */
  show(session, lane) {
    this.#session = session;
    this.#lane = lane;
    const words = TEXT.gateHolds(lane, placeWords(session, lane, elementOf(session, lane)));
    this.#words.textContent = words;
    this.#element.setAttribute("aria-label", words);
    const held = this.#holds().at(-1)?.value ?? null;
    [this.#free, ...this.#fixed].forEach((button, k) => button.setAttribute("aria-pressed", String(held === (k === 0 ? null : k - 1))));
    return this.#element;
  }

  /** The holds of this lane that reach all that is shown, at this step. @returns {any[]} */
  #holds() {
    const session = /** @type {Session} */ (this.#session);
    const { layer, direction, t } = session.selection;
    const unit = elementOf(session, this.#lane);
    return session.state.interventions.filter(
      (i) => i.kind === "hold" && i.layer === layer && i.direction === direction && i.lane === this.#lane && (i.unit === "all" || i.unit === unit) && t >= i.from && t < i.to,
    );
  }

  /** @param {number | null} value */
  #set(value) {
    const session = this.#session;
    if (!session) return;
    const { layer, direction } = session.selection;
    const unit = elementOf(session, this.#lane);
    const mine = this.#holds();
    const others = session.state.interventions.filter((i) => !mine.includes(i));
    const hold = { kind: "hold", layer, direction, lane: this.#lane, unit: unit ?? "all", value, from: 0, to: session.steps };
    void session.set({ interventions: value === null ? others : [...others, hold] });
  }
}
