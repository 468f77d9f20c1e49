// PyTorch's files through the module: what torch wrote predicts what torch predicted, and nothing harms the module.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { container, header, load, zeros } from "./load.mjs";

const FILES = new URL("../golden/files/", import.meta.url);
const { Network, memory } = await load();
const { files } = JSON.parse(await readFile(new URL("expected.json", FILES), "utf8"));
const fixture = (name) => readFile(new URL(name, FILES));
/** Files of the modern cells' reference implementations, from modern/interop.py. */
const modern = JSON.parse(await readFile(new URL("../modern/files/expected.json", FILES), "utf8")).files;
const all = [...files, ...modern.map((one) => ({ ...one, file: `../modern/files/${one.file}`, options: one.choices }))];

const LSTM = { "lstm.weight_ih_l0": [8, 3], "lstm.weight_hh_l0": [8, 2], "lstm.bias_ih_l0": [8], "lstm.bias_hh_l0": [8] };

/** Frees an object's wasm memory when the test is over. (Node 20 has no `using`.) */
function own(t, object) {
  t.after(() => object.free());
  return object;
}

/** The code of the error that a call throws; it must be an `Error` with a message of reasonable length. */
function code(call) {
  try {
    call();
  } catch (error) {
    assert.ok(error instanceof Error, String(error));
    assert.ok(error.message.length > 10 && error.message.length < 1000, error.message);
    return error.code;
  }
  return "no error";
}

/** The file is refused, and the module goes on working. */
function refused(bytes, choices) {
  const found = code(() => Network.fromSafetensors(bytes, choices));
  const net = Network.fromSafetensors(zeros(LSTM));
  assert.equal(net.summary().cell, "lstm");
  net.free();
  return found;
}

for (const expected of all) {
  test(`${expected.file} gives torch's numbers`, async () => {
    const net = Network.fromSafetensors(await fixture(expected.file), expected.options);
    const input = expected.tokens ? Uint32Array.from(expected.tokens) : Float32Array.from(expected.input);
    const trace = net.run(input, { steps: expected.steps, batch: expected.batch });
    const wanted = expected.prediction ?? expected.output;
    const got = expected.prediction ? trace.prediction() : trace.output();
    assert.equal(got.length, wanted.length);
    // The golden suite's tolerance: torch's own f32 deviation, twenty times, and a millionth of the largest value.
    const tolerance = 20 * expected.f32_dev + 1e-6 * Math.max(1, ...wanted.map(Math.abs));
    wanted.forEach((value, k) => assert.ok(Math.abs(got[k] - value) <= tolerance, `${k}: ${got[k]} for ${value}`));
    assert.ok(Math.max(...wanted.map(Math.abs)) > 100 * tolerance, "the prediction is not trivial");
    const { file } = net.summary();
    assert.deepEqual(file.unused, []);
    trace.free();
    net.free();
  });
}

test("a file is described as it is", async (t) => {
  const net = own(t, Network.fromSafetensors(await fixture("classifier-prefixed.safetensors")));
  const { file, parameters, parameterCount, ...summary } = net.summary();
  assert.deepEqual([summary.cell, summary.input, summary.hidden, summary.layers, summary.bidirectional, summary.bias], ["lstm", 4, 6, 1, true, true]);
  assert.deepEqual([summary.head, summary.embedding], [{ outputs: 2 }, { vocabulary: 13, width: 4 }]);
  assert.deepEqual([file.prefix, file.headPrefix, file.embeddingPrefix], ["module.encoder.lstm.", "module.encoder.fc.", "module.encoder.embedding."]);
  assert.equal(parameterCount, 13 * 4 + 2 * 24 * (4 + 6 + 2) + 2 * (12 + 1));
  assert.deepEqual(parameters.find(({ name }) => name === "weight_ih_l0_reverse"), { name: "weight_ih_l0_reverse", shape: [24, 4], count: 96 });
  // Which output the head reads is not in the file.
  assert.equal(summary.readout, "final-states");
  assert.equal(summary.assumed.length, 1);
  assert.match(summary.assumed[0], /readout/);
});

test("a modern cell's file is its family's, with options that shapes do not tell", async (t) => {
  const bytes = await fixture("../modern/files/s4d.safetensors");
  const net = own(t, Network.fromSafetensors(bytes, { cell: "s4d", options: { discretisation: "bilinear", state: 6 } }));
  const { cell, options, assumed } = net.summary();
  assert.deepEqual([cell, options.discretisation, options.state, options.layer], ["s4d", "bilinear", "6", "full"]);
  assert.equal(assumed.length, 1);
  assert.match(assumed[0], /^init: lin, the default/);
  assert.equal(refused(bytes, { options: { state: 8 } }), "shape");
  assert.equal(refused(bytes, { cell: "mamba" }), "shape");
  assert.equal(refused(bytes, { options: { taps: 4 } }), "unknown-name");
  // What is written is read again.
  const again = own(t, Network.fromSafetensors(net.toSafetensors({}), { options: { discretisation: "bilinear" } }));
  assert.deepEqual(again.parameter("kernel.C_l0"), net.parameter("kernel.C_l0"));
});

