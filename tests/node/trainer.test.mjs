// `Trainer` through the module: it learns, can be looked at, taken apart, saved and restored; what is wrong has a code.
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./load.mjs";

const { Trainer, Network, describe, trainingDefaults, memory } = await load();

/** Frees an object's wasm memory when the test is over. (Node 20 has no `using`.) */
function own(t, object) {
  t.after(() => object.free());
  return object;
}

const adding = { name: "adding", options: { length: 12 } };
const config = (training = {}, network = {}, task = adding) => ({ task, network: { cell: "lstm", hidden: 8, ...network }, training: { learningRate: 0.01, validation: 64, ...training } });

function code(call) {
  try {
    call();
  } catch (error) {
    assert.ok(error instanceof Error, String(error));
    assert.ok(error.message.length > 20, error.message);
    return error.code;
  }
  return "no error";
}

test("without WebGPU there is no GPU to train on, and nothing changes", async (t) => {
  const worker = await load("gpu/");
  const [trainer, alone] = [own(t, worker.Trainer.create(config(), {})), own(t, Trainer.create(config(), {}))];
  const refused = async (call) => call().then(() => "no error", (error) => [error.code, error.message]);
  trainer.update(3);
  assert.equal(trainer.canLook(), true);
  assert.deepEqual(await refused(() => trainer.openGpu("hardware")), ["unsupported", "no GPU: this browser has no WebGPU"]);
  assert.equal((await refused(() => trainer.openGpu("any card")))[0], "unknown-name");
  assert.equal((await refused(() => trainer.updateRemote(1)))[0], "unsupported");
  assert.equal((await refused(() => trainer.validateRemote()))[0], "unsupported");
  assert.equal((await refused(() => trainer.timeEngines(10)))[0], "unsupported");
  assert.equal(trainer.device(), undefined);
  await trainer.keep();
  await trainer.look();
  await trainer.closeGpu();
  assert.deepEqual([trainer.kept(), trainer.fallBack()], [3, 3]);
  assert.deepEqual(await trainer.heldRemote("valid", 1), trainer.held("valid", 1));
  alone.update(3);
  assert.deepEqual(trainer.update(4), alone.update(4));
  assert.deepEqual(trainer.save(), alone.save());
});

test("it learns, reports every update and validates in slices", (t) => {
  const trainer = own(t, Trainer.create(config(), {}));
  const before = trainer.validate();
  assert.equal(before.done, 1);
  const report = trainer.update(300);
  assert.equal(report.update, 300);
  assert.equal(report.examples, 300 * trainingDefaults().batch);
  assert.equal(report.history.length, 300 * 5);
  assert.deepEqual([...report.history.slice(-5)], [report.loss, report.norm, report.clipped, report.learningRate, report.coefficient]);
  assert.equal(report.finite, true);
  let after = { done: 0 };
  let calls = 0;
  while (after.done < 1) {
    after = trainer.validate(0);
    calls++;
  }
  assert.ok(calls > 1, "validated in slices");
  assert.ok(after.loss < before.loss && after.best, `${before.loss} → ${after.loss}`);
  const summary = trainer.summary();
  assert.equal(summary.updates, 300);
  assert.equal(summary.best.loss, after.loss);
  assert.equal(summary.task.name, "adding");
  assert.deepEqual(summary.chunk, { steps: 12, count: 1 });
  assert.ok(summary.baselines.valid.length > 0);
  const [network, best] = [own(t, trainer.network()), own(t, trainer.bestNetwork())];
  assert.equal(network.summary().parameterCount, summary.parameterCount);
  assert.deepEqual(best.parameter("weight_hh_l0"), network.parameter("weight_hh_l0"));
  trainer.update();
  assert.notDeepEqual(trainer.network().parameter("weight_hh_l0"), network.parameter("weight_hh_l0"), "a copy, not a view");
});

test("a restored training goes on to the bit, and its file holds the network", (t) => {
  const training = { optimizer: "rmsprop", truncate: 5, dropout: 0.2, validation: 16 };
  const one = own(t, Trainer.create(config(training, { layers: 2 }), {}));
  one.update(3);
  const file = one.save();
  const other = own(t, Trainer.restore(file, {}));
  assert.deepEqual(other.save(), file);
  assert.deepEqual(other.update(5), one.update(5));
  const read = own(t, Network.fromSafetensors(one.save()));
  assert.deepEqual(read.parameter("weight_ih_l1"), one.network().parameter("weight_ih_l1"));
  for (let end = 0; end < file.length; end += 501) assert.notEqual(code(() => Trainer.restore(file.slice(0, end), {})), undefined);
  assert.equal(code(() => Trainer.restore(own(t, one.network()).toSafetensors(), {})), "format");
});

