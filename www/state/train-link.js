// A training's set-up as the query of a link, and back: `?screen=train&v=1&cell=gru&rate=0.003`. Defaults are left out.
import { checkedTrain, DEFAULT_TRAIN } from "./train-view.js";
import { same, VERSION } from "./view.js";

const short = (/** @type {number} */ value) => String(Number(value.toPrecision(7)));
const numeric = (/** @type {string} */ text) => (/^-?(\d+\.?\d*|\.\d+)(e-?\d+)?$/i.test(text) ? Number(text) : text);
const flag = (/** @type {boolean} */ value) => (value ? "1" : "0");
const unflag = (/** @type {string} */ text) => /** @type {any} */ ({ 1: true, 0: false })[text] ?? text;

/** What stands between the parts of a list may stand inside a part, too. @param {string} text */
const guarded = (text) => text.replace(/[%~!]/g, (c) => `%${c.charCodeAt(0).toString(16)}`);
const unguarded = (/** @type {string} */ text) => text.replace(/%(25|7e|21|2e)/g, (_, hex) => String.fromCharCode(parseInt(hex, 16)));

/** Numbers and truths keep their kind by a mark: a column may be called 7. @param {string | number | boolean} value */
const marked = (value) => (typeof value === "number" ? `.${short(value)}` : typeof value === "boolean" ? `.${value}` : guarded(value).replace(/^\./, "%2e"));
/** @param {string} text */
function unmarked(text) {
  if (!text.startsWith(".")) return unguarded(text);
  return { ".true": true, ".false": false }[text] ?? numeric(text.slice(1));
}
const options = (/** @type {any} */ from) => Object.entries(from).map(([k, v]) => `${k}~${marked(/** @type {any} */ (v))}`).join("!");
/** @param {string} text */
function unoptions(text) {
  const pairs = text.split("!").filter(Boolean).map((part) => [part.split("~", 1)[0], unmarked(part.slice(part.indexOf("~") + 1))]);
  return Object.fromEntries(pairs.filter(([key]) => key !== "__proto__"));
}

/**
 * One line a field: its key in the link, where it is in the view, how it is written and read.
 * @type {[key: string, path: string, write: (value: any) => string, read: (text: string) => any][]}
 */
const FIELDS = [
  ["try", "experiment", String, String],
  ["task", "task.name", String, String],
  ["data", "task.options", options, unoptions],
  ["cell", "network.cell", String, String],
  ["options", "network.options", options, unoptions],
  ["hidden", "network.hidden", String, numeric],
  ["layers", "network.layers", String, numeric],
  ["both", "network.bidirectional", flag, unflag],
  ["optimizer", "training.optimizer", String, String],
  ["rule", "training.options", options, unoptions],
  ["rate", "training.learningRate", short, numeric],
  ["schedule", "training.schedule.kind", String, String],
  ["warm", "training.schedule.warmUp", String, numeric],
  ["floor", "training.schedule.floor", short, numeric],
  ["clip", "training.clip.kind", String, String],
  ["limit", "training.clip.limit", short, numeric],
  ["batch", "training.batch", String, numeric],
  ["accumulate", "training.accumulate", String, numeric],
  ["truncate", "training.truncate", String, numeric],
  ["carry", "training.carry", flag, unflag],
  ["dropout", "training.dropout", short, numeric],
  ["start", "training.start", String, String],
  ["forget", "training.forgetBias", short, numeric],
  ["patience", "training.patience", String, numeric],
  ["every", "training.validateEvery", String, numeric],
  ["validation", "training.validation", String, numeric],
  ["seed", "training.seed", String, numeric],
  ["updates", "updates", String, numeric],
  ["engine", "engine", String, String],
  ["plots", "plots", (list) => list.join("!"), (text) => text.split("!").filter(Boolean)],
  ["log", "log", flag, unflag],
  ["smooth", "smooth", flag, unflag],
  ["part", "held.part", String, String],
  ["example", "held.k", String, numeric],
  ["layer", "place.layer", String, numeric],
  ["direction", "place.direction", String, numeric],
];

const LONGEST = 24_000;

/** @param {any} from @param {string} path */
const at = (from, path) => path.split(".").reduce((value, key) => value?.[key], from);

/** @param {any} into @param {string} path @param {any} value */
function put(into, path, value) {
  const keys = path.split(".");
  const last = /** @type {string} */ (keys.pop());
  for (const key of keys) into = into[key] ??= {};
  into[last] = value;
}

/**
 * The query of a link to this set-up, with its question mark.
 * @param {import("./train-view.js").TrainView} view
 * @param {{theme: string, projector: boolean}} [page]  what concerns the page as a whole
 */
export function toTrainQuery(view, page) {
  const query = new URLSearchParams({ screen: "train", v: String(VERSION) });
  for (const [key, path, write] of FIELDS) {
    const value = at(view, path);
    if (!same(value, at(DEFAULT_TRAIN, path))) query.set(key, value === null ? "" : write(value));
  }
  if (page && page.theme !== "auto") query.set("theme", page.theme);
  if (page?.projector) query.set("projector", "1");
  return "?" + query.toString().replaceAll("%7E", "~").replaceAll("%21", "!");
}

/**
 * Reads a link's query. Never throws.
 * @param {string} search
 * @returns {{view: import("./train-view.js").TrainView, remarks: import("./view.js").Remark[], given: Set<string>}}
 */
export function fromTrainQuery(search) {
  /** @type {any} */
  const raw = {};
  const given = new Set();
  /** @type {import("./view.js").Remark[]} */
  const remarks = [];
  if (search.length > LONGEST) {
    remarks.push({ field: "link", found: `${search.length} characters`, expected: `at most ${LONGEST}`, used: "–" });
    search = "";
  }
  const query = new URLSearchParams(search);
  const version = query.get("v");
  if (version !== null && version !== String(VERSION)) {
    remarks.push({ field: "v", found: version.slice(0, 40), expected: String(VERSION), used: String(VERSION) });
    return { view: DEFAULT_TRAIN, remarks, given };
  }
  for (const [key, path, , read] of FIELDS) {
    const text = query.get(key);
    if (text === null) continue;
    given.add(key);
    put(raw, path, text === "" ? empty(at(DEFAULT_TRAIN, path)) : read(text));
  }
  const result = checkedTrain(raw);
  return { view: result.view, remarks: [...remarks, ...result.remarks], given };
}

/** What an empty entry means: nothing chosen, or an empty list. @param {any} usual */
function empty(usual) {
  return Array.isArray(usual) ? [] : usual && typeof usual === "object" ? {} : typeof usual === "string" ? "" : null;
}
