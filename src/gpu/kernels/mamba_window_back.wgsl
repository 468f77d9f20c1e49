// Gradients of the window's places: an input stands in the last place now, and one place earlier at each later step. What arrives in
// the last place is that of the in-projection.
@group(0) @binding(2) var<storage, read> weights: array<f32>;
@group(0) @binding(3) var<storage, read> d_conv: array<f32>; // E × T·B
@group(0) @binding(4) var<storage, read_write> d_tape: array<f32>;
@group(0) @binding(5) var<storage, read_write> d_projected: array<f32>; // 2E × T·B

fn each(unit: u32, column: u32) {
  var left = 0u;
  if (!past(column)) { left = lengths[column % p.batch] - nth_of(column); }
  var d = 0.0;
  for (var k = 0u; k < p.taps; k++) {
    d = 0.0;
    for (var steps = min(k + 1u, left); steps > 0u; steps--) {
      d += d_conv[later(column, steps - 1u) * p.inner + unit] * weights[unit * p.taps + k + 1u - steps];
    }
    d_tape[column * rows() + unit * p.taps + k] = d;
  }
  d_projected[2u * column * p.inner + unit] = d;
}
