// The base of the Train screen's elements: what SessionElement is for Step.

/** An element that shows a studio. Subclasses say what they listen to and do the work in `build`, `update`. */
export class StudioElement extends HTMLElement {
  /** Events of the studio after which `update` runs. @type {string[]} */
  static listens = ["view", "runs", "state"];
  /** @type {import("../../engine/studio.js").Studio} */
  #studio = /** @type {any} */ (null);
  #built = false;
  /** @type {AbortController | null} */
  #listening = null;

  get studio() {
    return this.#studio;
  }
  set studio(studio) {
    this.#studio = studio;
    if (this.isConnected) this.connectedCallback();
  }
  connectedCallback() {
    if (!this.#studio) return;
    this.#listening?.abort();
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    if (!this.#built) {
      this.#built = true;
      this.build();
    }
    for (const name of /** @type {typeof StudioElement} */ (this.constructor).listens) {
      this.#studio.addEventListener(name, () => this.update(name), { signal });
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
  /** Listeners beyond the studio's. @param {AbortSignal} _signal */
  listen(_signal) {}
  /** @param {string} _event */
  update(_event) {}
}
