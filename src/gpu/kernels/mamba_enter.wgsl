// What enters: the window on the last inputs, its convolution through SiLU, and the gate.
@group(0) @binding(2) var<storage, read> projected: array<f32>; // 2E × T·B
@group(0) @binding(3) var<storage, read> initial: array<f32>;
@group(0) @binding(4) var<storage, read> weights: array<f32>;
@group(0) @binding(5) var<storage, read> bias: array<f32>;
@group(0) @binding(6) var<storage, read_write> tape: array<f32>;

fn each(unit: u32, column: u32) {
  let from_row = column * rows();
  let place = from_row + unit * p.taps;
  if (past(column)) {
    for (var k = 0u; k < p.taps; k++) { tape[place + k] = 0.0; }
    tape[from_row + at_u() + unit] = 0.0;
    tape[from_row + at_z() + unit] = 0.0;
    return;
  }
  let nth = nth_of(column);
  var sum = 0.0;
  for (var k = 0u; k < p.taps; k++) {
    let back = p.taps - 1u - k;
    var x: f32;
    if (nth >= back) {
      x = projected[2u * earlier(column, back) * p.inner + unit];
    } else {
      x = initial[(column % p.batch) * rows() + unit * p.taps + k + nth + 1u];
    }
    tape[place + k] = x;
    sum += x * weights[unit * p.taps + k];
  }
  tape[from_row + at_u() + unit] = silu(sum + bias[unit]);
  tape[from_row + at_z() + unit] = projected[(2u * column + 1u) * p.inner + unit];
}
