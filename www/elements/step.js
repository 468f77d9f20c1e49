// Everything that Step shows. Other screens are only ever loaded after it; each names it, so that the build keeps what they share
// with it in one piece, which compresses better than many (xtask/minify.mjs).
import "./top-bar.js";
import "./data-panel.js";
import "./network-panel.js";
import "./sequence-view.js";
import "./unrolled-picture.js";
import "./plot-panel.js";
import "./transport-bar.js";
import "./cell-inspector.js";
import "./try-list.js";
export { Session } from "../engine/session.js";
