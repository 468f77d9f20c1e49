// One plot: its figure, its legend that is also its read-out, its sentence, its table and its files.
import { button, choice, menu } from "../controls.js";
import { make, say, unique, write } from "../dom.js";
import { PLOTS } from "../../strings/en-plots.js";
import { save } from "./files.js";
import { Legend } from "./legend.js";
import { stateOf } from "../inspector/axes.js";
import { more } from "../inspector/more.js";
import { rowsOf } from "./rows.js";
import { Table } from "./table.js";
import { ticksOf } from "./ticks.js";

/** @typedef {import("../../engine/session.js").Session} Session */
/** @typedef {import("./view.js").PlotSpec} PlotSpec */
/** @typedef {import("./view.js").Choice} Choice */
/** @typedef {{name: string, lane: string, ghost: boolean, colour: string, dashes: number[], panel: number, values: Float64Array}} Series */

/** A piece of a computation that takes longer holds up the page; with more than LONG to go, the reader is asked. Milliseconds. */
const HOLDS_UP = 60;
const LONG = 3000;
/** Jacobians of more numbers than this are only computed when they are wanted. */
const MOST_STATE = 1200;
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
  /** @type {string | null} */
  #highlight = null;
  /** Of the stage, in CSS pixels. */
  #size = { width: 0, height: 0, font: 12, axis: { left: 64, right: 24 } };
  /** What stands under the time axis, and what it was made for. */
  #ticks = { key: "", list: /** @type {{t: number, text: string}[]} */ ([]) };
  /** Pieces in a row that held up the page; from the second on, milliseconds that all of it takes. */
  #slow = 0;
  #long = 0;
  /** What has been computed to its end. */
  #completed = "";
  /** The reader wants what takes long. */
  #agreed = false;
  #shownAt = 0;
  #startedAt = 0;
  /** @type {Legend} */
  #legend;

  #title = make("h3", { id: unique("plot") });
  #progress = make("progress", { max: 1, value: 0, "aria-label": PLOTS.computing, hidden: true });
  #canvas = make("canvas", { role: "img" });
  #hover = make("div", { class: "hover" });
  #cursor = make("div", { class: "cursor" });
  #row = make("div", { class: "row" });
  #estimate = make("p");
  #wait = make("div", { class: "wait", hidden: true }, this.#estimate, button(PLOTS.compute, () => this.#agree(), { class: "line" }));
  #stage = make("div", { class: "stage" }, this.#canvas, this.#row, this.#hover, this.#cursor);
  #at = make("p", { class: "at" });
  #summary = make("p", { class: "summary", id: unique("summary") });
  /** @type {import("../controls.js").Control | null} */
  #scale = null;
  /** @type {HTMLButtonElement | null} */
  #relative = null;
  /** @type {ReturnType<typeof menu> | null} */
  #lanes = null;
  #laneNames = "";
  /** @type {ReturnType<typeof menu> | null} */
  #ways = null;
  #wayNames = "";
  /** The row that is pointed at here. @type {number | null} */
  #pointed = null;
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
    this.#legend = new Legend(session, () => {
      this.pale = true;
      this.onchange();
    });
    const has = (/** @type {string} */ name) => spec.options.some((option) => option.name === name);
    const controls = make("div", { class: "controls" });
    if (this.#isHeatmap) {
      this.#lanes = menu(PLOTS.lane, [], (lane) => choose({ lane, along: null }));
      this.#ways = menu(PLOTS.rows, [], (along) => choose({ along }));
      controls.append(this.#lanes.root, this.#ways.root);
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
      make("div", { class: "readout" }, this.#legend.root, this.#at),
      this.#wait,
      this.#stage,
      this.#summary,
      make("footer", {}, why, this.#table.root, make("div", { class: "files" }, ...files)),
    );
    say(this.#title, spec.title);
    write(this.#canvas, { "aria-label": spec.title, "aria-describedby": this.#summary.id });
    this.#stage.addEventListener("pointermove", (/** @type {PointerEvent} */ event) => this.#point(event));
    this.#stage.addEventListener("pointerleave", () => {
      this.#pointed = null;
      session.setHover({ t: null, unit: null, lane: null, term: null });
    });
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
  get #isKernel() {
    return this.spec.name === "ssm-kernel";
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

  get #rows() {
    return rowsOf(this.#session, this.#lane, this.#choice.along);
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
    if (this.#keyNow() === this.#key) return;
    this.stale = true;
    this.#agreed = false;
  }
  #keyNow() {
    const { layer, direction, t } = this.#session.selection;
    const { log, relative } = this.#choice;
    const from = this.spec.name === "influence" ? t : 0;
    return JSON.stringify([layer, direction, from, log, relative, this.#isHeatmap ? [this.#lane, this.#rows.list] : this.#isKernel ? this.#session.selection.unit : "", this.spec.backward ? this.#session.state.loss : ""]);
  }

  /** What is computed, however it is shown. */
  #computation() {
    const { layer, direction, t } = this.#session.selection;
    return [layer, direction, this.spec.name === "influence" ? t : 0].join();
  }
  get #isComplete() {
    return this.#completed === this.#computation();
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
      ticks: this.#ticksFor(width),
      labels: words ? Array.from({ length: session.steps }, (_, k) => session.labels(k).short) : [],
      ...(log === null ? {} : { log }),
      ...(this.#isHeatmap ? this.#rowOptions() : {}),
      ...(this.#isKernel && this.#session.selection.unit !== null ? { unit: this.#session.selection.unit } : {}),
    };
  }

  #rowOptions() {
    const { plain, list, row } = this.#rows;
    return { lane: this.#lane, ...(plain ? {} : { row, ...(list ? { rows: list } : {}) }) };
  }

  /** @param {number} width */
  #ticksFor(width) {
    const { data } = this.#session.state;
    const { font } = this.#size;
    const key = [data.kind, data.start, this.#session.steps, width, font].join();
    if (key !== this.#ticks.key) this.#ticks = { key, list: ticksOf(this.#session, width, font) };
    return this.#ticks.list;
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
          // A piece of a large state's is large itself.
          const { size } = stateOf(this.#session);
          if (size > MOST_STATE && !this.#agreed && !this.#isComplete) return this.#ask(PLOTS.large(size));
          // Even a small piece of it holds up the page: only if that is wanted.
          if (this.#long && !this.#agreed && !this.#isComplete) return this.#ask();
          const begun = trace.prepare(this.spec.name, options, 0);
          const now = performance.now();
          this.#startedAt ||= now;
          const share = trace.prepare(this.spec.name, options, milliseconds);
          const spent = performance.now() - now;
          const long = spent / (share - begun);
          this.#slow = spent > HOLDS_UP && long > LONG ? this.#slow + 1 : 0;
          if (this.#slow > 1) this.#long = long;
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
        this.#completed = this.#computation();
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
    this.#startedAt = this.#slow = this.#long = 0;
    this.#agreed = false;
    this.#completed = "";
    this.#wait.hidden = true;
  }

  /** Waits for the reader's word. @param {string} [words] */
  #ask(words = PLOTS.takes(this.#long / 1000)) {
    this.stale = this.pale = false;
    this.#key = this.#keyNow();
    this.#startedAt = 0;
    this.#progress.hidden = true;
    this.#data = null;
    this.#canvas.width = 1;
    this.#legend.fill([]);
    say(this.#title, this.spec.title);
    say(this.#summary, "");
    say(this.#estimate, words);
    this.#wait.hidden = false;
    return true;
  }

  #agree() {
    this.stale = this.#agreed = true;
    this.#wait.hidden = true;
    this.onchange();
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
    this.#legend.fill(data.series);
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
    const { ways, along } = this.#rows;
    if (!this.#ways) return;
    const wayNames = JSON.stringify(ways);
    if (wayNames !== this.#wayNames) this.#ways.fill(ways);
    this.#wayNames = wayNames;
    this.#ways.root.hidden = ways.length === 0;
    this.#ways.show(along);
  }

  // ---- the figure

  /** Asked for when the stage changes its size only: an answer in the middle of a frame lays the whole page out. */
  measure() {
    const { clientWidth: width, clientHeight: height } = this.#stage;
    this.#size = { width, height, font: parseFloat(getComputedStyle(this.#stage).fontSize), axis: this.#session.axis };
    this.pale = true;
  }

  #draw() {
    const { width, height, font, axis } = this.#size;
    if (width === 0 || !this.#data) return;
    const session = this.#session;
    const { left, right } = axis;
    const drawn = session.trace.draw(this.#canvas, this.spec.name, {
      ...this.#options(width - left - right),
      width,
      height,
      left,
      right,
      font,
      dpr: devicePixelRatio,
      hidden: [...this.#legend.hidden],
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
    this.#legend.follow(t, lane);
    if (!this.#isHeatmap) {
      this.#row.hidden = true;
      return;
    }
    const { plain, count: units, elementAt, chosen } = this.#rows;
    const unit = plain ? (hover.unit ?? selection.unit) : (this.#pointed ?? chosen);
    this.#row.hidden = unit === null || unit >= units;
    if (unit !== null && unit < units) {
      this.#row.style.setProperty("--y", `${(top + (unit / units) * height).toFixed(2)}px`);
      this.#row.style.setProperty("--tall", `${(height / units).toFixed(2)}px`);
      const { layer, direction } = selection;
      const element = elementAt(unit);
      const value = session.trace.values(layer, direction, t, { example: 0 })[this.#lane]?.[element] ?? NaN;
      this.#legend.say(plain ? PLOTS.unitValue(this.#lane, unit, value) : PLOTS.elementValue(this.#lane, more.place?.(session, this.#lane, element) ?? String(element), value));
    } else {
      this.#legend.say(PLOTS.pointAtUnit);
    }
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
    const units = this.#isHeatmap ? this.#rows.count : 1;
    const inside = y >= 0 && y < 1 && x >= 0 && x < 1;
    return { t, unit: this.#isHeatmap && inside ? Math.floor(y * units) : null };
  }

  /** @param {PointerEvent} event */
  #point(event) {
    const place = this.#where(event);
    if (!place) return;
    if (!this.#isHeatmap) return this.#session.setHover(place);
    if (this.#rows.plain) return this.#session.setHover({ ...place, lane: this.#lane });
    const moved = this.#pointed !== place.unit;
    this.#pointed = place.unit;
    this.#session.setHover({ t: place.t, unit: null, lane: this.#lane });
    if (moved) this.follow();
  }

  /** @param {PointerEvent} event */
  #press(event) {
    const place = this.#where(event);
    if (!place) return;
    this.#session.pause();
    const { plain, elementAt } = this.#rows;
    if (place.unit === null) void this.#session.select({ t: place.t });
    else if (plain) void this.#session.select(place);
    else void this.#session.select({ t: place.t, ...more.choice?.(this.#session, this.#lane, elementAt(place.unit)) });
  }

  // ---- files

  /** @param {string} kind */
  #save(kind) {
    try {
      if (this.spec.backward) this.#session.needGradients();
      // A file has all values or is not made.
      if (this.#long && !this.#isComplete) this.#ask();
      else save(kind, this.#session, this.spec, { ...this.#options(860), hidden: [...this.#legend.hidden] });
    } catch (error) {
      this.#fail(error);
    }
  }
}
