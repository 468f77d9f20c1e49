// What each network is and costs, side by side.
import { button } from "../controls.js";
import { make, say } from "../dom.js";
import { hand } from "../plots/files.js";
import { ComparisonElement } from "./dom.js";
import { multiplyAddsOf } from "../../engine/compare-plan.js";
import { COMPARE } from "../../strings/en-compare.js";

const WORDS = COMPARE.table;

class CompareTable extends ComparisonElement {
  static listens = ["view", "results", "seeds"];
  #body = make("tbody", {});
  #note = make("p", { class: "hint" });
  #took = make("p", { class: "hint took", role: "status" });

  build() {
    const head = make("tr", {}, ...WORDS.columns.map((text) => make("th", { scope: "col", text })));
    const table = make("table", {}, make("caption", { class: "visually-hidden", text: WORDS.caption }), make("thead", {}, head), this.#body);
    const file = button(WORDS.csv, () => this.#save(), { class: "link" });
    this.append(make("header", {}, make("h2", { text: WORDS.title }), this.#took, file), make("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": WORDS.caption }, table), this.#note);
  }

  /** A row's cells, in the order of the columns. @param {number} k */
  #cells(k) {
    const { comparison } = this;
    const result = comparison.results[k];
    if (!result) return [];
    if (result.error) return [COMPARE.plots.failed(result.error)];
    const { run, micros, share, halfLife } = result;
    if (!run) return [COMPARE.working];
    const { summary } = run;
    const left = comparison.steps - 1 - Math.min(comparison.view.from, comparison.steps - 1);
    const many = comparison.seeds.results[k];
    const half = (/** @type {number | null} */ n) => WORDS.half(n === null || !Number.isFinite(n) ? null : n, left);
    const at = (/** @type {number} */ q) => many.lives[Math.round(q * (many.lives.length - 1))];
    return [
      String(summary.hidden),
      WORDS.count(summary.parameterCount),
      WORDS.state(summary.stateBytes),
      WORDS.count(multiplyAddsOf(summary)),
      comparison.memory.state === "cancelled" && micros === null ? "–" : WORDS.time(micros),
      many?.count > 1 ? WORDS.halves(half(many.halfLife), half(at(0.1)), half(at(0.9))) : share < 1 ? (comparison.memory.state === "cancelled" ? "–" : COMPARE.working) : half(halfLife),
      run.target ? WORDS.loss(run.loss, comparison.sequence.normalisation.deviation, comparison.sequence.unit) : WORDS.noTarget,
    ];
  }

  update() {
    const { comparison } = this;
    const { names } = comparison;
    const rows = names.map((name, k) => {
      const cells = this.#cells(k);
      const whole = cells.length === 1 ? WORDS.columns.length - 1 : null;
      return make("tr", {}, make("th", { scope: "row" }, make("span", { class: "swatch", "data-slot": k, "aria-hidden": "true" }), name), ...cells.map((text) => make("td", { text, colspan: whole })));
    });
    const said = rows.map((row) => row.textContent).join("\n");
    if (said !== this.#said) this.#body.replaceChildren(...rows);
    this.#said = said;
    if (comparison.sequence) say(this.#note, WORDS.note(comparison.steps));
    const { state } = comparison.memory;
    say(this.#took, state === "cancelled" ? COMPARE.plots.cancelled : state !== "done" ? COMPARE.working : comparison.took > 0 ? COMPARE.took(comparison.took) : "");
  }
  #said = "";

  #save() {
    const quoted = (/** @type {string} */ text) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
    const rows = this.comparison.names.map((name, k) => [name, ...this.#cells(k)]);
    const text = [WORDS.columns, ...rows].map((row) => row.map(quoted).join(",")).join("\n");
    hand("unrolled-compare.csv", new Blob([`${text}\n`], { type: "text/csv" }));
  }
}

customElements.define("compare-table", CompareTable);
