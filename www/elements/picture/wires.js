// The arrows of the focus: states from cell to cell, values upwards; in backward mode gradients the other way.

import { decades } from "./colors.js";
import { cellX } from "./layout.js";
import { flow, reached, rowOf } from "./model.js";

/** @typedef {import("./scene.js").Scene} Scene */
/** @typedef {import("./layout.js").RowPlace} RowPlace */

/** Opacity of what the story has not reached. */
export function faint(/** @type {Scene} */ scene) {
  return scene.playing ? 0.3 : 0.5;
}

/** A line with a head at its end. `width` in CSS px; the head grows with it. */
export function arrow(/** @type {CanvasRenderingContext2D} */ g, x1, y1, x2, y2, width, color) {
  const length = Math.hypot(x2 - x1, y2 - y1);
  const head = Math.min(length, 4.5 + width * 1.5);
  if (length < 1) return;
  const dx = (x2 - x1) / length;
  const dy = (y2 - y1) / length;
  const half = 2.4 + width * 0.85;
  g.strokeStyle = g.fillStyle = color;
  g.lineWidth = width;
  g.lineCap = "butt";
  g.beginPath();
  g.moveTo(x1, y1);
  g.lineTo(x2 - dx * head * 0.8, y2 - dy * head * 0.8);
  g.stroke();
  g.beginPath();
  g.moveTo(x2, y2);
  g.lineTo(x2 - dx * head - dy * half, y2 - dy * head + dx * half);
  g.lineTo(x2 - dx * head + dy * half, y2 - dy * head - dx * half);
  g.closePath();
  g.fill();
}

/** Width of a state's arrow, CSS px: ‖state‖ forward, ‖gradient‖ on a log scale backward. */
function thickness(/** @type {Scene} */ scene, size, max) {
  const u = scene.layout.shape.unit;
  const { model } = scene;
  if (model.mode === "forward") return u * (1 + 3.2 * Math.min(1, (Number.isNaN(size) ? max : size) / max));
  return u * (0.7 + 3.7 * decades(size, model.decades.low, model.decades.high));
}

/** What travels between two neighbours of a row: one arrow for each carried lane. */
export function drawStates(/** @type {CanvasRenderingContext2D} */ g, /** @type {Scene} */ scene, /** @type {RowPlace} */ place, from, to) {
  const { layout, model, colors } = scene;
  const u = layout.shape.unit;
  const row = rowOf(model, place.layer, place.direction);
  const way = flow(model, place.direction);
  const back = model.mode === "backward";
  const gap = layout.pitch - layout.cell;
  for (let k = from - 1; k <= to; k++) {
    // Between step k (left) and k + 1 (right).
    const source = way > 0 ? k : k + 1;
    const target = way > 0 ? k + 1 : k;
    const begins = source < 0 || source >= model.steps;
    const ends = target < 0 || target >= model.steps;
    if (begins && (back || ends)) continue; // nothing arrives from behind the loss
    const left = cellX(layout, scene.first, k) + layout.cell / 2;
    const right = left + gap;
    const known = reached(model, place.direction, begins ? target : source, scene.t);
    g.globalAlpha = known ? 1 : faint(scene);
    for (let i = 0; i < row.carried.length; i++) {
      const lane = row.carried[i];
      const y = place.top + layout.lanes[i] * place.height;
      const size = back ? (ends ? 0 : row.passing(target).arriving[lane.name]) : begins ? 0 : lane.sizes[source];
      const width = thickness(scene, size ?? 0, lane.max);
      const current = source === scene.t || target === scene.t;
      const pointed = scene.hover.lane === lane.name && scene.hover.layer === place.layer && scene.hover.direction === place.direction;
      const color = pointed ? colors.named.accent : current ? colors.named.ink : colors.named.soft;
      // Before the first step and after the last the arrow is a stub, with the state's name.
      const x1 = way > 0 ? (begins ? right - gap * 0.46 : left + 1) : begins ? left + gap * 0.46 : right - 1;
      const x2 = way > 0 ? (ends ? left + gap * 0.46 : right - 1.5) : ends ? right - gap * 0.46 : left + 1.5;
      arrow(g, x1, y, x2, y, width, color);
      const middle = (x1 + x2) / 2 - way * 2 * u;
      const whole = middle > layout.focus.left + 12 * u && middle < layout.focus.left + layout.focus.width - 12 * u;
      if (gap >= 24 * u && whole) {
        g.font = `italic ${(current ? 13 : 11.5) * u}px ${colors.named.math}`;
        g.fillStyle = current ? colors.named.ink : colors.named.soft;
        g.textAlign = "center";
        g.textBaseline = "alphabetic";
        const text = scene.words.carried(lane.name, back);
        if (g.measureText(text).width < gap + 6 * u) g.fillText(text, middle, y - width / 2 - 4 * u);
      }
    }
    g.globalAlpha = 1;
  }
}

