// One-click experiments: what the field found out about memory, to be seen here.
import { button } from "./controls.js";
import { make, say, SessionElement, write } from "./dom.js";
import { EXPERIMENTS, PLAYING } from "../state/experiments.js";
import { checked, merged, same } from "../state/view.js";
import { TEXT } from "../strings/en.js";

class TryList extends SessionElement {
  static listens = ["trace", "mode"];
  /** @type {Map<string, HTMLButtonElement>} */
  #buttons = new Map();
  #text = make("p", { class: "hint", role: "status" });

  build() {
    for (const [name, { title }] of Object.entries(TEXT.tries.list)) {
      this.#buttons.set(name, button(title, () => this.#show(name), { class: "link" }));
    }
    this.append(
      make("h2", { text: TEXT.tries.title }),
      make("ul", {}, ...[...this.#buttons.values()].map((press) => make("li", {}, press))),
      this.#text,
    );
  }

  /** @param {string} name */
  async #show(name) {
    const { session } = this;
    session.pause();
    await session.set(EXPERIMENTS[name]);
    // Where there is room for it, the first figure comes into sight under the picture.
    scrollTo({ top: 0 });
    const figure = document.querySelector("plot-panel .cards > :not([hidden])");
    if (EXPERIMENTS[name].plots.length > 0 && matchMedia("(min-width: 1101px)").matches) figure?.scrollIntoView({ block: "nearest" });
    if (PLAYING.has(name) && !matchMedia("(prefers-reduced-motion: reduce)").matches) session.play();
  }

  update() {
    const { state } = this.session;
    const bare = (/** @type {any} */ view) => [view.data, view.network, view.interventions, view.mode];
    const shown = [...this.#buttons.keys()].find((name) => same(bare(checked(merged(state, EXPERIMENTS[name])).view), bare(state)));
    for (const [name, press] of this.#buttons) write(press, { "aria-current": name === shown ? "true" : null });
    say(this.#text, shown ? TEXT.tries.list[shown].text : "");
  }
}

customElements.define("try-list", TryList);
