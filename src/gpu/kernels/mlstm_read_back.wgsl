// ∂L/∂ of the divisor, of q·n, and the divisor's share of ∂L/∂m (in m's place until mlstm_gates_back.wgsl), by column and head.
@group(0) @binding(2) var<storage, read> tape: array<f32>;
@group(0) @binding(3) var<storage, read_write> d_tape: array<f32>;
@group(0) @binding(4) var<storage, read_write> d_overlaps: array<f32>; // heads × T·B

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  for (var k = id.x; k < p.heads * p.steps * p.batch; k += groups.x * 64u) {
    let first = k / p.heads * p.rows;
    let head = k % p.heads;
    var d_size = 0.0;
    var overlap = 0.0;
    for (var a = head * p.width; a < (head + 1u) * p.width; a++) {
      d_size += d_tape[first + p.r + a] * tape[first + p.r + a];
      overlap += tape[first + p.q + a] * tape[first + p.n + a];
    }
    let over = past(k / p.heads);
    let d = select(-(d_size / tape[first + p.d + head]), 0.0, over);
    let least = expf(-tape[first + p.m + head]);
    let ruled = abs(overlap) > least;
    d_tape[first + p.d + head] = d;
    // Where e^−m is infinite, nothing is read and d is 0, which must not be multiplied by it.
    d_tape[first + p.m + head] = select(-(d * least), 0.0, ruled || d == 0.0);
    d_overlaps[k] = select(0.0, select(d, -d, overlap < 0.0), ruled);
  }
}
