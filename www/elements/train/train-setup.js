// The set-up form: task, network, learning rule, and under a disclosure all that one rarely touches.
//
// What can be chosen comes from describe(); only the trainer's own settings are listed here, and their words in strings/.
import { make, say } from "../dom.js";
import { maybe, number, one, optional, tick } from "./fields.js";
import { StudioElement } from "./dom.js";
import "./own-data.js";
import "./train-crossover.js";
import { optionsOf, suggested } from "../../engine/set-up.js";
import { TRAIN_LIMITS as L } from "../../state/train-view.js";
import { TRAIN } from "../../strings/en-train.js";

const WORDS = TRAIN.setup;

/** @typedef {import("./fields.js").Field} Field */

/** A place for the fields of one registry entry's options. */
function slot() {
  return { root: make("div", { class: "options" }), of: "", fields: /** @type {{name: string, usual: any, field: Field}[]} */ ([]) };
}

class TrainSetup extends StudioElement {
  static listens = ["view", "data"];
  /** Fields with what they show. @type {{field: Field, value: (view: any) => any}[]} */
  #fields = [];
  /** Fields of options, which come and go with what has them. */
  #options = { task: slot(), network: slot(), training: slot() };
  #task = make("p", { class: "hint" });
  #facts = make("dl", { class: "facts" });
  /** @type {any} */
  #own = document.createElement("own-data");
  /** @type {Record<string, HTMLElement>} */
  #rows = {};

