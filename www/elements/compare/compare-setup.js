// What is read, what is equal, and the networks: each a line that opens to its settings. Cells and options are the registry's.
import { button, choice, menu, slider } from "../controls.js";
import { make, say, write } from "../dom.js";
import { number, optional } from "../train/fields.js";
import { ComparisonElement } from "./dom.js";
import { MemberPanel } from "./member-panel.js";
import { generatedTasks } from "../../engine/compare-plan.js";
import { optionsOf } from "../../engine/set-up.js";
import { COMPARE_LIMITS, MEMBER } from "../../state/compare-view.js";
import { hourOf, LIMITS } from "../../state/view.js";
import { COMPARE } from "../../strings/en-compare.js";

const WORDS = COMPARE.set;
const PLUS = "M7 3h2v4h4v2H9v4H7V9H3V7h4z";

class CompareSetup extends ComparisonElement {
  static listens = ["view", "trace", "results"];
  /** @type {Record<string, any>} */
  #part = {};
  /** Fields that only some sequences have. @type {Record<string, HTMLElement[]>} */
  #only = {};
  #from = make("input", { type: "datetime-local", step: 3600, id: "compare-from" });
  #text = make("textarea", { rows: 3, maxlength: LIMITS.text, spellcheck: "false", id: "compare-text" });
  #hint = make("p", { class: "hint" });
  #given = make("div", { class: "options" });
  #givenOf = "";
  /** @type {Map<string, any>} */
  #fields = new Map();
  #list = make("div", { class: "members" });
  /** @type {MemberPanel[]} */
  #members = [];
  #add = button(WORDS.add, () => this.#another(), { path: PLUS, class: "line add" });
  #sentences = 0;

