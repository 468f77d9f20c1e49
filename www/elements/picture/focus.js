// The unrolled network around the current step: one cell for each step, layer and direction, on the same weights.

import { decades, short } from "./colors.js";
import { cellX, tileCorner } from "./layout.js";
import { differs, flow, reached, rowOf } from "./model.js";
import { drawStates, drawVertical, faint } from "./wires.js";

/** @typedef {import("./scene.js").Scene} Scene */
/** @typedef {import("./layout.js").RowPlace} RowPlace */
/** @typedef {CanvasRenderingContext2D} Context */

/** @param {Context} g @param {Scene} scene */
export function drawFocus(g, scene) {
  const { layout, model } = scene;
  const visible = layout.focus.width / layout.pitch;
  const from = Math.max(0, Math.floor(scene.first - 0.5));
  const to = Math.min(model.steps - 1, Math.ceil(scene.first + visible));
  columns(g, scene);
  weights(g, scene, from, to);
  drawVertical(g, scene, from, to);
  for (const place of layout.rows) {
    drawStates(g, scene, place, from, to);
    cells(g, scene, place, from, to);
  }
  inputs(g, scene, from, to);
  if (layout.shape.head) outputs(g, scene, from, to);
  if (scene.slide !== null) sliding(g, scene);
  edges(g, scene);
  caption(g, scene);
}

/** The current step and the pointed-at step as columns. */
function columns(/** @type {Context} */ g, /** @type {Scene} */ scene) {
  const { layout, colors } = scene;
  const u = layout.shape.unit;
  const column = (/** @type {number} */ t, /** @type {string} */ color, /** @type {number} */ alpha) => {
    g.globalAlpha = alpha;
    g.fillStyle = color;
    g.beginPath();
    g.roundRect(cellX(layout, scene.first, t) - layout.cell / 2 - 8 * u, layout.caption + 6 * u, layout.cell + 16 * u, layout.height - layout.caption - 7 * u, 8 * u);
    g.fill();
    g.globalAlpha = 1;
  };
  if (scene.hover.t !== null && scene.hover.t !== scene.t) column(scene.hover.t, colors.named.ink, 0.05);
  column(scene.t, colors.named.tint, 0.75);
}

/** All cells of a row are the same cell: one line ties the letters of its weights together. */
function weights(/** @type {Context} */ g, /** @type {Scene} */ scene, from, to) {
  const { layout, model, colors, words } = scene;
  const u = layout.shape.unit;
  g.textBaseline = "alphabetic";
  g.textAlign = "left";
  for (const row of layout.rows) {
    const letter = words.weights(row.layer, row.direction, model);
    const y = row.top - 4 * u;
    g.font = `italic ${11 * u}px ${colors.named.math}`;
    const width = g.measureText(letter).width;
    g.fillStyle = colors.named.soft;
    g.strokeStyle = colors.named.edge;
    g.lineWidth = 1;
    g.setLineDash([1, 3 * u]);
    g.beginPath();
    for (let t = from; t <= to; t++) {
      const x = cellX(layout, scene.first, t) - layout.cell / 2 + 3 * u;
      g.fillText(letter, x, y);
      const line = Math.round(y - 3.5 * u) + 0.5;
      if (t < to) {
        g.moveTo(x + width + 4 * u, line);
        g.lineTo(x + layout.pitch - 3 * u, line);
      }
    }
    g.stroke();
    g.setLineDash([]);
  }
}

/** The sentence that goes with the letters: the longest that fits. */
function caption(/** @type {Context} */ g, /** @type {Scene} */ scene) {
  const { layout, model, colors, words } = scene;
  const u = layout.shape.unit;
  g.font = `${12 * u}px ${colors.font}`;
  g.textAlign = "center";
  g.textBaseline = "alphabetic";
  g.fillStyle = colors.named.soft;
  const room = layout.focus.width - 16 * u;
  const text = words.caption(model).find((candidate) => g.measureText(candidate).width <= room);
  if (text) g.fillText(text, layout.focus.left + layout.focus.width / 2, layout.caption);
}

