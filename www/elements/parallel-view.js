// Why it trains in parallel: the states of a linear recurrence by a scan over time, drawn as its tree, checked against the run,
// with what both ways take. Loaded when the first cell with such a state is shown.
import { button } from "./controls.js";
import { make, say, SessionElement, unique, write } from "./dom.js";
import { math } from "./inspector/dom.js";
import { indexed, symbols } from "./math-ml.js";
import { Colors } from "./picture/colors.js";
import { heightOf, mark, nodeAt, paint } from "./parallel/paint.js";
import { combinationsOf, completeAt, depthOf, spanOf, takenIn } from "./parallel/tree.js";
import { PARALLEL as TEXT } from "../strings/en-parallel.js";

const STYLES = "styles/parallel.css";
/** Nothing is measured before the page has been left alone for so long. Milliseconds. */
const CALM = 500;
/** What a measurement may take. Milliseconds. */
const MEASURED = 60;

/** @typedef {import("../engine/session.js").Session} Session */

/** @param {string} sign */
const operator = (sign) => math("mo", {}, sign);
/** As high as a letter. @param {string} sign */
const bracket = (sign) => math("mo", { stretchy: "false" }, sign);
/** a_t or b_t. @param {string} name @param {Node} [index] */
const letter = (name, index) => (index ? math("msub", {}, math("mi", {}, name), index) : math("mi", {}, name));

/** The recurrence of the session's cell; null where it has none. @param {Session} session */
function recurrenceOf({ registry, summary }) {
  const cell = registry.cells.find((/** @type {any} */ one) => one.name === summary.cell);
  const same = (/** @type {any} */ variant) => Object.entries(variant.options).every(([name, value]) => String(summary.options[name] ?? value) === value);
  return (cell?.variants.find(same) ?? cell?.variants[0])?.recurrence ?? null;
}

class ParallelView extends SessionElement {
  static listens = ["trace", "select", "mode", "theme", "hover", "play"];
  /** @type {import("./parallel/tree.js").Scan | null} */
  #scan = null;
  /** What #scan was made for; `null`: nothing yet of this run. */
  #key = /** @type {string | null} */ (null);
  /** The chosen node, by row and place. @type {{level: number, place: number} | null} */
  #node = null;
  /** The reader went to it with the keys: it stays. */
  #kept = false;
  /** For a state with more elements than units. @type {number | null} */
  #element = null;
  #seen = false;
  #frame = 0;
  #waiting = 0;
  /** What was measured, and what for. */
  #measured = { key: "", times: /** @type {any} */ (null) };
  /** @type {Colors | null} */
  #colors = null;
  #width = 0;

  #teaser = make("span", { class: "teaser" });
  #equations = make("p", { class: "equations" });
  #how = make("p");
  #rule = make("p", { class: "rule" });
  #tree = make("canvas", { "aria-hidden": "true" });
  #marks = make("canvas", { "aria-hidden": "true" });
  #stage = make("div", { class: "stage", tabindex: "0", role: "group" }, this.#tree, this.#marks);
  #reach = make("p", { class: "reach", text: TEXT.reach, "aria-hidden": "true" });
  #where = make("strong");
  #what = make("span");
  #readout = make("p", { class: "readout", "aria-live": "polite" }, this.#where, this.#what);
  #keys = make("p", { class: "keys", id: unique("keys"), text: TEXT.keys });
  #checked = make("p", { class: "checked", role: "status" });
  #times = make("p", { class: "times" });
  #honest = make("p");
  #again = button(TEXT.measure, () => this.#measure(), { class: "link" });
  #number = make("input", { type: "number", id: unique("element"), min: 0, step: 1, inputmode: "numeric" });
  #numberOf = make("span");
  #chooser = make("p", { class: "chooser", hidden: true }, make("label", { for: this.#number.id, text: TEXT.element }), this.#number, this.#numberOf);
  #failed = make("p", { class: "failed", role: "status", hidden: true });
  #body = make(
    "div",
    { class: "body" },
    make("div", { class: "words" }, this.#equations, this.#rule, this.#how),
    this.#chooser,
    this.#reach,
    this.#stage,
    make("div", { class: "told" }, this.#readout, this.#keys),
    make("div", { class: "words" }, this.#checked, this.#times, this.#honest),
    this.#failed,
  );
  #details = make("details", {}, make("summary", {}, make("h2", { text: TEXT.title }), this.#teaser), this.#body);
  #resize = new ResizeObserver(() => this.#wake());
  #looking = new IntersectionObserver((entries) => {
    this.#seen = entries[entries.length - 1].isIntersecting;
    this.#wake();
  }, { rootMargin: "80px" });

