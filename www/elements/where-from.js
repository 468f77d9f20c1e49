// "Where does this come from?" A panel beside a number: its terms by size, each with a way to its own source.
import { isPerUnit } from "./inspector/axes.js";
import { html, math } from "./inspector/dom.js";
import { placeOf, placeText } from "./inspector/modern/places.js";
import { needsMore } from "./inspector/more.js";
import { nameOf, numberLine } from "./inspector/number-line.js";
import { full, short } from "./inspector/numbers.js";
import { answer, core } from "./inspector/origins.js";
import { MOVES, nodesOf } from "./inspector/quantities.js";
import { functionSign, symbols } from "./math-ml.js";
import { INSPECTOR as TEXT } from "../strings/en-inspector.js";

/** @typedef {import("../engine/session.js").Session} Session */
/** @typedef {import("./inspector/origins.js").Question} Question */
/** @typedef {import("./inspector/origins.js").Answer} Answer */

/** Terms shown before the rest is summed up. */
const SHOWN = 8;

class WhereFrom extends HTMLElement {
  /** @type {Session | null} */
  session = null;
  /** Where the focus goes when the number that was asked about is gone. @type {() => HTMLElement | null} */
  home = () => null;
  /** The questions so far, each with the selection that it was asked at. @type {{question: Question, place: any}[]} */
  #way = [];
  /** The shown step and unit. */
  #shown = "";
  #all = false;
  /** @type {HTMLElement | SVGElement | null} */
  #from = null;
  #fromKey = "";

  connectedCallback() {
    this.setAttribute("popover", "auto");
    this.setAttribute("role", "dialog");
    this.setAttribute("aria-label", TEXT.question);
    this.addEventListener("toggle", (event) => {
      if (/** @type {any} */ (event).newState === "closed") this.#closed();
    });
  }

  /** Opens the panel beside a number. @param {Question} question @param {HTMLElement | SVGElement} from */
  open(question, from) {
    this.#way = [{ question, place: this.session?.selection }];
    this.#all = false;
    this.#fromKey = from.dataset.key ?? "";
    // The button is made anew when the selection changes: its place is taken now.
    const place = from.getBoundingClientRect();
    if (this.matches(":popover-open")) this.hidePopover();
    this.#from = from;
    if (!this.#render()) return;
    this.showPopover();
    this.#stand(place);
    this.querySelector("button")?.focus({ preventScroll: true });
  }

  /** Closes when another step or unit is shown, or another run: the numbers are not those that were asked about. @param {boolean} fresh */
  refresh(fresh) {
    if (this.matches(":popover-open") && (fresh || this.#place !== this.#shown)) this.hidePopover();
  }

  get #place() {
    const { t, unit, place, layer, direction } = this.session?.selection ?? {};
    return JSON.stringify([t, unit, place, layer, direction, this.session?.state.mode]);
  }

  #closed() {
    const from = this.#from?.isConnected ? this.#from : this.#fromKey ? this.home()?.querySelector(`button.number[data-key="${this.#fromKey}"]`) : null;
    const target = from instanceof HTMLElement || from instanceof SVGElement ? from : this.home();
    if (!document.activeElement || document.activeElement === document.body || this.contains(document.activeElement)) target?.focus({ preventScroll: true });
    this.#way = [];
  }

  /** @param {DOMRect} beside */
  #stand(beside) {
    const { width, height } = this.getBoundingClientRect();
    const room = { width: document.documentElement.clientWidth, height: window.innerHeight };
    const gap = 8;
    const left = Math.min(Math.max(gap, beside.left - 24), Math.max(gap, room.width - width - gap));
    const below = beside.bottom + gap;
    const above = beside.top - gap - height;
    const top = Math.max(gap, Math.min(below + height <= room.height - gap || above < gap ? below : above, room.height - height - gap));
    this.style.setProperty("--left", `${left}px`);
    this.style.setProperty("--top", `${top}px`);
  }

