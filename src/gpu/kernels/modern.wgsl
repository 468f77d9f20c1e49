// What the modern cells need beside math.wgsl, as src/math/functions.rs. NaN goes through.

// x σ(x)
fn silu(x: f32) -> f32 { return x * sigmoid(x); }
fn silu_slope(x: f32) -> f32 {
  let y = sigmoid(x);
  return y + x * sigmoid_slope(y);
}

// e^x − 1, without cancellation, for x up to 87
fn expm1(x: f32) -> f32 { return -softplus_slope(-x); }

// The normal distribution Φ(x) = ½ erfc(−x/√2), by the polynomials of Cephes (ndtrf.c, S. Moshier).
fn normal(x: f32) -> f32 {
  let t = abs(x) * 0.70710678118654752;
  let square = t * t;
  // Near 0: ½ + ½ erf
  var p = 7.853861353153693e-5 * square - 8.010193625184903e-4;
  p = ((((p * square + 5.188327685732524e-3) * square - 2.685381193529856e-2) * square + 1.128358514861418e-1) * square
    - 3.761262582423300e-1) * square + 1.128379165726710;
  let near = 0.5 * t * p;
  // Far from it: the tail ½ erfc
  let q = 1.0 / at_least(t, 0.5);
  let y = q * q;
  var middle = 2.326819970068386e-2 * y - 1.387039388740657e-1;
  middle = ((middle * y + 3.687424674597105e-1) * y - 5.824733027278666e-1) * y + 6.210004621745983e-1;
  middle = (((middle * y - 4.944515323274145e-1) * y + 3.404879937665872e-1) * y - 2.741127028184656e-1) * y + 5.638259427386472e-1;
  var outer = -1.047766399936249e1 * y + 1.297719955372516e1;
  outer = ((outer * y - 7.495518717768503) * y + 2.921019019210786) * y - 1.015265279202700;
  outer = ((outer * y + 4.218463358204948e-1) * y - 2.820767439740514e-1) * y + 5.641895067754075e-1;
  let tail = 0.5 * expf(-square) * q * select(middle, outer, t > 2.0);
  let below = select(0.5 - near, tail, t > 1.0);
  return select(1.0 - below, below, x < 0.0);
}
// x Φ(x)
fn gelu(x: f32) -> f32 { return x * normal(x); }
fn gelu_slope(x: f32) -> f32 {
  let density = expf(-0.5 * x * x) * 0.3989422804014327;
  return normal(x) + x * density;
}

// (cos x, sin x), by the polynomials of Cephes (sinf.c) within π/4 of a quarter of a turn
fn turned(x: f32) -> vec2<f32> {
  let n = round(x * 0.63661977236758134);
  let r = x - n * 1.5703125 - n * 4.837512969970703e-4 - n * 7.549789954891882e-8;
  let z = r * r;
  let s = ((-1.9515295891e-4 * z + 8.3321608736e-3) * z - 1.6666654611e-1) * z * r + r;
  let c = ((2.443315711809948e-5 * z - 1.388731625493765e-3) * z + 4.166664568298827e-2) * z * z - 0.5 * z + 1.0;
  let quarter = i32(n) & 3;
  let swapped = (quarter & 1) == 1;
  let cosine = select(c, s, swapped);
  let sine = select(s, c, swapped);
  let both = vec2<f32>(select(cosine, -cosine, quarter == 1 || quarter == 2), select(sine, -sine, quarter >= 2));
  return vec2<f32>(at_most(at_least(both.x, -1.0), 1.0), at_most(at_least(both.y, -1.0), 1.0));
}
