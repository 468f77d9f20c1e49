// The page's hold on a worker that compares: started when it is first needed, and anew after a crash.
import { connect } from "./bridge.js";

/**
 * @param {(message: string) => void} crashed
 * @returns {{call: import("./bridge.js").Call, close: () => void}}
 */
export function startWorker(crashed) {
  /** @type {{worker: Worker, call: import("./bridge.js").Call, fail: (error: Error) => void} | null} */
  let now = null;

  /** @param {string} message */
  const crash = (message) => {
    const over = now;
    now = null;
    if (!over) return;
    over.worker.terminate();
    over.fail(Object.assign(new Error(message), { code: "crash" }));
    crashed(message);
  };
  const start = () => {
    const worker = new Worker(new URL("engine/compare-worker.js", document.baseURI), { type: "module" });
    worker.addEventListener("error", (event) => {
      event.preventDefault();
      crash(event.message || "its script did not load");
    });
    worker.addEventListener("messageerror", () => crash("it sent what could not be read"));
    return { worker, ...connect(worker) };
  };
  return {
    async call(signal, method, args, progress) {
      now ??= start();
      const { worker } = now;
      try {
        return await now.call(signal, method, args, progress);
      } catch (error) {
        // A module that trapped is in an unknown state.
        if (/** @type {any} */ (error).code === "crash" && now?.worker === worker) crash(/** @type {Error} */ (error).message);
        throw error;
      }
    },
    close() {
      now?.worker.terminate();
      now?.fail(Object.assign(new Error("closed"), { code: "closed" }));
      now = null;
    },
  };
}
