// A comparison as the query of a link, and back: `?screen=compare&v=1&nets=rnn!lstm~memory.3&steps=500`. Defaults are left out.
import { checkedCompare, DEFAULT_COMPARE, MEMBER } from "./compare-view.js";
import { hourOf, isoOf, same, VERSION } from "./view.js";

const short = (/** @type {number} */ value) => String(Number(value.toPrecision(7)));
const numeric = (/** @type {string} */ text) => (/^-?(\d+\.?\d*|\.\d+)(e-?\d+)?$/i.test(text) ? Number(text) : text);

/** Options as `name.value`; a number is told from a word by how it looks. @param {Record<string, string | number>} options */
const pairs = (options) => Object.entries(options).map(([key, value]) => `${key}.${value}`);
/** @param {string[]} parts */
function unpairs(parts) {
  const found = parts.map((part) => [part.split(".", 1)[0], numeric(part.slice(part.indexOf(".") + 1))]);
  return Object.fromEntries(found.filter(([key]) => key && key !== "__proto__"));
}

/** @type {[key: string, field: keyof import("./compare-view.js").Member, write: (value: any) => string, read: (text: string) => any][]} */
const OF_A_NETWORK = [
  ["weights", "source", String, String],
  ["seed", "seed", String, numeric],
  ["radius", "spectralRadius", short, numeric],
  ["memory", "memoryBias", short, numeric],
];

/** "lstm~seed.3~o.reset.before" @param {import("./compare-view.js").Member} network */
function writeNetwork(network) {
  const fields = OF_A_NETWORK.filter(([, field]) => network[field] !== MEMBER[field]).map(([key, field, write]) => `${key}.${write(network[field])}`);
  return [network.cell, ...fields, ...pairs(network.options).map((pair) => `o.${pair}`)].join("~");
}

/** @param {string} text */
function readNetwork(text) {
  const [cell, ...parts] = text.split("~");
  /** @type {any} */
  const network = { cell, options: unpairs(parts.filter((part) => part.startsWith("o.")).map((part) => part.slice(2))) };
  for (const part of parts) {
    const known = OF_A_NETWORK.find(([key]) => part.startsWith(`${key}.`));
    if (known) network[known[1]] = known[3](part.slice(known[0].length + 1));
  }
  return network;
}

/** @type {[key: string, path: [string, string?], write: (value: any) => string, read: (text: string) => any][]} */
const FIELDS = [
  ["try", ["experiment"], String, String],
  ["nets", ["networks"], (list) => list.map(writeNetwork).join("!"), (text) => text.split("!").filter(Boolean).map(readNetwork)],
  ["read", ["data", "kind"], String, String],
  ["station", ["data", "station"], String, String],
  ["from", ["data", "start"], isoOf, hourOf],
  ["steps", ["data", "steps"], String, numeric],
  ["period", ["data", "period"], short, numeric],
  ["task", ["data", "task"], String, String],
  ["text", ["data", "text"], String, String],
  ["label", ["data", "label"], (v) => (v === null ? "none" : String(v)), (v) => (v === "none" ? null : numeric(v))],
  ["name", ["data", "name"], String, String],
  ["given", ["data", "options"], (options) => pairs(options).join("~"), (text) => unpairs(text.split("~").filter(Boolean))],
  ["example", ["data", "example"], String, numeric],
  ["size", ["size"], String, String],
  ["hidden", ["hidden"], String, numeric],
  ["budget", ["budget"], String, numeric],
  ["seeds", ["seeds"], String, numeric],
  ["of", ["from"], String, numeric],
  ["t", ["t"], String, numeric],
  ["gradient", ["of"], String, String],
  ["speed", ["speed"], short, numeric],
  ["plots", ["plots"], (list) => list.join("!"), (text) => text.split("!").filter(Boolean)],
];

const LONGEST = 24_000;

/**
 * The query of a link to this view, with its question mark.
 * @param {import("./compare-view.js").CompareView} view
 * @param {{theme: string, projector: boolean}} [page]  what concerns the page as a whole
 */
export function toCompareQuery(view, page) {
  const query = new URLSearchParams({ screen: "compare", v: String(VERSION) });
  for (const [key, [part, field], write] of FIELDS) {
    const value = field ? view[part][field] : view[part];
    if (key === "label" && view.data.text === DEFAULT_COMPARE.data.text && value === DEFAULT_COMPARE.data.label) continue;
    const usual = key === "label" ? null : field ? DEFAULT_COMPARE[part][field] : DEFAULT_COMPARE[part];
    if (!same(value, usual) || (key === "label" && view.data.text === DEFAULT_COMPARE.data.text)) query.set(key, write(value));
  }
  if (page && page.theme !== "auto") query.set("theme", page.theme);
  if (page?.projector) query.set("projector", "1");
  return "?" + query.toString().replaceAll("%7E", "~").replaceAll("%21", "!").replaceAll("%3A", ":");
}

/**
 * Reads a link's query. Never throws.
 * @param {string} search
 * @returns {{view: import("./compare-view.js").CompareView, remarks: import("./view.js").Remark[], given: Set<string>}}
 */
export function fromCompareQuery(search) {
  /** @type {any} */
  const raw = { data: {} };
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
    return { view: DEFAULT_COMPARE, remarks, given };
  }
  for (const [key, [part, field], , read] of FIELDS) {
    const text = query.get(key);
    if (text === null) continue;
    given.add(key);
    if (field) raw[part][field] = read(text);
    else raw[part] = read(text);
  }
  const result = checkedCompare(raw);
  return { view: result.view, remarks: [...remarks, ...result.remarks], given };
}
