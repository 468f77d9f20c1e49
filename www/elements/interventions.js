// Changing the run: hold a lane, switch a unit off, change a reading; and the list of all that is changed, with undo.
import { elementOf, isPerUnit } from "./inspector/axes.js";
import { html } from "./inspector/dom.js";
import { placeWords } from "./inspector/more.js";
import { short } from "./inspector/numbers.js";
import { INSPECTOR as TEXT } from "../strings/en-inspector.js";

/** @typedef {import("../engine/session.js").Session} Session */
/** @typedef {import("../state/view.js").Intervention} Intervention */

class Interventions extends HTMLElement {
  /** @type {Session | null} */
  session = null;
  #built = "";
  #listed = "";
  #form = html("form", { class: "hold-form" });
  #actions = html("div", { class: "actions" });
  #list = html("div", { class: "changes" });

  connectedCallback() {
    if (this.childElementCount > 0) return;
    this.append(html("h2", {}, TEXT.interventions), this.#form, this.#actions, this.#list);
    this.#form.addEventListener("submit", (event) => (event.preventDefault(), this.#hold()));
    this.#form.addEventListener("keydown", (event) => event.stopPropagation());
    this.#actions.addEventListener("keydown", (event) => /** @type {Element} */ (event.target).matches("input") && event.stopPropagation());
  }

  update() {
    const { session } = this;
    if (!session?.trace) return;
    const { selection, steps, spec, summary } = session;
    const built = JSON.stringify([spec.title, summary.options, summary.hidden, steps]);
    if (built !== this.#built) {
      this.#built = built;
      this.#buildForm(session);
    }
    this.#follow(session);
    this.#buildActions(session);
    const listed = JSON.stringify([session.state.interventions, session.state.data, selection.layer, steps]);
    if (listed !== this.#listed) {
      this.#listed = listed;
      this.#buildList(session);
    }
  }

  /** @param {string} name @returns {any} */
  #field(name) {
    return this.#form.elements.namedItem(name);
  }

