// Equations of cells whose lanes have several axes and whose parameters have names of their own: indices say what meets what.
import { math } from "../dom.js";
import { FUNCTIONS, more, symbolOf } from "../more.js";
import { keyOf, partsOf } from "../quantities.js";
import { enclosed, joined, keyed, letter, operator, row, symbols, time } from "../../math-ml.js";

const [SUM, PRODUCT, ATOM] = [1, 2, 3];

Object.assign(FUNCTIONS, {
  "sigmoid-slope": "σ′",
  "tanh-slope": "tanh′",
  "relu-slope": "ReLU′",
  exp: "exp",
  expm1: "expm1",
  sqrt: "√",
  cos: "cos",
  sin: "sin",
  abs: "abs",
  sign: "sign",
  softplus: "softplus",
  "log-sigmoid": "ln σ",
  silu: "SiLU",
  "silu-slope": "SiLU′",
  gelu: "GELU",
  "gelu-slope": "GELU′",
  positive: "g",
  "positive-slope": "g′",
});

/** How an axis is written as an index: units j, inputs i, the others by their own letter. @param {string} axis */
export function indexOf(axis) {
  return { H: "j", I: "i" }[axis] ?? axis.toLowerCase().replace("_", " ");
}

/** Indices beside each other, set apart by commas. @param {Node[]} parts */
const listed = (parts) => row(...parts.flatMap((part, k) => (k === 0 ? [part] : [operator(","), part])));

/** A name such as dt_rank: what stands first is the symbol, the rest its index. @param {string} name @returns {[string, string]} */
export function split(name) {
  const [first, ...rest] = name.replace(/^_+|_+$/g, "").split("_");
  return [first, rest.join(" ")];
}

/** The indices of some axes. Heads have none: nothing passes from one to another. @param {string[]} axes */
const under = (axes) => axes.filter((axis) => axis !== "NH").map((axis) => letter(indexOf(axis)));

/** Do a cell's equations need indices? Where every lane has one value per unit, symbols stand for whole vectors. @param {any} spec */
const isIndexed = (spec) => spec.lanes.some((/** @type {any} */ l) => l.axes.join() !== "H");

/** A symbol with what stands under it. @param {string} name @param {Node[]} under */
function withIndex(name, under) {
  if (name.startsWith("log_")) return row(letter("log"), withIndex(name.slice(4), under));
  const [symbol, sub] = split(symbolOf(name));
  const all = sub ? [math("mtext", {}, sub), ...under] : under;
  return all.length > 0 ? math("msub", {}, letter(symbol), listed(all)) : letter(symbol);
}

/** A lane at a step. @param {string} name @param {number} shift @param {any} spec */
function named(name, shift, spec) {
  const axes = spec.lanes.find((/** @type {any} */ l) => l.name === name)?.axes ?? ["H"];
  return withIndex(name, [time(shift), ...(isIndexed(spec) ? under(axes) : [])]);
}

/** The lane whose equation uses a block of rows; "" where the whole matrix is one block. @param {any} spec @param {any} expr */
function ownerOf(spec, expr) {
  const skip = expr.skip.join();
  /** @type {Map<string, string>} */
  const owners = new Map();
  for (const { name, equation } of spec.lanes) {
    for (const e of nodes(equation)) if (e.op === "affine" && e.weight === expr.weight) owners.set(e.skip.join(), owners.get(e.skip.join()) ?? name);
  }
  return owners.size > 1 ? (owners.get(skip) ?? "") : "";
}

/** @param {any} expr @returns {Generator<any>} */
function* nodes(expr) {
  yield expr;
  for (const part of partsOf(expr)) yield* nodes(part);
}

