// Inside the cell at the chosen step: its diagram, its sub-steps with numbers, its weights, and what may be changed.
import "./cell-diagram.js";
import "./interventions.js";
import "./sub-steps.js";
import { legend } from "./cell-diagram.js";
import { linear, paint, peak } from "./inspector/colours.js";
import { html, put, say } from "./inspector/dom.js";
import { GateHolds } from "./inspector/gate-holds.js";
import { passTable } from "./inspector/pass-table.js";
import { short } from "./inspector/numbers.js";
import { stateOf } from "./inspector/axes.js";
import { needsMore } from "./inspector/more.js";
import { followHover, light, litKeys } from "./inspector/quantities.js";
import { blocksOf } from "./sub-steps.js";
import { INSPECTOR as TEXT } from "../strings/en-inspector.js";

/** @typedef {import("../engine/session.js").Session} Session */

/** Up to so many numbers of the state the Jacobian is drawn with every step; beyond, after a rest in milliseconds; or not at all. */
const AT_ONCE = 64;
const MOST = 640;
const REST = 250;

class CellInspector extends HTMLElement {
  /** @type {Session | null} */
  #session = null;
  #title = html("h2", { tabindex: -1 });
  #place = html("p", { class: "inspector-place" });
  #chooser = html("div", { class: "unit-chooser" });
  /** @type {any} */
  #diagram = document.createElement("cell-diagram");
  #legend = html("p", { class: "inspector-legend" });
  #hint = html("p", { class: "hint" });
  #jacobian = html("figure", { class: "jacobian" });
  #pass = html("div", { class: "pass" });
  #wait = 0;
  /** @type {any} */
  #steps = document.createElement("sub-steps");
  /** What is only there once a reader is: see `#attend`. @type {any} */
  #weights = null;
  /** @type {any} */
  #whereFrom = null;
  /** @type {Promise<void> | null} */
  #attending = null;
  /** @type {any} */
  #changes = document.createElement("cell-interventions");
  #holds = new GateHolds();
  #failed = html("p", { class: "failure", role: "status" });
  #frame = 0;
  #fresh = true;
  /** What later.js has, once it is there. @type {any} */
  #more = null;

