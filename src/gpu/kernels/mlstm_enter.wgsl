// The logarithms of both gates, by column and head.
@group(0) @binding(2) var<storage, read> sums_i: array<f32>; // heads × T·B
@group(0) @binding(3) var<storage, read> sums_f: array<f32>;
@group(0) @binding(4) var<storage, read_write> tape: array<f32>;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  for (var k = id.x; k < p.heads * p.steps * p.batch; k += groups.x * 256u) {
    let column = k / p.heads;
    let over = past(column);
    tape[column * p.rows + p.log_i + k % p.heads] = select(sums_i[k], 0.0, over);
    tape[column * p.rows + p.log_f + k % p.heads] = select(-softplus(-sums_f[k]), 0.0, over);
  }
}
