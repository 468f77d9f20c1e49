// As src/train/optimizer/sgd.rs. Of the host: −lr, μ, weight decay, is there momentum, Nesterov's, weight decay.
struct Params { count: u32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> live: array<u32>;
@group(0) @binding(2) var<storage, read_write> parameters: array<f32>;
@group(0) @binding(3) var<storage, read> gradients: array<f32>;
@group(0) @binding(4) var<storage, read_write> momentum: array<f32>;

fn told(k: u32) -> f32 { return bitcast<f32>(live[LIVE_OPTIMIZER + k]); }

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let down = told(0u);
  let mu = told(1u);
  let decay = told(2u);
  let keeps = told(3u) != 0.0;
  let nesterov = told(4u) != 0.0;
  let decays = told(5u) != 0.0;
  for (var k = id.x; k < p.count; k += groups.x * 256u) {
    let x = parameters[k];
    var g = gradients[k];
    if (decays) { g += decay * x; }
    if (keeps) {
      let b = momentum[k] * mu + g;
      momentum[k] = b;
      g = select(b, g + mu * b, nesterov);
    }
    parameters[k] = x + down * g;
  }
}
