// The page of measurements: what the page costs, ours beside others, and training for minutes.
import { make } from "../elements/dom.js";
import { BENCH } from "../strings/en-bench.js";
import { beside } from "./beside.js";
import { gpu } from "./gpu.js";
import { costs } from "./page.js";
import { soak } from "./soak.js";

const root = /** @type {HTMLElement} */ (document.getElementById("bench"));
root.append(make("p", {}, make("a", { href: "index.html", text: BENCH.back })), make("h1", { text: BENCH.title }), make("p", { text: BENCH.text }));
const parts = { costs, beside, gpu, soak };
root.append(...Object.values(parts).map(({ element }) => element));

// ?run=beside measures without a click.
const wanted = new URLSearchParams(location.search).get("run");
if (wanted === "costs" || wanted === "beside" || wanted === "gpu" || wanted === "soak") void parts[wanted].toggle();
