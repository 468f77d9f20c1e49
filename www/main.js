// The page's wiring: one session, the elements that show it, the page's keys and messages.
import { button } from "./elements/controls.js";
import { make, write } from "./elements/dom.js";
import { Session } from "./elements/step.js";
import { load, loadRest } from "./engine/load.js";
import { screenOf } from "./state/link.js";
import { TEXT } from "./strings/en.js";

const root = document.documentElement;
const byId = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
const session = new Session();

/** Messages that come together are shown together, up to this many. */
const MESSAGES = 4;
const TOGETHER = 500; // milliseconds
let told = -TOGETHER;
session.addEventListener("error", (event) => {
  const message = make("p", { text: /** @type {CustomEvent} */ (event).detail.message });
  const list = byId("notice").querySelector("div");
  if (list && performance.now() - told < TOGETHER) {
    if (list.childElementCount < MESSAGES) list.append(message);
    return;
  }
  told = performance.now();
  const close = button(TEXT.close, () => byId("notice").replaceChildren(), { path: "M4 4l8 8M12 4l-8 8", silent: true, class: "cross" });
  byId("notice").replaceChildren(make("div", {}, message), close);
});

session.addEventListener("trace", title);
function title() {
  document.title = other ? other.title : TEXT.pageTitle(session.spec.title, session.sequence.kind);
}
/** Why it trains in parallel: loaded with the first cell that does. */
session.addEventListener("trace", () => {
  const cell = session.registry.cells.find((/** @type {any} */ one) => one.name === session.summary.cell);
  if (cell?.variants[0].recurrence) import("./elements/parallel-view.js").then(({ show }) => show(session)).catch((error) => session.report(TEXT.failure(error)));
});
session.addEventListener("theme", dress);
function dress() {
  root.dataset.theme = session.theme;
  root.toggleAttribute("data-projector", session.state.projector);
  byId("page").dataset.panel = session.state.panel ? "open" : "closed";
}

const bar = /** @type {any} */ (document.querySelector("top-bar"));
/** The screens that are made when they are first entered. @type {Record<string, () => Promise<any>>} */
const MAKERS = {
  train: () => import("./elements/train/train-screen.js").then(({ TrainScreen }) => TrainScreen.create(session, go)),
  compare: () => import("./elements/compare/compare-screen.js").then(({ CompareScreen }) => CompareScreen.create(session)),
};
/** @type {Record<string, Promise<any>>} */
const made = {};
/** The screen that is shown, where it is not Step. @type {any} */
let other = null;

session.addEventListener("ready", async () => {
  dress();
  bar.session = session;
  bar.go = go;
  await go(screenOf(location.search), null, false);
  byId("loading").remove();
  root.dataset.view = "ready";
  for (const sign of SIGNS) addEventListener(sign, complete, { capture: true, passive: true });
});
addEventListener("popstate", () => root.dataset.view === "ready" && void go(screenOf(location.search), null, false));

/**
 * Shows a screen. What others than Step are made of is only loaded when they are entered.
 * @param {string} screen @param {any} [given]  what another screen hands over @param {boolean} [pushed]  with a new address
 */
async function go(screen, given = null, pushed = true) {
  session.pause();
  let next = null;
  try {
    if (MAKERS[screen]) [next] = await Promise.all([(made[screen] ??= MAKERS[screen]()), loadRest()]);
  } catch (error) {
    delete made[screen];
    session.report(TEXT.failure(error));
  }
  if (other && other !== next) other.open = false;
  other = next;
  session.away = Boolean(next);
  if (next) next.open = true;
  root.dataset.screen = next?.name ?? "step";
  if (!next) wire();
  (next?.root ?? byId("instrument")).prepend(byId("notice"));
  if (pushed) history.pushState(null, "", (next ?? session).link);
  if (next && (!pushed || !next.shown)) next.readAddress();
  if (given) next?.take(given);
  bar.screen = next;
  title();
}

/** Step's own elements get their session when they are first seen. */
function wire() {
  if (!byId("timeline").hidden) return;
  for (const id of ["side", "timeline", "details"]) byId(id).hidden = false;
  for (const element of document.querySelectorAll("#page *")) {
    if (element.localName.includes("-")) /** @type {any} */ (element).session = session;
  }
}

/** Signs of a reader about to do something, which may need the rest of the module. */
const SIGNS = ["pointermove", "pointerdown", "click", "keydown", "wheel", "scroll"];
function complete() {
  for (const sign of SIGNS) removeEventListener(sign, complete, { capture: true });
  // Whoever needs it then asks again, and says what is wrong.
  loadRest().catch(() => {});
  session.dispatchEvent(new Event("attended"));
}

const disclose = byId("side-title");
disclose.textContent = TEXT.top.panel;
disclose.addEventListener("click", () => write(disclose, { "aria-expanded": String(disclose.ariaExpanded !== "true") }));

/** The page's keys; those of a field, a choice or a dialog are its own. */
addEventListener("keydown", (event) => {
  const target = /** @type {Element} */ (event.target);
  if (root.dataset.view !== "ready" || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (target.closest("input, select, textarea, dialog, [contenteditable]")) return;
  if (event.key === " " && target.closest("button, a, summary, [role=button]")) return;
  const by = event.shiftKey ? 10 : 1;
  /** @type {Record<string, (by: number) => void>} */
  const keys = other ? other.keys : {
    " ": () => (session.playing ? session.pause() : session.play()),
    ArrowLeft: () => session.step(-by),
    ArrowRight: () => session.step(by),
    Home: () => session.step(-session.steps),
    End: () => session.step(session.steps),
  };
  const deed = event.key === "?" ? () => bar.openHelp() : keys[event.key];
  if (!deed) return;
  event.preventDefault();
  deed(by);
});

/** @param {unknown} error @param {string} advice */
function fail(error, advice) {
  root.dataset.view = "failed";
  byId("loading").replaceChildren(
    make("h2", { text: TEXT.broken.title }),
    make("p", { text: advice }),
    make("p", { class: "hint", text: TEXT.failure(error) }),
    button(TEXT.broken.again, () => location.reload(), { class: "main" }),
  );
}

byId("loading").textContent = TEXT.loading;
const loaded = load().then(() => (root.dataset.module = "ready"));
session.start().catch(async (error) => {
  const broken = await loaded.then(() => TEXT.broken.data, () => TEXT.broken.wasm);
  fail(error, broken);
});
