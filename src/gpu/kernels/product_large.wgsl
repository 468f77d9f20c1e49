// As product.wgsl, for large matrices: a workgroup of 16 × 16 computes 128 × 128 numbers, each invocation 8 × 8 of them, in four
// blocks of 4 × 4 that are 64 apart, so that neighbouring invocations read neighbouring fours. Twice as many products for each number
// read. (Written out: what a compiler does not unroll would not stay in registers.)
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

const TILE: u32 = 128u;
const DEPTH: u32 = 8u;
var<workgroup> a_tile: array<f32, 1024>; // DEPTH × TILE
var<workgroup> b_tile: array<f32, 1024>;

fn a_four(at: u32) -> vec4<f32> { return vec4<f32>(a_tile[at], a_tile[at + 1u], a_tile[at + 2u], a_tile[at + 3u]); }

// Four numbers of column j, from row i on.
fn put(slice: u32, i: u32, j: u32, sums: vec4<f32>) {
  if (j >= p.n) { return; }
  for (var q = 0u; q < 4u; q++) {
    if (i + q < p.m) {
      let at = p.c_first + slice * p.slice_size + (i + q) * p.c_row + j * p.c_column;
      var value = sums[q];
      if (ADD == 1u) { value += c[at]; }
      if (BIAS == 1u) { value += bias[p.bias_first + i + q]; }
      c[at] = value;
    }
  }
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) me: u32) {
  let top = group.x * TILE;
  let left = group.y * TILE;
  let row = (me % 16u) * 4u;
  let column = (me / 16u) * 4u;
  let begin = group.z * p.per_slice;
  let end = min(p.k, begin + p.per_slice);
  var upper: array<vec4<f32>, 8>;
  var lower: array<vec4<f32>, 8>;
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
      let y = l * TILE + column;
      let high = a_four(l * TILE + row);
      let low = a_four(l * TILE + row + 64u);
      let near = vec4<f32>(b_tile[y], b_tile[y + 1u], b_tile[y + 2u], b_tile[y + 3u]);
      let far = vec4<f32>(b_tile[y + 64u], b_tile[y + 65u], b_tile[y + 66u], b_tile[y + 67u]);
      upper[0] += high * near.x;
      upper[1] += high * near.y;
      upper[2] += high * near.z;
      upper[3] += high * near.w;
      upper[4] += high * far.x;
      upper[5] += high * far.y;
      upper[6] += high * far.z;
      upper[7] += high * far.w;
      lower[0] += low * near.x;
      lower[1] += low * near.y;
      lower[2] += low * near.z;
      lower[3] += low * near.w;
      lower[4] += low * far.x;
      lower[5] += low * far.y;
      lower[6] += low * far.z;
      lower[7] += low * far.w;
    }
    workgroupBarrier();
  }
  let i = top + row;
  let j = left + column;
  put(group.z, i, j, upper[0]);
  put(group.z, i, j + 1u, upper[1]);
  put(group.z, i, j + 2u, upper[2]);
  put(group.z, i, j + 3u, upper[3]);
  put(group.z, i, j + 64u, upper[4]);
  put(group.z, i, j + 65u, upper[5]);
  put(group.z, i, j + 66u, upper[6]);
  put(group.z, i, j + 67u, upper[7]);
  put(group.z, i + 64u, j, lower[0]);
  put(group.z, i + 64u, j + 1u, lower[1]);
  put(group.z, i + 64u, j + 2u, lower[2]);
  put(group.z, i + 64u, j + 3u, lower[3]);
  put(group.z, i + 64u, j + 64u, lower[4]);
  put(group.z, i + 64u, j + 65u, lower[5]);
  put(group.z, i + 64u, j + 66u, lower[6]);
  put(group.z, i + 64u, j + 67u, lower[7]);
}
