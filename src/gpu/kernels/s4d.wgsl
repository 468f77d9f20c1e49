// The states. A unit of the scan is a mode.
struct Params { steps: u32, batch: u32, units: u32, of_units: u32, modes: u32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> lengths: array<u32>;
@group(0) @binding(2) var<storage, read> initial: array<f32>;
@group(0) @binding(3) var<storage, read> modes: array<vec2<f32>>;
@group(0) @binding(4) var<storage, read> u: array<f32>; // H × T·B
@group(0) @binding(5) var<storage, read_write> tape: array<f32>;

var<private> a_bar: vec2<f32>;
var<private> b_bar: vec2<f32>;

fn begin(at: Place) -> vec2<f32> {
  a_bar = modes[at.unit];
  b_bar = modes[p.units + at.unit];
  return vec2<f32>(initial[row_re(at.example) + at.unit], initial[row_im(at.example) + at.unit]);
}
fn make(at: Place) -> Term { return Term(a_bar, b_bar * u[column(at) * p.of_units + at.unit / p.modes]); }
fn again(at: Place) -> Term { return make(at); }
fn leave(at: Place, x: vec2<f32>) {
  tape[row_re(column(at)) + at.unit] = x.x;
  tape[row_im(column(at)) + at.unit] = x.y;
}
fn finish(at: Place, here: bool, me: u32) {}
fn clear(at: Place, column: u32) {
  tape[row_re(column) + at.unit] = 0.0;
  tape[row_im(column) + at.unit] = 0.0;
}
