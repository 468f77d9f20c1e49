// Every parameter of the network by its name, with its shape and its count.
import { make } from "../../dom.js";
import { PANELS } from "../../../strings/en-panels.js";

/** @param {any} summary */
export function parameterTable(summary) {
  const { shapes, count } = PANELS.network;
  const head = make("tr", {}, ...shapes.head.map((/** @type {string} */ text) => make("th", { scope: "col", text })));
  const rows = summary.parameters.map((/** @type {any} */ p) =>
    make("tr", {}, make("th", { scope: "row", text: p.name }), make("td", { text: [...p.shape].join(" × ") || "1" }), make("td", { text: count(Number(p.count)) })),
  );
  return make("table", {}, make("thead", {}, head), make("tbody", {}, ...rows));
}
