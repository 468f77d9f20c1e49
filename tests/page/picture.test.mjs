// The unrolled picture: what is drawn is what the trace says, and the picture answers to pointer and keys.
import { test } from "node:test";
import { axisStep, axisX, cellX, firstFor, hit, layOut, tileCorner } from "../../www/elements/picture/layout.js";
import { place } from "../../www/elements/picture/colors.js";
import { assert, pageTest, PHONE } from "./harness.mjs";

const SHAPE = { width: 980, unit: 1, dpr: 1, steps: 72, hidden: 32, layers: 1, directions: 1, carried: 2, head: true, left: 64, right: 24 };

test("every unit that is shown can be pointed at", () => {
  for (const hidden of [1, 4, 7, 32, 64, 256]) {
    for (const [layers, directions] of [[1, 1], [2, 1], [4, 2]]) {
      for (const [width, dpr] of [[980, 1], [360, 3]]) {
        const shape = { ...SHAPE, hidden, layers, directions, width, dpr };
        const layout = layOut(shape);
        const { tile } = layout;
        assert.ok(tile.columns * tile.rows >= hidden && tile.columns * (tile.rows - 1) < hidden, `${hidden} units in ${tile.columns}×${tile.rows}`);
        const first = firstFor(layout, 30);
        for (const row of layout.rows) {
          const corner = tileCorner(layout, row, cellX(layout, first, 30));
          assert.ok(corner.top >= row.top && corner.top + tile.rows * tile.height <= row.top + row.height, "units stay in their cell");
          for (const unit of [0, hidden >> 1, hidden - 1]) {
            const x = corner.left + ((unit % tile.columns) + 0.5) * tile.width;
            const y = corner.top + (Math.floor(unit / tile.columns) + 0.5) * tile.height;
            assert.deepEqual(hit(layout, first, x, y), { part: "cell", t: 30, layer: row.layer, direction: row.direction, unit });
          }
        }
      }
    }
  }
});

test("the focus stays in the sequence and shows the current step", () => {
  for (const steps of [1, 2, 10, 72, 1000]) {
    const layout = layOut({ ...SHAPE, steps });
    for (let t = 0; t < steps; t++) {
      const x = cellX(layout, firstFor(layout, t), t);
      assert.ok(x - layout.cell / 2 >= 0 && x + layout.cell / 2 <= 980, `step ${t} of ${steps} stands at ${x}`);
      assert.equal(axisStep(layout, axisX(layout, t)), t);
    }
  }
});

test("a value's place on its scale", () => {
  assert.equal(place({ kind: "linear", max: 2 }, -1), -0.5);
  assert.equal(place({ kind: "linear", max: 1 }, Infinity), NaN);
  assert.equal(place({ kind: "log", low: -4, high: 0 }, -0.01), -0.5);
  assert.equal(place({ kind: "log", low: -4, high: 0 }, 1e-9), 0);
  assert.ok(Number.isNaN(place({ kind: "linear", max: 1 }, NaN)));
});

/** Opens a view that stands still, and counts the picture's drawings. */
async function still(open, query, options) {
  const view = await open(query, { reducedMotion: "reduce", ...options });
  await view.page.waitForFunction(() => document.documentElement.dataset.view === "ready");
  await view.page.evaluate(() => {
    const original = CanvasRenderingContext2D.prototype.clearRect;
    globalThis.drawings = 0;
    CanvasRenderingContext2D.prototype.clearRect = function (...box) {
      if (this.canvas.classList.contains("picture-canvas")) globalThis.drawings++;
      return original.apply(this, box);
    };
  });
  await settled(view.page);
  return view;
}

/** Two frames later everything asked for is drawn. */
function settled(page) {
  return page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => requestAnimationFrame(done)))));
}

