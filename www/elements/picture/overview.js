// The whole sequence at once: one strip for each layer and direction, and the lens that says where the focus is.

import { axisX } from "./layout.js";
import { flow, rowOf } from "./model.js";

/** @typedef {import("./scene.js").Scene} Scene */

/** @param {CanvasRenderingContext2D} g @param {Scene} scene */
export function drawOverview(g, scene) {
  const { layout, model, colors, images, words } = scene;
  const { overview, shape } = layout;
  const u = shape.unit;
  const { named } = colors;
  const column = overview.width / model.steps;

  for (const place of layout.strips) {
    const row = rowOf(model, place.layer, place.direction);
    const shown = images.strip(row);
    // Averaging hides nothing only where several numbers share a device pixel.
    g.imageSmoothingEnabled = column * shape.dpr < 1 || (place.height * shape.dpr) / model.hidden < 1;
    g.drawImage(shown, overview.left, place.top, overview.width, place.height);
    g.imageSmoothingEnabled = false;

    // What the story has not reached yet is veiled.
    const at = flow(model, place.direction) > 0 ? scene.t + 1 : 0;
    const end = flow(model, place.direction) > 0 ? model.steps : scene.t;
    if (end > at) {
      g.globalAlpha = scene.playing ? 0.78 : 0.5;
      g.fillStyle = named.paper;
      g.fillRect(overview.left + at * column, place.top, (end - at) * column, place.height);
      g.globalAlpha = 1;
    }
    g.strokeStyle = named.rule;
    g.lineWidth = 1;
    g.strokeRect(overview.left - 0.5, place.top - 0.5, overview.width + 1, place.height + 1);

    marks(g, scene, place);
    label(g, scene, place, words.row(place.layer, place.direction, model));
  }

  if (scene.hover.t !== null) {
    g.fillStyle = named.ink;
    g.globalAlpha = 0.55;
    g.fillRect(axisX(layout, scene.hover.t) - 0.5, overview.top, 1, overview.height);
    g.globalAlpha = 1;
  }
  lens(g, scene);

  // The step itself, with a grip that says: drag me.
  const x = axisX(layout, scene.t);
  g.fillStyle = named.accent;
  g.fillRect(Math.round(x) - 1, overview.top - 4 * u, 2, overview.height + 8 * u);
  g.beginPath();
  g.arc(Math.round(x), overview.top - 4 * u, 4 * u, 0, 2 * Math.PI);
  g.fill();
}

/** Which layer and direction a strip shows, where the axis leaves room for it. */
function label(g, /** @type {Scene} */ scene, place, /** @type {{long: string, short: string}} */ text) {
  const { layout, colors } = scene;
  const u = layout.shape.unit;
  const room = layout.overview.left - 8 * u;
  g.font = `${11 * u}px ${colors.font}`;
  g.textAlign = "right";
  g.textBaseline = "middle";
  g.fillStyle = colors.named.soft;
  const fitting = [text.long, text.short].find((candidate) => g.measureText(candidate).width <= room);
  if (fitting && place.height >= 10 * u) g.fillText(fitting, layout.overview.left - 6 * u, place.top + place.height / 2);
}

/** Held steps, switched-off units, the chosen and the pointed-at unit. */
function marks(g, /** @type {Scene} */ scene, place) {
  const { layout, model, colors } = scene;
  const { overview, shape } = layout;
  const u = shape.unit;
  const column = overview.width / model.steps;
  const line = place.height / model.hidden;
  const mine = scene.interventions.filter((i) => i.kind !== "weight" && i.layer === place.layer && i.direction === place.direction);
  g.fillStyle = colors.named.ink;
  for (const mark of mine) {
    if (mark.kind === "hold") {
      const from = Math.max(0, mark.from);
      const to = Math.min(model.steps, mark.to);
      g.fillRect(overview.left + from * column, place.top - 1.5 * u, Math.max(2, (to - from) * column), 3 * u);
    } else {
      g.fillRect(overview.left, place.top + mark.unit * line, overview.width, Math.max(1, line));
    }
  }
  const pointer = (/** @type {{unit: number | null, layer: number, direction: number}} */ { unit, layer, direction }, /** @type {string} */ color) => {
    if (unit === null || layer !== place.layer || direction !== place.direction) return;
    arrowhead(g, overview.left - 1, place.top + (unit + 0.5) * line, 5 * u, color);
  };
  pointer(scene.selection, colors.named.accent);
  pointer(scene.hover, colors.named.ink);
}

function arrowhead(g, x, y, size, color) {
  g.fillStyle = color;
  g.beginPath();
  g.moveTo(x, y);
  g.lineTo(x - size, y - size * 0.7);
  g.lineTo(x - size, y + size * 0.7);
  g.closePath();
  g.fill();
}

/** The steps in focus, and two lines that carry the eye down to them. */
function lens(g, /** @type {Scene} */ scene) {
  const { layout, model, colors, first } = scene;
  const { overview, focus, shape } = layout;
  const u = shape.unit;
  const visible = focus.width / layout.pitch;
  if (visible >= model.steps) return;
  const column = overview.width / model.steps;
  // Never so narrow that it cannot be seen: then it stands around the middle of what it shows.
  const middle = overview.left + (first + visible / 2) * column;
  const half = Math.max(5 * u, (visible * column) / 2);
  const left = middle - half;
  const right = middle + half;
  const top = overview.top - 3 * u;
  const bottom = overview.top + overview.height + 3 * u;

  g.beginPath();
  g.moveTo(left, bottom);
  g.lineTo(right, bottom);
  g.lineTo(focus.left + focus.width, focus.top);
  g.lineTo(focus.left, focus.top);
  g.closePath();
  g.fillStyle = colors.named.accent;
  g.globalAlpha = 0.06;
  g.fill();
  g.globalAlpha = 0.5;
  g.strokeStyle = colors.named.accent;
  g.lineWidth = 1;
  g.beginPath();
  g.moveTo(left, bottom);
  g.lineTo(focus.left + 0.5, focus.top);
  g.moveTo(right, bottom);
  g.lineTo(focus.left + focus.width - 0.5, focus.top);
  g.stroke();
  g.globalAlpha = 1;
  g.lineWidth = 1.5 * u;
  g.beginPath();
  g.roundRect(left, top, right - left, bottom - top, 4 * u);
  g.stroke();
}
