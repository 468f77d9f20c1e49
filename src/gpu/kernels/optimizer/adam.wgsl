// As src/train/optimizer/adam.rs and adamw.rs. Of the host: −lr/(1 − β₁ᵗ), β₁, 1 − β₁, β₂, 1 − β₂, √(1 − β₂ᵗ), ε, and the weight
// decay, or, DECOUPLED, what is left of a parameter.
struct Params { count: u32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> live: array<u32>;
@group(0) @binding(2) var<storage, read_write> parameters: array<f32>;
@group(0) @binding(3) var<storage, read> gradients: array<f32>;
@group(0) @binding(4) var<storage, read_write> mean: array<f32>;
@group(0) @binding(5) var<storage, read_write> mean_square: array<f32>;

fn told(k: u32) -> f32 { return bitcast<f32>(live[LIVE_OPTIMIZER + k]); }

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let down = told(0u);
  let keep1 = told(1u);
  let rest1 = told(2u);
  let keep2 = told(3u);
  let rest2 = told(4u);
  let correction = told(5u);
  let eps = told(6u);
  let decay = told(7u);
  for (var k = id.x; k < p.count; k += groups.x * 256u) {
    var x = parameters[k];
    var g = gradients[k];
    if (DECOUPLED == 1u) { x *= decay; } else if (decay != 0.0) { g += decay * x; }
    // PyTorch's `lerp` goes from the nearer end.
    var m = mean[k];
    if (keep1 > 0.5) { m += rest1 * (g - m); } else { m = g - (g - m) * keep1; }
    let v = mean_square[k] * keep2 + rest2 * g * g;
    mean[k] = m;
    mean_square[k] = v;
    parameters[k] = x + down * m / (sqrt(v) / correction + eps);
  }
}
