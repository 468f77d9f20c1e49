// A plot's legend, which is its read-out too: samples with names that show or hide their lines, with values beside them.
import { draw, make, say, write } from "../dom.js";
import { PLOTS } from "../../strings/en-plots.js";

/** @typedef {import("./card.js").Series} Series */

export class Legend {
  root = make("ul", { class: "values" });
  /** Lines that are not drawn, by what they are: names change with the chosen step. @type {Set<string>} */
  #hidden = new Set();
  /** @type {Series[]} */
  #series = [];
  /** @type {{item: HTMLElement, name: HTMLElement, value: HTMLElement, was: HTMLElement, series: Series, ghost: Series | undefined}[]} */
  #entries = [];
  #key = "";
  #session;
  #onchange;

  /**
   * @param {import("../../engine/session.js").Session} session
   * @param {() => void} onchange  a line is to be shown or hidden
   */
  constructor(session, onchange) {
    this.#session = session;
    this.#onchange = onchange;
  }

  /** Names of the lines that are not drawn. */
  get hidden() {
    return this.#series.filter((line) => this.#hidden.has(identity(line))).map((line) => line.name);
  }

  /** Another text in its place. @param {string} text */
  say(text) {
    say(this.root.firstElementChild ?? this.root.appendChild(make("li", { class: "plain" })), text);
  }

  /** The values at step t, and the lane that is lit. @param {number} t @param {string | null} lane */
  follow(t, lane) {
    for (const { item, value, was, series, ghost } of this.#entries) {
      say(value, PLOTS.value(series.values[t] ?? NaN));
      say(was, ghost ? PLOTS.was(ghost.values[t] ?? NaN) : "");
      item.classList.toggle("lit", lane !== null && series.lane === lane);
    }
  }

  /** @param {Series[]} series */
  fill(series) {
    const plain = series.filter((line) => !line.ghost);
    // What belongs to one lane stands together, over all panels.
    const lanes = [...new Set(plain.map((line) => line.lane))];
    const order = (/** @type {Series} */ line) => lanes.indexOf(line.lane) + line.panel / 10;
    plain.sort((a, b) => order(a) - order(b));
    const ghosts = series.filter((line) => line.ghost);
    const ghostOf = (/** @type {Series} */ line) => ghosts.find((ghost) => ghost.panel === line.panel && ghost.lane === line.lane && ghost.dashes.join() === line.dashes.join());
    this.#series = series;
    const key = series.map((line) => `${identity(line)} ${line.colour}`).join();
    if (key !== this.#key) {
      this.#key = key;
      this.#entries = plain.map((line) => this.#entry(line));
      const all = ghosts.length > 0 ? [this.#item(ghosts[0], PLOTS.untouched, ghosts.map(identity)).item] : [];
      all[0]?.classList.add("ghost");
      this.root.replaceChildren(...this.#entries.map(({ item }) => item), ...all);
    }
    this.#entries.forEach((entry, k) => {
      Object.assign(entry, { series: plain[k], ghost: ghostOf(plain[k]) });
      say(entry.name, plain[k].name);
    });
  }

  /**
   * A line's sample and name, which show or hide what they stand for.
   * @param {Series} like
   * @param {string} words
   * @param {string[]} lines  identities
   */
  #item(like, words, lines) {
    const sample = draw(
      "svg",
      { class: "sample", viewBox: "0 0 26 8", "aria-hidden": "true" },
      draw("path", { d: "M0 4H26", stroke: like.colour, "stroke-width": 2, "stroke-dasharray": like.dashes.join(" ") || null, fill: "none" }),
    );
    const shown = () => String(!lines.some((line) => this.#hidden.has(line)));
    const name = make("span", { class: "name", text: words });
    const press = make("button", { type: "button", "aria-pressed": shown(), title: PLOTS.toggle }, sample, name);
    press.addEventListener("click", () => {
      const hide = shown() === "true";
      for (const line of lines) hide ? this.#hidden.add(line) : this.#hidden.delete(line);
      write(press, { "aria-pressed": shown() });
      this.#onchange();
    });
    return { item: make("li", {}, press), press, name };
  }

  /** @param {Series} line */
  #entry(line) {
    const session = this.#session;
    const { item, press, name } = this.#item(line, line.name, [identity(line)]);
    const value = make("span", { class: "value" });
    const was = make("span", { class: "was", title: PLOTS.untouched });
    press.append(value, was);
    const input = line.lane === "x";
    const tell = () => session.setHover({ lane: input ? null : line.lane, term: input ? { kind: "quantity", key: "x" } : null });
    const leave = () => session.setHover({ lane: null, term: null });
    for (const [event, listener] of /** @type {const} */ ([["pointerenter", tell], ["pointerleave", leave], ["focus", tell], ["blur", leave]])) {
      press.addEventListener(event, listener);
    }
    return { item, name, value, was, series: line, ghost: /** @type {Series | undefined} */ (undefined) };
  }
}

/** What a line is, whatever the step. @param {Series} line */
function identity(line) {
  return [line.panel, line.lane, line.dashes.join(" "), line.ghost].join("|");
}
