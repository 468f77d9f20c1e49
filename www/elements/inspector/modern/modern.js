// What the inspector shows beside diagram and sub-steps: what is new in this cell, a place on its other axes, its own picture.
import { html, say } from "../dom.js";
import { needsMore } from "../more.js";
import { PlaceChooser } from "./chooser.js";
import { pictureOf } from "./pictures.js";
import { NEWS, NEWS_TITLE } from "../../../strings/en-cells.js";

/** @typedef {import("../../../engine/session.js").Session} Session */

export class Modern {
  #chooser = new PlaceChooser();
  #title = html("summary", {});
  #text = html("p", { class: "step-text" });
  #news = html("details", { class: "cell-news" }, this.#title, this.#text);
  #of = "";
  #place = html("div", { class: "cell-pictures" });
  /** @type {import("./pictures.js").Picture | null} */
  #picture = null;
  #pictured = "";

  /** @param {Element} inspector */
  constructor(inspector) {
    inspector.querySelector(".unit-chooser")?.after(this.#chooser.element);
    inspector.querySelector(".inspector-head")?.append(this.#news);
    inspector.querySelector("cell-diagram")?.after(this.#place);
  }

  /** @param {Session} session */
  update(session) {
    this.news(session);
    this.#chooser.show(session);
    const { spec, summary, state } = session;
    const pictured = JSON.stringify([spec.title, state.network.cell, summary.options]);
    if (pictured !== this.#pictured) {
      this.#pictured = pictured;
      this.#picture = pictureOf(session);
      this.#place.replaceChildren(...(this.#picture ? [this.#picture.element] : []));
    }
    this.#picture?.show(session);
  }

  /** Folded up for the cell that the page opens with: it is asked for, or it comes with the choice of another cell. @param {Session} session */
  news({ state, spec, registry }) {
    const { cell } = state.network;
    if (cell === this.#of) return;
    const first = this.#of === "";
    this.#of = cell;
    this.#news.hidden = !NEWS[cell];
    this.#news.open = !first || needsMore(spec);
    say(this.#title, NEWS_TITLE(registry.cells.find((/** @type {any} */ c) => c.name === cell)?.title ?? spec.title));
    say(this.#text, NEWS[cell] ?? "");
  }
}
