// Ticks and lines for the sequence's axes.

/**
 * Round ticks within [low, high].
 * @param {number} low
 * @param {number} high
 * @param {number} most  about how many
 */
export function ticks(low, high, most) {
  const rough = (high - low) / Math.max(1, most);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((k) => k * power).find((s) => s >= rough) ?? rough;
  const first = Math.ceil(low / step - 1e-9);
  const count = Math.floor(high / step + 1e-9) - first + 1;
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  return { step, digits, values: Array.from({ length: Math.max(0, count) }, (_, k) => (first + k) * step) };
}

/** Smallest and largest of the numbers among the values, widened to at least `span`. @param {Iterable<number>} values @param {number} span */
export function range(values, span) {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (low > high) [low, high] = [0, 0];
  const lack = Math.max(0, span - (high - low)) / 2;
  const air = Math.max(high - low, span) * 0.04;
  return { low: low - lack - air, high: high + lack + air };
}

/** A path through the points; a NaN breaks it, and a point alone becomes a dot. @param {Float32Array | number[]} values @param {(t: number) => number} x @param {(v: number) => number} y */
export function path(values, x, y) {
  let d = "";
  let pen = false;
  for (let t = 0; t < values.length; t++) {
    const value = values[t];
    if (!Number.isFinite(value)) {
      pen = false;
      continue;
    }
    d += `${pen ? "L" : "M"}${x(t).toFixed(1)} ${y(value).toFixed(1)}`;
    if (!pen && !Number.isFinite(values[t + 1] ?? NaN)) d += "h0.01";
    pen = true;
  }
  return d;
}

const HOURS = [1, 2, 3, 6, 12, 24];
const DAYS = [1, 2, 5, 10, 20];

/**
 * Ticks of a time axis of hours: clock times, and days where they begin.
 * @param {number} start   hour of step 0, since 1970
 * @param {number} steps
 * @param {number} width   CSS px of one step
 * @param {number} letter  CSS px of one letter, about
 * @returns {{t: number, kind: "hour" | "day"}[]}
 */
export function hourTicks(start, steps, width, letter) {
  const every = HOURS.find((h) => h * width >= 7.5 * letter) ?? 24;
  const days = DAYS.find((d) => d * 24 * width >= 9 * letter) ?? 20;
  const found = [];
  for (let t = 0; t < steps; t++) {
    const hour = start + t;
    const midnight = hour % 24 === 0;
    if (midnight && (hour / 24) % days === 0) found.push({ t, kind: /** @type {const} */ ("day") });
    else if (hour % every === 0 && !midnight) found.push({ t, kind: /** @type {const} */ ("hour") });
  }
  return found;
}