  /** @param {Session} session */
  #buildForm(session) {
    const { spec, steps } = session;
    const lanes = html("select", { name: "lane" }, ...spec.lanes.map((/** @type {any} */ l) => html("option", { value: l.name }, `${l.name} · ${l.title}`)));
    const first = spec.memory?.block ?? spec.lanes[0].name;
    lanes.value = first;
    const units = html("select", { name: "unit" });
    lanes.addEventListener("change", () => this.#fillUnits(session));
    const number = (/** @type {string} */ name, /** @type {any} */ attributes) => html("input", { type: "number", name, required: true, ...attributes });
    const quick = ["0", "1"].map((v) => html("button", { type: "button", class: "quick", onclick: () => (this.#field("value").value = v) }, v));
    this.#form.replaceChildren(
      html("label", {}, html("span", {}, TEXT.laneLabel), lanes),
      html("label", {}, html("span", {}, TEXT.unitsLabel), units),
      html("span", { class: "pair" }, html("label", {}, html("span", {}, TEXT.valueLabel), number("value", { step: "any", min: -1e4, max: 1e4, value: spec.memory?.keeps ?? 0 })), ...quick),
      html("label", {}, html("span", {}, TEXT.fromLabel), number("from", { min: 1, max: steps, value: 1 })),
      html("label", {}, html("span", {}, TEXT.toLabel), number("to", { min: 1, max: steps, value: steps })),
      html("button", { type: "submit", class: "hold-button" }, TEXT.holdButton),
    );
    this.#fillUnits(session);
  }

  /** All of the lane, and its units; of a lane with other axes the element that is chosen. @param {Session} session */
  #fillUnits(session) {
    const lane = this.#field("lane").value;
    const plain = isPerUnit(session.spec.lanes.find((/** @type {any} */ l) => l.name === lane));
    const chosen = elementOf(session, lane);
    const elements = plain ? Array.from({ length: session.summary.hidden }, (_, j) => j) : chosen === null ? [] : [chosen];
    const option = (/** @type {number | "all"} */ value) => html("option", { value: String(value) }, placeWords(session, lane, value));
    this.#field("unit").replaceChildren(option("all"), ...elements.map(option));
    this.#field("unit").value = chosen === null ? "all" : String(chosen);
  }

  /** The form follows what is chosen in the picture. @param {Session} session */
  #follow(session) {
    const { unit, lane, place } = session.selection;
    const name = lane?.split(":").at(-1);
    const chosen = JSON.stringify([unit, name, place]);
    if (chosen === this.#form.dataset.chosen) return;
    this.#form.dataset.chosen = chosen;
    if (name && session.spec.lanes.some((/** @type {any} */ l) => l.name === name)) this.#field("lane").value = name;
    this.#fillUnits(session);
  }

  /** @param {Session} session */
  #buildActions(session) {
    const { unit, layer, direction, t } = session.selection;
    const off = session.state.interventions.some((i) => i.kind === "off" && i.unit === unit && i.layer === layer && i.direction === direction);
    const read = session.inputAt(t);
    const name = JSON.stringify([unit, off, typeof read === "string" ? null : t, read]);
    if (name === this.#actions.dataset.shown || (this.#actions.contains(document.activeElement) && document.activeElement?.matches("input"))) return;
    this.#actions.dataset.shown = name;
    const button = html("button", { type: "button", disabled: unit === null || off, onclick: () => unit !== null && this.#add({ kind: "off", layer, direction, unit }) }, unit === null ? TEXT.offChoose : TEXT.offButton(unit));
    /** @type {Node[]} */
    const parts = [button];
    if (typeof read === "number") {
      const field = html("input", { type: "number", name: "reading", step: "any", required: true, value: Number.isNaN(read) ? "" : Number(read.toFixed(2)) });
      const form = html("form", { class: "reading-form" }, html("label", {}, html("span", {}, TEXT.inputTitle(session.labels(t).short)), field, session.sequence.unit ? html("span", { class: "unit" }, session.sequence.unit) : null), html("button", { type: "submit" }, TEXT.inputButton));
      form.addEventListener("submit", (event) => {
        event.preventDefault();
        field.blur();
        const edits = session.state.data.edits.filter((e) => e.t !== t);
        void session.set({ data: { edits: [...edits, { t, value: Number(field.value) }] } });
      });
      parts.push(form);
    }
    this.#actions.replaceChildren(...parts);
  }

  #hold() {
    const { session } = this;
    if (!session) return;
    const { layer, direction } = session.selection;
    const unit = this.#field("unit").value;
    const [from, to] = ["from", "to"].map((name) => Number(this.#field(name).value)).sort((a, b) => a - b);
    this.#add({ kind: "hold", layer, direction, lane: this.#field("lane").value, unit: unit === "all" ? "all" : Number(unit), value: Number(this.#field("value").value), from: from - 1, to });
  }

  /** @param {Intervention} change */
  #add(change) {
    if (this.session) void this.session.set({ interventions: [...this.session.state.interventions, change] });
  }

  /** @param {Session} session */
  #buildList(session) {
    const { interventions, data } = session.state;
    const hadFocus = this.#list.contains(document.activeElement);
    /** @type {{words: string, undo: () => void}[]} */
    const all = interventions.map((change, k) => ({
      words: this.#words(session, change),
      undo: () => void session.set({ interventions: session.state.interventions.filter((_, m) => m !== k) }),
    }));
    for (const { t, value } of data.edits.filter((e) => e.t < session.steps)) {
      const label = session.labels(t).long;
      all.push({ words: TEXT.list.edit(label, session.unitText(value)), undo: () => void session.set({ data: { edits: session.state.data.edits.filter((e) => e.t !== t) } }) });
    }
    const rows = all.map(({ words, undo }) => html("li", {}, html("span", {}, words), html("button", { type: "button", "aria-label": `${TEXT.undo}: ${words}`, onclick: undo }, TEXT.undo)));
    const everything = html("button", { type: "button", onclick: () => void session.set({ interventions: [], data: { edits: [] } }) }, TEXT.undoAll);
    this.#list.replaceChildren(...(rows.length === 0 ? [html("p", { class: "hint" }, TEXT.none)] : [html("ul", {}, ...rows), everything]));
    if (hadFocus) (this.#list.querySelector("button") ?? this.#form.querySelector("button"))?.focus({ preventScroll: true });
  }

  /** @param {Session} session @param {Intervention} change */
  #words(session, change) {
    if (change.kind === "weight") {
      const shape = session.summary.parameters.find((/** @type {any} */ p) => p.name === change.name)?.shape ?? [1, 1];
      const columns = shape[1] ?? 1;
      return TEXT.list.weight(`${change.name}[${Math.floor(change.index / columns)}, ${change.index % columns}]`, short(change.value));
    }
    const several = session.summary.layers > 1 || session.summary.bidirectional;
    const place = several ? TEXT.list.place(change.layer, change.direction) : "";
    if (change.kind === "off") return place + TEXT.list.off(change.unit);
    const unit = placeWords(session, change.lane, change.unit);
    return place + TEXT.list.hold(change.lane, unit, short(change.value), change.from + 1, Math.min(change.to, session.steps));
  }
}

customElements.define("cell-interventions", Interventions);
