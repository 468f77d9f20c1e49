// The numbers behind a plot, as a table that is made when somebody opens it.
import { isPerUnit } from "../inspector/axes.js";
import { more } from "../inspector/more.js";
import { make } from "../dom.js";
import { PLOTS } from "../../strings/en-plots.js";

/** A table of more units is no longer read; the CSV has all. */
const MOST_UNITS = 32;
/** An open table follows changes at most this often. Milliseconds. */
const PACE = 300;

/**
 * @typedef {object} Source
 * @property {import("../../engine/session.js").Session} session
 * @property {import("./view.js").PlotSpec} spec
 * @property {string} title
 * @property {import("./card.js").Series[]} series
 * @property {string | null} lane  of a heatmap
 */

export class Table {
  #source;
  #place = make("div", { class: "scroll", tabindex: 0, role: "region" });
  #timer = 0;

  /** @param {() => Source} source */
  constructor(source) {
    this.#source = source;
    this.root = make("details", { class: "data", on: { toggle: () => this.#fill() } }, make("summary", { text: PLOTS.data }), this.#place);
  }

  /** The data are new. */
  update() {
    if (!this.root.open || this.#timer) return;
    this.#timer = window.setTimeout(() => {
      this.#timer = 0;
      this.#fill();
    }, PACE);
  }

  #fill() {
    if (!this.root.open) return this.#place.replaceChildren();
    const { session, title, series, lane } = this.#source();
    const { columns, note } = lane === null ? { columns: linesOf(series), note: "" } : unitsOf(session, lane);
    const named = session.sequence.kind !== "wave" && session.sequence.kind !== "draw";
    const head = [PLOTS.step, ...(named ? [PLOTS.label] : []), ...columns.map((column) => column.name)];
    const rows = Array.from({ length: session.steps }, (_, t) =>
      make(
        "tr",
        {},
        make("th", { scope: "row", text: String(t + 1) }),
        ...(named ? [make("td", { text: session.labels(t).short })] : []),
        ...columns.map((column) => make("td", { text: PLOTS.value(column.at(t)) })),
      ),
    );
    const table = make(
      "table",
      {},
      make("caption", { class: "visually-hidden", text: PLOTS.table(title) }),
      make("thead", {}, make("tr", {}, ...head.map((text) => make("th", { scope: "col", text })))),
      make("tbody", {}, ...rows),
    );
    this.#place.setAttribute("aria-label", PLOTS.table(title));
    this.#place.replaceChildren(...(note ? [make("p", { text: note })] : []), table);
  }
}

/** @param {import("./card.js").Series[]} series */
function linesOf(series) {
  return series.map(({ name, values }) => ({ name, at: (/** @type {number} */ t) => values[t] }));
}

/** @param {import("../../engine/session.js").Session} session @param {string} lane */
function unitsOf(session, lane) {
  const { layer, direction } = session.selection;
  const values = session.trace.lane(layer, direction, lane);
  const units = values.length / session.steps;
  const plain = isPerUnit(session.spec.lanes.find((/** @type {any} */ l) => l.name === lane));
  const shown = Math.min(units, MOST_UNITS);
  const columns = Array.from({ length: shown }, (_, j) => ({ name: plain ? PLOTS.unit(j) : `${lane}[${more.place?.(session, lane, j) ?? j}]`, at: (/** @type {number} */ t) => values[t * units + j] }));
  return { columns, note: shown < units ? PLOTS.cut(shown, units) : "" };
}
