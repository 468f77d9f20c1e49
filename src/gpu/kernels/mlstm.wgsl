// The matrix memory of the mLSTM (src/cell/mlstm_memory.rs): sizes, and the first row of each of its lanes in a column of the tape.
struct Params {
  steps: u32, batch: u32, units: u32, rows: u32, heads: u32, width: u32, scale: f32,
  q: u32, k: u32, v: u32, log_i: u32, log_f: u32, m: u32, i: u32, f: u32, c: u32, n: u32, d: u32, r: u32,
  o: u32, h: u32, output: u32, offset: u32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> lengths: array<u32>;

// Past its example's end?
fn past(column: u32) -> bool { return column / p.batch >= lengths[column % p.batch]; }

// (x != x is false for NaN on some devices.)
fn is_nan(x: f32) -> bool { return !(x < 0.0 || x >= 0.0); }
// As `larger` of src/math/functions.rs: NaN where one is.
fn larger(a: f32, b: f32) -> f32 { return select(a, b, a <= b || is_nan(b)); }
