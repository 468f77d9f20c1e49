// The unrolled picture of Step, of one example of an update: the same drawing, the numbers of the training.
import { make } from "../dom.js";
import { Colors } from "../picture/colors.js";
import { drawFocus } from "../picture/focus.js";
import { Images } from "../picture/images.js";
import { firstFor, layOut } from "../picture/layout.js";
import { Legend } from "../picture/legend.js";
import { backwardModel, forwardModel } from "../picture/model.js";
import { drawOverview } from "../picture/overview.js";
import { PICTURE } from "../../strings/en-picture.js";
import { SLOW } from "../../strings/en-train-plots.js";

/**
 * What is drawn, whatever the phase.
 * @typedef {object} Subject
 * @property {any} spec        of the cell
 * @property {any} summary     of the network
 * @property {number} steps    of the example
 * @property {number} from     step of its sequence at which the chunk begins
 * @property {boolean} fresh   its state began at zero
 * @property {(t: number) => string} input
 * @property {(t: number) => string | null} output
 */

/** Example b of a run or of its way back, as the picture's models read them. @param {any} of  Trace or Gradients @param {number} b @param {number} batch @param {number} steps @param {number} hidden */
export function example(of, b, batch, steps, hidden) {
  return {
    lane(/** @type {number} */ layer, /** @type {number} */ direction, /** @type {string} */ name) {
      const all = of.lane(layer, direction, name);
      const values = new Float32Array(steps * hidden);
      for (let t = 0; t < steps; t++) values.set(all.subarray((t * batch + b) * hidden, (t * batch + b + 1) * hidden), t * hidden);
      return values;
    },
    values: (/** @type {number} */ layer, /** @type {number} */ direction, /** @type {number} */ t) => of.values(layer, direction, t, { example: b }),
  };
}

export class SlowPicture {
  #canvas = make("canvas", { class: "picture-canvas", "aria-hidden": "true" });
  #stage = make("div", { class: "picture-stage" }, this.#canvas);
  #legend = new Legend(PICTURE);
  root = make("div", { class: "slow-picture" }, this.#stage, this.#legend.element);
  /** @type {Subject | null} */
  #subject = null;
  /** @type {import("../picture/model.js").Model | null} */
  #model = null;
  /** @type {Colors | null} */
  #colors = null;
  /** @type {Images | null} */
  #images = null;
  /** @type {import("../picture/layout.js").Layout | null} */
  #layout = null;
  /** The step that has been reached; fractional while it moves. */
  #t = 0;
  #module;
  #theme;

  /** @param {any} module @param {() => "light" | "dark"} theme */
  constructor(module, theme) {
    this.#module = module;
    this.#theme = theme;
  }

  /** The model that is drawn: states (`gradients` null), or gradients. @param {Subject} subject @param {any} trace @param {any} gradients */
  show(subject, trace, gradients) {
    const { spec, summary, steps } = subject;
    const session = { spec, summary, steps, trace, ghost: null };
    this.#subject = subject;
    this.#model = gradients ? backwardModel(session, gradients) : forwardModel(session);
    this.#images = this.#layout = null;
  }

  /** Words over the cells changed. @param {Subject} subject */
  tell(subject) {
    this.#subject = subject;
  }

  /** The size, the type or the colours are others. */
  measure() {
    this.#colors = this.#images = this.#layout = null;
  }

  /** Norm of the gradient at a step, over the units of the highest row. @param {number} t */
  sizeAt(t) {
    return this.#model ? this.#model.rows[this.#model.rows.length - 1].sizes[t] : NaN;
  }

  /** @param {number} t  the step that has been reached */
  draw(t) {
    const [model, subject] = [this.#model, this.#subject];
    if (!model || !subject || this.#stage.clientWidth < 1) return;
    const theme = this.#theme();
    if (this.#colors?.theme !== theme) this.measure();
    const colors = (this.#colors ??= new Colors(this.#stage, this.#module, theme));
    const images = (this.#images ??= new Images(model, colors));
    const layout = (this.#layout ??= this.#place(model, colors));
    this.#t = Math.max(0, Math.min(model.steps - 1, Math.round(t)));
    const { canvas, context } = this.#surface(layout);
    if (!context) return;
    context.setTransform(layout.shape.dpr, 0, 0, layout.shape.dpr, 0, 0);
    context.clearRect(0, 0, canvas.width, canvas.height);
    const none = { t: null, unit: null, layer: 0, direction: 0, lane: null, input: false };
    /** @type {import("../picture/scene.js").Scene} */
    const scene = {
      layout,
      model,
      colors,
      images,
      words: this.#words(subject.from),
      texts: { input: subject.input, time: (k) => String(subject.from + k + 1), output: subject.output },
      first: firstFor(layout, this.#t),
      t: this.#t,
      playing: true,
      slide: null,
      hover: none,
      selection: { t: this.#t, unit: null, layer: 0, direction: 0 },
      interventions: [],
      tip: null,
    };
    drawOverview(context, scene);
    drawFocus(context, scene);
    if (!subject.fresh) this.#border(context, scene);
    this.#legend.update(model, colors, [], SLOW.output);
  }

  /** Steps are those of the whole sequence, not of the chunk. @param {number} from */
  #words(from) {
    const [read, state] = [(/** @type {number} */ t) => PICTURE.read(from + t), (/** @type {string} */ lane, /** @type {number} */ t) => PICTURE.state(lane, from + t)];
    return from === 0 ? PICTURE : { ...PICTURE, read, state };
  }

  /** @param {import("../picture/model.js").Model} model @param {Colors} colors */
  #place(model, colors) {
    const unit = colors.size / 13;
    const layout = layOut({
      width: this.#stage.clientWidth,
      unit,
      dpr: devicePixelRatio,
      steps: model.steps,
      hidden: model.hidden,
      layers: model.layers,
      directions: model.directions,
      carried: model.carried.length,
      head: true,
      left: 56 * unit,
      right: 18 * unit,
    });
    this.#stage.style.setProperty("--picture-height", `${layout.height}px`);
    return layout;
  }

  #surface(/** @type {import("../picture/layout.js").Layout} */ layout) {
    const canvas = this.#canvas;
    const width = Math.round(layout.shape.width * layout.shape.dpr);
    const height = Math.round(layout.height * layout.shape.dpr);
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    return { canvas, context: canvas.getContext("2d") };
  }

  /** Where the chunk begins, in the overview: the state comes over it, no gradient goes back. */
  #border(/** @type {CanvasRenderingContext2D} */ g, /** @type {import("../picture/scene.js").Scene} */ { layout, colors }) {
    const { overview, shape } = layout;
    const x = Math.round(overview.left) - 1.5;
    g.strokeStyle = colors.named.accent;
    g.lineWidth = 3 * shape.unit;
    g.setLineDash([4 * shape.unit, 3 * shape.unit]);
    g.beginPath();
    g.moveTo(x, overview.top - 5 * shape.unit);
    g.lineTo(x, overview.top + overview.height + 5 * shape.unit);
    g.stroke();
    g.setLineDash([]);
    g.font = `${11 * shape.unit}px ${colors.font}`;
    g.textAlign = "left";
    g.textBaseline = "alphabetic";
    g.fillStyle = colors.named.accent;
    g.fillText(SLOW.border, overview.left + 4 * shape.unit, overview.top + overview.height + 13 * shape.unit);
  }
}
