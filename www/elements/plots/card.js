// One plot: its figure, its legend that is also its read-out, its sentence, its table and its files.
import { button, choice, menu } from "../controls.js";
import { draw, make, say, unique, write } from "../dom.js";
import { PLOTS } from "../../strings/en-plots.js";
import { save } from "./files.js";
import { Table } from "./table.js";
import { ticksOf } from "./ticks.js";

/** @typedef {import("../../engine/session.js").Session} Session */
/** @typedef {import("./view.js").PlotSpec} PlotSpec */
/** @typedef {import("./view.js").Choice} Choice */
/** @typedef {{name: string, lane: string, ghost: boolean, colour: string, dashes: number[], panel: number, values: Float64Array}} Series */

/** Progress is shown, and a growing curve drawn, at most this often. Milliseconds. */
const SHOW_PACE = 200;

export class Card {
  #session;
  spec;
  /** @type {Choice} */
  #choice;
  /** Something about it is not as the session is: its data, or only its drawing. */
  stale = true;
  pale = true;
  visible = false;
  /** What the data were made for. */
  #key = "";
  /** @type {{title: string, summary: string, ready: boolean, series: Series[]} | null} */
  #data = null;
  /** The plotting rectangle, CSS pixels from the stage's corner. @type {{left: number, top: number, width: number, height: number} | null} */
  #plot = null;
  /** @type {Set<string>} */
  #hidden = new Set();
  /** @type {string | null} */
  #highlight = null;
  #shownAt = 0;
  #startedAt = 0;
  /** @type {{item: HTMLElement, value: HTMLElement, was: HTMLElement, series: Series, ghost: Series | undefined}[]} */
  #legend = [];
  #legendKey = "";

  #title = make("h3", { id: unique("plot") });
  #progress = make("progress", { max: 1, value: 0, "aria-label": PLOTS.computing, hidden: true });
  #canvas = make("canvas", { role: "img" });
  #hover = make("div", { class: "hover" });
  #cursor = make("div", { class: "cursor" });
  #row = make("div", { class: "row" });
  #stage = make("div", { class: "stage" }, this.#canvas, this.#row, this.#hover, this.#cursor);
  #values = make("ul", { class: "values" });
  #at = make("p", { class: "at" });
  #summary = make("p", { class: "summary", id: unique("summary") });
  /** @type {import("../controls.js").Control | null} */
  #scale = null;
  /** @type {HTMLButtonElement | null} */
  #relative = null;
  /** @type {ReturnType<typeof menu> | null} */
  #lanes = null;
  #laneNames = "";
  #table;

