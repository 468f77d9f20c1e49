// The page's wiring.
import init from "./unrolled.js";

await init();
document.documentElement.dataset.module = "ready";
