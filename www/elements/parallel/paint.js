// Draws the tree: rows of cells, coloured by the state that the steps taken in lead to, and the wires of the chosen node.
import { coneOf } from "./tree.js";

/** Of a row of cells and of the room for wires below it, in units of the type's size. */
const CELL = 0.9;
const ROOM = 1.6;
/** Wires of all nodes are drawn where columns are at least so wide, in CSS px. */
const WIRED = 24;
/** Wires of one row are told apart where they are at least so far from each other, in CSS px. */
const APART = 5;
/** Cells stand apart where columns are at least so wide, in CSS px. */
const GAPPED = 5;
/** Narrower cells are marked by a line below them. CSS px. */
const NARROW = 4;

/**
 * @typedef {object} Frame
 * @property {number} width   CSS px of the canvas
 * @property {number} left    of the time axis
 * @property {number} right
 * @property {number} font    CSS px
 * @property {number} steps   columns
 * @property {number} rows
 */

/** Height of the canvas. @param {Frame} frame */
export const heightOf = ({ font, rows }) => Math.ceil(rows * CELL * font + (rows - 1) * ROOM * font + 2 * font * 0.4);

/** Top of a row of cells. @param {Frame} frame @param {number} level */
const topOf = ({ font }, level) => font * 0.4 + level * (CELL + ROOM) * font;

/** @param {Frame} frame */
const columnOf = (frame) => (frame.width - frame.left - frame.right) / frame.steps;

/** Middle of a step's column. @param {Frame} frame @param {number} t */
const middleOf = (frame, t) => frame.left + (t + 0.5) * columnOf(frame);

/** The node at a point; between rows, of the row below. @param {Frame} frame @param {number} x @param {number} y @returns {{level: number, t: number} | null} */
export function nodeAt(frame, x, y) {
  const t = Math.floor((x - frame.left) / columnOf(frame));
  if (t < 0 || t >= frame.steps) return null;
  const level = Math.ceil((y - topOf(frame, 0) - CELL * frame.font) / ((CELL + ROOM) * frame.font));
  return { t, level: Math.min(frame.rows - 1, Math.max(0, level)) };
}

/** A canvas of so many CSS px, sharp on this screen. @param {HTMLCanvasElement} canvas @param {number} width @param {number} height */
function sheet(canvas, width, height) {
  const [w, h] = [Math.round(width * devicePixelRatio), Math.round(height * devicePixelRatio)];
  if (canvas.width !== w || canvas.height !== h) Object.assign(canvas, { width: w, height: h });
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
  context.clearRect(0, 0, width, height);
  return context;
}

/** The wires of rows, gathered into one path. */
function trace(/** @type {CanvasRenderingContext2D} */ context, /** @type {Frame} */ frame, /** @type {{level: number, from: number, to: number}[]} */ wires, /** @type {(place: number) => number} */ stepOf) {
  context.beginPath();
  for (const { level, from, to } of wires) {
    const [x0, x1] = [middleOf(frame, stepOf(from)), middleOf(frame, stepOf(to))];
    const [y0, y1] = [topOf(frame, level - 1) + CELL * frame.font, topOf(frame, level)];
    context.moveTo(x0, y0);
    context.lineTo(x1, y1);
  }
  context.stroke();
}

/**
 * Cells, wires and the numbers at the left.
 * @param {HTMLCanvasElement} canvas @param {Frame} frame @param {import("./tree.js").Scan} scan
 * @param {import("../picture/colors.js").Colors} colors
 */
