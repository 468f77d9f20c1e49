// What comes back to a layer's output, times the mask that was there.
struct Params { count: u32, gap: u32, below: u32, kept: f32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> d: array<f32>;
@group(0) @binding(2) var<storage, read> live: array<u32>;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  for (var k = id.x; k < p.count; k += groups.x * 256u) { d[k] *= mask_of(live[LIVE_KEYS + p.gap], k, p.below, p.kept); }
}
