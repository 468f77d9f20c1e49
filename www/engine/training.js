// The page's hold on the worker that trains.
import { connect } from "./bridge.js";

/**
 * Starts the worker. A worker that crashed answers nothing any more: its open calls fail, and `crashed` is told once.
 * @param {(message: string) => void} crashed
 * @returns {{call: import("./bridge.js").Call, close: () => void}}
 */
export function startTraining(crashed) {
  const worker = new Worker(new URL("engine/train-worker.js", document.baseURI), { type: "module" });
  const { call, fail } = connect(worker);
  let over = false;
  const crash = (/** @type {string} */ message) => {
    if (over) return;
    over = true;
    worker.terminate();
    fail(Object.assign(new Error(message), { code: "crash" }));
    crashed(message);
  };
  worker.addEventListener("error", (event) => {
    event.preventDefault();
    crash(event.message || "its script did not load");
  });
  worker.addEventListener("messageerror", () => crash("it sent what could not be read"));
  return {
    async call(signal, method, args, progress) {
      if (over) throw Object.assign(new Error("it is not there any more"), { code: "crash" });
      try {
        return await call(signal, method, args, progress);
      } catch (error) {
        if (/** @type {any} */ (error).code === "crash") crash(/** @type {Error} */ (error).message);
        throw error;
      }
    },
    close() {
      over = true;
      worker.terminate();
      fail(Object.assign(new Error("closed"), { code: "closed" }));
    },
  };
}
