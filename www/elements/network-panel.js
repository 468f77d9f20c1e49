// Chooses the network, and says what it is: parameters with their formula filled in, state, what it achieves.
import { button, choice, menu, slider } from "./controls.js";
import { make, say, SessionElement } from "./dom.js";
import { filled } from "./formula.js";
import { LIMITS } from "../state/view.js";
import { TEXT } from "../strings/en.js";

const WORDS = TEXT.network;

class NetworkPanel extends SessionElement {
  static listens = ["trace"];
  /** @type {Record<string, any>} */
  #part = {};
  #options = make("div", { class: "options" });
  #optionsOf = "";
  /** @type {{net: any, radius: number}} */
  #measured = { net: null, radius: 1 };
  #file = make("input", { type: "file", accept: ".safetensors", class: "visually-hidden", id: "file-choose" });
  #fileText = make("p", { class: "hint" });
  #fileRow = make("div", { class: "file" }, this.#file, make("label", { for: "file-choose", class: "button", text: WORDS.choose }), " ", make("span", { class: "hint", text: WORDS.drop }), this.#fileText);
  #facts = make("dl", { class: "facts" });
  #shapes = make("details", { class: "shapes", on: { toggle: () => void this.#showShapes() } }, make("summary", { text: WORDS.shapes.title }));
  #achieved = make("p", { class: "achieved" });
  #assumed = make("div", { class: "assumed" });

