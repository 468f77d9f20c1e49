// The numbered sub-steps of the chosen step: what happens, its equation in symbols, and the same with this step's numbers.
import { colour, gradientScale, laneScale } from "./inspector/colours.js";
import { html, put, say } from "./inspector/dom.js";
import { numberButton, numberLine } from "./inspector/number-line.js";
import { extent, mean, norm, short } from "./inspector/numbers.js";
import { elementOf, isPerUnit } from "./inspector/axes.js";
import { more, needsMore } from "./inspector/more.js";
import { explain, heldAt, isCopy, isSum, laneOf, nodesOf, subSteps } from "./inspector/quantities.js";
import { UnitStrip } from "./inspector/unit-strip.js";
import { equation } from "./math-ml.js";
import { INSPECTOR as TEXT } from "../strings/en-inspector.js";

/** @typedef {import("../engine/session.js").Session} Session */

class SubSteps extends HTMLElement {
  /** @type {Session | null} */
  session = null;
  /** Asked when a number is pressed. @type {(question: import("./where-from.js").Question, button: HTMLElement) => void} */
  ask = () => {};
  /** Asked for what stands under the chosen sub-step. @type {(step: any) => HTMLElement[]} */
  extrasOf = () => [];
  #built = "";
  /** @type {{step: any, item: HTMLElement, button: HTMLElement, numbers: HTMLElement, badge: HTMLElement, strip: any, many: boolean, extra: HTMLElement}[]} */
  #items = [];

  update() {
    const { session } = this;
    if (!session?.trace) return;
    const built = JSON.stringify([session.spec.title, session.summary.options, session.state.mode, session.selection.direction, session.summary.bias]);
    if (built !== this.#built) {
      this.#built = built;
      this.#build(session);
    }
    this.#fill(session);
  }

  /** Brings a sub-step into view. @param {string} name */
  reveal(name) {
    this.#items.find((i) => i.step.name === name)?.item.scrollIntoView({ block: "nearest" });
  }

  /** @param {Session} session */
  #build(session) {
    const setting = { forward: /** @type {1 | -1} */ (session.selection.direction === 1 ? -1 : 1), bias: session.summary.bias !== false, spec: needsMore(session.spec) ? session.spec : null };
    const list = html("ol", { class: "sub-steps" });
    this.#items = subSteps(session).map((/** @type {any} */ step, /** @type {number} */ k) => {
      const { left, right } = equation(step.key, step.equation, setting);
      const badge = html("span", { class: "held-badge" });
      const button = html("button", { type: "button", class: "step-title", onclick: () => this.#choose(step.name) }, html("span", { class: "step-number" }, String(k + 1)), html("span", {}, step.title), badge);
      const numbers = html("div", { class: "numbers" });
      // A lane that is more than one value per unit is shown whole beside the chosen number.
      const many = !isPerUnit(session.spec.lanes.find((/** @type {any} */ l) => l.name === laneOf(step.key)));
      const strip = many ? more.map() : new UnitStrip();
      const extra = html("div", { class: "step-extra" });
      const item = html(
        "li",
        { class: "sub-step", "data-key": step.key },
        html("h3", {}, button),
        html("p", { class: "step-text" }, step.text),
        html("div", { class: "equation" }, html("div", { class: "left-side" }, left), html("div", { class: "right-side" }, ...right), numbers),
        many && strip.element,
        extra,
      );
      return { step, item, button, numbers, badge, strip, many, extra };
    });
    list.append(...this.#items.map((i) => i.item));
    this.replaceChildren(list);
  }

