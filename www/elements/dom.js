// Making elements without markup in strings, and the base of the page's own elements.

/**
 * @param {string} tag
 * @param {Record<string, any>} [attributes]  `text` and `on` (listeners by event) are not attributes; false and null leave one out
 * @param {(Node | string)[]} children
 * @returns {any}
 */
export function make(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

/** The same for SVG. @param {string} tag @param {Record<string, any>} [attributes] @param {(Node | string)[]} children @returns {any} */
export function draw(tag, attributes = {}, ...children) {
  return filled(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

/** @param {Element} element @param {Record<string, any>} attributes @param {(Node | string)[]} children */
function filled(element, { text, on, ...attributes }, children) {
  if (text !== undefined) element.textContent = text;
  for (const [name, listener] of Object.entries(on ?? {})) element.addEventListener(name, listener);
  write(element, attributes);
  element.append(...children);
  return element;
}

/** Sets what differs. @param {Element} element @param {Record<string, any>} attributes */
export function write(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) element.removeAttribute(name);
    else if (element.getAttribute(name) !== String(value === true ? "" : value)) element.setAttribute(name, value === true ? "" : value);
  }
}

/** @param {Element} element @param {string} text */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** An icon of one path on a grid of 16. @param {string} path */
export function icon(path) {
  return draw("svg", { class: "icon", viewBox: "0 0 16 16", "aria-hidden": "true", focusable: "false" }, draw("path", { d: path }));
}

let ids = 0;
/** @param {string} prefix */
export const unique = (prefix) => `${prefix}-${++ids}`;

/** An element that shows a model which tells of its changes. Subclasses say what they listen to and do the work in `build`, `update`. */
export class ModelElement extends HTMLElement {
  /** Events after which `update` runs. @type {string[]} */
  static listens = [];
  /** What `update` is told when the element appears. */
  static begins = "view";
  /** @type {any} */
  #model = null;
  #built = false;
  /** @type {AbortController | null} */
  #listening = null;

  get model() {
    return this.#model;
  }
  set model(model) {
    this.#model = model;
    if (this.isConnected) this.connectedCallback();
  }
  connectedCallback() {
    if (!this.#model) return;
    this.#listening?.abort();
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    if (!this.#built) {
      this.#built = true;
      this.build();
    }
    for (const name of /** @type {typeof ModelElement} */ (this.constructor).listens) {
      this.#model.addEventListener(name, () => this.update(name), { signal });
    }
    this.listen(signal);
    this.update(/** @type {typeof ModelElement} */ (this.constructor).begins);
  }
  disconnectedCallback() {
    this.#listening?.abort();
    this.#listening = null;
  }
  /** Once, before the first update. */
  build() {}
  /** Listeners beyond the model's. @param {AbortSignal} _signal */
  listen(_signal) {}
  /** @param {string} _event */
  update(_event) {}
}

/** An element that shows a session. */
export class SessionElement extends ModelElement {
  static listens = ["trace", "select", "mode"];
  static begins = "trace";

  /** @type {import("../engine/session.js").Session} */
  get session() {
    return this.model;
  }
  set session(session) {
    this.model = session;
  }
}
