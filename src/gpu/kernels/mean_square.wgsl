// Squares of differences where an answer counts, and ∂/∂prediction: 2 (y − target) share. Each workgroup leaves a part of the sum.
// With `per_example`, one column of y stands for all steps of its example: there is one answer among them.
struct Params { width: u32, steps: u32, batch: u32, per_example: u32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> y: array<f32>;
@group(0) @binding(2) var<storage, read> answers: array<f32>;
@group(0) @binding(3) var<storage, read> counts: array<u32>;
@group(0) @binding(4) var<storage, read> live: array<u32>;
@group(0) @binding(5) var<storage, read_write> d: array<f32>;
@group(0) @binding(6) var<storage, read_write> parts: array<f32>;

var<workgroup> sums: array<f32, 256>;

@compute @workgroup_size(256)
fn main(
  @builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) me: u32,
) {
  let share = bitcast<f32>(live[LIVE_SHARE]);
  let columns = select(p.steps * p.batch, p.batch, p.per_example == 1u);
  let each = select(1u, p.steps, p.per_example == 1u);
  var sum = 0.0;
  for (var k = id.x; k < columns * p.width; k += groups.x * 256u) {
    var slope = 0.0;
    for (var t = 0u; t < each; t++) {
      let place = t * columns + k / p.width;
      if (counts[place] != 0u) {
        let difference = y[k] - answers[place * p.width + k % p.width];
        sum += difference * difference;
        slope = 2.0 * difference * share;
      }
    }
    d[k] = slope;
  }
  sums[me] = sum;
  for (var half = 128u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (me < half) { sums[me] += sums[me + half]; }
  }
  if (me == 0u) { parts[group.x] = sums[0]; }
}
