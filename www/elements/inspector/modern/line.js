// Equations of such cells with a step's numbers.
import { more } from "../more.js";
import { enclosed, nameOf, numberButton, sign, wrapped } from "../number-line.js";
import { keyOf } from "../quantities.js";
import { short } from "../numbers.js";

const [SUM, PRODUCT, ATOM] = [1, 2, 3];

/** @param {any} node @param {any} ask @param {(e: any, least: number) => HTMLElement[]} inside */
function line(node, ask, inside) {
  const [a, b] = node.of ?? [];
  const number = () => ({ parts: [numberButton(node.value, nameOf(node), keyOf(node), (button) => ask(node, button))], binds: ATOM });
  switch (node.op) {
    case "constant":
    case "extent":
      return { parts: [sign(short(node.value))], binds: ATOM };
    case "along":
    case "pick":
    case "newest":
    case "push":
    case "pushed-back":
      return a ? { parts: inside(a, ATOM), binds: ATOM } : { parts: [sign(short(node.value))], binds: ATOM };
    case "quotient":
      return { parts: [...wrapped(a, inside(a, PRODUCT), 1), sign(" ∕ "), ...wrapped(b, inside(b, ATOM), 1)], binds: PRODUCT };
    case "maximum":
      return { parts: enclosed("max(", [...inside(a, SUM), sign(", "), ...inside(b, SUM)], ")"), binds: ATOM };
    case "greater":
      return { parts: enclosed("[", [...inside(a, SUM), sign(" > "), ...inside(b, SUM)], "]"), binds: ATOM };
    case "call":
      return node.function === "abs" ? { parts: enclosed("|", inside(a, SUM), "|"), binds: ATOM } : null;
    default:
      return SIMPLE.has(node.op) ? null : number();
  }
}

/** What is written as everywhere. */
const SIMPLE = new Set(["sum", "product", "one-minus", "difference", "now", "before", "input", "recurrent", "transposed", "gradient", "block-gradient", "arriving", "upstream"]);

more.line = line;
