// Everything about one run: its settings, what one can do with it, its checkpoints, and how PyTorch reads them.
import { button } from "../controls.js";
import { make, say, unique } from "../dom.js";
import { hand } from "../plots/files.js";
import { snippetOf } from "./snippet.js";
import { TRAIN } from "../../strings/en-train.js";

/** @typedef {import("../../engine/checkpoints.js").Checkpoint} Checkpoint */

const WORDS = TRAIN.details;

export class RunDetails {
  #name = make("input", { type: "text", maxlength: 80, id: unique("name") });
  #settings = make("p", { class: "settings" });
  #list = make("ul", { class: "checkpoints" });
  #listed = "–";
  #deeds = make("div", { class: "deeds" });
  #code = make("pre", { tabindex: 0 });
  #copied = make("span", { class: "hint", role: "status" });
  #snippet = make("details", { class: "snippet" }, make("summary", { text: WORDS.pytorch }), this.#code, button(WORDS.copy, () => void this.#copy(), { class: "line" }), this.#copied);
  root;

  /** @param {import("../../engine/studio.js").Studio} studio @param {import("../../engine/run.js").Run} run @param {() => void} remove */
  constructor(studio, run, remove) {
    this.studio = studio;
    this.run = run;
    this.#name.addEventListener("change", () => void studio.rename(run, this.#name.value));
    this.keep = button(WORDS.keep, () => void this.#tried(() => studio.conductor.save(run)), { class: "line" });
    this.goOn = button(WORDS.goOn, () => void studio.conductor.resume(run), { class: "line" });
    this.#deeds.append(
      this.goOn,
      this.keep,
      button(WORDS.rerun, () => void studio.rerun(run), { class: "line" }),
      button(WORDS.use, () => studio.set({ ...run.setup, experiment: "" }), { class: "line" }),
      button(WORDS.remove, remove, { class: "line" }),
    );
    this.root = make(
      "div",
      { class: "details" },
      make("div", { class: "menu" }, make("label", { for: this.#name.id, text: WORDS.name }), this.#name),
      this.#settings,
      this.#deeds,
      make("h3", { text: WORDS.checkpoints }),
      this.#list,
      this.#snippet,
    );
  }

  show() {
    const { run, studio } = this;
    if (document.activeElement !== this.#name) this.#name.value = run.name;
    say(this.#settings, TRAIN.runs.settings(run.setup, studio.registry));
    this.keep.disabled = !run.live;
    this.goOn.disabled = run.state === "training" || (!run.live && run.checkpoints.length === 0);
    say(this.#code, run.summary ? snippetOf(run, TRAIN.runs.fileName(run.name, run.updates)) : "");
    // What is the same stays: a button that is being pressed must not go away.
    const listed = run.checkpoints.map(({ key, update, saved }) => `${key} ${update} ${saved}`).join();
    if (listed === this.#listed) return;
    this.#listed = listed;
    const items = run.checkpoints.map((one) => this.#item(one));
    this.#list.replaceChildren(...(items.length > 0 ? items : [make("li", { class: "hint", text: WORDS.none })]));
  }

  /** @param {Checkpoint} one */
  #item(one) {
    const { run, studio } = this;
    const bytes = () => studio.conductor.checkpointBytes(one);
    const deed = (/** @type {string} */ title, /** @type {() => any} */ press) => button(title, () => void this.#tried(press), { class: "link" });
    return make(
      "li",
      {},
      make("span", { text: WORDS.checkpoint(run, one) }),
      deed(WORDS.openInStep, async () => studio.openInStep(run, await bytes(), one.update)),
      deed(WORDS.openInCompare, async () => studio.openInCompare(run, await bytes(), one.update)),
      deed(WORDS.goOnFrom, () => studio.conductor.resume(run, one)),
      deed(WORDS.export, async () => this.#export(one, await bytes())),
      deed(WORDS.removeCheckpoint, () => studio.removeCheckpoint(run, one)),
    );
  }

  /** The file that PyTorch reads, and what is to be known about it. @param {Checkpoint} one @param {Uint8Array} bytes */
  #export(one, bytes) {
    const { run } = this;
    const name = TRAIN.runs.fileName(run.name, one.update);
    hand(name, new Blob([/** @type {any} */ (bytes)], { type: "application/octet-stream" }));
    const { update, examples, validation } = one;
    const about = { format: "unrolled-run", version: 1, name: run.name, setup: run.setup, update, examples, validation, task: run.summary?.task, weights: name };
    hand(name.replace(/\.safetensors$/, ".json"), new Blob([JSON.stringify(about, null, 2)], { type: "application/json" }));
  }

  async #copy() {
    let told = WORDS.copied;
    try {
      await navigator.clipboard.writeText(this.#code.textContent ?? "");
    } catch {
      getSelection()?.selectAllChildren(this.#code);
      told = WORDS.notCopied;
    }
    say(this.#copied, told);
    setTimeout(() => say(this.#copied, ""), 4000);
  }

  /** @param {() => any} deed */
  async #tried(deed) {
    try {
      await deed();
    } catch (error) {
      this.studio.report(error instanceof Error ? error.message : String(error));
    }
  }
}
