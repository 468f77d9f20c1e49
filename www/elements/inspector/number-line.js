// An equation once more, with this step's numbers; each number is a button that asks where it comes from.
import { html } from "./dom.js";
import { full, short } from "./numbers.js";
import { FUNCTIONS, more } from "./more.js";
import { keyOf } from "./quantities.js";
import { INSPECTOR as TEXT } from "../../strings/en-inspector.js";

/** @typedef {(node: any, button: HTMLElement) => void} Ask  called with an evaluated node */

const SUM = 1;
const PRODUCT = 2;
const ATOM = 3;

/** @param {string} text */
export const sign = (text) => html("span", { class: "sign" }, text);

/** Signs around an expression, each kept on one line with what it touches. @param {string} open @param {HTMLElement[]} parts @param {string} close */
export function enclosed(open, parts, close) {
  const together = (/** @type {HTMLElement[]} */ ...all) => html("span", { class: "together" }, ...all);
  if (parts.length === 1) return [together(sign(open), parts[0], sign(close))];
  return [together(sign(open), parts[0]), ...parts.slice(1, -1), together(parts[parts.length - 1], sign(close))];
}

/** The plain name of a quantity: f, h before, W·x of f. @param {any} node */
export function nameOf(node) {
  const key = keyOf(node) ?? "";
  const [kind, name] = key.split(":");
  return TEXT.names[kind]?.(name) ?? "";
}

/** A number to ask about. @param {number} value @param {string} what @param {string | null} key @param {((button: HTMLElement) => void) | null} ask */
export function numberButton(value, what, key, ask) {
  const text = short(value);
  if (!ask) return html("span", { class: "number", title: full(value) }, text);
  const button = html("button", { type: "button", class: "number", "data-key": key, title: full(value), "aria-label": TEXT.whereFrom(what, text), "aria-haspopup": "dialog" }, text);
  button.addEventListener("click", () => ask(button));
  return button;
}

/**
 * @param {any} node  an evaluated expression
 * @param {Ask} ask
 * @returns {{parts: HTMLElement[], binds: number}}
 */
function line(node, ask) {
  const of = node.of ?? [];
  const inside = (/** @type {any} */ e, /** @type {number} */ least) => {
    const { parts, binds } = line(e, ask);
    return binds < least ? enclosed("(", parts, ")") : parts;
  };
  switch (node.op) {
    case "sum":
      return { parts: of.flatMap((/** @type {any} */ e, /** @type {number} */ k) => [...(k > 0 ? [sign(" + ")] : []), ...inside(e, SUM)]), binds: SUM };
    case "product":
      return { parts: of.flatMap((/** @type {any} */ e, /** @type {number} */ k) => [...(k > 0 ? [sign(" × ")] : []), ...wrapped(e, inside(e, PRODUCT), k)]), binds: PRODUCT };
    case "one-minus":
      return { parts: [sign("1 − "), ...wrapped(of[0], inside(of[0], PRODUCT), 1)], binds: SUM };
    case "difference":
      return { parts: [...inside(of[0], SUM), sign(" − "), ...wrapped(of[1], inside(of[1], PRODUCT), 1)], binds: SUM };
    case "call":
      return call(node, ask, inside);
    default:
      return more.line?.(node, ask, inside) ?? { parts: [numberButton(node.value, nameOf(node), keyOf(node), (button) => ask(node, button))], binds: ATOM };
  }
}

/** A negative number that is not first stands in parentheses. @param {any} node @param {HTMLElement[]} parts @param {number} k */
export function wrapped(node, parts, k) {
  return k > 0 && keyOf(node) && (node.value < 0 || Object.is(node.value, -0)) ? enclosed("(", parts, ")") : parts;
}

/** @param {any} node @param {Ask} ask @param {(e: any, least: number) => HTMLElement[]} inside */
function call(node, ask, inside) {
  const [of] = node.of;
  switch (node.function) {
    case "sigmoid-slope":
      return { parts: [...inside(of, ATOM), sign(" × "), ...enclosed("(1 − ", inside(of, PRODUCT), ")")], binds: PRODUCT };
    case "tanh-slope":
      return { parts: [sign("1 − "), ...(of.op === "call" ? enclosed("tanh²(", inside(of.of[0], SUM), ")") : [...wrapped(of, inside(of, ATOM), 1), sign("²")])], binds: SUM };
    case "relu-slope":
      return { parts: enclosed("[", inside(of, SUM), " > 0]"), binds: ATOM };
    default:
      return { parts: enclosed(`${FUNCTIONS[node.function]}(`, inside(of, SUM), ")"), binds: ATOM };
  }
}

/** @param {any} tree  an evaluated equation @param {Ask} ask @returns {HTMLElement[]} */
export function numberLine(tree, ask) {
  return line(tree, ask).parts;
}