  /**
   * @param {Session} session
   * @param {PlotSpec} spec
   * @param {Choice} chosen
   * @param {(patch: Partial<Choice>) => void} choose  changes how this plot is shown
   */
  constructor(session, spec, chosen, choose) {
    this.#session = session;
    this.spec = spec;
    this.#choice = chosen;
    const has = (/** @type {string} */ name) => spec.options.some((option) => option.name === name);
    const controls = make("div", { class: "controls" });
    if (this.#isHeatmap) {
      this.#lanes = menu(PLOTS.lane, [], (lane) => choose({ lane }));
      controls.append(this.#lanes.root);
    }
    if (has("relative")) {
      this.#relative = button(PLOTS.relative, () => choose({ relative: !this.#choice.relative }));
      write(/** @type {Element} */ (this.#relative), { title: PLOTS.relativeHint });
      controls.append(/** @type {Node} */ (this.#relative));
    }
    if (has("log")) {
      this.#scale = choice(PLOTS.scale, PLOTS.scales, (name) => choose({ log: (name === "log") === this.#logByDefault ? null : name === "log" }), { silent: true });
      controls.append(this.#scale.root);
    }
    this.#table = new Table(() => ({ session, spec, title: this.title, series: this.#data?.series ?? [], lane: this.#isHeatmap ? this.#lane : null }));
    const why = make("details", { class: "why" }, make("summary", { text: PLOTS.why }), make("p", { text: spec.text }));
    const files = PLOTS.files.map(({ name, title }) => button(title, () => this.#save(name), { class: "link" }));
    files.forEach((file, k) => write(file, { "aria-label": `${PLOTS.save(spec.title)}, ${PLOTS.files[k].title}` }));
    this.root = make(
      "section",
      { class: `plot ${spec.name}`, "aria-labelledby": this.#title.id },
      make("header", {}, this.#title, this.#progress, controls),
      make("div", { class: "readout" }, this.#values, this.#at),
      this.#stage,
      this.#summary,
      make("footer", {}, why, this.#table.root, make("div", { class: "files" }, ...files)),
    );
    say(this.#title, spec.title);
    write(this.#canvas, { "aria-label": spec.title, "aria-describedby": this.#summary.id });
    this.#stage.addEventListener("pointermove", (/** @type {PointerEvent} */ event) => this.#point(event));
    this.#stage.addEventListener("pointerleave", () => session.setHover({ t: null, unit: null, lane: null, term: null }));
    this.#stage.addEventListener("click", (/** @type {PointerEvent} */ event) => this.#press(event));
  }

  get title() {
    return this.#data?.title ?? this.spec.title;
  }
  get stage() {
    return this.#stage;
  }
  get #isHeatmap() {
    return this.spec.name === "state-heatmap";
  }
  get #logByDefault() {
    return this.spec.options.some((option) => option.name === "log" && option.default);
  }
  /** The heatmap's lane: the chosen one if this cell has it, else the output. */
  get #lane() {
    const { lanes } = this.#session.spec;
    const named = lanes.find((/** @type {any} */ lane) => lane.name === this.#choice.lane);
    return (named ?? lanes.find((/** @type {any} */ lane) => lane.output) ?? lanes[0]).name;
  }

  /** How it is to be shown from now on. @param {Choice} chosen */
  set choice(chosen) {
    this.#choice = chosen;
    this.#scale?.show((chosen.log ?? this.#logByDefault) ? "log" : "linear");
    if (this.#relative) write(this.#relative, { "aria-pressed": String(chosen.relative) });
    this.check();
  }

  // ---- what it is of

  /** Compares what is shown with what the session says. */
  check() {
    if (this.#keyNow() !== this.#key) this.stale = true;
  }
  #keyNow() {
    const { layer, direction, t } = this.#session.selection;
    const { log, relative } = this.#choice;
    const from = this.spec.name === "influence" ? t : 0;
    return JSON.stringify([layer, direction, from, log, relative, this.#isHeatmap ? this.#lane : "", this.spec.backward ? this.#session.state.loss : ""]);
  }

  /** @param {number} width CSS pixels of the plotting rectangle */
  #options(width = this.#plot?.width ?? 400) {
    const session = this.#session;
    const { layer, direction, t } = session.selection;
    const { log, relative } = this.#choice;
    const words = session.sequence.kind === "sentence";
    return {
      layer,
      direction,
      example: 0,
      from: t,
      loss: PLOTS.losses[words ? "last" : session.state.loss],
      relative,
      theme: session.theme,
      xTitle: PLOTS.axes[session.sequence.kind] ?? "",
      ticks: ticksOf(session, width, this.#font()),
      labels: words ? Array.from({ length: session.steps }, (_, k) => session.labels(k).short) : [],
      ...(log === null ? {} : { log }),
      ...(this.#isHeatmap ? { lane: this.#lane } : {}),
    };
  }

  /**
   * Brings the plot up to date, for about so many milliseconds. False: there is more to do.
   * @param {number} milliseconds
   */
  work(milliseconds) {
    const { trace, ghost } = this.#session;
    if (!trace) return true;
    try {
      if (this.stale) {
        if (this.spec.backward) this.#session.needGradients();
        if (this.spec.heavy) {
          const options = this.#options();
          const now = performance.now();
          this.#startedAt ||= now;
          const share = trace.prepare(this.spec.name, options, milliseconds);
          const done = share < 1 || !ghost ? share : Math.min(share, ghost.prepare(this.spec.name, options, milliseconds));
          this.#progress.hidden = done >= 1 || now - this.#startedAt < SHOW_PACE;
          this.#progress.value = done;
          if (done < 1) {
            // What is known so far is worth a look, now and then.
            if (now - this.#startedAt > SHOW_PACE && now - this.#shownAt > SHOW_PACE) this.#show();
            return false;
          }
        }
        this.#startedAt = 0;
        this.#show();
        this.#key = this.#keyNow();
        this.stale = this.pale = false;
      } else if (this.pale) {
        this.pale = false;
        this.#draw();
      }
    } catch (error) {
      this.#fail(error);
    }
    return true;
  }

  /** The trace is another one: what was begun is void. */
  renew() {
    this.stale = true;
    this.#startedAt = 0;
  }

  /** @param {unknown} error */
  #fail(error) {
    this.stale = this.pale = false;
    this.#key = this.#keyNow();
    this.#data = null;
    this.#canvas.width = 1;
    say(this.#summary, PLOTS.failed(error instanceof Error ? error.message : String(error)));
  }

  #show() {
    const { trace } = this.#session;
    this.#shownAt = performance.now();
    const data = trace.plot(this.spec.name, this.#options());
    this.#data = data;
    say(this.#title, data.title);
    say(this.#summary, data.summary);
    this.#fillLanes();
    // A cell without gates has nothing to draw here; the sentence says so.
    this.root.classList.toggle("empty", !this.#isHeatmap && data.series.length === 0);
    this.#fillLegend(data.series);
    this.#draw();
    this.#table.update();
  }

  #fillLanes() {
    if (!this.#lanes) return;
    const { lanes } = this.#session.spec;
    const names = lanes.map((/** @type {any} */ lane) => lane.name).join();
    if (names !== this.#laneNames) {
      this.#lanes.fill(lanes.map((/** @type {any} */ lane) => ({ name: lane.name, title: `${lane.name}: ${lane.title}` })));
      this.#laneNames = names;
    }
    this.#lanes.show(this.#lane);
  }

  // ---- the figure

  /** CSS pixels of a letter. */
  #font() {
    return parseFloat(getComputedStyle(this.#stage).fontSize);
  }

  #draw() {
    const { clientWidth: width, clientHeight: height } = this.#stage;
    if (width === 0 || !this.#data) return;
    const session = this.#session;
    const { left, right } = session.axis;
    const font = this.#font();
    const drawn = session.trace.draw(this.#canvas, this.spec.name, {
      ...this.#options(width - left - right),
      width,
      height,
      left,
      right,
      font,
      dpr: devicePixelRatio,
      hidden: [...this.#hidden],
      highlight: this.#highlight,
    });
    this.#plot = drawn.plot;
    const { top } = drawn.plot;
    this.#stage.style.setProperty("--top", `${top}px`);
    this.#stage.style.setProperty("--height", `${drawn.plot.height}px`);
    this.#stage.style.setProperty("--left", `${drawn.plot.left}px`);
    this.#stage.style.setProperty("--width", `${drawn.plot.width}px`);
    this.follow();
  }

  /** The chosen step, the step under the pointer, and what the plot says there. Costs no drawing. */
  follow() {
    const session = this.#session;
    const { hover, selection } = session;
    const lane = hover.lane ?? (hover.term?.key === "x" ? "x" : null);
    if (lane !== this.#highlight) {
      const known = (/** @type {string | null} */ name) => this.#data?.series.some((line) => line.lane === name);
      if (known(lane) || known(this.#highlight)) this.pale = true;
      this.#highlight = lane;
    }
    if (!this.#plot) return;
    const { left, top, width, height } = this.#plot;
    const x = (/** @type {number} */ t) => left + ((t + 0.5) / session.steps) * width;
    const hovered = hover.t !== null && hover.t !== selection.t && hover.t < session.steps;
    this.#cursor.style.setProperty("--x", `${x(selection.t).toFixed(2)}px`);
    if (hovered) this.#hover.style.setProperty("--x", `${x(/** @type {number} */ (hover.t)).toFixed(2)}px`);
    this.#hover.hidden = !hovered;
    const t = hover.t ?? selection.t;
    say(this.#at, PLOTS.at(t));
    for (const { item, value, was, series, ghost } of this.#legend) {
      say(value, PLOTS.value(series.values[t] ?? NaN));
      say(was, ghost ? PLOTS.was(ghost.values[t] ?? NaN) : "");
      item.classList.toggle("lit", lane !== null && series.lane === lane);
    }
    if (!this.#isHeatmap) {
      this.#row.hidden = true;
      return;
    }
    const units = session.summary.hidden;
    const unit = hover.unit ?? selection.unit;
    this.#row.hidden = unit === null || unit >= units;
    if (unit !== null && unit < units) {
      this.#row.style.setProperty("--y", `${(top + (unit / units) * height).toFixed(2)}px`);
      this.#row.style.setProperty("--tall", `${(height / units).toFixed(2)}px`);
      const { layer, direction } = selection;
      const value = session.trace.values(layer, direction, t, { example: 0 })[this.#lane]?.[unit] ?? NaN;
      this.#say(PLOTS.unitValue(this.#lane, unit, value));
    } else {
      this.#say(PLOTS.pointAtUnit);
    }
  }

  /** The heatmap's read-out. @param {string} text */
  #say(text) {
    const first = this.#values.firstElementChild ?? this.#values.appendChild(make("li", { class: "plain" }));
    say(first, text);
  }

  // ---- the legend

  /** @param {Series[]} series */
  #fillLegend(series) {
    const plain = series.filter((line) => !line.ghost);
    // What belongs to one lane stands together, over all panels.
    const lanes = [...new Set(plain.map((line) => line.lane))];
    const order = (/** @type {Series} */ line) => lanes.indexOf(line.lane) + line.panel / 10;
    plain.sort((a, b) => order(a) - order(b));
    const ghosts = series.filter((line) => line.ghost);
    const ghostOf = (/** @type {Series} */ line) => ghosts.find((ghost) => ghost.panel === line.panel && ghost.lane === line.lane && ghost.dashes.join() === line.dashes.join());
    const key = JSON.stringify([plain.map((line) => [line.name, line.colour]), ghosts.map((line) => line.colour)]);
    if (key !== this.#legendKey) {
      this.#legendKey = key;
      this.#legend = plain.map((line) => this.#legendItem(line));
      const all = ghosts.length > 0 ? [this.#item(ghosts[0], PLOTS.untouched, ghosts.map((line) => line.name)).item] : [];
      all[0]?.classList.add("ghost");
      this.#values.replaceChildren(...this.#legend.map(({ item }) => item), ...all);
    }
    this.#legend.forEach((entry, k) => Object.assign(entry, { series: plain[k], ghost: ghostOf(plain[k]) }));
  }

  /**
   * A line's sample and name, which show or hide what they stand for.
   * @param {Series} like
   * @param {string} name
   * @param {string[]} lines
   */
  #item(like, name, lines) {
    const sample = draw(
      "svg",
      { class: "sample", viewBox: "0 0 26 8", "aria-hidden": "true" },
      draw("path", { d: "M0 4H26", stroke: like.colour, "stroke-width": 2, "stroke-dasharray": like.dashes.join(" ") || null, fill: "none" }),
    );
    const shown = () => String(!lines.some((line) => this.#hidden.has(line)));
    const press = make("button", { type: "button", "aria-pressed": shown(), title: PLOTS.toggle(name) }, sample, make("span", { class: "name", text: name }));
    press.addEventListener("click", () => {
      const hide = shown() === "true";
      for (const line of lines) hide ? this.#hidden.add(line) : this.#hidden.delete(line);
      write(press, { "aria-pressed": shown() });
      this.pale = true;
      this.onchange();
    });
    return { item: make("li", {}, press), press };
  }

  /** @param {Series} line */
  #legendItem(line) {
    const session = this.#session;
    const { item, press } = this.#item(line, line.name, [line.name]);
    const value = make("span", { class: "value" });
    const was = make("span", { class: "was", title: PLOTS.untouched });
    press.append(value, was);
    const input = line.lane === "x";
    const tell = () => session.setHover({ lane: input ? null : line.lane, term: input ? { kind: "quantity", key: "x" } : null });
    const leave = () => session.setHover({ lane: null, term: null });
    for (const [event, listener] of /** @type {const} */ ([["pointerenter", tell], ["pointerleave", leave], ["focus", tell], ["blur", leave]])) {
      press.addEventListener(event, listener);
    }
    return { item, value, was, series: line, ghost: /** @type {Series | undefined} */ (undefined) };
  }

  /** Set by the panel: something is to be redrawn. */
  onchange = () => {};

  // ---- the pointer

  /** @param {PointerEvent} event */
  #where(event) {
    if (!this.#plot) return null;
    const box = this.#stage.getBoundingClientRect();
    const { left, top, width, height } = this.#plot;
    const x = (event.clientX - box.left - left) / width;
    const y = (event.clientY - box.top - top) / height;
    const last = this.#session.steps - 1;
    const t = Math.min(last, Math.max(0, Math.floor(x * (last + 1))));
    const units = this.#session.summary.hidden;
    const inside = y >= 0 && y < 1 && x >= 0 && x < 1;
    return { t, unit: this.#isHeatmap && inside ? Math.floor(y * units) : null };
  }

  /** @param {PointerEvent} event */
  #point(event) {
    const place = this.#where(event);
    if (place) this.#session.setHover(this.#isHeatmap ? { ...place, lane: this.#lane } : place);
  }

  /** @param {PointerEvent} event */
  #press(event) {
    const place = this.#where(event);
    if (!place) return;
    this.#session.pause();
    void this.#session.select(place.unit === null ? { t: place.t } : place);
  }

  // ---- files

  /** @param {string} kind */
  #save(kind) {
    try {
      if (this.spec.backward) this.#session.needGradients();
      save(kind, this.#session, this.spec, { ...this.#options(860), hidden: [...this.#hidden] });
    } catch (error) {
      this.#fail(error);
    }
  }
}
