// From which size on the GPU is the faster: measured by itself where there is one, on a button elsewhere.
import { button } from "../controls.js";
import { make, say } from "../dom.js";
import { StudioElement } from "./dom.js";
import { TRAIN } from "../../strings/en-train.js";

const WORDS = TRAIN.engine;

class TrainCrossover extends StudioElement {
  static listens = ["view", "state", "engine", "data"];
  #said = make("p", { class: "crossover", role: "status" });
  #find = button(WORDS.find, () => void this.studio.conductor.measure("any"), { class: "line" });

  build() {
    this.append(this.#find, this.#said);
  }

  update() {
    const { conductor, lacksData } = this.studio;
    const { found, sizes, hidden, failed } = conductor.crossover;
    // A GPU that trains meanwhile would be measured too.
    this.#find.disabled = hidden > 0 || lacksData || conductor.state === "training" || conductor.state === "starting";
    say(this.#said, hidden > 0 ? WORDS.finding(hidden) : failed ? WORDS.noCrossover(failed) : WORDS.crossover(found, sizes));
  }
}

customElements.define("train-crossover", TrainCrossover);
