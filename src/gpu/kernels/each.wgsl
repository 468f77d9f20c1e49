// A function of each unit at each step of each example: a kernel adds `lengths`, `p` (with units, columns and batch) and
//   fn each(unit: u32, column: u32)
@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  for (var k = id.x; k < p.units * p.columns; k += groups.x * 256u) { each(k % p.units, k / p.units); }
}

// Past the example's end?
fn past(column: u32) -> bool { return column / p.batch >= lengths[column % p.batch]; }
