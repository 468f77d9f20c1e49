// What stands under the common time axis: hours and days for readings, as in the sequence above.
import { hourTicks } from "../sequence/scale.js";
import { TEXT } from "../../strings/en.js";

/**
 * Nothing where steps are counted or are words.
 * @param {import("../../engine/session.js").Session} session
 * @param {number} width  CSS pixels of all steps
 * @param {number} font   CSS pixels of the type
 * @returns {{t: number, text: string}[]}
 */
export function ticksOf(session, width, font) {
  if (session.sequence.kind !== "weather") return [];
  const { start } = session.state.data;
  const found = hourTicks(start, session.steps, width / session.steps, 0.6 * font);
  return found.map(({ t, kind }) => ({ t, text: kind === "day" ? TEXT.shortDay(start + t) : session.labels(t).short }));
}
