// What one drawing of the picture depends on, gathered in one place.

/**
 * @typedef {object} Texts  the sequence in words, from the session
 * @property {(t: number) => string} input        value or token that is read
 * @property {(t: number) => string} time         date and hour, or the step's number
 * @property {(t: number) => string | null} output  prediction after step t, where there is one
 *
 * @typedef {object} Hover
 * @property {number | null} t
 * @property {number | null} unit
 * @property {number} layer
 * @property {number} direction
 * @property {string | null} lane  a lane that is pointed at elsewhere
 * @property {boolean} input       what is read is pointed at elsewhere
 *
 * @typedef {object} Scene
 * @property {import("./layout.js").Layout} layout
 * @property {import("./model.js").Model} model
 * @property {import("./colors.js").Colors} colors
 * @property {import("./images.js").Images} images
 * @property {import("../../strings/en-picture.js").PictureWords} words
 * @property {Texts} texts
 * @property {number} first      first step of the focus; fractional while it moves
 * @property {number} t          the step being read
 * @property {boolean} playing
 * @property {number | null} slide  0 … 1 while a state slides into the current cell
 * @property {Hover} hover
 * @property {{t: number, unit: number | null, layer: number, direction: number}} selection
 * @property {any[]} interventions
 * @property {{x: number, y: number, lines: string[]} | null} tip
 */
export {};
