// ∂L/∂ of the last values: a value moves one place further at each step, so that the sums of the steps after have seen it, too. The
// newest place is the channel itself, which also made v.
@group(0) @binding(1) var<storage, read> lengths: array<u32>;
@group(0) @binding(2) var<storage, read> weights: array<f32>; // channels × taps
@group(0) @binding(3) var<storage, read> to_v: array<f32>;
@group(0) @binding(4) var<storage, read> d_sums: array<f32>; // channels × T·B
@group(0) @binding(5) var<storage, read_write> d_tape: array<f32>;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  for (var at = id.x; at < p.channels * p.steps * p.batch; at += groups.x * 256u) {
    let column = at / p.channels;
    let channel = at % p.channels;
    let t = column / p.batch;
    let length = lengths[column % p.batch];
    // Steps of the example from this one on.
    let left = select(select(length - t, t + 1u, REVERSE == 1u), 0u, t >= length);
    var d = 0.0;
    for (var k = 0u; k < p.taps; k++) {
      d = 0.0;
      for (var later = min(k + 1u, left); later > 0u; later--) {
        let ahead = (later - 1u) * p.batch;
        let then = select(column + ahead, column - ahead, REVERSE == 1u);
        d += d_sums[then * p.channels + channel] * weights[channel * p.taps + k + 1u - later];
      }
      d_tape[column * p.rows + p.window + channel * p.taps + k] = d;
    }
    for (var x = 0u; x < BLOCK; x++) {
      let other = channel / BLOCK * BLOCK + x;
      d += d_tape[column * p.rows + p.v + other] * to_v[other * BLOCK + channel % BLOCK];
    }
    d_tape[column * p.rows + channel] = d;
  }
}
