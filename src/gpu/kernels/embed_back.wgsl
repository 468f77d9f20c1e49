// Adds up the columns of each token: one workgroup has 16 rows of one token, and 16 invocations share its columns, the first with
// columns 0, 16, … of the token's, so that the order of the sum is always the same.
struct Params { width: u32, columns: u32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> d: array<f32>;
@group(0) @binding(2) var<storage, read> order: array<u32>;
@group(0) @binding(3) var<storage, read> starts: array<u32>;
@group(0) @binding(4) var<storage, read_write> to: array<f32>;

var<workgroup> sums: array<f32, 256>;

@compute @workgroup_size(256)
fn main(
  @builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) me: u32,
) {
  let row = group.x * 16u + me % 16u;
  for (var nth = group.y; nth < p.columns; nth += groups.y) {
    let end = select(0u, starts[2u * nth + 2u], row < p.width);
    var sum = 0.0;
    for (var place = starts[2u * nth] + me / 16u; place < end; place += 16u) { sum += d[order[place] * p.width + row]; }
    sums[me] = sum;
    workgroupBarrier();
    if (me < 16u && starts[2u * nth] < end) {
      for (var part = 16u; part < 256u; part += 16u) { sum += sums[part + me]; }
      to[starts[2u * nth + 1u] * p.width + row] += sum;
    }
    workgroupBarrier();
  }
}
