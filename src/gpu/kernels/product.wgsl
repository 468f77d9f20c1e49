// C (+)= A B, tiled: a workgroup of 16 × 16 computes 64 × 64 numbers, each invocation 4 × 4 of them in registers. Tiles of A and B
// come through workgroup memory; edges are guarded, so that any size goes. With slices, slice z takes its share of the inner
// dimension and leaves its part in C + z·m·n, which sum.wgsl adds up.
struct Params {
  m: u32, n: u32, k: u32,
  per_slice: u32, slice_size: u32,
  a_first: u32, a_row: u32, a_column: u32,
  b_first: u32, b_row: u32, b_column: u32,
  c_first: u32, c_row: u32, c_column: u32,
  bias_first: u32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<f32>;
@group(0) @binding(3) var<storage, read_write> c: array<f32>;

const TILE: u32 = 64u;
const DEPTH: u32 = 16u;
var<workgroup> a_tile: array<f32, 1024>; // DEPTH × TILE
var<workgroup> b_tile: array<f32, 1024>;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) me: u32) {
  let top = group.x * TILE;
  let left = group.y * TILE;
  let row = (me % 16u) * 4u;
  let column = (me / 16u) * 4u;
  let begin = group.z * p.per_slice;
  let end = min(p.k, begin + p.per_slice);
  var sums: array<vec4<f32>, 4>;
  for (var first = begin; first < end; first += DEPTH) {
    for (var q = 0u; q < 4u; q++) {
      let at = me + 256u * q;
      // Neighbouring invocations read neighbouring numbers, whichever way the matrix lies.
      var i = at % TILE;
      var l = at / TILE;
      if (A_ALONG_K == 1u) { l = at % DEPTH; i = at / DEPTH; }
      var value = 0.0;
      if (top + i < p.m && first + l < end) { value = a[p.a_first + (top + i) * p.a_row + (first + l) * p.a_column]; }
      a_tile[l * TILE + i] = value;
      i = at % TILE;
      l = at / TILE;
      if (B_ALONG_K == 1u) { l = at % DEPTH; i = at / DEPTH; }
      value = 0.0;
      if (left + i < p.n && first + l < end) { value = b[p.b_first + (first + l) * p.b_row + (left + i) * p.b_column]; }
      b_tile[l * TILE + i] = value;
    }
    workgroupBarrier();
    for (var l = 0u; l < DEPTH; l++) {
      let x = l * TILE + row;
      let y = l * TILE + column;
      let left4 = vec4<f32>(a_tile[x], a_tile[x + 1u], a_tile[x + 2u], a_tile[x + 3u]);
      sums[0] += left4 * b_tile[y];
      sums[1] += left4 * b_tile[y + 1u];
      sums[2] += left4 * b_tile[y + 2u];
      sums[3] += left4 * b_tile[y + 3u];
    }
    workgroupBarrier();
  }
  for (var j = 0u; j < 4u; j++) {
    for (var i = 0u; i < 4u; i++) {
      if (top + row + i < p.m && left + column + j < p.n) {
        let at = p.c_first + group.z * p.slice_size + (top + row + i) * p.c_row + (left + column + j) * p.c_column;
        var value = sums[j][i];
        if (ADD == 1u) { value += c[at]; }
        if (BIAS == 1u) { value += bias[p.bias_first + top + row + i]; }
        c[at] = value;
      }
    }
  }
}