  build() {
    const { session } = this;
    const { cells } = session.registry;
    const set = (/** @type {any} */ network, done = true) => {
      session.pause();
      return session.set({ network }, { history: done ? "push" : "none" });
    };
    this.#part.source = choice(
      WORDS.source,
      WORDS.sources,
      (source) => {
        if (source !== "file" || session.file) return void set({ source });
        this.#part.source.show(session.state.network.source);
        this.#fileRow.hidden = false;
        this.#file.click();
      },
      { silent: true },
    );
    this.#part.cell = choice(WORDS.cell, cells, (cell) => set({ cell, options: {} }));
    this.#part.hidden = slider(WORDS.hidden, { min: LIMITS.hidden[0], max: LIMITS.hidden[1], step: 1, scale: "log" }, (hidden, done) => set({ hidden }, done));
    this.#part.layers = choice(
      WORDS.layers,
      Array.from({ length: LIMITS.layers[1] }, (_, k) => ({ name: String(k + 1), title: String(k + 1) })),
      (layers) => set({ layers: Number(layers) }),
    );
    this.#part.direction = choice(WORDS.direction, WORDS.directions, (name) => set({ bidirectional: name === "both" }));
    this.#part.readout = menu(WORDS.readout, WORDS.readouts, (readout) => set({ readout }));
    this.#part.seed = slider(WORDS.seed, { min: 0, max: 99, step: 1 }, (seed, done) => set({ seed }, done));
    this.#part.radius = slider(WORDS.radius, { min: 0, max: 2, step: 0.01, digits: 2 }, (spectralRadius, done) => set({ spectralRadius }, done));
    this.#part.radius.root.title = WORDS.radiusHint;
    this.#part.memory = slider(" ", { min: -6, max: 6, step: 0.1, digits: 1 }, (memoryBias, done) => set({ memoryBias }, done));
    this.#part.reset = button(WORDS.reset, () => set({ spectralRadius: null, memoryBias: null }), { class: "link" });
    this.#file.addEventListener("change", () => {
      const [file] = this.#file.files ?? [];
      if (file) void this.open(file);
      this.#file.value = "";
    });
    this.append(
      make("h2", { text: WORDS.title }),
      this.#part.source.root,
      this.#fileRow,
      this.#part.cell.root,
      this.#options,
      this.#part.hidden.root,
      make("div", { class: "pair" }, this.#part.layers.root, this.#part.direction.root),
      this.#part.readout.root,
      this.#part.seed.root,
      this.#part.radius.root,
      this.#part.memory.root,
      this.#part.reset,
      this.#facts,
      this.#shapes,
      this.#achieved,
      this.#assumed,
    );
  }

  listen(/** @type {AbortSignal} */ signal) {
    const mark = (/** @type {boolean} */ over) => document.documentElement.toggleAttribute("data-dropping", over);
    addEventListener("dragover", (event) => (event.preventDefault(), mark(true)), { signal });
    addEventListener("dragleave", (event) => event.relatedTarget === null && mark(false), { signal });
    addEventListener(
      "drop",
      (event) => {
        event.preventDefault();
        mark(false);
        const file = event.dataTransfer?.files[0];
        if (file) void this.open(file);
      },
      { signal },
    );
  }

  /** Shows a file's network; what was shown stays when that fails. @param {File} file */
  async open(file) {
    const most = 256e6;
    if (file.size > most) return this.session.report(WORDS.fileFailed(file.name, WORDS.tooLarge(file.size, most)));
    await this.session.openFile(file.name, new Uint8Array(await file.arrayBuffer()));
  }

  update() {
    const { session } = this;
    const { network } = session.state;
    const { summary, spec } = session;
    const file = network.source === "file";
    this.#part.source.show(network.source);
    this.#fileRow.hidden = !file;
    say(this.#fileText, file && session.file ? WORDS.opened(session.file.name) : "");
    this.#part.cell.show(network.cell);
    for (const { name } of session.registry.cells) this.#part.cell.input(name).disabled = file;
    this.#showOptions();
    this.#part.hidden.show(summary.hidden, { disabled: file });
    this.#part.layers.show(String(summary.layers));
    this.#part.direction.show(summary.bidirectional ? "both" : "one");
    for (const input of this.querySelectorAll(".pair input")) /** @type {HTMLInputElement} */ (input).disabled = file;
    this.#part.readout.root.hidden = !file || !summary.head;
    this.#part.readout.show(summary.readout);
    this.#part.seed.root.hidden = network.source !== "random";
    this.#part.seed.show(network.seed);
    // Not every cell has these four tensors.
    const plain = spec.blocks.length > 0;
    this.#part.radius.root.hidden = !plain;
    if (plain) this.#part.radius.show(network.spectralRadius, { rest: network.spectralRadius === null ? this.#radius() : undefined, text: WORDS.asIs });
    const { memory } = spec;
    this.#part.memory.root.hidden = !memory || !summary.bias;
    if (memory) this.#part.memory.show(network.memoryBias, { title: capital(memory.title), rest: 0, text: WORDS.asIs });
    this.#part.reset.hidden = network.spectralRadius === null && network.memoryBias === null;
    this.#showFacts();
    void this.#showShapes();
  }

  /** Of the candidate's block of the first layer: dear for large networks, so only asked once for each. */
  #radius() {
    const { net, spec } = this.session;
    if (this.#measured.net !== net) {
      const candidate = spec.lanes.find((/** @type {any} */ l) => l.kind === "candidate" && spec.blocks.includes(l.name));
      this.#measured = { net, radius: net.spectralRadius(0, 0, candidate?.name ?? spec.blocks[0]) };
    }
    return this.#measured.radius;
  }

  /** The switches of the cell's variants, as the registry lists them. */
  #showOptions() {
    const { session } = this;
    const { network } = session.state;
    const cell = session.registry.cells.find((/** @type {any} */ c) => c.name === network.cell);
    if (this.#optionsOf !== cell.name) {
      this.#optionsOf = cell.name;
      this.#part.options = cell.options.map((/** @type {any} */ option) => ({
        name: option.name,
        control: control(option, (value, done) => {
          session.pause();
          const options = { ...session.state.network.options, [option.name]: value };
          // (What is refused goes back to what it was.)
          void session.set({ network: { options } }, { history: done ? "push" : "none" }).then(() => this.#showOptions());
        }),
      }));
      this.#options.replaceChildren(...this.#part.options.map((/** @type {any} */ { control }) => control.root));
    }
    for (const { name, control } of this.#part.options) {
      const option = cell.options.find((/** @type {any} */ o) => o.name === name);
      const usual = option.size ? option.size.default : option.values[0].name;
      const now = session.summary.options?.[name] ?? network.options[name] ?? usual;
      control.show(option.size ? Number(now) : now);
    }
  }

  /** Names and shapes of all parameters, while they are looked at. */
  async #showShapes() {
    if (!this.#shapes.open) return;
    const { parameterTable } = await import("./inspector/later.js");
    this.#shapes.querySelector("table")?.remove();
    this.#shapes.append(parameterTable(this.session.summary));
  }

  #showFacts() {
    const { session } = this;
    const { summary, spec, sequence } = session;
    const { network } = session.state;
    const directions = summary.bidirectional ? 2 : 1;
    const rows = [];
    let rest = Number(summary.parameterCount);
    for (let layer = 0; layer < summary.layers; layer++) {
      const count = countOf(summary, layer);
      rest -= count;
      const { text, value } = filled(summary.bias ? spec.count : variantWithoutBias(spec.count), sizesOf(session, layer));
      const times = directions === 2 ? "2 · " : "";
      // A formula that does not give the count is not filled in.
      rows.push(value * directions === count ? `${times}${text} = ${WORDS.count(count)}` : WORDS.count(count));
    }
    const formula = make("span", { class: "formula", text: summary.bias ? spec.count : variantWithoutBias(spec.count) });
    this.#facts.replaceChildren(
      make("dt", { text: WORDS.parameters }),
      make(
        "dd",
        {},
        formula,
        ...rows.map((row) => make("span", { class: "formula", text: `= ${row}` })),
        ...(rest > 0 ? [make("span", { text: `${WORDS.head(rest, Boolean(summary.embedding))}: ${WORDS.total(Number(summary.parameterCount))}` })] : []),
      ),
      make("dt", { text: WORDS.state }),
      make("dd", { text: WORDS.stateBytes(Number(summary.stateBytes)) }),
    );
    const metrics = session.summaryOfWeights;
    const scaled = network.spectralRadius !== null || network.memoryBias !== null;
    let achieved = network.source === "file" ? WORDS.unknown : WORDS.unmeasured;
    if (network.source === "trained" && metrics) achieved = scaled ? WORDS.scaled : metrics.rmse === undefined ? WORDS.accuracy(metrics) : WORDS.rmse(metrics);
    say(this.#achieved, achieved);
    const assumed = network.source === "file" ? [...(summary.assumed ?? [])] : [];
    if (network.source === "file" && sequence.kind !== "sentence" && summary.input > 1) assumed.push(WORDS.inputs(summary.input));
    this.#assumed.hidden = assumed.length === 0;
    this.#assumed.replaceChildren(
      make("p", { text: WORDS.assumed }),
      make("ul", {}, ...assumed.map((/** @type {any} */ item) => make("li", { text: typeof item === "string" ? item : JSON.stringify(item) }))),
    );
  }
}

