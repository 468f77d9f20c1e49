// Loads the module once, however many ask for it.

/** @typedef {any} Module  the exports of unrolled.js */

/** @type {Promise<Module> | undefined} */
let loading;

/** The initialised module. After a failure the next call tries again. @returns {Promise<Module>} */
export function load() {
  loading ??= import("../unrolled.js").then(async (module) => {
    await module.default();
    return module;
  });
  loading.catch(() => (loading = undefined));
  return loading;
}

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
