// The chosen cell, drawn from its Spec's diagram, with this step's values on its wires and gates.
import { colour, gradientScale, laneScale, linear } from "./inspector/colours.js";
import { html, put, say, svg } from "./inspector/dom.js";
import { backward, equationOf, forward, laneAfter, matrixOf, nodeKey } from "./inspector/flow.js";
import { brief, fitting, full, mean, norm, short, tight } from "./inspector/numbers.js";
import { elementOf } from "./inspector/axes.js";
import { explainChosen, heldAt, keyOf, nodesOf, stepBefore, targetKey } from "./inspector/quantities.js";
import { arrow, course, frame, junctions, numberPlace, path, sizeOf, tapped } from "./inspector/shapes.js";
import { needsMore, partsOfName } from "./inspector/more.js";
import { functionSign } from "./math-ml.js";
import { INSPECTOR as TEXT } from "../strings/en-inspector.js";

/** @typedef {import("../engine/session.js").Session} Session */

/** Below this width of the drawing in CSS pixels, type is larger against the diagram and wires carry no numbers. */
const NARROW = 430;
/** A diagram higher than this, in its own units, does not stay in sight while its equations pass. */
const TALL = 100;
/** Thinnest and thickest wire, in the diagram's units. */
const THIN = 0.35;
const THICK = 1.7;

