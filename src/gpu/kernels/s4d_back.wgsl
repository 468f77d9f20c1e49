// The gradients of the states, and what they add to those of Ā, B̄, 2C and D over time. A unit of the scan is a mode.
struct Params { steps: u32, batch: u32, units: u32, of_units: u32, modes: u32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> lengths: array<u32>;
@group(0) @binding(2) var<storage, read> initial: array<f32>;
@group(0) @binding(3) var<storage, read> modes: array<vec2<f32>>;
@group(0) @binding(4) var<storage, read> tape: array<f32>;
@group(0) @binding(5) var<storage, read_write> d_tape: array<f32>;
@group(0) @binding(6) var<storage, read_write> parts: array<f32>;

var<private> a_back: vec2<f32>;
var<private> c_back: vec2<f32>;

// The conjugates of Ā and 2C: dx = conj(2C) dy + conj(Ā) (dx of the moment after).
fn begin(at: Place) -> vec2<f32> {
  a_back = modes[at.unit] * vec2<f32>(1.0, -1.0);
  c_back = modes[2u * p.units + at.unit] * vec2<f32>(1.0, -1.0);
  return vec2<f32>(0.0, 0.0);
}
fn of_y(column: u32, at: Place) -> f32 { return d_tape[row_top(column, 0u) + at.unit / p.modes]; }
fn make(at: Place) -> Term {
  return Term(select(vec2<f32>(0.0, 0.0), a_back, at.nth > 0u), c_back * of_y(column(at), at));
}
fn again(at: Place) -> Term { return make(at); }
fn before(at: Place) -> vec2<f32> {
  if (at.nth + 1u < at.length) {
    let c = column_of(at, at.nth + 1u);
    return vec2<f32>(tape[row_re(c) + at.unit], tape[row_im(c) + at.unit]);
  }
  return vec2<f32>(initial[row_re(at.example) + at.unit], initial[row_im(at.example) + at.unit]);
}
fn leave(at: Place, dx: vec2<f32>) {
  let c = column(at);
  d_tape[row_re(c) + at.unit] = dx.x;
  d_tape[row_im(c) + at.unit] = dx.y;
  let x = before(at);
  let u = tape[row_u(c) + at.unit / p.modes];
  let dy = of_y(c, at);
  sums[0] += dx.x * x.x + dx.y * x.y;
  sums[1] += dx.y * x.x - dx.x * x.y;
  sums[2] += dx.x * u;
  sums[3] += dx.y * u;
  sums[4] += dy * tape[row_re(c) + at.unit];
  sums[5] += dy * tape[row_im(c) + at.unit];
  sums[6] += dy * u;
}
fn clear(at: Place, column: u32) {
  d_tape[row_re(column) + at.unit] = 0.0;
  d_tape[row_im(column) + at.unit] = 0.0;
}
