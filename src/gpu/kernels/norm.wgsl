// The norm of the tensors' norms, from the sums of their pieces: before clipping with what follows from it, or AFTER it.
struct Params { tensors: u32, by_norm: u32, limit: f32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> firsts: array<u32>; // first piece of each tensor; one more at the end
@group(0) @binding(2) var<storage, read> parts: array<f32>;
@group(0) @binding(3) var<storage, read_write> found: array<f32>; // norm, clipped norm, coefficient

var<workgroup> sums: array<f32, 256>;

@compute @workgroup_size(256)
fn main(@builtin(local_invocation_index) me: u32) {
  var squares = 0.0;
  for (var tensor = 0u; tensor < p.tensors; tensor++) {
    var sum = 0.0;
    for (var k = firsts[tensor] + me; k < firsts[tensor + 1u]; k += 256u) { sum += parts[k]; }
    sums[me] = sum;
    for (var half = 128u; half > 0u; half /= 2u) {
      workgroupBarrier();
      if (me < half) { sums[me] += sums[me + half]; }
    }
    if (me == 0u) {
      let norm = sqrt(sums[0]);
      squares += norm * norm;
    }
    workgroupBarrier();
  }
  if (me != 0u) { return; }
  let norm = sqrt(squares);
  found[1] = norm;
  if (AFTER == 1u) { return; }
  found[0] = norm;
  // NaN where the norm is NaN.
  let ratio = p.limit / (norm + 1e-6);
  found[2] = select(ratio, 1.0, ratio > 1.0 || p.by_norm == 0u);
}
