// The legend of a live plot, which is its read-out: samples with names that show or hide their lines, with values beside them.
import { draw, make, say, write } from "../dom.js";
import { PLOTS } from "../../strings/en-plots.js";
import { CHARTS } from "../../strings/en-train-plots.js";

/** @typedef {{name: string, lane: string, style: string, colour: string, dashes: number[]}} Head */
/** @typedef {{at?: ArrayLike<number>, values: ArrayLike<number>}} Series */

export class ChartLegend {
  root = make("ul", { class: "values" });
  /** Names of lines that are not drawn. @type {Set<string>} */
  #hidden = new Set();
  #key = "";
  /** Each speaks for some lines: those of one run. @type {{value: HTMLElement, lines: number[]}[]} */
  #entries = [];
  onchange = () => {};

  /** With each line goes the pale one behind it. */
  get hidden() {
    return [...this.#hidden].flatMap((name) => [name, `${name}, each update`]);
  }

  /** @param {Head[]} heads @param {string} grouped  what the values of a run are, where there is more than one run */
  fill(heads, grouped = "") {
    const named = heads.filter((head) => head.style !== "raw");
    const key = named.map(({ name, colour, style }) => `${name} ${colour} ${style}`).join();
    if (key === this.#key) return;
    this.#key = key;
    const lanes = [...new Set(named.map((head) => head.lane))];
    const byRun = lanes.length > 1 && lanes.length < named.length;
    const groups = byRun ? lanes.map((lane) => named.filter((head) => head.lane === lane)) : named.map((head) => [head]);
    const entries = groups.map((group) => this.#entry(group, byRun ? group[0].lane : group[0].name));
    this.#entries = entries.map(({ value }, k) => ({ value, lines: groups[k].map((head) => named.indexOf(head)) }));
    const note = byRun && grouped ? [make("li", { class: "plain note", text: grouped })] : [];
    this.root.replaceChildren(...entries.map(({ item }) => item), ...note);
  }

  /**
   * The values at a place, or the newest. Gives the place that was found: that of the first line that has one.
   * @param {Series[]} series  in the order of the lines
   * @param {number | null} at  counted from 1
   * @param {boolean} everyStep  there is a value at every step
   * @returns {number | null}
   */
  follow(series, at, everyStep) {
    /** @type {number | null} */
    let found = null;
    for (const { value, lines } of this.#entries) {
      const texts = lines.map((k) => {
        const line = series[k];
        if (!line) return "";
        const places = line.at ?? [];
        const n = everyStep ? line.values.length : Math.min(places.length, line.values.length);
        const index = at === null ? n - 1 : everyStep ? at - 1 : nearest(places, at);
        // At rest, what is asked at every step says nothing.
        const known = index >= 0 && index < n && !(everyStep && at === null);
        if (known) found ??= everyStep ? index + 1 : places[index];
        if (everyStep && (!known || Number.isNaN(line.values[index]))) return "";
        return CHARTS.value(known ? line.values[index] : undefined);
      });
      say(value, texts.join(" · "));
    }
    return found;
  }

  /** Names and values of no line. @param {{name: string, value: number}[]} entries */
  say(entries) {
    this.#key = "said";
    while (this.root.children.length < entries.length) this.root.append(make("li", { class: "plain" }, make("span", { class: "name" }), " ", make("span", { class: "value" })));
    entries.forEach(({ name, value }, k) => {
      const [label, number] = this.root.children[k].children;
      say(label, name);
      say(number, CHARTS.value(value));
    });
  }

  /** @param {Head[]} group @param {string} words */
  #entry(group, words) {
    const [{ style, colour, dashes }] = group;
    const joined = !["dots", "crosses"].includes(style);
    const line = draw("path", { d: "M0 4H26", stroke: colour, "stroke-width": style === "plain" ? 2 : 1.5, "stroke-dasharray": dashes.join(" ") || null, fill: "none" });
    const dot = draw("circle", { cx: 13, cy: 4, r: 2.75, fill: colour });
    const cross = draw("path", { d: "M10.5 1.5l5 5m-5 0l5-5", stroke: colour, "stroke-width": 1.75 });
    const parts = [...(joined ? [line] : []), ...(["marked", "dots"].includes(style) ? [dot] : []), ...(style === "crosses" ? [cross] : [])];
    const sample = draw("svg", { class: "sample", viewBox: "0 0 26 8", "aria-hidden": "true" }, ...parts);
    const shown = () => String(!group.some(({ name }) => this.#hidden.has(name)));
    const value = make("span", { class: "value" });
    const press = make("button", { type: "button", "aria-pressed": shown(), title: PLOTS.toggle }, sample, make("span", { class: "name", text: words }), value);
    press.addEventListener("click", () => {
      const hide = shown() === "true";
      for (const { name } of group) hide ? this.#hidden.add(name) : this.#hidden.delete(name);
      write(press, { "aria-pressed": shown() });
      this.onchange();
    });
    return { item: make("li", {}, press), value };
  }
}

/** Index of the nearest place, −1 where there is none. @param {ArrayLike<number>} places  rising @param {number} at */
function nearest(places, at) {
  let [low, high] = [0, places.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (places[middle] < at) low = middle + 1;
    else high = middle;
  }
  return low > 0 && at - places[low - 1] < places[low] - at ? low - 1 : low <= places.length - 1 ? low : -1;
}
