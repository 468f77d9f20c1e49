// Promise-shaped access to a worker: one request, one reply; progress in between; abortable.

/** @typedef {(signal: AbortSignal | null, method: string, args?: unknown[], progress?: (p: any) => void) => Promise<any>} Call */

/**
 * The page's side.
 * @param {{postMessage: Function, onmessage: any}} port  a Worker or MessagePort
 * @returns {{call: Call, fail: (error: Error) => void}}  fail: every open call is rejected, because nobody will answer any more
 */
export function connect(port) {
  /** @type {Map<number, {resolve: Function, reject: Function, progress?: Function}>} */
  const pending = new Map();
  let next = 0;

  port.onmessage = ({ data: { id, result, error, progress } }) => {
    const call = pending.get(id);
    if (!call) return; // an answer nobody waits for any more
    if (progress !== undefined) return void call.progress?.(progress);
    pending.delete(id);
    if (error) call.reject(Object.assign(new Error(error.message), { code: error.code }));
    else call.resolve(result);
  };

  return {
    call(signal, method, args = [], progress) {
      signal?.throwIfAborted();
      const id = next++;
      return new Promise((resolve, reject) => {
        pending.set(id, { resolve, reject, progress });
        signal?.addEventListener(
          "abort",
          () => {
            if (!pending.delete(id)) return;
            port.postMessage({ id, abort: true });
            reject(signal.reason);
          },
          { once: true },
        );
        port.postMessage({ id, method, args });
      });
    },
    fail(error) {
      const calls = [...pending.values()];
      pending.clear();
      for (const call of calls) call.reject(error);
    },
  };
}

/**
 * What a method of the worker gets after its arguments.
 * @typedef {object} How
 * @property {() => boolean} aborted
 * @property {(p: unknown, transfer?: Transferable[]) => void} progress
 * @property {Transferable[]} transfer  buffers that leave with the result
 */

/**
 * The worker's side. `methods[name](...args, how)` may be async.
 * @param {{postMessage: Function, onmessage: any}} port
 * @param {Record<string, Function>} methods
 * @param {(error: unknown) => string | undefined} [codeOf]  a code for an error that brings none
 */
export function serve(port, methods, codeOf = () => undefined) {
  const running = new Set();
  const aborted = new Set();
  port.onmessage = async ({ data: { id, method, args, abort } }) => {
    if (abort) return void (running.has(id) && aborted.add(id));
    running.add(id);
    /** @type {How} */
    const how = {
      aborted: () => aborted.has(id),
      progress: (p, transfer = []) => port.postMessage({ id, progress: p }, transfer),
      transfer: [],
    };
    try {
      const result = await methods[method](...args, how);
      if (!aborted.has(id)) port.postMessage({ id, result }, how.transfer);
    } catch (error) {
      const { message, code } = /** @type {any} */ (error);
      port.postMessage({ id, error: { message: message ?? String(error), code: codeOf(error) ?? code ?? "internal" } });
    } finally {
      running.delete(id);
      aborted.delete(id);
    }
  };
}
