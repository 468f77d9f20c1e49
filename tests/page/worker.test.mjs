// The module in a module worker gives the numbers that it gives in the page.
import { assert, pageTest } from "./harness.mjs";

const RUN = `
  const network = module.Network.create({ cell: "gru", input: 1, hidden: 9, head: { outputs: 2 }, seed: 5 });
  const input = Float32Array.from({ length: 20 }, (_, t) => Math.fround(t % 7 - 3));
  const trace = network.run(input, { steps: 20 });
  const gradients = trace.backward({ loss: "last-mean-square", target: [0.5, -0.5] });
  return [...trace.prediction(), ...gradients.parameter("weight_hh_l0")];`;

pageTest("the module in a worker computes what it computes in the page", async ({ open }) => {
  const view = await open("");
  await view.ready();
  await view.page.context().route("**/in-a-worker.js", (route) =>
    route.fulfill({
      contentType: "text/javascript",
      body: `import init, * as module from "./unrolled.js";
             await init();
             onmessage = () => postMessage((() => { ${RUN} })());
             postMessage("ready");`,
    }),
  );
  const numbers = await view.page.evaluate(async () => {
    const worker = new Worker("in-a-worker.js", { type: "module" });
    const reply = () => new Promise((resolve, reject) => Object.assign(worker, { onmessage: (/** @type {any} */ e) => resolve(e.data), onerror: reject }));
    await reply();
    const answer = reply();
    worker.postMessage("run");
    const values = await answer;
    worker.terminate();
    return values;
  });
  const here = await view.page.evaluate(async () => {
    const module = await import(new URL("unrolled.js", location.href).href);
    const network = module.Network.create({ cell: "gru", input: 1, hidden: 9, head: { outputs: 2 }, seed: 5 });
    const input = Float32Array.from({ length: 20 }, (_, t) => Math.fround((t % 7) - 3));
    const trace = network.run(input, { steps: 20 });
    const gradients = trace.backward({ loss: "last-mean-square", target: [0.5, -0.5] });
    return [...trace.prediction(), ...gradients.parameter("weight_hh_l0")];
  });
  assert.equal(numbers.length, 20 * 2 + 27 * 9);
  assert.deepEqual(numbers, here);
  assert.ok(new Set(numbers).size > 100, "the numbers say nothing");
});
