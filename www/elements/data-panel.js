// Chooses what the network reads.
import { button, choice, menu, slider } from "./controls.js";
import { make, say, SessionElement, write } from "./dom.js";
import { isForeign } from "../engine/compute.js";
import { PLACES } from "../state/experiments.js";
import { hourOf, LIMITS } from "../state/view.js";
import { TEXT } from "../strings/en.js";

const WORDS = TEXT.data;

class DataPanel extends SessionElement {
  static listens = ["trace"];
  /** @type {any} */
  #kind;
  /** @type {Record<string, any>} */
  #part = {};
  /** @type {Record<string, HTMLElement>} */
  #parts = {};
  #from = make("input", { type: "datetime-local", step: 3600, id: "window-from" });
  #text = make("textarea", { rows: 3, maxlength: LIMITS.text, spellcheck: "false", id: "sentence-text" });
  #ids = make("p", { class: "hint" });
  /** What only makes sense with the page's own words. @type {HTMLElement[]} */
  #ours = [];
  #distance = 3;
  #drawn = 0;

  build() {
    const { session } = this;
    const set = (/** @type {any} */ data, done = true) => {
      session.pause();
      return session.set({ data }, { history: done ? "push" : "none" });
    };
    this.#kind = choice(WORDS.kind, WORDS.kinds, (kind) => set({ kind, edits: [] }), { silent: true });

    const stations = session.library.weather?.stations ?? [];
    this.#part.station = menu(WORDS.station, stations, (station) => set({ station, edits: [] }));
    this.#part.place = menu(
      WORDS.presets,
      [{ name: "", title: WORDS.preset }, ...Object.entries(WORDS.places).map(([name, title]) => ({ name, title }))],
      (name) => {
        const place = PLACES[name];
        if (!place) return;
        session.pause();
        void session.set({ data: { kind: "weather", start: place.start, steps: place.steps, edits: [] }, selection: { t: place.t } });
      },
    );
    this.#part.hours = slider(WORDS.hours, { min: 24, max: LIMITS.steps[1], step: 1, scale: "log" }, (steps, done) => set({ steps, edits: [] }, done));
    this.#from.addEventListener("change", () => {
      const start = hourOf(this.#from.value.slice(0, 13));
      if (Number.isFinite(start)) void set({ start, edits: [] });
    });
    this.#parts.weather = make(
      "div",
      { class: "fields" },
      this.#part.station.root,
      this.#part.place.root,
      make("div", { class: "menu" }, make("label", { for: "window-from", text: WORDS.from }), this.#from),
      this.#part.hours.root,
    );

    const tasks = session.registry.tasks.filter((/** @type {any} */ task) => task.examples.length > 0);
    this.#part.task = menu(WORDS.task, tasks, (task) => {
      const first = tasks.find((/** @type {any} */ t) => t.name === task).examples[0];
      void set({ task, text: first.text, label: first.label });
    });
    this.#part.example = menu(WORDS.examples, [], (k) => {
      const task = tasks.find((/** @type {any} */ t) => t.name === session.state.data.task) ?? tasks[0];
      const example = task.examples[Number(k)];
      if (example) void set({ text: example.text, label: example.label });
    });
    this.#text.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
      if (event.key === "Enter") event.preventDefault();
      if (event.key === "Enter") this.#text.dispatchEvent(new Event("change"));
    });
    this.#text.addEventListener("change", () => {
      const typed = this.#text.value.trim();
      const known = tasks.flatMap((/** @type {any} */ t) => (t.name === session.state.data.task ? t.examples : []));
      void set({ text: typed, label: known.find((/** @type {any} */ e) => e.text === typed)?.label ?? null });
    });
    this.#part.distance = slider(WORDS.distance, { min: 0, max: 6, step: 1 }, (distance) => {
      this.#distance = distance;
      this.#part.distance.show(distance);
    });
    this.#part.distance.show(this.#distance);
    const another = button(WORDS.random, () => this.#another(), { class: "line" });
    this.#parts.sentence = make(
      "div",
      { class: "fields" },
      this.#part.task.root,
      this.#part.example.root,
      make("div", { class: "menu" }, make("label", { for: "sentence-text", text: WORDS.text }), this.#text, this.#ids),
      this.#part.distance.root,
      another,
    );
    this.#ours = [this.#part.task.root, this.#part.example.root, this.#part.distance.root, another];

    const steps = () => slider(WORDS.steps, { min: 2, max: LIMITS.steps[1], step: 1, scale: "log" }, (value, done) => set({ steps: value, edits: [] }, done));
    this.#part.period = slider(WORDS.period, { min: LIMITS.period[0], max: LIMITS.period[1], step: 1, scale: "log" }, (period, done) => set({ period }, done));
    this.#part.waveSteps = steps();
    this.#parts.wave = make("div", { class: "fields" }, this.#part.period.root, this.#part.waveSteps.root);

    this.#part.drawSteps = steps();
    this.#parts.draw = make(
      "div",
      { class: "fields" },
      make("p", { class: "hint", text: WORDS.drawHint }),
      this.#part.drawSteps.root,
      button(WORDS.clear, () => set({ drawn: [], edits: [] }), { class: "line" }),
    );
    this.append(make("h2", { text: WORDS.title }), this.#kind.root, ...Object.values(this.#parts));
  }

  /** A new sentence of the grammar, with its answer. */
  #another() {
    const { session } = this;
    this.#drawn += 1;
    // Time is not at hand in the core: the page picks which sentence of the endless list it is.
    const index = (this.#drawn * 7919 + Math.floor(performance.now())) % 1_000_000;
    const { text, label } = session.module.sentence(session.state.data.task, { seed: 2013, index, distance: this.#distance });
    session.pause();
    void session.set({ data: { text, label } });
  }

  update() {
    const { session } = this;
    const { data } = session.state;
    this.#kind.show(data.kind);
    for (const [name, part] of Object.entries(this.#parts)) part.hidden = name !== data.kind;
    const stations = session.library.weather?.stations ?? [];
    if (this.#part.station.select.options.length !== stations.length) this.#part.station.fill(stations);
    this.#part.station.show(data.station);
    const place = Object.entries(PLACES).find(([, p]) => p.start === data.start && p.steps === data.steps)?.[0] ?? "";
    this.#part.place.show(place);
    this.#part.hours.show(data.steps);
    this.#part.waveSteps.show(data.steps);
    this.#part.drawSteps.show(data.steps);
    this.#part.period.show(data.period);
    if (document.activeElement !== this.#from) this.#from.value = new Date(data.start * 3_600_000).toISOString().slice(0, 16);
    this.#part.task.show(data.task);
    const task = session.registry.tasks.find((/** @type {any} */ t) => t.name === data.task);
    const examples = task?.examples ?? [];
    this.#part.example.fill([
      { name: "", title: WORDS.preset },
      ...examples.map((/** @type {any} */ e, /** @type {number} */ k) => ({ name: String(k), title: e.text })),
    ]);
    const shown = examples.findIndex((/** @type {any} */ e) => e.text === data.text);
    this.#part.example.show(shown < 0 ? "" : String(shown));
    if (document.activeElement !== this.#text) this.#text.value = data.text;
    const foreign = session.state.network.source === "file" && isForeign(session);
    for (const root of this.#ours) root.hidden = foreign;
    say(this.#ids, foreign ? WORDS.ids(session.summary.embedding.vocabulary) : "");
    write(this, { "data-kind": data.kind });
  }
}

customElements.define("data-panel", DataPanel);
