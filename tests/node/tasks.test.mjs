// Tasks and people's own tables through the built module.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

import { load } from "./load.mjs";

const unrolled = await load();
const asset = (name) => readFile(new URL(`../../assets/${name}`, import.meta.url), "utf8");
const weather = await asset("data/weather-nyc-2013-hourly.csv");
const data = { weather, text: await asset("lessons/memory.txt"), csv: weather };

/** The smallest training there is, of a task. */
const create = (name, options = {}, given = data) =>
  unrolled.Trainer.create({ task: { name, options }, network: { cell: "gru", hidden: 4 }, training: { batch: 4, validation: 20 } }, given);

test("every task that is described can be trained, by its defaults and by all of its choices", () => {
  const { tasks } = unrolled.describe();
  assert.ok(tasks.length >= 14);
  for (const task of tasks) {
    assert.ok(task.text && task.metric && task.suggestion.hidden > 0, task.name);
    const choices = task.options.flatMap(({ name, values }) => (values.kind === "choice" ? values.values.map((v) => ({ [name]: v.name })) : []));
    for (const options of [{}, ...choices]) {
      const trainer = create(task.name, options);
      assert.ok(Number.isFinite(trainer.update().loss), `${task.name} ${JSON.stringify(options)}`);
      const { baselines } = trainer.summary();
      assert.ok(baselines.valid.length > 0 && baselines.valid.every((line) => line.name && line.source), task.name);
      trainer.free();
    }
  }
});

test("options and data that do not fit are refused with what was expected", () => {
  const refused = (code, words, ...rest) => assert.throws(() => create(...rest), (error) => error.code === code && words.test(error.message));
  refused("unknown-name", /“adding”/, "addition");
  refused("unknown-name", /“length”/, "adding", { lenght: 5 });
  refused("out-of-range", /whole number from 2 to 2000/, "adding", { length: 1 });
  refused("out-of-range", /expected a whole number/, "adding", { length: "100" });
  refused("format", /`weather`/, "temperature", {}, {});
  refused("format", /`csv`/, "csv", {}, {});
  refused("format", /Uint8Array/, "csv", {}, { csv: 7 });
});

test("a table of one's own is read, summed up and forecast", () => {
  const rows = Array.from({ length: 300 }, (_, k) => `${1 + Math.floor(k / 24)}.1.2013 ${k % 24}:00;${(k % 24) / 2};${k}`.replaceAll(".5;", ",5;"));
  rows[7] = rows[6];
  const bytes = new TextEncoder().encode(["Zeit;Wert;Zähler", ...rows, "x;y"].join("\r\n"));
  const table = unrolled.readCsv(bytes);
  const summary = table.summary();
  assert.deepEqual(summary.columns.map(({ name, kind }) => [name, kind]), [["Zeit", "time"], ["Wert", "number"], ["Zähler", "number"]]);
  assert.deepEqual([summary.rows, summary.gridRows, summary.columns[1].max, summary.report.decimal], [300, 300, 11.5, ","]);
  assert.deepEqual(summary.report.skipped, [{ reason: "cells", count: 1, line: 302 }]);
  assert.deepEqual([summary.grid.step, summary.grid.duplicates, summary.grid.gaps], [3600, 1, 1]);
  assert.ok(Number.isNaN(table.column("Wert")[7]));
  assert.throws(() => table.column("Zeit"), { code: "unknown-name" });
  table.free();

  const options = { target: "Wert", features: "Wert", window: 12 };
  for (const csv of [bytes, bytes.buffer, { bytes, time: "Zeit" }]) {
    const trainer = create("csv", options, { csv });
    assert.ok(Number.isFinite(trainer.update().loss));
    trainer.free();
  }
  assert.throws(() => create("csv", options, { csv: { bytes, time: "Wert" } }), { code: "unknown-name" });
  assert.throws(() => unrolled.readCsv("a,b\n1,\0\n"), (error) => error.code === "format" && /line 2/.test(error.message));
});

test("a hundred thousand rows are read in a few seconds", () => {
  const rows = Array.from({ length: 100_000 }, (_, k) => `${new Date(k * 3_600_000).toISOString()},${k % 50}.5,${k % 7},text`);
  const text = ["time,x,y,name", ...rows].join("\n");
  const start = performance.now();
  const table = unrolled.readCsv(text);
  const took = performance.now() - start;
  console.log(`100,000 rows, ${text.length.toLocaleString("en")} bytes: ${took.toFixed(0)} ms`);
  assert.equal(table.summary().gridRows, 100_000);
  assert.ok(took < 5000, `${took} ms`);
  table.free();
});