/** Upwards (or, backward, downwards): from the input through the layers to the output. */
export function drawVertical(/** @type {CanvasRenderingContext2D} */ g, /** @type {Scene} */ scene, from, to) {
  const { layout, model, colors } = scene;
  const u = layout.shape.unit;
  const back = model.mode === "backward";
  for (let t = from; t <= to; t++) {
    const x = cellX(layout, scene.first, t);
    for (let layer = 0; layer < model.layers; layer++) {
      const here = layout.rows.filter((row) => row.layer === layer);
      const lowest = here[here.length - 1];
      const above = layout.rows.filter((row) => row.layer === layer + 1);
      const ceiling = above.length ? above[above.length - 1].top + above[above.length - 1].height : layout.outputs + 5 * u;
      const floor = layer === 0 ? layout.inputs : lowest.top + lowest.height + 1;
      const known = here.every((row) => reached(model, row.direction, t, scene.t));
      const color = t === scene.t ? colors.named.ink : colors.named.soft;
      g.globalAlpha = known || t === scene.t ? 1 : faint(scene);

      // Into the layer: from the input (layers further up receive what their predecessor's arrow brings).
      if (layer === 0) {
        joint(g, scene, x, floor, lowest, here, back ? "out" : "in", color, 1.3 * u);
        name(g, scene, scene.words.read(t), x, layout.inputs - 6 * u, t);
      }
      if (!back) name(g, scene, scene.words.state(model.lane, t), x, here[0].top - 18 * u, t);
      // Out of the layer, to the next one or to the output.
      const weights = here.map((row) => (back ? upstreamWidth(scene, row, t) : 1.3 * u));
      if (above.length > 1) joint(g, scene, x, here[0].top - 6 * u, above[1], above, back ? "out" : "in", color, Math.max(...weights));
      if (Math.max(...weights) === 0) continue;
      if (here.length > 1) pair(g, scene, x, here, above.length ? here[0].top - 6 * u : ceiling, back, color, weights);
      else if (back) arrow(g, x, ceiling, x, here[0].top - 1.5, weights[0], color);
      else arrow(g, x, here[0].top - 1, x, ceiling + 1.5, weights[0], color);
    }
    g.globalAlpha = 1;
  }
}

/** A quantity's name beside its vertical arrow. */
function name(/** @type {CanvasRenderingContext2D} */ g, /** @type {Scene} */ scene, /** @type {string} */ text, x, y, t) {
  const { layout, colors } = scene;
  g.font = `italic ${11.5 * layout.shape.unit}px ${colors.named.math}`;
  g.textAlign = "left";
  g.textBaseline = "alphabetic";
  g.fillStyle = t === scene.t ? colors.named.ink : colors.named.soft;
  g.fillText(text, x + 5 * layout.shape.unit, y);
}

/** Norm of what arrives from above as a line's width; 0 where nothing arrives. */
function upstreamWidth(/** @type {Scene} */ scene, /** @type {RowPlace} */ row, t) {
  const size = rowOf(scene.model, row.layer, row.direction).passing(t).upstream;
  return size > 0 || Number.isNaN(size) ? thickness(scene, size, 1) : 0;
}

/** From `floor` up into the lowest row, and by a side line into the row over it. */
function joint(g, /** @type {Scene} */ scene, x, floor, /** @type {RowPlace} */ lowest, /** @type {RowPlace[]} */ rows, sense, color, width) {
  const { layout } = scene;
  const u = layout.shape.unit;
  const bottom = lowest.top + lowest.height;
  if (sense === "in") arrow(g, x, floor - 1, x, bottom + 1.5, width, color);
  else arrow(g, x, bottom + 1, x, floor - 1.5, width, color);
  if (rows.length < 2) return;
  const upper = rows[0];
  const side = x - layout.cell / 2 - 6 * u;
  const start = bottom + 7 * u;
  const end = upper.top + upper.height + 7 * u;
  g.strokeStyle = color;
  g.lineWidth = width;
  g.beginPath();
  g.moveTo(x, start);
  g.lineTo(side, start);
  g.lineTo(side, end);
  g.lineTo(x - 5 * u, end);
  if (sense === "out") g.lineTo(x - 5 * u, upper.top + upper.height + 1);
  g.stroke();
  if (sense === "in") arrow(g, x - 5 * u, end + width / 2, x - 5 * u, upper.top + upper.height + 1.5, width, color);
}

/** Both directions' results leave as one, the upper row's straight up, the lower row's round it; backward, the reverse. */
function pair(g, /** @type {Scene} */ scene, x, /** @type {RowPlace[]} */ rows, ceiling, back, color, /** @type {number[]} */ widths) {
  const { layout } = scene;
  const u = layout.shape.unit;
  const [upper, lower] = rows;
  const side = x + layout.cell / 2 + 6 * u;
  const meet = upper.top - 6 * u;
  const turn = lower.top - 8 * u;
  if (widths[1] > 0) {
    g.strokeStyle = color;
    g.lineWidth = widths[1];
    g.beginPath();
    g.moveTo(x + 5 * u, back ? turn : lower.top - 1);
    g.lineTo(x + 5 * u, turn);
    g.lineTo(side, turn);
    g.lineTo(side, meet);
    g.lineTo(x, meet);
    if (back) g.lineTo(x, ceiling);
    g.stroke();
    if (back) arrow(g, x + 5 * u, turn, x + 5 * u, lower.top - 1.5, widths[1], color);
  }
  if (back) {
    if (widths[0] > 0) arrow(g, x, ceiling, x, upper.top - 1.5, widths[0], color);
  } else if (ceiling < meet - 1) arrow(g, x, upper.top - 1, x, ceiling + 1.5, widths[0], color);
  else {
    g.strokeStyle = color;
    g.lineWidth = widths[0];
    g.beginPath();
    g.moveTo(x, upper.top - 1);
    g.lineTo(x, ceiling);
    g.stroke();
  }
}
