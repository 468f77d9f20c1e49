// Runs what the page runs before anything is touched, so that split.mjs learns which functions that needs. If the page's first
// view grows beyond this, it loads the rest too early and tests/page/budget.test.mjs fails: then this file has to follow.
import { readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * @param {URL} address     of unrolled.js
 * @param {Uint8Array} bytes  its compiled part
 * @param {string} dist
 * @returns {Promise<any>} the exports of the compiled part
 */
export async function rehearse(address, bytes, dist) {
  const canvas = stage();
  const module = await import(address.href);
  const wasm = module.initSync({ module: bytes });
  const read = (/** @type {string} */ path) => readFileSync(join(dist, "assets", path));
  const entry = JSON.parse(read("weights/index.json").toString()).find((/** @type {any} */ e) => e.config.cell === "lstm" && !e.config.embedding);

  const { plots } = module.describe();
  const table = module.weather(read("data/weather-nyc-2013-hourly.csv").toString());
  void [table.start, table.hours];
  for (const name of table.stations) table.series(name);
  const net = module.Network.create({ ...entry.config, options: {}, seed: 0 });
  for (const { name, count } of net.summary().parameters) net.setParameter(name, Float32Array.from({ length: count }, (_, k) => Math.sin(k) / 6));
  const [spec] = [net.spec(), net.summary()];
  for (const theme of ["light", "dark"]) for (const kind of ["diverging", "sequential"]) module.palette(kind, theme);
  for (const { name } of net.summary().parameters) net.parameter(name);
  net.spectralRadius(0, 0, spec.blocks[0]);

  const steps = 72;
  const series = table.series("JFK").slice(100, 100 + steps);
  const trace = net.run(series.map((v) => (v - entry.normalisation.mean) / entry.normalisation.deviation), { steps, batch: 1, hold: [] });
  void [trace.steps, trace.batch, trace.output(), trace.prediction(), trace.final(), trace.lanes(0, 0), trace.layerInput(0)];
  for (const { name } of spec.lanes) trace.lane(0, 0, name);
  const gradients = trace.backward({ loss: "last-mean-square", target: new Float32Array([0.5]) });
  const labels = Array.from(series, (_, t) => `${t}:00`);
  for (const t of [0, 30, steps - 1]) {
    trace.values(0, 0, t, { example: 0 });
    for (const { name, heavy } of plots) {
      for (const ticks of [[], [{ t: 3, text: "06:00" }]]) {
        const options = { layer: 0, direction: 0, example: 0, from: t, loss: "the last step", relative: false, theme: "light", xTitle: "time", ticks, labels, lane: "h" };
        while (heavy && trace.prepare(name, options, 5) < 1);
        trace.plot(name, options);
        const place = { width: 600, height: 240, left: 64, right: 16, font: 13, dpr: 1.25, hidden: [], highlight: null };
        for (const theme of ["light", "dark"]) trace.draw(canvas, name, { ...options, ...place, theme });
      }
    }
  }
  for (const object of [gradients, trace, net, table]) object.free();
  return wasm;
}

/** A canvas that takes everything and shows nothing. */
function stage() {
  const answers = { measureText: () => ({ width: 20 }) };
  const context = (/** @type {any} */ kind) => new Proxy(Object.create(kind.prototype), {
    get: (target, key) => Reflect.get(answers, key) ?? Reflect.get(target, key) ?? (() => undefined),
    set: () => true,
  });
  const world = /** @type {any} */ (globalThis);
  world.CanvasRenderingContext2D = class {};
  world.OffscreenCanvasRenderingContext2D = class {};
  world.ImageData = class {};
  world.HTMLCanvasElement = class {
    width = 0;
    height = 0;
    getContext = () => context(world.CanvasRenderingContext2D);
  };
  world.OffscreenCanvas = class {
    getContext = () => context(world.OffscreenCanvasRenderingContext2D);
  };
  return new world.HTMLCanvasElement();
}
