// Words of the Train screen.
import { ENGINE } from "./en-train-engine.js";
import { OWN } from "./en-train-own.js";
import { FIELDS, SETUP, TRIES, VARIANTS } from "./en-train-setup.js";

const count = (/** @type {number} */ n) => Math.round(n).toLocaleString("en");
/** "8.5·10⁻⁴", as the plots write it. @param {number} value */
const tiny = (value) => {
  const [digits, power] = value.toExponential(1).split("e");
  return `${digits}·10${[...power].map((c) => ({ "-": "⁻", "+": "" })[c] ?? "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(c)]).join("")}`;
};
/** Three digits, and a true minus sign. @param {number} value */
const short = (value) => {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "not a number" : value > 0 ? "∞" : "−∞";
  const size = Math.abs(value);
  const text = size === 0 ? "0" : size >= 1000 ? count(value) : size < 0.001 ? tiny(value) : String(Number(value.toPrecision(3)));
  return text.replace("-", "−");
};
const bytes = (/** @type {number} */ n) => (n < 1e6 ? `${short(n / 1e3)} KB` : n < 1e9 ? `${short(n / 1e6)} MB` : `${short(n / 1e9)} GB`);
const seconds = (/** @type {number} */ s) => (s < 10 ? `${s.toFixed(1)} s` : s < 120 ? `${s.toFixed(0)} s` : s < 7200 ? `${(s / 60).toFixed(0)} min` : `${(s / 3600).toFixed(1)} h`);
const clock = (/** @type {number} */ at) => new Date(at).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });

/** @typedef {import("../engine/run.js").Run} Run */

/** A metric's value with its unit. @param {Run} run @param {number} value */
function measured(run, value) {
  const unit = run.summary?.task.unit ?? "";
  const number = unit === "%" ? value.toFixed(1) : short(value);
  return unit ? `${number} ${unit}` : number;
}

/** What every run of a task must beat, in its metric. @param {Run} run @returns {{name: string, metric: number}[]} */
const baselines = (run) => (run.summary?.baselines.valid ?? []).filter((/** @type {any} */ b) => typeof b.metric === "number");

/** "persistence: as the last reading" is "persistence" where there is no room. @param {string} name */
const brief = (name) => name.split(":")[0];

/** How a changed field is named: by the form's own words. @type {Record<string, string>} */
const PATHS = {
  "task.name": FIELDS.task.title,
  "network.cell": FIELDS.cell.title,
  "network.hidden": "hidden units",
  "network.layers": FIELDS.layers.title,
  "network.bidirectional": "both directions",
  "training.optimizer": FIELDS.optimizer.title,
  "training.learningRate": FIELDS.rate.title,
  "training.schedule.kind": FIELDS.schedule.title,
  "training.schedule.warmUp": FIELDS.warm.title,
  "training.schedule.floor": FIELDS.floor.title,
  "training.clip.kind": "clipping",
  "training.clip.limit": "clipping at",
  "training.batch": FIELDS.batch.title,
  "training.accumulate": "batches an update",
  "training.truncate": "truncation",
  "training.carry": "state carried",
  "training.dropout": "dropout",
  "training.start": FIELDS.start.title,
  "training.forgetBias": FIELDS.forget.title,
  "training.patience": "stop early after",
  "training.validateEvery": FIELDS.every.title,
  "training.validation": FIELDS.validation.title,
  "training.seed": FIELDS.seed.title,
  updates: FIELDS.updates.title,
};
const lower = (/** @type {string} */ text) => (/^[A-Z][a-z]/.test(text) ? text[0].toLowerCase() + text.slice(1) : text);
/** @param {any} value @param {Record<string, string>} [names] */
const valued = (value, names) => names?.[value] ?? (value === null || value === undefined ? "none" : value === true ? "yes" : value === false ? "no" : typeof value === "number" ? short(value) : String(value));

