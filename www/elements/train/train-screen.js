// The Train screen: set-up on the left, what is going on in the middle, the runs below. Loaded when it is first entered.
import "../step.js";
import { button } from "../controls.js";
import { make, write } from "../dom.js";
import { LIVE } from "./live.js";
import "./train-setup.js";
import "./train-tries.js";
import "./train-transport.js";
import "./train-runs.js";
import { Studio } from "../../engine/studio.js";
import { TRAIN } from "../../strings/en-train.js";

const STYLES = ["styles/train.css", "styles/train-plots.css"];

/** A style sheet beside the page; it is there when the promise is. @param {string} href */
function styled(href) {
  const link = make("link", { rel: "stylesheet", href });
  const there = new Promise((resolve, reject) => {
    link.addEventListener("load", resolve);
    link.addEventListener("error", () => reject(new Error(TRAIN.notices.noStyles(href))));
  });
  document.head.append(link);
  return there;
}

export class TrainScreen {
  name = "train";
  /** It can be seen without its address having been read. */
  shown = true;
  studio;
  root = document.createElement("train-screen");
  #open = false;
  #main = make("main", { id: "training" });
  /** @type {any} */
  #transport = document.createElement("train-transport");

  /** @param {import("../../engine/session.js").Session} session */
  constructor(session) {
    this.studio = new Studio(session);
  }

  /** @param {import("../../engine/session.js").Session} session @param {(screen: string, given?: any) => void} go */
  static async create(session, go) {
    const screen = new TrainScreen(session);
    screen.studio.go = go;
    await Promise.all([screen.studio.start(), ...STYLES.map(styled)]);
    screen.#build();
    document.body.append(screen.root);
    screen.#offer();
    return screen;
  }

  #build() {
    const element = (/** @type {string} */ tag) => Object.assign(document.createElement(tag), { studio: this.studio });
    const title = make("button", { type: "button", class: "side-title", "aria-expanded": "false", text: TRAIN.setup.title });
    title.addEventListener("click", () => write(title, { "aria-expanded": String(title.ariaExpanded !== "true") }));
    const setup = /** @type {any} */ (element("train-setup"));
    const side = make("aside", { class: "side", "aria-label": TRAIN.setup.title }, title, element("train-tries"), setup);
    this.#drops(setup);
    this.#transport.studio = this.studio;
    this.#main.append(this.#transport);
    const plots = [];
    for (const { tag, wide, slow } of LIVE) {
      const plot = /** @type {any} */ (element(tag));
      if (slow) this.#slow(plot);
      else plots.push(plot);
      plot.classList.toggle("wide", Boolean(wide));
    }
    // The runs stand under the two plots that they share.
    const grid = (/** @type {string} */ name, /** @type {HTMLElement[]} */ children) => make("section", { class: `train-live ${name}`, "aria-label": TRAIN[name] }, ...children);
    this.#main.append(grid("shared", plots.slice(0, 2)), element("train-runs"), grid("inside", plots.slice(2)));
    this.root.append(side, this.#main);
    this.studio.session.addEventListener("theme", () => this.#colour());
    this.#colour();
  }

  /** Files dropped here are runs, or the reader's own data. Step has its own use for them. @param {any} setup */
  #drops(setup) {
    const mark = (/** @type {boolean} */ over) => document.documentElement.toggleAttribute("data-dropping", over);
    const here = (/** @type {(event: DragEvent) => void} */ deed) => (/** @type {DragEvent} */ event) => {
      if (!this.#open) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      deed(event);
    };
    addEventListener("dragover", here(() => mark(true)), { capture: true });
    addEventListener("dragleave", here((event) => event.relatedTarget === null && mark(false)), { capture: true });
    addEventListener(
      "drop",
      here((event) => {
        mark(false);
        const files = [...(event.dataTransfer?.files ?? [])];
        const runs = files.filter(({ name }) => /\.(safetensors|json)$/i.test(name));
        if (runs.length > 0) void this.studio.importFiles(runs);
        for (const file of files.filter((one) => !runs.includes(one)).slice(0, 1)) void setup.own.open(file);
      }),
      { capture: true },
    );
  }

  /** The runs' colours are those of the lines in the plots. */
  #colour() {
    const { module, theme } = this.studio.session;
    const rgba = module.palette("lines", theme);
    for (let slot = 0; 4 * slot < rgba.length; slot++) {
      const [r, g, b] = rgba.slice(4 * slot, 4 * slot + 3);
      this.root.style.setProperty(`--run-${slot}`, `rgb(${r} ${g} ${b})`);
    }
  }

  /** One update taken apart, on demand. @param {any} plot */
  #slow(plot) {
    plot.hidden = true;
    const press = button(TRAIN.transport.slow, () => show(plot.hidden), { class: "line" });
    const show = (/** @type {boolean} */ open) => {
      if (plot.hidden !== open) return;
      plot.hidden = !open;
      write(press, { "aria-pressed": String(open) });
      if (open) plot.open();
      else plot.close();
    };
    plot.addEventListener("close", () => show(false));
    write(press, { "aria-pressed": "false" });
    this.#transport.add(press);
    this.#main.append(plot);
  }

  /** What a reload or a crash interrupted can go on. */
  #offer() {
    const kept = this.studio.runs.filter((run) => run.state === "kept" && run.checkpoints.length > 0);
    if (kept.length === 0) return;
    const note = make("div", { class: "offer", role: "status" });
    const [newest] = kept.slice(-1);
    const away = () => note.remove();
    const press = button(TRAIN.offer.goOn(newest.name), () => (away(), void this.studio.conductor.resume(newest)), { class: "line" });
    const close = button(TRAIN.offer.dismiss, away, { class: "link" });
    note.append(make("p", { text: TRAIN.offer.text(kept, newest) }), press, close);
    this.studio.addEventListener("state", () => this.studio.state !== "idle" && away());
    this.#transport.after(note);
  }

  get open() {
    return this.#open;
  }
  set open(open) {
    this.#open = this.studio.open = open;
  }
  get title() {
    return TRAIN.title;
  }
  get link() {
    return this.studio.link;
  }
  get help() {
    return TRAIN.help;
  }
  focus() {
    this.#transport.focus();
  }
  readAddress() {
    this.studio.readAddress();
  }

  /** What the page's keys do here. @returns {Record<string, () => void>} */
  get keys() {
    const { conductor } = this.studio;
    return {
      " ": () => void conductor.toggle(),
      ArrowRight: () => void this.studio.update(),
      Escape: () => void (conductor.state === "training" && conductor.pause()),
    };
  }
}
