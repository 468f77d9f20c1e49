// From the sums over time and batch (N modes in all × 7) to the gradients of the parameters; an invocation takes a unit.
struct Params { units: u32, modes: u32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> modes: array<vec2<f32>>;
@group(0) @binding(2) var<storage, read> totals: array<f32>;
@group(0) @binding(3) var<storage, read_write> d_skip: array<f32>;
@group(0) @binding(4) var<storage, read_write> d_c: array<vec2<f32>>;
@group(0) @binding(5) var<storage, read_write> d_log_dt: array<f32>;
@group(0) @binding(6) var<storage, read_write> d_log_a_real: array<f32>;
@group(0) @binding(7) var<storage, read_write> d_a_imag: array<f32>;

// From ∂L/∂w to ∂L/∂z for w = f(z) of slope f′: the conjugate of f′ times it.
fn back(slope: vec2<f32>, d: vec2<f32>) -> vec2<f32> {
  return vec2<f32>(slope.x * d.x + slope.y * d.y, slope.x * d.y - slope.y * d.x);
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let unit = id.x;
  if (unit >= p.units) { return; }
  let n = p.units * p.modes;
  var of_step = 0.0;
  for (var k = unit * p.modes; k < (unit + 1u) * p.modes; k++) {
    let da = vec2<f32>(totals[k], totals[n + k]);
    let db = vec2<f32>(totals[2u * n + k], totals[3u * n + k]);
    let slope_a = modes[3u * n + k];
    let a = modes[5u * n + k];
    let through_a = back(slope_a, da);
    let d = through_a + back(modes[4u * n + k], db);
    d_log_a_real[k] += a.x * d.x;
    d_a_imag[k] += d.y;
    d_c[k] += vec2<f32>(2.0, -2.0) * vec2<f32>(totals[4u * n + k], totals[5u * n + k]);
    of_step += a.x * through_a.x + a.y * through_a.y + back(slope_a, db).x;
  }
  d_log_dt[unit] += of_step;
  d_skip[unit] += totals[6u * n + unit * p.modes];
}
