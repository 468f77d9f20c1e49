// The sections of a WebAssembly module, read as far as split.mjs needs it: https://webassembly.github.io/spec/core/binary/

const SECTIONS = ["custom", "type", "import", "function", "table", "memory", "global", "export", "start", "element", "code", "data", "dataCount"];
/** The order in which they stand in a file. */
const ORDER = [1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 10, 11];
const MAGIC = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
const END = 0x0b;

/** UTF-8. @param {string} text */
export const byte = (text) => [...new TextEncoder().encode(text)];

/** An unsigned LEB128 number. @param {number} n @returns {number[]} */
export function leb(n) {
  return n < 128 ? [n] : [(n % 128) | 128, ...leb(Math.floor(n / 128))];
}

/** A signed one. @param {number} n @returns {number[]} */
export function sleb(n) {
  return n >= -64 && n < 64 ? [n & 127] : [(n & 127) | 128, ...sleb(n >> 7)];
}

/** A vector: its length and its parts. @param {ArrayLike<number>[]} parts */
export function counted(parts) {
  return joined([leb(parts.length), ...parts]);
}

/** @param {ArrayLike<number>[]} parts */
function joined(parts) {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

class Reader {
  /** @param {Uint8Array} bytes @param {number} at */
  constructor(bytes, at = 0) {
    Object.assign(this, { bytes, at });
  }
  get u8() {
    return this.bytes[this.at++];
  }
  get leb() {
    for (let value = 0, scale = 1; ; scale *= 128) {
      const next = this.u8 ?? 0;
      value += (next & 127) * scale;
      if (next < 128) return value;
    }
  }
  get sleb() {
    let [value, shift, next] = [0, 0, 0];
    do {
      next = this.u8;
      value |= (next & 127) << shift;
      shift += 7;
    } while (next >= 128);
    return shift < 32 && next & 64 ? value | (-1 << shift) : value;
  }
  get text() {
    const length = this.leb;
    return new TextDecoder().decode(this.bytes.subarray(this.at, (this.at += length)));
  }
  /** @template T @param {(reader: this) => T} item */
  list(item) {
    return Array.from({ length: this.leb }, () => item(this));
  }
  /** The bytes that `deed` reads. @param {() => void} deed */
  span(deed) {
    const from = this.at;
    deed();
    return this.bytes.subarray(from, this.at);
  }
  limits() {
    const flag = this.u8;
    return { min: this.leb, max: flag & 1 ? this.leb : null };
  }
  /** A constant expression with one instruction. */
  constant() {
    const op = this.u8;
    const skip = { 0x41: () => this.sleb, 0x42: () => this.sleb, 0x43: () => (this.at += 4), 0x44: () => (this.at += 8), 0x23: () => this.leb, 0xd0: () => this.u8, 0xd2: () => this.leb }[op];
    const value = skip?.();
    if (!skip || this.u8 !== END) throw new Error(`a constant begins with ${op}; expected a plain one`);
    return value;
  }
}

/** The unsigned number that begins there. @param {Uint8Array} bytes @param {number} at */
export const number = (bytes, at) => new Reader(bytes, at).leb;

/** @param {Uint8Array} bytes */
export function read(bytes) {
  if (!MAGIC.every((value, k) => bytes[k] === value)) throw new Error("not a WebAssembly module of version 1");
  /** @type {Map<string, Uint8Array>} */
  const sections = new Map();
  for (const reader = new Reader(bytes, 8); reader.at < bytes.length; ) {
    const id = reader.u8;
    const size = reader.leb;
    sections.set(SECTIONS[id] ?? "unknown", bytes.subarray(reader.at, (reader.at += size)));
  }
  sections.delete("custom");
  /** @template T @param {string} name @param {(reader: Reader) => T} item @returns {T[]} */
  const list = (name, item) => (sections.has(name) ? new Reader(sections.get(name)).list(item) : []);

  const types = list("type", (r) => {
    if (r.u8 !== 0x60) throw new Error("a type is no function's; expected functions only");
    const parameters = r.list(() => r.u8).length;
    r.list(() => r.u8);
    return { parameters };
  });
  const imports = list("import", (r) => {
    const [, name, kind] = [r.text, r.text, r.u8];
    if (kind !== 0) throw new Error(`${name} is no function; expected no other imports`);
    return { name, kind, type: r.leb };
  });
  const functions = list("function", (r) => r.leb);
  const tables = list("table", (r) => {
    let [type, limits] = [0, { min: 0, max: /** @type {number | null} */ (null) }];
    const span = r.span(() => ([type, limits] = [r.u8, r.limits()]));
    return { type, ...limits, bytes: span };
  });
  const memories = list("memory", (r) => r.span(() => r.limits()));
  const globals = list("global", (r) => {
    let type = new Uint8Array();
    const span = r.span(() => ((type = r.span(() => [r.u8, r.u8])), r.constant()));
    return { type, bytes: span };
  });
  const exports = list("export", (r) => r.span(() => [r.text, r.u8, r.leb]));
  const exported = list("export", (r) => [r.text, r.u8, r.leb]).flatMap(([, kind, k]) => (kind === 0 ? [Number(k)] : []));
  const elements = list("element", (r) => {
    let [offset, members] = [0, /** @type {number[]} */ ([])];
    const span = r.span(() => {
      if (r.u8 !== 0) throw new Error("a table segment is of another kind; expected active ones of the first table");
      [offset, members] = [r.constant(), r.list(() => r.leb)];
    });
    return { offset, members, bytes: span };
  });
  const bodies = list("code", (r) => {
    const size = r.leb;
    const body = r.bytes.subarray(r.at, (r.at += size));
    const inside = new Reader(body);
    inside.list(() => [inside.leb, inside.u8]);
    return Object.assign(body, { code: inside.at });
  });
  return { sections, types, imports, functions, tables, memories, globals, exports, exported, elements, bodies };
}

/**
 * The module with some sections replaced, or left out where they are null. Custom sections are gone.
 * @param {{sections: Map<string, Uint8Array>}} module
 * @param {Record<string, ArrayLike<number> | null>} changed
 */
export function withSections({ sections }, changed) {
  const parts = ORDER.flatMap((id) => {
    const name = SECTIONS[id];
    const content = name in changed ? changed[name] : (sections.get(name) ?? null);
    return content ? [[id], leb(content.length), content] : [];
  });
  return joined([MAGIC, ...parts]);
}
