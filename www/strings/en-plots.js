// The words of the plots.
import { short } from "../elements/picture/colors.js";

export const PLOTS = {
  title: "Plots",
  choose: "Shown",
  scale: "Scale",
  scales: [
    { name: "log", title: "log", hint: "Each line of the grid is so many times the one below" },
    { name: "linear", title: "linear", hint: "Each line of the grid is so much more than the one below" },
  ],
  relative: "relative",
  relativeHint: "Divides each line by its value where it starts. It hides how large things are: the axis says so.",
  lane: "Of",
  at: (/** @type {number} */ t) => `at step ${t + 1}`,
  value: (/** @type {number} */ v) => (Number.isNaN(v) ? "–" : short(v)),
  was: (/** @type {number} */ v) => `(${Number.isNaN(v) ? "–" : short(v)})`,
  unitValue: (/** @type {string} */ lane, /** @type {number} */ unit, /** @type {number} */ v) => `${lane} of unit ${unit}: ${Number.isNaN(v) ? "–" : short(v)}`,
  elementValue: (/** @type {string} */ lane, /** @type {string} */ place, /** @type {number} */ v) => `${lane}[${place}]: ${Number.isNaN(v) ? "–" : short(v)}`,
  rows: "Rows",
  along: (/** @type {string} */ axis) => `each ${axis}`,
  every: (/** @type {number} */ n) => `all ${n}`,
  pointAtUnit: "Point at a cell to read it; a click chooses its step and unit.",
  untouched: "untouched run",
  toggle: "Show or hide",
  computing: "Computing",
  takes: (/** @type {number} */ seconds) =>
    `For a network and a sequence this large, this takes about ${seconds < 90 ? `${Math.ceil(seconds)} seconds` : `${Math.ceil(seconds / 60)} minutes`}, and the page answers slowly meanwhile.`,
  large: (/** @type {number} */ n) => `The state handed on is ${n} numbers: its Jacobians have ${n} × ${n}, which takes minutes, in which the page does not answer.`,
  compute: "Compute it",
  why: "What is this?",
  data: "Data",
  table: (/** @type {string} */ title) => `Table: ${title}`,
  step: "step",
  label: "reading",
  unit: (/** @type {number} */ j) => `unit ${j}`,
  cut: (/** @type {number} */ shown, /** @type {number} */ all) => `The first ${shown} of ${all} units; the CSV has all.`,
  save: (/** @type {string} */ title) => `Save: ${title}`,
  files: [
    { name: "png", title: "PNG" },
    { name: "svg", title: "SVG" },
    { name: "csv", title: "CSV" },
  ],
  failed: (/** @type {string} */ message) => `This plot could not be drawn: ${message}`,
  /** Titles of the time axis. @type {Record<string, string>} */
  axes: { weather: "step t, hours in UTC", sentence: "step t, words" },
  /** @type {Record<string, string>} */
  losses: { last: "last step", every: "every step" },
};
