// Equations as MathML, from the cell's own expression trees. Each symbol carries the key of its quantity.
import { math } from "./inspector/dom.js";
import { FUNCTIONS, more } from "./inspector/more.js";
import { keyOf, partsOf } from "./inspector/quantities.js";
import { INSPECTOR as TEXT } from "../strings/en-inspector.js";

/**
 * @typedef {object} Setting
 * @property {1 | -1} forward  1 where the state comes from t − 1, −1 where it comes from t + 1
 * @property {boolean} bias    the network has biases
 * @property {any} [spec]      the cell's, where its lanes have axes to be named
 */

/** How tightly an operation binds: sums need parentheses inside products. */
const SUM = 1;
const PRODUCT = 2;
const ATOM = 3;

/** @param {string} name */
export const letter = (name) => math("mi", name.length > 1 && name !== "σ" ? { mathvariant: "normal" } : {}, name);
/** @param {string} sign */
export const operator = (sign) => math("mo", {}, sign);
/** @param {...Node} children */
export const row = (...children) => math("mrow", {}, ...children);
/** Parentheses as high as a letter: these stand around one line. @param {...Node} children */
export const enclosed = (...children) => row(math("mo", { stretchy: "false" }, "("), ...children, math("mo", { stretchy: "false" }, ")"));

/** The index t, t − 1 or t + 1. @param {number} shift */
export function time(shift) {
  if (shift === 0) return letter("t");
  return row(letter("t"), operator(shift < 0 ? "−" : "+"), math("mn", {}, "1"));
}

/** A symbol with an index. @param {string} name @param {number} shift */
export function indexed(name, shift) {
  return math("msub", {}, letter(name), time(shift));
}

/** The same of a lane, with letters for its axes where it has others than units. @param {string} name @param {number} shift @param {any} [spec] */
function named(name, shift, spec) {
  return spec ? more.named(name, shift, spec) : indexed(name, shift);
}

/** W or b of a block, indexed as PyTorch documents them: W_if, W_hf. @param {string} name @param {"i" | "h"} side @param {string} block @param {boolean} [transposed] */
function parameter(name, side, block, transposed = false) {
  const index = row(letter(side), letter(block));
  return transposed ? math("msubsup", {}, letter(name), index, operator("⊤")) : math("msub", {}, letter(name), index);
}

/** ∂L/∂(…) @param {Node} of */
export function gradient(of) {
  return math("mfrac", {}, row(operator("∂"), letter("L")), row(operator("∂"), of));
}

/** The pre-activation of a block at step t. @param {string} block */
const before = (block) => math("msub", {}, letter("a"), row(letter(block), operator(","), letter("t")));

/** What a target's key stands for, as the left-hand side of its equation. @param {string} key @param {Setting} setting */
export function leftHandSide(key, { forward, spec }) {
  const [kind, name] = key.split(":");
  const indexed = (/** @type {string} */ name, /** @type {number} */ shift) => named(name, shift, spec);
  if (kind === "d") return gradient(indexed(name, 0));
  if (kind === "da") return gradient(before(name));
  if (kind === "passed") return math("msub", {}, gradient(indexed(name, -forward)), math("mtext", {}, TEXT.fromHere));
  return indexed(name, 0);
}

/**
 * @param {any} expr
 * @param {Setting} setting
 * @returns {{node: MathMLElement, binds: number}}
 */
