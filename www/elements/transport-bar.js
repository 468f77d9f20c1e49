// Play, step, speed, and the scrub bar on the common time axis.
import { button, menu } from "./controls.js";
import { icon, make, say, SessionElement, write } from "./dom.js";
import { TEXT } from "../strings/en.js";

const PLAY = "M4 2.5v11l9-5.5z";
const PAUSE = "M4 2.5h3v11H4zM9 2.5h3v11H9z";
const BACK = "M11 3v10L4.5 8z";
const FORTH = "M5 3v10l6.5-5z";
const FIRST = "M3 3h2v10H3zM13 3v10L6 8z";
const LAST = "M3 3v10l7-5zM11 3h2v10h-2z";
const SPEEDS = [0.25, 0.5, 1, 2, 4];

class TransportBar extends SessionElement {
  static listens = ["trace", "select", "mode", "play", "hover"];
  #thumb = make("div", { class: "thumb" });
  #read = make("div", { class: "read" });
  #mark = make("div", { class: "mark" });
  #track = make("div", { class: "track" }, make("div", { class: "rail" }), this.#read, this.#mark, this.#thumb);
  #play = make("button", { type: "button", class: "play", on: { click: () => this.#toggle() } });
  #where = make("span", { class: "where" });
  /** @type {any} */
  #speed = null;
  #resize = new ResizeObserver(() => this.#place());

  build() {
    const { session } = this;
    write(this.#track, { role: "slider", tabindex: 0, "aria-label": TEXT.transport.scrub, "aria-valuemin": 1 });
    this.#track.addEventListener("pointerdown", (/** @type {PointerEvent} */ event) => {
      if (event.button !== 0) return;
      session.pause();
      this.#track.setPointerCapture(event.pointerId);
      this.#seek(event);
    });
    this.#track.addEventListener("pointermove", (/** @type {PointerEvent} */ event) => {
      if (this.#track.hasPointerCapture(event.pointerId)) this.#seek(event);
    });
    // ←, → and Home, End come from the page's keys; a slider has these as well.
    this.#track.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
      const by = { ArrowUp: 1, ArrowDown: -1, PageUp: 10, PageDown: -10 }[event.key];
      if (by === undefined) return;
      event.preventDefault();
      session.step(by);
    });
    const control = (/** @type {string} */ title, /** @type {string} */ path, /** @type {() => void} */ press) =>
      button(title, press, { path, silent: true });
    const seek = (/** @type {() => number} */ t) => () => {
      session.pause();
      void session.seek(t());
    };
    this.#speed = menu(
      TEXT.transport.speed,
      SPEEDS.map((speed) => ({ name: String(speed), title: TEXT.transport.times(speed) })),
      (name) => session.set({ speed: Number(name) }),
    );
    this.append(
      this.#track,
      make(
        "div",
        { class: "controls" },
        control(TEXT.transport.first, FIRST, seek(() => 0)),
        control(TEXT.transport.back, BACK, () => session.step(-1)),
        this.#play,
        control(TEXT.transport.forth, FORTH, () => session.step(1)),
        control(TEXT.transport.last, LAST, seek(() => session.steps - 1)),
        this.#where,
        this.#speed.root,
      ),
    );
  }

  listen(/** @type {AbortSignal} */ signal) {
    this.#resize.observe(this.#track);
    signal.addEventListener("abort", () => this.#resize.disconnect());
  }

  #toggle() {
    if (this.session.playing) this.session.pause();
    else this.session.play();
  }

  /** @param {PointerEvent} event */
  #seek(event) {
    const box = this.#track.getBoundingClientRect();
    const { left, right } = this.session.axis;
    const share = (event.clientX - box.left - left) / (box.width - left - right);
    void this.session.seek(Math.floor(share * this.session.steps));
  }

  #place() {
    const { session } = this;
    const { left, right } = session.axis;
    const at = (/** @type {number} */ t) => left + ((t + 0.5) / session.steps) * (this.#track.clientWidth - left - right);
    const { t } = session.selection;
    this.#track.style.setProperty("--left", `${left}px`);
    this.#track.style.setProperty("--right", `${right}px`);
    this.#track.style.setProperty("--at", `${at(t)}px`);
    const { hover } = session;
    this.#mark.hidden = hover.t === null;
    if (hover.t !== null) this.#track.style.setProperty("--hover", `${at(hover.t)}px`);
  }

  update(/** @type {string} */ event) {
    this.#place();
    if (event === "hover") return;
    const { session } = this;
    const { t } = session.selection;
    write(this.#track, { "aria-valuenow": t + 1, "aria-valuemax": session.steps, "aria-valuetext": session.stepText(t) });
    this.#track.classList.toggle("backward", session.state.mode === "backward");
    say(this.#where, TEXT.transport.where(t + 1, session.steps, session.labels(t).long));
    if (this.#play.dataset.playing !== String(session.playing)) {
      this.#play.dataset.playing = String(session.playing);
      this.#play.replaceChildren(icon(session.playing ? PAUSE : PLAY), make("span", { text: session.playing ? TEXT.transport.pause : TEXT.transport.play }));
    }
    const speed = String(session.state.speed);
    if (!SPEEDS.includes(session.state.speed)) {
      const all = [...SPEEDS, session.state.speed].sort((a, b) => a - b);
      this.#speed.fill(all.map((s) => ({ name: String(s), title: TEXT.transport.times(s) })));
    }
    this.#speed.show(speed);
  }
}

customElements.define("transport-bar", TransportBar);
