// What a plot's place in the view says: "influence.linear.relative" is that plot, so drawn. Nothing at all is the default.

/**
 * @typedef {object} PlotSpec
 * @property {string} name
 * @property {string} title
 * @property {string} text
 * @property {boolean} backward
 * @property {boolean} heavy
 * @property {{name: string, title: string, default: boolean}[]} options
 *
 * @typedef {object} Choice
 * @property {boolean} shown
 * @property {boolean | null} log  null: the plot's own
 * @property {boolean} relative
 * @property {string | null} lane
 * @property {string | null} along  the axis that a heatmap's rows follow
 */

/** @type {Choice} */
export const PLAIN = { shown: true, log: null, relative: false, lane: null, along: null };

/**
 * The choices of all plots, by name.
 * @param {readonly string[]} plots  the view's list
 * @param {PlotSpec[]} specs
 * @returns {Map<string, Choice>}
 */
export function choicesOf(plots, specs) {
  const found = new Map(specs.map((spec) => [spec.name, { ...PLAIN, shown: plots.length === 0 }]));
  for (const text of plots) {
    const [name, ...flags] = text.split(".");
    const choice = found.get(name);
    if (!choice) continue;
    choice.shown = true;
    for (const flag of flags) {
      if (flag === "log" || flag === "linear") choice.log = flag === "log";
      if (flag === "relative") choice.relative = true;
      if (flag.startsWith("lane-")) choice.lane = flag.slice(5);
      if (flag.startsWith("along-")) choice.along = flag.slice(6);
    }
  }
  return found;
}

/**
 * The same as the view's list; empty where everything is as it comes.
 * @param {Map<string, Choice>} choices
 * @returns {string[]}
 */
export function listOf(choices) {
  const plain = (/** @type {Choice} */ c) => c.shown && c.log === null && !c.relative && c.lane === null && c.along === null;
  const all = [...choices];
  if (all.every(([, choice]) => plain(choice))) return [];
  const shown = all.filter(([, choice]) => choice.shown);
  if (shown.length === 0) return ["none"];
  return shown.map(([name, c]) =>
    [name, c.log === null ? "" : c.log ? "log" : "linear", c.relative ? "relative" : "", c.lane === null ? "" : `lane-${c.lane}`, c.along === null ? "" : `along-${c.along}`].filter(Boolean).join("."),
  );
}