/** The cells of one row. */
function cells(/** @type {Context} */ g, /** @type {Scene} */ scene, /** @type {RowPlace} */ place, from, to) {
  const { layout, model, colors, images } = scene;
  const { tile, shape, cell } = layout;
  const u = shape.unit;
  const row = rowOf(model, place.layer, place.direction);
  const image = images.tiles(row, from, to - from + 1, tile);
  const snap = (/** @type {number} */ v) => Math.round(v * shape.dpr) / shape.dpr;
  const chosen = scene.selection.layer === place.layer && scene.selection.direction === place.direction;
  for (let t = from; t <= to; t++) {
    const x = cellX(layout, scene.first, t);
    const known = reached(model, place.direction, t, scene.t);
    const current = t === scene.t;
    const left = snap(x - cell / 2);
    g.fillStyle = colors.named.paper;
    g.beginPath();
    g.roundRect(left, place.top, cell, place.height, 7 * u);
    g.fill();
    const corner = tileCorner(layout, place, x);
    const tl = snap(corner.left);
    const tt = snap(corner.top);
    g.globalAlpha = known ? 1 : faint(scene) * 0.7;
    g.imageSmoothingEnabled = tile.height * shape.dpr < 1;
    g.drawImage(image, (t - from) * tile.columns, 0, tile.columns, tile.rows, tl, tt, tile.columns * tile.width, tile.rows * tile.height);
    if (tile.lines) grid(g, tl, tt, tile, 1 / shape.dpr, colors.named.paper);
    bar(g, scene, row, t, left, place);
    g.globalAlpha = 1;
    g.strokeStyle = current ? colors.named.accent : known ? colors.named.edge : colors.named.rule;
    g.lineWidth = (current ? (chosen ? 2.25 : 1.75) : 1.1) * u;
    if (!known && !current) g.setLineDash([3 * u, 3 * u]);
    g.beginPath();
    g.roundRect(left, place.top, cell, place.height, 7 * u);
    g.stroke();
    g.setLineDash([]);
    differing(g, scene, row, t, tl, tt);
    interventions(g, scene, place, t, tl, tt, left);
  }
  const around = (/** @type {number} */ unit, /** @type {string} */ color, /** @type {number} */ width) => {
    g.strokeStyle = color;
    g.lineWidth = width;
    for (let t = from; t <= to; t++) {
      const corner = tileCorner(layout, place, cellX(layout, scene.first, t));
      const x = snap(corner.left) + (unit % tile.columns) * tile.width;
      const y = snap(corner.top) + Math.floor(unit / tile.columns) * tile.height;
      const line = tile.lines ? 1 / shape.dpr : 0;
      g.strokeRect(x - width / 2, y - width / 2, tile.width + width - line, tile.height + width - line);
    }
  };
  const { hover, selection } = scene;
  if (chosen && selection.unit !== null && selection.unit < model.hidden) around(selection.unit, colors.named.accent, 1.75 * u);
  const pointed = hover.unit !== null && hover.unit < model.hidden && hover.layer === place.layer && hover.direction === place.direction;
  if (pointed && hover.unit !== null) around(hover.unit, colors.named.ink, 1.25 * u);
}

/** Hairlines between the units, which are of the paper's colour. */
function grid(/** @type {Context} */ g, left, top, tile, width, color) {
  g.fillStyle = color;
  for (let i = 1; i < tile.columns; i++) g.fillRect(left + i * tile.width - width, top, width, tile.rows * tile.height);
  for (let j = 1; j < tile.rows; j++) g.fillRect(left, top + j * tile.height - width, tile.columns * tile.width, width);
}

/** At a cell's foot: how large the state is, or backward how large the gradient is, on the legend's decades. */
function bar(/** @type {Context} */ g, /** @type {Scene} */ scene, row, t, left, /** @type {RowPlace} */ place) {
  const { layout, model, colors } = scene;
  const { pad, cell } = layout;
  const u = layout.shape.unit;
  const size = row.sizes[t];
  const back = model.mode === "backward";
  const share = back ? decades(size, model.decades.low, model.decades.high) : Math.min(1, Number.isNaN(size) ? 1 : size / /** @type {any} */ (model.scale).max);
  const room = cell - 2 * pad;
  const top = place.top + place.height - layout.bar - pad * 0.8;
  const high = row.state ? layout.bar * 0.5 : layout.bar;
  g.fillStyle = colors.named.rule;
  g.fillRect(left + pad, top, room, layout.bar);
  g.fillStyle = back ? colors.named.accent : colors.named.soft;
  g.fillRect(left + pad, top, room * share, high);
  if (row.state) {
    const of = row.state[t] / Math.max(...row.carried.map((lane) => lane.max));
    g.fillStyle = colors.named.accent;
    g.fillRect(left + pad, top + high, room * (Number.isFinite(of) ? of : 1), layout.bar - high);
  }
  if (!back) return;
  g.font = `${10 * u}px ${colors.font}`;
  g.textAlign = "left";
  g.textBaseline = "top";
  g.fillStyle = t === scene.t ? colors.named.ink : colors.named.soft;
  g.fillText(short(size), left + cell / 2 + 6 * u, place.top + place.height + 3 * u);
}