  /** @param {string} name */
  #choose(name) {
    const { session } = this;
    if (session) void session.select({ lane: session.selection.lane === name ? null : name });
  }

  /** @param {Session} session */
  #fill(session) {
    const { trace, selection, state } = session;
    const { t, unit, layer, direction } = selection;
    const back = state.mode === "backward";
    const gradients = back ? session.gradients : null;
    if (back && !gradients) return;
    const whole = unit === null || this.#items.some((i) => i.many) ? (back ? gradients : trace).values(layer, direction, t, { example: 0 }) : null;
    const focus = this.#focusPlace();
    for (const parts of this.#items) {
      const { step, item, button, numbers, badge, strip, many, extra } = parts;
      const chosen = selection.lane === step.name;
      item.classList.toggle("selected", chosen);
      put(button, "aria-expanded", String(chosen));
      const lane = laneOf(step.key);
      const element = elementOf(session, lane);
      const values = whole && (unit === null || many) ? vectorOf(whole, step.key) : new Float32Array();
      const scale = back ? gradientScale(session) : laneScale(session, lane);
      if (many) strip.show(session, step.title, values, scale, lane, element);
      if (unit === null) {
        const held = back || state.interventions.length === 0 ? 0 : values.reduce((count, _, j) => count + Number(heldAt(session, lane, j, t)), 0);
        say(badge, held === 0 ? "" : TEXT.partlyHeld(held, values.length));
        if (!numbers.lastElementChild?.matches(".statistics")) numbers.replaceChildren(...(many ? [] : [strip.element]), html("dl", { class: "statistics" }));
        if (!many) strip.show(session, step.title, values, scale);
        const [low, high] = extent(values);
        const lost = values.reduce((count, v) => count + Number(!Number.isFinite(v)), 0);
        const statistics = lost > 0 ? TEXT.lost(lost, values.length) : TEXT.statistics(short(norm(values)), short(mean(values)), short(low), short(high));
        numbers.lastElementChild?.replaceChildren(...statistics.map(([name, value]) => html("div", {}, html("dt", {}, name), html("dd", {}, value))));
      } else {
        this.#numbers(session, parts, explain(session, step.name, t, element ?? 0), t, element ?? 0);
      }
      // (Only when they change: moving an element takes its focus away.)
      const extras = chosen ? this.extrasOf(step) : [];
      if (extras.length !== extra.childElementCount || extras.some((e, k) => extra.children[k] !== e)) extra.replaceChildren(...extras);
    }
    this.#refocus(focus);
  }

  /** One unit's numbers, or one element's. @param {Session} session @param {any} parts @param {any} found  an explanation @param {number} t @param {number} unit */
  #numbers(session, { step, numbers, badge }, found, t, unit) {
    say(badge, found.held ? TEXT.heldAt(short(found.result)) : "");
    /** @type {(node: any, button: HTMLElement) => void} */
    const ask = (node, button) => this.ask({ kind: "part", node, of: step.name, t, unit }, button);
    const result = numberButton(found.result, step.title, step.key, (button) => this.ask({ kind: "target", name: step.name, t, unit }, button));
    result.classList.add("result");
    const scale = session.state.mode === "backward" ? gradientScale(session) : laneScale(session, laneOf(step.key));
    const swatch = html("span", { class: "swatch" });
    swatch.style.setProperty("--value", colour(session, found.result, scale));
    const line = html("span", { class: "number-line" }, html("span", { class: "sign" }, "= "), ...numberLine(found.tree, ask));
    if (found.held) {
      numbers.replaceChildren(
        html("span", { class: "number-line" }, html("span", { class: "sign" }, "= "), result, swatch, html("span", { class: "held-note" }, TEXT.heldAt(short(found.result)))),
        html("div", { class: "without" }, html("span", {}, `${TEXT.without}: `), line, html("span", { class: "sign" }, ` = ${short(found.tree.value)}`)),
      );
    } else {
      // An equation that only copies a number has said it already.
      // (So has one that is a single sum of terms.)
      const copy = isCopy(found.tree) || (needsMore(session.spec) && isSum(found.tree));
      const end = copy ? [] : [html("span", { class: "sign" }, " = "), result];
      line.append(html("span", { class: "end" }, ...end, swatch));
      numbers.replaceChildren(line);
    }
  }

  /** Which number has the focus: numbers are made anew at every step. */
  #focusPlace() {
    const active = document.activeElement;
    const item = active?.closest?.("li.sub-step");
    if (!active || !item || !this.contains(active) || !active.classList.contains("number")) return null;
    return { item, at: [...item.querySelectorAll("button.number")].indexOf(active) };
  }

  /** @param {{item: Element, at: number} | null} place */
  #refocus(place) {
    const button = place?.item.querySelectorAll("button.number")[place.at];
    if (button instanceof HTMLElement) button.focus({ preventScroll: true });
  }
}

/** The vector that a sub-step yields. @param {any} whole  values of a trace or of gradients @param {string} key @returns {Float32Array} */
function vectorOf(whole, key) {
  const [kind, name] = key.split(":");
  return { now: whole[name], d: whole.lanes?.[name], da: whole.blocks?.[name], passed: whole.passed?.[name] }[kind] ?? new Float32Array();
}

/**
 * The weights that an equation uses: row blocks of PyTorch's matrices with their sides, or parameters by name.
 * @param {any} expr
 * @returns {{block: string, op: "input" | "recurrent" | "transposed" | "affine" | "affine-transposed" | "parameter", name?: string, skip?: string[], axes?: string[], rows?: string[]}[]}
 */
export function blocksOf(expr) {
  const ops = ["input", "recurrent", "transposed", "affine", "affine-transposed", "parameter"];
  return [...nodesOf(expr)].filter((e) => ops.includes(e.op)).map(({ block, op, weight, name, skip, axes, rows }) => ({ block, op, name: weight ?? name, skip, axes, rows }));
}

customElements.define("sub-steps", SubSteps);
