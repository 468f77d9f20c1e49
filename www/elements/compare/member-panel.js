// One network's line in the set-up, which opens to its settings.
import { button, choice, menu, slider } from "../controls.js";
import { make, say, unique, write } from "../dom.js";
import { number, optional } from "../train/fields.js";
import { trainedEntry } from "../../engine/compare-plan.js";
import { optionsOf } from "../../engine/set-up.js";
import { COMPARE_LIMITS } from "../../state/compare-view.js";
import { COMPARE } from "../../strings/en-compare.js";

const WORDS = COMPARE.set;
const REMOVE = "M4 4l8 8M12 4l-8 8";

export class MemberPanel {
  #comparison;
  #k;
  #name = make("span", { class: "name" });
  #options = make("div", { class: "options" });
  #optionsOf = "";
  /** @type {Map<string, any>} */
  #fields = new Map();
  #source;
  #cell;
  #seed;
  #radius;
  #memory;
  #reset;
  #file;
  #fileRow;
  #copy;
  #remove;
  root;

  /** @param {import("../../engine/compare.js").Comparison} comparison @param {number} k */
  constructor(comparison, k) {
    this.#comparison = comparison;
    this.#k = k;
    const change = (/** @type {any} */ patch, done = true) => comparison.change(k, patch, done);
    const { cells } = comparison.session.registry;
    const few = cells.length <= 5;
    this.#cell = few ? choice(WORDS.cell, cells, (cell) => change({ cell, options: {}, ...this.#drawn() })) : menu(WORDS.cell, cells, (cell) => change({ cell, options: {}, ...this.#drawn() }));
    this.#source = choice(WORDS.source, WORDS.sources, (source) => this.#choose(source));
    this.#seed = number(WORDS.seed, "", { min: 0, max: 4294967295, whole: true, scale: "none" }, (seed, done) => change({ seed }, done));
    this.#radius = slider(WORDS.radius, { min: 0, max: 2, step: 0.01, digits: 2 }, (spectralRadius, done) => change({ spectralRadius }, done));
    this.#memory = slider(" ", { min: -6, max: 6, step: 0.1, digits: 1 }, (memoryBias, done) => change({ memoryBias }, done));
    this.#reset = button(WORDS.reset, () => change({ spectralRadius: null, memoryBias: null }), { class: "link" });
    const id = unique("member-file");
    this.#file = make("input", { type: "file", accept: ".safetensors", class: "visually-hidden", id });
    this.#file.addEventListener("change", () => {
      const [file] = this.#file.files ?? [];
      if (file) void file.arrayBuffer().then((/** @type {ArrayBuffer} */ bytes) => comparison.openFile(k, file.name, new Uint8Array(bytes)));
      this.#file.value = "";
    });
    this.#fileRow = make("div", { class: "file" }, this.#file, make("label", { for: id, class: "button", text: WORDS.choose }));
    this.#copy = button(WORDS.copy, () => comparison.add({ ...comparison.view.networks[k], seed: comparison.view.networks[k].seed + (this.#isRandom ? 1 : 0) }), { class: "link" });
    this.#remove = button(WORDS.remove, () => comparison.remove(k), { path: REMOVE, silent: true, class: "cross" });
    const swatch = make("span", { class: "swatch", "data-slot": k, "aria-hidden": "true" });
    this.root = make(
      "div",
      { class: "member" },
      make(
        "details",
        {},
        make("summary", {}, swatch, this.#name),
        make("div", { class: "inside" }, this.#source.root, this.#fileRow, this.#cell.root, this.#options, this.#seed.root, this.#radius.root, this.#memory.root, make("p", { class: "deeds" }, this.#reset, this.#copy)),
      ),
      this.#remove,
    );
  }

  get #network() {
    return this.#comparison.view.networks[this.#k];
  }
  get #isRandom() {
    return this.#network.source === "random";
  }
  /** A file's cell is the file's: another one is drawn. */
  #drawn() {
    return this.#network.source === "file" ? { source: "random", file: null } : {};
  }

  /** @param {string} source */
  #choose(source) {
    if (source !== "file" || this.#network.file !== null) return this.#comparison.change(this.#k, /** @type {any} */ ({ source }));
    this.#source.show(this.#network.source);
    this.#fileRow.hidden = false;
    this.#file.click();
  }

  /** @param {string} name */
  show(name) {
    const comparison = this.#comparison;
    const network = this.#network;
    const result = comparison.results[this.#k];
    const { spec, summary } = result?.run ?? {};
    say(this.#name, name);
    write(this.#remove, { title: WORDS.remove, "aria-label": WORDS.of(WORDS.remove, name) });
    write(this.#copy, { "aria-label": WORDS.of(WORDS.copy, name) });
    const { networks } = comparison.view;
    this.#remove.hidden = networks.length <= COMPARE_LIMITS.networks[0];
    this.#copy.hidden = networks.length >= COMPARE_LIMITS.networks[1];
    this.#source.show(network.source);
    this.#source.input("trained").disabled = !trainedEntry(comparison.view, comparison.session, network);
    this.#fileRow.hidden = network.source !== "file";
    this.#cell.show(network.cell);
    this.#showOptions();
    this.#seed.root.hidden = network.source !== "random";
    this.#seed.show(network.seed);
    const recurrent = summary?.parameters.some((/** @type {any} */ p) => p.name.startsWith("weight_hh"));
    this.#radius.root.hidden = !recurrent && network.spectralRadius === null;
    this.#radius.show(network.spectralRadius, { text: WORDS.asIs, rest: network.spectralRadius === null ? 1 : undefined });
    this.#memory.root.hidden = !spec?.memory || !summary.bias;
    if (spec?.memory) this.#memory.show(network.memoryBias, { title: spec.memory.title.replace(/^./, (/** @type {string} */ c) => c.toUpperCase()), rest: 0, text: WORDS.asIs });
    this.#reset.hidden = network.spectralRadius === null && network.memoryBias === null;
  }

  /** The cell's switches and sizes, as the registry lists them. */
  #showOptions() {
    const comparison = this.#comparison;
    const network = this.#network;
    const cell = comparison.session.registry.cells.find((/** @type {any} */ one) => one.name === network.cell);
    const options = network.source === "file" ? [] : optionsOf(cell);
    const key = `${network.cell} ${options.length}`;
    if (key !== this.#optionsOf) {
      this.#optionsOf = key;
      const change = (/** @type {string} */ name) => (/** @type {any} */ value, done = true) => {
        const weights = this.#network.source === "trained" ? { source: /** @type {const} */ ("random") } : {};
        comparison.change(this.#k, { options: { ...this.#network.options, [name]: value }, ...weights }, done);
      };
      this.#fields = new Map(options.map((option) => [option.name, optional({ ...option, text: "" }, change(option.name))]));
      this.#options.replaceChildren(...[...this.#fields.values()].map(({ root }) => root));
    }
    for (const { name, usual } of options) this.#fields.get(name)?.show(network.options[name] ?? usual);
  }
}