/** What stands under a matrix: the quantity that its rows make, or the module that it belongs to. @param {any} expr @param {any} spec */
function moduleOf(expr, spec) {
  const name = expr.weight ?? expr.name;
  const parts = name.split(".");
  const last = parts.at(-1);
  const module = (last === "weight" || last === "bias" ? parts.slice(0, -1) : parts).join(" ").replace(/_?proj$|^proj_/, "").replaceAll("_", " ").trim();
  return ownerOf(spec, expr) || module;
}

/** W of an affine map. @param {any} expr @param {any} spec @param {boolean} transposed */
function matrix(expr, spec, transposed) {
  const module = moduleOf(expr, spec);
  const index = module ? math("mtext", {}, symbolOf(module)) : null;
  const title = `${expr.weight}${expr.skip.length > 0 ? `, rows after ${expr.skip.join(" + ")}` : ""}`;
  const node = transposed
    ? index ? math("msubsup", {}, letter("W"), index, operator("⊤")) : math("msup", {}, letter("W"), operator("⊤"))
    : index ? math("msub", {}, letter("W"), index) : letter("W");
  return math("mrow", { title }, node);
}

/** A parameter as it stands: A_log is A with an index. @param {any} expr @param {any} spec */
function parameter(expr, spec) {
  const parts = expr.name.split(".");
  const last = { _recurrent_kernel_: "R", _bias_: "b" }[parts.at(-1)] ?? parts.at(-1) ?? "";
  const index = isIndexed(spec) ? under(expr.axes) : [];
  if (last === "weight" || last === "bias") {
    return math("mrow", { title: expr.name }, math("msub", {}, letter(last[0] === "w" ? "w" : "b"), listed([math("mtext", {}, parts.slice(0, -1).join(" ").replaceAll("_", " ")), ...index])));
  }
  return math("mrow", { title: expr.name }, withIndex(last, index));
}

/** @param {any} expr @param {any} setting @param {(e: any, least?: number) => any} part */
function typeset(expr, setting, part) {
  const { spec } = setting;
  const atom = (/** @type {any} */ node) => ({ node, binds: ATOM });
  const inner = (/** @type {any} */ e, /** @type {number} */ least) => keyed(e, part(e, least));
  const indexed = isIndexed(spec);
  switch (expr.op) {
    case "x":
      return atom(math("msub", {}, letter("x"), listed([time(0), ...(indexed ? [letter("i")] : [])])));
    case "constant":
      return atom(expr.value < 0 ? enclosed(operator("−"), math("mn", {}, String(-expr.value))) : math("mn", {}, String(expr.value)));
    case "parameter":
      return atom(parameter(expr, spec));
    case "derived":
      return atom(parameter({ ...expr, axes: spec.derived.find((/** @type {any} */ d) => d.name === expr.name)?.axes ?? [] }, spec));
    case "extent":
      return atom(math("mrow", { title: expr.axis }, letter(`n_${indexOf(expr.axis)}`)));
    case "affine": {
      const product = row(matrix(expr, spec, false), vector(expr.of, setting, part));
      if (!expr.bias) return { node: product, binds: PRODUCT };
      return { node: row(product, operator("+"), math("mrow", { title: expr.bias }, math("msub", {}, letter("b"), math("mtext", {}, moduleOf(expr, spec))))), binds: SUM };
    }
    case "affine-transposed":
      return { node: row(matrix(expr, spec, true), vector(expr.of, setting, part)), binds: PRODUCT };
    case "sum-over":
      return { node: row(math("munder", {}, math("mo", { movablelimits: "false" }, "∑"), letter(indexOf(expr.axis))), inner(expr.of, PRODUCT)), binds: PRODUCT };
    case "mean-over":
      return { node: row(math("munder", {}, math("mo", { movablelimits: "false" }, "mean"), letter(indexOf(expr.axis))), inner(expr.of, PRODUCT)), binds: PRODUCT };
    case "along":
      // The same numbers in the same order: only their indices are others.
      return atom(row(inner(expr.of, ATOM)));
    case "pick":
      return atom(math("msub", {}, inner(expr.of, ATOM), row(letter(indexOf(expr.axis)), operator("="), math("mn", {}, String(expr.index)))));
    case "newest":
      return atom(math("msub", {}, inner(expr.of, ATOM), math("mtext", {}, "newest")));
    case "push":
      return atom(row(letter("push"), enclosed(inner(expr.of, SUM), operator("←"), inner(expr.new, SUM))));
    case "pushed-back":
      return atom(row(letter("back"), enclosed(inner(expr.of, SUM))));
    case "product": {
      // −1 · a is −a.
      const rest = expr.of.filter((/** @type {any} */ e) => !(e.op === "constant" && e.value === -1));
      if (rest.length > 0 && rest.length < expr.of.length) {
        const node = part({ op: "product", of: rest }, PRODUCT);
        return (expr.of.length - rest.length) % 2 === 1 ? { node: row(operator("−"), node), binds: SUM } : { node, binds: PRODUCT };
      }
      if (expr.of.length === 1) return { node: inner(expr.of[0], PRODUCT), binds: PRODUCT };
      if (!indexed) return null;
      return { node: row(...partsOf(expr).flatMap((e, k) => (k === 0 ? [inner(e, PRODUCT)] : [operator("⋅"), inner(e, PRODUCT)]))), binds: PRODUCT };
    }
    case "quotient":
      return atom(math("mfrac", {}, ...partsOf(expr).map((e) => inner(e, SUM))));
    case "maximum":
      return atom(row(letter("max"), enclosed(joined(partsOf(expr).map((e) => inner(e, SUM)), ","))));
    case "greater":
      return atom(row(operator("["), joined(partsOf(expr).map((e) => inner(e, SUM)), ">"), operator("]")));
    case "call":
      return call(expr, setting, inner);
    default:
      return null;
  }
}