  build() {
    this.append(this.#details);
    this.#details.open = location.hash === "#parallel";
    write(this.#stage, { "aria-describedby": this.#keys.id });
    this.#rule.append(TEXT.rule, " ", composition(), ".");
    this.#details.addEventListener("toggle", () => this.#wake());
    this.#stage.addEventListener("pointermove", (/** @type {PointerEvent} */ event) => this.#point(event));
    this.#stage.addEventListener("pointerleave", () => this.#leave());
    this.#stage.addEventListener("click", () => this.#node && this.#scan && void this.session.seek(this.#scan.moments[this.#node.place]));
    this.#stage.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => this.#press(event));
    this.#stage.addEventListener("blur", () => this.#leave());
    this.#number.addEventListener("change", () => {
      const most = (this.#scan?.width ?? 1) - 1;
      this.#element = Math.min(most, Math.max(0, Math.round(Number(this.#number.value)) || 0));
      this.#wake();
    });
  }

  /** @param {AbortSignal} signal */
  listen(signal) {
    this.#resize.observe(this.#stage);
    this.#looking.observe(this.#details);
    signal.addEventListener("abort", () => {
      this.#resize.disconnect();
      this.#looking.disconnect();
      cancelAnimationFrame(this.#frame);
      clearTimeout(this.#waiting);
      [this.#frame, this.#waiting] = [0, 0];
    });
  }

  /** @param {string} event */
  update(event) {
    if (event === "trace") {
      this.#key = null;
      this.hidden = !recurrenceOf(this.session);
      this.#scan = null;
      if (!this.hidden) this.#tell();
    }
    if (event === "theme" || event === "trace") this.#colors = null;
    this.#wake();
  }

  // ---- what is shown

  get #recurrence() {
    return recurrenceOf(this.session);
  }
  get #lane() {
    return this.#recurrence.real.lane;
  }
  /** The element of the state that is shown: that of the chosen unit, where there is one a unit. */
  #elementOf(/** @type {number} */ width) {
    const unit = this.session.selection.unit ?? 0;
    const { hidden } = this.session.summary;
    if (width === hidden) return unit;
    return Math.min(width - 1, this.#element ?? Math.floor((unit * width) / hidden));
  }
  /** Is the chosen node the reader's own? Else it follows the chosen step's state. */
  #chosen() {
    const scan = /** @type {import("./parallel/tree.js").Scan} */ (this.#scan);
    if (this.#node && this.#node.level <= depthOf(scan) && this.#node.place < scan.moments.length) return this.#node;
    const place = scan.moments.indexOf(this.session.selection.t);
    return place < 0 ? null : { level: completeAt(place), place };
  }

  /** The words that depend on the cell alone. */
  #tell() {
    const { real, imaginary } = this.#recurrence;
    const { steps, selection } = this.session;
    const setting = { forward: /** @type {1 | -1} */ (selection.direction === 1 ? -1 : 1), bias: false };
    const t = () => math("mi", {}, "t");
    const state = imaginary ? "s" : real.lane;
    const line = math("math", {}, indexed(state, 0), operator("="), letter("a", t()), operator("⊙"), indexed(state, -setting.forward), operator("+"), letter("b", t()));
    const parts = [line, TEXT.with];
    try {
      // (A complex state's terms are two equations each; what they are is in the sub-steps.)
      if (!imaginary) {
        parts.push(math("math", {}, letter("a", t()), operator("="), symbols(real.decay, setting)), TEXT.and);
        parts.push(math("math", {}, letter("b", t()), operator("="), symbols(real.input, setting)));
      } else parts.length = 1;
    } catch {
      parts.length = 1;
    }
    this.#equations.replaceChildren(...parts.flatMap((part) => [part, " "]));
    const depth = Math.ceil(Math.log2(Math.max(1, steps)));
    say(this.#teaser, TEXT.teaser(depth, steps));
    say(this.#how, TEXT.how(depth, steps, selection.direction === 1));
  }

  #wake() {
    if (this.hidden || !this.#details.open || !this.#seen) return;
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      try {
        this.#work();
        this.#failed.hidden = true;
      } catch (error) {
        this.#failed.hidden = false;
        say(this.#failed, TEXT.failed(error instanceof Error ? error.message : String(error)));
      }
    });
  }

  #work() {
    const { session } = this;
    if (!session.trace || this.hidden) return;
    const { layer, direction } = session.selection;
    const element = this.#elementOf(this.#scan?.width ?? session.summary.hidden);
    const key = [layer, direction, element, session.theme, session.state.projector].join();
    const width = this.#stage.clientWidth;
    const fresh = key !== this.#key;
    if (fresh) {
      let scan = session.trace.scan(layer, direction, { element });
      // How many elements there are is only known now.
      const right = this.#elementOf(scan.width);
      if (right !== element) scan = session.trace.scan(layer, direction, { element: right });
      this.#scan = scan;
      this.#key = [layer, direction, right, session.theme, session.state.projector].join();
      this.#chooser.hidden = scan.width === session.summary.hidden;
      write(this.#number, { max: scan.width - 1 });
      this.#number.value = String(right);
      say(this.#numberOf, TEXT.elementOf(scan.width));
      const name = this.#chooser.hidden ? TEXT.name(this.#lane, right) : TEXT.elementName(this.#lane, right);
      write(this.#stage, { "aria-label": TEXT.figure(name) });
      const { deviation, largest } = scan;
      const steps = scan.moments.length;
      say(this.#checked, TEXT.checked({ width: scan.width, steps, deviation, largest }));
      say(this.#honest, TEXT.honest(depthOf(scan), steps, combinationsOf(steps, depthOf(scan))));
      this.#tell();
      this.#measureLater();
    }
    this.#colors ??= new Colors(this, session.module, session.theme);
    const frame = this.#frameOf();
    if (!frame || !this.#scan) return;
    this.#stage.style.height = `${heightOf(frame)}px`;
    if (fresh || width !== this.#width) paint(this.#tree, frame, this.#scan, this.#colors);
    this.#width = width;
    const node = this.#chosen();
    mark(this.#marks, frame, this.#scan, this.#colors, node, session.selection.t);
    this.#say(node);
  }

  /** @returns {import("./parallel/paint.js").Frame | null} */
  #frameOf() {
    const width = this.#stage.clientWidth;
    if (!this.#scan || width === 0) return null;
    const { left, right } = this.session.axis;
    const font = parseFloat(getComputedStyle(this.#stage).fontSize) || 12;
    return { width, left, right, font, steps: this.session.steps, rows: this.#scan.levels.length };
  }

  // ---- one node

  /** @param {{level: number, place: number} | null} node */
  #say(node) {
    const scan = this.#scan;
    if (!scan || !node) return;
    const { level, place } = node;
    const value = (/** @type {number} */ l, /** @type {number} */ p, /** @type {"a" | "b"} */ of) => {
      const values = scan.levels[l][of];
      return scan.complex ? `(${TEXT.complex(values[p], values[scan.moments.length + p])})` : TEXT.value(values[p]);
    };
    const { first, last } = spanOf(level, place);
    const ends = [scan.moments[first], scan.moments[last]].sort((x, y) => x - y);
    say(this.#where, `${TEXT.round(level)}, ${TEXT.span(ends[0], ends[1])}${first === 0 ? TEXT.complete : "."} `);
    const taken = takenIn(level, place);
    const [a, b] = [value(level, place, "a"), value(level, place, "b")];
    if (level === 0) say(this.#what, `${TEXT.leaf(b)} ${TEXT.kept(a)}`);
    else if (taken === null) say(this.#what, TEXT.done(b));
    else {
      const sum = TEXT.combined({ a: value(level - 1, place, "a"), earlier: value(level - 1, taken, "b"), own: value(level - 1, place, "b"), b });
      say(this.#what, `${sum}. ${TEXT.kept(a)}`);
    }
  }

  /** @param {PointerEvent} event */
  #point(event) {
    const frame = this.#frameOf();
    if (!frame || !this.#scan) return;
    const box = this.#stage.getBoundingClientRect();
    const at = nodeAt(frame, event.clientX - box.left, event.clientY - box.top);
    const place = at ? this.#scan.moments.indexOf(at.t) : -1;
    this.#node = at && place >= 0 ? { level: at.level, place } : null;
    this.#kept = false;
    const t = this.#node ? this.#scan.moments[this.#node.place] : null;
    this.session.setHover({ t, unit: null, lane: t === null ? null : this.#lane, term: null });
    this.#wake();
  }
  #leave() {
    if (this.#kept && document.activeElement === this.#stage) return;
    this.#node = null;
    this.#kept = false;
    this.session.setHover({ t: null, unit: null, lane: null, term: null });
    this.#wake();
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    if (!this.#scan || event.ctrlKey || event.metaKey || event.altKey) return;
    const node = this.#chosen();
    if (!node) return;
    const { moments } = this.#scan;
    const [last, depth] = [this.session.steps - 1, depthOf(this.#scan)];
    const by = event.shiftKey ? 10 : 1;
    const t = moments[node.place];
    /** @type {Record<string, () => {t: number, level: number}>} */
    const moves = {
      ArrowLeft: () => ({ t: t - by, level: node.level }),
      ArrowRight: () => ({ t: t + by, level: node.level }),
      ArrowUp: () => ({ t, level: node.level - 1 }),
      ArrowDown: () => ({ t, level: node.level + 1 }),
      Home: () => ({ t: 0, level: node.level }),
      End: () => ({ t: last, level: node.level }),
      Enter: () => (void this.session.seek(t), { t, level: node.level }),
    };
    const move = moves[event.key]?.();
    if (!move) return;
    event.preventDefault();
    const place = moments.indexOf(Math.min(last, Math.max(0, move.t)));
    if (place >= 0) this.#node = { level: Math.min(depth, Math.max(0, move.level)), place };
    this.#kept = true;
    this.#wake();
  }

  // ---- how long it takes

  /** Measures what has not been measured yet, once nothing moves any more. */
  #measureLater() {
    clearTimeout(this.#waiting);
    const { layer, direction } = this.session.selection;
    const key = [this.#scan?.width, this.#scan?.moments.length, this.#scan?.complex, layer, direction].join();
    if (key === this.#measured.key) return;
    this.#showTimes(null);
    const later = () => {
      if (this.session.playing || !this.#seen || !this.#details.open || this.hidden) this.#waiting = window.setTimeout(later, CALM);
      else this.#measure();
    };
    this.#waiting = window.setTimeout(later, CALM);
  }
  #measure() {
    const { layer, direction } = this.session.selection;
    if (!this.session.trace || !this.#scan) return;
    const key = [this.#scan.width, this.#scan.moments.length, this.#scan.complex, layer, direction].join();
    this.#measured = { key, times: this.session.trace.scanTimes(layer, direction, { milliseconds: MEASURED }) };
    this.#showTimes(this.#measured.times);
  }
  /** @param {any} times */
  #showTimes(times) {
    if (!times) return this.#times.replaceChildren(TEXT.measuring);
    this.#times.replaceChildren(TEXT.times(times), " ", this.#again);
  }
}

/** (a₂, b₂) · (a₁, b₁) = (a₂ a₁, a₂ b₁ + b₂) */
function composition() {
  const two = () => math("mn", {}, "2");
  const one = () => math("mn", {}, "1");
  const pair = (/** @type {Node[]} */ first, /** @type {Node[]} */ second) => math("mrow", {}, bracket("("), ...first, operator(","), ...second, bracket(")"));
  const a = (/** @type {Node} */ index) => letter("a", index);
  const b = (/** @type {Node} */ index) => letter("b", index);
  return math("math", {}, pair([a(two())], [b(two())]), operator("∘"), pair([a(one())], [b(one())]), operator("="), pair([a(two()), operator("⊙"), a(one())], [a(two()), operator("⊙"), b(one()), operator("+"), b(two())]));
}

customElements.define("parallel-view", ParallelView);

/** @type {Promise<void> | null} */
let styled = null;

/** Puts the view between the network and its details, where the cell has it. @param {Session} session */
export async function show(session) {
  styled ??= new Promise((resolve, reject) => {
    const link = make("link", { rel: "stylesheet", href: STYLES });
    link.addEventListener("load", () => resolve());
    link.addEventListener("error", () => reject(new Error(TEXT.noStyles(STYLES))));
    document.head.append(link);
  });
  await styled;
  const there = document.querySelector("parallel-view");
  if (there) return;
  const view = /** @type {ParallelView} */ (document.createElement("parallel-view"));
  view.session = session;
  document.getElementById("details")?.before(view);
}
