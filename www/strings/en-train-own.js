// Words on the reader's own table or text.

const count = (/** @type {number} */ n) => Math.round(n).toLocaleString("en");
const size = (/** @type {number} */ n) => (n < 1e6 ? `${(n / 1e3).toFixed(0)} KB` : `${(n / 1e6).toFixed(1)} MB`);
const some = (/** @type {number} */ n, /** @type {string} */ one, many = `${one}s`) => `${count(n)} ${n === 1 ? one : many}`;
const day = (/** @type {number} */ seconds) => new Date(seconds * 1000).toISOString().slice(0, 16).replace("T", " ");
const short = (/** @type {number} */ x) => String(Number(x.toPrecision(4))).replace("-", "−");

/** @param {number} seconds */
function span(seconds) {
  const units = /** @type {[number, string][]} */ ([[86_400, "day"], [3600, "hour"], [60, "minute"], [1, "second"]]);
  const [length, name] = units.find(([length]) => seconds % length === 0) ?? [1, "second"];
  return some(seconds / length, name);
}

/** What was left out, and why. @type {Record<string, (n: string) => string>} */
const REASONS = {
  comment: (n) => `${n} with a comment`,
  preamble: (n) => `${n} before the line of names`,
  cells: (n) => `${n} with more or fewer cells than the line of names`,
  number: (n) => `${n} with a cell that is no number: taken as missing`,
  time: (n) => `${n} with a cell that is no time: taken as missing`,
};

export const OWN = {
  text: "Your own data",
  chooseTable: "Choose a CSV file",
  chooseText: "Choose a text file",
  drop: "or drop it on the page. It stays on this machine.",
  noTable: "No table yet.",
  noText: "Read is the text that comes with the page, until you bring your own.",
  opened: (/** @type {string} */ name, /** @type {number} */ length, /** @type {string} */ kind) => `${name}, ${kind === "csv" ? size(length) : some(length, "character")}.`,
  paste: "Paste it instead",
  pasted: "pasted text",
  pasteTable: "One row a line, with a line of names on top",
  pasteText: "Any text of some thousand characters",
  take: "Use what is pasted",
  clear: "Without it",
  tooLarge: (/** @type {string} */ name, /** @type {number} */ bytes, /** @type {number} */ most) => `${name} was not read: it has ${size(bytes)}, expected at most ${size(most)}.`,
  notText: "expected plain text, found bytes that no text has",
  empty: "it is empty",
  refused: (/** @type {string} */ name, /** @type {string} */ why) => `${name} was not read: ${why}. What was there stays.`,

  /** How a table was read, in sentences. @param {any} summary  of readCsv */
  report({ rows, report, grid, gridRows }) {
    const delimiter = { ",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars" }[report.delimiter] ?? "";
    const said = [`${some(rows, "row")} (${[report.encoding, delimiter && `cells between ${delimiter}`, `decimal “${report.decimal}”`, report.order && `dates ${report.order}`].filter(Boolean).join(", ")}).`];
    if (grid.time) {
      const step = grid.step > 0 ? `a row every ${span(grid.step)}` : "rows of unequal distance, taken one after the other";
      said.push(`Times from ${grid.time}: ${day(grid.first)} to ${day(grid.last)}, ${step}: ${some(gridRows, "step")}.`);
    } else said.push("No column of times: rows are taken as they stand.");
    for (const { reason, count: n, line } of report.skipped) said.push(`${(REASONS[reason] ?? ((m) => `${m}: ${reason}`))(some(n, "line"))} (the first is line ${count(line)}).`);
    if (grid.timeless > 0) said.push(`${some(grid.timeless, "row")} without a time left out.`);
    if (grid.duplicates > 0) said.push(`${some(grid.duplicates, "row")} of a time that another row has: averaged.`);
    if (grid.unordered > 0) said.push(`${some(grid.unordered, "row")} out of order: sorted.`);
    if (grid.moved > 0) said.push(`${some(grid.moved, "row")} between two steps: moved to the nearer one.`);
    if (grid.missingRows > 0) said.push(`${some(grid.missingRows, "step")} missing in ${some(grid.gaps, "gap")}, ${count(grid.longestGap)} at most in a row.`);
    return said;
  },
  columns: ["asked", "read", "Column", ""],
  forecast: (/** @type {string} */ name) => `Forecast ${name}`,
  read: (/** @type {string} */ name) => `Read ${name}`,
  column: (/** @type {any} */ { min, max, missing }) =>
    `${min === null || min === undefined ? "no numbers" : `${short(min)} … ${short(max)}`}${missing > 0 ? `, ${count(missing)} missing` : ""}`,
};