test("the last update can be looked at", (t) => {
  const trainer = own(t, Trainer.create(config({}, { layers: 2 }), {}));
  assert.equal(code(() => trainer.stepNorms(0, 0)), "unsupported");
  assert.equal(code(() => trainer.saturation()), "unsupported");
  trainer.update(2);
  const norms = trainer.stepNorms(1, 0);
  assert.equal(norms.length, 12);
  assert.ok(norms.every((n) => n > 0));
  const gradients = own(t, trainer.gradients());
  const lane = gradients.lane(1, 0, "h");
  const units = lane.length / 12;
  const last = Math.sqrt(lane.slice(-units).reduce((sum, x) => sum + x * x, 0));
  assert.ok(Math.abs(last - norms[11]) < 1e-6 * last, "the norm of the lane's gradient at the last step");
  assert.equal(code(() => trainer.stepNorms(2, 0)), "out-of-range");
  const saturation = trainer.saturation();
  assert.ok(saturation.some(({ lane, layer, share }) => lane === "f" && layer === 1 && share >= 0 && share <= 1));
  for (const what of ["weights", "gradients"]) {
    for (const { name, edges, counts, zeros, notFinite } of trainer.histogram(what, 20, what === "gradients")) {
      assert.equal(edges.length, 21);
      const total = counts.reduce((a, b) => a + b, 0) + (what === "gradients" ? zeros : 0) + notFinite;
      const size = own(t, trainer.network()).parameter(name).length;
      assert.equal(total, size, `${what} of ${name}`);
    }
  }
  assert.equal(code(() => trainer.histogram("moments", 20)), "unknown-name");
  const held = trainer.held("valid", 3);
  assert.deepEqual([held.steps, held.input.length, held.target.length, held.prediction.length], [12, 24, 12, 12]);
  assert.deepEqual([...held.counts], [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
  const marked = [...Array(12).keys()].filter((k) => held.input[2 * k + 1] === 1);
  assert.ok(Math.abs(marked.reduce((sum, k) => sum + held.input[2 * k], 0) - held.target[11]) < 1e-6, "the sum of the marked");
  assert.equal(code(() => trainer.held("every", 0)), "unknown-name");
});

test("five phases are an update", (t) => {
  const [slow, fast] = [own(t, Trainer.create(config(), {})), own(t, Trainer.create(config(), {}))];
  for (let k = 0; k < 3; k++) {
    const expected = fast.update();
    const phases = ["forward", "loss", "backward", "clip", "update"].map((name) => {
      assert.equal(slow.nextPhase(), name);
      const found = slow.phase(name);
      if (name === "forward") {
        const trace = slow.trace();
        assert.equal(trace.lane(0, 0, "f").length, 12 * 32 * 8);
        trace.free();
        assert.equal(code(() => slow.gradients()), "unsupported");
        assert.equal(code(() => slow.phase("clip")), "unsupported");
      }
      return found;
    });
    assert.equal(phases[1].loss, expected.loss);
    assert.equal(phases[2].norm, expected.norm);
    assert.deepEqual([phases[3].clipped, phases[3].coefficient], [expected.clipped, expected.coefficient]);
    assert.deepEqual([phases[4].learningRate, phases[4].update], [expected.learningRate, k + 1]);
    assert.ok(phases[4].change > 0);
  }
  const weights = (trainer) => own(t, trainer.network()).parameter("weight_hh_l0");
  assert.deepEqual(weights(slow), weights(fast));
});

test("every optimiser describes itself and trains", (t) => {
  const names = describe().optimizers.map((o) => o.name);
  assert.deepEqual(names, ["sgd", "rmsprop", "adam", "adamw"]);
  for (const { name, options, learningRate, text } of describe().optimizers) {
    assert.ok(text.length > 20);
    const chosen = Object.fromEntries(options.map((o) => [o.name, o.default]));
    const trainer = own(t, Trainer.create(config({ optimizer: name, learningRate, options: chosen }), {}));
    assert.ok(trainer.update(3).finite, name);
    assert.deepEqual(trainer.summary().settings.options, chosen);
  }
});

test("what cannot be is refused with a code", () => {
  const create = (training, network, task) => code(() => Trainer.create(config(training, network, task), {}));
  assert.equal(create({ optimizer: "adagrad" }), "unknown-name");
  assert.equal(create({ lerningRate: 1 }), "unknown-name");
  assert.equal(create({ schedule: { kind: "constant", warmup: 3 } }), "unknown-name");
  assert.equal(create({ batch: 0 }), "out-of-range");
  assert.equal(create({ dropout: 1 }), "out-of-range");
  assert.equal(create({}, { cell: "lstn" }), "unknown-name");
  assert.equal(create({}, { hidden: 0 }), "out-of-range");
  assert.equal(create({}, {}, { name: "addding" }), "unknown-name");
  assert.equal(create({}, {}, { name: "adding", options: { lenght: 3 } }), "unknown-name");
  assert.equal(create({}, {}, { name: "temperature" }), "format");
  assert.equal(code(() => Trainer.create({ ...config(), trainng: {} }, {})), "unknown-name");
  assert.equal(code(() => Trainer.create({}, {})), "format");
});

test("a warm training keeps the memory as it is", (t) => {
  const trainer = own(t, Trainer.create(config({ truncate: 5 }), {}));
  trainer.update(50);
  const before = memory.buffer.byteLength;
  for (let k = 0; k < 20; k++) {
    trainer.update(50);
    trainer.stepNorms(0, 0);
    trainer.saturation();
  }
  assert.equal(memory.buffer.byteLength, before);
});
