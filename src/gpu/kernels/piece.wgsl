// A piece of a tensor: scaled or cut where it has to be (MODE), and the sum of its squares afterwards.
struct Params { limit: f32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> pieces: array<vec2<u32>>; // first number, how many
@group(0) @binding(2) var<storage, read_write> gradients: array<f32>;
@group(0) @binding(3) var<storage, read_write> parts: array<f32>; // one for each piece
@group(0) @binding(4) var<storage, read> found: array<f32>; // norm, clipped norm, coefficient

const SCALE: u32 = 1u;
const CUT: u32 = 2u;
var<workgroup> sums: array<f32, 256>;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) me: u32) {
  let piece = pieces[group.x];
  let coefficient = found[2];
  var sum = 0.0;
  for (var k = me; k < piece.y; k += 256u) {
    var g = gradients[piece.x + k];
    // Always multiplied: infinity times 0 is NaN and shows. A NaN is neither above nor below a limit and stays.
    if (MODE == SCALE) { g *= coefficient; }
    if (MODE == CUT) { g = select(select(g, -p.limit, -p.limit > g), p.limit, g > p.limit); }
    if (MODE == SCALE || MODE == CUT) { gradients[piece.x + k] = g; }
    sum += g * g;
  }
  sums[me] = sum;
  for (var half = 128u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (me < half) { sums[me] += sums[me + half]; }
  }
  if (me == 0u) { parts[group.x] = sums[0]; }
}
