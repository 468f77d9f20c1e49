// <unrolled-picture>: the network unrolled in time. The whole sequence as strips, the steps around the current one as cells.

import { TEXT } from "../strings/en.js";
import { PICTURE } from "../strings/en-picture.js";
import { make, SessionElement, unique } from "./dom.js";
import { Colors } from "./picture/colors.js";
import { drawFocus, drawTip } from "./picture/focus.js";
import { Images } from "./picture/images.js";
import { axisStep, firstFor, hit, layOut } from "./picture/layout.js";
import { Legend } from "./picture/legend.js";
import { backwardModel, flow, forwardModel, rowOf, strongest } from "./picture/model.js";
import { drawOverview } from "./picture/overview.js";

/** @typedef {import("./picture/layout.js").Hit} Hit */
/** @typedef {import("./picture/scene.js").Scene} Scene */

/** How long a state slides from one cell into the next, milliseconds. */
const SLIDE = 180;
/** Time constant of the focus following the current step, milliseconds. */
const FOLLOW = 45;
/** A pointer that moved less than this has clicked, CSS px. */
const CLICK = 5;

export class UnrolledPicture extends SessionElement {
  static listens = ["trace", "mode", "theme", "select", "hover", "play"];
  /** @type {HTMLCanvasElement} */
  #canvas = make("canvas", { class: "picture-canvas", "aria-hidden": "true" });
  /** @type {HTMLElement} */
  #description = make("p", { class: "visually-hidden", id: unique("picture") });
  /** @type {HTMLElement} */
  #spoken = make("p", { class: "visually-hidden", "aria-live": "polite" });
  /** @type {HTMLElement} */
  #stage = make(
    "div",
    { class: "picture-stage", tabindex: 0, role: "group", "aria-label": PICTURE.name, "aria-describedby": this.#description.id },
    this.#canvas,
    this.#description,
    this.#spoken,
  );
  #legend = new Legend(PICTURE);
  /** @type {import("./picture/model.js").Model | null} */
  #model = null;
  /** @type {Colors | null} */
  #colors = null;
  /** @type {Images | null} */
  #images = null;
  /** @type {import("./picture/layout.js").Layout | null} */
  #layout = null;
  /** The model that the text alternative speaks of. @type {import("./picture/model.js").Model | null} */
  #described = null;
  #frame = 0;
  #drawnAt = 0;
  #first = NaN;
  #t = -1;
  /** When the state began to slide. @type {number | null} */
  #slideFrom = null;
  /** Pointer inside, in CSS px. @type {{x: number, y: number} | null} */
  #pointer = null;
  /** @type {{part: "overview" | "focus", x: number, t: number, moved: boolean} | null} */
  #drag = null;
  #reduced = matchMedia("(prefers-reduced-motion: reduce)");

