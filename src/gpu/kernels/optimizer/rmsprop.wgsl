// As src/train/optimizer/rmsprop.rs. Of the host: −lr, α, 1 − α, ε, μ, weight decay, is there momentum, weight decay.
struct Params { count: u32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> live: array<u32>;
@group(0) @binding(2) var<storage, read_write> parameters: array<f32>;
@group(0) @binding(3) var<storage, read> gradients: array<f32>;
@group(0) @binding(4) var<storage, read_write> mean_square: array<f32>;
@group(0) @binding(5) var<storage, read_write> momentum: array<f32>;

fn told(k: u32) -> f32 { return bitcast<f32>(live[LIVE_OPTIMIZER + k]); }

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let down = told(0u);
  let keep = told(1u);
  let rest = told(2u);
  let eps = told(3u);
  let mu = told(4u);
  let decay = told(5u);
  let keeps = told(6u) != 0.0;
  let decays = told(7u) != 0.0;
  for (var k = id.x; k < p.count; k += groups.x * 256u) {
    let x = parameters[k];
    var g = gradients[k];
    if (decays) { g += decay * x; }
    let v = mean_square[k] * keep + rest * g * g;
    mean_square[k] = v;
    let size = sqrt(v) + eps;
    if (keeps) {
      let b = momentum[k] * mu + g / size;
      momentum[k] = b;
      parameters[k] = x + down * b;
    } else {
      parameters[k] = x + down * g / size;
    }
  }
}
