// What the network reads: a curve or words on the common time axis, with what is forecast and what came.
import { button } from "./controls.js";
import { make, say, SessionElement, write } from "./dom.js";
import { Chart } from "./sequence/chart.js";
import { Strip } from "./sequence/strip.js";
import { Words } from "./sequence/words.js";
import { drawnValue } from "../state/link.js";
import { stretched } from "../engine/sequence.js";
import { TEXT } from "../strings/en.js";

const STEP = 0.5; // what an arrow key adds to a reading, in its unit

class SequenceView extends SessionElement {
  static listens = ["trace", "select", "hover", "theme"];
  #title = make("h2");
  #when = make("span", { class: "when" });
  #value = make("input", { type: "number", step: "any", class: "value", "aria-label": TEXT.sequence.reading });
  #unit = make("span", { class: "unit" });
  #reading = make("label", { class: "reading" }, this.#value, this.#unit);
  #forecast = make("span", { class: "forecast" });
  #text = make("input", { type: "text", class: "text", maxlength: 600, spellcheck: "false", "aria-label": TEXT.sequence.sentence });
  /** @type {HTMLButtonElement} */
  #undo = /** @type {any} */ (null);
  #stage = make("div", { class: "stage" });
  #chart = new Chart();
  #words = new Words();
  /** @type {Strip} */
  #strip = /** @type {any} */ (null);
  #resize = new ResizeObserver(() => this.#size());
  /** @type {"seek" | "edit" | "draw" | null} */
  #drag = null;
  #waiting = 0;

