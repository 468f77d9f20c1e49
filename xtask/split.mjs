// Cuts the compiled module in two: what the first view runs, and the rest, which the page loads when it is about to be needed.
// `unrolled_bg.wasm` stays whole, for workers, Node and other pages.
//   node split.mjs DIST
//
// No instruction is rewritten, because both parts keep the numbering of functions, globals and tables. A function that lives
// in the other part has a stub here, which calls it through a slot at the end of the function table; the stubs of the first part
// load the rest where a slot is still empty. Which functions the first view runs is found by rehearsing it (see rehearse.mjs).
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { byte, counted, leb, number, read, sleb, withSections } from "./wasm-sections.mjs";
import { rehearse } from "./rehearse.mjs";

const dist = process.argv[2];
const whole = readFileSync(join(dist, "unrolled_bg.wasm"));
const module = read(whole);

// Opcodes.
const [UNREACHABLE, END, CALL, CALL_INDIRECT, RETURN_CALL, REF_FUNC, LOCAL_GET, GLOBAL_SET, TABLE_GET, I32_CONST, REF_IS_NULL, IF, VOID] =
  [0x00, 0x0b, 0x10, 0x11, 0x12, 0xd2, 0x20, 0x24, 0x25, 0x41, 0xd1, 0x04, 0x40];
const [FUNCTION, TABLE, MEMORY, GLOBAL] = [0, 1, 2, 3];
const [I32, FUNCREF] = [0x7f, 0x70];

const imported = module.imports.length;
const functions = table();
/** The slot of the k-th function with a body. @param {number} k */
const slot = (k) => module.tables[functions].min + k;

const used = await usedByTheFirstView();
const first = firstPart();
const rest = restPart();
for (const [name, bytes] of /** @type {const} */ ([["unrolled_first.wasm", first], ["unrolled_rest.wasm", rest]])) {
  if (!WebAssembly.validate(bytes)) await WebAssembly.compile(bytes); // throws what is wrong
  writeFileSync(join(dist, name), bytes);
}
console.log(`split: ${used.size} of ${module.bodies.length} functions are the first view's: ${first.length} of ${whole.length} bytes`);

function table() {
  const k = module.tables.findIndex((t) => t.type === FUNCREF);
  if (k < 0 || module.imports.some((i) => i.kind !== FUNCTION)) throw new Error("the module is not as wasm-bindgen makes it: expected its own table and memory");
  return k;
}

/** The numbers of the functions with a body that run in the first view: each sets a global of its own when it is called. */
async function usedByTheFirstView() {
  const from = module.globals.length;
  const bodies = module.bodies.map((body, k) => {
    const mark = [I32_CONST, 1, GLOBAL_SET, ...leb(from + k)];
    return [...body.subarray(0, body.code), ...mark, ...body.subarray(body.code)];
  });
  const marks = bodies.map(() => [I32, 1, I32_CONST, 0, END]);
  const exports = bodies.map((_, k) => [...name(`mark${k}`), GLOBAL, ...leb(from + k)]);
  const marked = withSections(module, {
    global: counted([...module.globals.map((g) => g.bytes), ...marks]),
    export: counted([...module.exports, ...exports]),
    code: counted(bodies.map(sized)),
  });
  const wasm = await rehearse(pathToFileURL(join(dist, "unrolled.js")), marked, dist);
  return new Set(bodies.map((_, k) => k).filter((k) => wasm[`mark${k}`].value === 1));
}

/** All of the module but the bodies of the other functions. Exports what the rest imports. */
function firstPart() {
  const hook = module.imports.findIndex((i) => i.name.includes("loadRestOfUnrolled"));
  if (hook < 0) throw new Error("the module does not import loadRestOfUnrolled (src/web/mod.rs)");
  const load = [CALL, ...leb(hook)];
  const called = calledFrom(used);
  return withSections(module, {
    table: counted(module.tables.map((t, k) => (k === functions ? grown(t) : t.bytes))),
    export: counted([...module.exports, ...shared().map(({ kind, k, id }) => [...name(id), kind, ...leb(k)])]),
    element: counted([...module.elements.map((e) => e.bytes), ...runs(used, slot)]),
    code: counted(module.bodies.map((body, k) => sized(used.has(k) ? body : called.has(k) ? stub(k, load) : [0, UNREACHABLE, END]))),
  });
}

