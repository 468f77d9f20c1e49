// Name, promise, and what concerns the page as a whole: direction, theme, size, link, keys.
import { button, choice } from "./controls.js";
import { draw, make, say, SessionElement, write } from "./dom.js";
import { TEXT } from "../strings/en.js";

const PANEL = "M2 3h12v10H2zm1 1v8h3V4zm4 0v8h6V4z";

class TopBar extends SessionElement {
  static listens = ["trace", "mode", "theme"];
  /** @type {any} */
  #mode;
  /** @type {any} */
  #loss;
  /** @type {any} */
  #theme;
  /** @type {HTMLButtonElement} */
  #projector = /** @type {any} */ (null);
  /** @type {HTMLButtonElement} */
  #panel = /** @type {any} */ (null);
  #told = make("span", { class: "told", role: "status" });
  #help = make("dialog", { class: "help", "aria-label": TEXT.help.title });
  /** @type {HTMLAnchorElement[]} */
  #screens = [];
  /** Shows a screen. @type {(name: string) => void} */
  go = () => {};
  /** A screen other than Step. @type {{name: string, link: string, focus: () => void, help: {keys: [string[], string][], mouse: string}} | null} */
  #screen = null;

  set screen(screen) {
    this.#screen = screen;
    this.#fillHelp();
    this.update();
  }

  build() {
    const { session } = this;
    const { top } = TEXT;
    this.#panel = button(top.panel, () => session.set({ panel: !session.state.panel }, { history: "replace" }), { path: PANEL, silent: true, class: "panel" });
    this.#mode = choice(top.direction, top.directions, (mode) => session.set({ mode }), { silent: true });
    this.#loss = choice(top.loss, top.losses, (loss) => session.set({ loss }), { silent: true });
    this.#theme = choice(top.theme, top.themes, (theme) => session.set({ theme }, { history: "replace" }), { silent: true });
    this.#projector = button(top.projector, () => session.set({ projector: !session.state.projector }, { history: "replace" }));
    const share = button(top.share, () => void this.#share());
    const help = button("?", () => this.openHelp(), { class: "line round" });
    write(help, { "aria-label": TEXT.help.title, title: TEXT.help.title });
    const mark = draw(
      "svg",
      { class: "mark", viewBox: "0 0 32 16", "aria-hidden": "true" },
      draw("path", { d: "M5 8h22", class: "arrow" }),
      ...[5, 16, 27].map((cx, k) => draw("circle", { cx, cy: 8, r: 4, class: k === 2 ? "last" : "cell" })),
    );
    this.#screens = top.screens.map(({ name, title, href }) => make("a", { href, text: title, "data-screen": name, on: { click: (/** @type {MouseEvent} */ event) => this.#leave(event, name) } }));
    this.#fillHelp();
    const focus = () => (this.#screen ? this.#screen.focus() : /** @type {HTMLElement | null} */ (document.querySelector("transport-bar [role=slider]"))?.focus());
    this.append(
      make(
        "header",
        {},
        button(top.skip, focus, { class: "skip line" }),
        this.#panel,
        make("h1", {}, mark, TEXT.name),
        make("nav", { "aria-label": top.screen }, ...this.#screens),
        make("p", { class: "promise", text: TEXT.promise }),
        make("div", { class: "direction" }, this.#mode.root, this.#loss.root),
        make("div", { class: "page" }, this.#theme.root, this.#projector, share, this.#told, help),
      ),
      this.#help,
    );
  }

  openHelp() {
    if (!this.#help.open) this.#help.showModal();
  }

  /** @param {MouseEvent} event @param {string} name */
  #leave(event, name) {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    this.go(name);
  }

  #fillHelp() {
    const { keys, mouse } = this.#screen?.help ?? TEXT.help;
    const close = button(TEXT.help.close, () => this.#help.close(), { class: "line" });
    const rows = keys.map(([keys, what]) =>
      make("div", {}, make("dt", {}, ...keys.map((key) => make("kbd", { text: key }))), make("dd", { text: what })),
    );
    this.#help.replaceChildren(make("h2", { text: TEXT.help.title }), make("dl", {}, ...rows), make("p", { text: mouse }), close);
  }

  async #share() {
    let told = TEXT.top.shared;
    try {
      await navigator.clipboard.writeText(this.#screen?.link ?? this.session.link);
    } catch {
      // Without the right to write there, the address bar has the same link.
      told = TEXT.top.notShared;
    }
    say(this.#told, told);
    setTimeout(() => say(this.#told, ""), 4000);
  }

  update() {
    const { state } = this.session;
    for (const link of this.#screens) write(link, { "aria-current": link.dataset.screen === (this.#screen?.name ?? "step") ? "page" : null });
    this.#mode.show(state.mode);
    this.#loss.show(state.loss);
    this.#loss.root.hidden = state.mode !== "backward" || state.data.kind === "sentence";
    this.#theme.show(state.theme);
    write(this.#projector, { "aria-pressed": String(state.projector) });
    write(this.#panel, { "aria-expanded": String(state.panel), "aria-controls": "side" });
  }
}

customElements.define("top-bar", TopBar);
