// A view as the query of a link, and back: `?v=1&cell=gru&t=12`. What has its default value is left out.
import { checked, DEFAULT, hourOf, isoOf, same, VERSION } from "./view.js";

/** Seven significant digits: what an f32 holds. @param {number} value */
const short = (value) => String(Number(value.toPrecision(7)));
const flag = (/** @type {boolean} */ value) => (value ? "1" : "0");

/** Readings drawn by hand: two characters each, in hundredths of the input's unit. */
const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const HALF = 2048;

/** @param {readonly number[]} values */
function packed(values) {
  return values
    .map((v) => Math.min(2 * HALF - 1, Math.max(0, Math.round(v * 100) + HALF)))
    .map((v) => DIGITS[v >> 6] + DIGITS[v & 63])
    .join("");
}

/** @param {string} text */
function unpacked(text) {
  const values = [];
  for (let i = 0; i + 1 < text.length; i += 2) {
    const [high, low] = [DIGITS.indexOf(text[i]), DIGITS.indexOf(text[i + 1])];
    values.push(high < 0 || low < 0 ? NaN : (high * 64 + low - HALF) / 100);
  }
  return values;
}

/** A value drawn by hand, as a link holds it. @param {number} value */
export function drawnValue(value) {
  return Math.min(9, Math.max(-9, Math.round(value * 100) / 100));
}

const numeric = (/** @type {string} */ text) => (/^-?(\d+\.?\d*|\.\d+)(e-?\d+)?$/i.test(text) ? Number(text) : text);

/** @param {import("./view.js").Intervention} i */
function writeIntervention(i) {
  if (i.kind === "hold") return ["hold", i.layer, i.direction, i.lane, i.unit, short(i.value), i.from, i.to].join("~");
  if (i.kind === "off") return ["off", i.layer, i.direction, i.unit].join("~");
  return ["weight", i.name, i.index, short(i.value)].join("~");
}

/** @param {string} text */
function readIntervention(text) {
  const [kind, ...rest] = text.split("~").map((part, k) => (k === 0 ? part : numeric(part)));
  if (kind === "hold") {
    const [layer, direction, lane, unit, value, from, to] = rest;
    return { kind, layer, direction, lane, unit, value, from, to };
  }
  if (kind === "off") return { kind, layer: rest[0], direction: rest[1], unit: rest[2] };
  return { kind, name: rest[0], index: rest[1], value: rest[2] };
}

/**
 * One line a field: its key in the link, where it is in the view, how it is written and read.
 * @type {[key: string, path: [string, string?], write: (value: any) => string, read: (text: string) => any][]}
 */
const FIELDS = [
  ["read", ["data", "kind"], String, String],
  ["station", ["data", "station"], String, String],
  ["from", ["data", "start"], isoOf, hourOf],
  ["steps", ["data", "steps"], String, numeric],
  ["task", ["data", "task"], String, String],
  ["text", ["data", "text"], String, String],
  ["label", ["data", "label"], (v) => (v === null ? "none" : String(v)), (v) => (v === "none" ? null : numeric(v))],
  ["period", ["data", "period"], short, numeric],
  ["drawn", ["data", "drawn"], packed, unpacked],
  [
    "edit",
    ["data", "edits"],
    (edits) => edits.map((e) => `${e.t}~${short(e.value)}`).join("!"),
    (text) => text.split("!").filter(Boolean).map((part) => ({ t: numeric(part.split("~")[0]), value: numeric(part.split("~")[1] ?? "") })),
  ],
  ["weights", ["network", "source"], String, String],
  ["cell", ["network", "cell"], String, String],
  [
    "options",
    ["network", "options"],
    (options) => Object.entries(options).map(([k, v]) => `${k}~${v}`).join("!"),
    (text) => Object.fromEntries(text.split("!").filter(Boolean).map((part) => part.split("~", 2)).map(([k, v]) => [k, v ?? ""])),
  ],
  ["hidden", ["network", "hidden"], String, numeric],
  ["layers", ["network", "layers"], String, numeric],
  ["both", ["network", "bidirectional"], flag, (v) => ({ 1: true, 0: false })[v] ?? v],
  ["seed", ["network", "seed"], String, numeric],
  ["radius", ["network", "spectralRadius"], short, numeric],
  ["memory", ["network", "memoryBias"], short, numeric],
  ["readout", ["network", "readout"], String, String],
  [
    "change",
    ["interventions"],
    (list) => list.map(writeIntervention).join("!"),
    (text) => text.split("!").filter(Boolean).map(readIntervention),
  ],
  ["t", ["selection", "t"], String, numeric],
  ["unit", ["selection", "unit"], String, numeric],
  [
    "at",
    ["selection", "place"],
    (place) => Object.entries(place).map(([k, v]) => `${k}~${v}`).join("!"),
    (text) => Object.fromEntries(text.split("!").filter(Boolean).map((part) => [part.split("~")[0], numeric(part.split("~")[1] ?? "")])),
  ],
  ["layer", ["selection", "layer"], String, numeric],
  ["direction", ["selection", "direction"], String, numeric],
  ["lane", ["selection", "lane"], String, String],
  ["mode", ["mode"], String, String],
  ["loss", ["loss"], String, String],
  ["speed", ["speed"], short, numeric],
  ["theme", ["theme"], String, String],
  ["projector", ["projector"], flag, (v) => ({ 1: true, 0: false })[v] ?? v],
  ["panel", ["panel"], flag, (v) => ({ 1: true, 0: false })[v] ?? v],
  ["plots", ["plots"], (list) => list.join("!"), (text) => text.split("!").filter(Boolean)],
];

