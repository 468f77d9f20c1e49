// Adds up what the slices of a product left: to (+)= Σ_z parts[z]. `to` has its own strides.
struct Params { m: u32, n: u32, slices: u32, first: u32, row: u32, column: u32, add: u32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> parts: array<f32>;
@group(0) @binding(2) var<storage, read_write> to: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let k = id.x;
  if (k >= p.m * p.n) { return; }
  var sum = 0.0;
  for (var z = 0u; z < p.slices; z++) { sum += parts[z * p.m * p.n + k]; }
  let at = p.first + (k % p.m) * p.row + (k / p.m) * p.column;
  if (p.add == 1u) { sum += to[at]; }
  to[at] = sum;
}
