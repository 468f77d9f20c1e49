// What is read of the states, and as much of it as the gate lets through.
@group(0) @binding(2) var<storage, read> skip: array<f32>;
@group(0) @binding(3) var<storage, read_write> tape: array<f32>;
@group(0) @binding(4) var<storage, read_write> gated: array<f32>; // E × T·B

fn each(unit: u32, column: u32) {
  let c = column * rows();
  var y = 0.0;
  if (!past(column)) {
    for (var n = 0u; n < p.states; n++) { y += tape[c + at_s() + unit * p.states + n] * tape[c + at_from() + n]; }
    y += skip[unit] * tape[c + at_u() + unit];
  }
  tape[c + at_y() + unit] = y;
  gated[column * p.inner + unit] = y * silu(tape[c + at_z() + unit]);
}