  /** @param {Session} session */
  set session(session) {
    this.#session = session;
    for (const part of [this.#diagram, this.#steps, this.#changes]) part.session = session;
    session.addEventListener("attended", () => void this.#attend());
    const later = () => this.#later();
    session.addEventListener("trace", () => ((this.#fresh = true), later()));
    for (const name of ["select", "mode", "theme"]) session.addEventListener(name, later);
    session.addEventListener("hover", () => this.#light());
    this.#fresh = true;
    this.#update();
  }
  get session() {
    return /** @type {any} */ (this.#session);
  }

  connectedCallback() {
    if (this.childElementCount > 0) return;
    this.append(
      html("div", { class: "inspector-head" }, this.#title, this.#place, this.#chooser),
      this.#failed,
      html("div", { class: "inspector-body" }, html("div", { class: "inspector-picture" }, this.#diagram, this.#legend, this.#hint, this.#jacobian, this.#pass), this.#steps, this.#changes),
    );
    this.#steps.ask = this.#diagram.ask = this.#ask;
    this.#diagram.chosen = (/** @type {string} */ name) => requestAnimationFrame(() => requestAnimationFrame(() => this.#steps.reveal(name)));
    new ResizeObserver(() => this.style.setProperty("--diagram", `${this.#diagram.hasAttribute("data-tall") ? 0 : this.#diagram.offsetHeight}px`)).observe(this.#diagram);
    this.#steps.extrasOf = (/** @type {any} */ step) => this.#extras(step);
    followHover(this, () => this.#session);
  }

  #ask = async (/** @type {any} */ question, /** @type {Element} */ from) => {
    if (!this.#whereFrom) await this.#attend();
    this.#whereFrom?.open(question, from);
  };

  /** Weights and origins come with the first sign of a reader, or when they are asked for. */
  #attend() {
    this.#attending ??= import("./inspector/later.js").then(
      (more) => {
        this.#more = new more.Modern(this);
        this.#weights = document.createElement("weights-map");
        this.#whereFrom = document.createElement("where-from");
        this.#weights.session = this.#whereFrom.session = this.#session;
        this.#whereFrom.home = () => this.#title;
        this.append(this.#whereFrom);
        // Only a chosen sub-step shows weights; without one, drawing anew would take the pressed number from under its panel.
        if (this.#session?.spec && needsMore(this.#session.spec)) this.#session.dispatchEvent(new Event("trace"));
        else if (this.#session?.selection.lane) this.#later();
        else if (this.#session) this.#more.news(this.#session);
      },
      (error) => {
        this.#attending = null;
        say(this.#failed, TEXT.failure(error instanceof Error ? error.message : String(error)));
      },
    );
    return this.#attending;
  }

  /** What stands under a chosen sub-step: a gate's switches, and the weights that its equation uses. @param {any} step @returns {HTMLElement[]} */
  #extras(step) {
    const session = /** @type {Session} */ (this.#session);
    const out = [];
    const lane = session.spec.lanes.find((/** @type {any} */ l) => l.name === step.name);
    if (lane?.kind === "gate") out.push(this.#holds.show(session, lane.name));
    const blocks = blocksOf(step.equation);
    if (blocks.length > 0) {
      if (!this.#weights) void this.#attend();
      this.#weights?.show(blocks);
      if (this.#weights) out.push(this.#weights);
    }
    return out;
  }

  /** At most once a frame: scrubbing sends many changes. */
  #later() {
    if (this.#frame) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      this.#update();
    });
  }

  #update() {
    const session = this.#session;
    if (!session?.trace || !this.isConnected) return;
    // (What is shown stays until the rest is here.)
    if (needsMore(session.spec) && !this.#more) return void this.#attend();
    try {
      this.#whereFrom?.refresh(this.#fresh);
      this.#head(session);
      this.#diagram.update();
      this.#steps.update();
      this.#backward(session);
      this.#changes.update();
      this.#more?.update(session);
      const scales = JSON.stringify([session.state.mode, session.state.loss, session.theme, session.selection.layer, session.selection.direction]);
      if (this.#fresh || scales !== this.#legend.dataset.scales) {
        this.#legend.dataset.scales = scales;
        this.#legend.replaceChildren(...legend(session));
      }
      const back = session.state.mode === "backward";
      say(this.#hint, back ? TEXT.backwardHint : session.selection.unit === null ? TEXT.vectorHint : needsMore(session.spec) ? TEXT.elementHint : TEXT.unitHint);
      say(this.#failed, "");
      this.#light();
    } catch (error) {
      say(this.#failed, TEXT.failure(error instanceof Error ? error.message : String(error)));
    }
    this.#fresh = false;
  }

  #light() {
    const session = this.#session;
    if (!session?.spec) return;
    light(this, litKeys(session));
    this.#weights?.follow();
  }

  /** @param {Session} session */
  #head(session) {
    const { spec, summary, selection } = session;
    const { t, unit } = selection;
    say(this.#title, TEXT.title(spec.title));
    say(this.#place, `${TEXT.step(t)}, ${session.labels(t).long}`);
    const built = JSON.stringify([summary.hidden, summary.layers, summary.bidirectional]);
    if (this.#chooser.dataset.built !== built) {
      this.#chooser.dataset.built = built;
      this.#buildChooser(session);
    }
    const one = (/** @type {string} */ name) => /** @type {any} */ (this.#chooser.querySelector(`[name="${name}"]`));
    put(one("whole"), "aria-pressed", String(unit === null));
    put(one("one"), "aria-pressed", String(unit !== null));
    this.#chooser.toggleAttribute("data-unit", unit !== null);
    if (unit !== null && document.activeElement !== one("unit")) one("unit").value = String(unit);
    if (one("layer")) one("layer").value = String(selection.layer);
    if (one("direction")) one("direction").value = String(selection.direction);
  }

  /** @param {Session} session */
  #buildChooser(session) {
    const most = session.summary.hidden - 1;
    let last = 0;
    const choose = (/** @type {number} */ unit) => {
      last = Math.min(most, Math.max(0, unit));
      void session.select({ unit: last });
    };
    const now = () => session.selection.unit ?? last;
    const field = html("input", { type: "number", name: "unit", min: 0, max: most, value: 0, "aria-label": TEXT.unitLabel(most) });
    field.addEventListener("input", () => field.value !== "" && choose(Math.round(Number(field.value))));
    field.addEventListener("keydown", (event) => event.stopPropagation());
    const parts = [
      html(
        "span",
        { class: "choice", role: "group", "aria-label": TEXT.show },
        html("button", { type: "button", name: "whole", onclick: () => void session.select({ unit: null }) }, TEXT.whole),
        html("button", { type: "button", name: "one", onclick: () => choose(now()) }, TEXT.oneUnit),
      ),
      html(
        "span",
        { class: "unit-field" },
        html("button", { type: "button", "aria-label": TEXT.previousUnit, onclick: () => choose(now() - 1) }, "‹"),
        field,
        html("button", { type: "button", "aria-label": TEXT.nextUnit, onclick: () => choose(now() + 1) }, "›"),
      ),
    ];
    const list = (/** @type {string} */ name, /** @type {string} */ label, /** @type {string[]} */ words, /** @type {(k: number) => any} */ patch) => {
      const select = html("select", { name, onchange: () => void session.select(patch(Number(select.value))) }, ...words.map((word, k) => html("option", { value: String(k) }, word)));
      parts.push(/** @type {any} */ (html("label", {}, html("span", { class: "visually-hidden" }, label), select)));
    };
    if (session.summary.layers > 1) list("layer", TEXT.layerLabel, Array.from({ length: session.summary.layers }, (_, k) => TEXT.layer(k)), (layer) => ({ layer }));
    if (session.summary.bidirectional) list("direction", TEXT.directionLabel, TEXT.direction, (direction) => ({ direction }));
    this.#chooser.replaceChildren(...parts);
  }

  /** The local Jacobian and what gates pass on. @param {Session} session */
  #backward(session) {
    const back = session.state.mode === "backward";
    this.#jacobian.hidden = this.#pass.hidden = !back;
    clearTimeout(this.#wait);
    if (!back) return;
    this.#pass.replaceChildren(...passTable(session, this.#ask));
    const { t, layer, direction } = session.selection;
    const shown = JSON.stringify([t, layer, direction, session.theme]);
    if (shown === this.#jacobian.dataset.shown && !this.#fresh) return;
    // A large one takes many pulls through the step: it waits until the step rests.
    const draw = () => {
      this.#jacobian.dataset.shown = shown;
      this.#jacobian.classList.remove("stale");
      this.#drawJacobian(session);
    };
    const { size } = stateOf(session);
    if (size <= AT_ONCE) return draw();
    if (size > MOST) return this.#jacobian.replaceChildren(html("p", { class: "hint" }, TEXT.jacobianLarge(size)));
    this.#jacobian.classList.add("stale");
    this.#wait = window.setTimeout(draw, REST);
  }

  /** @param {Session} session */
  #drawJacobian(session) {
    const { t, layer, direction } = session.selection;
    const moment = direction === 1 ? session.steps - 1 - t : t;
    const { rows, cols, values, norm } = session.trace.jacobian(layer, direction, { from: moment, to: moment + 1, example: 0 });
    const canvas = html("canvas", { role: "img", "aria-label": TEXT.jacobianLabel(rows, short(norm)) });
    const most = peak(values);
    const { of } = stateOf(session);
    paint(session, canvas, values, rows, cols, linear("diverging", most));
    this.#jacobian.replaceChildren(
      html("figcaption", {}, html("h3", {}, TEXT.jacobianTitle), html("p", { class: "step-text" }, TEXT.jacobianText(short(norm)))),
      html("div", { class: "jacobian-plot" }, canvas, html("ul", { class: "hint" }, html("li", {}, TEXT.jacobianRows(of)), html("li", {}, TEXT.jacobianColumns(of)), html("li", {}, TEXT.range(short(most))))),
    );
  }
}

customElements.define("cell-inspector", CellInspector);
