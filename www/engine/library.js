// What the page has beside the module: trained weights with what they achieve, weather, and the reader's own file.
import { asset } from "./load.js";
import { TEXT } from "../strings/en.js";

/**
 * @typedef {object} Entry  one line of assets/weights/index.json
 * @property {string} name
 * @property {string} title
 * @property {string} file
 * @property {{task: string, outputs: number[], labels: string[]}[]} tasks
 * @property {any} config
 * @property {{mean: number, deviation: number, unit: string} | null} normalisation
 * @property {string[] | null} vocabulary
 * @property {any} view
 * @property {any[]} metrics
 * @property {any} provenance
 */

const WEATHER = "assets/data/weather-nyc-2013-hourly.csv";
const WEIGHTS = "assets/weights/";

/**
 * The parameters in a file of assets/weights/, by the module's names for them: F32 tensors behind a JSON header.
 * @param {Entry} entry
 * @param {Uint8Array} bytes
 * @returns {[string, Float32Array][]}
 */
export function weightsOf({ config }, bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const length = Number(view.getBigUint64(0, true));
  const { __metadata__, ...tensors } = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
  return Object.entries(tensors).map(([name, { data_offsets }]) => {
    const [from, to] = data_offsets.map((/** @type {number} */ offset) => 8 + length + offset);
    const values = Float32Array.from({ length: (to - from) / 4 }, (_, k) => view.getFloat32(from + 4 * k, true));
    const own = name.startsWith(`${config.cell}.`) ? ofLayer(name.slice(config.cell.length + 1)) : name.replace(/^fc\./, "head.");
    return [own, values];
  });
}

/** PyTorch's names tell the layer themselves; other references number their modules, or have only one: `1.kernel.C`, `kernel.C`. @param {string} name */
function ofLayer(name) {
  if (/_l\d+(_reverse)?$/.test(name)) return name;
  const [, layer = "0", leaf] = /** @type {RegExpExecArray} */ (/^(?:(\d+)\.)?(.*)$/.exec(name));
  return `${leaf}_l${layer}`;
}

export class Library {
  /** @type {Entry[]} */
  entries = [];
  /** @type {import("./sequence.js").Weather | null} */
  weather = null;
  /** @type {Map<string, Uint8Array>} */
  #bytes = new Map();
  /** @type {Promise<string> | null} */
  #table = null;

  /** Loads the list of trained weights. */
  async open() {
    this.entries = await (await asset(`${WEIGHTS}index.json`)).json();
  }

  /** Begins to load the weather, so that it comes together with the module. */
  fetchWeather() {
    this.#table ??= asset(WEATHER).then((response) => response.text());
    // Whoever needs the table hears of a failure; the next one to need it asks again.
    this.#table.catch(() => (this.#table = null));
    return this.#table;
  }

  /** @param {import("./load.js").Module} module */
  async openWeather(module) {
    if (this.weather) return;
    const text = await this.fetchWeather();
    const table = module.weather(text);
    const stations = table.stations.map((/** @type {string} */ name) => ({ name: name.toLowerCase(), title: TEXT.stations[name] ?? name }));
    const series = new Map(stations.map((/** @type {any} */ { name }) => [name, table.series(name)]));
    this.weather = { start: table.start, stations, series: (name) => series.get(name) ?? new Float32Array(0) };
    table.free();
  }

  /** The weights' file, once loaded. @param {Entry} entry */
  bytes(entry) {
    return this.#bytes.get(entry.name) ?? null;
  }

  /** @param {Entry} entry */
  async openWeights(entry) {
    if (!this.#bytes.has(entry.name)) {
      const response = await asset(WEIGHTS + entry.file);
      this.#bytes.set(entry.name, new Uint8Array(await response.arrayBuffer()));
    }
  }

  /**
   * Trained weights for what is read: those of the wanted cell, else null.
   * @param {boolean} tokens
   * @param {string} [cell]
   * @returns {Entry | null}
   */
  find(tokens, cell) {
    return this.entries.find((e) => Boolean(e.config.embedding) === tokens && (cell === undefined || e.config.cell === cell)) ?? null;
  }

  /** The entry that reads sentences: its words are the page's vocabulary. */
  get sentences() {
    return this.find(true);
  }

  /** Mean and deviation that make °C the networks' input: the same for all of them. */
  get normalisation() {
    return this.entries.find((e) => e.normalisation)?.normalisation ?? { mean: 0, deviation: 1, unit: "" };
  }
}
