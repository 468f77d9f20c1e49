// The live plots of the Train screen, in the order of their grid.
import { ChartCard } from "./chart-card.js";
import { KINDS } from "./chart-data.js";
import "./slow-motion.js";

for (const kind of KINDS) {
  customElements.define(
    kind.name,
    class extends ChartCard {
      static kind = kind;
    },
  );
}

/** @type {{tag: string, wide?: boolean, slow?: boolean}[]} */
export const LIVE = [{ tag: "slow-motion", wide: true, slow: true }, ...KINDS.map(({ name }) => ({ tag: name }))];
