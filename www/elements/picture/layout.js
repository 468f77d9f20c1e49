// Where everything of the picture stands, in CSS pixels. Pure: from a size and a network's shape to rectangles.

/**
 * @typedef {{left: number, top: number, width: number, height: number}} Box
 *
 * @typedef {object} Shape  what the geometry depends on
 * @property {number} width      of the element, CSS px
 * @property {number} unit       size of the type ÷ 13: everything grows with it (projector)
 * @property {number} dpr        device pixels per CSS pixel: squares are whole device pixels
 * @property {number} steps      T
 * @property {number} hidden     H
 * @property {number} layers
 * @property {number} directions 1 or 2
 * @property {number} carried    lanes handed from step to step
 * @property {boolean} head      predictions are drawn over the top layer
 * @property {number} left       inset of the shared time axis
 * @property {number} right      inset of the shared time axis
 *
 * @typedef {{layer: number, direction: number, top: number, height: number}} RowPlace
 *
 * @typedef {object} Tile        how a cell's units are arranged
 * @property {number} columns
 * @property {number} rows
 * @property {number} width      of one unit, CSS px
 * @property {number} height     of one unit, CSS px
 * @property {boolean} lines     hairlines between the units: where there is room
 *
 * @typedef {object} Layout
 * @property {Shape} shape
 * @property {number} height             of the canvas
 * @property {Box} overview              the time axis' own rectangle: x of step t is left + (t + ½)·width/T
 * @property {RowPlace[]} strips         one row of the overview for each layer and direction, the top layer first
 * @property {Box} focus
 * @property {number} count              cells that fit
 * @property {number} pitch              from cell to cell
 * @property {number} cell               width of a cell
 * @property {RowPlace[]} rows           the cells' rows, the top layer first
 * @property {number[]} lanes            heights of the state arrows, as fractions of a cell
 * @property {Tile} tile
 * @property {number} bar                height of the bar at a cell's foot
 * @property {number} pad                inside a cell
 * @property {number} caption            baseline of the sentence about the weights
 * @property {number} outputs            baseline of the predictions
 * @property {number} inputs             top of the inputs' boxes
 * @property {number} inputHeight
 * @property {number} labels             baseline of the times under the inputs
 */

/** Rows of a network as they are stacked: the top layer first, within a layer the reverse direction over the forward one. */
function stacked(/** @type {number} */ layers, /** @type {number} */ directions) {
  const rows = [];
  for (let layer = layers - 1; layer >= 0; layer--) {
    for (let direction = directions - 1; direction >= 0; direction--) rows.push({ layer, direction });
  }
  return rows;
}

/** A unit is drawn at most this much wider than high. */
const ASPECT = 1.45;

/**
 * The grid that shows `hidden` units largest within a box.
 * @param {number} hidden
 * @param {number} width
 * @param {number} height
 * @param {number} most  largest side of a unit
 * @param {number} dpr
 * @returns {Tile}
 */
export function arrange(hidden, width, height, most, dpr) {
  let best = { columns: 1, rows: hidden, worth: 0 };
  for (let columns = 1; columns <= hidden; columns++) {
    const rows = Math.ceil(hidden / columns);
    const high = Math.min(height / rows, most);
    const wide = Math.min(width / columns, high * ASPECT);
    // A full rectangle is easier to read than slightly larger units.
    const worth = Math.min(high, wide) * Math.sqrt(wide / Math.min(high, wide)) * (columns * rows === hidden ? 1.25 : 1);
    if (worth > best.worth) best = { columns, rows, worth };
  }
  const { columns, rows } = best;
  const whole = (/** @type {number} */ side) => (side * dpr >= 2 ? Math.floor(side * dpr) / dpr : side);
  const high = Math.min(height / rows, width / columns, most);
  const unit = { width: whole(Math.min(width / columns, high * ASPECT)), height: whole(high) };
  return { columns, rows, ...unit, lines: Math.min(unit.width, unit.height) >= 5 };
}

