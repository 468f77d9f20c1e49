// Comparisons worth seeing, in one click: each says what is asked, what was found, and where to look.
import { button } from "../controls.js";
import { make, say, write } from "../dom.js";
import { ComparisonElement } from "./dom.js";
import { experimentView, offered } from "../../state/compare-experiments.js";
import { COMPARE } from "../../strings/en-compare.js";

const WORDS = COMPARE.tries;

class CompareTries extends ComparisonElement {
  static listens = ["view"];
  /** @type {Map<string, HTMLButtonElement>} */
  #buttons = new Map();
  #question = make("p", { class: "question" });
  #expect = make("p", {});
  #look = make("p", { class: "look" });
  #text = make("div", { class: "hint", role: "status" }, this.#question, this.#expect, this.#look);

  build() {
    const names = offered(this.comparison.session.registry).filter((name) => WORDS.list[name]);
    for (const name of names) {
      this.#buttons.set(name, button(WORDS.list[name].title, () => this.comparison.set(experimentView(name)), { class: "link" }));
    }
    this.append(make("h2", { text: WORDS.title }), make("ul", {}, ...[...this.#buttons.values()].map((press) => make("li", {}, press))), this.#text);
  }

  update() {
    const { experiment } = this.comparison.view;
    const words = WORDS.list[experiment];
    for (const [name, press] of this.#buttons) write(press, { "aria-current": name === experiment ? "true" : null });
    this.#text.hidden = !words;
    say(this.#question, words?.question ?? "");
    say(this.#expect, words?.expect ?? "");
    say(this.#look, words ? `${WORDS.look} ${words.look}` : "");
  }
}

customElements.define("compare-tries", CompareTries);