export const TRAIN = {
  title: "Training · Unrolled",
  shared: "How well the runs do",
  inside: "What goes on in the chosen run",
  setup: SETUP,
  tries: TRIES,
  variants: VARIANTS,
  engine: ENGINE,

  help: {
    keys: /** @type {[string[], string][]} */ ([
      [["Space"], "train, pause"],
      [["→"], "one update"],
      [["Esc"], "pause"],
      [["Tab"], "to the next control"],
      [["?"], "this list"],
    ]),
    mouse: "With a pointer: click a run’s name to see its own plots, its box to lay its curves over the others.",
  },

  transport: {
    main: { train: "Train", pause: "Pause", continue: "Continue", on: "Train on" },
    one: "One update",
    stop: "Stop",
    anew: "New run with this set-up",
    goOn: (/** @type {string} */ name) => `Continue ${name}`,
    slow: "Slow motion",
    progress: "Progress",
    next: (/** @type {number} */ runs, /** @type {boolean} */ first) => (runs > 1 ? `begins ${runs} runs side by side` : first ? "" : "begins a new run with this set-up"),
    ready: (/** @type {number} */ runs) => (runs > 1 ? `Ready to train ${runs} runs` : "Ready to train"),
    nothing: "Nothing was trained yet.",
    where: (/** @type {Run} */ run, /** @type {string} */ state) => {
      const all = [`update ${count(run.updates)} of ${count(run.limit)}`, `${count(run.examples)} examples`];
      if (state === "training" && run.left !== null) all.push(`${seconds(run.left)} left`);
      else if (run.time > 0) all.push(`${seconds(run.time)} of training`);
      return all.join(" · ");
    },
    speed: (/** @type {Run} */ { engine, throughput: { updates, examples } }) =>
      `${ENGINE.short(engine)}${updates > 0 ? `, ${count(examples)} examples/s, ${short(updates)} updates/s` : ""}`,
    /** @param {Run} run */
    verdict(run) {
      if (!run.finite) return { text: "The loss is not a number any more: the run has diverged.", better: "no" };
      if (!run.best) return { text: "", better: null };
      const said = `Best validation ${measured(run, run.best.metric)}`;
      // The first one is what an answer must beat, expected or on these very examples, whichever is harder; the others stand in
      // the table.
      const [guesser] = baselines(run);
      if (!guesser) return { text: said, better: null };
      const more = run.summary.task.higherIsBetter;
      const kin = baselines(run).filter((line) => line.name.startsWith(guesser.name));
      const first = kin.reduce((hard, line) => (more === (line.metric > hard.metric) ? line : hard));
      const beaten = more ? run.best.metric > first.metric : run.best.metric < first.metric;
      return { text: `${said}, ${beaten ? "" : "not yet "}${more ? "above" : "below"} ${brief(first.name)} (${measured(run, first.metric)})`, better: beaten ? "yes" : "no" };
    },
    said: (/** @type {Run} */ run, /** @type {string} */ state) => {
      const best = run.best ? ` Best validation ${measured(run, run.best.metric)}.` : "";
      if (state === "training") return `${run.name} is training.`;
      return `${run.name}: ${TRAIN.runs.states[run.state]} at update ${count(run.updates)}.${best}`;
    },
  },

  runs: {
    title: "Runs",
    caption: "Runs, the newest first",
    none: "Every run is kept here, with what it was set up with and what it reached.",
    columns: ["Run", "Differs from the one before", "Best validation", "Time", "State"],
    name: (/** @type {number} */ number) => `Run ${number}`,
    fileName: (/** @type {string} */ name, /** @type {number} */ update) => `${name.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "") || "run"}-${update}.safetensors`,
    overlay: (/** @type {string} */ name) => `Show ${name} in the curves`,
    choose: "Show its own plots",
    more: "Settings, checkpoints, export",
    moreOf: (/** @type {string} */ name) => `${name}: settings, checkpoints, export`,
    /**
     * @param {{path: string, from: any, to: any}[]} list
     * @param {Record<string, string>} titles                 of options, by path
     * @param {Record<string, Record<string, string>>} names  of what can be chosen, by path
     */
    differs(list, titles, names) {
      if (list.some(({ path }) => path.startsWith("own.")) && !list.some(({ path }) => path === "task.name")) return "other data of your own";
      if (list.length === 0) return "nothing: the same once more";
      // The options of another task or cell say nothing beside those of the first.
      const other = ["task.name", "network.cell", "training.optimizer"].filter((path) => list.some((one) => one.path === path)).map((path) => path.split(".")[0]);
      const told = list.filter(({ path }) => !other.some((part) => path.startsWith(`${part}.options.`)) && !path.startsWith("own."));
      return told.map(({ path, from, to }) => `${lower(PATHS[path] ?? titles[path] ?? path)} ${valued(from, names[path])} → ${valued(to, names[path])}`).join(", ");
    },
    /** @param {any} setup @param {any} registry */
    settings({ task, network, training, updates }, registry) {
      const titled = (/** @type {any[]} */ list, /** @type {string} */ name) => list.find((one) => one.name === name)?.title ?? name;
      const options = (/** @type {any} */ of) => Object.entries(of).map(([name, value]) => `${name} ${valued(value)}`);
      const parts = [
        [titled(registry.tasks, task.name), ...options(task.options)].join(", "),
        [titled(registry.cells, network.cell), ...options(network.options), `${network.hidden} units`, `${network.layers} ${network.layers === 1 ? "layer" : "layers"}`, ...(network.bidirectional ? ["both directions"] : [])].join(", "),
        [titled(registry.optimizers, training.optimizer), ...options(training.options), `rate ${short(training.learningRate)}`, ...(training.schedule.kind === "constant" ? [] : [training.schedule.kind])].join(", "),
        training.clip.kind === "none" ? "not clipped" : `clipped by ${training.clip.kind} at ${short(training.clip.limit)}`,
        `batch ${training.batch}${training.accumulate > 1 ? ` × ${training.accumulate}` : ""}`,
        ...(training.truncate === null ? [] : [`${training.truncate} steps back`]),
        ...(training.carry ? ["state carried"] : []),
        ...(training.dropout > 0 ? [`dropout ${short(training.dropout)}`] : []),
        ...(training.start === "pytorch" ? [] : [training.start]),
        ...(training.forgetBias === null ? [] : [`memory bias ${short(training.forgetBias)}`]),
        `${count(updates)} updates`,
        `seed ${training.seed}`,
      ];
      return parts.join(" · ");
    },
    /** @param {Run} run */
    best(run) {
      const lines = baselines(run).map((b) => `${measured(run, b.metric)} ${brief(b.name)}`);
      return { value: run.best ? measured(run, run.best.metric) : "–", at: run.best ? `at update ${count(run.best.update)}` : "", baselines: lines };
    },
    time: (/** @type {Run} */ run) => (run.time > 0 ? seconds(run.time) : "–"),
    /** @type {Record<string, string>} */
    states: {
      waiting: "waiting",
      training: "training",
      paused: "paused",
      done: "done",
      stopped: "stopped",
      early: "stopped early",
      crashed: "crashed",
      failed: "failed",
      kept: "interrupted",
    },
    removed: (/** @type {string} */ name) => `${name} was deleted.`,
    undo: "Undo",
    import: "Import a checkpoint (.safetensors, with its .json)",
    storage: (/** @type {number} */ mine, /** @type {{usage: number, quota: number} | null} */ estimate) =>
      `Checkpoints: ${bytes(mine)} in this browser's storage${estimate ? `, which holds ${bytes(estimate.usage)} of at most ${bytes(estimate.quota)} for this page` : ""}. Nothing of it leaves this machine.`,
    noStorage: "This browser keeps nothing for this page: after a reload the runs are gone. Export what is worth keeping.",
  },

  details: {
    name: "Name",
    goOn: "Continue",
    keep: "Keep a checkpoint now",
    rerun: "Run it again",
    use: "Use its set-up",
    remove: "Delete the run",
    checkpoints: "Checkpoints",
    none: "None yet: one is kept every eight seconds of training, and one at the best validation.",
    checkpoint: (/** @type {Run} */ run, /** @type {import("../engine/checkpoints.js").Checkpoint} */ one) => {
      const kind = { auto: "newest", best: "best validation", hand: "kept by hand" }[one.kind];
      const reached = one.validation ? `, ${measured(run, one.validation.metric)}` : "";
      return `update ${count(one.update)} (${kind}${reached}) · ${clock(one.saved)} · ${bytes(one.size)}`;
    },
    openInStep: "Open in Step",
    openInCompare: "Open in Compare",
    goOnFrom: "Continue from here",
    export: "Export",
    removeCheckpoint: "Delete",
    pytorch: "Load it in PyTorch",
    copy: "Copy",
    copied: "Copied",
    notCopied: "Marked: copy it by hand",
  },

  own: OWN,

  offer: {
    text: (/** @type {Run[]} */ kept, /** @type {Run} */ run) =>
      `${kept.length === 1 ? `${run.name} was` : `${kept.length} runs were`} interrupted; ${run.name} is kept up to update ${count(run.checkpoints.at(-1)?.update ?? 0)} of ${count(run.limit)}.`,
    goOn: (/** @type {string} */ name) => `Continue ${name}`,
    dismiss: "Not now",
  },

  notices: {
    notRestored: (/** @type {string} */ why) => `What was kept of earlier runs could not be read: ${why}`,
    notKept: (/** @type {string} */ why) => `The browser's storage takes no more (${why}). Training goes on, but a reload would lose what is new: delete runs, or export them.`,
    noCheckpoint: "There is no checkpoint of this run.",
    failed: (/** @type {string} */ why) => `The training could not go on: ${why}`,
    noStyles: (/** @type {string} */ path) => `${path} did not load.`,
    crashed: (/** @type {string} */ message, /** @type {[string, number | null][]} */ runs) => {
      const kept = runs.map(([name, update]) => (update === null ? `${name} is lost` : `${name} is kept up to update ${count(update)}; “Continue” in its row goes on from there`));
      return `The worker that trains has crashed (${message}). ${kept.join(". ")}${kept.length > 0 ? "." : ""}`;
    },
    dataGone: "The table or text that it was trained on is not kept any more: choose it again, and begin a new run.",
    needsTable: "This task reads a table of yours: choose a CSV file under “Task”, or drop one on the page.",
    onlyAbout: "expected a .safetensors file beside it.",
    notAbout: "its .json is not one that this page exported; expected “format”: “unrolled-run”.",
    notImported: (/** @type {string} */ name, /** @type {string} */ why) => `${name} was not imported: ${why}`,
  },
};
