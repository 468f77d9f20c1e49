// Gradients of B and C, which all channels share.
@group(0) @binding(2) var<storage, read> tape: array<f32>;
@group(0) @binding(3) var<storage, read_write> d_tape: array<f32>;

fn each(unit: u32, column: u32) {
  let c = column * rows();
  var d_into = 0.0;
  var d_from = 0.0;
  if (!past(column)) {
    for (var e = 0u; e < p.inner; e++) {
      let k = e * p.states + unit;
      d_into += d_tape[c + at_s() + k] * (tape[c + at_delta() + e] * tape[c + at_u() + e]);
      d_from += d_tape[c + at_y() + e] * tape[c + at_s() + k];
    }
  }
  d_tape[c + at_into() + unit] = d_into;
  d_tape[c + at_from() + unit] = d_from;
}
