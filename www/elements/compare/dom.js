// The base of the Compare screen's elements: what SessionElement is for Step.

/** An element that shows a comparison. Subclasses say what they listen to and do the work in `build`, `update`. */
export class ComparisonElement extends HTMLElement {
  /** Events of the comparison after which `update` runs. @type {string[]} */
  static listens = ["view", "trace", "results"];
  /** @type {import("../../engine/compare.js").Comparison} */
  #comparison = /** @type {any} */ (null);
  #built = false;
  /** @type {AbortController | null} */
  #listening = null;

  get comparison() {
    return this.#comparison;
  }
  set comparison(comparison) {
    this.#comparison = comparison;
    if (this.isConnected) this.connectedCallback();
  }
  connectedCallback() {
    if (!this.#comparison) return;
    this.#listening?.abort();
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    if (!this.#built) {
      this.#built = true;
      this.build();
    }
    for (const name of /** @type {typeof ComparisonElement} */ (this.constructor).listens) {
      this.#comparison.addEventListener(name, () => this.update(name), { signal });
    }
    this.listen(signal);
    this.update("view");
  }
  disconnectedCallback() {
    this.#listening?.abort();
    this.#listening = null;
  }
  /** Once, before the first update. */
  build() {}
  /** Listeners beyond the comparison's. @param {AbortSignal} _signal */
  listen(_signal) {}
  /** @param {string} _event */
  update(_event) {}
}
