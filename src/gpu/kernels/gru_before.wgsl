// As src/cell/gru_before.rs, in its two halves: what the products with the state give, and what those with r∘h give.
const R: u32 = 0u;
const Z: u32 = 1u;
const Q: u32 = 2u;
const N: u32 = 3u;
const OUT: u32 = 4u;
// Blocks of W: r, z, n.
const BN: u32 = 2u;

// r, z and r∘h. The rest of the lanes is left alone.
fn open(ax: Blocks, ah: Blocks, h: f32, lanes: Lanes) -> Lanes {
  var now = lanes;
  now[R] = sigmoid(ax[R] + ah[R]);
  now[Z] = sigmoid(ax[Z] + ah[Z]);
  now[Q] = now[R] * h;
  return now;
}

// The candidate and the state.
fn close(ax: Blocks, ah: Blocks, h: f32, lanes: Lanes) -> Lanes {
  var now = lanes;
  now[N] = tanhf(ax[BN] + ah[BN]);
  now[OUT] = blend(now[Z], now[N], h);
  return now;
}

// The reverse of `close`: all that does not come through the candidate's recurrent weights.
fn close_back(h: f32, now: Lanes, dh: f32) -> Back {
  var b: Back;
  let flow = blend_back(dh, now[Z], now[N], h);
  b.d[OUT] = dh;
  b.d[Z] = flow.z;
  b.d[N] = flow.n;
  b.before[OUT] = flow.h;
  b.ax[BN] = flow.n * tanh_slope(now[N]);
  b.ax[Z] = flow.z * sigmoid_slope(now[Z]);
  return b;
}

// The reverse of `open`: from ∂L/∂(r∘h), what came through those weights.
fn open_back(h: f32, now: Lanes, dq: f32, back: Back) -> Back {
  var b = back;
  b.d[Q] = dq;
  b.d[R] = dq * h;
  b.before[OUT] += dq * now[R];
  b.ax[R] = b.d[R] * sigmoid_slope(now[R]);
  return b;
}