/** What a link leaves out. The first sentence's answer is known; that of any other is not. @param {any} text @param {string} part @param {string} [field] */
function usual(text, part, field) {
  if (field === "label" && text !== DEFAULT.data.text) return null;
  return field ? DEFAULT[part][field] : DEFAULT[part];
}

const LONGEST = 24_000;

/** The screen that a link leads to. @param {string} search @returns {"step" | "train" | "compare"} */
export function screenOf(search) {
  const screen = new URLSearchParams(search.slice(0, LONGEST)).get("screen");
  return screen === "train" || screen === "compare" ? screen : "step";
}

/** What holds on every screen. */
const OF_THE_PAGE = new Set(["theme", "projector"]);

/**
 * The query of a link to this view, with its question mark; never empty, as it carries the version.
 * @param {import("./view.js").View} view
 */
export function toQuery(view) {
  const query = new URLSearchParams({ v: String(VERSION) });
  for (const [key, [part, field], write] of FIELDS) {
    const value = field ? view[part][field] : view[part];
    if (!same(value, usual(view.data.text, part, field))) query.set(key, value === null ? "" : write(value));
  }
  // These stay readable: none of them means anything inside a query.
  return "?" + query.toString().replaceAll("%7E", "~").replaceAll("%21", "!").replaceAll("%3A", ":");
}

/**
 * Reads a link's query. Never throws.
 * @param {string} search  with or without the question mark
 * @returns {{view: import("./view.js").View, remarks: import("./view.js").Remark[], given: Set<string>}}
 *   given: the keys that were in the link
 */
export function fromQuery(search) {
  const given = new Set();
  /** @type {any} */
  const raw = { data: {}, network: {}, selection: {} };
  /** @type {import("./view.js").Remark[]} */
  const remarks = [];
  if (search.length > LONGEST) {
    remarks.push({ field: "link", found: `${search.length} characters`, expected: `at most ${LONGEST}`, used: "–" });
    search = "";
  }
  const query = new URLSearchParams(search);
  const elsewhere = screenOf(search) !== "step";
  const version = query.get("v");
  if (version !== null && version !== String(VERSION)) {
    remarks.push({ field: "v", found: version.slice(0, 40), expected: String(VERSION), used: String(VERSION) });
    return { view: DEFAULT, remarks, given };
  }
  for (const [key, [part, field], , read] of FIELDS) {
    const text = query.get(key);
    if (text === null || (elsewhere && !OF_THE_PAGE.has(key))) continue;
    given.add(key);
    const value = text === "" && key !== "text" ? empty(part, field) : read(text);
    if (field) raw[part][field] = value;
    else raw[part] = value;
  }
  if (!given.has("label")) raw.data.label = usual(given.has("text") ? raw.data.text : DEFAULT.data.text, "data", "label");
  const result = checked(raw);
  return { view: result.view, remarks: [...remarks, ...result.remarks], given };
}

/** What an empty entry means: nothing chosen, or an empty list. @param {string} part @param {string} [field] */
function empty(part, field) {
  const usual = field ? DEFAULT[part][field] : DEFAULT[part];
  return Array.isArray(usual) ? [] : usual && typeof usual === "object" ? {} : null;
}
