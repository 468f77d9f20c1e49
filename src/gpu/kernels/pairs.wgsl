// to[i] += Σ a[column, i / a_each] · b[column, i / b_each · b_block + i % b_block]: 16 numbers a workgroup, 16 invocations share the
// columns of each, always in the same order.
struct Params {
  count: u32, columns: u32, a_first: u32, a_rows: u32, a_each: u32, b_first: u32, b_rows: u32, b_each: u32, b_block: u32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<f32>;
@group(0) @binding(3) var<storage, read_write> to: array<f32>;

var<workgroup> sums: array<f32, 256>;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) me: u32) {
  let i = group.x * 16u + me % 16u;
  let columns = select(0u, p.columns, i < p.count);
  let from_a = p.a_first + i / p.a_each;
  let from_b = p.b_first + i / p.b_each * p.b_block + i % p.b_block;
  var sum = 0.0;
  for (var column = me / 16u; column < columns; column += 16u) { sum += a[column * p.a_rows + from_a] * b[column * p.b_rows + from_b]; }
  sums[me] = sum;
  workgroupBarrier();
  if (me < 16u && i < p.count) {
    for (var part = 16u; part < 256u; part += 16u) { sum += sums[part + me]; }
    to[i] += sum;
  }
}
