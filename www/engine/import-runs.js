// Exported runs come back: a .safetensors file, and the small .json that says what it was trained with.
import { TEXT } from "../strings/en.js";
import { TRAIN } from "../strings/en-train.js";
import { checkedTrain, setupOf } from "../state/train-view.js";
import { settled } from "./set-up.js";

/** What a checkpoint may weigh, in bytes. */
const MOST = 256e6;

/**
 * @param {File[]} files
 * @param {import("./studio.js").Studio} studio
 * @returns {Promise<{name: string, run?: import("./run.js").Run, checkpoint?: any, why?: string}[]>}  why: what was expected
 */
export async function imported(files, studio) {
  const abouts = new Map(files.filter((file) => /\.json$/i.test(file.name)).map((file) => [stem(file.name), file]));
  const weights = files.filter((file) => !/\.json$/i.test(file.name));
  const found = [];
  for (const file of weights) {
    try {
      if (file.size > MOST) throw new Error(TRAIN.own.tooLarge(file.name, file.size, MOST));
      // One of each is a pair, whatever they are called.
      const about = abouts.get(stem(file.name)) ?? (weights.length === 1 && abouts.size === 1 ? [...abouts.values()][0] : null);
      found.push(await one(file, about, studio));
    } catch (error) {
      found.push({ name: file.name, why: TEXT.failure(error) });
    }
  }
  if (weights.length === 0) for (const file of files) found.push({ name: file.name, why: TRAIN.notices.onlyAbout });
  return found;
}

/** @param {File} file @param {File | null} about @param {import("./studio.js").Studio} studio */
async function one(file, about, studio) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  const said = about ? parsed(await about.text()) : null;
  const note = noteOf(bytes);
  // What was trained on a file of its own needs that file: the one that is here now.
  const asked = { task: { name: note?.task?.name ?? said?.setup?.task?.name ?? "" } };
  const own = studio.ownOf(asked);
  const trainer = studio.session.module.Trainer.restore(bytes, await studio.dataFor(asked, own));
  try {
    const summary = trainer.summary();
    const { network, settings, best } = summary;
    const { updates, ...schedule } = settings.schedule;
    const given = { task: note?.task, network, training: { ...settings, schedule }, updates };
    const { view } = settled(checkedTrain(given).view, studio.registry);
    const run = studio.newRun(setupOf(view));
    const update = Number(summary.updates);
    const last = said?.validation && Number.isFinite(said.validation.loss) ? { loss: said.validation.loss, metric: said.validation.metric, update } : null;
    const name = String(said?.name ?? stem(file.name)).slice(0, 80);
    const done = update * settings.batch * settings.accumulate;
    Object.assign(run, { name, summary, updates: update, examples: Number(said?.examples ?? done), state: "stopped", last, best: best ?? last, own });
    return { name: file.name, run, checkpoint: { kind: "hand", bytes, update, validation: last } };
  } finally {
    trainer.free();
  }
}

/** A file's name without its ending. @param {string} name */
const stem = (name) => name.replace(/\.[^.]*$/, "");

/**
 * What a checkpoint says it was trained on. Null where that cannot be read: the module says what is wrong with the file.
 * @param {Uint8Array} bytes
 */
function noteOf(bytes) {
  try {
    const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
    return { task: JSON.parse(JSON.parse(header.__metadata__.unrolled).about) };
  } catch {
    return null;
  }
}

/** @param {string} text */
function parsed(text) {
  let value = null;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error(TRAIN.notices.notAbout);
  }
  if (value?.format !== "unrolled-run") throw new Error(TRAIN.notices.notAbout);
  return value;
}
