// f = σ(s) and i = σ(−s) for s = softplus(−q) − softplus(−p), whose slopes are σ(−p) at p and −σ(−q) at q.
fn kept(column: u32, unit: u32) -> f32 { return tape[lane(column, 2u, unit)]; }
fn leave(at: Place, dh: f32) {
  let c = column(at);
  let f = tape[lane(c, 2u, at.unit)];
  let i = tape[lane(c, 3u, at.unit)];
  let n = tape[lane(c, 4u, at.unit)];
  let df = dh * before(at);
  let di = dh * n;
  let dn = dh * i;
  let ds = df * sigmoid_slope(f) - di * sigmoid_slope(i);
  let dp = ds * sigmoid(-tape[lane(c, 0u, at.unit)]);
  let dq = -(ds * sigmoid(-tape[lane(c, 1u, at.unit)]));
  d_tape[lane(c, 0u, at.unit)] = dp;
  d_tape[lane(c, 1u, at.unit)] = dq;
  d_tape[lane(c, 2u, at.unit)] = df;
  d_tape[lane(c, 3u, at.unit)] = di;
  d_tape[lane(c, 4u, at.unit)] = dn;
  d_tape[lane(c, 5u, at.unit)] = dh;
  d_projected[block(c, 0u, at.unit)] = dn * candidate_slope(n);
  d_projected[block(c, 1u, at.unit)] = dp;
  d_projected[block(c, 2u, at.unit)] = dq;
}