  build() {
    const { studio } = this;
    const { tasks, cells, optimizers } = studio.registry;
    const set = (/** @type {any} */ patch, done = true) => studio.set(patch, { history: done ? "push" : "none" });
    const network = (/** @type {any} */ patch, done = true) => set({ network: patch }, done);
    const training = (/** @type {any} */ patch, done = true) => set({ training: patch }, done);
    const titles = (/** @type {any[]} */ list) => list.map(({ name, title }) => ({ name, title }));
    const row = (/** @type {string} */ name, /** @type {Field} */ field, /** @type {(view: any) => any} */ value) => {
      this.#fields.push({ field, value });
      this.#rows[name] = field.root;
      return field.root;
    };
    const num = (name, path, range, put) => {
      const { title, text } = WORDS.fields[name];
      return row(name, number(title, text, range, put), (view) => path(view));
    };
    const from = (/** @type {number[]} */ [min, max], /** @type {any} */ scale = undefined, whole = true) => ({ min, max, whole, scale });

    const task = one(WORDS.fields.task.title, "", titles(tasks), (name) => set(suggested(tasks.find((t) => t.name === name))));
    this.#own.studio = studio;
    this.append(
      this.#part(
        WORDS.parts.task,
        row("task", task, (v) => v.task.name),
        this.#task,
        this.#facts,
        this.#own,
        this.#options.task.root,
      ),
      this.#part(
        WORDS.parts.network,
        row("cell", one(WORDS.fields.cell.title, WORDS.fields.cell.text, titles(cells), (cell) => network({ cell })), (v) => v.network.cell),
        this.#options.network.root,
        num("hidden", (v) => v.network.hidden, from(L.hidden, "log"), (hidden, done) => network({ hidden }, done)),
        num("layers", (v) => v.network.layers, from(L.layers), (layers, done) => network({ layers }, done)),
        row(
          "both",
          one(WORDS.fields.both.title, WORDS.fields.both.text, WORDS.directions, (name) => network({ bidirectional: name === "both" })),
          (v) => (v.network.bidirectional ? "both" : "one"),
        ),
      ),
      this.#part(
        WORDS.parts.learning,
        row("optimizer", one(WORDS.fields.optimizer.title, "", titles(optimizers), (name) => this.#rule(name)), (v) => v.training.optimizer),
        num("rate", (v) => v.training.learningRate, { min: 1e-5, max: 1, scale: "log" }, (learningRate, done) => training({ learningRate }, done)),
        row("clip", one(WORDS.fields.clip.title, WORDS.fields.clip.text, WORDS.clips, (kind) => training({ clip: { kind } })), (v) => v.training.clip.kind),
        num("limit", (v) => v.training.clip.limit, { min: 0.001, max: 100, scale: "log" }, (limit, done) => training({ clip: { limit } }, done)),
        num("batch", (v) => v.training.batch, from(L.batch, "log"), (batch, done) => training({ batch }, done)),
        num("updates", (v) => v.updates, from([1, 100_000], "log"), (updates, done) => set({ updates }, done)),
        num("seed", (v) => v.training.seed, from(L.seed, "none"), (seed, done) => training({ seed }, done)),
      ),
      this.#part(
        WORDS.parts.engine,
        row("engine", one(WORDS.fields.engine.title, WORDS.fields.engine.text, WORDS.engines, (engine) => set({ engine })), (v) => v.engine),
        Object.assign(document.createElement("train-crossover"), { studio }),
      ),
      make("details", { class: "advanced" }, make("summary", { text: WORDS.parts.advanced }), ...this.#advanced(row, num, from, training)),
    );
  }

  /** @param {any} row @param {any} num @param {any} from @param {any} training @returns {HTMLElement[]} */
  #advanced(row, num, from, training) {
    const absent = (name, first, range, value, put) => row(name, maybe(WORDS.fields[name].title, WORDS.fields[name].text, range, first, put), value);
    const { fields } = WORDS;
    return [
      this.#part(
        WORDS.parts.through,
        absent("truncate", 20, from(L.truncate, "log"), (v) => v.training.truncate, (truncate, done) => training({ truncate }, done)),
        row("carry", tick(fields.carry.title, fields.carry.text, (carry) => training({ carry })), (v) => v.training.carry),
        num("dropout", (v) => v.training.dropout, from(L.dropout, undefined, false), (dropout, done) => training({ dropout }, done)),
        num("accumulate", (v) => v.training.accumulate, from(L.accumulate, "log"), (accumulate, done) => training({ accumulate }, done)),
      ),
      this.#part(
        WORDS.parts.start,
        row("start", one(fields.start.title, fields.start.text, WORDS.starts, (start) => training({ start })), (v) => v.training.start),
        absent("forget", 1, { min: -6, max: 6 }, (v) => v.training.forgetBias, (forgetBias, done) => training({ forgetBias }, done)),
      ),
      this.#part(
        WORDS.parts.schedule,
        row("schedule", one(fields.schedule.title, fields.schedule.text, WORDS.schedules, (kind) => training({ schedule: { kind } })), (v) => v.training.schedule.kind),
        num("warm", (v) => v.training.schedule.warmUp, from([0, 10_000], "none"), (warmUp, done) => training({ schedule: { warmUp } }, done)),
        num("floor", (v) => v.training.schedule.floor, from(L.floor, undefined, false), (floor, done) => training({ schedule: { floor } }, done)),
        this.#options.training.root,
      ),
      this.#part(
        WORDS.parts.validation,
        num("every", (v) => v.training.validateEvery, from([1, 1000], "log"), (validateEvery, done) => training({ validateEvery }, done)),
        num("validation", (v) => v.training.validation, from([16, 10_000], "log"), (validation, done) => training({ validation }, done)),
        absent("patience", 10, from([1, 100], "log"), (v) => v.training.patience, (patience, done) => training({ patience }, done)),
      ),
    ];
  }

  /** @param {string} title @param {HTMLElement[]} children */
  #part(title, ...children) {
    return make("section", { class: "fields" }, make("h3", { text: title }), ...children);
  }

  /** The place of the reader's own data. */
  get own() {
    return this.#own;
  }

  /** Another rule begins with its own learning rate. @param {string} name */
  #rule(name) {
    const { optimizers } = this.studio.registry;
    const rate = optimizers.find((/** @type {any} */ o) => o.name === name)?.learningRate;
    this.studio.set({ training: { optimizer: name, ...(rate ? { learningRate: rate } : {}) } });
  }

  update() {
    const { view, registry } = this.studio;
    for (const { field, value } of this.#fields) field.show(value(view));
    const find = (/** @type {any[]} */ list, /** @type {string} */ name) => list.find((one) => one.name === name);
    const task = find(registry.tasks, view.task.name);
    const cell = find(registry.cells, view.network.cell);
    const optimizer = find(registry.optimizers, view.training.optimizer);
    this.#fill(this.#options.task, task, view.task.options, (options) => ({ task: { options } }));
    this.#fill(this.#options.network, cell, view.network.options, (options) => ({ network: { options } }));
    this.#fill(this.#options.training, optimizer, view.training.options, (options) => ({ training: { options } }));
    say(this.#task, task.text ?? "");
    const facts = [
      [WORDS.facts.input, task.input],
      [WORDS.facts.target, task.target],
      [WORDS.facts.metric, task.metric],
      [WORDS.facts.baseline, task.baseline],
    ];
    this.#facts.replaceChildren(...facts.map(([name, text]) => make("div", {}, make("dt", { text: name }), make("dd", { text }))));
    this.#fields.find(({ field }) => field.root === this.#rows.optimizer)?.field.tell?.(optimizer.text ?? "");
    this.#own.kind = task.data === "csv" || task.data === "text" ? task.data : null;
    // What has no meaning here is not shown.
    const { clip, schedule } = view.training;
    this.#rows.limit.hidden = clip.kind === "none";
    this.#rows.warm.hidden = !schedule.kind.startsWith("warm-up");
    this.#rows.floor.hidden = !schedule.kind.endsWith("cosine");
    this.#rows.dropout.hidden = view.network.layers < 2;
  }

  /** @param {ReturnType<typeof slot>} place @param {any} entry @param {any} chosen @param {(options: any) => any} patch */
  #fill(place, entry, chosen, patch) {
    if (place.of !== entry.name) {
      place.of = entry.name;
      // A table's columns are chosen from the table.
      const options = optionsOf(entry).filter(({ kind }) => kind !== "text" || entry.data !== "csv");
      place.fields = options.map((option) => {
        const change = (/** @type {any} */ value, /** @type {boolean} */ done) => this.#choose(place, option.name, value, done, patch);
        return { name: option.name, usual: option.usual, field: optional(option, change) };
      });
      place.root.replaceChildren(...place.fields.map(({ field }) => field.root));
    }
    for (const { name, usual, field } of place.fields) field.show(chosen[name] ?? usual);
  }

  /** @param {ReturnType<typeof slot>} place @param {string} name @param {any} value @param {boolean} done @param {(options: any) => any} patch */
  #choose(place, name, value, done, patch) {
    const { view } = this.studio;
    const now = place === this.#options.task ? view.task.options : place === this.#options.network ? view.network.options : view.training.options;
    this.studio.set(patch({ ...now, [name]: value }), { history: done ? "push" : "none" });
  }
}

customElements.define("train-setup", TrainSetup);
