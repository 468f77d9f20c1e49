// When live plots are drawn: each at most four times a second, together no longer than a part of a frame.

/** Between two drawings of one plot, milliseconds. */
const PACE = 250;
/** Milliseconds of a frame that belong to plots. */
const BUDGET = 5;

/** @typedef {{isDue: () => boolean, paint: () => void}} Painted */

export class Pace {
  /** When each was drawn last. @type {Map<Painted, number>} */
  #cards = new Map();
  #frame = 0;
  #timer = 0;

  /** @param {Painted} card */
  add(card) {
    this.#cards.set(card, -PACE);
    this.wake();
  }
  /** @param {Painted} card */
  remove(card) {
    this.#cards.delete(card);
  }
  /** Something may be due. Now: what a person did to this one is answered at once. @param {Painted} [card] */
  wake(card) {
    if (card) this.#cards.set(card, -PACE);
    this.#frame ||= requestAnimationFrame(() => this.#work());
  }

  #work() {
    this.#frame = 0;
    const begun = performance.now();
    let wait = Infinity;
    // Who has waited longest comes first.
    for (const [card, last] of [...this.#cards].sort((a, b) => a[1] - b[1])) {
      if (!card.isDue()) continue;
      const now = performance.now();
      if (now - last < PACE) wait = Math.min(wait, PACE - (now - last));
      else if (now - begun > BUDGET) wait = 0;
      else {
        card.paint();
        this.#cards.set(card, now);
      }
    }
    if (wait === 0) this.wake();
    else if (wait < Infinity && this.#timer === 0) {
      this.#timer = window.setTimeout(() => {
        this.#timer = 0;
        this.wake();
      }, wait);
    }
  }
}

/** What all plots over updates point at. */
class Crosshair extends EventTarget {
  /** @type {number | null} */
  update = null;
  /** @param {number | null} update */
  point(update) {
    if (update === this.update) return;
    this.update = update;
    this.dispatchEvent(new Event("point"));
  }
}

export const pace = new Pace();
export const crosshair = new Crosshair();
