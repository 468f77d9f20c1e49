// What the picture's colours, lengths and marks mean, with the absolute numbers.

import { make } from "../dom.js";

/** @typedef {import("./model.js").Model} Model */
/** @typedef {import("./colors.js").Colors} Colors */
/** @typedef {import("../../strings/en-picture.js").PictureWords} PictureWords */

export class Legend {
  /** @param {PictureWords} words */
  constructor(words) {
    this.words = words;
    this.bar = make("canvas", { class: "picture-legend-bar", "aria-hidden": "true" });
    this.title = make("span", { class: "picture-legend-title" });
    this.low = make("span");
    this.high = make("span");
    this.notes = make("ul", { class: "picture-legend-notes" });
    const colours = make("span", { class: "picture-legend-colours" }, this.low, this.bar, this.high);
    this.element = make("div", { class: "picture-legend" }, make("div", { class: "picture-legend-scale" }, this.title, colours), this.notes);
    this.shown = "";
  }

  /**
   * @param {Model} model
   * @param {Colors} colors
   * @param {any[]} interventions
   * @param {string | null} output  what stands over the top layer
   */
  update(model, colors, interventions, output) {
    const { words } = this;
    const notes = [
      ["bar", words.bar(model)],
      ["arrow", words.arrows(model)],
      ...(output && model.mode === "forward" ? [["output", output]] : []),
      ...(model.overflow ? [["overflow", words.overflow]] : []),
      ["future", words.future(model)],
      ...(model.mode === "backward" ? [["loss", words.loss]] : []),
      ...(interventions.some((i) => i.kind === "hold") ? [["held", words.held]] : []),
      ...(interventions.some((i) => i.kind === "off") ? [["off", words.off]] : []),
      ...(model.rows.some((row) => row.off) ? [["ghost", words.ghost]] : []),
    ];
    const ticks = words.ticks(model);
    const content = JSON.stringify([colors.theme, model.mode, ticks, words.units(model), notes]);
    if (content === this.shown) return;
    this.shown = content;
    this.title.textContent = words.units(model);
    this.low.textContent = ticks[0];
    this.high.textContent = ticks[1];
    this.notes.replaceChildren(...notes.map(([key, text]) => make("li", { class: `picture-note picture-note-${key}`, text })));
    this.bar.width = 256;
    this.bar.height = 1;
    const bytes = new Uint8ClampedArray(colors.palette.length * 4);
    bytes.set(new Uint8Array(colors.palette.buffer));
    this.bar.getContext("2d")?.putImageData(new ImageData(bytes, 256, 1), 0, 0);
  }
}
