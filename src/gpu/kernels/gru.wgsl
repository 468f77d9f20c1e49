// As src/cell/gru.rs.
const R: u32 = 0u;
const Z: u32 = 1u;
const N: u32 = 2u;
const U: u32 = 3u;
const OUT: u32 = 4u;

fn forward(ax: Blocks, ah: Blocks, before: Lanes) -> Lanes {
  var now: Lanes;
  now[R] = sigmoid(ax[R] + ah[R]);
  now[Z] = sigmoid(ax[Z] + ah[Z]);
  now[U] = ah[N];
  now[N] = tanhf(ax[N] + now[R] * now[U]);
  now[OUT] = blend(now[Z], now[N], before[OUT]);
  return now;
}

fn backward(before: Lanes, now: Lanes, arriving: Lanes) -> Back {
  var b: Back;
  let flow = blend_back(arriving[OUT], now[Z], now[N], before[OUT]);
  b.d[OUT] = arriving[OUT];
  b.d[Z] = flow.z;
  b.d[N] = flow.n;
  b.before[OUT] = flow.h;
  b.ax[N] = flow.n * tanh_slope(now[N]);
  b.d[U] = b.ax[N] * now[R];
  b.d[R] = b.ax[N] * now[U];
  b.ax[R] = b.d[R] * sigmoid_slope(now[R]);
  b.ax[Z] = b.d[Z] * sigmoid_slope(now[Z]);
  b.ah[R] = b.ax[R];
  b.ah[Z] = b.ax[Z];
  b.ah[N] = b.d[U];
  return b;
}
