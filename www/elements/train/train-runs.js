// The table of runs: colour, name, what differs from the one before, what it reached beside the baselines, and how long it took.
import { button } from "../controls.js";
import { make, say, write } from "../dom.js";
import { StudioElement } from "./dom.js";
import { RunDetails } from "./run-details.js";
import { TRAIN } from "../../strings/en-train.js";
import { completed } from "../../engine/set-up.js";
import { differences } from "../../state/train-view.js";

/** @typedef {import("../../engine/run.js").Run} Run */

const WORDS = TRAIN.runs;
/** How long a deletion can be undone, in milliseconds. */
const UNDO = 12_000;
const MORE = "M4 6l4 4 4-4";

/** One run's rows: the line, and under it on demand all the rest. */
class Row {
  open = false;
  #said = "";
  /** @type {RunDetails | null} */
  #details = null;
  #box = make("input", { type: "checkbox" });
  #swatch = make("span", { class: "swatch", "aria-hidden": "true" });
  #name = make("button", { type: "button", class: "link name" });
  #differs = make("td", { class: "differs" });
  #best = make("td", { class: "best" });
  #time = make("td", { class: "time" });
  #state = make("td", { class: "state" });
  #more = button(WORDS.more, () => this.toggle(), { path: MORE, silent: true, class: "more cross" });
  #under = make("tr", { class: "under" }, make("td", { colspan: 6 }));
  root;

  /** @param {import("../../engine/studio.js").Studio} studio @param {Run} run @param {(run: Run) => void} remove */
  constructor(studio, run, remove) {
    this.studio = studio;
    this.run = run;
    this.remove = remove;
    this.#box.addEventListener("change", () => void studio.show(run, this.#box.checked));
    this.#name.addEventListener("click", () => studio.choose(run));
    this.#swatch.dataset.slot = String(run.slot);
    this.root = make(
      "tr",
      {},
      make("th", { scope: "row" }, make("label", { class: "tick" }, this.#box, this.#swatch), this.#name),
      this.#differs,
      this.#best,
      this.#time,
      this.#state,
      make("td", { class: "last" }, this.#more),
    );
    this.#under.hidden = true;
  }

  get rows() {
    return [this.root, this.#under];
  }

  toggle(open = !this.open) {
    this.open = open;
    if (open && !this.#details) {
      this.#details = new RunDetails(this.studio, this.run, () => this.remove(this.run));
      this.#under.firstElementChild?.append(this.#details.root);
    }
    this.#under.hidden = !open;
    this.#details?.show();
    write(this.#more, { "aria-expanded": String(open) });
  }

  /** @param {Run | undefined} before */
  show(before) {
    const { run, studio } = this;
    const current = studio.current === run;
    this.root.classList.toggle("current", current);
    this.#box.checked = run.visible;
    write(this.#box, { "aria-label": WORDS.overlay(run.name) });
    say(this.#name, run.name);
    write(this.#name, { "aria-current": current ? "true" : null, title: WORDS.choose });
    say(this.#differs, before ? this.#differences(before) : WORDS.settings(run.setup, studio.registry));
    write(this.#more, { "aria-label": WORDS.moreOf(run.name), title: WORDS.more, "aria-expanded": String(this.open) });
    this.progress();
    if (this.open) this.#details?.show();
  }

  /** @param {Run} before */
  #differences(before) {
    const { registry } = this.studio;
    const [then, now] = [completed(before.setup, registry), completed(this.run.setup, registry)];
    return WORDS.differs(differences({ ...then.whole, own: before.own }, { ...now.whole, own: this.run.own }), { ...then.titles, ...now.titles }, { ...then.names, ...now.names });
  }

  progress() {
    const { run } = this;
    const { value, at, baselines } = WORDS.best(run);
    const lines = [at, ...baselines].filter(Boolean);
    if (this.#said !== value + lines) {
      this.#said = value + lines;
      this.#best.replaceChildren(make("strong", { text: value }), ...lines.map((text) => make("span", { class: "hint", text })));
    }
    say(this.#time, WORDS.time(run));
    say(this.#state, WORDS.states[run.state]);
    this.#state.dataset.state = run.state;
  }
}

class TrainRuns extends StudioElement {
  static listens = ["runs", "state", "progress", "data"];
  /** @type {Map<Run, Row>} */
  #rows = new Map();
  #body = make("tbody", {});
  #table = make(
    "table",
    {},
    make("caption", { class: "visually-hidden", text: WORDS.caption }),
    make("thead", {}, make("tr", {}, ...WORDS.columns.map((text) => make("th", { scope: "col", text })), make("th", { scope: "col" }, make("span", { class: "visually-hidden", text: WORDS.more })))),
    this.#body,
  );
  #empty = make("p", { class: "hint", text: WORDS.none });
  #undo = make("div", { class: "undo", role: "status" });
  #storage = make("p", { class: "hint" });
  #file = make("input", { type: "file", multiple: true, accept: ".safetensors,.json", class: "visually-hidden", id: "train-import" });
  #timer = 0;

  build() {
    this.#file.addEventListener("change", () => {
      void this.studio.importFiles([...(this.#file.files ?? [])]);
      this.#file.value = "";
    });
    this.append(
      make("h2", { text: WORDS.title }),
      this.#undo,
      this.#empty,
      make("div", { class: "table" }, this.#table),
      make("div", { class: "file" }, this.#file, make("label", { class: "button", for: "train-import", text: WORDS.import })),
      this.#storage,
    );
  }

  /** @param {Run} run */
  async #remove(run) {
    const back = await this.studio.remove(run);
    clearTimeout(this.#timer);
    const undo = button(WORDS.undo, () => {
      this.#undo.replaceChildren();
      void back();
    }, { class: "link" });
    this.#undo.replaceChildren(make("span", { text: WORDS.removed(run.name) }), " ", undo);
    undo.focus();
    this.#timer = window.setTimeout(() => this.#undo.replaceChildren(), UNDO);
  }

  update(/** @type {string} */ event) {
    const { studio } = this;
    if (event === "progress") {
      for (const run of studio.dirty) this.#rows.get(run)?.progress();
      return;
    }
    const { runs } = studio;
    for (const [run] of this.#rows) if (!runs.includes(run)) this.#rows.delete(run);
    runs.forEach((run, k) => {
      const row = this.#rows.get(run) ?? new Row(studio, run, (run) => void this.#remove(run));
      this.#rows.set(run, row);
      row.show(runs[k - 1]);
    });
    // The newest on top: it is what one looks for.
    const wanted = [...runs].reverse().flatMap((run) => this.#rows.get(run)?.rows ?? []);
    if (wanted.length !== this.#body.children.length || wanted.some((row, k) => this.#body.children[k] !== row)) this.#body.replaceChildren(...wanted);
    this.#table.hidden = runs.length === 0;
    this.#empty.hidden = runs.length > 0;
    if (event !== "state") void this.#measure();
  }

  async #measure() {
    const { store, runs } = this.studio;
    const mine = runs.flatMap((run) => run.checkpoints).reduce((sum, one) => sum + one.size, 0);
    const estimate = await store.estimate();
    say(this.#storage, store.works ? WORDS.storage(mine, estimate) : WORDS.noStorage);
  }
}

customElements.define("train-runs", TrainRuns);