test("what a file cannot tell is assumed and said, or chosen", async () => {
  const rnn = await fixture("rnn-relu.safetensors");
  const assumed = (bytes, choices) => {
    const net = Network.fromSafetensors(bytes, choices);
    const { options, assumed } = net.summary();
    net.free();
    return { options, said: assumed.length };
  };
  assert.deepEqual(assumed(rnn), { options: { nonlinearity: "tanh" }, said: 1 });
  assert.deepEqual(assumed(rnn, { nonlinearity: "relu" }), { options: { nonlinearity: "relu" }, said: 0 });
  const gru = await fixture("bare-gru.safetensors");
  assert.deepEqual(assumed(gru), { options: { reset: "after", update: "keep" }, said: 2 });
  assert.deepEqual(assumed(gru, { gru: { reset: "before", update: "replace" } }), { options: { reset: "before", update: "replace" }, said: 0 });
  assert.equal(refused(rnn, { nonlinearity: "sine" }), "unknown-name");
  assert.equal(refused(rnn, { cell: "lstm" }), "shape");
  assert.equal(refused(rnn, { prefix: "encoder" }), "unknown-name");
  // A mistyped choice is not passed over in silence.
  assert.equal(refused(rnn, { nonlinearly: "relu" }), "unknown-name");
  assert.equal(refused(rnn, { gru: { rest: "before" } }), "unknown-name");
  assert.equal(refused(rnn, "rnn"), "format");
  assert.equal(code(() => Network.create({ cell: "rnn", input: 1, hidden: 1, bidirectonal: true })), "unknown-name");
});

test("a network is written under torch's names, and read again bit for bit", (t) => {
  const config = { cell: "gru", hidden: 5, layers: 2, bidirectional: true, head: { outputs: 3 }, embedding: { vocabulary: 7, width: 4 }, seed: 9 };
  const net = own(t, Network.create(config));
  const bytes = net.toSafetensors({ prefix: "module.encoder.", head: "out", embedding: "words" });
  assert.ok(bytes instanceof Uint8Array);
  assert.deepEqual(bytes, net.toSafetensors({ prefix: "module.encoder.", head: "out", embedding: "words" }));
  const { "module.encoder.weight_hh_l1_reverse": tensor, ...others } = header(bytes);
  assert.deepEqual([tensor.dtype, tensor.shape], ["F32", [15, 5]]);
  assert.deepEqual(Object.keys(others).filter((name) => !name.startsWith("module.encoder.")).sort(), ["out.bias", "out.weight", "words.weight"]);
  assert.ok("gru.weight_ih_l0" in header(net.toSafetensors()) && "fc.bias" in header(net.toSafetensors()));

  const plain = own(t, Network.create({ ...config, embedding: undefined, input: 4 }));
  const back = own(t, Network.fromSafetensors(plain.toSafetensors(), { gru: { reset: "after", update: "keep" }, readout: "last" }));
  const { assumed, parameters, ...rest } = back.summary();
  assert.deepEqual(assumed, []);
  for (const { name } of parameters) assert.deepEqual(back.parameter(name), plain.parameter(name), name);
  assert.deepEqual(rest.options, plain.summary().options);
  assert.equal(code(() => net.toSafetensors({ prefix: "two words" })), "unknown-name");
  assert.equal(code(() => net.toSafetensors({ head: "x", embedding: "x" })), "unknown-name");
});

test("values that are not numbers stay what they are", (t) => {
  const net = own(t, Network.create({ cell: "lstm", input: 1, hidden: 1, seed: 1 }));
  const values = [NaN, Infinity, -0, 1e-45];
  net.setParameter("weight_hh_l0", Float32Array.from(values));
  const back = own(t, Network.fromSafetensors(net.toSafetensors()));
  assert.deepEqual([...back.parameter("weight_hh_l0")], [...Float32Array.from(values)]);
});

const tensor = (info) => container({ "lstm.weight_ih_l0": { dtype: "F32", shape: [1], data_offsets: [0, 4], ...info } }, 4);
const prefix = (length) => {
  const bytes = new Uint8Array(200);
  new DataView(bytes.buffer).setBigUint64(0, length, true);
  return bytes;
};
/** Tensors of 2^28 bytes each until their offsets pass 2^32, which is where a 32-bit machine's numbers begin again. */
const around = Object.fromEntries(Array.from({ length: 17 }, (_, k) => [`t${k}`, { dtype: "U8", shape: [2 ** 28], data_offsets: [k * 2 ** 28, (k + 1) * 2 ** 28] }]));

