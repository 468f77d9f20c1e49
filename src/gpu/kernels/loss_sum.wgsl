// Adds up what the workgroups found: total += share · Σ parts.
struct Params { count: u32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> parts: array<f32>;
@group(0) @binding(2) var<storage, read> live: array<u32>;
@group(0) @binding(3) var<storage, read_write> total: array<f32>;

var<workgroup> sums: array<f32, 256>;

@compute @workgroup_size(256)
fn main(@builtin(local_invocation_index) me: u32) {
  var sum = 0.0;
  for (var k = me; k < p.count; k += 256u) { sum += parts[k]; }
  sums[me] = sum;
  for (var half = 128u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (me < half) { sums[me] += sums[me + half]; }
  }
  if (me == 0u) { total[0] += sums[0] * bitcast<f32>(live[LIVE_SHARE]); }
}
