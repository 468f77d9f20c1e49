// The base of the Compare screen's elements: what SessionElement is for Step.
import { ModelElement } from "../dom.js";

/** An element that shows a comparison. */
export class ComparisonElement extends ModelElement {
  static listens = ["view", "trace", "results"];

  /** @type {import("../../engine/compare.js").Comparison} */
  get comparison() {
    return this.model;
  }
  set comparison(comparison) {
    this.model = comparison;
  }
}
