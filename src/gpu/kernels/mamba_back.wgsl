// Gradients of states and decays, and what they add to those of A_log and D over time. A unit of the scan is a state of a channel.
@group(0) @binding(2) var<storage, read> initial: array<f32>;
@group(0) @binding(3) var<storage, read> a_log: array<f32>;
@group(0) @binding(4) var<storage, read> tape: array<f32>;
@group(0) @binding(5) var<storage, read_write> d_tape: array<f32>;
@group(0) @binding(6) var<storage, read_write> parts: array<f32>;

var<private> rate: f32;

fn begin(at: Place) -> f32 {
  rate = -expf(a_log[at.unit]);
  return 0.0;
}
fn make(at: Place) -> Term {
  let c = column(at) * rows();
  let read = d_tape[c + at_y() + at.unit / p.states] * tape[c + at_from() + at.unit % p.states];
  if (at.nth == 0u) { return Term(0.0, read); }
  return Term(tape[column_of(at, at.nth - 1u) * rows() + at_decay() + at.unit], read);
}
fn again(at: Place) -> Term { return make(at); }
fn leave(at: Place, ds: f32) {
  let c = column(at) * rows();
  let channel = at.unit / p.states;
  var before: f32;
  if (at.nth + 1u < at.length) {
    before = tape[column_of(at, at.nth + 1u) * rows() + at_s() + at.unit];
  } else {
    before = initial[at.example * rows() + at_s() + at.unit];
  }
  let d_decay = ds * before;
  d_tape[c + at_s() + at.unit] = ds;
  d_tape[c + at_decay() + at.unit] = d_decay;
  // ∂A/∂A_log = A.
  sums[0] += d_decay * tape[c + at_decay() + at.unit] * tape[c + at_delta() + channel] * rate;
  sums[1] += d_tape[c + at_y() + channel] * tape[c + at_u() + channel];
}
fn clear(at: Place, column: u32) {
  d_tape[column * rows() + at_s() + at.unit] = 0.0;
  d_tape[column * rows() + at_decay() + at.unit] = 0.0;
}
