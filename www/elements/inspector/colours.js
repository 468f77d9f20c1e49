// Colours of values: always the module's palette, on a stated range.

/** @typedef {import("../../engine/session.js").Session} Session */

/** @type {Map<string, {bytes: Uint8Array, css: string[]}>} */
const tables = new Map();

/** @param {Session} session @param {"diverging" | "sequential"} kind */
export function table(session, kind) {
  const name = `${kind} ${session.theme}`;
  let found = tables.get(name);
  if (!found) {
    const bytes = session.module.palette(kind, session.theme);
    const css = Array.from({ length: 256 }, (_, k) => `rgb(${bytes[4 * k]} ${bytes[4 * k + 1]} ${bytes[4 * k + 2]})`);
    tables.set(name, (found = { bytes, css }));
  }
  return found;
}

/** Place of a value in a palette; −1 for what is infinite or no number: that is drawn in the colour of text. @param {number} value @param {Scale} scale */
export function place(value, scale) {
  if (!Number.isFinite(value)) return -1;
  const share = scale.log ? scale.log(value) : scale.kind === "sequential" ? value / scale.limit : (value / scale.limit + 1) / 2;
  return Math.min(255, Math.max(0, Math.round(share * 255)));
}

/**
 * @typedef {object} Scale
 * @property {"diverging" | "sequential"} kind
 * @property {number} limit  the value of full colour
 * @property {(value: number) => number} [log]   place 0…1 on a signed logarithmic scale
 * @property {(value: number) => number} size    0…1: how large a value is on this scale
 */

/** @param {"diverging" | "sequential"} kind @param {number} limit @returns {Scale} */
export function linear(kind, limit) {
  const top = limit > 0 && Number.isFinite(limit) ? limit : 1;
  return { kind, limit: top, size: (value) => Math.min(1, Math.abs(value) / top) };
}

/** Decades that a gradient's colour spans, below the largest gradient of the whole run. */
export const DECADES = 6;

/** A signed logarithmic scale, for gradients. @param {number} limit @returns {Scale} */
export function logarithmic(limit) {
  const top = limit > 0 && Number.isFinite(limit) ? limit : 1;
  const size = (/** @type {number} */ value) => {
    const v = Math.abs(value);
    return v === 0 ? 0 : Math.min(1, Math.max(0, 1 + Math.log10(v / top) / DECADES));
  };
  return { kind: "diverging", limit: top, size, log: (value) => (1 + Math.sign(value) * size(value)) / 2 };
}

/** @param {Session} session @param {number} value @param {Scale} scale */
export function colour(session, value, scale) {
  const at = place(value, scale);
  return at < 0 ? "currentColor" : table(session, scale.kind).css[at];
}

/**
 * The scale of a lane: its own range where it has one, else the largest value of the shown run.
 * @param {Session} session @param {string} lane
 * @returns {Scale}
 */
export function laneScale(session, lane) {
  const spec = session.spec.lanes.find((/** @type {any} */ l) => l.name === lane);
  if (spec?.kind === "gate") return linear("sequential", 1);
  if (spec?.range) return linear("diverging", Math.max(...spec.range.map(Math.abs)));
  return linear("diverging", largest(session, lane));
}

/** @type {WeakMap<object, Map<string, number>>} */
const limits = new WeakMap();

/** The largest finite |value| of a lane in the shown run. @param {Session} session @param {string} lane */
function largest(session, lane) {
  const { layer, direction } = session.selection;
  return remember(session.trace, `${layer} ${direction} ${lane}`, () => peak(session.trace.lane(layer, direction, lane)));
}

/** The largest finite gradient of any lane of the shown layer and direction. @param {Session} session */
export function gradientScale(session) {
  const gradients = session.gradients;
  if (!gradients) return logarithmic(1);
  const { layer, direction } = session.selection;
  return logarithmic(
    remember(gradients, `${layer} ${direction}`, () =>
      Math.max(...session.spec.lanes.map((/** @type {any} */ l) => peak(gradients.lane(layer, direction, l.name)))),
    ),
  );
}

/** @param {object} owner @param {string} name @param {() => number} make */
function remember(owner, name, make) {
  const known = limits.get(owner) ?? new Map();
  limits.set(owner, known);
  if (!known.has(name)) known.set(name, make());
  return /** @type {number} */ (known.get(name));
}

/** @param {ArrayLike<number>} values */
export function peak(values) {
  let most = 0;
  for (let k = 0; k < values.length; k++) {
    const size = Math.abs(values[k]);
    if (size > most && size < Infinity) most = size;
  }
  return most;
}

/**
 * Paints rows × columns values, one canvas pixel each; CSS scales it up.
 * @param {Session} session @param {HTMLCanvasElement} canvas @param {ArrayLike<number>} values
 * @param {number} rows @param {number} columns @param {Scale} scale
 */
export function paint(session, canvas, values, rows, columns, scale) {
  if (canvas.width !== columns || canvas.height !== rows) Object.assign(canvas, { width: columns, height: rows });
  const context = canvas.getContext("2d");
  if (!context || rows * columns === 0) return;
  const { bytes } = table(session, scale.kind);
  const image = context.createImageData(columns, rows);
  for (let k = 0; k < rows * columns; k++) {
    const at = place(values[k], scale);
    if (at < 0) image.data.set(session.theme === "dark" ? [233, 230, 223, 255] : [29, 33, 39, 255], 4 * k);
    else for (let c = 0; c < 4; c++) image.data[4 * k + c] = bytes[4 * at + c];
  }
  context.putImageData(image, 0, 0);
}
