// The set-up's fields: each is labelled, says in a sentence what it does, and is shown by the value it gets.
import { choice, menu } from "../controls.js";
import { make, say, unique, write } from "../dom.js";

/** @typedef {{root: HTMLElement, show: (value: any) => void, tell?: (text: string) => void}} Field */

/** Four digits at most, and no trailing zeros. @param {number} value */
const plain = (value) => (Number.isFinite(value) ? String(Number(value.toPrecision(4))) : "");

/** A field with its sentence under it. @param {HTMLElement} root @param {string} text @param {HTMLElement} [of] what the sentence describes */
function explained(root, text, of) {
  const hint = make("p", { class: "hint", id: unique("hint"), text });
  hint.hidden = !text;
  if (of) write(of, { "aria-describedby": hint.id });
  root.append(hint);
  return hint;
}

/**
 * A number, typed or dragged.
 * @param {string} title
 * @param {string} text
 * @param {{min: number, max: number, whole?: boolean, scale?: "log" | "none"}} range  none: no slider
 * @param {(value: number, done: boolean) => void} change
 * @returns {Field & {disable: (off: boolean) => void}}
 */
export function number(title, text, { min, max, whole = false, scale }, change) {
  const id = unique("number");
  const log = scale === "log" && min > 0;
  const round = (/** @type {number} */ v) => (whole ? Math.round(v) : Number(v.toPrecision(2)));
  const inside = (/** @type {number} */ v) => (log ? Math.log(v / min) / Math.log(max / min) : (v - min) / (max - min));
  const outside = (/** @type {number} */ p) => Math.min(max, Math.max(min, round(log ? min * (max / min) ** p : min + p * (max - min))));
  const box = make("input", { type: "number", id, min, max, step: whole ? 1 : "any", on: { change: () => typed() } });
  const typed = () => {
    if (box.value === "" || !Number.isFinite(box.valueAsNumber)) return void (box.value = plain(shown));
    const value = Math.min(max, Math.max(min, whole ? Math.round(box.valueAsNumber) : box.valueAsNumber));
    change(value, true);
  };
  const bar = make("input", {
    ...{ type: "range", min: 0, max: 1, step: "any", "aria-label": title },
    on: { input: () => change(outside(bar.valueAsNumber), false), change: () => change(outside(bar.valueAsNumber), true) },
  });
  // A step of a key is a step of the number.
  bar.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    const by = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    const next = log && !whole ? shown * 2 ** (by / 2) : shown + by * (whole ? 1 : (max - min) / 50);
    change(Math.min(max, Math.max(min, round(next))), true);
  });
  let shown = min;
  const root = make("div", { class: "slider" }, make("label", { for: id, text: title }), box, ...(scale === "none" ? [] : [bar]));
  explained(root, text, box);
  return {
    root,
    disable(off) {
      box.disabled = bar.disabled = off;
    },
    show(value) {
      shown = value;
      if (document.activeElement !== box || Number(box.value) !== value) box.value = plain(value);
      bar.value = String(inside(value));
      write(bar, { "aria-valuetext": plain(value) });
    },
  };
}

/**
 * A number that may be absent: a box to tick, then the number.
 * @param {string} title @param {string} text @param {{min: number, max: number, whole?: boolean, scale?: "log" | "none"}} range
 * @param {number} first  the number when it is ticked
 * @param {(value: number | null, done: boolean) => void} change
 * @returns {Field}
 */
export function maybe(title, text, range, first, change) {
  const inner = number(title, "", range, change);
  const box = make("input", { type: "checkbox", on: { change: () => change(box.checked ? first : null, true) } });
  const root = make("div", { class: "maybe" }, make("label", { class: "tick" }, box, make("span", { text: title })), inner.root);
  explained(root, text, box);
  return {
    root,
    show(value) {
      box.checked = value !== null;
      inner.root.hidden = value === null;
      if (value !== null) inner.show(value);
    },
  };
}

/** @param {string} title @param {string} text @param {(value: boolean) => void} change @returns {Field & {disable: (off: boolean) => void}} */
export function tick(title, text, change) {
  const box = make("input", { type: "checkbox", on: { change: () => change(box.checked) } });
  const root = make("div", { class: "maybe" }, make("label", { class: "tick" }, box, make("span", { text: title })));
  explained(root, text, box);
  return {
    root,
    disable: (off) => (box.disabled = off),
    show(value) {
      box.checked = value;
    },
  };
}

/**
 * One of several: words side by side while they are few, a menu where they are many.
 * @param {string} title @param {string} text @param {{name: string, title: string}[]} values @param {(name: string) => void} choose
 * @returns {Field & {tell: (text: string) => void}}
 */
export function one(title, text, values, choose) {
  const long = values.length > 5 || values.reduce((sum, v) => sum + v.title.length + 2, 0) > 52;
  const inner = long ? menu(title, values, choose) : choice(title, values, choose);
  const hint = explained(inner.root, text, long ? /** @type {any} */ (inner).select : inner.root);
  return {
    root: inner.root,
    show: (value) => inner.show(value),
    tell(words) {
      say(hint, words);
      hint.hidden = !words;
    },
  };
}

/** Words. @param {string} title @param {string} text @param {(value: string) => void} change @returns {Field} */
export function words(title, text, change) {
  const id = unique("words");
  const box = make("input", { type: "text", id, maxlength: 200, spellcheck: "false", on: { change: () => change(box.value.trim()) } });
  const root = make("div", { class: "menu" }, make("label", { for: id, text: title }), box);
  explained(root, text, box);
  return {
    root,
    show(value) {
      if (document.activeElement !== box) box.value = value;
    },
  };
}

/**
 * The field of a registry's option.
 * @param {import("../../engine/set-up.js").Option} option @param {(value: any, done: boolean) => void} change @returns {Field}
 */
export function optional({ title, text, kind, values, min, max, size }, change) {
  if (size) {
    const field = number(title, text, { min, max, whole: true }, (value, done) => change(String(value), done));
    return { root: field.root, show: (value) => field.show(Number(value)) };
  }
  if (kind === "choice") return one(title, text, values, (name) => change(name, true));
  if (kind === "text") return words(title, text, (value) => change(value, true));
  const wide = min > 0 && max / min >= 50;
  const open = !Number.isFinite(max) || max > 1e6 || (kind === "number" && max <= 1);
  return number(title, text, { min, max, whole: kind === "whole", scale: open ? "none" : wide ? "log" : undefined }, change);
}
