// One run: what it was set up with, how far it has come, and everything that was seen on the way.
import { Heat, History, Saturation, Validations } from "./history.js";

/** @typedef {"waiting" | "training" | "paused" | "done" | "stopped" | "early" | "crashed" | "failed" | "kept"} State */

export class Run {
  name = "";
  visible = true;
  /** trainer.summary() @type {any} */
  summary = null;
  /** @type {State} */
  state = "waiting";
  /** It is in the worker: it can be updated without being restored first. */
  live = false;
  updates = 0;
  examples = 0;
  /** Seconds of training. */
  time = 0;
  /** Seconds, an estimate. @type {number | null} */
  left = null;
  throughput = { updates: 0, examples: 0, steps: 0 };
  finite = true;
  /** Where it trains, and why. @type {import("./engine-choice.js").Chosen | null} */
  engine = null;
  /** @type {{update: number, loss: number, metric: number} | null} */
  best = null;
  /** @type {{update: number, loss: number, metric: number} | null} */
  last = null;
  history = new History();
  validations = new Validations();
  /** @type {Heat[]} */
  heat = [];
  saturation = new Saturation();
  /** @type {{weights: any, gradients: any}} */
  histograms = { weights: null, gradients: null };
  /** @type {any} */
  held = null;
  /** @type {import("./checkpoints.js").Checkpoint[]} */
  checkpoints = [];

  /** @param {number} id @param {number} number @param {any} setup  of state/train-view.js */
  constructor(id, number, setup) {
    this.id = id;
    this.number = number;
    this.slot = (number - 1) % 8;
    this.setup = setup;
    this.limit = setup.updates;
    /** Names of the reader's own data, where it was trained on them. @type {{csv?: string, text?: string}} */
    this.own = {};
  }

  /** News from the worker. @param {any} news  of train-worker.js, Job.report */
  take(news) {
    if (typeof news.rewound === "number") this.#cut(news.rewound);
    this.engine = news.engine ?? this.engine;
    if (news.rows.length > 0) this.history.push(news.rows, news.from);
    this.updates = news.updates;
    this.examples = news.examples;
    this.time = news.time;
    this.finite = this.finite && news.finite;
    if (news.throughput.updates > 0) this.throughput = news.throughput;
    for (const point of news.validations) this.#validated(point);
    news.stepNorms?.forEach((/** @type {Float32Array} */ norms, /** @type {number} */ k) => (this.heat[k] ??= new Heat()).push(norms, news.updates));
    if (news.saturation) this.saturation.push(news.saturation, news.updates);
    for (const what of /** @type {const} */ (["weights", "gradients"])) if (news[what]) this.histograms[what] = news[what];
    if (news.held) this.held = news.held;
  }

  /** @param {any} point */
  #validated(point) {
    this.last = point;
    if (Number.isFinite(point.loss) && (!this.best || point.loss < this.best.loss)) this.best = point;
    this.validations.push(point, this.best?.update ?? -1);
  }

  /** Goes back to an earlier update. @param {import("./checkpoints.js").Checkpoint} checkpoint */
  rewind({ update, examples, seconds }) {
    Object.assign(this, { updates: update, examples, time: seconds, left: null });
    this.#cut(update);
  }

  /** What came after an update is as if it had not been. @param {number} update */
  #cut(update) {
    for (const part of [this.history, this.validations, this.saturation, ...this.heat]) part.cut(update);
    const { validations } = this;
    const points = validations.update.map((update, k) => ({ update, loss: validations.loss[k], metric: validations.metric[k] }));
    this.last = points.at(-1) ?? null;
    this.best = points.filter((p) => Number.isFinite(p.loss)).sort((a, b) => a.loss - b.loss)[0] ?? null;
  }

  /** For the browser's storage. */
  record() {
    const { id, number, name, visible, setup, summary, state, updates, examples, limit, time, finite, best, last, own } = this;
    return {
      ...{ id, number, name, visible, setup, summary, state, updates, examples, limit, time, finite, best, last, own },
      history: this.history.record(),
      validations: this.validations.record(),
      saturation: this.saturation.record(),
      heat: this.heat.map((heat) => heat.record()),
    };
  }

  /** @param {any} record */
  static from({ history, validations, saturation, heat, id, number, setup, state, ...rest }) {
    const run = new Run(id, number, setup);
    Object.assign(run, rest);
    // What was going on when the page went away can be taken up again.
    run.state = ["training", "paused", "waiting"].includes(state) ? "kept" : state;
    run.history = History.from(history);
    run.validations = Validations.from(validations);
    run.saturation = Saturation.from(saturation);
    run.heat = heat.map(Heat.from);
    return run;
  }
}