  build() {
    this.append(this.#stage, this.#legend.element);
  }

  /** @param {AbortSignal} signal */
  listen(signal) {
    const resized = () => {
      const shape = this.#layout?.shape;
      if (shape?.width !== this.#stage.clientWidth || shape.dpr !== devicePixelRatio) this.#measure();
    };
    const size = new ResizeObserver(resized);
    size.observe(this);
    signal.addEventListener("abort", () => size.disconnect());
    addEventListener("resize", resized, { signal });
    const stage = this.#stage;
    stage.addEventListener("pointerdown", (event) => this.#down(event), { signal });
    stage.addEventListener("pointermove", (event) => this.#move(event), { signal });
    stage.addEventListener("pointerup", (event) => this.#up(event), { signal });
    stage.addEventListener("pointercancel", () => this.#leave(), { signal });
    stage.addEventListener("pointerleave", () => this.#leave(), { signal });
    stage.addEventListener("keydown", (event) => this.#key(event), { signal });
  }

  /** @param {string} event */
  update(event) {
    // What the old numbers were made from may already be freed: nothing of them is kept.
    if (event === "trace" || event === "mode") this.#model = this.#images = this.#layout = null;
    if (event === "theme") this.#measure();
    this.#invalidate();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    this.#model = this.#images = null;
  }

  #measure() {
    this.#layout = null;
    this.#colors = null; // a zoom or a larger type changes the tokens, too
    this.#images = null;
    this.#invalidate();
  }

  #invalidate() {
    if (this.#frame === 0 && this.isConnected) this.#frame = requestAnimationFrame(this.#draw);
  }

  /** Whatever is missing is made anew. @returns {boolean} whether there is something to draw */
  #prepare() {
    const { session } = this;
    if (!session?.trace || !session.net || session.steps < 1 || this.clientWidth < 1) return false;
    this.#colors ??= new Colors(this.#stage, session.module, session.theme);
    if (!this.#model) {
      const grads = session.state.mode === "backward" ? session.gradients : null;
      this.#model = grads ? backwardModel(session, grads) : forwardModel(session);
      this.#images = null;
    }
    this.#images ??= new Images(this.#model, this.#colors);
    if (!this.#layout) {
      const { steps, hidden, layers, directions, carried } = this.#model;
      const { left, right } = session.axis;
      this.#layout = layOut({
        width: this.#stage.clientWidth,
        unit: this.#colors.size / 13,
        dpr: devicePixelRatio,
        steps,
        hidden,
        layers,
        directions,
        carried: carried.length,
        head: Boolean(session.summary.head) || this.#model.mode === "backward",
        left,
        right,
      });
      this.#first = NaN;
      this.#stage.style.setProperty("--picture-height", `${this.#layout.height}px`);
    }
    return true;
  }

  #draw = (/** @type {number} */ now) => {
    this.#frame = 0;
    if (!this.#prepare()) return;
    const layout = /** @type {import("./picture/layout.js").Layout} */ (this.#layout);
    const model = /** @type {import("./picture/model.js").Model} */ (this.#model);
    const colors = /** @type {Colors} */ (this.#colors);
    const { session } = this;
    const { selection, interventions } = session.state;
    const t = Math.min(selection.t, model.steps - 1);
    const still = this.#reduced.matches;

    // The focus follows the current step; over a long way it jumps.
    const wanted = firstFor(layout, t);
    const distance = wanted - this.#first;
    const elapsed = Math.min(50, now - this.#drawnAt);
    const moves = !still && Number.isFinite(distance) && Math.abs(distance) > 0.01 && Math.abs(distance) < 2 * layout.count;
    this.#first = moves ? this.#first + distance * (1 - Math.exp(-elapsed / FOLLOW)) : wanted;
    this.#drawnAt = now;

    // One step on: the state slides along.
    if (t !== this.#t || this.#described !== model) {
      this.#slideFrom = !still && Math.abs(t - this.#t) === 1 && session.playing ? now : null;
      this.#describe(t);
    }
    const along = t - this.#t;
    if (along !== 0) this.#way = along;
    this.#t = t;
    const progress = this.#slideFrom === null ? 1 : (now - this.#slideFrom) / SLIDE;
    if (progress >= 1) this.#slideFrom = null;
    const slides = progress < 1 && this.#way === flow(model, 0);

    const { canvas, context } = this.#surface(layout);
    if (!context) return;
    context.setTransform(layout.shape.dpr, 0, 0, layout.shape.dpr, 0, 0);
    context.clearRect(0, 0, canvas.width, canvas.height);
    const { hover } = session;
    /** @type {Scene} */
    const scene = {
      layout,
      model,
      colors,
      images: /** @type {Images} */ (this.#images),
      words: PICTURE,
      texts: this.#texts,
      first: this.#first,
      t,
      playing: session.playing,
      slide: slides ? 1 - (1 - progress) ** 2 : null,
      hover: {
        t: hover.t ?? hover.term?.t ?? null,
        // A term of an equation points at the unit that it comes from, where that is shown.
        unit: hover.unit ?? (hover.term?.kind === "lane" && hover.term.lane === model.lane ? hover.term.unit : null),
        layer: hover.layer ?? selection.layer,
        direction: hover.direction ?? selection.direction,
        lane: hover.lane?.split(":").pop() ?? hover.term?.lane ?? null,
        input: hover.lane === "x" || hover.term?.kind === "input",
      },
      selection,
      interventions,
      tip: null,
    };
    scene.tip = this.#tip(scene);
    drawOverview(context, scene);
    drawFocus(context, scene);
    drawTip(context, scene);
    this.#legend.update(model, colors, interventions, layout.shape.head ? PICTURE.output(session.sequence?.kind) : null);
    if (moves || progress < 1) this.#invalidate();
  };
  #way = 1;

  #surface(/** @type {import("./picture/layout.js").Layout} */ layout) {
    const canvas = this.#canvas;
    const width = Math.round(layout.shape.width * layout.shape.dpr);
    const height = Math.round(layout.height * layout.shape.dpr);
    if (canvas.width !== width || canvas.height !== height) {
      canvas.width = width;
      canvas.height = height;
    }
    return { canvas, context: canvas.getContext("2d") };
  }

  /** @type {import("./picture/scene.js").Texts} */
  #texts = {
    input: (t) => {
      const value = this.session.inputAt(t);
      return typeof value === "string" ? value : this.session.unitText(value);
    },
    time: (t) => (this.session.sequence?.kind === "sentence" ? String(t + 1) : this.session.labels(t).short),
    output: (t) => {
      const says = this.session.prediction(t);
      if (says === null || says === undefined) return null;
      if (typeof says === "number") return Number.isFinite(says) ? this.session.unitText(says) : TEXT.noNumber;
      const best = says.indexOf(Math.max(...says));
      const name = this.session.sequence?.classes?.[best] ?? String(best);
      return PICTURE.answer(name, says[best]);
    },
  };

  /** The sentence that stands for the picture. */
  #describe(/** @type {number} */ t) {
    const model = this.#model;
    if (!model) return;
    this.#described = model;
    const { layer, direction } = this.#place(model);
    const row = rowOf(model, layer, direction);
    const { unit, value } = strongest(model, row, t);
    this.#description.textContent = `${PICTURE.description({
      title: this.session.spec.title,
      model,
      t,
      label: this.session.labels(t).long,
      input: this.#texts.input(t),
      output: this.#texts.output(t),
      unit,
      value,
      layer,
      direction,
      size: row.sizes[t],
    })} ${PICTURE.keys}`;
  }

  /** The chosen layer and direction, held within the network. @param {import("./picture/model.js").Model} model */
  #place(model) {
    const { layer, direction } = this.session.state.selection;
    return { layer: Math.min(layer, model.layers - 1), direction: Math.min(direction, model.directions - 1) };
  }

  // ---- pointing

  #at(/** @type {PointerEvent} */ event) {
    const box = this.#canvas.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }

  #down(/** @type {PointerEvent} */ event) {
    if (event.button !== 0 || !this.#layout) return;
    const { x, y } = this.#at(event);
    const found = hit(this.#layout, this.#first, x, y);
    if (!found) return;
    const part = found.part === "overview" ? "overview" : "focus";
    this.#drag = { part, x, t: this.#t, moved: false };
    this.#stage.setPointerCapture(event.pointerId);
    if (part === "overview") {
      this.session.pause();
      this.session.seek(found.t);
    }
  }

  #move(/** @type {PointerEvent} */ event) {
    if (!this.#layout) return;
    const { x, y } = (this.#pointer = this.#at(event));
    const drag = this.#drag;
    if (drag) {
      if (Math.abs(x - drag.x) > CLICK) drag.moved = true;
      if (drag.part === "overview") this.session.seek(axisStep(this.#layout, x));
      else if (drag.moved) {
        this.session.pause();
        this.session.seek(drag.t - (x - drag.x) / this.#layout.pitch);
      }
    }
    const found = hit(this.#layout, this.#first, x, y);
    this.#stage.classList.toggle("picture-over-cell", Boolean(found) && found?.part !== "overview");
    this.#stage.classList.toggle("picture-over-lens", found?.part === "overview");
    this.session.setHover(
      found
        ? { t: found.t, unit: found.unit ?? null, layer: found.layer ?? null, direction: found.direction ?? null }
        : { t: null, unit: null, layer: null, direction: null },
    );
    this.#invalidate();
  }

  #up(/** @type {PointerEvent} */ event) {
    const drag = this.#drag;
    this.#drag = null;
    if (!drag || drag.moved || drag.part === "overview" || !this.#layout) return;
    const { x, y } = this.#at(event);
    const found = hit(this.#layout, this.#first, x, y);
    if (!found) return;
    this.session.pause();
    const { t, layer, direction, unit } = found;
    this.session.select(found.part === "cell" ? { t, layer, direction, unit: unit ?? null } : { t });
  }

  #leave() {
    this.#drag = null;
    if (!this.#pointer) return;
    this.#pointer = null;
    this.session?.setHover({ t: null, unit: null, layer: null, direction: null });
    this.#invalidate();
  }

  /** @param {Scene} scene @returns {Scene["tip"]} */
  #tip(scene) {
    if (!this.#pointer || this.#drag?.moved) return null;
    const { model, layout } = scene;
    const found = hit(layout, scene.first, this.#pointer.x, this.#pointer.y);
    if (!found || found.layer === undefined || found.direction === undefined) return null;
    const { t, layer, direction } = found;
    const row = rowOf(model, layer, direction);
    const when = PICTURE.step(t, this.session.labels(t).long);
    const unit = found.unit ?? null;
    const at = t * model.hidden + (unit ?? 0);
    const what = unit === null ? PICTURE.tipCell(model, layer, direction, row.sizes[t]) : PICTURE.tipUnit(model, unit, layer, direction, row.values[at]);
    const was = unit !== null && row.untouched && row.untouched[at] !== row.values[at] ? [PICTURE.was(row.untouched[at])] : [];
    return { ...this.#pointer, lines: [...what, ...was, when] };
  }

  // ---- keys

  #key(/** @type {KeyboardEvent} */ event) {
    const model = this.#model;
    if (!model || event.altKey || event.ctrlKey || event.metaKey) return;
    const { unit } = this.session.state.selection;
    const { layer, direction } = this.#place(model);
    const by = event.key === "ArrowUp" ? 1 : event.key === "ArrowDown" ? -1 : 0;
    /** @type {any} */
    let choice = null;
    if (by !== 0 && event.shiftKey) {
      const row = layer * model.directions + direction + by;
      if (row >= 0 && row < model.rows.length) choice = { layer: model.rows[row].layer, direction: model.rows[row].direction };
    } else if (by !== 0) {
      // Up is towards unit 0, as the units are drawn.
      const next = unit === null ? (by > 0 ? model.hidden - 1 : 0) : unit - by;
      choice = { layer, direction, unit: (next + model.hidden) % model.hidden };
    } else if (event.key === "Escape" && unit !== null) choice = { unit: null };
    else if (event.key === "Enter") this.#openCell();
    else return;
    event.preventDefault();
    event.stopPropagation();
    if (!choice) return;
    this.session.select(choice);
    const now = { layer, direction, unit, ...choice };
    const value = now.unit === null ? NaN : rowOf(model, now.layer, now.direction).values[this.#t * model.hidden + now.unit];
    this.#spoken.textContent = PICTURE.chosen(model, now.unit, now.layer, now.direction, value);
    this.#describe(this.#t);
  }

  /** Brings the cell inspector into view, and says that it is wanted. */
  #openCell() {
    this.dispatchEvent(new Event("open-cell", { bubbles: true }));
    const inspector = /** @type {HTMLElement | null} */ (document.querySelector("cell-inspector"));
    inspector?.scrollIntoView({ block: "start", behavior: this.#reduced.matches ? "auto" : "smooth" });
    /** @type {HTMLElement | null | undefined} */ (inspector?.querySelector("button, input, select, [tabindex]"))?.focus({ preventScroll: true });
  }
}

customElements.define("unrolled-picture", UnrolledPicture);
