// A part of the page of measurements: what it measures, a button that starts and stops it, a table.
import { make, say } from "../elements/dom.js";
import { BENCH } from "../strings/en-bench.js";

/** The one that measures now: two at a time would measure each other. @type {AbortController | null} */
let going = null;

/**
 * @typedef {object} Table
 * @property {(...cells: string[]) => void} row
 * @property {(text: string) => void} say
 * @property {(text: string) => void} note  stands over the table and goes into the copied text
 * @property {HTMLElement} place            under the table
 * @property {AbortSignal} signal
 */

/**
 * @param {string} name  its id
 * @param {{title: string, text: string, run: string, columns: string[]}} words
 * @param {(table: Table) => Promise<string>} measure  gives the closing words
 */
export function section(name, words, measure) {
  /** @type {string[]} */
  let lines = [];
  const status = make("p", { role: "status", text: BENCH.idle });
  const notes = make("p", { class: "hint" });
  const body = make("tbody");
  const head = make("tr", {}, ...words.columns.map((text) => make("th", { scope: "col", text })));
  const place = make("div", { class: "place" });
  const start = make("button", { type: "button", class: "main", text: words.run, on: { click: () => void toggle() } });
  const copy = make("button", { type: "button", text: BENCH.copy, on: { click: copyText } });
  const element = make(
    "section",
    { id: name, "aria-labelledby": `${name}-title` },
    make("h2", { id: `${name}-title`, text: words.title }),
    make("p", { text: words.text }),
    notes,
    make("div", { class: "actions" }, start, copy, status),
    make("div", { class: "scroll" }, make("table", {}, make("thead", {}, head), body)),
    place,
  );

  async function copyText() {
    await navigator.clipboard.writeText(lines.join("\n"));
    say(status, BENCH.copied);
  }

  /** @param {AbortSignal} signal @returns {Table} */
  const table = (signal) => ({
    signal,
    place,
    say: (text) => say(status, text),
    note: (text) => {
      notes.append(make("span", { text }), " ");
      lines.push(text);
    },
    row: (...cells) => {
      body.append(make("tr", {}, ...cells.map((text) => make("td", { text }))));
      lines.push(cells.join("\t"));
    },
  });

  async function toggle() {
    if (going) {
      if (element.dataset.state === "going") going.abort();
      else say(status, BENCH.busy);
      return;
    }
    const own = (going = new AbortController());
    element.dataset.state = "going";
    start.textContent = BENCH.stop;
    for (const old of [body, notes, place]) old.replaceChildren();
    lines = [words.columns.join("\t")];
    try {
      say(status, await measure(table(own.signal)));
    } catch (error) {
      say(status, own.signal.aborted ? BENCH.stopped : String(error));
    } finally {
      // Whoever listens to the signal ends with the section.
      own.abort();
      going = null;
      start.textContent = words.run;
      element.dataset.state = "done";
    }
  }
  return { element, toggle };
}
