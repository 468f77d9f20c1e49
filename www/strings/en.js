// Every word on the page, in English. What one part of the page says stands in its own file.
import { clockOf, dayOf } from "../engine/sequence.js";
import { PANELS } from "./en-panels.js";

const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });
const MONTH = new Intl.DateTimeFormat("en-GB", { month: "short", timeZone: "UTC" });

const percent = (/** @type {number} */ share) => `${(share * 100).toFixed(0)} %`;

export const TEXT = {
  name: "Unrolled",
  promise: "Every number is computed live by the code that trains, and agrees with PyTorch.",
  loading: "Loading the network and a year of weather…",
  reading: (/** @type {number} */ value, /** @type {string} */ unit) =>
    Number.isNaN(value) ? "not measured" : unit ? `${decimal(value, 1)} ${unit}` : decimal(value, 2),
  /** What a network that has overflowed says. */
  noNumber: "no number",
  remark: (/** @type {import("../state/view.js").Remark} */ { field, found, expected, used }) =>
    `“${field}” was ${found || "empty"}${expected ? `; expected ${expected}` : ""}. ${used === "–" ? "It is left out." : `${used} is used.`}`,
  failure: (/** @type {unknown} */ error) => (error instanceof Error ? error.message : String(error)),
  broken: {
    title: "The page could not be put together.",
    wasm: "Its compiled part, unrolled.js with unrolled_first.wasm and unrolled_rest.wasm, did not load. If you host this page, build it with “cargo xtask build” and serve the whole dist folder, with .wasm files as application/wasm.",
    data: "A file of its data did not load. If you host this page, serve the whole dist folder, its assets included.",
    again: "Try again",
  },
  close: "Close this message",
  dropped: (/** @type {number} */ count) =>
    `${count === 1 ? "One change does" : `${count} changes do`} not fit this network and ${count === 1 ? "was" : "were"} undone.`,
  /** @type {Record<string, string>} */
  notices: {
    unknownCell: "There is no such cell; the LSTM is shown.",
    fileGone: "A file is not part of a link. Choose it again; until then trained weights are shown.",
    noTrained: "There are no trained weights for this; random ones are shown.",
  },
  /** @type {Record<string, string>} */
  stations: { JFK: "New York JFK", LGA: "La Guardia", EWR: "Newark" },
  shortDay: (/** @type {number} */ hour) => DAY.format(new Date(hour * 3_600_000)),
  month: (/** @type {Date} */ date, /** @type {boolean} */ room) => (room ? MONTH.format(date) : MONTH.format(date).slice(0, 1)),

  /** The page's title: what is read by what. */
  pageTitle: (/** @type {string} */ cell, /** @type {string} */ kind) =>
    `${cell} reading ${{ weather: "the weather", sentence: "a sentence", wave: "a wave", draw: "a drawn series" }[kind]} · Unrolled`,

  top: {
    skip: "To the steps",
    panel: "Data and network",
    screen: "Screens",
    screens: [
      { name: "step", title: "Step", href: "?v=1" },
      { name: "compare", title: "Compare", href: "?screen=compare" },
      { name: "train", title: "Train", href: "?screen=train" },
    ],
    direction: "Direction",
    directions: [
      { name: "forward", title: "Forward", hint: "What the network computes, from left to right" },
      { name: "backward", title: "Backward", hint: "What the loss sends back, from right to left" },
    ],
    loss: "Loss at",
    losses: [
      { name: "last", title: "loss at the last step" },
      { name: "every", title: "at every step" },
    ],
    theme: "Colours",
    themes: [
      { name: "auto", title: "Auto" },
      { name: "light", title: "Light" },
      { name: "dark", title: "Dark" },
    ],
    projector: "Large type",
    share: "Copy link",
    shared: "Link copied",
    notShared: "The address bar has the link",
  },

  help: {
    title: "Keys",
    close: "Close",
    keys: /** @type {[string[], string][]} */ ([
      [["Space"], "play, pause"],
      [["←", "→"], "one step back, forward"],
      [["Shift ←", "Shift →"], "ten steps"],
      [["Home", "End"], "first step, last step"],
      [["↑", "↓"], "on the marked reading: change it"],
      [["Tab"], "to the next control"],
      [["?"], "this list"],
    ]),
    mouse: "With a pointer: click a step to go there, drag the marked reading to change it, drag the window on the year to read other hours.",
  },

  transport: {
    scrub: "Step",
    first: "First step",
    back: "One step back",
    play: "Play",
    pause: "Pause",
    forth: "One step forward",
    last: "Last step",
    speed: "Speed",
    times: (/** @type {number} */ speed) => `${speed}×`,
    where: (/** @type {number} */ step, /** @type {number} */ steps, /** @type {string} */ label) => `step ${step} of ${steps} · ${label}`,
  },

  sequence: {
    title: (/** @type {string} */ kind, /** @type {string} */ station) =>
      ({ weather: `Temperature at ${station}`, wave: "A sine wave", draw: "Your own series: draw with the pointer" })[kind] ?? "",
    reading: "Reading at this step",
    sentence: "Sentence",
    reset: "as measured",
    gap: "gap",
    window: "Window on the year",
    windowAt: (/** @type {number} */ start, /** @type {number} */ steps) => `${steps} hours from ${dayOf(start)} ${clockOf(start)} UTC`,
    forecast: (/** @type {string} */ said, /** @type {string} */ came, /** @type {string} */ kind) =>
      kind === "weather" ? `next hour: forecast ${said}, measured ${came}` : `next step: forecast ${said}, then ${came}`,
    read: "reads",
    after: (/** @type {string} */ word) => `after ${word}`,
    output: (/** @type {number} */ k) => `output ${k}`,
    answers: (/** @type {number[]} */ answers, /** @type {string[]} */ classes, /** @type {number | null} */ label) => {
      const said = answers.map((p, k) => `${classes[k] ?? `output ${k}`} ${percent(p)}`).join(", ");
      return label === null ? said : `${said} · right: ${classes[label]}`;
    },
    unknown: (/** @type {string} */ word) => `The network does not know “${word}”; it reads “unknown word” here.`,
  },

  ...PANELS,
};

/** A number with a true minus sign. @param {number} value @param {number} digits */
export function decimal(value, digits) {
  return value.toFixed(digits).replace("-", "−");
}

/** @param {import("../engine/sequence.js").Sequence} sequence @param {import("../state/view.js").Data} data @param {number} t */
export function labelOf(sequence, data, t) {
  if (sequence.kind === "sentence") {
    const word = sequence.tokens[t]?.token ?? "";
    return { short: word, long: `“${word}”` };
  }
  if (sequence.kind === "weather") {
    const hour = data.start + t;
    return { short: clockOf(hour), long: `${dayOf(hour)} ${clockOf(hour)} UTC` };
  }
  return { short: String(t + 1), long: `value ${TEXT.reading(sequence.shown[t], sequence.unit)}` };
}

/** What a screen reader says of step t. @param {import("../engine/session.js").Session} session @param {number} t */
export function describeStep(session, t) {
  const place = `step ${t + 1} of ${session.steps}`;
  const read = session.inputAt(t);
  if (typeof read === "string") return `${place}, “${read}”`;
  const when = session.sequence.kind === "weather" ? `${session.labels(t).long}, ` : "";
  return `${place}, ${when}${session.unitText(read)}`;
}
