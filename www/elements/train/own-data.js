// The reader's own table or text: chosen, dropped or pasted; it stays on this machine.
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
  #report = make("div", { class: "own-report" });

  build() {
    this.#file.addEventListener("change", () => {
      const [file] = this.#file.files ?? [];
      if (file) void this.open(file);
      this.#file.value = "";
    });
    this.append(
      make("div", { class: "file" }, this.#file, this.#label, " ", make("span", { class: "hint", text: WORDS.drop })),
      this.#said,
      make("div", { class: "paste" }, this.#area, this.#take),
      this.#clear,
      this.#report,
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

  /** @param {File} file */
  async open(file) {
    const kind = this.#kind ?? (/\.(csv|tsv)$/i.test(file.name) ? "csv" : "text");
    if (file.size > MOST) return this.studio.report(WORDS.tooLarge(file.name, file.size, MOST));
    const bytes = new Uint8Array(await file.arrayBuffer());
    // Bytes that no text has: somebody chose a picture or a spreadsheet's own format.
    if (bytes.subarray(0, 4096).includes(0)) return this.studio.report(WORDS.notText(file.name));
    const text = new TextDecoder().decode(bytes);
    if (text.trim() === "") return this.studio.report(WORDS.empty(file.name));
    await this.studio.setOwn(kind, { name: file.name, text });
  }

  async #paste() {
    const text = this.#area.value;
    if (!this.#kind || text.trim() === "") return;
    await this.studio.setOwn(this.#kind, { name: WORDS.pasted, text });
  }

  update() {
    this.hidden = this.#kind === null;
    const kind = this.#kind;
    if (kind === null) return;
    const own = this.studio.own[kind];
    say(this.#label, kind === "csv" ? WORDS.chooseTable : WORDS.chooseText);
    say(this.#said, own ? WORDS.opened(own.name, own.text.length) : kind === "csv" ? WORDS.noTable : WORDS.noText);
    this.#area.placeholder = kind === "csv" ? WORDS.pasteTable : WORDS.pasteText;
    if (document.activeElement !== this.#area) this.#area.value = own && own.name === WORDS.pasted ? own.text.slice(0, SHOWN) : "";
    this.#clear.hidden = !own;
  }
}

customElements.define("own-data", OwnData);
