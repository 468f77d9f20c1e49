// The state before the first moment: what was kept, or 0 (chosen, not multiplied: what was kept may be NaN).
struct Params { count: u32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> kept: array<f32>;
@group(0) @binding(2) var<storage, read> live: array<u32>;
@group(0) @binding(3) var<storage, read_write> to: array<f32>;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  for (var k = id.x; k < p.count; k += groups.x * 256u) { to[k] = select(kept[k], 0.0, live[LIVE_FRESH] != 0u); }
}
