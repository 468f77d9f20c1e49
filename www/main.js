// The page's wiring: one session, and the elements that show it.
import { load } from "./engine/load.js";
import { Session } from "./engine/session.js";
import { TEXT } from "./strings/en.js";

const root = document.documentElement;
const byId = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
const session = new Session();

session.addEventListener("error", (event) => {
  byId("notice").textContent = /** @type {CustomEvent} */ (event).detail.message;
});

session.addEventListener("theme", dress);
function dress() {
  root.dataset.theme = session.theme;
  root.toggleAttribute("data-projector", session.state.projector);
  byId("page").dataset.panel = session.state.panel ? "open" : "closed";
}

session.addEventListener("ready", () => {
  dress();
  for (const id of ["side", "timeline", "details"]) byId(id).hidden = false;
  for (const element of document.querySelectorAll("*")) {
    if (element.localName.includes("-")) /** @type {any} */ (element).session = session;
  }
  root.dataset.view = "ready";
});

try {
  await load();
  root.dataset.module = "ready";
  await session.start();
} catch (error) {
  root.dataset.view = "failed";
  byId("notice").textContent = TEXT.failure(error);
}