/** The pixel in the middle of each unit of the current cell, and the value that the module has for it. */
function current(page) {
  return page.evaluate(async () => {
    const { layOut, firstFor, cellX, tileCorner } = await import(new URL("elements/picture/layout.js", document.baseURI).href);
    const { session } = /** @type {any} */ (document.querySelector("unrolled-picture"));
    const stage = document.querySelector(".picture-stage");
    const canvas = document.querySelector(".picture-canvas");
    const { summary, spec, state } = session;
    const { t } = state.selection;
    const layout = layOut({
      width: stage.clientWidth,
      unit: parseFloat(getComputedStyle(stage).fontSize) / 13,
      dpr: devicePixelRatio,
      steps: session.steps,
      hidden: summary.hidden,
      layers: summary.layers,
      directions: summary.bidirectional ? 2 : 1,
      carried: spec.lanes.filter((lane) => lane.carried).length,
      head: true,
      ...session.axis,
    });
    const context = canvas.getContext("2d");
    const backward = state.mode === "backward";
    const units = [];
    for (const row of layout.rows) {
      const corner = tileCorner(layout, row, cellX(layout, firstFor(layout, t), t));
      const source = backward ? session.gradients : session.trace;
      const lane = source.lane(row.layer, row.direction, "h");
      for (let j = 0; j < summary.hidden; j++) {
        const x = corner.left + ((j % layout.tile.columns) + 0.5) * layout.tile.width;
        const y = corner.top + (Math.floor(j / layout.tile.columns) + 0.5) * layout.tile.height;
        const pixel = context.getImageData(Math.round(x * devicePixelRatio), Math.round(y * devicePixelRatio), 1, 1).data;
        units.push({ x, y, ...row, unit: j, pixel: [...pixel.slice(0, 3)], value: lane[t * summary.hidden + j] });
      }
    }
    const palette = [...session.module.palette("diverging", session.theme)];
    return { units, palette, layout };
  });
}

/** How far a pixel is from the palette's colour at a place from −1 to 1. */
function away(palette, at, pixel) {
  const k = 4 * Math.round((at + 1) * 127.5);
  return Math.max(...pixel.map((v, i) => Math.abs(v - palette[k + i])));
}

for (const [name, query, options] of /** @type {[string, string, any][]} */ ([
  ["the trained LSTM", "?t=30", {}],
  ["two layers in the dark, at two device pixels", "?cell=gru&weights=random&hidden=64&layers=2&t=30", { colorScheme: "dark", deviceScaleFactor: 2 }],
])) {
  pageTest(`the units of the current cell have their values' colours: ${name}`, async ({ open }) => {
    const view = await still(open, query, options);
    const { units, palette } = await current(view.page);
    assert.ok(new Set(units.map((u) => u.value)).size > 8, "the values are all alike");
    for (const { value, pixel, unit } of units) assert.ok(away(palette, value, pixel) <= 2, `unit ${unit} is ${value} and has ${pixel}`);
  });
}

pageTest("backward, the units have their gradients' colours on the legend's decades", async ({ open }) => {
  const view = await still(open, "?mode=backward&t=60");
  const { units, palette } = await current(view.page);
  const written = (await view.page.locator(".picture-legend-scale").textContent()) ?? "";
  const digits = "⁰¹²³⁴⁵⁶⁷⁸⁹";
  const [low, , high] = [...written.matchAll(/10(⁻?)([⁰¹²³⁴⁵⁶⁷⁸⁹]+)/g)].map(
    ([, sign, exponent]) => (sign ? -1 : 1) * Number([...exponent].map((d) => digits.indexOf(d)).join("")),
  );
  const scale = { kind: /** @type {const} */ ("log"), low, high };
  assert.ok(units.some(({ value }) => value !== 0), "no gradient at all");
  for (const { value, pixel, unit } of units) assert.ok(away(palette, place(scale, value), pixel) <= 2, `unit ${unit}: ${value} has ${pixel} on ${low} to ${high}`);
  await view.screenshot("picture-backward");
});

