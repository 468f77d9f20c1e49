// Heatmaps as small images: one pixel for each number, scaled up when drawn.

/** @typedef {import("./model.js").Model} Model */
/** @typedef {import("./model.js").Row} Row */
/** @typedef {import("./colors.js").Colors} Colors */

function imageOf(/** @type {Uint32Array} */ pixels, /** @type {number} */ width, /** @type {number} */ height, /** @type {HTMLCanvasElement} */ canvas) {
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
  }
  const bytes = new Uint8ClampedArray(/** @type {ArrayBuffer} */ (pixels.buffer), 0, width * height * 4);
  canvas.getContext("2d")?.putImageData(new ImageData(bytes, width, height), 0, 0);
  return canvas;
}

/** The images of one model in one theme. */
export class Images {
  /** @param {Model} model @param {Colors} colors */
  constructor(model, colors) {
    this.model = model;
    this.colors = colors;
    /** @type {Map<Row, HTMLCanvasElement>} */
    this.strips = new Map();
    /** @type {Map<Row, {canvas: HTMLCanvasElement, first: number, count: number, columns: number}>} */
    this.cells = new Map();
  }

  /** A whole row: x is time, y is the unit. @param {Row} row */
  strip(row) {
    const known = this.strips.get(row);
    if (known) return known;
    const { steps, hidden, scale } = this.model;
    const pixels = new Uint32Array(steps * hidden);
    for (let t = 0; t < steps; t++) {
      for (let j = 0; j < hidden; j++) pixels[j * steps + t] = this.colors.pixel(scale, row.values[t * hidden + j]);
    }
    const canvas = imageOf(pixels, steps, hidden, document.createElement("canvas"));
    this.strips.set(row, canvas);
    return canvas;
  }

  /**
   * `count` cells from step `first`, beside each other, each `columns` wide: unit j stands at (j mod columns, ⌊j/columns⌋).
   * @param {Row} row
   * @param {number} first
   * @param {number} count
   * @param {{columns: number, rows: number}} tile
   */
  tiles(row, first, count, tile) {
    const known = this.cells.get(row);
    if (known && known.first === first && known.count === count && known.columns === tile.columns) return known.canvas;
    const { hidden, scale } = this.model;
    const { columns, rows } = tile;
    const width = count * columns;
    const pixels = new Uint32Array(width * rows);
    for (let k = 0; k < count; k++) {
      const from = (first + k) * hidden;
      for (let j = 0; j < hidden; j++) {
        pixels[Math.floor(j / columns) * width + k * columns + (j % columns)] = this.colors.pixel(scale, row.values[from + j]);
      }
    }
    const canvas = imageOf(pixels, width, rows, known?.canvas ?? document.createElement("canvas"));
    this.cells.set(row, { canvas, first, count, columns });
    return canvas;
  }
}
