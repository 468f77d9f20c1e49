// Loads the module once, however many ask for it: first the part that the first view runs, then the rest (xtask/split.mjs).

/** @typedef {any} Module  the exports of unrolled.js */

const FIRST = "unrolled_first.wasm";
const REST = "unrolled_rest.wasm";

/** @type {Promise<Module> | undefined} */
let loading;
/** @type {Promise<void> | undefined} */
let completing;
/** The first part's exports, which the rest is linked to. @type {any} */
let first = null;
let complete = false;

/** The initialised module. After a failure the next call tries again. @returns {Promise<Module>} */
export function load() {
  loading ??= import("../unrolled.js").then(async (module) => {
    first = await module.default({ module_or_path: new URL(FIRST, document.baseURI) });
    return module;
  });
  loading.catch(() => (loading = undefined));
  return loading;
}

/** Whether the rest is here too. */
export const isComplete = () => complete;

/** Loads the rest of the module: to be called when something is about to need it. After a failure the next call tries again. */
export function loadRest() {
  completing ??= Promise.all([asset(REST).then((response) => response.arrayBuffer()), load()]).then(async ([bytes]) => {
    link(await WebAssembly.compile(bytes));
  });
  completing.catch(() => (completing = undefined));
  return completing;
}

/** @param {WebAssembly.Module} rest */
function link(rest) {
  if (complete) return;
  // It puts its functions where the first part looks for them; nothing else of it is needed.
  new WebAssembly.Instance(rest, { first });
  complete = true;
}

/** The module calls this when it needs the rest at once: nobody saw it coming, so everything waits. */
/** @type {any} */ (globalThis).loadRestOfUnrolled = () => {
  const request = new XMLHttpRequest();
  // Another address, so that it does not wait for a download that is under way.
  request.open("GET", new URL(`${REST}?now`, document.baseURI), false);
  request.overrideMimeType("text/plain; charset=x-user-defined");
  request.send();
  if (request.status !== 200) throw new Error(`${REST}: ${request.status} ${request.statusText}`);
  link(new WebAssembly.Module(Uint8Array.from(request.responseText, (c) => c.charCodeAt(0) & 255)));
};

/**
 * A file beside the page.
 * @param {string} path  relative to the page
 * @returns {Promise<Response>}
 * @throws {Error} with the path and what the server said
 */
export async function asset(path) {
  const response = await fetch(new URL(path, document.baseURI));
  if (!response.ok) throw new Error(`${path}: ${response.status} ${response.statusText}`);
  return response;
}
