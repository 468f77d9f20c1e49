// Backward, gate by gate: what arrives at it, the slope of its nonlinearity, and what leaves it.
import { html } from "./dom.js";
import { mean, norm, short } from "./numbers.js";
import { nodesOf } from "./quantities.js";
import { INSPECTOR as TEXT } from "../../strings/en-inspector.js";

/** @param {import("../../engine/session.js").Session} session */
export function passTable(session) {
  const { spec, trace, selection } = session;
  const { t, unit, layer, direction } = selection;
  const gradients = session.needGradients().values(layer, direction, t, { example: 0 });
  const values = trace.values(layer, direction, t, { example: 0 });
  const digest = (/** @type {Float32Array | undefined} */ v, /** @type {(v: Float32Array) => number} */ f) => (v ? short(unit === null ? f(v) : v[unit]) : "–");
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
        html("td", {}, digest(gradients.lanes[block], norm)),
        html("td", {}, slope ? digest(values[block]?.map(slope), mean) : "–"),
        html("td", {}, digest(gradients.blocks[block], norm)),
      );
    });
  const passed = spec.lanes
    .filter((/** @type {any} */ l) => l.carried)
    .map((/** @type {any} */ l) =>
      html(
        "tr",
        { "data-key": `passed:${l.name}` },
        html("th", { scope: "row" }, html("i", {}, l.name), ` ${l.title}`),
        html("td", {}, digest(gradients.lanes[l.name], norm)),
        html("td", {}, ""),
        html("td", {}, digest(gradients.passed[l.name], norm)),
      ),
    );
  return html(
    "div",
    { class: "pass" },
    html("h3", {}, TEXT.passTitle),
    html("table", {}, html("thead", {}, html("tr", {}, ...TEXT.passHead.map((word) => html("th", { scope: "col" }, word)))), html("tbody", {}, ...rows, ...passed)),
    html("p", { class: "hint" }, unit === null ? TEXT.passVector : TEXT.passUnit(unit)),
  );
}