pageTest("pointing, choosing and scrubbing", async ({ open }) => {
  const view = await still(open, "?t=30");
  const { page } = view;
  const { units, layout } = await current(page);
  await page.locator("unrolled-picture").scrollIntoViewIfNeeded();
  const box = await page.locator(".picture-canvas").boundingBox();
  const state = () => page.evaluate(() => {
    const { session } = /** @type {any} */ (document.querySelector("unrolled-picture"));
    return { ...session.state.selection, hover: session.hover };
  });

  // A unit of the cell two steps back.
  const seventh = units[7];
  await page.mouse.move(box.x + seventh.x - 2 * layout.pitch, box.y + seventh.y);
  const { hover } = await state();
  assert.deepEqual([hover.t, hover.unit, hover.layer, hover.direction], [28, 7, 0, 0]);
  await page.mouse.down();
  await page.mouse.up();
  const chosen = await state();
  assert.deepEqual([chosen.t, chosen.unit], [28, 7]);

  // Away from the picture nothing is pointed at.
  await page.mouse.move(2, 2);
  assert.equal((await state()).hover.t, null);

  // The strips are a time axis.
  const y = box.y + layout.overview.top + 10;
  const x = (t) => box.x + layout.overview.left + ((t + 0.5) / 72) * layout.overview.width;
  await page.mouse.move(x(5), y);
  await page.mouse.down();
  assert.equal((await state()).t, 5);
  await page.mouse.move(x(50), y, { steps: 5 });
  await page.mouse.up();
  assert.equal((await state()).t, 50);
});

pageTest("keys choose units and rows, and the picture can be heard", async ({ open }) => {
  const view = await still(open, "?weights=random&layers=2&hidden=8&t=11");
  const { page } = view;
  const picture = page.getByRole("group", { name: "The network, unrolled in time" });
  const described = () => page.locator(".picture-stage > p").first().textContent();
  assert.match(await described(), /^LSTM, 8 hidden units, 2 layers, reading step 12 of 72 \(.*°C\)\. Strongest unit in layer 1: \d/);
  await picture.focus();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Shift+ArrowUp");
  const selection = () => page.evaluate(() => {
    const { session } = /** @type {any} */ (document.querySelector("unrolled-picture"));
    return session.state.selection;
  });
  const { unit, layer } = await selection();
  assert.deepEqual([unit, layer], [1, 1]);
  assert.match(await page.locator(".picture-stage > p").nth(1).textContent(), /^layer 2, unit 1, −?\d/);
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Escape");
  const after = await selection();
  assert.deepEqual([after.unit, after.t], [null, 12]);
  await settled(page);
  assert.match(await described(), /step 13 of 72/);
});

pageTest("nothing is drawn while nothing changes, and one drawing follows a change", async ({ open }) => {
  const view = await still(open, "?t=30");
  const count = () => view.page.evaluate(() => globalThis.drawings);
  const before = await count();
  await view.page.waitForTimeout(300);
  assert.equal(await count(), before);
  await view.page.evaluate(() => {
    const { session } = /** @type {any} */ (document.querySelector("unrolled-picture"));
    session.seek(31);
    session.seek(32);
    session.setHover({ t: 3 });
  });
  await settled(view.page);
  assert.equal(await count(), before + 1);
});

pageTest("the largest networks, the longest sequence, a phone", async ({ open }) => {
  for (const query of [
    "?weights=random&hidden=256&layers=2&steps=1000&t=500",
    "?weights=random&hidden=32&layers=4&both=1&t=30",
    "?weights=random&hidden=1&steps=2&t=0",
    "?read=sentence&t=3&mode=backward",
  ]) {
    const view = await still(open, query, { ...PHONE, deviceScaleFactor: 2, touch: true });
    const { units, layout } = await current(view.page);
    assert.ok(units.length > 0);
    const [wide, room] = await view.page.evaluate(() => {
      const parts = [...document.querySelectorAll("unrolled-picture, unrolled-picture *")];
      return [Math.max(...parts.map((part) => part.getBoundingClientRect().right)), document.documentElement.clientWidth];
    });
    assert.ok(wide <= room, `${query}: ${wide} px on a screen of ${room} px`);
    assert.ok(layout.count <= 4, "more cells than a phone can show");
    await view.screenshot(`picture-phone-${layout.shape.hidden}-${layout.shape.layers}`);
  }
});
