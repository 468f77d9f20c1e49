// The reader's own table or text: chosen, dropped or pasted; it stays on this machine. A table says how it was read, what was
// left out of it, and lets its columns be chosen.
import { button } from "../controls.js";
import { make, say, unique } from "../dom.js";
import { StudioElement } from "./dom.js";
import { TRAIN } from "../../strings/en-train.js";

const WORDS = TRAIN.own;

/** What a table or a text may weigh, in bytes. */
const MOST = 64e6;
/** What is shown of a text in its field. */
const SHOWN = 20_000;

class OwnData extends StudioElement {
  static listens = ["data", "view"];
  /** @type {"csv" | "text" | null} */
  #kind = null;
  #file = make("input", { type: "file", class: "visually-hidden", id: unique("own") });
  #label = make("label", { class: "button", for: this.#file.id });
  #said = make("p", { class: "hint", role: "status" });
  #area = make("textarea", { rows: 4, spellcheck: "false", "aria-label": WORDS.text });
  #take = button(WORDS.take, () => void this.#paste(), { class: "line" });
  #clear = button(WORDS.clear, () => this.#kind && void this.studio.setOwn(this.#kind, null), { class: "link" });
  #report = make("ul", { class: "own-report" });
  #columns = make("div", { class: "own-columns" });
  /** The table that #report and #columns are of. */
  #shown = "";

  build() {
    this.#file.addEventListener("change", () => {
      const [file] = this.#file.files ?? [];
      if (file) void this.open(file);
      this.#file.value = "";
    });
    this.append(
      make("div", { class: "file" }, this.#file, this.#label, " ", make("span", { class: "hint", text: WORDS.drop })),
      this.#said,
      this.#report,
      this.#columns,
      make("details", { class: "paste" }, make("summary", { text: WORDS.paste }), this.#area, this.#take),
      this.#clear,
    );
  }

  /** What the task reads; null hides the whole. */
  set kind(kind) {
    if (this.#kind === kind) return;
    this.#kind = kind;
    if (this.isConnected) this.update();
  }
  get kind() {
    return this.#kind;
  }

  /** Takes a file, for whatever task reads such. What was there stays when that fails. @param {File} file */
  async open(file) {
    if (file.size > MOST) return this.studio.report(WORDS.tooLarge(file.name, file.size, MOST));
    await this.#set(this.#kind ?? (/\.(csv|tsv)$/i.test(file.name) ? "csv" : "text"), file.name, new Uint8Array(await file.arrayBuffer()));
  }

  async #paste() {
    const text = this.#area.value;
    if (this.#kind && text.trim() !== "") await this.#set(this.#kind, WORDS.pasted, new TextEncoder().encode(text));
  }

  /** @param {"csv" | "text"} kind @param {string} name @param {Uint8Array} bytes */
  async #set(kind, name, bytes) {
    const { studio } = this;
    try {
      if (kind === "csv") {
        // Read once before it is taken: what is no table is refused in the module's words.
        studio.session.module.readCsv(bytes).free();
        await studio.setOwn(kind, { name, content: bytes });
        studio.set({ task: { name: "csv", options: {} }, experiment: "" });
        return;
      }
      if (bytes.subarray(0, 4096).includes(0)) throw new Error(WORDS.notText);
      const text = new TextDecoder().decode(bytes);
      if (text.trim() === "") throw new Error(WORDS.empty);
      await studio.setOwn(kind, { name, content: text });
    } catch (error) {
      studio.report(WORDS.refused(name, error instanceof Error ? error.message : String(error)));
    }
  }

  update() {
    this.hidden = this.#kind === null;
    const kind = this.#kind;
    if (kind === null) return;
    const own = this.studio.own[kind];
    say(this.#label, kind === "csv" ? WORDS.chooseTable : WORDS.chooseText);
    say(this.#said, own ? WORDS.opened(own.name, own.content.length, kind) : kind === "csv" ? WORDS.noTable : WORDS.noText);
    this.#area.placeholder = kind === "csv" ? WORDS.pasteTable : WORDS.pasteText;
    if (document.activeElement !== this.#area) this.#area.value = own && own.name === WORDS.pasted ? String(own.content).slice(0, SHOWN) : "";
    this.#clear.hidden = !own;
    this.#showTable(kind === "csv" ? own : null);
  }

  /** How the table was read, and its columns. @param {import("../../engine/studio.js").Own | null} own */
  #showTable(own) {
    const { task } = this.studio.view;
    const key = own ? `${own.key} ${JSON.stringify(task.options)}` : "";
    if (key === this.#shown) return;
    const other = !own || !this.#shown.startsWith(`${own.key} `);
    this.#shown = key;
    if (!own) {
      this.#report.replaceChildren();
      this.#columns.replaceChildren();
      return;
    }
    if (other) this.#table = this.#read(own);
    if (!this.#table) return;
    const { summary } = this.#table;
    if (other) this.#report.replaceChildren(...WORDS.report(summary).map((text) => make("li", { text })));
    const numbers = summary.columns.filter((/** @type {any} */ column) => column.kind === "number");
    const target = task.options.target || numbers.at(-1)?.name;
    const features = String(task.options.features ?? "").split("\n").filter(Boolean);
    const reads = (/** @type {string} */ name) => name === target || features.length === 0 || features.includes(name);
    const set = (/** @type {any} */ options) => this.studio.set({ task: { options: { ...task.options, ...options } } });
    const group = unique("target");
    const rows = numbers.map((/** @type {any} */ column) => {
      const { name } = column;
      const asked = make("input", { type: "radio", name: group, "aria-label": WORDS.forecast(name), on: { change: () => set({ target: name }) } });
      const read = make("input", { type: "checkbox", "aria-label": WORDS.read(name), on: { change: () => set({ features: chosen(name, read.checked) }) } });
      asked.checked = name === target;
      read.checked = reads(name);
      read.disabled = name === target;
      return make("tr", {}, make("td", {}, asked), make("td", {}, read), make("th", { scope: "row", text: name }), make("td", { class: "hint", text: WORDS.column(column) }));
    });
    const chosen = (/** @type {string} */ name, /** @type {boolean} */ on) => {
      const names = numbers.map((/** @type {any} */ column) => column.name).filter((/** @type {string} */ one) => one !== target && (one === name ? on : reads(one)));
      // All of them is what is usual; none but the target's own past is said by naming that.
      return names.length === numbers.length - 1 ? "" : names.join("\n") || String(target);
    };
    const heads = WORDS.columns.map((text) => make("th", { scope: "col", text }));
    this.#columns.replaceChildren(make("table", {}, make("thead", {}, make("tr", {}, ...heads)), make("tbody", {}, ...rows)));
  }
  /** @type {{summary: any} | null} */
  #table = null;

  /** @param {import("../../engine/studio.js").Own} own */
  #read(own) {
    try {
      const table = this.studio.session.module.readCsv(own.content);
      const summary = table.summary();
      table.free();
      return { summary };
    } catch (error) {
      this.studio.report(WORDS.refused(own.name, error instanceof Error ? error.message : String(error)));
      return null;
    }
  }
}

customElements.define("own-data", OwnData);