class CellDiagram extends HTMLElement {
  /** @type {Session | null} */
  #session = null;
  #drawn = "";
  /** @type {Map<string, Record<string, any>>} parts of each node */
  #nodes = new Map();
  /** @type {Record<string, any>[]} */
  #wires = [];
  #watch = new ResizeObserver(() => {
    const narrow = this.clientWidth > 0 && this.clientWidth < NARROW && !this.hasAttribute("data-wide");
    if (narrow === this.hasAttribute("data-narrow")) return;
    this.toggleAttribute("data-narrow", narrow);
    this.update();
  });

  /** Asked where a number comes from. @type {(question: any, from: Element) => void} */
  ask = () => {};
  /** Told that a sub-step was chosen here. @type {(name: string) => void} */
  chosen = () => {};

  /** @param {Session | null} session */
  set session(session) {
    this.#session = session;
  }
  get session() {
    return this.#session;
  }
  connectedCallback() {
    this.#watch.observe(this);
  }
  disconnectedCallback() {
    this.#watch.disconnect();
  }

  /** Draws the chosen step; makes the drawing anew only when the cell, its size or the direction of flow changed. */
  update() {
    const session = this.#session;
    if (!session?.trace) return;
    const { spec, state } = session;
    const name = JSON.stringify([spec.title, session.summary.options, state.mode, session.summary.hidden, session.selection.direction, session.selection.unit === null]);
    if (name !== this.#drawn) {
      this.#drawn = name;
      this.#build(session);
    }
    this.#fill(session);
  }

  /** @param {Session} session */
  #build(session) {
    const { diagram } = session.spec;
    const back = session.state.mode === "backward";
    const drawing = svg("svg", { viewBox: `0 0 ${diagram.width} ${diagram.height}`, role: "group", class: back ? "backward" : "forward" });
    drawing.append(svg("rect", { ...frame(diagram), rx: 3, class: "cell-frame" }));
    this.#wires = diagram.wires.map((/** @type {any} */ wire) => this.#wire(session, wire, back));
    // One source's wires together, the clearings of all before the first line: they share their way.
    for (const node of diagram.nodes) {
      const own = this.#wires.filter((w) => w.wire.from === node.id);
      drawing.append(...own.map((w) => w.clearing));
      // What goes through weights below what goes on as it is: only the latter has a value of its own on the shared way.
      drawing.append(...[...own].sort((a, b) => Number(b.matrix !== null) - Number(a.matrix !== null)).map((w) => w.group));
    }
    for (const { x, y } of junctions(diagram)) drawing.append(svg("circle", { cx: x, cy: y, r: 0.9, class: "junction" }));
    drawing.append(...this.#wires.map((w) => w.head));
    this.#nodes = new Map();
    for (const node of diagram.nodes) drawing.append(this.#node(session, node));
    drawing.append(...this.#wires.map((w) => w.number));
    // A large diagram keeps its type legible, and is moved within its frame.
    this.toggleAttribute("data-wide", needsMore(session.spec));
    this.toggleAttribute("data-tall", diagram.height > TALL);
    this.style.setProperty("--units", String(diagram.width));
    this.replaceChildren(drawing);
  }

  /** @param {Session} session @param {any} wire @param {boolean} back */
  #wire(session, wire, back) {
    const { spec } = session;
    const points = course(spec.diagram, wire);
    const find = (/** @type {string} */ id) => spec.diagram.nodes.find((/** @type {any} */ n) => n.id === id);
    const matrix = matrixOf(spec, find(wire.from), find(wire.to));
    // What wires from one node share is drawn as what the node holds; the last piece is this wire's own.
    const tap = tapped(spec.diagram, wire);
    const shared = points.length > 2 && !tap ? points.slice(0, -1) : [];
    const own = points.length > 2 ? points.slice(tap ? 1 : -2) : points;
    const [tip, from] = back ? (tap ? own : points).slice(0, 2) : own.slice(-2).reverse();
    const title = svg("title");
    const way = shared.length > 1 ? path(shared) : "";
    // Under each line a neutral one, a little wider: a value near 0 has hardly a colour of its own.
    const stem = { outline: svg("path", { d: way, class: "outline" }), line: svg("path", { d: way, class: "line" }) };
    const last = path(own);
    const branch = { outline: svg("path", { d: last, class: "outline" }), line: svg("path", { d: last, class: "line" }) };
    const hit = svg("path", { d: path(tap ? own : points), class: "hit" });
    const head = svg("polygon", { points: arrow(tip, from, 2.4), class: "head" });
    const group = svg("g", { class: "wire" }, title, stem.outline, branch.outline, stem.line, branch.line, hit);
    const number = svg("text", numberPlace(points, matrix?.op === "input"));
    number.classList.add("wire-number");
    return { wire, matrix, group, clearing: svg("path", { d: path(tap ? own : points), class: "clearing" }), title, stem, branch, head, number };
  }

  /** @param {Session} session @param {any} node */
  #node(session, node) {
    const { spec, selection } = session;
    const { kind, lane, sign } = node.shape;
    const { width, height } = sizeOf(node);
    const chosen = lane ?? (kind === "operation" ? laneAfter(spec.diagram, node) : null);
    const corner = { x: node.x - width, y: node.y - height, width: 2 * width, height: 2 * height };
    // What is drawn is spoken by the label of the button that lies over it.
    const button = svg("rect", {
      ...corner,
      class: "cover",
      tabindex: 0,
      role: "button",
      onclick: () => this.#choose(node, chosen),
      onkeydown: (/** @type {KeyboardEvent} */ event) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        this.#choose(node, chosen);
      },
    });
    const title = svg("title");
    const box = kind === "operation" && width === height
      ? svg("circle", { cx: node.x, cy: node.y, r: height, class: "box" })
      : svg("rect", { ...corner, rx: kind === "operation" ? height : kind === "block" ? 1.4 : 4.2, class: "box" });
    const picture = svg("g", { "aria-hidden": "true" }, box);
    const group = svg("g", { class: `node ${kind}` }, title, picture, button);
    /** @type {Record<string, any>} */
    const parts = { node, group, title, button, chosen };
    if (kind === "operation") {
      picture.append(svg("text", { x: node.x, y: node.y, class: "sign" }, sign === "blend" ? TEXT.blend : sign));
      parts.value = svg("text", { x: node.x + width * 0.8 + 0.6, y: node.y - height * 0.8 - 1.1, class: "value beside" });
      // What an operation hands straight to a lane stands there.
      const out = spec.diagram.wires.filter((/** @type {any} */ w) => w.from === node.id).map((/** @type {any} */ w) => spec.diagram.nodes.find((/** @type {any} */ n) => n.id === w.to).shape.kind);
      if (out.some((/** @type {string} */ k) => k !== "lane")) picture.append(parts.value);
    } else {
      const shift = kind === "before" ? (selection.direction === 1 ? "+1" : "−1") : "";
      const name = svg("text", { x: node.x, y: node.y - height * 0.44, class: "symbol" });
      const f = kind === "block" ? [...nodesOf(equationOf(spec, lane))].find((e) => e.op === "call") : null;
      const [symbol, below] = kind === "input" ? ["x", ""] : partsOfName(lane);
      const sign = f ? functionSign(f.function) : "";
      // What does not fit beside the symbol stands in the sub-step.
      if (sign && sign.length + symbol.length + below.length <= 5) name.append(svg("tspan", { class: "function" }, sign), svg("tspan", { dx: 0.9 }));
      name.append(svg("tspan", { class: "letter" }, symbol), svg("tspan", { class: "index", dy: 1 }, `${below && `${below},`}t${shift}`));
      if (symbol.length + below.length > 3) name.classList.add("long");
      parts.value = svg("text", { x: node.x, y: node.y + height * 0.26, class: "value" });
      const strip = svg("g", { class: "strip" });
      picture.append(name, parts.value, strip);
      parts.strip = strip;
      const inset = kind === "block" ? 1.2 : 2.2;
      parts.meter = { x: node.x - width + inset, y: node.y + height - 2.4, width: 2 * (width - inset), height: 1.2 };
    }
    this.#nodes.set(node.id, parts);
    return group;
  }

  /** The first press chooses the lane, the next one asks where its number comes from. @param {any} node @param {string | null} lane */
  #choose(node, lane) {
    const session = this.#session;
    if (!session || !lane) return;
    const { t } = session.selection;
    const unit = elementOf(session, lane);
    if (node.shape.kind === "before") return void session.seek(stepBefore(session));
    const name = session.state.mode === "backward" ? targetKey({ kind: "lane", lane }) : lane;
    if (session.selection.lane === name && unit !== null) this.ask({ kind: "target", name, t, unit }, this.#nodes.get(node.id)?.button);
    else void session.select({ lane: name }).then(() => this.chosen(name));
  }

  /** @param {Session} session */
  #fill(session) {
    const { spec, trace, selection, state } = session;
    const { t, unit, layer, direction, lane: selected } = selection;
    const back = state.mode === "backward";
    const values = trace.values(layer, direction, t, { example: 0 });
    const gradients = back ? session.gradients : null;
    if (back && !gradients) return;
    const product = this.#products(session, gradients);
    const flow = back
      ? backward(spec, values, gradients.values(layer, direction, t, { example: 0 }), (block) => product(`transposed:${block}`), (lane, j) => heldAt(session, lane, j, t))
      : forward(spec, values, product);
    const gradient = back ? gradientScale(session) : null;
    const scaleOf = (/** @type {string} */ lane) => gradient ?? (lane ? laneScale(session, lane) : linear("diverging", 3));
    const drawing = /** @type {SVGElement} */ (this.firstElementChild);
    put(drawing, "aria-label", TEXT.diagram(spec.title, TEXT.step(t), unit === null ? TEXT.whole : TEXT.unit(unit), back));

    for (const parts of this.#nodes.values()) {
      const { node, chosen } = parts;
      const own = flow.nodes.get(node.id) ?? null;
      const lane = node.shape.lane ?? chosen ?? "";
      const info = spec.lanes.find((/** @type {any} */ l) => l.name === lane);
      const scale = node.shape.kind === "input" ? (gradient ?? linear("diverging", 3)) : node.shape.kind === "operation" && !back ? linear("diverging", laneScale(session, lane).limit) : scaleOf(lane);
      const one = this.#one(own, node.shape.kind === "input" ? (own?.length === 1 ? 0 : null) : elementOf(session, flow.lane(node.id)));
      const word = one !== null ? (this.hasAttribute("data-narrow") ? tight : fitting)(one) : own ? this.#digest(own, info?.kind === "gate" && !back) : "";
      say(parts.value, word);
      parts.value.classList.toggle("digest", one === null);
      this.#speak(session, parts, info, own, one);
      const element = elementOf(session, lane);
      const held = element === null ? false : node.shape.kind !== "before" && node.shape.lane && heldAt(session, lane, element, t);
      parts.group.classList.toggle("held", Boolean(held));
      parts.group.classList.toggle("selected", Boolean(selected) && node.shape.lane === (selected?.split(":").at(-1) ?? "") && node.shape.kind !== "before");
      if (parts.strip) this.#strip(session, parts, one !== null ? null : own, one, scale);
    }
    this.#wires.forEach((parts, k) => {
      const { values: carried, key, stem, lane: of } = flow.wires[k];
      const place = elementOf(session, of);
      const from = this.#nodes.get(parts.wire.from)?.node;
      const to = this.#nodes.get(parts.wire.to)?.node;
      const lane = from.shape.lane ?? (from.shape.kind === "operation" ? laneAfter(spec.diagram, from) : "");
      const scale = gradient ?? (parts.matrix ? linear("diverging", 3) : from.shape.kind === "operation" ? linear("diverging", laneScale(session, lane).limit) : scaleOf(lane));
      for (const element of [parts.group, parts.head]) put(element, "data-key", key || (to.shape.lane ? `now:${to.shape.lane}` : "none"));
      const sum = unit !== null && parts.matrix !== null;
      this.#line(session, parts.branch, carried, place, scale, parts.head);
      this.#line(session, parts.stem, sum ? null : stem, place, scale, back ? parts.head : null);
      const one = carried?.length === 1 ? carried[0] : this.#one(carried, place);
      const shown = sum && carried?.length === 1 && one !== null && (!back || parts.matrix.op === "recurrent");
      say(parts.number, shown ? brief(one) : "");
      say(parts.title, carried ? TEXT.wire(key.replace(":", " "), one === null ? this.#digest(carried, false) : full(one)) : key);
    });
  }

  /** W·x, W·h and Wᵀ·da of one unit, by their keys; from the explained equations. @param {Session} session @param {any} gradients */
  #products(session, gradients) {
    const { spec, selection } = session;
    /** @type {Map<string, number>} */
    const found = new Map();
    if (selection.unit !== null && !(gradients && spec.blocks.length === 0)) {
      const wanted = gradients ? spec.backward.filter((/** @type {any} */ b) => [...nodesOf(b.equation)].some((e) => e.op === "transposed")).map((/** @type {any} */ b) => targetKey(b.target)) : spec.lanes.map((/** @type {any} */ l) => l.name);
      for (const name of wanted) {
        const { tree } = explainChosen(session, name);
        for (const e of nodesOf(tree)) if (e.block || e.op === "affine") found.set(keyOf(e) ?? "", e.value);
      }
    }
    return (/** @type {string} */ key) => found.get(key) ?? null;
  }

  /** @param {Float32Array | null} values @param {number | null} unit */
  #one(values, unit) {
    if (!values || unit === null) return null;
    return values[unit] ?? null;
  }

  /** What stands for a vector. @param {Float32Array} values @param {boolean} gate */
  #digest(values, gate) {
    return gate ? `⌀ ${brief(mean(values))}` : `‖·‖ ${brief(norm(values))}`;
  }

  /** Colour and thickness of a line. @param {Session} session @param {{outline: SVGElement, line: SVGElement}} wire @param {Float32Array | null} values @param {number | null} unit @param {import("./inspector/colours.js").Scale} scale @param {SVGElement | null} head */
  #line(session, { outline, line }, values, unit, scale, head) {
    const one = values && (values.length === 1 ? values[0] : this.#one(values, unit));
    const size = values === null ? 0 : typeof one === "number" ? scale.size(one) : Math.min(1, norm(values) / Math.sqrt(values.length) / scale.limit);
    const share = values !== null && one === null && scale.log ? scale.size(norm(values)) : size;
    const paint = typeof one === "number" ? colour(session, one, scale) : "";
    put(line, "stroke", paint || "currentColor");
    const width = THIN + (THICK - THIN) * (Number.isNaN(share) ? 1 : share);
    put(line, "stroke-width", width.toFixed(2));
    put(outline, "stroke-width", (width + 0.5).toFixed(2));
    if (head) put(head, "fill", paint || "currentColor");
  }

  /** The bar of one value, or a cell per unit. @param {Session} session @param {Record<string, any>} parts @param {Float32Array | null} values @param {number | null} one @param {import("./inspector/colours.js").Scale} scale */
  #strip(session, parts, values, one, scale) {
    const { strip, meter } = parts;
    const cells = values ? values.length : one === null ? 0 : 1;
    const wanted = values ? cells : 2 * cells;
    while (strip.childElementCount > wanted) strip.lastElementChild?.remove();
    while (strip.childElementCount < wanted) strip.append(svg("rect", { y: meter.y, height: meter.height }));
    if (values) {
      const width = meter.width / cells;
      for (let j = 0; j < cells; j++) {
        const rect = strip.children[j];
        put(rect, "class", "unit-cell");
        put(rect, "x", (meter.x + j * width).toFixed(3));
        put(rect, "width", (width * (cells > 40 ? 1.03 : 0.94)).toFixed(3));
        put(rect, "fill", colour(session, values[j], scale));
      }
    } else if (one !== null) {
      const [ground, bar] = strip.children;
      put(ground, "class", "meter-ground");
      put(ground, "x", String(meter.x));
      put(ground, "width", String(meter.width));
      put(bar, "class", "meter");
      const size = Number.isNaN(one) ? 0 : scale.size(one);
      const both = scale.kind === "diverging";
      const length = meter.width * size * (both ? 0.5 : 1);
      put(bar, "x", (both ? meter.x + meter.width / 2 - (one < 0 ? length : 0) : meter.x).toFixed(3));
      put(bar, "width", length.toFixed(3));
      put(bar, "fill", colour(session, one, scale));
    }
  }

  /** Name, title and key of a node. @param {Session} session @param {Record<string, any>} parts @param {any} info @param {Float32Array | null} values @param {number | null} one */
  #speak(session, parts, info, values, one) {
    const { node, group, title, button } = parts;
    const back = session.state.mode === "backward";
    const { kind, lane, sign } = node.shape;
    const value = one !== null ? full(one) : values ? (info?.kind === "gate" && !back ? TEXT.meanOf(short(mean(values))) : TEXT.normOf(short(norm(values)))) : "–";
    let words;
    if (kind === "operation") words = TEXT.operation(TEXT.operations[sign] ?? sign, info.title, value);
    else if (kind === "input") words = back ? TEXT.input : TEXT.valueOf(TEXT.input, "x", value);
    else if (kind === "before") words = (back ? TEXT.passedTo : TEXT.valueOf)(TEXT.before(info.title), lane, value);
    else words = (back ? TEXT.gradientOf : TEXT.valueOf)(info.title, lane, value);
    put(button, "aria-label", words);
    say(title, words);
    const keys = kind === "operation" ? "" : !back ? nodeKey(node) : kind === "before" ? `passed:${lane} before:${lane}` : kind === "input" ? "x" : `d:${lane} da:${lane} now:${lane}`;
    if (keys) put(group, "data-key", keys);
  }
}