  build() {
    const { session } = this;
    this.#undo = button(TEXT.sequence.reset, () => session.set({ data: { edits: [] } }), { class: "link" });
    this.#strip = new Strip(
      (start, done) => {
        session.pause();
        this.#soon(() => session.set({ data: { start, edits: [] } }, { history: done ? "push" : "none" }), done);
      },
      () => session.state.data,
    );
    this.#value.addEventListener("change", () => {
      if (this.#value.value !== "") this.#edit(session.selection.t, this.#value.valueAsNumber, true);
    });
    this.#text.addEventListener("change", () => session.set({ data: { text: this.#text.value, label: null } }));
    this.append(
      make("header", {}, this.#title, this.#undo, this.#text, make("p", { class: "readout" }, this.#when, this.#reading, this.#forecast)),
      this.#stage,
    );
    this.#stage.append(this.#chart.root, this.#words.root, this.#strip.root);
    for (const root of [this.#chart.root, this.#words.root]) {
      root.addEventListener("pointerdown", (event) => this.#down(event));
      root.addEventListener("pointermove", (event) => this.#move(event));
      root.addEventListener("pointerup", (event) => this.#up(event));
      root.addEventListener("pointercancel", (event) => this.#up(event));
      root.addEventListener("pointerleave", () => session.setHover({ t: null }));
    }
    this.#chart.handle.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
      const by = { ArrowUp: STEP, ArrowDown: -STEP }[event.key];
      if (by === undefined) return;
      event.preventDefault();
      event.stopPropagation();
      const { t } = session.selection;
      this.#edit(t, session.sequence.shown[t] + by, true);
    });
  }

  listen(/** @type {AbortSignal} */ signal) {
    this.#resize.observe(this.#stage);
    signal.addEventListener("abort", () => this.#resize.disconnect());
  }

  /** At most once a frame; the last one always. @param {() => void} deed @param {boolean} now */
  #soon(deed, now) {
    cancelAnimationFrame(this.#waiting);
    if (now) deed();
    else this.#waiting = requestAnimationFrame(deed);
  }

  /** Changes one reading. @param {number} t @param {number} value @param {boolean} done */
  #edit(t, value, done) {
    const { session } = this;
    if (!Number.isFinite(value)) return;
    const rounded = Math.round(value * 100) / 100;
    if (session.sequence.kind === "draw") {
      const line = [...stretched(session.state.data.drawn.length ? session.state.data.drawn : [0], session.steps + 1)];
      line[t] = value;
      void session.set({ data: { drawn: line.map(drawnValue) } }, { history: done ? "push" : "none" });
      return;
    }
    const edits = session.state.data.edits.filter((edit) => edit.t !== t);
    void session.set({ data: { edits: [...edits, { t, value: rounded }] } }, { history: done ? "push" : "none" });
  }

  get #figure() {
    return this.session.sequence.kind === "sentence" ? this.#words : this.#chart;
  }

  /** @param {PointerEvent} event */
  #place(event) {
    const box = this.#figure.root.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }

  /** @param {PointerEvent} event */
  #down(event) {
    if (event.button !== 0) return;
    const { session } = this;
    session.pause();
    const { x, y } = this.#place(event);
    const figure = this.#figure;
    figure.root.setPointerCapture(event.pointerId);
    const t = figure.stepAt(x);
    const drawing = session.sequence.kind === "draw";
    this.#drag = drawing ? "draw" : figure === this.#chart && this.#chart.onHandle(x, y) ? "edit" : "seek";
    if (this.#drag === "draw" && !session.state.data.drawn.length) this.#chart.frozen = true;
    if (this.#drag !== "edit") void session.seek(t);
    if (this.#drag !== "seek") this.#chart.frozen = true;
    this.#last = { t, value: this.#chart.valueAt(y) };
    if (this.#drag === "draw") this.#sketch(t, this.#chart.valueAt(y));
  }
  /** @type {{t: number, value: number}} */
  #last = { t: 0, value: 0 };

  /** @param {PointerEvent} event */
  #move(event) {
    const { session } = this;
    const { x, y } = this.#place(event);
    const t = this.#figure.stepAt(x);
    session.setHover({ t });
    if (this.#drag === "seek") void session.seek(t);
    if (this.#drag === "edit") {
      const value = this.#chart.valueAt(y);
      this.#soon(() => this.#edit(session.selection.t, value, false), false);
    }
    if (this.#drag === "draw") this.#sketch(t, this.#chart.valueAt(y));
  }

  /** Draws from the last place to this one. @param {number} t @param {number} value */
  #sketch(t, value) {
    const { session } = this;
    const { data } = session.state;
    const line = [...stretched(data.drawn.length ? data.drawn : [0], session.steps + 1)];
    const from = this.#last;
    const span = Math.abs(t - from.t);
    for (let k = 0; k <= span; k++) {
      const at = from.t + Math.sign(t - from.t) * k;
      line[at] = span === 0 ? value : from.value + ((value - from.value) * k) / span;
    }
    if (t === session.steps - 1) line[session.steps] = value;
    this.#last = { t, value };
    void session.set({ data: { drawn: line.map(drawnValue) }, selection: { t } }, { history: "none" });
  }

  /** @param {PointerEvent} event */
  #up(event) {
    const drag = this.#drag;
    this.#drag = null;
    this.#chart.frozen = false;
    this.#figure.root.releasePointerCapture(event.pointerId);
    if (drag === "edit" || drag === "draw") {
      cancelAnimationFrame(this.#waiting);
      if (drag === "edit") this.#edit(this.session.selection.t, this.#chart.valueAt(this.#place(event).y), true);
      else void this.session.set({}, { history: "replace" });
      this.#size();
    }
  }

  #size() {
    const { session } = this;
    const width = this.#stage.clientWidth;
    if (!session?.sequence || width === 0) return;
    const letter = parseFloat(getComputedStyle(this.#stage).fontSize);
    const words = session.sequence.kind === "sentence";
    const year = session.sequence.kind === "weather";
    const strip = year ? Math.round(letter * 2.9) : 0;
    const height = this.#stage.clientHeight - strip - (year ? 4 : 0);
    if (words) this.#words.draw(session, width, height, letter);
    else this.#chart.draw(session, width, height, letter);
    if (year) this.#strip.draw(session, width, strip, letter);
  }

  update(/** @type {string} */ event) {
    const { session } = this;
    if (event === "hover") {
      this.#figure.hover(session);
      return;
    }
    const words = session.sequence.kind === "sentence";
    write(this.#chart.root, { hidden: words });
    write(this.#words.root, { hidden: !words });
    write(this.#strip.root, { hidden: session.sequence.kind !== "weather" });
    write(this.#chart.root, { class: session.sequence.kind === "draw" ? "chart drawing" : "chart" });
    if (event === "select") this.#figure.move(session);
    else this.#size();
    this.#figure.hover(session);
    this.#read();
  }

  /** The line of words above the figure. */
  #read() {
    const { session } = this;
    const { sequence, state, selection } = session;
    const { t } = selection;
    const words = sequence.kind === "sentence";
    const station = session.library.weather?.stations.find(({ name }) => name === state.data.station)?.title ?? "";
    this.#title.hidden = words;
    this.#text.hidden = !words;
    say(this.#title, TEXT.sequence.title(sequence.kind, station));
    if (document.activeElement !== this.#text) this.#text.value = state.data.text;
    this.#reading.hidden = words;
    this.#undo.hidden = sequence.edited.size === 0;
    say(this.#when, words ? TEXT.sequence.after(session.labels(t).long) : TEXT.sequence.read);
    if (words) {
      const answers = session.prediction(t);
      say(this.#forecast, Array.isArray(answers) ? TEXT.sequence.answers(answers, sequence.classes, sequence.label) : "");
      return;
    }
    const value = sequence.shown[t];
    if (document.activeElement !== this.#value) this.#value.value = Number.isFinite(value) ? String(Number(value.toFixed(2))) : "";
    this.#value.placeholder = Number.isFinite(value) ? "" : TEXT.sequence.gap;
    say(this.#unit, sequence.unit);
    const said = session.prediction(t);
    const came = /** @type {number} */ (session.target(t));
    say(this.#forecast, typeof said === "number" ? TEXT.sequence.forecast(Number.isFinite(said) ? session.unitText(said) : TEXT.noNumber, session.unitText(came), sequence.kind) : "");
  }
}

customElements.define("sequence-view", SequenceView);
