// The tree of a scan over time: who takes in whom. Places are counted in the order in which the direction meets the steps.

/**
 * @typedef {object} Scan        what `trace.scan` gives
 * @property {Uint32Array} moments  step by place
 * @property {number} width
 * @property {boolean} complex
 * @property {{distance: number, a: Float32Array, b: Float32Array}[]} levels
 * @property {Float32Array} states
 * @property {number} deviation
 * @property {number} largest
 */

/** Rounds after the leaves. @param {Scan} scan */
export const depthOf = (scan) => scan.levels.length - 1;

/** Steps that a node has taken in at most, itself included. @param {number} level */
export const reachOf = (level) => 2 ** level;

/** The place that a node takes in, null where there is none. @param {number} level @param {number} place */
export function takenIn(level, place) {
  const distance = level === 0 ? 0 : 2 ** (level - 1);
  return level > 0 && place >= distance ? place - distance : null;
}

/** The round after which a place has taken in all before it. @param {number} place */
export const completeAt = (place) => Math.ceil(Math.log2(place + 1));

/** First and last place that a node has taken in. @param {number} level @param {number} place */
export const spanOf = (level, place) => ({ first: Math.max(0, place - reachOf(level) + 1), last: place });

/**
 * The nodes that lead to one, and the wires between them, from the node up to its leaves.
 * @param {number} level @param {number} place
 * @returns {{level: number, from: number, to: number}[]}  a wire from `from` in the row above to `to` in row `level`
 */
export function coneOf(level, place) {
  const wires = [];
  let row = new Set([place]);
  for (let l = level; l > 0; l--) {
    const above = new Set();
    for (const to of row) {
      const taken = takenIn(l, to);
      for (const from of taken === null ? [to] : [to, taken]) {
        wires.push({ level: l, from, to });
        above.add(from);
      }
    }
    row = above;
  }
  return wires;
}

/** Pairs that all rounds together combine. @param {number} steps @param {number} depth */
export function combinationsOf(steps, depth) {
  let all = 0;
  for (let level = 1; level <= depth; level++) all += Math.max(0, steps - 2 ** (level - 1));
  return all;
}
