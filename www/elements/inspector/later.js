// The parts of the inspector that nobody needs before touching something, or that only some cells need: a file of their own in
// the built page (minify.mjs).
import "../step.js";
import "../weights-map.js";
import "../where-from.js";
import "./modern/line.js";
import "./modern/math.js";
import "./modern/lane-map.js";

export { Modern } from "./modern/modern.js";
export { parameterTable } from "./modern/parameter-table.js";
