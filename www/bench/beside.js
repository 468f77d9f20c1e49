// Ours beside others in one session: first whether all compute the same, then rounds in turn, then ratios round by round.
import { BENCH } from "../strings/en-bench.js";
import { connect } from "./contestant.js";
import { apart, figures, ratios } from "./measure.js";
import { section } from "./section.js";
import { WORKLOADS, tiny } from "./workloads.js";

/** @typedef {import("./workloads.js").Workload} Workload */
/** @typedef {import("./section.js").Table} Table */
/** @typedef {{key: string, about: {name: string, version: string, backend: string}, ask: (method: string, ...args: unknown[]) => Promise<any>}} Contestant */

/** How far answers may be apart, over the largest number in them: f32 in another order, three updates deep. */
const TOLERANCE = 1e-3;

/** @param {URLSearchParams} query @param {Workload[]} workloads */
export function plan(query, workloads) {
  const [rounds, wanted, small] = [Number(query.get("rounds")) || 9, query.get("only"), query.has("tiny")];
  const chosen = workloads.filter(({ name }) => !wanted || wanted.split(",").some((word) => name.includes(word)));
  // Milliseconds: how long a contestant's turn lasts, how long it warms up, how long a row may take.
  const times = small ? { turn: 1, warm: 1, row: 1000 } : { turn: 150, warm: 1500, row: 60_000 };
  return { rounds: small ? 3 : rounds, workloads: small ? chosen.map(tiny) : chosen, ...times };
}

/** Who is there: `cargo xtask bench` lists them beside the page; a hosted page has none. @returns {Promise<{key: string, path: string}[]>} */
async function listed() {
  const response = await fetch(new URL("peers/index.json", document.baseURI));
  return response.ok ? response.json() : [];
}

/**
 * Who takes part: `own` first, then the peers that are there and wanted. Without the first of `own` there is none.
 * @param {Table} table @param {URLSearchParams} query @param {{key: string, path: string}[]} own
 * @param {(path: string) => string | null} [taken]  the path with which a peer takes part
 * @returns {Promise<Contestant[]>}
 */
export async function contestants(table, query, own, taken = (path) => path) {
  const found = [];
  const known = query.has("peers") ? await listed() : [];
  const peers = known.map(({ key, path }) => ({ key, path: taken(path) ?? "" })).filter(({ path }) => path);
  for (const { key, path } of [...own, ...peers]) {
    const { ask } = connect(new URL(path, document.baseURI), table.signal);
    try {
      const about = await ask("about");
      // A backend that this machine lacks says so by nothing.
      if (about) {
        found.push({ key, about, ask });
        table.note(BENCH.beside.there(about));
      } else table.note(BENCH.beside.lacking(path));
      if (!about && key === "ours") return [];
    } catch (error) {
      if (key === "ours" || table.signal.aborted) throw error;
      table.note(BENCH.beside.missing(path, String(error)));
    }
  }
  if (peers.length === 0) table.note(BENCH.beside.alone);
  return found;
}

/** What a browser's clock can tell apart, in milliseconds: a turn that took less (its number of runs was found while something else
 * held up the machine) is counted as this, not as no time at all. */
const TICK = 0.1;

/** How many runs fill a turn; warms up on the way. @param {Contestant} one @param {{turn: number, warm: number}} times */
async function fitted({ ask }, { turn, warm }) {
  let [runs, spent, took] = [1, 0, 0];
  // Twice at least: what comes first pays for loading.
  for (let k = 0; k < 2 || spent < warm; k++) {
    took = await ask("time", runs);
    spent += took;
    if (took < turn) runs = Math.min(2 * runs, Math.ceil((runs * turn) / Math.max(took, 0.1)));
    else if (runs > 1 && took > 2 * turn) runs = Math.max(1, Math.floor((runs * turn) / took));
  }
  return { runs, took };
}

/** @param {Table} table @param {Workload} workload @param {Contestant[]} all @param {ReturnType<typeof plan>} plan */
export async function measure(table, workload, all, plan) {
  const [ours, ...peers] = /** @type {[Contestant, ...Contestant[]]} */ (all);
  const material = await ours.ask("prepare", workload);
  const expected = await ours.ask("answer");
  const taking = [{ ...ours, apart: 0 }];
  for (const peer of peers.filter(({ key }) => key in workload.peers)) {
    await peer.ask("prepare", workload, material);
    const difference = apart(expected, await peer.ask("answer"));
    if (difference <= TOLERANCE) taking.push({ ...peer, apart: difference });
    else table.row(BENCH.beside.what(workload), peer.about.name, BENCH.beside.differs(difference));
  }
  const turns = [];
  let total = 0;
  for (const one of taking) {
    const { runs, took } = await fitted(one, plan);
    turns.push({ ...one, runs, times: /** @type {number[]} */ ([]) });
    total += took;
  }
  const rounds = Math.max(3, Math.min(plan.rounds, Math.floor(plan.row / total)));
  for (let round = 0; round < rounds; round++) {
    // Every other round backwards, so that nobody always follows the same.
    const order = round % 2 === 0 ? turns : [...turns].reverse();
    for (const one of order) one.times.push(Math.max(await one.ask("time", one.runs), TICK) / one.runs);
  }
  const [own, ...others] = /** @type {[typeof turns[0], ...typeof turns]} */ (turns);
  const median = BENCH.time(figures(own.times).median);
  if (others.length === 0) table.row(BENCH.beside.what(workload), BENCH.none, median, BENCH.none, BENCH.none, BENCH.none, String(rounds), BENCH.none, BENCH.none);
  for (const peer of others) {
    const ratio = ratios(own.times, peer.times);
    const target = workload.peers[peer.key] ?? null;
    table.row(
      BENCH.beside.what(workload),
      `${peer.about.name} ${peer.about.backend.split(",")[0]}`,
      median,
      BENCH.time(figures(peer.times).median),
      BENCH.beside.ratio(ratio.median),
      `${BENCH.beside.ratio(ratio.low)} – ${BENCH.beside.ratio(ratio.high)}`,
      String(ratio.rounds),
      peer.apart.toExponential(0),
      target === null ? BENCH.none : BENCH.beside.target(target, ratio.median >= target),
    );
  }
  return figures(own.times).median;
}

export const beside = section("beside", BENCH.beside, async (table) => {
  const [begun, query] = [performance.now(), new URLSearchParams(location.search)];
  const todo = plan(query, WORKLOADS);
  table.note(`${navigator.userAgent}.`);
  const all = await contestants(table, query, [{ key: "ours", path: "bench/ours.js" }]);
  for (const [k, workload] of todo.workloads.entries()) {
    table.say(BENCH.at(k + 1, todo.workloads.length, BENCH.beside.what(workload)));
    await measure(table, workload, all, todo);
  }
  return BENCH.done(((performance.now() - begun) / 1000).toFixed(0));
});
