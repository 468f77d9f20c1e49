// What one step does to each mode, as src/math/modes.rs: x_t = Ā x_{t−1} + B̄ u_t, with the slopes that training needs.
struct Params { units: u32, modes: u32 } // modes of a unit
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> c: array<vec2<f32>>;
@group(0) @binding(2) var<storage, read> log_dt: array<f32>;
@group(0) @binding(3) var<storage, read> log_a_real: array<f32>;
@group(0) @binding(4) var<storage, read> a_imag: array<f32>;
@group(0) @binding(5) var<storage, read_write> modes: array<vec2<f32>>;

fn times(x: vec2<f32>, y: vec2<f32>) -> vec2<f32> { return vec2<f32>(x.x * y.x - x.y * y.y, x.y * y.x + x.x * y.y); }
fn over(x: vec2<f32>, y: vec2<f32>) -> vec2<f32> { return times(x, vec2<f32>(y.x, -y.y) / (y.x * y.x + y.y * y.y)); }

// e^z − 1, without cancellation: Re = (e^re − 1) cos im − 2 sin²(im/2), for re < 0.
fn minus_one(z: vec2<f32>) -> vec2<f32> {
  let half = turned(0.5 * z.y).y;
  let turn = turned(z.y);
  return vec2<f32>(expm1(z.x) * turn.x - 2.0 * half * half, expf(z.x) * turn.y);
}

// φ(z) = (e^z − 1)/z and its slope (e^z − φ)/z; near 0 by their series Σ z^k/(k+1)! and Σ (k+1)/(k+2)! z^k.
struct Phi { value: vec2<f32>, slope: vec2<f32> }
fn phi(z: vec2<f32>, less: vec2<f32>) -> Phi {
  if (dot(z, z) > 0.25) {
    let value = over(less, z);
    return Phi(value, over(vec2<f32>(1.0, 0.0) + less - value, z));
  }
  var found = Phi(vec2<f32>(0.0, 0.0), vec2<f32>(0.0, 0.0));
  var term = vec2<f32>(1.0, 0.0); // z^k/(k+1)!
  for (var k = 0u; k < 9u; k++) {
    found.value += term;
    found.slope += term * (f32(k + 1u) / f32(k + 2u));
    term = times(term, z) / f32(k + 2u);
  }
  return found;
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let n = p.units * p.modes;
  let k = id.x;
  if (k >= n) { return; }
  let dt = expf(log_dt[k / p.modes]);
  let a = vec2<f32>(-expf(log_a_real[k]), a_imag[k]);
  var a_bar: vec2<f32>;
  var b_bar: vec2<f32>;
  var slope_a: vec2<f32>;
  var slope_b: vec2<f32>;
  if (BILINEAR == 1u) {
    let half = a * (0.5 * dt);
    let inverse = over(vec2<f32>(1.0, 0.0), vec2<f32>(1.0 - half.x, -half.y));
    let square = times(inverse, inverse);
    a_bar = vec2<f32>(1.0, 0.0) + times(half + half, inverse);
    b_bar = inverse * dt;
    slope_a = square * dt;
    slope_b = square * (0.5 * dt * dt);
  } else {
    let z = a * dt;
    let less = minus_one(z);
    let held = phi(z, less);
    a_bar = vec2<f32>(1.0, 0.0) + less;
    b_bar = held.value * dt;
    slope_a = a_bar * dt;
    slope_b = held.slope * (dt * dt);
  }
  modes[k] = a_bar;
  modes[n + k] = b_bar;
  modes[2u * n + k] = 2.0 * c[k];
  modes[3u * n + k] = slope_a;
  modes[4u * n + k] = slope_b;
  modes[5u * n + k] = a;
}
