// A scan of what stands in memory.
struct Params { steps: u32, batch: u32, units: u32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> lengths: array<u32>;
@group(0) @binding(2) var<storage, read> initial: array<Number>;
@group(0) @binding(3) var<storage, read> a: array<Number>;
@group(0) @binding(4) var<storage, read> b: array<Number>;
@group(0) @binding(5) var<storage, read_write> to: array<Number>;

fn begin(at: Place) -> Number { return initial[at.example * p.units + at.unit]; }
fn make(at: Place) -> Term {
  let k = column(at) * p.units + at.unit;
  return Term(a[k], b[k]);
}
fn again(at: Place) -> Term { return make(at); }
fn leave(at: Place, h: Number) { to[column(at) * p.units + at.unit] = h; }
fn finish(at: Place, here: bool, me: u32) {}
fn clear(at: Place, column: u32) { to[column * p.units + at.unit] = NOTHING; }
