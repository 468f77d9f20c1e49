// Beside the unit: a place on each of the other axes that lanes have.
import { html, put } from "../dom.js";
import { freeAxes, placesNow } from "./places.js";
import { MODERN as TEXT } from "../../../strings/en-cells.js";

/** @typedef {import("../../../engine/session.js").Session} Session */

export class PlaceChooser {
  element = html("span", { class: "place-chooser" });
  #built = "";

  /** @param {Session} session */
  show(session) {
    const free = session.selection.unit === null ? [] : freeAxes(session);
    const built = JSON.stringify([session.spec.title, free]);
    if (built !== this.#built) {
      this.#built = built;
      this.element.replaceChildren(...free.map((axis) => this.#field(session, axis)));
    }
    for (const { name, at } of free.length > 0 ? placesNow(session) : []) {
      const field = /** @type {HTMLInputElement} */ (this.element.querySelector(`[name="${name}"]`));
      if (document.activeElement !== field) field.value = String(at);
    }
  }

  /** @param {Session} session @param {import("../axes.js").Axis} axis */
  #field(session, { name, extent }) {
    const choose = (/** @type {number} */ at) => {
      const place = { ...session.selection.place, [name]: Math.min(extent - 1, Math.max(0, at)) };
      void session.select({ place });
    };
    const now = () => placesNow(session).find((axis) => axis.name === name)?.at ?? 0;
    const words = TEXT.axis(name, session.state.network.cell);
    const field = html("input", { type: "number", name, min: 0, max: extent - 1, "aria-label": TEXT.axisLabel(words, extent - 1) });
    field.addEventListener("input", () => field.value !== "" && choose(Math.round(Number(field.value))));
    field.addEventListener("keydown", (event) => event.stopPropagation());
    field.addEventListener("blur", () => put(field, "value", (field.value = String(now()))));
    const button = (/** @type {string} */ sign, /** @type {number} */ by) =>
      html("button", { type: "button", "aria-label": TEXT.axisStep(words, by), onclick: () => choose(now() + by) }, sign);
    return html("span", { class: "place-field" }, html("span", { class: "place-name" }, words), html("span", { class: "unit-field" }, button("‹", -1), field, button("›", 1)));
  }
}
