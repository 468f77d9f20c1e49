// The built module, and safetensors files made by hand.
import { readFile } from "node:fs/promises";

const DIST = new URL("../../dist/", import.meta.url);

/** @param {string} [folder]  "gpu/" for the module of the worker that trains @returns {Promise<any>} the module's exports and, as `memory`, its memory */
export async function load(folder = "") {
  const module = await import(new URL(`${folder}unrolled.js`, DIST).href);
  const { memory } = await module.default({ module_or_path: await readFile(new URL(`${folder}unrolled_bg.wasm`, DIST)) });
  return { ...module, memory };
}

/**
 * A file of this header and these bytes.
 * @param {string | object} header
 * @param {number | Uint8Array} data the values, or how many zero bytes
 */
export function container(header, data = 0) {
  const text = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header));
  const values = typeof data === "number" ? new Uint8Array(data) : data;
  const file = new Uint8Array(8 + text.length + values.length);
  new DataView(file.buffer).setBigUint64(0, BigInt(text.length), true);
  file.set(text, 8);
  file.set(values, 8 + text.length);
  return file;
}

/**
 * A file of F32 tensors of zeros.
 * @param {Record<string, number[]>} shapes
 */
export function zeros(shapes) {
  let at = 0;
  const entry = ([name, shape]) => {
    const from = at;
    at += 4 * shape.reduce((a, b) => a * b, 1);
    return [name, { dtype: "F32", shape, data_offsets: [from, at] }];
  };
  return container(Object.fromEntries(Object.entries(shapes).map(entry)), at);
}

/** The header of a file. */
export function header(file) {
  const length = Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true));
  return JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + length)));
}
