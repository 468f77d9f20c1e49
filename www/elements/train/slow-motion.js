// <slow-motion>: the next update of the current run, taken apart on the unrolled picture: forward, loss, backward through time,
// clip, update. The training itself waits; what is taken apart here it then does, bit for bit.
import { button } from "../controls.js";
import { make, say, unique, write } from "../dom.js";
import { CHARTS, SLOW } from "../../strings/en-train-plots.js";
import { StudioElement } from "./dom.js";
import { SlowPicture } from "./slow-motion-picture.js";
import { PHASES, Steps } from "./slow-motion-steps.js";

/** @typedef {import("./slow-motion-steps.js").Taken} Taken */

/** How long the way through a sequence takes, and how long a phase is looked at when it plays. Milliseconds. */
const WAY = { least: 900, most: 3500, each: 60 };
const LOOK = 2600;

class SlowMotion extends StudioElement {
  static listens = ["runs"];
  /** @type {Steps | null} */
  #steps = null;
  /** Of which run. @type {any} */
  #run = null;
  /** The phase that is shown, of those taken. */
  #shown = -1;
  /** A request is under way: what comes back to another one is not ours any more. */
  #asked = 0;
  #busy = false;
  /** @type {SlowPicture | null} */
  #picture = null;
  #t = 0;
  #frame = 0;
  #playing = false;
  #timer = 0;
  #reduced = matchMedia("(prefers-reduced-motion: reduce)");

  #title = make("h3", { id: unique("slow"), text: SLOW.title });
  #list = make("ol", { class: "phases" });
  #sentence = make("p", { class: "tells", "aria-live": "polite" });
  #place = make("div", { class: "place" });
  #table = make("div", { class: "scroll", tabindex: 0, role: "region", hidden: true });
  #back = button(SLOW.previous, () => this.#go(-1), { path: "M10 3L5 8l5 5" });
  #next = button("", () => this.#go(1), { class: "main" });
  #play = button(SLOW.play, () => this.#toggle());

