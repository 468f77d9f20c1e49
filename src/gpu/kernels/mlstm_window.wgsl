// The last values of each channel and their causal convolution, through silu.
@group(0) @binding(1) var<storage, read> lengths: array<u32>;
@group(0) @binding(2) var<storage, read> initial: array<f32>;
@group(0) @binding(3) var<storage, read> weights: array<f32>; // channels × taps
@group(0) @binding(4) var<storage, read> bias: array<f32>;
@group(0) @binding(5) var<storage, read_write> tape: array<f32>;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  for (var at = id.x; at < p.channels * p.steps * p.batch; at += groups.x * 256u) {
    let column = at / p.channels;
    let channel = at % p.channels;
    let b = column % p.batch;
    let t = column / p.batch;
    let over = t >= lengths[b];
    let nth = select(t, lengths[b] - 1u - t, REVERSE == 1u && !over);
    var sum = bias[channel];
    for (var k = 0u; k < p.taps; k++) {
      // So many steps ago.
      let ago = p.taps - 1u - k;
      let row = p.window + channel * p.taps + k;
      var x = initial[b * p.rows + min(row + nth + 1u, p.window + channel * p.taps + p.taps - 1u)];
      if (ago <= nth) {
        let then = select(t - ago, t + ago, REVERSE == 1u);
        x = tape[(then * p.batch + b) * p.rows + channel];
      }
      x = select(x, 0.0, over);
      tape[column * p.rows + row] = x;
      sum += x * weights[channel * p.taps + k];
    }
    tape[column * p.rows + p.s + channel] = select(silu(sum), 0.0, over);
  }
}