/** Units that the interventions have moved away from the untouched run. */
function differing(/** @type {Context} */ g, /** @type {Scene} */ scene, row, t, left, top) {
  const { layout, model, colors } = scene;
  const { tile } = layout;
  if (!row.off || row.off[t] === 0 || tile.height < 4) return;
  g.strokeStyle = colors.named.ink;
  g.lineWidth = 1;
  g.beginPath();
  for (let j = 0; j < model.hidden; j++) {
    if (!differs(model, row, t, j)) continue;
    // What the unit was before, as a small square in its corner.
    const x = left + (j % tile.columns) * tile.width;
    const y = top + Math.floor(j / tile.columns) * tile.height;
    const side = Math.max(2, tile.height * 0.42);
    g.fillStyle = colors.of(model.scale, row.untouched[t * model.hidden + j]);
    g.fillRect(x, y, side, side);
    g.rect(x + 0.5, y + 0.5, side - 0.5, side - 0.5);
  }
  g.globalAlpha = 0.4;
  g.stroke();
  g.globalAlpha = 1;
}

/** A pin on cells in which a lane is held; hatching over units that are switched off. */
function interventions(/** @type {Context} */ g, /** @type {Scene} */ scene, /** @type {RowPlace} */ place, t, left, top, cellLeft) {
  const { layout, colors } = scene;
  const { tile, cell } = layout;
  const u = layout.shape.unit;
  const held = new Set();
  for (const mark of scene.interventions) {
    if (mark.kind === "weight" || mark.layer !== place.layer || mark.direction !== place.direction) continue;
    if (mark.kind === "hold") {
      if (t >= mark.from && t < mark.to) held.add(mark.lane);
      continue;
    }
    const x = left + (mark.unit % tile.columns) * tile.width;
    const y = top + Math.floor(mark.unit / tile.columns) * tile.height;
    g.save();
    g.beginPath();
    g.rect(x, y, tile.width, tile.height);
    g.clip();
    g.strokeStyle = colors.named.ink;
    g.lineWidth = 1;
    g.beginPath();
    for (let d = -tile.height; d < tile.width; d += 3) {
      g.moveTo(x + d, y + tile.height);
      g.lineTo(x + d + tile.height, y);
    }
    g.stroke();
    g.restore();
  }
  if (held.size === 0) return;
  const text = [...held].join(" ");
  g.font = `italic ${11 * u}px ${colors.named.math}`;
  const width = g.measureText(text).width;
  const x = cellLeft + cell - 5 * u;
  const y = place.top;
  g.fillStyle = colors.named.ink;
  g.beginPath();
  g.roundRect(x - width - 10 * u, y - 9 * u, width + 10 * u, 15 * u, 7 * u);
  g.fill();
  g.fillStyle = colors.named.paper;
  g.textAlign = "center";
  g.textBaseline = "middle";
  g.fillText(text, x - (width + 10 * u) / 2, y - 1.5 * u);
}

/** What is read at each step, and when. */
function inputs(/** @type {Context} */ g, /** @type {Scene} */ scene, from, to) {
  const { layout, colors, texts } = scene;
  const u = layout.shape.unit;
  for (let t = from; t <= to; t++) {
    const x = cellX(layout, scene.first, t);
    const current = t === scene.t;
    const text = texts.input(t);
    g.font = `${current ? 600 : 400} ${12 * u}px ${colors.font}`;
    const most = layout.pitch - 8 * u;
    const width = Math.min(most, Math.max(34 * u, g.measureText(text).width + 14 * u));
    g.fillStyle = colors.named.paper;
    const pointed = scene.hover.input && t === (scene.hover.t ?? scene.t);
    g.strokeStyle = current || pointed ? colors.named.accent : colors.named.edge;
    g.lineWidth = (pointed ? 2.75 : current ? 1.75 : 1.1) * u;
    g.beginPath();
    g.roundRect(x - width / 2, layout.inputs, width, layout.inputHeight, layout.inputHeight / 2);
    g.fill();
    g.stroke();
    g.fillStyle = current ? colors.named.ink : colors.named.soft;
    g.textAlign = "center";
    g.textBaseline = "middle";
    g.fillText(text, x, layout.inputs + layout.inputHeight / 2 + 0.5 * u, width - 8 * u);
    g.font = `${current ? 600 : 400} ${11 * u}px ${colors.font}`;
    g.textBaseline = "alphabetic";
    g.fillText(texts.time(t), x, layout.labels, layout.pitch - 6 * u);
  }
}

