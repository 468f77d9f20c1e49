// Decay and states. A unit of the scan is a state of a channel.
@group(0) @binding(2) var<storage, read> initial: array<f32>;
@group(0) @binding(3) var<storage, read> a_log: array<f32>;
@group(0) @binding(4) var<storage, read_write> tape: array<f32>;

var<private> rate: f32;

fn begin(at: Place) -> f32 {
  rate = -expf(a_log[at.unit]);
  return initial[at.example * rows() + at_s() + at.unit];
}
fn make(at: Place) -> Term {
  let c = column(at) * rows();
  tape[c + at_decay() + at.unit] = expf(tape[c + at_delta() + at.unit / p.states] * rate);
  return again(at);
}
fn again(at: Place) -> Term {
  let c = column(at) * rows();
  let channel = at.unit / p.states;
  let dose = tape[c + at_delta() + channel] * tape[c + at_u() + channel];
  return Term(tape[c + at_decay() + at.unit], dose * tape[c + at_into() + at.unit % p.states]);
}
fn leave(at: Place, s: f32) { tape[column(at) * rows() + at_s() + at.unit] = s; }
fn finish(at: Place, here: bool, me: u32) {}
fn clear(at: Place, column: u32) {
  tape[column * rows() + at_decay() + at.unit] = 0.0;
  tape[column * rows() + at_s() + at.unit] = 0.0;
}
