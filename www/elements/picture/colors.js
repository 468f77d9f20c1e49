// The picture's colours: values through the module's palette, everything else from the page's tokens.

/**
 * How a value becomes a place on the diverging palette.
 * @typedef {{kind: "linear", max: number}} Linear    −max … max
 * @typedef {{kind: "log", low: number, high: number}} Log  sign and decades: |v| from 10^low (neutral) to 10^high
 * @typedef {Linear | Log} Scale
 */

/** Place of a value on the scale, −1 … 1. What is not finite has none: NaN. @param {Scale} scale @param {number} v */
export function place(scale, v) {
  if (!Number.isFinite(v)) return NaN;
  if (scale.kind === "linear") return Math.max(-1, Math.min(1, v / scale.max));
  if (v === 0) return 0;
  const share = (Math.log10(Math.abs(v)) - scale.low) / (scale.high - scale.low);
  return Math.sign(v) * Math.max(0, Math.min(1, share));
}

/** Share of a magnitude between 10^low and 10^high, 0 … 1; what is not a number counts as full. */
export function decades(/** @type {number} */ v, /** @type {number} */ low, /** @type {number} */ high) {
  if (!(v > 0)) return v === 0 ? 0 : 1;
  return Math.max(0, Math.min(1, (Math.log10(v) - low) / (high - low)));
}

/** The page's tokens, and what stands in where a host page has none (light, dark). @type {Record<string, [string, string, string]>} */
const TOKENS = {
  ink: ["--ink", "#1d2127", "#e9e6df"],
  soft: ["--soft", "#5a606a", "#aaaeb6"],
  faint: ["--faint", "#8b9099", "#7c828c"],
  rule: ["--rule", "#dedad0", "#31353c"],
  edge: ["--rule-strong", "#a9a59a", "#5c626c"],
  paper: ["--paper", "#fdfcf9", "#15171b"],
  raised: ["--raised", "#f5f3ed", "#1d2025"],
  accent: ["--accent", "#a63d17", "#f2986b"],
  tint: ["--accent-soft", "#f6e5dc", "#3a2a22"],
  math: ["--math", "math, serif", "math, serif"],
};

/** @typedef {"ink" | "soft" | "faint" | "rule" | "edge" | "paper" | "raised" | "accent" | "tint" | "math"} ColorName */

export class Colors {
  /**
   * @param {Element} element       where the tokens are read
   * @param {any} module            for `palette(kind, theme)`
   * @param {"light" | "dark"} theme
   */
  constructor(element, module, theme) {
    const style = getComputedStyle(element);
    const bytes = Uint8Array.from(module.palette("diverging", theme));
    this.theme = theme;
    /** 256 colours as ImageData keeps them. */
    this.palette = new Uint32Array(bytes.buffer);
    /** The same as CSS colours. */
    this.css = Array.from({ length: 256 }, (_, i) => `rgb(${bytes[4 * i]} ${bytes[4 * i + 1]} ${bytes[4 * i + 2]})`);
    /** @type {Record<ColorName, string>} */
    const named = /** @type {any} */ ({});
    for (const [name, [token, light, dark]] of Object.entries(TOKENS)) {
      named[name] = style.getPropertyValue(token).trim() || (theme === "dark" ? dark : light);
    }
    this.named = named;
    this.font = style.fontFamily || "sans-serif";
    /** Size of the page's type, CSS px. */
    this.size = parseFloat(style.fontSize) || 13;
    /** Infinite or not a number: the ink itself, which no value has. */
    this.nan = pixel(named.ink);
  }

  /** Colour of a value as ImageData keeps it. @param {Scale} scale @param {number} v */
  pixel(scale, v) {
    const p = place(scale, v);
    return Number.isNaN(p) ? this.nan : this.palette[Math.round((p + 1) * 127.5)];
  }

  /** Colour of a value for a canvas. @param {Scale} scale @param {number} v */
  of(scale, v) {
    const p = place(scale, v);
    return Number.isNaN(p) ? this.named.ink : this.css[Math.round((p + 1) * 127.5)];
  }
}

/** Any CSS colour as ImageData keeps it. @param {string} color */
function pixel(color) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 1;
  const context = canvas.getContext("2d");
  if (!context) return 0;
  context.fillStyle = color;
  context.fillRect(0, 0, 1, 1);
  return new Uint32Array(context.getImageData(0, 0, 1, 1).data.buffer)[0];
}

const SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/** 10 to a whole power as text: 10⁻⁷. */
export function powerOfTen(/** @type {number} */ exponent) {
  const digits = [...String(Math.abs(exponent))].map((d) => SUPERSCRIPTS[Number(d)]).join("");
  return `10${exponent < 0 ? "⁻" : ""}${digits}`;
}

/** A number short enough for a label, with a true minus sign. */
export function short(/** @type {number} */ v) {
  if (Number.isNaN(v)) return "NaN";
  if (!Number.isFinite(v)) return v > 0 ? "∞" : "−∞";
  const size = Math.abs(v);
  const text = size < 1e4 && Number.isInteger(v) ? String(v) : size >= 1e4 || size < 1e-3 ? exponential(v) : v.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : size >= 0.1 ? 2 : 4);
  return text.replace("-", "−");
}

/** 1.2·10⁻⁷ */
function exponential(/** @type {number} */ v) {
  const [digits, exponent] = v.toExponential(1).split("e");
  return `${digits}·${powerOfTen(Number(exponent))}`;
}
