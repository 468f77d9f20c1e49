// Train, pause, one update, stop; and in words how far it is, how fast, on what, and what that is worth so far.
import { button } from "../controls.js";
import { icon, make, say, write } from "../dom.js";
import { StudioElement } from "./dom.js";
import { TRAIN } from "../../strings/en-train.js";

const WORDS = TRAIN.transport;
const PLAY = "M4 2.5v11l9-5.5z";
const PAUSE = "M4 2.5h3v11H4zM9 2.5h3v11H9z";
const FORTH = "M3 3v10l6.5-5zM11 3h2v10h-2z";
const STOP = "M3.5 3.5h9v9h-9z";

/** What it runs on, and why. @param {import("../../engine/run.js").Run} run @param {string} state */
function told({ engine, live }, state) {
  if (!engine) return state === "training" && live ? TRAIN.engine.choosing : "";
  return [TRAIN.engine.told(engine), TRAIN.engine.memory(engine)].filter(Boolean).join(" ");
}

class TrainTransport extends StudioElement {
  static listens = ["view", "runs", "state", "progress", "data"];
  #main = make("button", { type: "button", class: "main", on: { click: () => void this.studio.conductor.toggle() } });
  #one = button(WORDS.one, () => void this.studio.update(), { path: FORTH, class: "line" });
  #stop = button(WORDS.stop, () => void this.studio.conductor.stop(), { path: STOP, class: "line" });
  #anew = button(WORDS.anew, () => void this.studio.conductor.begin(), { class: "line" });
  #goOn = button("", () => this.studio.conductor.active[0] && void this.studio.conductor.resume(this.studio.conductor.active[0]), { class: "line" });
  #next = make("span", { class: "hint" });
  #title = make("h2", {});
  #bar = make("progress", { max: 1, value: 0, "aria-label": WORDS.progress });
  #where = make("span", { class: "where" });
  #speed = make("span", { class: "speed" });
  #engine = make("p", { class: "engine hint" });
  #verdict = make("p", { class: "verdict" });
  /** Said to a screen reader: only when something begins or ends. */
  #said = make("p", { class: "visually-hidden", role: "status" });
  #extra = make("div", { class: "extra" });

  build() {
    this.append(
      make("div", { class: "controls" }, this.#main, this.#one, this.#stop, this.#anew, this.#goOn, this.#extra, this.#next),
      make("div", { class: "told" }, this.#title, this.#verdict),
      make("div", { class: "progress" }, this.#bar, this.#where, this.#speed),
      this.#engine,
      this.#said,
    );
  }

  /** A button of somebody else, beside ours. @param {HTMLElement} element */
  add(element) {
    this.#extra.append(element);
  }

  focus() {
    this.#main.focus();
  }

  update(/** @type {string} */ event) {
    const { studio } = this;
    const { conductor, current } = studio;
    if (event !== "progress") this.#showButtons();
    say(this.#title, current ? current.name : WORDS.ready(studio.plans.length));
    this.#bar.hidden = !current;
    say(this.#engine, current ? told(current, conductor.state) : "");
    if (!current) {
      say(this.#where, WORDS.nothing);
      say(this.#speed, "");
      say(this.#verdict, "");
      return;
    }
    this.#bar.value = Math.min(1, current.updates / Math.max(1, current.limit));
    say(this.#where, WORDS.where(current, conductor.state));
    say(this.#speed, WORDS.speed(current));
    const { text, better } = WORDS.verdict(current);
    say(this.#verdict, text);
    write(this.#verdict, { "data-better": better });
    if (event === "state") say(this.#said, WORDS.said(current, conductor.state));
  }

  #showButtons() {
    const { conductor } = this.studio;
    const { next, state, active } = conductor;
    if (this.#main.dataset.next !== next) {
      this.#main.dataset.next = next;
      this.#main.replaceChildren(icon(next === "pause" ? PAUSE : PLAY), make("span", { text: WORDS.main[next] }));
    }
    this.#one.disabled = state === "starting";
    this.#stop.disabled = active.every((run) => run.state === "done" || run.state === "early");
    say(this.#next, next === "train" ? WORDS.next(this.studio.plans.length, this.studio.runs.length === 0) : "");
    // With another set-up than the one at hand there are two things to do.
    const other = active.length > 0 && !conductor.same;
    this.#anew.hidden = !(other && next === "pause");
    const waiting = active[0];
    this.#goOn.hidden = !(other && state === "paused" && active.length === 1);
    if (waiting) say(/** @type {Element} */ (this.#goOn.firstElementChild), WORDS.goOn(waiting.name));
  }
}

customElements.define("train-transport", TrainTransport);