/** What the network says after each step; backward, where the loss enters. */
function outputs(/** @type {Context} */ g, /** @type {Scene} */ scene, from, to) {
  const { layout, model, colors, texts } = scene;
  const u = layout.shape.unit;
  const y = layout.outputs;
  const top = layout.rows[0];
  g.textAlign = "center";
  g.textBaseline = "alphabetic";
  for (let t = from; t <= to; t++) {
    const x = cellX(layout, scene.first, t);
    const current = t === scene.t;
    if (model.mode === "backward") {
      const enters = layout.rows.some((r) => r.layer === top.layer && rowOf(model, r.layer, r.direction).passing(t).upstream > 0);
      if (!enters) continue;
      g.fillStyle = colors.named.accent;
      g.beginPath();
      g.arc(x, y - 4 * u, 8 * u, 0, 2 * Math.PI);
      g.fill();
      g.font = `italic 600 ${11 * u}px ${colors.named.math}`;
      g.fillStyle = colors.named.paper;
      g.textBaseline = "middle";
      g.fillText("L", x, y - 3.5 * u);
      continue;
    }
    const text = texts.output(t);
    if (text === null) continue;
    g.globalAlpha = t <= scene.t ? 1 : faint(scene);
    g.font = `${current ? 600 : 400} ${12 * u}px ${colors.font}`;
    g.fillStyle = current ? colors.named.ink : colors.named.soft;
    g.fillText(text, x, y, layout.pitch - 6 * u);
    g.globalAlpha = 1;
  }
}

/** A state on its way into the current cell: the numbers of the cell that it comes from. */
function sliding(/** @type {Context} */ g, /** @type {Scene} */ scene) {
  const { layout, model, colors, images } = scene;
  const { tile } = layout;
  const u = layout.shape.unit;
  for (const place of layout.rows) {
    const way = flow(model, place.direction);
    const source = scene.t - way;
    if (source < 0 || source >= model.steps) continue;
    const row = rowOf(model, place.layer, place.direction);
    const known = images.cells.get(row);
    if (!known || source < known.first || source >= known.first + known.count) continue;
    const gap = layout.pitch - layout.cell;
    const height = Math.min(20 * u, place.height * 0.36);
    const width = Math.min(gap * 1.1, (height * tile.columns * tile.width) / (tile.rows * tile.height));
    const begin = cellX(layout, scene.first, source) + (way * layout.cell) / 2;
    const x = begin + way * gap * (scene.slide ?? 0);
    const y = place.top + layout.lanes[layout.lanes.length - 1] * place.height;
    g.globalAlpha = Math.min(1, 4 * (1 - (scene.slide ?? 0)));
    g.fillStyle = colors.named.paper;
    g.strokeStyle = colors.named.accent;
    g.lineWidth = 1.5 * u;
    g.beginPath();
    g.roundRect(x - width / 2 - 2 * u, y - height / 2 - 2 * u, width + 4 * u, height + 4 * u, 3 * u);
    g.fill();
    g.stroke();
    g.drawImage(known.canvas, (source - known.first) * tile.columns, 0, tile.columns, tile.rows, x - width / 2, y - height / 2, width, height);
    g.globalAlpha = 1;
  }
}

/** The sequence goes on beyond the picture: both edges fade where it does. */
function edges(/** @type {Context} */ g, /** @type {Scene} */ scene) {
  const { layout, model } = scene;
  const { focus } = layout;
  const depth = Math.min(28 * layout.shape.unit, layout.pitch * 0.3);
  const side = (/** @type {number} */ from, /** @type {number} */ to) => {
    const fade = g.createLinearGradient(from, 0, to, 0);
    fade.addColorStop(0, "#000f");
    fade.addColorStop(1, "#0000");
    g.globalCompositeOperation = "destination-out";
    g.fillStyle = fade;
    g.fillRect(Math.min(from, to), focus.top + 1, depth, focus.height);
    g.globalCompositeOperation = "source-over";
  };
  const visible = focus.width / layout.pitch;
  if (scene.first > 0.05) side(focus.left, focus.left + depth);
  if (scene.first + visible < model.steps - 0.05) side(focus.left + focus.width, focus.left + focus.width - depth);
}

/** What lies under the pointer, in words and numbers. */
export function drawTip(/** @type {Context} */ g, /** @type {Scene} */ scene) {
  const { tip, layout, colors } = scene;
  if (!tip) return;
  const u = layout.shape.unit;
  const line = 16 * u;
  g.font = `${12 * u}px ${colors.font}`;
  const width = Math.max(...tip.lines.map((text) => g.measureText(text).width)) + 18 * u;
  const height = tip.lines.length * line + 10 * u;
  const x = Math.max(2, Math.min(layout.shape.width - width - 2, tip.x + 14 * u));
  const above = tip.y - height - 12 * u;
  const y = above > 2 ? above : Math.min(layout.height - height - 2, tip.y + 18 * u);
  g.fillStyle = colors.named.ink;
  g.globalAlpha = 0.94;
  g.beginPath();
  g.roundRect(x, y, width, height, 5 * u);
  g.fill();
  g.globalAlpha = 1;
  g.fillStyle = colors.named.paper;
  g.textAlign = "left";
  g.textBaseline = "middle";
  tip.lines.forEach((text, i) => {
    g.font = `${i === 0 ? 600 : 400} ${12 * u}px ${colors.font}`;
    g.fillText(text, x + 9 * u, y + 5 * u + (i + 0.5) * line);
  });
}