/** @param {Shape} shape @returns {Layout} */
export function layOut(shape) {
  const { width, unit: u, steps, hidden, layers, directions, left, right } = shape;
  const narrow = width < 560 * u;
  const order = stacked(layers, directions);
  const n = order.length;

  // The overview.
  const stripGap = 3 * u;
  const stripHeight = Math.max(12 * u, Math.min(46 * u, (104 * u) / n));
  const strips = order.map((row, i) => ({ ...row, top: 8 * u + i * (stripHeight + stripGap), height: stripHeight }));
  const overview = {
    left,
    top: 8 * u,
    width: Math.max(1, width - left - right),
    height: n * (stripHeight + stripGap) - stripGap,
  };

  // The focus: as many cells as fit.
  const wanted = (narrow ? 100 : hidden > 128 ? 112 : 94) * u;
  const count = Math.max(1, Math.min(steps, Math.floor(width / wanted)));
  const pitch = Math.min(width / count, 150 * u);
  const cell = pitch - Math.max((directions > 1 ? 34 : 26) * u, Math.min(44 * u, pitch * 0.3));
  const cellHeight = (n === 1 ? 88 : n === 2 ? 66 : n <= 4 ? 54 : 44) * u;
  const pad = 5 * u;
  const bar = 4 * u;

  const whole = steps * pitch <= width + 1;
  const top = overview.top + overview.height + (whole ? 10 : 24) * u;
  const caption = top + 12 * u;
  let y = top + (shape.head ? 38 * u : 20 * u);
  const outputs = y - 7 * u;
  const between = 27 * u; // room for the arrows between two rows
  const rows = [];
  for (let layer = layers - 1; layer >= 0; layer--) {
    y += 32 * u; // the arrow, and the weights' letters
    for (let direction = directions - 1; direction >= 0; direction--) {
      rows.push({ layer, direction, top: y, height: cellHeight });
      y += cellHeight + (direction > 0 ? between : 0);
    }
    y += 15 * u;
  }
  const inputs = y + 18 * u;
  const inputHeight = 22 * u;
  const labels = inputs + inputHeight + 15 * u;
  const height = Math.ceil(labels + 8 * u);
  const tile = arrange(hidden, cell - 2 * pad, cellHeight - 2 * pad - bar - 3 * u, 36 * u, shape.dpr);
  const lanes = Array.from({ length: shape.carried }, (_, k) => (shape.carried === 1 ? 0.5 : 0.26 + (0.48 * k) / (shape.carried - 1)));

  return {
    shape, height, overview, strips, count, pitch, cell, rows, lanes, tile, bar, pad, caption, outputs, inputs, inputHeight, labels,
    focus: { left: 0, top, width, height: height - top },
  };
}

/** First step of the focus (may be fractional) that puts step t into its middle, without leaving the sequence. */
export function firstFor(/** @type {Layout} */ layout, /** @type {number} */ t) {
  const visible = layout.focus.width / layout.pitch;
  if (layout.shape.steps <= visible) return (layout.shape.steps - visible) / 2;
  return Math.max(0, Math.min(layout.shape.steps - visible, t + 0.5 - visible / 2));
}

/** Middle of step t's cell while the focus begins at `first`. */
export function cellX(/** @type {Layout} */ layout, /** @type {number} */ first, /** @type {number} */ t) {
  return layout.focus.left + (t - first + 0.5) * layout.pitch;
}

/** x of step t on the shared time axis. */
export function axisX(/** @type {Layout} */ layout, /** @type {number} */ t) {
  return layout.overview.left + ((t + 0.5) / layout.shape.steps) * layout.overview.width;
}

/** Step under x on the shared time axis, held within the sequence. */
export function axisStep(/** @type {Layout} */ layout, /** @type {number} */ x) {
  const t = Math.floor(((x - layout.overview.left) / layout.overview.width) * layout.shape.steps);
  return Math.max(0, Math.min(layout.shape.steps - 1, t));
}

/** Left and top of the units in a cell whose middle is x. */
export function tileCorner(/** @type {Layout} */ layout, /** @type {RowPlace} */ row, /** @type {number} */ x) {
  const { columns, rows, width, height } = layout.tile;
  const room = row.height - 2 * layout.pad - layout.bar - 3 * layout.shape.unit;
  return { left: x - (columns * width) / 2, top: row.top + layout.pad + (room - rows * height) / 2 };
}

/**
 * @typedef {object} Hit  what lies under the pointer
 * @property {"overview" | "cell" | "input" | "output" | "column"} part
 * @property {number} t
 * @property {number} [layer]
 * @property {number} [direction]
 * @property {number | null} [unit]
 */

/**
 * @param {Layout} layout
 * @param {number} first  first step of the focus
 * @param {number} x
 * @param {number} y
 * @returns {Hit | null}
 */
export function hit(layout, first, x, y) {
  const { overview, focus, shape, tile } = layout;
  const reach = 8 * shape.unit;
  if (y < overview.top + overview.height + reach) {
    if (x < overview.left - reach || x > overview.left + overview.width + reach) return null;
    const strip = layout.strips.find((s) => y >= s.top && y < s.top + s.height);
    const unit = strip ? Math.min(shape.hidden - 1, Math.floor(((y - strip.top) / strip.height) * shape.hidden)) : null;
    // A strip's unit can be meant only where it is tall enough to be aimed at.
    const aimed = strip && strip.height / shape.hidden >= 3 ? unit : null;
    return { part: "overview", t: axisStep(layout, x), layer: strip?.layer, direction: strip?.direction, unit: aimed };
  }
  if (y < focus.top || y > focus.top + focus.height) return null;
  const t = Math.floor((x - focus.left) / layout.pitch + first);
  if (t < 0 || t >= shape.steps) return null;
  if (y >= layout.inputs - 4) return { part: "input", t };
  if (y <= layout.outputs + 6) return { part: "output", t };
  const row = layout.rows.find((r) => y >= r.top && y <= r.top + r.height);
  const middle = cellX(layout, first, t);
  if (!row || Math.abs(x - middle) > layout.cell / 2) return { part: "column", t };
  const corner = tileCorner(layout, row, middle);
  const column = Math.floor((x - corner.left) / tile.width);
  const line = Math.floor((y - corner.top) / tile.height);
  const inside = column >= 0 && column < tile.columns && line >= 0 && line < tile.rows;
  const unit = inside ? line * tile.columns + column : -1;
  return { part: "cell", t, layer: row.layer, direction: row.direction, unit: unit >= 0 && unit < shape.hidden ? unit : null };
}
