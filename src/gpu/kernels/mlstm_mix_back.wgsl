// ∂L/∂ of the convolution, by way of the skip, q and k.
@group(0) @binding(1) var<storage, read> to_q: array<f32>;
@group(0) @binding(2) var<storage, read> to_k: array<f32>;
@group(0) @binding(3) var<storage, read> skip: array<f32>;
@group(0) @binding(4) var<storage, read> through: array<f32>; // channels × T·B
@group(0) @binding(5) var<storage, read_write> d_tape: array<f32>;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  for (var at = id.x; at < p.channels * p.steps * p.batch; at += groups.x * 256u) {
    let first = at / p.channels * p.rows;
    let channel = at % p.channels;
    var d = through[at] * skip[channel];
    for (var x = 0u; x < BLOCK; x++) {
      let other = channel / BLOCK * BLOCK + x;
      d += d_tape[first + p.q + other] * to_q[other * BLOCK + channel % BLOCK];
      d += d_tape[first + p.k + other] * to_k[other * BLOCK + channel % BLOCK];
    }
    d_tape[first + p.s + channel] = d;
  }
}
