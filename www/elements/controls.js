// Fields, sliders, choices: each a labelled root, and `show` to set what it displays without a change event.
import { icon, make, say, unique, write } from "./dom.js";

/** @typedef {{root: HTMLElement, show: (value: any, extra?: any) => void}} Control */

/**
 * One of a few: radio buttons that look like words.
 * @param {string} title
 * @param {{name: string, title: string, hint?: string}[]} values
 * @param {(name: string) => void} choose
 * @param {{silent?: boolean}} [how]  silent: the title is for screen readers only
 * @returns {Control & {input: (name: string) => HTMLInputElement}}
 */
export function choice(title, values, choose, { silent = false } = {}) {
  const group = unique("choice");
  const inputs = new Map();
  const labels = values.map(({ name, title, hint }) => {
    const input = make("input", { type: "radio", name: group, value: name, on: { change: () => choose(name) } });
    inputs.set(name, input);
    return make("label", { title: hint }, input, make("span", { text: title }));
  });
  const root = make(
    "fieldset",
    { class: "choice" },
    make("legend", { text: title, class: silent ? "visually-hidden" : null }),
    make("div", { class: "values" }, ...labels),
  );
  // A click chooses without taking the focus, so that the page's arrow keys go on stepping through time.
  root.addEventListener("mousedown", (event) => event.preventDefault());
  return {
    root,
    input: (name) => inputs.get(name),
    show(value) {
      for (const [name, input] of inputs) input.checked = name === value;
    },
  };
}

/**
 * A slider with its number beside it; both change the same value.
 * @param {string} title
 * @param {{min: number, max: number, step: number, digits?: number, scale?: "log"}} range
 * @param {(value: number, done: boolean) => void} change  done is false while the slider is dragged
 * @returns {Control}
 */
export function slider(title, { min, max, step, digits = 0, scale }, change) {
  const id = unique("slider");
  const log = scale === "log";
  const inside = (/** @type {number} */ v) => (log ? Math.log(v / min) / Math.log(max / min) : v);
  const outside = (/** @type {number} */ p) => (log ? Math.round((min * (max / min) ** p) / step) * step : p);
  const text = (/** @type {number} */ value) => value.toFixed(digits);
  const bar = make("input", {
    type: "range",
    id,
    min: log ? 0 : min,
    max: log ? 1 : max,
    step: log ? 0.001 : step,
    on: {
      input: () => change(read(), false),
      change: () => change(read(), true),
    },
  });
  const box = make("input", {
    type: "number",
    min,
    max,
    step,
    "aria-label": title,
    on: { change: () => box.value !== "" && change(Math.min(max, Math.max(min, box.valueAsNumber)), true) },
  });
  const read = () => Number(outside(bar.valueAsNumber).toFixed(digits));
  const label = make("label", { for: id, text: title });
  return {
    root: make("div", { class: "slider" }, label, box, bar),
    show(value, extra = {}) {
      if (extra.title) {
        say(label, extra.title);
        write(box, { "aria-label": extra.title });
      }
      // A field that is being typed in keeps its text.
      if (document.activeElement !== box) box.value = value === null ? "" : text(value);
      box.placeholder = value === null && extra.rest !== undefined ? text(extra.rest) : "";
      bar.value = String(inside(value ?? extra.rest ?? min));
      write(bar, { "aria-valuetext": value === null ? (extra.text ?? null) : text(value) });
      bar.disabled = box.disabled = Boolean(extra.disabled);
    },
  };
}

/**
 * @param {string} title
 * @param {{name: string, title: string}[]} values
 * @param {(name: string) => void} choose
 * @returns {Control & {select: HTMLSelectElement, fill: (values: {name: string, title: string}[]) => void}}
 */
export function menu(title, values, choose) {
  const id = unique("menu");
  const select = make("select", { id, on: { change: () => choose(select.value) } });
  const fill = (/** @type {{name: string, title: string}[]} */ list) =>
    select.replaceChildren(...list.map(({ name, title }) => make("option", { value: name, text: title })));
  fill(values);
  return {
    root: make("div", { class: "menu" }, make("label", { for: id, text: title }), select),
    select,
    fill,
    show(value) {
      select.value = value;
    },
  };
}

/** @param {string} title @param {() => void} press @param {{path?: string, class?: string, silent?: boolean}} [how] */
export function button(title, press, { path, class: look, silent = false } = {}) {
  const inside = path ? [icon(path)] : [];
  return make(
    "button",
    { type: "button", class: look, title: silent ? title : null, "aria-label": silent ? title : null, on: { click: press } },
    ...inside,
    ...(silent ? [] : [make("span", { text: title })]),
  );
}
