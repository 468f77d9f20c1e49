// A stream gives, step by step, what a run gives at once; what it cannot read it refuses by code.
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./load.mjs";

const { Network } = await load();

test("a stream gives the bits of a run, and single numbers those of arrays", () => {
  for (const cell of ["rnn", "lstm", "gru"]) {
    const net = Network.create({ cell, input: 1, hidden: 6, layers: 2, head: { outputs: 1 }, seed: 3 });
    const x = Float32Array.from({ length: 20 }, (_, t) => Math.sin(t));
    const trace = net.run(x, { steps: x.length });
    const expected = [...trace.prediction()];
    const stream = net.stream();
    assert.deepEqual([...x].map((_, t) => stream.step(x.subarray(t, t + 1))[0]), expected);
    // The control: without a reset the state is the old sequence's.
    assert.notEqual(stream.stepNumber(x[0]), expected[0]);
    stream.reset();
    assert.deepEqual([...x].map((number) => stream.stepNumber(number)), expected);
    for (const one of [stream, trace, net]) one.free();
  }
});

test("a stream refuses what it cannot read", () => {
  const wide = Network.create({ cell: "gru", input: 2, hidden: 3, seed: 1 });
  const stream = wide.stream();
  assert.throws(() => stream.step(new Float32Array(3)), { code: "shape" });
  assert.throws(() => stream.stepNumber(1), { code: "shape" });
  assert.equal(stream.step(new Float32Array(2)).length, 3, "without a head, the output");
  const both = Network.create({ cell: "gru", input: 1, hidden: 3, bidirectional: true, seed: 1 });
  assert.throws(() => both.stream(), { code: "unsupported" });
  for (const one of [stream, wide, both]) one.free();
});
