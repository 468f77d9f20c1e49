@group(0) @binding(3) var<storage, read> projected: array<f32>;
@group(0) @binding(4) var<storage, read_write> tape: array<f32>;

fn candidate(x: f32) -> f32 {
  if (LOG == 1u) { return positive(x); }
  return x;
}
fn begin(at: Place) -> f32 { return initial[lane(at.example, LANES - 1u, at.unit)]; }
fn leave(at: Place, h: f32) { tape[lane(column(at), LANES - 1u, at.unit)] = h; }
fn finish(at: Place, here: bool, me: u32) {}
fn clear(at: Place, column: u32) {
  for (var k = 0u; k < LANES; k++) { tape[lane(column, k, at.unit)] = 0.0; }
}
