// Gradients of A_log and D from their sums over time and batch, E·N each; those of D are the same in all states of a channel.
struct Params { units: u32, states: u32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> totals: array<f32>;
@group(0) @binding(2) var<storage, read_write> d_a_log: array<f32>;
@group(0) @binding(3) var<storage, read_write> d_skip: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let k = id.x;
  if (k >= p.units) { return; }
  d_a_log[k] += totals[k];
  if (k % p.states == 0u) { d_skip[k / p.states] += totals[p.units + k]; }
}
