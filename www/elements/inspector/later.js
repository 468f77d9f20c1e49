// The parts of the inspector that nobody needs before touching something: a file of their own in the built page (minify.mjs).
import "../step.js";
import "../weights-map.js";
import "../where-from.js";
