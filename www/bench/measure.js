// How long things take. Pure helpers: no words, no elements.

/** @typedef {{median: number, most: number, runs: number}} Figures  milliseconds; 95 % of the runs are within `most` */

/** @param {number[]} times @returns {Figures} */
export function figures(times) {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (/** @type {number} */ share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
  return { median: at(0.5), most: at(0.95), runs: sorted.length };
}

/** The next frame, and a task after it: what was asked for is on the screen. @param {Window} view */
export function drawn(view) {
  return new Promise((resolve) => view.requestAnimationFrame(() => view.setTimeout(() => resolve(undefined))));
}

/**
 * Repeats `deed` and times each run. The first ones warm the engine up and are not counted: fresh WebAssembly runs two to three
 * times slower.
 * @param {AbortSignal} signal @param {number} runs @param {(k: number) => Promise<unknown> | unknown} deed @param {number} [warm]
 */
export async function timed(signal, runs, deed, warm = Math.ceil(runs / 4)) {
  /** @type {number[]} */
  const times = [];
  for (let k = -warm; k < runs; k++) {
    signal.throwIfAborted();
    const start = performance.now();
    await deed(k + warm);
    if (k >= 0) times.push(performance.now() - start);
    if (k % 8 === 0) await new Promise((resolve) => setTimeout(resolve));
  }
  return figures(times);
}

/**
 * Does `deed` once a frame. Gaps between frames, and the work in each: from its first callback until what was drawn is handed on.
 * @param {AbortSignal} signal @param {Window} view @param {number} frames @param {(k: number) => void} deed
 * @returns {Promise<{gaps: Figures, work: Figures}>}
 */
export function perFrame(signal, view, frames, deed) {
  const warm = 20;
  /** @type {number[]} */
  const gaps = [];
  /** @type {number[]} */
  const work = [];
  let [k, last] = [0, 0];
  return new Promise((resolve, reject) => {
    /** @param {number} time */
    function frame(time) {
      if (signal.aborted) return reject(signal.reason);
      if (k >= frames + warm) return resolve({ gaps: figures(gaps), work: figures(work) });
      const [start, counts] = [performance.now(), k > warm];
      view.requestAnimationFrame(frame);
      deed(k);
      if (counts) gaps.push(time - last);
      last = time;
      k += 1;
      // A message is a task of its own: it comes when this frame's callbacks are over.
      const channel = new MessageChannel();
      channel.port1.onmessage = () => {
        if (counts) work.push(performance.now() - start);
        channel.port1.close();
      };
      channel.port2.postMessage(0);
    }
    view.requestAnimationFrame(frame);
  });
}

/**
 * How many times longer the peer took, paired round by round, so that what slows both down at the same time cancels.
 * @param {number[]} ours  time of each round @param {number[]} peers  the peer's, of the same rounds
 * @returns {{median: number, low: number, high: number, rounds: number}}  low and high: 5 % and 95 % of the rounds' ratios
 */
export function ratios(ours, peers) {
  if (ours.length === 0 || ours.length !== peers.length) {
    throw new Error(`${ours.length} rounds of ours and ${peers.length} of the peer; expected as many, and at least one`);
  }
  const sorted = peers.map((time, k) => time / /** @type {number} */ (ours[k])).sort((a, b) => a - b);
  const at = (/** @type {number} */ share) => {
    const place = share * (sorted.length - 1);
    const [low, high] = [sorted[Math.floor(place)] ?? NaN, sorted[Math.ceil(place)] ?? NaN];
    return low + (high - low) * (place - Math.floor(place));
  };
  return { median: at(0.5), low: at(0.05), high: at(0.95), rounds: sorted.length };
}

/**
 * How far two answers are apart: the largest difference over the largest number. Infinite where they cannot be compared.
 * @param {ArrayLike<number>} a @param {ArrayLike<number>} b
 */
export function apart(a, b) {
  if (a.length !== b.length || a.length === 0) return Infinity;
  let [most, scale] = [0, 0];
  for (let k = 0; k < a.length; k++) {
    const [x, y] = [a[k] ?? NaN, b[k] ?? NaN];
    if (!Number.isFinite(x) || !Number.isFinite(y)) return Infinity;
    most = Math.max(most, Math.abs(x - y));
    scale = Math.max(scale, Math.abs(x));
  }
  return scale === 0 ? most : most / scale;
}
