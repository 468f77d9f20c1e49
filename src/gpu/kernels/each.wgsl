// A function of each unit of each column: a kernel adds `p`, with units and columns, and
//   fn each(unit: u32, column: u32)
@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  for (var k = id.x; k < p.units * p.columns; k += groups.x * 256u) { each(k % p.units, k / p.units); }
}
