// An ONNX model of a stack of LSTMs with a head, written byte by byte (protobuf, onnx.proto3): the same weights as ours, none
// stored. Fields are numbered as in onnx.proto.

const utf8 = new TextEncoder();

function varint(n) {
  const bytes = [];
  for (; n > 127; n = Math.floor(n / 128)) bytes.push((n % 128) | 128);
  return [...bytes, n];
}

function joined(parts) {
  const out = new Uint8Array(parts.reduce((n, part) => n + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

const int = (field, n) => Uint8Array.from([...varint(field << 3), ...varint(n)]);
const bytes = (field, value) => joined([Uint8Array.from([...varint((field << 3) | 2), ...varint(value.length)]), value]);
const text = (field, value) => bytes(field, utf8.encode(value));
const message = (field, ...parts) => bytes(field, joined(parts));

const FLOAT = 1;
const INT64 = 7;

/** TensorProto */
const floats = (name, dims, values) =>
  message(5, ...dims.map((n) => int(1, n)), int(2, FLOAT), text(8, name), bytes(9, new Uint8Array(values.buffer, values.byteOffset, values.byteLength)));
const longs = (name, values) =>
  message(5, int(1, values.length), int(2, INT64), text(8, name), bytes(9, new Uint8Array(BigInt64Array.from(values, BigInt).buffer)));

/** ValueInfoProto of floats, in field 11 (input) or 12 (output) of the graph */
const value = (field, name, dims) =>
  message(field, text(1, name), message(2, message(1, int(1, FLOAT), message(2, ...dims.map((n) => message(1, int(1, n)))))));

/** AttributeProto of one integer */
const attribute = (name, n) => message(5, text(1, name), int(3, n), int(20, 2));

/** NodeProto */
const node = (kind, inputs, outputs, ...attributes) =>
  message(1, ...inputs.map((name) => text(1, name)), ...outputs.map((name) => text(2, name)), text(4, kind), ...attributes);

/** PyTorch's i f g o → ONNX's i o f c. */
function reordered(values, hidden) {
  const block = values.length / 4;
  if (block % hidden !== 0) throw new Error(`${values.length} values are not four blocks of ${hidden} rows`);
  const out = new Float32Array(values.length);
  [0, 3, 1, 2].forEach((from, to) => out.set(values.subarray(from * block, (from + 1) * block), to * block));
  return out;
}

/**
 * `steps` of a sequence at batch 1: inputs x, h0, c0, h1, c1, …; outputs y (a prediction a step), hn0, cn0, …
 * @param {{hidden: number, layers: number, input: number}} shape
 * @param {Record<string, {shape: number[], values: Float32Array}>} weights
 */
export function lstm({ hidden, layers, input }, steps, weights) {
  const [parts, outputs] = [[], []];
  const inputs = [value(11, "x", [steps, 1, input])];
  let x = "x";
  for (let l = 0; l < layers; l++) {
    const width = l === 0 ? input : hidden;
    const tensor = (name) => reordered(weights[`${name}_l${l}`].values, hidden);
    const bias = new Float32Array(8 * hidden);
    bias.set(tensor("bias_ih"));
    bias.set(tensor("bias_hh"), 4 * hidden);
    parts.push(floats(`w${l}`, [1, 4 * hidden, width], tensor("weight_ih")));
    parts.push(floats(`r${l}`, [1, 4 * hidden, hidden], tensor("weight_hh")));
    parts.push(floats(`b${l}`, [1, 8 * hidden], bias));
    parts.push(node("LSTM", [x, `w${l}`, `r${l}`, `b${l}`, "", `h${l}`, `c${l}`], [`y${l}`, `hn${l}`, `cn${l}`], attribute("hidden_size", hidden)));
    // T×1×1×H → T×1×H for the layer above
    parts.push(node("Squeeze", [`y${l}`, "axis"], [`x${l + 1}`]));
    for (const lane of ["h", "c"]) {
      inputs.push(value(11, `${lane}${l}`, [1, 1, hidden]));
      outputs.push(value(12, `${lane}n${l}`, [1, 1, hidden]));
    }
    x = `x${l + 1}`;
  }
  const head = weights["head.weight"];
  parts.push(longs("axis", [1]), longs("flat", [steps, hidden]), floats("head", head.shape, head.values));
  parts.push(floats("bias", [head.shape[0]], weights["head.bias"].values));
  parts.push(node("Reshape", [x, "flat"], ["states"]), node("Gemm", ["states", "head", "bias"], ["y"], attribute("transB", 1)));
  const graph = message(7, ...parts, text(2, "unrolled"), ...inputs, value(12, "y", [steps, head.shape[0]]), ...outputs);
  // ModelProto: ir_version 8, opset 17
  return joined([int(1, 8), graph, message(8, int(2, 17))]);
}