  build() {
    const { session } = this.studio;
    this.#picture = new SlowPicture(session.module, () => session.theme);
    write(this, { role: "region", "aria-labelledby": this.#title.id, tabindex: -1 });
    this.classList.add("slow-motion");
    const close = button(SLOW.close, () => this.#leave(), { path: "M4 4l8 8M12 4l-8 8", silent: true, class: "cross" });
    this.#list.append(
      ...PHASES.map((phase, k) => make("li", {}, make("button", { type: "button", text: SLOW.phases[phase], on: { click: () => this.#jump(k) } }))),
    );
    this.#place.append(this.#picture.root);
    this.append(
      make("header", {}, this.#title, close),
      make("div", { class: "steps" }, this.#list, make("div", { class: "transport" }, this.#back, this.#next, this.#play)),
      this.#sentence,
      this.#place,
      this.#table,
      make("p", { class: "keys", text: SLOW.keys }),
    );
  }

  /** @param {AbortSignal} signal */
  listen(signal) {
    this.addEventListener("keydown", (event) => this.#key(event), { signal });
    const sized = new ResizeObserver(() => {
      this.#picture?.measure();
      this.#draw();
    });
    sized.observe(this.#place);
    this.studio.session.addEventListener("theme", () => this.#draw(), { signal });
    signal.addEventListener("abort", () => {
      sized.disconnect();
      this.close();
    });
  }

  update() {
    // Another run, or none: what is shown is of the one that was chosen when it was opened.
    if (this.#steps && !this.studio.runs.includes(this.#run)) this.#leave();
  }

  /** Fetches the training as it is now, and shows the first phase of its next update. */
  async open() {
    this.close();
    const ours = ++this.#asked;
    this.#run = this.studio.current;
    this.#place.hidden = true;
    if (!this.#run) {
      say(this.#sentence, SLOW.none);
      return this.#buttons();
    }
    say(this.#sentence, SLOW.waiting);
    this.#buttons();
    try {
      const trainer = await this.studio.pageTrainer(this.#run);
      if (ours !== this.#asked) return trainer.free();
      this.#steps = new Steps(trainer);
      this.#place.hidden = false;
      this.focus({ preventScroll: true });
      this.#take();
    } catch (error) {
      if (ours === this.#asked) this.#fail(error);
    }
  }

  close() {
    this.#asked++;
    this.#halt();
    this.#steps?.free();
    this.#steps = null;
    this.#shown = -1;
    this.#busy = false;
    this.#table.hidden = true;
    say(this.#title, SLOW.title);
  }

  #leave() {
    this.close();
    this.dispatchEvent(new CustomEvent("close"));
  }

  // ---- from phase to phase

  /** @param {1 | -1} by */
  #go(by) {
    if (!this.#steps || this.#busy) return;
    // On the way: first to its end.
    if (by > 0 && this.#frame) return this.#arrive();
    if (by < 0) {
      this.#stopPlaying();
      if (this.#shown > 0) this.#jump(this.#shown - 1);
    } else if (this.#shown < this.#steps.taken.length - 1) this.#jump(this.#shown + 1);
    else if (this.#steps.next) this.#take();
    else void this.#carryOut();
  }

  /** To a phase that was taken. @param {number} k */
  #jump(k) {
    if (!this.#steps || this.#busy || k >= this.#steps.taken.length) return;
    this.#show(k);
  }

  #take() {
    if (!this.#steps) return;
    try {
      this.#steps.take();
      this.#show(this.#steps.taken.length - 1);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** The training does what was shown; then its next update. */
  async #carryOut() {
    if (!this.#steps) return;
    const ours = this.#asked;
    this.#busy = true;
    this.#buttons();
    try {
      await this.studio.update();
      if (ours !== this.#asked || !this.#steps) return;
      this.#busy = false;
      this.#steps.begin();
      this.#take();
    } catch (error) {
      if (ours === this.#asked) this.#fail(error);
    }
  }

  /** @param {unknown} error */
  #fail(error) {
    this.close();
    this.#place.hidden = true;
    this.#buttons();
    say(this.#sentence, SLOW.failed(error instanceof Error ? error.message : String(error)));
  }

  /** @param {number} k */
  #show(k) {
    const steps = /** @type {Steps} */ (this.#steps);
    const taken = steps.taken[k];
    this.#shown = k;
    this.#still();
    say(this.#title, SLOW.of(steps.number, this.#run.name));
    say(this.#sentence, taken.sentence);
    this.#fill(taken);
    this.#buttons();
    const back = taken.phase !== "forward" && taken.phase !== "loss" && steps.gradients;
    const subject = /** @type {import("./slow-motion-steps.js").Subject} */ (steps.subject);
    this.#picture?.show(taken.phase === "forward" ? { ...subject, output: () => null } : subject, steps.states, back ? steps.gradients : null);
    const last = subject.steps - 1;
    if (taken.phase === "forward") this.#travel(0, last);
    else if (taken.phase === "backward") this.#travel(last, 0);
    else this.#travel(back ? 0 : last, back ? 0 : last);
  }

  /** @param {Taken} taken */
  #fill({ phase, table }) {
    this.#table.hidden = !table;
    this.#table.replaceChildren();
    if (!table) return;
    this.#table.setAttribute("aria-label", SLOW.table(SLOW.phases[phase]));
    const cell = (/** @type {string | number} */ value) => (typeof value === "number" ? (Number.isInteger(value) ? String(value) : CHARTS.value(value)) : value);
    const rows = table.rows.map(([head, ...values]) =>
      make("tr", {}, make("th", { scope: "row", text: String(head) }), ...values.map((value) => make("td", { text: cell(value) }))),
    );
    const head = make("tr", {}, ...table.head.map((text) => make("th", { scope: "col", text })));
    this.#table.append(
      make("table", {}, make("caption", { text: table.note || SLOW.table(SLOW.phases[phase]), class: table.note ? null : "visually-hidden" }), make("thead", {}, head), make("tbody", {}, ...rows)),
    );
  }

  #buttons() {
    const taken = this.#steps?.taken ?? [];
    [...this.#list.children].forEach((item, k) => {
      const press = /** @type {HTMLButtonElement} */ (item.firstElementChild);
      press.disabled = k >= taken.length;
      write(press, { "aria-current": k === this.#shown ? "step" : null });
      item.classList.toggle("done", k < taken.length);
    });
    const next = this.#steps && (PHASES[this.#shown + 1] ?? null);
    say(this.#next, !this.#steps ? SLOW.title : next ? SLOW.next(SLOW.phases[next]) : SLOW.done);
    // A button that has the focus loses it with being disabled, and the keys with it.
    const focused = this.contains(document.activeElement);
    this.#next.disabled = this.#play.disabled = !this.#steps || this.#busy;
    this.#back.disabled = !this.#steps || this.#busy || this.#shown <= 0;
    if (focused && document.activeElement?.matches(":disabled, body")) this.focus({ preventScroll: true });
  }

  // ---- motion

  /** From step to step, so fast that it can be followed; at once where motion is not wanted. @param {number} from @param {number} to */
  #travel(from, to) {
    const steps = Math.abs(to - from);
    if (steps === 0 || this.#reduced.matches) {
      this.#t = to;
      this.#draw();
      return this.#rest();
    }
    const span = Math.min(WAY.most, Math.max(WAY.least, WAY.each * steps));
    const begun = performance.now();
    const walk = (/** @type {number} */ now) => {
      const share = Math.min(1, (now - begun) / span);
      this.#t = from + (to - from) * share;
      this.#draw();
      this.#frame = share < 1 ? requestAnimationFrame(walk) : 0;
      if (share >= 1) this.#rest();
    };
    this.#target = to;
    this.#frame = requestAnimationFrame(walk);
  }
  #target = 0;

  /** Ends the way at once. */
  #arrive() {
    this.#still();
    this.#t = this.#target;
    this.#draw();
    this.#rest();
  }

  #draw() {
    if (this.#steps && this.#shown >= 0) this.#picture?.draw(this.#t);
  }

  /** A phase has been shown: when it plays, the next one follows. */
  #rest() {
    if (!this.#playing || !this.#steps) return;
    const more = this.#shown < PHASES.length - 1;
    if (more) this.#timer = window.setTimeout(() => this.#go(1), LOOK);
    else this.#stopPlaying();
  }

  #toggle() {
    if (!this.#steps) return;
    if (this.#playing) return this.#stopPlaying();
    this.#playing = true;
    say(this.#play, SLOW.pause);
    if (!this.#frame) this.#go(1);
  }

  #stopPlaying() {
    this.#playing = false;
    clearTimeout(this.#timer);
    say(this.#play, SLOW.play);
  }

  #still() {
    cancelAnimationFrame(this.#frame);
    clearTimeout(this.#timer);
    this.#frame = 0;
  }

  #halt() {
    this.#still();
    this.#stopPlaying();
  }

  // ---- keys

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const onButton = /** @type {Element} */ (event.target).closest("button");
    /** @type {Record<string, () => void>} */
    const keys = {
      ArrowRight: () => this.#go(1),
      n: () => this.#go(1),
      ArrowLeft: () => this.#go(-1),
      Escape: () => this.#leave(),
      ...(onButton ? {} : { " ": () => this.#toggle() }),
    };
    const deed = keys[event.key];
    if (!deed) return;
    event.preventDefault();
    event.stopPropagation();
    deed();
  }
}

customElements.define("slow-motion", SlowMotion);
