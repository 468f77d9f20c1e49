// ∂L/∂C and ∂L/∂n: what this step's reading says, and the forget gate's share of what arrives from the step after.
@group(0) @binding(2) var<storage, read> tape: array<f32>;
@group(0) @binding(3) var<storage, read> d_overlaps: array<f32>;
@group(0) @binding(4) var<storage, read_write> d_tape: array<f32>;

fn begin(at: Place) -> f32 { return 0.0; }
fn make(at: Place) -> Term {
  let first = column(at) * p.rows;
  let a = key(at.unit);
  let head = a / p.width;
  var kept = 0.0;
  if (at.nth > 0u) { kept = tape[column_of(at, at.nth - 1u) * p.rows + p.f + head]; }
  let q = tape[first + p.q + a];
  if (value(at.unit) == p.width) { return Term(kept, q * d_overlaps[column(at) * p.heads + head]); }
  let d_read = d_tape[first + p.r + head * p.width + value(at.unit)] / tape[first + p.d + head];
  return Term(kept, q * d_read);
}
fn again(at: Place) -> Term { return make(at); }
fn leave(at: Place, h: f32) { d_tape[column(at) * p.rows + place(at.unit)] = h; }
fn finish(at: Place, here: bool, me: u32) {}
fn clear(at: Place, column: u32) { d_tape[column * p.rows + place(at.unit)] = 0.0; }
