// ∂L/∂h is what arrives from above and, times what was kept of h, what arrives from the moment after.
@group(0) @binding(3) var<storage, read> tape: array<f32>;
@group(0) @binding(4) var<storage, read> d_output: array<f32>;
@group(0) @binding(5) var<storage, read_write> d_tape: array<f32>;
@group(0) @binding(6) var<storage, read_write> d_projected: array<f32>;

fn candidate_slope(y: f32) -> f32 {
  if (LOG == 1u) { return positive_slope(y); }
  return 1.0;
}
// The state before this moment.
fn before(at: Place) -> f32 {
  if (at.nth + 1u < at.length) { return tape[lane(column_of(at, at.nth + 1u), LANES - 1u, at.unit)]; }
  return initial[lane(at.example, LANES - 1u, at.unit)];
}
fn begin(at: Place) -> f32 { return 0.0; }
fn make(at: Place) -> Term {
  let above = d_output[column(at) * p.width + p.offset + at.unit];
  if (at.nth == 0u) { return Term(0.0, above); }
  return Term(kept(column_of(at, at.nth - 1u), at.unit), above);
}
fn again(at: Place) -> Term { return make(at); }
fn finish(at: Place, here: bool, me: u32) {}
fn clear(at: Place, column: u32) {
  for (var k = 0u; k < LANES; k++) { d_tape[lane(column, k, at.unit)] = 0.0; }
  for (var k = 0u; k < BLOCKS; k++) { d_projected[block(column, k, at.unit)] = 0.0; }
}
