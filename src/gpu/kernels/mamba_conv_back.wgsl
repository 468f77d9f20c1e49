// The gradient of u onto the tape, and through SiLU to the convolution.
@group(0) @binding(2) var<storage, read> weights: array<f32>;
@group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(0) @binding(4) var<storage, read> tape: array<f32>;
@group(0) @binding(5) var<storage, read> d_u: array<f32>; // E × T·B
@group(0) @binding(6) var<storage, read_write> d_tape: array<f32>;
@group(0) @binding(7) var<storage, read_write> d_conv: array<f32>; // E × T·B

fn each(unit: u32, column: u32) {
  let c = column * rows();
  var du = 0.0;
  var d = 0.0;
  if (!past(column)) {
    var sum = 0.0;
    for (var k = 0u; k < p.taps; k++) { sum += tape[c + unit * p.taps + k] * weights[unit * p.taps + k]; }
    du = d_u[column * p.inner + unit];
    d = du * silu_slope(sum + bias[unit]);
  }
  d_tape[c + at_u() + unit] = du;
  d_conv[column * p.inner + unit] = d;
}
