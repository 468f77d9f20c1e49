// Classic experiments in one click: each sets up runs to compare, and "Train" trains them side by side.
import { button } from "../controls.js";
import { make, say, write } from "../dom.js";
import { StudioElement } from "./dom.js";
import { EXPERIMENTS } from "../../state/train-experiments.js";
import { DEFAULT_TRAIN, mergedTrain } from "../../state/train-view.js";
import { suggested } from "../../engine/set-up.js";
import { TRAIN } from "../../strings/en-train.js";

const WORDS = TRAIN.tries;

class TrainTries extends StudioElement {
  static listens = ["view"];
  /** @type {Map<string, HTMLButtonElement>} */
  #buttons = new Map();
  #text = make("p", { class: "hint", role: "status" });
  #runs = make("p", { class: "hint" });
  #alone = button(WORDS.alone, () => this.studio.set({ experiment: "" }), { class: "link" });

  build() {
    for (const [name, { title }] of Object.entries(WORDS.list)) this.#buttons.set(name, button(title, () => this.#set(name), { class: "link" }));
    this.append(
      make("h2", { text: WORDS.title }),
      make("ul", {}, ...[...this.#buttons.values()].map((press) => make("li", {}, press))),
      this.#text,
      this.#runs,
      this.#alone,
    );
  }

  /** From the defaults of its task, so that nothing is left of what was tried before. @param {string} name */
  #set(name) {
    const { set } = EXPERIMENTS[name];
    const { tasks } = this.studio.registry;
    const task = tasks.find((/** @type {any} */ one) => one.name === set.task.name) ?? tasks[0];
    const { held: _held, place: _place, plots: _plots, log: _log, smooth: _smooth, ...usual } = DEFAULT_TRAIN;
    const fresh = mergedTrain(mergedTrain(usual, suggested(task)), set);
    this.studio.set({ ...fresh, experiment: name });
  }

  update() {
    const { experiment } = this.studio.view;
    for (const [name, press] of this.#buttons) write(press, { "aria-current": name === experiment ? "true" : null });
    say(this.#text, experiment ? WORDS.list[experiment].text : "");
    const plans = this.studio.plans.flatMap(({ name }) => (name ? [TRAIN.variants[name] ?? name] : []));
    say(this.#runs, experiment ? WORDS.runs(plans) : "");
    this.#alone.hidden = !experiment;
  }
}

customElements.define("train-tries", TrainTries);
