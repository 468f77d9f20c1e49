// The output lane of a tape into its rows of a layer's output, times the mask (output_mask.wgsl or output_no_mask.wgsl).
struct Params { rows: u32, first: u32, h: u32, width: u32, offset: u32, columns: u32, gap: u32, below: u32, kept: f32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> tape: array<f32>;
@group(0) @binding(2) var<storage, read_write> to: array<f32>;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  for (var k = id.x; k < p.h * p.columns; k += groups.x * 256u) {
    let column = k / p.h;
    let at = column * p.width + p.offset + k % p.h;
    to[at] = tape[column * p.rows + p.first + k % p.h] * mask(at);
  }
}
