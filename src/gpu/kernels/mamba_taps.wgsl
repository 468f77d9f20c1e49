// Gradients of the convolution's taps: the sum over columns of the window's places times ∂L/∂ of the convolution. A workgroup takes 64
// of them, four columns at once, and a share of the columns; what the shares leave, sum.wgsl adds up.
struct Params { places: u32, taps: u32, rows: u32, columns: u32, per_slice: u32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> tape: array<f32>;
@group(0) @binding(2) var<storage, read> d_conv: array<f32>; // E × T·B
@group(0) @binding(3) var<storage, read_write> parts: array<f32>; // E·K × slices

var<workgroup> found: array<f32, 256>;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) me: u32) {
  let i = group.x * 64u + me % 64u;
  let end = min(p.columns, (group.y + 1u) * p.per_slice);
  var sum = 0.0;
  if (i < p.places) {
    let channels = p.places / p.taps;
    for (var c = group.y * p.per_slice + me / 64u; c < end; c += 4u) { sum += tape[c * p.rows + i] * d_conv[c * channels + i / p.taps]; }
  }
  found[me] = sum;
  workgroupBarrier();
  if (me < 64u && i < p.places) { parts[group.y * p.places + i] = (found[me] + found[me + 64u]) + (found[me + 128u] + found[me + 192u]); }
}
