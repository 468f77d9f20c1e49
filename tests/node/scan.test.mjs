// The scan over time gives the states of the run, as a tree that can be followed by hand; other cells say that they have none.
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./load.mjs";

const { Network, describe } = await load();

/** @param {string} cell @param {object} [more] */
function traced(cell, more = {}) {
  const net = Network.create({ cell, input: 1, hidden: 6, layers: 1, seed: 3, ...more });
  const trace = net.run(Float32Array.from({ length: 13 }, (_, t) => Math.sin(t)), { steps: 13 });
  return { trace, free: () => [trace, net].forEach((one) => one.free()) };
}

const cells = describe().cells.flatMap((/** @type {any} */ cell) =>
  cell.variants.filter((/** @type {any} */ v) => v.recurrence).map((/** @type {any} */ v) => ({ cell: cell.name, ...v })),
);

test("cells with a linear recurrence say so", () => {
  assert.ok(cells.some(({ cell }) => cell === "mingru") && cells.some(({ cell }) => cell === "minlstm"));
  assert.ok(!cells.some(({ cell }) => ["rnn", "lstm", "gru"].includes(cell)));
});

test("the tree ends in the states of the run, in both directions", () => {
  for (const { cell, options, recurrence } of cells) {
    const { trace, free } = traced(cell, { options, bidirectional: true });
    for (const direction of [0, 1]) {
      const scan = trace.scan(0, direction, { element: 2 });
      assert.deepEqual([...scan.levels].map((level) => level.distance), [0, 1, 2, 4, 8], cell);
      assert.equal(scan.moments[0], direction === 0 ? 0 : 12);
      const lane = trace.lane(0, direction, recurrence.real.lane);
      const last = scan.levels[4].b;
      for (let n = 0; n < 13; n++) {
        const run = lane[scan.moments[n] * scan.width + 2];
        assert.ok(Math.abs(last[n] - run) < 1e-5 && scan.states[n] === run, `${cell}: ${last[n]} and ${run}`);
      }
      assert.ok(scan.deviation < 1e-5 * Math.max(1, scan.largest) && scan.largest > 0);
      // By hand: what stands two before is taken in.
      if (!scan.complex) {
        const [above, here] = [scan.levels[1], scan.levels[2]];
        assert.equal(here.b[7], Math.fround(above.b[7] + Math.fround(above.a[7] * above.b[5])));
      }
    }
    assert.throws(() => trace.scan(0, 0, { element: 1e6 }), { code: "out-of-range" });
    assert.throws(() => trace.scan(0, 2, {}), { code: "out-of-range" });
    free();
  }
});

test("both ways are measured", () => {
  const { trace, free } = traced("mingru");
  const times = trace.scanTimes(0, 0, { milliseconds: 20 });
  assert.ok(times.sequential > 0 && times.scan > 0 && times.elements === 6 && times.steps === 13, JSON.stringify(times));
  free();
});

test("a cell whose gates see the state has no scan", () => {
  const { trace, free } = traced("lstm");
  assert.throws(() => trace.scan(0, 0, {}), { code: "unsupported" });
  assert.throws(() => trace.scanTimes(0, 0, {}), { code: "unsupported" });
  free();
});