/**
 * The functions with a body that those, the exports or the table may call. Whatever looks like a call counts as one, so that no
 * instruction needs to be understood: a few too many cost a stub each.
 * @param {Set<number>} callers
 */
function calledFrom(callers) {
  const called = new Set([...module.elements.flatMap((e) => e.members), ...module.exported].map((f) => f - imported));
  for (const k of callers) {
    const body = module.bodies[k];
    body.forEach((op, at) => {
      if (op === CALL || op === RETURN_CALL || op === REF_FUNC) called.add(number(body, at + 1) - imported);
    });
  }
  return called;
}

/** Only the other functions' bodies; everything else is the first part's. Puts its functions into the table. */
function restPart() {
  const mine = new Set(module.bodies.map((_, k) => k).filter((k) => !used.has(k)));
  const patches = module.elements.flatMap(({ offset, members }) => {
    const places = new Map(members.map((f, at) => [offset + at, f - imported]));
    return [...places].filter(([, k]) => mine.has(k)).map(([at, k]) => segment(at, [k]));
  });
  const imports = shared().map(({ kind, k, id }) => {
    const type = { [FUNCTION]: () => leb(module.imports[k].type), [TABLE]: () => (k === functions ? grown(module.tables[k]) : module.tables[k].bytes) };
    const other = { [MEMORY]: () => module.memories[k], [GLOBAL]: () => module.globals[k].type };
    return [...name("first"), ...name(id), kind, ...{ ...type, ...other }[kind]()];
  });
  return withSections(module, {
    import: counted(imports),
    table: null,
    memory: null,
    global: null,
    export: null,
    start: null,
    element: counted([...patches, ...runs(mine, slot)]),
    dataCount: null,
    code: counted(module.bodies.map((body, k) => sized(mine.has(k) ? body : stub(k, null)))),
    data: null,
  });
}

/** What both parts use, under names of their own. */
function shared() {
  const each = (/** @type {any[]} */ list, /** @type {number} */ kind) => list.map((_, k) => ({ kind, k, id: `${"ftmg"[kind]}${k}` }));
  return [...each(module.imports, FUNCTION), ...each(module.tables, TABLE), ...each(module.memories, MEMORY), ...each(module.globals, GLOBAL)];
}

/** A body that calls the k-th function through its slot; `load` is run before where the slot is empty. @param {number} k @param {number[] | null} load */
function stub(k, load) {
  const at = [I32_CONST, ...sleb(slot(k))];
  const type = module.types[module.functions[k]];
  const given = Array.from({ length: type.parameters }, (_, p) => [LOCAL_GET, ...leb(p)]).flat();
  const ready = load ? [...at, TABLE_GET, ...leb(functions), REF_IS_NULL, IF, VOID, ...load, END] : [];
  return [0, ...ready, ...given, ...at, CALL_INDIRECT, ...leb(module.functions[k]), ...leb(functions), END];
}

/** Table segments that put functions into places, neighbours together. @param {Set<number>} members @param {(k: number) => number} place */
function runs(members, place) {
  /** @type {number[][]} */
  const found = [];
  for (const k of [...members].sort((a, b) => a - b)) {
    const last = found.at(-1);
    if (last && last[last.length - 1] === k - 1) last.push(k);
    else found.push([k]);
  }
  return found.map((run) => segment(place(run[0]), run));
}

/** An active segment of the function table. @param {number} offset @param {number[]} members  functions with a body */
function segment(offset, members) {
  if (functions !== 0) throw new Error("expected the function table to come first");
  return [0, I32_CONST, ...sleb(offset), END, ...leb(members.length), ...members.flatMap((k) => leb(imported + k))];
}

/** The table with a slot for each function. @param {{type: number, min: number, max: number | null}} table */
function grown({ type, min, max }) {
  const more = module.bodies.length;
  return [type, ...(max === null ? [0, ...leb(min + more)] : [1, ...leb(min + more), ...leb(max + more)])];
}

/** @param {string} text */
function name(text) {
  const bytes = byte(text);
  return [...leb(bytes.length), ...bytes];
}

/** @param {ArrayLike<number>} body */
function sized(body) {
  return [...leb(body.length), ...Array.from(body)];
}
