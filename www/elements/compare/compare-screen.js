// The Compare screen: what is read and by whom on the left; strips, scrub bar, plots and a table of figures in the middle. Loaded
// when it is first entered.
import "../step.js";
import { make, write } from "../dom.js";
import "./compare-plot.js";
import "./compare-sequence.js";
import "./compare-setup.js";
import "./compare-strips.js";
import "./compare-table.js";
import "./compare-tries.js";
import { Comparison } from "../../engine/compare.js";
import { COMPARE } from "../../strings/en-compare.js";

const STYLES = ["styles/compare.css"];

/** A style sheet beside the page; it is there when the promise is. @param {string} href */
function styled(href) {
  const link = make("link", { rel: "stylesheet", href });
  const there = new Promise((resolve, reject) => {
    link.addEventListener("load", resolve);
    link.addEventListener("error", () => reject(new Error(COMPARE.notices.noStyles(href))));
  });
  document.head.append(link);
  return there;
}

export class CompareScreen {
  name = "compare";
  comparison;
  root = document.createElement("compare-screen");
  #open = false;
  #main = make("main", { id: "comparing" });
  /** @type {any} */
  #transport = document.createElement("transport-bar");

  /** @param {import("../../engine/session.js").Session} session */
  constructor(session) {
    this.comparison = new Comparison(session);
  }

  /** @param {import("../../engine/session.js").Session} session */
  static async create(session) {
    const screen = new CompareScreen(session);
    await Promise.all([screen.comparison.start(), ...STYLES.map(styled)]);
    screen.#build();
    document.body.append(screen.root);
    return screen;
  }

  #build() {
    const { comparison } = this;
    const element = (/** @type {string} */ tag) => Object.assign(document.createElement(tag), { comparison });
    const title = make("button", { type: "button", class: "side-title", "aria-expanded": "false", text: COMPARE.set.panel });
    title.addEventListener("click", () => write(title, { "aria-expanded": String(title.ariaExpanded !== "true") }));
    const side = make("aside", { class: "side", "aria-label": COMPARE.set.panel }, title, element("compare-tries"), element("compare-setup"));
    // It speaks of a step as soon as it is there: there has to be one.
    comparison.addEventListener("trace", () => (this.#transport.session = comparison), { once: true });
    const plots = comparison.plots.map((/** @type {any} */ spec) => Object.assign(element("compare-plot"), { spec }));
    const time = make("section", { class: "time", "aria-label": COMPARE.strips.time }, element("compare-sequence"), element("compare-strips"), this.#transport);
    this.#main.append(time, make("section", { class: "plots", "aria-label": COMPARE.heading }, ...plots), element("compare-table"));
    this.root.append(side, this.#main);
    this.#drops();
    comparison.addEventListener("theme", () => this.#colour());
    this.#colour();
  }

  /** Files dropped here are networks to compare. Other screens have their own use for them. */
  #drops() {
    const mark = (/** @type {boolean} */ over) => document.documentElement.toggleAttribute("data-dropping", over);
    const here = (/** @type {(event: DragEvent) => void} */ deed) => (/** @type {DragEvent} */ event) => {
      if (!this.#open) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      deed(event);
    };
    addEventListener("dragover", here(() => mark(true)), { capture: true });
    addEventListener("dragleave", here((event) => event.relatedTarget === null && mark(false)), { capture: true });
    const drop = here((event) => {
      mark(false);
      const [file] = event.dataTransfer?.files ?? [];
      if (file) void file.arrayBuffer().then((bytes) => this.comparison.take(file.name, new Uint8Array(bytes)));
    });
    addEventListener("drop", drop, { capture: true });
  }

  /** The networks' colours are those of the lines in the plots. */
  #colour() {
    const { module, theme } = this.comparison;
    const rgba = module.palette("lines", theme);
    for (let slot = 0; 4 * slot < rgba.length; slot++) {
      const [r, g, b] = rgba.slice(4 * slot, 4 * slot + 3);
      this.root.style.setProperty(`--net-${slot}`, `rgb(${r} ${g} ${b})`);
    }
  }

  get open() {
    return this.#open;
  }
  set open(open) {
    this.#open = this.comparison.open = open;
    if (!open) this.comparison.pause();
  }
  get title() {
    return COMPARE.title;
  }
  get link() {
    return this.comparison.link;
  }
  get help() {
    return COMPARE.help;
  }
  /** It can be seen without its address having been read. */
  get shown() {
    return this.comparison.results.length > 0;
  }
  focus() {
    /** @type {HTMLElement | null} */ (this.#transport.querySelector("[role=slider]"))?.focus();
  }
  readAddress() {
    void this.comparison.readAddress();
  }
  /** A network that another screen hands over. @param {{name: string, bytes: Uint8Array, task?: any}} network */
  take({ name, bytes, task }) {
    this.comparison.take(name, bytes, task);
  }

  /** What the page's keys do here; what they get is how many steps. @returns {Record<string, (by: number) => void>} */
  get keys() {
    const { comparison } = this;
    return {
      " ": () => (comparison.playing ? comparison.pause() : comparison.play()),
      ArrowLeft: (by) => void comparison.step(-by),
      ArrowRight: (by) => void comparison.step(by),
      Home: () => void comparison.step(-comparison.steps),
      End: () => void comparison.step(comparison.steps),
    };
  }
}
