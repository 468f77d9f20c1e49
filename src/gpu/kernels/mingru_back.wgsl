fn kept(column: u32, unit: u32) -> f32 { return 1.0 - tape[lane(column, 0u, unit)]; }
fn leave(at: Place, dh: f32) {
  let c = column(at);
  let z = tape[lane(c, 0u, at.unit)];
  let n = tape[lane(c, 1u, at.unit)];
  let dz = dh * (n - before(at));
  let dn = dh * z;
  d_tape[lane(c, 0u, at.unit)] = dz;
  d_tape[lane(c, 1u, at.unit)] = dn;
  d_tape[lane(c, 2u, at.unit)] = dh;
  d_projected[block(c, 0u, at.unit)] = dn * candidate_slope(n);
  d_projected[block(c, 1u, at.unit)] = dz * sigmoid_slope(z);
}
