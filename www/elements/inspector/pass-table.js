// Backward, gate by gate: what arrives at it, the slope of its nonlinearity, and what leaves it.
import { html } from "./dom.js";
import { numberButton } from "./number-line.js";
import { mean, norm, short } from "./numbers.js";
import { elementOf } from "./axes.js";
import { nodesOf } from "./quantities.js";
import { INSPECTOR as TEXT } from "../../strings/en-inspector.js";

/**
 * @param {import("../../engine/session.js").Session} session
 * @param {(question: any, from: Element) => void} ask  where a number comes from
 */
export function passTable(session, ask) {
  const { spec, trace, selection } = session;
  const { t, layer, direction } = selection;
  const gradients = session.needGradients().values(layer, direction, t, { example: 0 });
  const values = trace.values(layer, direction, t, { example: 0 });
  const digest = (/** @type {Float32Array | undefined} */ v, /** @type {(v: Float32Array) => number} */ f, unit = selection.unit) => (v ? short(unit === null ? f(v) : v[unit]) : "–");
  /** A gradient, to ask about where it is one unit's. @param {string} name @param {Float32Array | undefined} v */
  const gradient = (name, v) => {
    const unit = elementOf(session, name.split(":")[1]);
    return unit === null || !v ? digest(v, norm) : numberButton(v[unit], TEXT.names[name.split(":")[0]](name.split(":")[1]), name, (button) => ask({ kind: "target", name, t, unit }, button));
  };
  const slopes = { "sigmoid-slope": (/** @type {number} */ y) => y * (1 - y), "tanh-slope": (/** @type {number} */ y) => 1 - y * y, "relu-slope": (/** @type {number} */ y) => Number(y > 0) };
  const rows = spec.backward
    .filter((/** @type {any} */ step) => step.target.kind === "block")
    .map((/** @type {any} */ step) => {
      const { block } = step.target;
      const call = [...nodesOf(step.equation)].find((e) => e.op === "call");
      const slope = slopes[call?.function];
      const lane = spec.lanes.find((/** @type {any} */ l) => l.name === block);
      return html(
        "tr",
        { "data-key": `da:${block}` },
        html("th", { scope: "row" }, html("i", {}, block), ` ${lane?.title ?? ""}`),
        html("td", {}, gradient(`d:${block}`, gradients.lanes[block])),
        html("td", {}, slope ? digest(values[block]?.map(slope), mean) : "–"),
        html("td", {}, gradient(`da:${block}`, gradients.blocks[block])),
      );
    });
  const passed = spec.lanes
    .filter((/** @type {any} */ l) => l.carried)
    .map((/** @type {any} */ l) =>
      html(
        "tr",
        { "data-key": `passed:${l.name}` },
        html("th", { scope: "row" }, html("i", {}, l.name), ` ${l.title}`),
        html("td", {}, gradient(`d:${l.name}`, gradients.lanes[l.name])),
        html("td", {}, ""),
        html("td", {}, gradient(`passed:${l.name}`, gradients.passed[l.name])),
      ),
    );
  return [
    html("h3", {}, TEXT.passTitle),
    html("table", {}, html("thead", {}, html("tr", {}, ...TEXT.passHead.map((word) => html("th", { scope: "col" }, word)))), html("tbody", {}, ...rows, ...passed)),
    html("p", { class: "hint" }, selection.unit === null ? TEXT.passVector : TEXT.passUnit(selection.unit)),
  ];
}
