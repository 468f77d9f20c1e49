// Every function of math.wgsl at some numbers: what tests hold to the CPU engine's.
struct Params { count: u32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>; // COUNT × functions

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let k = id.x;
  if (k >= p.count) { return; }
  y[k] = expf(x[k]);
  y[p.count + k] = sigmoid(x[k]);
  y[2u * p.count + k] = tanhf(x[k]);
  y[3u * p.count + k] = relu(x[k]);
  y[4u * p.count + k] = softplus(x[k]);
  y[5u * p.count + k] = softplus_slope(x[k]);
}
