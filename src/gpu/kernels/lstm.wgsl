// As src/cell/lstm.rs.
const I: u32 = 0u;
const F: u32 = 1u;
const G: u32 = 2u;
const O: u32 = 3u;
const C: u32 = 4u;
const OUT: u32 = 5u;

fn forward(ax: Blocks, ah: Blocks, before: Lanes) -> Lanes {
  var now: Lanes;
  now[I] = sigmoid(ax[I] + ah[I]);
  now[F] = sigmoid(ax[F] + ah[F]);
  now[G] = tanhf(ax[G] + ah[G]);
  now[O] = sigmoid(ax[O] + ah[O]);
  now[C] = now[F] * before[C] + now[I] * now[G];
  now[OUT] = now[O] * tanhf(now[C]);
  return now;
}

fn backward(before: Lanes, now: Lanes, arriving: Lanes) -> Back {
  var b: Back;
  let tanh_c = tanhf(now[C]);
  let dh = arriving[OUT];
  let dc = arriving[C] + dh * now[O] * tanh_slope(tanh_c);
  b.d[OUT] = dh;
  b.d[O] = dh * tanh_c;
  b.d[C] = dc;
  b.d[F] = dc * before[C];
  b.d[I] = dc * now[G];
  b.d[G] = dc * now[I];
  b.before[C] = dc * now[F];
  b.ax[I] = b.d[I] * sigmoid_slope(now[I]);
  b.ax[F] = b.d[F] * sigmoid_slope(now[F]);
  b.ax[G] = b.d[G] * tanh_slope(now[G]);
  b.ax[O] = b.d[O] * sigmoid_slope(now[O]);
  b.ah = b.ax;
  return b;
}
