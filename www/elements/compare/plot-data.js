// What a plot of all networks is made from: the comparison's results as plain series of the module's drawChart.
import { hourTicks } from "../sequence/scale.js";
import { TEXT } from "../../strings/en.js";
import { COMPARE, shortened } from "../../strings/en-compare.js";

/** The series of a result or of a band that a plot draws. @type {Record<string, (of: "x" | "s") => string>} */
const PARTS = { "compare-memory": () => "memory", "compare-gradients": (of) => of, "compare-states": () => "states" };

/** Versions of arrays: each new one is something new to draw. @type {WeakMap<object, number>} */
const versions = new WeakMap();
let made = 0;
/** @param {object | null | undefined} values */
function version(values) {
  if (!values) return 0;
  const known = versions.get(values) ?? ++made;
  versions.set(values, known);
  return known;
}

/**
 * @param {import("../../engine/compare.js").Comparison} comparison @param {any} spec @param {{log: boolean | null, relative: boolean}} how
 * @param {number} width  CSS pixels of all steps @param {number} font @param {string[]} [names]  of the networks
 * @returns {{data: any, key: string}}  key: another text when there is something new to draw
 */
export function dataOf(comparison, spec, { log, relative }, width, font, names = shortened(comparison.names)) {
  const { view, steps } = comparison;
  const series = spec.name === "compare-lengths" ? lengths(comparison, names) : curves(comparison, names, PARTS[spec.name](view.of));
  const overLengths = spec.name === "compare-lengths";
  const words = comparison.sequence.tokens.length > 0 && !overLengths;
  const data = {
    series,
    steps: overLengths ? horizon(series, steps) : steps,
    from: overLengths ? steps - 1 : Math.min(view.from, steps - 1),
    of: view.of,
    loss: spec.name === "compare-gradients" ? lossWords(comparison) : "",
    seeds: series.some(({ low }) => low) ? view.seeds : 1,
    relative,
    ...(log === null ? {} : { log }),
    labels: words ? Array.from({ length: steps }, (_, t) => comparison.labels(t).short) : [],
    ticks: overLengths ? [] : ticksOf(comparison, width, font),
    xTitle: overLengths ? "" : view.data.kind === "weather" ? COMPARE.plots.hours : "",
  };
  const { series: _, labels: _labels, ...rest } = data;
  const key = JSON.stringify([rest, width, font, view.data, series.map(({ name, values, low, found }) => [name, version(values), version(low), found])]);
  return { data, key };
}

/** @param {import("../../engine/compare.js").Comparison} comparison @param {string[]} names @param {string} part @returns {any[]} */
function curves(comparison, names, part) {
  return names.flatMap((name, slot) => {
    const result = comparison.results[slot];
    if (!result?.run || result.error) return [];
    const many = comparison.seeds.results[slot];
    if (many && !many.error) {
      const half = part === "memory" && many.halfLife !== null ? { found: many.halfLife } : {};
      return [{ name, slot, ...many[part], ...half }];
    }
    const values = part === "memory" ? result.memory : result.run[part];
    if (!values) return [];
    const half = part === "memory" && result.share >= 1 && result.halfLife !== null ? { found: result.halfLife } : {};
    return [{ name, slot, values, ...half }];
  });
}

/** @param {import("../../engine/compare.js").Comparison} comparison @param {string[]} names @returns {any[]} */
function lengths({ lengths: { results } }, names) {
  return names.flatMap((name, slot) => {
    const curve = results[slot];
    if (!curve?.values) return [];
    const { at, values, low, high, found } = curve;
    return [{ name, slot, at: placesOf(at), values, ...(low ? { low, high } : {}), ...(found === null ? {} : { found }) }];
  });
}

/** Where the axis of lengths ends: at the longest, or where the last one has sunk. @param {any[]} series @param {number} steps */
function horizon(series, steps) {
  const longest = Math.max(steps, ...series.flatMap(({ at }) => [at.at(-1) + 1]));
  const sunk = series.length > 0 && series.every(({ found }) => found !== undefined);
  return sunk ? Math.min(longest, Math.max(steps, Math.ceil((1.25 * Math.max(...series.map(({ found }) => found))) / 50) * 50)) : longest;
}

/** Lengths as places on the axis, made once. @type {WeakMap<object, Float64Array>} */
const places = new WeakMap();
/** @param {number[]} at */
function placesOf(at) {
  const known = places.get(at) ?? Float64Array.from(at, (length) => length - 1);
  places.set(at, known);
  return known;
}

/** @param {import("../../engine/compare.js").Comparison} comparison */
function lossWords({ results, sequence, view }) {
  if (!results.some(({ run }) => run?.target)) return COMPARE.losses.square;
  if (sequence.task && !sequence.task.classes) return COMPARE.losses.asked;
  return view.data.kind === "sentence" || sequence.task ? COMPARE.losses.answer : COMPARE.losses.next;
}

/** Hours and days under the time axis. @param {import("../../engine/compare.js").Comparison} comparison @param {number} width @param {number} font */
function ticksOf({ view, steps }, width, font) {
  if (view.data.kind !== "weather") return [];
  const { start } = view.data;
  const found = hourTicks(start, steps, width / steps, 0.6 * font);
  return found.map(({ t, kind }) => ({ t, text: kind === "day" ? TEXT.shortDay(start + t) : `${String((start + t) % 24).padStart(2, "0")}:00` }));
}