  /** @param {Question} question */
  #follow(question) {
    this.#way.push({ question, place: this.session?.selection });
    this.#all = false;
    this.#render();
    this.querySelector("button")?.focus({ preventScroll: true });
  }

  /** To the question before, and where it was asked. */
  async #back() {
    this.#way.pop();
    this.#all = false;
    await this.session?.select(this.#way.at(-1)?.place);
    this.#render();
    this.querySelector("button")?.focus({ preventScroll: true });
  }

  /** False when it could not be answered. */
  #render() {
    const { session } = this;
    const question = this.#way.at(-1)?.question;
    if (!session || !question) return false;
    const found = answer(session, question);
    this.#shown = this.#place;
    const back =
      this.#way.length > 1 &&
      html("button", { type: "button", class: "panel-button", onclick: () => void this.#back() }, `← ${TEXT.back}`);
    const close = html("button", { type: "button", class: "panel-button", "aria-label": TEXT.close, onclick: () => this.hidePopover() }, "✕");
    this.replaceChildren(
      html("div", { class: "panel-head" }, back, html("span", { class: "panel-question" }, TEXT.question), close),
      html("p", { class: "panel-title" }, ...title(session, found), html("b", { title: full(found.value) }, ` = ${short(found.value)}`)),
      ...this.#body(session, found),
    );
    return true;
  }

  /** @param {Session} session @param {Answer} found @returns {Node[]} */
  #body(session, found) {
    if (found.end) return [html("p", {}, ending(session, found))];
    const rest = this.#all ? 0 : found.rows.length - SHOWN;
    const shown = rest > 1 ? found.rows.slice(0, SHOWN) : found.rows;
    const most = Math.max(...found.rows.map((row) => Math.abs(row.value)).filter(Number.isFinite), 0);
    const list = html("ol", { class: `terms ${found.how}` }, ...shown.map((row) => html("li", {}, ...this.#row(session, found, row, most))));
    /** @type {Node[]} */
    const out = [html("p", { class: "panel-intro" }, found.held ? TEXT.heldNote(short(found.value)) : TEXT.termsIntro[found.how]), list];
    if (rest > 1) {
      const sum = found.rows.slice(SHOWN).reduce((total, row) => total + row.value, 0);
      out.push(html("button", { type: "button", class: "panel-button rest", onclick: () => ((this.#all = true), this.#render()) }, TEXT.smaller(rest, short(sum))));
    } else if (this.#all) {
      out.push(html("button", { type: "button", class: "panel-button rest", onclick: () => ((this.#all = false), this.#render()) }, TEXT.fewer));
    }
    out.push(this.#total(found));
    return out;
  }

  /** That the terms make the number. @param {Answer} found */
  #total(found) {
    const inner = core(found.tree);
    const words = found.how === "sum" ? TEXT.total(found.rows.length) : found.how === "product" ? TEXT.product : TEXT.same;
    const line = html("p", { class: "panel-total" }, words, " = ", html("b", { title: full(found.total) }, short(found.total)));
    // (The terms are added here, the equation was evaluated in the core: more than rounding apart, both are said.)
    const apart = Math.abs(found.total - inner.value) > 1e-5 * Math.max(1, Math.abs(inner.value));
    if (apart) line.append(`; ${TEXT.preactivation} ${short(inner.value)}`);
    if (found.tree.op === "call") {
      const f = functionSign(found.tree.function);
      line.append(`, ${TEXT.preactivation}`, html("br"), `${f}(${short(inner.value)}) = `, html("b", {}, short(found.tree.value)));
    }
    return line;
  }

  /** @param {Session} session @param {Answer} found @param {import("./inspector/origins.js").Row} row @param {number} most @returns {HTMLElement[]} */
  #row(session, found, row, most) {
    const bar = html("span", { class: "bar", "aria-hidden": "true" }, html("span", { class: row.value < 0 ? "negative" : "positive" }));
    bar.style.setProperty("--size", String(most > 0 && Number.isFinite(row.value) ? Math.abs(row.value) / most : 0));
    const value = html("span", { class: "term-value", title: full(row.value) }, short(row.value));
    const ask = (/** @type {any} */ node) => this.#follow({ kind: "part", node, of: found.name, t: found.t ?? 0, unit: found.unit });
    if ("node" in row) {
      const setting = { forward: /** @type {1 | -1} */ (session.selection.direction === 1 ? -1 : 1), bias: false, spec: needsMore(session.spec) ? session.spec : null };
      const compound = row.node.of?.length > 0 || row.node.op === "constant";
      // (An evaluated node has lost what a matrix stands between: its name is written.)
      const evaluated = ["affine", "affine-transposed", "parameter", "derived", "extent", "sum-over", "mean-over", ...MOVES];
      const plain = setting.spec && [...nodesOf(row.node)].some((e) => evaluated.includes(e.op));
      const symbol = plain ? html("span", {}, nameOf(row.node)) : math("math", {}, symbols(row.node, setting));
      const factors = compound ? [...numberLine(row.node, ask), html("span", { class: "sign" }, " =")] : [link(nameOf(row.node), () => ask(row.node))];
      return [bar, html("span", { class: "term-name" }, symbol), html("span", { class: "term-factors" }, ...factors), value];
    }
    const { term } = row;
    return [bar, html("span", { class: "term-name", title: term.label }, ...(needsMore(session.spec) ? [termName(term)] : weightName(session, term))), html("span", { class: "term-factors" }, ...this.#factors(session, term)), value];
  }

  /** weight × input, the input with a way to where it was made. @param {Session} session @param {any} term @returns {(Node | string)[]} */
  #factors(session, term) {
    if (term.weight === undefined || term.weight === null) return [term.source.kind === "bias" ? html("span", {}, TEXT.bias) : this.#source(session, term.source)];
    const times = html("span", { class: "product" }, `${short(term.weight)} × ${term.input < 0 ? `(${short(term.input)})` : short(term.input)}`);
    return [times, " ", this.#source(session, term.source)];
  }

  /** @param {Session} session @param {any} source @returns {Node} */
  #source(session, source) {
    const { layer, direction } = session.selection;
    const { unit } = source;
    const t = source.t ?? null;
    const lane = source.lane ?? source.block ?? null;
    const symbol = (/** @type {string} */ letter) => [html("i", {}, letter), html("sub", {}, elementText(session, lane, unit))];
    const at = ` ${TEXT.atStep(t)}`;
    switch (source.kind) {
      case "input": {
        if (layer === 0) return link([...symbol("x"), ` ${TEXT.inSequence(typeof session.inputAt(t) === "string" ? session.labels(t).long : session.labels(t).short)}`], () => this.#toSequence(t));
        const width = session.summary.hidden;
        const output = session.spec.lanes.find((/** @type {any} */ l) => l.output).name;
        const below = { t, layer: layer - 1, direction: Math.floor(unit / width), unit: unit % width };
        return link([...symbol("x"), ` ${TEXT.fromLayer(layer)}`], () => this.#go(below, output, below.unit));
      }
      case "lane":
        if (t === null) return html("span", {}, ...symbol(source.lane), at);
        return link([...symbol(source.lane), at], () => this.#go({ t, unit, layer, direction }, source.lane, unit));
      case "gradient":
      case "block-gradient": {
        const name = source.kind === "gradient" ? `d:${source.lane}` : `da:${source.block}`;
        const letter = source.kind === "gradient" ? `∂L/∂${source.lane}` : `∂L/∂a${source.block}`;
        return link([...symbol(letter), at], () => this.#go({ t, unit, layer, direction }, name, unit));
      }
      default:
        return html("span", {});
    }
  }

  /** Moves the page's selection to a source, and asks there. @param {any} place @param {string} name @param {number} element */
  async #go(place, name, element) {
    const { session } = this;
    if (!session) return;
    const lane = name.split(":").at(-1) ?? name;
    if (!isPerUnit(session.spec.lanes.find((/** @type {any} */ l) => l.name === lane))) place = { ...place, ...placeOf(session, lane, element) };
    const backward = session.state.mode === "backward";
    session.pause();
    await session.select({ ...place, lane: backward === name.includes(":") ? name : session.selection.lane });
    this.#fromKey = name.includes(":") ? name : `now:${name}`;
    this.#from = null;
    this.#follow({ kind: "target", name, t: place.t, unit: element });
  }

  /** @param {number} t */
  #toSequence(t) {
    const { session } = this;
    this.#from = /** @type {HTMLElement | null} */ (document.querySelector("sequence-view"));
    this.hidePopover();
    void session?.seek(t);
    const sequence = document.querySelector("sequence-view");
    const focusable = sequence?.querySelector("[tabindex], button, input");
    sequence?.scrollIntoView({ block: "nearest" });
    if (focusable instanceof HTMLElement) focusable.focus({ preventScroll: true });
  }
}

/** An element of a lane by its indices. @param {Session} session @param {string | null} lane @param {number} element */
function elementText(session, lane, element) {
  return lane === null || isPerUnit(session.spec.lanes.find((/** @type {any} */ l) => l.name === lane)) ? String(element) : placeText(session, lane, element);
}

/** A term of a matrix product or of a sum along an axis, by what it is called. @param {any} term */
function termName({ parameter, source, label }) {
  if (parameter) return html("span", {}, `${parameter[0].replace(/_l\d+(_reverse)?$/, "")}[${parameter[1]}, ${parameter[2]}]`);
  return html("span", {}, source.kind === "bias" ? `${source.parameter.replace(/_l\d+(_reverse)?$/, "")}[${source.row}]` : label);
}

/** @param {string | Array<string | Node>} words @param {() => void} go */
function link(words, go) {
  return html("button", { type: "button", class: "source", onclick: go }, ...(typeof words === "string" ? [words] : words));
}

/** W with its indices, as in the equations; its name in the file stands in the title. @param {Session} session @param {any} term @returns {Node[]} */
function weightName(session, term) {
  const name = term.parameter?.[0] ?? term.source.parameter ?? "";
  const row = term.parameter?.[1] ?? term.source.row ?? 0;
  const width = session.summary.hidden;
  const block = session.spec.blocks[Math.floor(row / width)] ?? "";
  const side = name.includes("_hh") ? "h" : "i";
  const place = term.parameter ? `[${row % width}, ${term.parameter[2]}]` : `[${row % width}]`;
  return [html("i", {}, term.parameter ? "W" : "b"), html("sub", {}, `${side}${block}`), document.createTextNode(place)];
}

/** @param {Session} session @param {Answer} found @returns {Array<string | Node>} */
function title(session, { name, t, unit }) {
  const [kind, second] = name.includes(":") ? name.split(":") : ["now", name];
  const lane = session.spec.lanes.find((/** @type {any} */ l) => l.name === second);
  const words = kind === "now" && lane ? `${lane.title} ` : "";
  return [words, html("i", {}, TEXT.names[kind]?.(second) ?? name), html("sub", {}, elementText(session, lane ? second : null, unit)), ` ${TEXT.atStep(t)}`];
}

/** Why there is nothing to take apart. @param {Session} session @param {Answer} found */
function ending(session, found) {
  const { layer } = session.selection;
  if (found.end === "initial") return TEXT.initial(found.name.split(":")[1]);
  if (found.end === "last-step") return TEXT.sources.lastStep;
  if (found.end === "x") return layer > 0 ? TEXT.fromBelow(layer) : TEXT.sources.x;
  if (found.end === "derived") return TEXT.sources.derived(found.name.split(":")[1]);
  if (found.end === "parameter") return TEXT.sources.parameter(found.name.split(":")[1]);
  if (layer + 1 < session.summary.layers) return TEXT.sources.above(layer + 2);
  return found.value === 0 ? TEXT.sources.lossNone : TEXT.sources.loss;
}

customElements.define("where-from", WhereFrom);