test("damaged, truncated and hostile files get a code", async () => {
  const good = await fixture("lstm-fc.safetensors");
  const { "lstm.weight_hh_l0": _, ...incomplete } = LSTM;
  const cases = [
    ["nothing", new Uint8Array(0), "format"],
    ["a header of 2^60 bytes", prefix(2n ** 60n), "format"],
    ["a header of 2^32 bytes", prefix(2n ** 32n), "format"],
    ["a header of 2^32 + 192 bytes", prefix(2n ** 32n + 192n), "format"],
    ["a header of 2^64 − 1 bytes", prefix(2n ** 64n - 1n), "format"],
    ["cut off in the header", good.subarray(0, 300), "format"],
    ["cut off in the values", good.subarray(0, good.length - 1), "format"],
    ["a byte too many", Uint8Array.from([...good, 0]), "format"],
    ["not JSON", container("{]"), "format"],
    ["arrays a hundred thousand deep", container(`{"a":${"[".repeat(1e5)}`), "format"],
    ["a million commas", container(`{"a":[${"0,".repeat(1e6)}`), "out-of-range"],
    ["a name twice", container('{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}', 4), "format"],
    ["overlapping offsets", container({ a: { dtype: "F32", shape: [1], data_offsets: [0, 4] }, b: { dtype: "F32", shape: [1], data_offsets: [2, 6] } }, 6), "format"],
    ["a gap", container({ a: { dtype: "F32", shape: [1], data_offsets: [4, 8] } }, 8), "format"],
    ["offsets beyond the end", tensor({ shape: [2], data_offsets: [0, 8] }), "format"],
    ["offsets that pass 2^32", container(around, 2 ** 28), "format"],
    ["an offset of 2^32", tensor({ data_offsets: [0, 2 ** 32] }), "format"],
    ["a shape of 2^32", tensor({ shape: [2 ** 16, 2 ** 16] }), "format"],
    ["a shape that overflows in small steps", tensor({ shape: Array(16).fill(4) }), "format"],
    ["an unknown type", tensor({ dtype: "F31" }), "format"],
    ["whole numbers", container({ "a.weight_hh_l0": { dtype: "I32", shape: [1, 1], data_offsets: [0, 4] }, "a.weight_ih_l0": { dtype: "I32", shape: [1, 1], data_offsets: [4, 8] } }, 8), "unsupported"],
    ["torch.save", Uint8Array.from([0x50, 0x4b, 3, 4, 0, 0, 8, 8, ...Array(99).fill(0)]), "unsupported"],
    ["no recurrent layer", await fixture("not-recurrent.safetensors"), "unsupported"],
    ["a projection", zeros({ ...LSTM, "lstm.weight_hr_l0": [1, 2] }), "unsupported"],
    ["two recurrent modules", zeros({ ...LSTM, "b.weight_ih_l0": [1, 1], "b.weight_hh_l0": [1, 1] }), "unsupported"],
    ["a missing tensor", zeros(incomplete), "format"],
    ["a second layer that lacks", zeros({ ...LSTM, "lstm.weight_ih_l1": [8, 2] }), "format"],
    ["a wrong shape", zeros({ ...LSTM, "lstm.weight_ih_l0": [9, 3] }), "shape"],
    ["five gates", zeros({ ...LSTM, "lstm.weight_hh_l0": [10, 2] }), "shape"],
    ["too wide", zeros({ "a.weight_ih_l0": [1, 4097], "a.weight_hh_l0": [1, 1] }), "out-of-range"],
    ["layer 9999", zeros({ ...LSTM, "lstm.weight_ih_l9999": [8, 2] }), "out-of-range"],
    ["a name of a million letters", zeros({ [`${"x".repeat(1e6)}.weight_hh_l0`]: [2, 1] }), "format"],
  ];
  for (const [what, bytes, expected] of cases) assert.equal(refused(bytes), expected, what);

  // Whatever was refused was given back: after the first rounds the memory does not grow.
  const small = cases.filter(([, bytes]) => bytes.length < 1e5);
  const rounds = (n) => {
    for (let k = 0; k < n; k++) for (const [, bytes] of small) code(() => Network.fromSafetensors(bytes));
    return memory.buffer.byteLength;
  };
  assert.equal(rounds(10), rounds(50));
});

test("a network too large for the machine is refused, not attempted", () => {
  const huge = { cell: "lstm", input: 4096, hidden: 4096, layers: 16, bidirectional: true, seed: 1 };
  assert.equal(code(() => Network.create(huge)), "out-of-range");
  // The parameters of this one are a multiple of 2^32 and some.
  assert.equal(code(() => Network.create({ ...huge, layers: 11, bidirectional: false })), "out-of-range");
  assert.equal(code(() => Network.create({ cell: "rnn", hidden: 1, embedding: { vocabulary: 200_000, width: 4096 }, seed: 1 })), "out-of-range");
});
