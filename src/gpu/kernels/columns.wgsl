// Sums over the columns of a matrix. A workgroup takes ACROSS rows, a column of them by every ACROSS invocations, and a share of the
// columns; neighbouring invocations read neighbouring rows. One share is added to what is there, of several sum.wgsl makes the sum.
struct Params { rows: u32, columns: u32, per_slice: u32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> d: array<f32>;
@group(0) @binding(2) var<storage, read_write> parts: array<f32>; // rows × slices

const DOWN: u32 = 256u / ACROSS;
var<workgroup> found: array<f32, 256>;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) me: u32) {
  let i = group.x * ACROSS + me % ACROSS;
  let end = min(p.columns, (group.y + 1u) * p.per_slice);
  var sum = 0.0;
  if (i < p.rows) {
    for (var c = group.y * p.per_slice + me / ACROSS; c < end; c += DOWN) { sum += d[c * p.rows + i]; }
  }
  found[me] = sum;
  // Always in the same order, so that the same numbers give the same bits.
  for (var half = DOWN / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (me < half * ACROSS) { found[me] += found[me + half * ACROSS]; }
  }
  if (me < ACROSS && i < p.rows) {
    var total = found[me];
    if (ADD == 1u) { total += parts[i]; }
    parts[group.y * p.rows + i] = total;
  }
}
