// SUMS numbers that each invocation adds up along its chunk, added up over the chunks of a unit, always in the same order. A kernel
// adds `parts`: units × SUMS × B.
var<private> sums: array<f32, SUMS>;
var<workgroup> all_sums: array<f32, 256>;

fn finish(at: Place, here: bool, me: u32) {
  for (var s = 0u; s < SUMS; s++) {
    all_sums[me] = sums[s];
    for (var half = CHUNKS / 2u; half > 0u; half /= 2u) {
      workgroupBarrier();
      if (me < half * UNITS) { all_sums[me] += all_sums[me + half * UNITS]; }
    }
    if (here && me < UNITS) { parts[(at.example * SUMS + s) * p.units + at.unit] = all_sums[me]; }
    workgroupBarrier();
  }
}
