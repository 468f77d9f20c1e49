// What the network reads: the view's data as numbers or tokens, with the labels and units to show them.

/**
 * @typedef {object} Sequence
 * @property {"weather" | "sentence" | "wave" | "draw"} kind
 * @property {number} steps              T
 * @property {Float32Array} shown        readings in natural units, edits included; NaN: not measured. Empty for tokens
 * @property {Float32Array} original     the same without edits
 * @property {Float32Array} next         what follows each step, in natural units; NaN: unknown
 * @property {Float32Array} input        what the network gets: normalised, gaps filled with the reading before
 * @property {Float32Array} untouched    the same without edits
 * @property {{token: string, id: number, known: boolean}[]} tokens  empty for readings
 * @property {string} unit               "°C", or "" where readings have none
 * @property {Normalisation} normalisation
 * @property {Set<number>} edited        steps whose reading was changed
 * @property {number | null} label       the right class, where it is known
 * @property {string[]} classes          the class names; empty for readings
 *
 * @typedef {{mean: number, deviation: number}} Normalisation
 * @typedef {{start: number, stations: {name: string, title: string}[], series: (name: string) => Float32Array}} Weather
 */

const NONE = { mean: 0, deviation: 1 };

/**
 * Readings of a station. A gap is shown as one, and the network gets the last reading before it: nothing later.
 * @param {import("../state/view.js").Data} data
 * @param {Weather} weather
 * @param {Normalisation} normalisation
 */
export function weatherSequence(data, weather, normalisation) {
  const series = weather.series(data.station);
  const first = data.start - weather.start;
  const at = (/** @type {number} */ k) => (k >= 0 && k < series.length ? series[k] : NaN);
  const original = Float32Array.from({ length: data.steps }, (_, t) => at(first + t));
  const next = Float32Array.from({ length: data.steps }, (_, t) => at(first + t + 1));
  let before = first - 1;
  while (before >= 0 && Number.isNaN(series[before])) before -= 1;
  return readings("weather", data, original, next, before >= 0 ? series[before] : normalisation.mean, "°C", normalisation);
}

/** A sine without noise, one unit high. @param {import("../state/view.js").Data} data */
export function waveSequence(data) {
  const sine = (/** @type {number} */ t) => Math.sin((2 * Math.PI * t) / data.period);
  const original = Float32Array.from({ length: data.steps }, (_, t) => sine(t));
  const next = Float32Array.from({ length: data.steps }, (_, t) => sine(t + 1));
  return readings("wave", data, original, next, 0, "", NONE);
}

/** A series drawn with the pointer, stretched to T + 1 readings: the last one is what is asked. @param {import("../state/view.js").Data} data */
export function drawnSequence(data) {
  const line = stretched(data.drawn.length > 0 ? data.drawn : [0], data.steps + 1);
  return readings("draw", data, line.slice(0, -1), line.slice(1), 0, "", NONE);
}

/** Linear interpolation to `length` values. @param {readonly number[]} values @param {number} length */
export function stretched(values, length) {
  return Float32Array.from({ length }, (_, k) => {
    const place = length > 1 ? (k * (values.length - 1)) / (length - 1) : 0;
    const left = Math.floor(place);
    const right = Math.min(left + 1, values.length - 1);
    return values[left] + (values[right] - values[left]) * (place - left);
  });
}

/**
 * @param {Sequence["kind"]} kind
 * @param {import("../state/view.js").Data} data
 * @param {Float32Array} original
 * @param {Float32Array} next
 * @param {number} before  the last reading before the first
 * @param {string} unit
 * @param {Normalisation} normalisation
 * @returns {Sequence}
 */
function readings(kind, data, original, next, before, unit, normalisation) {
  const shown = original.slice();
  const edited = new Set();
  for (const { t, value } of data.edits) {
    if (t >= shown.length) continue;
    shown[t] = value;
    edited.add(t);
  }
  return {
    kind,
    steps: shown.length,
    shown,
    original,
    next,
    input: normalised(shown, before, normalisation),
    untouched: normalised(original, before, normalisation),
    tokens: [],
    unit,
    normalisation,
    edited,
    label: null,
    classes: [],
  };
}

/** @param {Float32Array} values @param {number} before @param {Normalisation} normalisation */
function normalised(values, before, { mean, deviation }) {
  let last = before;
  return values.map((value) => {
    if (!Number.isNaN(value)) last = value;
    return (last - mean) / deviation;
  });
}

/**
 * The words of a sentence. `encode` throws what the module says of a text that has none.
 * @param {import("../state/view.js").Data} data
 * @param {(text: string) => {token: string, id: number, known: boolean}[]} encode
 * @param {string[]} classes
 * @returns {Sequence}
 */
export function sentenceSequence(data, encode, classes) {
  const tokens = encode(data.text);
  const none = new Float32Array(0);
  return {
    kind: "sentence",
    steps: tokens.length,
    shown: none,
    original: none,
    next: none,
    input: Float32Array.from(tokens, ({ id }) => id),
    untouched: Float32Array.from(tokens, ({ id }) => id),
    tokens,
    unit: "",
    normalisation: NONE,
    edited: new Set(),
    label: data.label !== null && data.label < classes.length ? data.label : null,
    classes,
  };
}

const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });

/** "24 November 2013" @param {number} hour  hours since 1970 */
export function dayOf(hour) {
  return DAY.format(new Date(hour * 3_600_000));
}

/** "06:00" @param {number} hour  hours since 1970 */
export function clockOf(hour) {
  return `${String(((hour % 24) + 24) % 24).padStart(2, "0")}:00`;
}
