// A column for each token: its row of the table, or 0 past an example's end.
struct Params { width: u32, columns: u32, batch: u32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> table: array<f32>;
@group(0) @binding(2) var<storage, read> tokens: array<u32>;
@group(0) @binding(3) var<storage, read> lengths: array<u32>;
@group(0) @binding(4) var<storage, read_write> to: array<f32>;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  for (var k = id.x; k < p.width * p.columns; k += groups.x * 256u) {
    let column = k / p.width;
    let inside = column / p.batch < lengths[column % p.batch];
    to[k] = select(0.0, table[tokens[column] * p.width + k % p.width], inside);
  }
}
