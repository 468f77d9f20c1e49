// Which engine trains: what was asked for, what there is, and how long an update takes on either, on this very network.

/**
 * @typedef {"auto" | "cpu" | "gpu"} Wish
 *
 * @typedef {{name: string, backend: string, software: boolean, bytes: number, dispatches: number}} Device  Trainer.device()
 *
 * @typedef {{cpu: number, gpu: number}} Times  milliseconds of an update
 *
 * @typedef {object} Chosen
 * @property {"cpu" | "gpu"} on
 * @property {"asked" | "none" | "refused" | "failed" | "lost" | "software" | "short" | "slower" | "faster"} why
 * @property {string} message        what was found, in the module's words, where it was refused, failed or lost
 * @property {Times | null} times
 * @property {Device | null} device  what was found, also where it is not used
 *
 * @typedef {{hidden: number, cpu: number, gpu: number}} Measured  milliseconds of an update of a network of so many hidden units
 */

/**
 * @param {Wish} wish
 * @param {{webgpu?: boolean, device?: Device | null, times?: Times | null, refused?: string, failed?: string, short?: boolean}} found
 * @returns {Chosen}
 */
export function chosen(wish, { webgpu = true, device = null, times = null, refused, failed, short = false }) {
  const on = (/** @type {Chosen["on"]} */ engine, /** @type {Chosen["why"]} */ why, message = "") => ({ on: engine, why, message, times, device });
  if (wish === "cpu") return on("cpu", "asked");
  if (!webgpu) return on("cpu", "none");
  if (refused !== undefined) return on("cpu", "refused", refused);
  if (failed !== undefined) return on("cpu", "failed", failed);
  if (wish === "gpu") return on("gpu", device?.software ? "software" : "asked");
  if (device?.software) return on("cpu", "software");
  if (short) return on("cpu", "short");
  // Never slower by choice: what cannot be compared is not faster.
  return times && times.gpu < times.cpu ? on("gpu", "faster") : on("cpu", "slower");
}

/** Seconds on the CPU below which a run is over before a GPU has made its pipelines. */
export const SHORT = 3;

/**
 * About how many seconds a run takes on the CPU: two operations for each parameter, step and example, and four on the way back, ten
 * thousand million of them a second.
 * @param {{parameters: number, steps: number, batch: number, updates: number}} run
 */
export const secondsOnCpu = ({ parameters, steps, batch, updates }) => (6 * parameters * steps * batch * updates) / 1e10;

/** The GPU is gone, in the middle of a run. @param {Chosen} before @param {string} message @returns {Chosen} */
export const lost = (before, message) => ({ ...before, on: "cpu", why: "lost", message });

/** Its memory is given back. @param {Chosen} of @returns {Chosen} */
export const rested = (of) => (of.device ? { ...of, device: { ...of.device, bytes: 0 } } : of);

/** Hidden sizes at which both engines are measured. */
export const SIZES = [16, 32, 64, 128, 256];

/** What the next size will take, some four times as long as the last (matrices grow with the square). @param {number} last */
export const expected = (last) => 4 * last;

/**
 * From where on the GPU is the faster.
 * @param {Measured[]} measured  smallest first
 * @returns {{from: number | null, between: boolean, at: Measured} | null}  from: null where the CPU is the faster at the largest size;
 *   between: it was found between two sizes. `at`: the size that is told of beside it.
 */
export function crossover(measured) {
  const known = measured.filter(({ cpu, gpu }) => cpu > 0 && gpu > 0);
  if (known.length === 0) return null;
  const faster = ({ cpu, gpu }) => gpu < cpu;
  let first = known.length;
  while (first > 0 && faster(known[first - 1])) first--;
  if (first === known.length) return { from: null, between: false, at: known[known.length - 1] };
  if (first === 0) return { from: known[0].hidden, between: false, at: known[0] };
  // On a line between the two, of logarithms of the ratio over logarithms of the size.
  const [below, above] = [known[first - 1], known[first]];
  const ratio = (/** @type {Measured} */ { cpu, gpu }) => Math.log(cpu / gpu);
  const share = -ratio(below) / (ratio(above) - ratio(below));
  const from = below.hidden * (above.hidden / below.hidden) ** share;
  return { from: Number(from.toPrecision(2)), between: true, at: known.find(({ hidden }) => hidden === 32 && hidden <= below.hidden) ?? below };
}