  build() {
    const { comparison } = this;
    const { session } = comparison;
    const set = (/** @type {any} */ patch, done = true) => comparison.set(patch, { history: done ? "push" : "none" });
    const data = (/** @type {any} */ patch, done = true) => set({ data: patch }, done);
    this.#part.kind = choice(WORDS.sequence, WORDS.kinds, (kind) => data({ kind }), { silent: true });
    this.#part.station = menu(WORDS.station, [], (station) => data({ station }));
    this.#from.addEventListener("change", () => {
      const start = hourOf(this.#from.value.slice(0, 13));
      if (Number.isFinite(start)) data({ start });
    });
    const from = make("div", { class: "menu" }, make("label", { for: "compare-from", text: WORDS.from }), this.#from);
    const [least, most] = COMPARE_LIMITS.steps;
    this.#part.steps = slider(WORDS.steps, { min: least, max: most, step: 1, scale: "log" }, (steps, done) => data({ steps }, done));
    this.#part.period = slider(WORDS.period, { min: LIMITS.period[0], max: LIMITS.period[1], step: 1, scale: "log" }, (period, done) => data({ period }, done));
    const { tasks } = session.registry;
    const spoken = tasks.filter((/** @type {any} */ task) => task.examples.length > 0);
    this.#part.task = menu(WORDS.task, spoken, (task) => {
      const [first] = spoken.find((/** @type {any} */ one) => one.name === task).examples;
      data({ task, text: first.text, label: first.label });
    });
    this.#text.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      this.#text.dispatchEvent(new Event("change"));
    });
    this.#text.addEventListener("change", () => {
      const typed = this.#text.value.trim();
      const known = spoken.flatMap((/** @type {any} */ one) => (one.name === comparison.view.data.task ? one.examples : []));
      data({ text: typed, label: known.find((/** @type {any} */ e) => e.text === typed)?.label ?? null });
    });
    const text = make("div", { class: "menu" }, make("label", { for: "compare-text", text: WORDS.text }), this.#text);
    const another = button(WORDS.another, () => {
      this.#sentences += 1;
      const sentence = session.module.sentence(comparison.view.data.task, { seed: 2013, index: (this.#sentences * 7919) % 1_000_000, distance: 3 });
      data({ text: sentence.text, label: sentence.label });
    }, { class: "line" });
    this.#part.name = menu(WORDS.task, generatedTasks(tasks), (name) => data({ name, options: {}, example: 0 }));
    this.#part.example = number(WORDS.example, "", { min: 0, max: COMPARE_LIMITS.example[1], whole: true, scale: "none" }, (example) => data({ example }));
    this.#only = {
      weather: [this.#part.station.root, from],
      wave: [this.#part.period.root],
      impulse: [],
      sentence: [this.#part.task.root, text, another],
      task: [this.#part.name.root, this.#given, this.#part.example.root],
    };
    this.#part.size = choice(WORDS.size, WORDS.sizes, (size) => set({ size }), { silent: true });
    this.#part.hidden = slider(WORDS.hidden, { min: COMPARE_LIMITS.hidden[0], max: COMPARE_LIMITS.hidden[1], step: 1, scale: "log" }, (hidden, done) => set({ hidden }, done));
    this.#part.budget = slider(WORDS.budget, { min: COMPARE_LIMITS.budget[0], max: COMPARE_LIMITS.budget[1], step: 50, scale: "log" }, (budget, done) => set({ budget }, done));
    this.#part.seeds = slider(WORDS.seeds, { min: COMPARE_LIMITS.seeds[0], max: COMPARE_LIMITS.seeds[1], step: 1 }, (seeds, done) => done ? set({ seeds }) : this.#part.seeds.show(seeds));
    const fields = (/** @type {string} */ title, /** @type {Node[]} */ ...children) => make("section", { class: "fields" }, make("h2", { text: title }), ...children);
    this.append(
      fields(WORDS.networks, this.#list, this.#add),
      fields(WORDS.fair, this.#part.size.root, this.#part.hidden.root, this.#part.budget.root, this.#part.seeds.root, make("p", { class: "hint", text: WORDS.seedsHint })),
      fields(WORDS.sequence, this.#part.kind.root, ...new Set(Object.values(this.#only).flat()), this.#part.steps.root, this.#hint),
    );
  }

  /** One more: of the first cell that is not among them yet, else the last one with another seed. */
  #another() {
    const { comparison } = this;
    const { networks } = comparison.view;
    const fresh = comparison.session.registry.cells.find((/** @type {any} */ cell) => !networks.some((one) => one.cell === cell.name));
    const [last] = networks.slice(-1);
    comparison.add(fresh ? { ...MEMBER, cell: fresh.name, seed: last.seed } : { ...last, seed: last.seed + 1 });
  }

  update() {
    const { comparison } = this;
    const { view, session } = comparison;
    const { data } = view;
    this.#part.kind.show(data.kind);
    for (const [kind, roots] of Object.entries(this.#only)) for (const root of roots) root.hidden = kind !== data.kind;
    this.#part.steps.root.hidden = !comparison.endless;
    this.#part.steps.show(data.steps);
    const stations = session.library.weather?.stations ?? [];
    if (this.#part.station.select.options.length !== stations.length) this.#part.station.fill(stations);
    this.#part.station.show(data.station);
    if (document.activeElement !== this.#from) this.#from.value = new Date(data.start * 3_600_000).toISOString().slice(0, 16);
    this.#part.period.show(data.period);
    this.#part.task.show(data.task);
    if (document.activeElement !== this.#text) this.#text.value = data.text;
    this.#part.name.show(data.name);
    this.#part.example.show(data.example);
    if (data.kind === "task") this.#showGiven();
    const task = session.registry.tasks.find((/** @type {any} */ one) => one.name === data.name);
    say(this.#hint, data.kind === "task" ? (task?.text ?? "") : (WORDS.hints[data.kind] ?? ""));
    this.#hint.hidden = this.#hint.textContent === "";
    this.#part.size.show(view.size);
    this.#part.hidden.root.hidden = view.size !== "hidden";
    this.#part.budget.root.hidden = view.size !== "budget";
    this.#part.hidden.show(view.hidden);
    this.#part.budget.show(view.budget);
    this.#part.seeds.show(view.seeds);
    this.#showMembers();
  }

  /** The options of the task, as the registry lists them. */
  #showGiven() {
    const { comparison } = this;
    const { data } = comparison.view;
    const task = comparison.session.registry.tasks.find((/** @type {any} */ one) => one.name === data.name);
    if (!task) return;
    if (this.#givenOf !== task.name) {
      this.#givenOf = task.name;
      this.#fields = new Map(
        optionsOf(task).map((option) => [
          option.name,
          optional({ ...option, text: "" }, (value, done) => comparison.set({ data: { options: { ...comparison.view.data.options, [option.name]: value } } }, { history: done ? "push" : "none" })),
        ]),
      );
      this.#given.replaceChildren(...[...this.#fields.values()].map(({ root }) => root));
    }
    for (const { name, usual } of optionsOf(task)) this.#fields.get(name)?.show(data.options[name] ?? usual);
  }

  #showMembers() {
    const { comparison } = this;
    const { names } = comparison;
    while (this.#members.length < names.length) this.#members.push(new MemberPanel(comparison, this.#members.length));
    const shown = this.#members.slice(0, names.length);
    if (this.#list.childElementCount !== shown.length) this.#list.replaceChildren(...shown.map(({ root }) => root));
    shown.forEach((panel, k) => panel.show(names[k]));
    this.#add.hidden = names.length >= COMPARE_LIMITS.networks[1];
    write(this.#list, { "data-count": names.length });
  }
}

customElements.define("compare-setup", CompareSetup);