export function paint(canvas, frame, scan, colors) {
  const context = sheet(canvas, frame.width, heightOf(frame));
  const { named } = colors;
  const column = columnOf(frame);
  const scale = /** @type {const} */ ({ kind: "linear", max: scaleOf(scan) });
  const places = scan.moments.length;
  const stepOf = (/** @type {number} */ place) => scan.moments[place];
  if (column >= WIRED) {
    context.strokeStyle = named.rule;
    context.lineWidth = 1;
    for (let level = 1; level < scan.levels.length; level++) {
      const { distance } = scan.levels[level];
      const wires = Array.from({ length: places }, (_, to) => ({ level, from: to, to }));
      for (let to = distance; to < places; to++) wires.push({ level, from: to - distance, to });
      trace(context, frame, wires, stepOf);
    }
  }
  const gap = column >= GAPPED ? 1 : 0;
  scan.levels.forEach(({ b }, level) => {
    const top = topOf(frame, level);
    for (let place = 0; place < places; place++) {
      const x = frame.left + stepOf(place) * column;
      context.fillStyle = colors.of(scale, b[place]);
      // Narrow columns overlap by a fraction rather than leave a gap.
      context.fillRect(x, top, Math.max(column - gap, gap ? 1 : column + 0.5), CELL * frame.font);
    }
    context.strokeStyle = named.edge;
    context.lineWidth = 0.5;
    if (gap) for (let place = 0; place < places; place++) context.strokeRect(frame.left + stepOf(place) * column, top, column - gap, CELL * frame.font);
    else context.strokeRect(frame.left, top, column * frame.steps, CELL * frame.font);
    context.fillStyle = named.soft;
    context.font = `${frame.font}px ${colors.font}`;
    context.textAlign = "right";
    context.textBaseline = "middle";
    context.fillText(String(Math.min(places, 2 ** level)), frame.left - 0.6 * frame.font, top + (CELL * frame.font) / 2);
  });
}

/** What the ends of the palette stand for: the largest state of the element. @param {import("./tree.js").Scan} scan */
export function scaleOf({ states, complex }) {
  const count = complex ? states.length / 2 : states.length;
  let largest = 0;
  for (let k = 0; k < count; k++) if (Math.abs(states[k]) > largest && Number.isFinite(states[k])) largest = Math.abs(states[k]);
  return largest || 1;
}

/**
 * The chosen node, everything that it has taken in, and the chosen step.
 * @param {HTMLCanvasElement} canvas @param {Frame} frame @param {import("./tree.js").Scan} scan
 * @param {import("../picture/colors.js").Colors} colors
 * @param {{level: number, place: number} | null} node @param {number} t  the chosen step
 */
export function mark(canvas, frame, scan, colors, node, t) {
  const context = sheet(canvas, frame.width, heightOf(frame));
  const { named } = colors;
  const column = columnOf(frame);
  const stepOf = (/** @type {number} */ place) => scan.moments[place];
  if (node) {
    const wires = coneOf(node.level, node.place);
    context.strokeStyle = context.fillStyle = named.accent;
    context.lineWidth = 1.25;
    // Where wires would lie on each other, what they cover is shaded.
    const apart = (/** @type {{level: number}} */ wire) => 2 ** wire.level * column >= APART;
    trace(context, frame, wires.filter(apart), stepOf);
    context.globalAlpha = 0.3;
    for (let level = 1; level <= node.level && 2 ** level * column < APART; level++) {
      const ends = wires.filter((wire) => wire.level === level).flatMap(({ from, to }) => [stepOf(from), stepOf(to)]);
      const [x0, x1] = [Math.min(...ends), Math.max(...ends)].map((t) => middleOf(frame, t));
      context.fillRect(x0 - column / 2, topOf(frame, level - 1) + CELL * frame.font, x1 - x0 + column, ROOM * frame.font);
    }
    context.globalAlpha = 1;
    const seen = new Set([`${node.level} ${node.place}`, ...wires.map(({ level, from }) => `${level - 1} ${from}`)]);
    for (const key of seen) {
      const [level, place] = key.split(" ").map(Number);
      const x = frame.left + stepOf(place) * column;
      const bottom = topOf(frame, level) + CELL * frame.font;
      if (column < NARROW) context.fillRect(x, bottom - 1, Math.max(column, 1), 2);
      else context.strokeRect(x, topOf(frame, level), column - (column >= GAPPED ? 1 : 0), CELL * frame.font);
    }
    context.lineWidth = 2;
    context.strokeStyle = named.ink;
    const wide = Math.max(column, 6);
    context.strokeRect(middleOf(frame, stepOf(node.place)) - wide / 2 - 0.5, topOf(frame, node.level) - 1, wide, CELL * frame.font + 2);
  }
  context.fillStyle = named.ink;
  const x = middleOf(frame, t);
  const bottom = topOf(frame, frame.rows - 1) + CELL * frame.font;
  // The chosen step, below the states.
  context.beginPath();
  context.moveTo(x, bottom + 1);
  context.lineTo(x - 0.3 * frame.font, bottom + 0.4 * frame.font);
  context.lineTo(x + 0.3 * frame.font, bottom + 0.4 * frame.font);
  context.fill();
}