/** Parameters of a layer, by their names. @param {any} summary @param {number} layer */
function countOf({ parameters }, layer) {
  const own = parameters.filter((/** @type {any} */ p) => new RegExp(`_l${layer}(_reverse)?$`).test(p.name));
  return own.reduce((/** @type {number} */ sum, /** @type {any} */ p) => sum + Number(p.count), 0);
}

/** What a formula's names stand for: the extents of axes, the cell's own sizes, inputs and units. @param {any} session @param {number} layer */
function sizesOf({ spec, summary, registry }, layer) {
  const axes = spec.lanes.flatMap((/** @type {any} */ l, /** @type {number} */ k) => l.axes.map((/** @type {string} */ axis, /** @type {number} */ n) => [axis, summary.lanes[layer][k][n]]));
  const { options } = registry.cells.find((/** @type {any} */ c) => c.name === summary.cell);
  const sizes = options.filter((/** @type {any} */ o) => o.size).map(({ name, size }) => [size.symbol, Number(summary.options?.[name] ?? size.default)]);
  const input = layer === 0 ? summary.input : (summary.bidirectional ? 2 : 1) * summary.hidden;
  return { ...Object.fromEntries(axes), ...Object.fromEntries(sizes), I: input, H: summary.hidden };
}

/** The control of a cell's option: a choice, or a size. @param {any} option @param {(value: string, done: boolean) => void} change */
function control({ title, values, size }, change) {
  if (!size) return menu(capital(title), values, (value) => change(value, true));
  return slider(capital(title), { min: size.low, max: size.high, step: 1 }, (value, done) => change(String(value), done));
}

/** Without biases the two bias terms are gone. @param {string} formula */
const variantWithoutBias = (formula) => formula.replace(" + 2)", ")");
/** @param {string} text */
const capital = (text) => (/^[a-z]{2}/.test(text) ? text[0].toUpperCase() + text.slice(1) : text);

customElements.define("network-panel", NetworkPanel);
