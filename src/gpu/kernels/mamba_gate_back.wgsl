// Back through the gate: y and z; h on the way.
@group(0) @binding(2) var<storage, read> tape: array<f32>;
@group(0) @binding(3) var<storage, read> d_output: array<f32>;
@group(0) @binding(4) var<storage, read> d_gated: array<f32>; // E × T·B, as is what is gated
@group(0) @binding(5) var<storage, read_write> d_tape: array<f32>;
@group(0) @binding(6) var<storage, read_write> gated: array<f32>;
@group(0) @binding(7) var<storage, read_write> d_projected: array<f32>; // 2E × T·B

fn each(unit: u32, column: u32) {
  let c = column * rows();
  var dy = 0.0;
  var dz = 0.0;
  var dh = 0.0;
  var through = 0.0;
  if (!past(column)) {
    let d = d_gated[column * p.inner + unit];
    let y = tape[c + at_y() + unit];
    let z = tape[c + at_z() + unit];
    let share = sigmoid(z);
    let gate = z * share;
    through = y * gate;
    dy = d * gate;
    dz = d * y * (share + z * sigmoid_slope(share));
    if (unit < p.hidden) { dh = d_output[column * p.width + p.offset + unit]; }
  }
  d_tape[c + at_y() + unit] = dy;
  d_tape[c + at_z() + unit] = dz;
  if (unit < p.hidden) { d_tape[c + at_h() + unit] = dh; }
  gated[column * p.inner + unit] = through;
  d_projected[(2u * column + 1u) * p.inner + unit] = dz;
}