customElements.define("cell-diagram", CellDiagram);

/** The diagram's scales in words, with their colours: a legend for the present mode. @param {Session} session */
export function legend(session) {
  const bar = (/** @type {"diverging" | "sequential"} */ kind, /** @type {string} */ low, /** @type {string} */ high, /** @type {string} */ words) => {
    const canvas = html("canvas", { width: 64, height: 1, class: "ramp", "aria-hidden": "true" });
    const scale = linear(kind, 1);
    const context = canvas.getContext("2d");
    for (let k = 0; k < 64 && context; k++) {
      context.fillStyle = colour(session, kind === "sequential" ? k / 63 : (2 * k) / 63 - 1, scale);
      context.fillRect(k, 0, 1, 1);
    }
    return html("span", { class: "legend-item" }, words, " ", html("span", {}, low), canvas, html("span", {}, high));
  };
  if (session.state.mode === "backward") {
    const most = short(gradientScale(session).limit);
    return [bar("diverging", "−", "+", TEXT.legendGradients(most))];
  }
  const states = session.spec.lanes.filter((/** @type {any} */ l) => l.carried);
  const limits = states.map((/** @type {any} */ l) => laneScale(session, l.name).limit);
  const gates = session.spec.lanes.some((/** @type {any} */ l) => l.kind === "gate");
  return [
    ...states.map((/** @type {any} */ l, /** @type {number} */ k) => bar("diverging", `−${short(limits[k])}`, short(limits[k]), `${l.title} ${l.name}`)),
    ...(gates ? [bar("sequential", "0", "1", TEXT.legendGates)] : []),
  ];
}
