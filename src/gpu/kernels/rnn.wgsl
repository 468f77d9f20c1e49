// As src/cell/rnn.rs.
fn forward(ax: Blocks, ah: Blocks, before: Lanes) -> Lanes {
  var now: Lanes;
  let a = ax[0] + ah[0];
  if (RELU == 1u) { now[0] = relu(a); } else { now[0] = tanhf(a); }
  return now;
}

fn backward(before: Lanes, now: Lanes, arriving: Lanes) -> Back {
  var b: Back;
  b.d = arriving;
  // The ReLU lets the gradient through where its value is positive or NaN.
  if (RELU == 1u) { b.ax[0] = select(b.d[0], 0.0, now[0] <= 0.0); } else { b.ax[0] = b.d[0] * tanh_slope(now[0]); }
  b.ah = b.ax;
  return b;
}
