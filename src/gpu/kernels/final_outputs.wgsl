// Each direction's output where it ends: forth, at an example's last step; in reverse, at its first. BACK: the other way, added.
struct Params { h: u32, directions: u32, batch: u32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> output: array<f32>; // directions·h × T·B
@group(0) @binding(2) var<storage, read> lengths: array<u32>;
@group(0) @binding(3) var<storage, read_write> ends: array<f32>; // directions·h × B

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let width = p.h * p.directions;
  for (var k = id.x; k < width * p.batch; k += groups.x * 256u) {
    let b = k / width;
    let t = select(0u, lengths[b] - 1u, k % width < p.h);
    let at = (t * p.batch + b) * width + k % width;
    if (BACK == 1u) { output[at] += ends[k]; } else { ends[k] = output[at]; }
  }
}
