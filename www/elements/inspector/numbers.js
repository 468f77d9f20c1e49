// How the inspector writes numbers: three significant digits in the text, everything that a 32-bit number holds on demand.

const SUPERSCRIPT = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/** A number with a true minus sign and three significant digits. @param {number} value @returns {string} */
export function short(value) {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value < 0 ? "−∞" : "∞";
  const size = Math.abs(value);
  const sign = value < 0 ? "−" : "";
  if (Number.isInteger(size) && size < 1000) return sign + String(size);
  if (size >= 0.0009995 && size < 99950) {
    const digits = size.toPrecision(3);
    return sign + (digits.includes("e") ? size.toFixed(0) : digits);
  }
  const [mantissa, exponent] = size.toExponential(2).split("e");
  return `${sign}${mantissa}·10${raised(Number(exponent))}`;
}

/** Two significant digits, for tight places. @param {number} value @returns {string} */
export function brief(value) {
  const size = Math.abs(value);
  if (size > 0 && (size < 0.000995 || (size >= 995 && size < Infinity))) {
    const [mantissa, exponent] = size.toExponential(0).split("e");
    return `${value < 0 ? "−" : ""}${mantissa}·10${raised(Number(exponent))}`;
  }
  if (!(size > 0 && size < Infinity) || Number.isInteger(size)) return short(value);
  return (value < 0 ? "−" : "") + (size >= 9.95 ? size.toFixed(0) : size >= 0.00995 ? size.toPrecision(2) : size.toFixed(3));
}

/** Five characters, for a phone. @param {number} value */
export function tight(value) {
  const size = Math.abs(value);
  return size >= 0.00995 && size < 0.0995 ? value.toFixed(2).replace("-", "−") : brief(value);
}

/** Three digits where they fit into a node of the diagram, else two. @param {number} value */
export function fitting(value) {
  const text = short(value);
  return text.length > 6 ? brief(value) : text;
}

/** All digits that tell one f32 from the next. @param {number} value @returns {string} */
export function full(value) {
  if (!Number.isFinite(value)) return short(value);
  return String(Number(value.toPrecision(9))).replace("-", "−").replace("e", "·10^");
}

/** A whole number as an exponent. @param {number} n */
export function raised(n) {
  const digits = [...String(Math.abs(n))].map((d) => SUPERSCRIPT[Number(d)]).join("");
  return (n < 0 ? "⁻" : "") + digits;
}

/** @param {ArrayLike<number>} values */
export function mean(values) {
  return Array.from(values).reduce((sum, v) => sum + v, 0) / Math.max(1, values.length);
}

/** Euclidean norm. @param {ArrayLike<number>} values */
export function norm(values) {
  return Math.hypot(...Array.from(values));
}

/** Smallest and largest value; NaN where there is one. @param {ArrayLike<number>} values @returns {[number, number]} */
export function extent(values) {
  const all = Array.from(values);
  return [Math.min(...all), Math.max(...all)];
}