/** What a matrix multiplies is a whole vector: without the index that it is summed over. @param {any} of @param {any} setting @param {(e: any, least?: number) => any} part */
function vector(of, setting, part) {
  const { forward } = setting;
  const whole = of.op === "along" ? of.of : of;
  const bare = (/** @type {Node} */ node) => keyed(whole, /** @type {any} */ (node));
  if (whole.op === "x") return bare(math("msub", {}, letter("x"), letter("t")));
  if (whole.op === "now" || whole.op === "before") {
    return bare(withIndex(whole.lane, [time(whole.op === "now" ? 0 : -forward)]));
  }
  return keyed(whole, part(whole, ATOM));
}

/** @param {any} expr @param {any} setting @param {(e: any, least: number) => MathMLElement} inner */
function call(expr, setting, inner) {
  const [of] = partsOf(expr);
  const wide = keyOf(of) === null;
  switch (expr.function) {
    case "exp":
      return { node: math("msup", {}, letter("e"), inner(of, SUM)), binds: ATOM };
    case "expm1":
      return { node: row(math("msup", {}, letter("e"), inner(of, SUM)), operator("−"), math("mn", {}, "1")), binds: SUM };
    case "sqrt":
      return { node: math("msqrt", {}, inner(of, SUM)), binds: ATOM };
    case "abs":
      return { node: row(operator("|"), inner(of, SUM), operator("|")), binds: ATOM };
    case "sigmoid-slope":
      return { node: row(inner(of, ATOM), operator("⋅"), enclosed(math("mn", {}, "1"), operator("−"), symbols(of, setting))), binds: PRODUCT };
    case "tanh-slope":
      return { node: row(math("mn", {}, "1"), operator("−"), math("msup", {}, wide ? enclosed(inner(of, SUM)) : inner(of, ATOM), math("mn", {}, "2"))), binds: SUM };
    case "relu-slope":
      return null;
    default:
      return { node: row(letter(FUNCTIONS[expr.function] ?? expr.function), enclosed(inner(of, SUM))), binds: ATOM };
  }
}

Object.assign(more, { named, typeset });
