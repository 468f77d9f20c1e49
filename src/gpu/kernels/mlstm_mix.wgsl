// q and k from the convolution, v from before it: each block of four channels through its own matrix.
@group(0) @binding(1) var<storage, read> to_q: array<f32>;
@group(0) @binding(2) var<storage, read> to_k: array<f32>;
@group(0) @binding(3) var<storage, read> to_v: array<f32>;
@group(0) @binding(4) var<storage, read_write> tape: array<f32>;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  for (var at = id.x; at < p.channels * p.steps * p.batch; at += groups.x * 256u) {
    let first = at / p.channels * p.rows;
    let channel = at % p.channels;
    let block = channel / BLOCK * BLOCK;
    var q = 0.0;
    var k = 0.0;
    var v = 0.0;
    for (var x = 0u; x < BLOCK; x++) {
      let s = tape[first + p.s + block + x];
      q += to_q[channel * BLOCK + x] * s;
      k += to_k[channel * BLOCK + x] * s;
      v += to_v[channel * BLOCK + x] * tape[first + block + x];
    }
    tape[first + p.q + channel] = q;
    tape[first + p.k + channel] = k;
    tape[first + p.v + channel] = v;
  }
}
