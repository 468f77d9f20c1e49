// A matrix A (m × k, with strides) as products over time read it: four neighbouring columns of a row side by side, then the rows, so
// that neighbouring invocations, which have neighbouring rows, read neighbouring fours. Zero past k.
struct Params { m: u32, k: u32, row: u32, column: u32, begin: u32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read_write> to: array<vec4<f32>>; // m × ⌈k/4⌉

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let i = id.x;
  if (i >= p.m) { return; }
  var four = vec4<f32>();
  for (var c = 0u; c < 4u; c++) {
    let l = 4u * id.y + c;
    if (l < p.k) { four[c] = a[p.begin + i * p.row + l * p.column]; }
  }
  to[id.y * p.m + i] = four;
}