function typeset(expr, setting) {
  const { forward, bias, spec } = setting;
  const indexed = (/** @type {string} */ name, /** @type {number} */ shift) => named(name, shift, spec);
  const part = (/** @type {any} */ e, /** @type {number} */ least = SUM) => {
    const { node, binds } = typeset(e, setting);
    return binds < least ? enclosed(node) : node;
  };
  const atom = (/** @type {MathMLElement} */ node) => ({ node, binds: ATOM });
  const found = spec && more.typeset(expr, setting, part);
  if (found) return found;
  const affine = (/** @type {"i" | "h"} */ side, /** @type {Node} */ of) => {
    const product = row(parameter("W", side, expr.block), of);
    return bias
      ? { node: row(product, operator("+"), parameter("b", side, expr.block)), binds: SUM }
      : { node: product, binds: PRODUCT };
  };
  switch (expr.op) {
    case "now":
      return atom(indexed(expr.lane, 0));
    case "before":
      return atom(indexed(expr.lane, -forward));
    case "input":
      return affine("i", indexed("x", 0));
    case "recurrent":
      return affine("h", part(expr.of, ATOM));
    case "gradient":
      return atom(gradient(indexed(expr.lane, 0)));
    case "block-gradient":
      return atom(gradient(before(expr.block)));
    case "upstream":
      return atom(math("msub", {}, gradient(indexed(outputOf(spec), 0)), math("mtext", {}, TEXT.fromAbove)));
    case "arriving":
      return atom(math("msub", {}, gradient(indexed(expr.lane, 0)), math("mtext", {}, forward === 1 ? TEXT.fromNext : TEXT.fromPrevious)));
    case "transposed":
      return { node: row(parameter("W", "h", expr.block, true), part(expr.of, ATOM)), binds: PRODUCT };
    case "sum":
      return { node: joined(partsOf(expr).map((e) => symbols(e, setting)), "+"), binds: SUM };
    case "product":
      return { node: joined(partsOf(expr).map((e) => keyed(e, part(e, PRODUCT))), "⊙"), binds: PRODUCT };
    case "one-minus":
      return { node: row(math("mn", {}, "1"), operator("−"), keyed(partsOf(expr)[0], part(partsOf(expr)[0], PRODUCT))), binds: SUM };
    case "difference":
      return { node: joined(partsOf(expr).map((e) => keyed(e, part(e, PRODUCT))), "−"), binds: SUM };
    default:
      return call(expr, setting);
  }
}

/** @param {any} spec */
const outputOf = (spec) => spec?.lanes.find((/** @type {any} */ l) => l.output).name ?? "h";

/** A nonlinearity, or its slope in terms of its value. @param {any} expr @param {Setting} setting */
function call(expr, setting) {
  const [of] = partsOf(expr);
  const inner = symbols(of, setting);
  switch (expr.function) {
    case "sigmoid-slope":
      return { node: row(inner, operator("⊙"), enclosed(math("mn", {}, "1"), operator("−"), symbols(of, setting))), binds: PRODUCT };
    case "tanh-slope": {
      const square = of.op === "call" ? row(math("msup", {}, letter("tanh"), math("mn", {}, "2")), enclosed(symbols(partsOf(of)[0], setting))) : math("msubsup", {}, letter(of.lane), letter("t"), math("mn", {}, "2"));
      return { node: row(math("mn", {}, "1"), operator("−"), keyed(of, square)), binds: SUM };
    }
    case "relu-slope":
      return { node: row(operator("["), inner, operator(">"), math("mn", {}, "0"), operator("]")), binds: ATOM };
    default:
      return { node: row(letter(FUNCTIONS[expr.function]), enclosed(inner)), binds: ATOM };
  }
}

/** @param {Node[]} parts @param {string} sign */
export function joined(parts, sign) {
  return row(...parts.flatMap((part, k) => (k === 0 ? [part] : [operator(sign), part])));
}

/** @param {any} expr @param {MathMLElement} node */
export function keyed(expr, node) {
  const key = keyOf(expr);
  return key ? math("mrow", { "data-key": key, class: "quantity" }, node) : node;
}

/** An expression in symbols. @param {any} expr @param {Setting} setting @returns {MathMLElement} */
export function symbols(expr, setting) {
  return keyed(expr, typeset(expr, setting).node);
}

/**
 * A sub-step's equation. Sums break before their signs where the column is narrow, so it comes as its left-hand side and
 * the rest.
 * @param {string} key @param {any} expr @param {Setting} setting
 */
export function equation(key, expr, setting) {
  const left = math("math", {}, math("mrow", { "data-key": key, class: "quantity" }, leftHandSide(key, setting)));
  // Where symbols carry indices, each line takes more room.
  const lines = expr.op === "sum" && partsOf(expr).length > (setting.spec ? 1 : 2) ? partsOf(expr) : [expr];
  const right = lines.map((part, k) => math("math", {}, operator(k === 0 ? "=" : "+"), symbols(part, setting)));
  return { left, right };
}

/** A function's sign, as in the diagram. @param {string} name */
export function functionSign(name) {
  return FUNCTIONS[name] ?? name;
}
