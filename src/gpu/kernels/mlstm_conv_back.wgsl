// ∂L/∂ of the convolution's sums.
@group(0) @binding(1) var<storage, read> weights: array<f32>; // channels × taps
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read> tape: array<f32>;
@group(0) @binding(4) var<storage, read> d_tape: array<f32>;
@group(0) @binding(5) var<storage, read_write> d_sums: array<f32>; // channels × T·B

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  for (var at = id.x; at < p.channels * p.steps * p.batch; at += groups.x * 256u) {
    let first = at / p.channels * p.rows;
    let channel = at % p.channels;
    var sum = bias[channel];
    for (var k = 0u; k < p.taps; k++) { sum += tape[first + p.window + channel * p.taps + k] * weights[channel * p.taps + k]; }
    d_sums[at] = d_tape[first + p.s + channel] * silu_slope(sum);
  }
}
