// The base of the Train screen's elements: what SessionElement is for Step.
import { ModelElement } from "../dom.js";

/** An element that shows a studio. */
export class StudioElement extends ModelElement {
  static listens = ["view", "runs", "state"];

  /** @type {import("../../engine/studio.js").Studio} */
  get studio() {
    return this.model;
  }
  set studio(studio) {
    this.model = studio;
  }
}
