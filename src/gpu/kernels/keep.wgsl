// Each example's last column of a tape: at its last step, in reverse at its first. Rows outside of the carried ranges are 0.
struct Params { rows: u32, batch: u32, reverse: u32, ranges: u32, carried: array<vec4<u32>, 14> }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> tape: array<f32>;
@group(0) @binding(2) var<storage, read> lengths: array<u32>;
@group(0) @binding(3) var<storage, read_write> to: array<f32>;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  for (var k = id.x; k < p.rows * p.batch; k += groups.x * 256u) {
    let row = k % p.rows;
    let b = k / p.rows;
    let t = select(lengths[b] - 1u, 0u, p.reverse == 1u);
    var kept = false;
    for (var n = 0u; n < p.ranges; n++) { kept = kept || (row >= p.carried[n].x && row < p.carried[n].y); }
    to[k] = select(0.0, tape[(t * p.batch + b) * p.rows + row], kept);
  }
}
