// Makes a view fit what is there: the weights that exist, the network's size, the sequence's length.
import { LIMITS } from "../state/view.js";

/**
 * Settles what contradicts itself: the newer wish wins, the older one gives way.
 * @param {any} next       the view as wished
 * @param {any} wish       the part that was just asked for; the whole view when it comes from a link
 * @param {import("./library.js").Library} library
 * @param {{tokens: boolean, config: any} | null} file   the reader's own network
 * @param {any[]} cells    describe().cells
 * @returns {{view: any, notices: string[]}}  notices: keys of strings
 */
export function reconcile(next, wish, library, file, cells) {
  const view = { ...next, data: { ...next.data }, network: { ...next.network } };
  const { data, network } = view;
  /** @type {string[]} */
  const notices = [];
  const cell = cells.find((c) => c.name === network.cell);
  if (!cell) {
    network.cell = cells.find((c) => c.name === "lstm")?.name ?? cells[0].name;
    network.options = {};
    notices.push("unknownCell");
  } else {
    network.options = unusual(cell, network.options);
  }

  const tasks = library.sentences?.tasks ?? [];
  if (tasks.length > 0 && !tasks.some(({ task }) => task === data.task)) data.task = tasks[0].task;

  if (network.source === "file") {
    if (!file) {
      network.source = "trained";
      notices.push("fileGone");
    } else if (file.tokens !== (data.kind === "sentence")) {
      if (wish.data?.kind) network.source = "trained";
      else data.kind = file.tokens ? "sentence" : "weather";
    }
  }
  if (network.source === "file" && file) {
    // The file decides, except for what it cannot tell.
    network.cell = file.config.cell;
    network.hidden = Math.min(LIMITS.hidden[1], file.config.hidden);
    network.layers = Math.min(LIMITS.layers[1], file.config.layers);
    network.bidirectional = file.config.bidirectional;
  }
  if (network.source === "trained") {
    const tokens = data.kind === "sentence";
    let entry = library.find(tokens, network.cell);
    if (!entry && !wish.network?.cell) {
      entry = library.find(tokens);
      if (entry) network.cell = entry.config.cell;
    }
    const { config } = entry ?? {};
    const other = wish.network ?? {};
    // Trained weights are what they are: another size or variant is another network.
    const own = config ? unusual(cells.find((c) => c.name === config.cell), config.options ?? {}) : {};
    const differs =
      !config ||
      (Object.keys(other.options ?? {}).length > 0 && !sameOptions(network.options, own)) ||
      ["hidden", "layers", "bidirectional"].some((key) => other[key] !== undefined && other[key] !== config[key] && other.source !== "trained");
    if (differs) {
      network.source = "random";
      if (!config && other.source === "trained") notices.push("noTrained");
    } else {
      network.options = own;
      network.hidden = config.hidden;
      network.layers = config.layers;
      network.bidirectional = config.bidirectional;
    }
  }
  return { view, notices };
}

/** The options that are there and not as usual. @param {any} cell @param {Record<string, string>} options */
function unusual(cell, options) {
  const known = Object.entries(options).map(([key, value]) => [key, chosen(cell?.options.find((/** @type {any} */ o) => o.name === key), value)]);
  return Object.fromEntries(known.filter(([, value]) => value !== null));
}

/** @param {Record<string, string>} a @param {Record<string, string>} b */
const sameOptions = (a, b) => Object.keys({ ...a, ...b }).every((key) => a[key] === b[key]);

/** An option's value as it can be; null where that is its default, or nothing. @param {any} option @param {string} value */
function chosen(option, value) {
  if (option?.size) {
    const { low, high } = option.size;
    const size = Math.min(high, Math.max(low, Number(value)));
    return Number.isInteger(size) && size !== option.size.default ? String(size) : null;
  }
  return option?.values.some((/** @type {any} */ v, /** @type {number} */ k) => v.name === value && k > 0) ? value : null;
}

/**
 * Moves the window so that it lies on the readings there are, the one after its end included.
 * @param {any} view
 * @param {import("./sequence.js").Weather | null} weather
 */
export function windowed(view, weather) {
  const { data } = view;
  if (data.kind !== "weather" || !weather) return view;
  const station = weather.stations.some(({ name }) => name === data.station) ? data.station : weather.stations[0].name;
  const last = weather.start + weather.series(station).length - data.steps - 1;
  const start = Math.max(weather.start, Math.min(last, data.start));
  return { ...view, data: { ...data, station, start } };
}

/**
 * Clamps what points into network and sequence.
 * @param {any} view
 * @param {{steps: number, layers: number, directions: number, hidden: number, lanes: string[], axes: Map<string, number>,
 *   elements: (layer: number, lane: string) => number, parameter: (name: string) => number}} size
 *   axes: the extent of each; elements: values of a lane at one step; parameter: entries of a parameter, 0 where there is none
 * @returns {{view: any, dropped: number}}  dropped: interventions that this network cannot have
 */
export function fitted(view, size) {
  const s = view.selection;
  const lane = s.lane === null ? null : s.lane.includes(":") || size.lanes.includes(s.lane) ? s.lane : null;
  const axes = Object.entries(s.place).filter(([axis]) => axis !== "H" && size.axes.has(axis));
  const selection = {
    t: Math.min(s.t, size.steps - 1),
    unit: s.unit === null ? null : Math.min(s.unit, size.hidden - 1),
    place: Object.fromEntries(axes.map(([axis, at]) => [axis, Math.min(at, (size.axes.get(axis) ?? 1) - 1)])),
    layer: Math.min(s.layer, size.layers - 1),
    direction: Math.min(s.direction, size.directions - 1),
    lane,
  };
  const possible = (/** @type {any} */ i) => {
    if (i.kind === "weight") return i.index < size.parameter(i.name);
    if (i.layer >= size.layers || i.direction >= size.directions) return false;
    if (i.kind === "hold" && !size.lanes.includes(i.lane)) return false;
    return i.unit === "all" || i.unit < (i.kind === "hold" ? size.elements(i.layer, i.lane) : size.hidden);
  };
  const interventions = view.interventions.filter(possible);
  return { view: { ...view, selection, interventions }, dropped: view.interventions.length - interventions.length };
}
