// How the page talks to whoever is measured. Each runs in a worker of its own, so that none disturbs the page or another, and
// answers the same four questions:
//   about()                      → { name, version, backend }
//   prepare(workload, material)  → whatever the next two need; ours hands out the material: weights, input, target
//   answer()                     → Float64Array: what is compared before anything is timed
//   time(runs)                   → milliseconds for that many runs, after which the result is there to be read

/** @typedef {{x: Float32Array, target: Float32Array, weights: Record<string, {shape: number[], values: Float32Array}>}} Material */
/** @typedef {Record<string, (...args: any[]) => unknown>} Methods */

/** Answers in a worker. @param {Methods} methods */
export function serve(methods) {
  const port = /** @type {any} */ (globalThis);
  port.onmessage = async (/** @type {MessageEvent} */ { data: { id, method, args } }) => {
    try {
      port.postMessage({ id, result: await methods[method]?.(...args) });
    } catch (error) {
      port.postMessage({ id, error: error instanceof Error ? error.message : String(error) });
    }
  };
}

/**
 * Asks a worker. A worker that cannot be loaded, or crashes, fails every question asked of it.
 * @param {URL} address @param {AbortSignal} signal  ends the worker
 */
export function connect(address, signal) {
  const worker = new Worker(address, { type: "module" });
  /** @type {Map<number, {resolve: (value: any) => void, reject: (why: any) => void}>} */
  const open = new Map();
  let asked = 0;
  const end = (/** @type {unknown} */ why) => {
    worker.terminate();
    for (const { reject } of open.values()) reject(why);
    open.clear();
  };
  worker.onmessage = ({ data: { id, result, error } }) => {
    const question = open.get(id);
    open.delete(id);
    if (error === undefined) question?.resolve(result);
    else question?.reject(new Error(error));
  };
  worker.onerror = (event) => {
    event.preventDefault();
    end(new Error(`${address.pathname}: ${event.message || "the worker cannot be loaded"}`));
  };
  signal.addEventListener("abort", () => end(signal.reason), { once: true });
  return {
    /** @param {string} method @param {unknown[]} args @returns {Promise<any>} */
    ask(method, ...args) {
      return new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason);
        open.set(++asked, { resolve, reject });
        worker.postMessage({ id: asked, method, args });
      });
    },
    end: () => end(new Error("ended")),
  };
}
