// The elementary functions of src/math/real.rs, with its polynomials. NaN goes through: no min, max or clamp, which may lose it.
// (What is rounded there by adding and taking away a large number is rounded by round() here: a shader compiler may reorder sums.)

fn at_most(x: f32, limit: f32) -> f32 { return select(x, limit, limit < x); }
fn at_least(x: f32, limit: f32) -> f32 { return select(x, limit, limit > x); }

fn pow2(n: f32) -> f32 { return bitcast<f32>((i32(n) + 127) << 23u); }

// e^r − 1 for x = n ln 2 + r
fn reduced(x: f32, n: f32) -> f32 {
  let r = x - n * 0.693359375 - n * -2.1219444e-4;
  let square = r * r;
  let first = 1.98756915e-4 * r + 1.3981999507e-3;
  let second = 8.3334519073e-3 * r + 4.1665795894e-2;
  let third = 1.6666665459e-1 * r + 0.50000001201;
  return ((first * square + second) * square + third) * square + r;
}

const LOG2_E: f32 = 1.4426950408889634;

// e^x
fn expf(x: f32) -> f32 {
  let bounded = at_least(at_most(x, 110.0), -110.0);
  let n = round(bounded * LOG2_E);
  let half = round(n * 0.5);
  return (reduced(bounded, n) + 1.0) * pow2(half) * pow2(n - half);
}

// 1 / (1 + e^−x)
fn sigmoid(x: f32) -> f32 {
  let bounded = at_least(at_most(-x, 87.5), -87.5);
  let n = round(bounded * LOG2_E);
  let y = 1.0 / (1.0 + pow2(n) * (reduced(bounded, n) + 1.0));
  return select(y, 0.0, -87.0 > x);
}
// From its value.
fn sigmoid_slope(y: f32) -> f32 { return y * (1.0 - y); }

fn tanhf(x: f32) -> f32 {
  let size = at_most(abs(x), 9.1);
  let n = round(2.0 * size * LOG2_E);
  let power = pow2(n);
  let above = power * reduced(2.0 * size, n) + (power - 1.0);
  let y = above / (above + 2.0);
  return select(y, -y, x < 0.0);
}
// From its value.
fn tanh_slope(y: f32) -> f32 { return 1.0 - y * y; }

fn relu(x: f32) -> f32 { return select(x, 0.0, x < 0.0); }

// ln(1 + e^x)
fn softplus(x: f32) -> f32 {
  let e = expf(-abs(x));
  let s = e / (2.0 + e);
  let q = s * s;
  let series = (((((q / 13.0 + 1.0 / 11.0) * q + 1.0 / 9.0) * q + 1.0 / 7.0) * q + 1.0 / 5.0) * q + 1.0 / 3.0) * q + 1.0;
  return relu(x) + 2.0 * s * series;
}
// From its value y: 1 − e^−y
fn softplus_slope(y: f32) -> f32 {
  let bounded = at_least(at_most(-y, 87.0), -87.0);
  let n = round(bounded * LOG2_E);
  let power = pow2(n);
  return -(power * reduced(bounded, n) + (power - 1.0));
}
