// Gradients of a channel's Δ, before and after its softplus, and of u but for what comes through r, B and C.
@group(0) @binding(2) var<storage, read> skip: array<f32>;
@group(0) @binding(3) var<storage, read> a_log: array<f32>;
@group(0) @binding(4) var<storage, read> tape: array<f32>;
@group(0) @binding(5) var<storage, read_write> d_tape: array<f32>;
@group(0) @binding(6) var<storage, read_write> d_u: array<f32>; // E × T·B
@group(0) @binding(7) var<storage, read_write> d_step: array<f32>; // E × T·B

fn each(unit: u32, column: u32) {
  let c = column * rows();
  let at = column * p.inner + unit;
  if (past(column)) {
    d_tape[c + at_delta() + unit] = 0.0;
    d_u[at] = 0.0;
    d_step[at] = 0.0;
    return;
  }
  var written = 0.0;
  var kept = 0.0;
  for (var n = 0u; n < p.states; n++) {
    let k = unit * p.states + n;
    written += d_tape[c + at_s() + k] * tape[c + at_into() + n];
    kept -= d_tape[c + at_decay() + k] * tape[c + at_decay() + k] * expf(a_log[k]);
  }
  let delta = tape[c + at_delta() + unit];
  let d_delta = written * tape[c + at_u() + unit] + kept;
  d_tape[c + at_delta() + unit] = d_delta;
  d_step[at] = d_delta * softplus_slope(delta);
  d_u[at] = d_tape[c + at_y() + unit] * skip[unit] + written * delta;
}
