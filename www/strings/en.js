// Every word on the page, in English.
import { clockOf, dayOf } from "../engine/sequence.js";

export const TEXT = {
  name: "Unrolled",
  promise: "Every number is computed live by the code that trains, and agrees with PyTorch.",
  reading: (/** @type {number} */ value, /** @type {string} */ unit) =>
    Number.isNaN(value) ? "not measured" : unit ? `${decimal(value, 1)} ${unit}` : decimal(value, 2),
  remark: (/** @type {{field: string, found: string, used: string}} */ { field, found, used }) =>
    `The link or field “${field}” says ${found || "nothing"}; ${used} is used.`,
  failure: (/** @type {unknown} */ error) => (error instanceof Error ? error.message : String(error)),
  dropped: (/** @type {number} */ count) => `${count === 1 ? "One change does" : `${count} changes do`} not fit this network and ${count === 1 ? "was" : "were"} undone.`,
  /** @type {Record<string, string>} */
  notices: {
    unknownCell: "There is no such cell; the LSTM is shown.",
    fileGone: "A file is not part of a link. Choose it again; until then trained weights are shown.",
    noTrained: "There are no trained weights for this; random ones are shown.",
  },
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
  return { short: String(t + 1), long: `step ${t + 1}` };
}

/** What a screen reader says of step t. @param {import("../engine/session.js").Session} session @param {number} t */
export function describeStep(session, t) {
  const place = `step ${t + 1} of ${session.steps}`;
  const read = session.inputAt(t);
  if (typeof read === "string") return `${place}, “${read}”`;
  const when = session.sequence.kind === "weather" ? `${session.labels(t).long}, ` : "";
  return `${place}, ${when}${session.unitText(read)}`;
}
