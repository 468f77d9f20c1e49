// As recurrence_forward.wgsl, for the GRU whose reset gate acts before the product: two products, one after the other, a moment.
struct Params { steps: u32, batch: u32, reverse: u32, begin: u32, count: u32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> projected: array<f32>; // 3·H × T·B
@group(0) @binding(2) var<storage, read> weights: array<vec4<f32>>; // W_h by pack.wgsl
@group(0) @binding(3) var<storage, read> lengths: array<u32>;
@group(0) @binding(4) var<storage, read> initial: array<f32>;
@group(0) @binding(5) var<storage, read_write> tape: array<f32>;

const SIZE: u32 = WIDE * SPLITS * SIDE;
const DEPTH: u32 = (H + 3u) / 4u;
var<workgroup> state: array<f32, SIDE * EXAMPLES * DEPTH * 4u>;
var<workgroup> looked_at: array<f32, SIDE * EXAMPLES * DEPTH * 4u>;
var<workgroup> parts: array<f32, PARTS>; // two for each example of each invocation

fn shared_sum(which: u32, side: u32, j: u32) -> f32 {
  var sum = 0.0;
  for (var z = 0u; z < SPLITS; z++) { sum += parts[which * SIZE + (side * SPLITS + z) * WIDE + j]; }
  return sum;
}

@compute @workgroup_size(SIZE)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) me: u32) {
  let j = me % WIDE;
  let unit = min(j, H - 1u);
  let split = (me / WIDE) % SPLITS;
  let side = me / (WIDE * SPLITS);
  let first = (group.x * SIDE + side) * EXAMPLES;
  let slot = side * EXAMPLES;
  var h: array<f32, EXAMPLES>;
  var length: array<u32, EXAMPLES>;
  for (var e = 0u; e < EXAMPLES; e++) {
    let b = min(first + e, p.batch - 1u);
    length[e] = lengths[b];
    h[e] = initial[b * ROWS + OUTPUT * H + unit];
    let there = select(p.begin - 1u, p.steps - p.begin, p.reverse == 1u);
    if (p.begin > 0u && there < length[e]) { h[e] = tape[(there * p.batch + b) * ROWS + OUTPUT * H + unit]; }
    if (split == 0u && j < H) { state[(slot + e) * DEPTH * 4u + j] = h[e]; }
  }
  workgroupBarrier();
  for (var n = p.begin; n < p.begin + p.count; n++) {
    let t = select(n, p.steps - 1u - n, p.reverse == 1u);
    var ax = array<Blocks, EXAMPLES>();
    var now = array<Lanes, EXAMPLES>();
    for (var e = 0u; e < EXAMPLES; e++) {
      if (e % SPLITS != split) { continue; }
      let at = (t * p.batch + min(first + e, p.batch - 1u)) * BLOCKS * H + unit;
      for (var k = 0u; k < BLOCKS; k++) { ax[e][k] = projected[at + k * H]; }
    }
    var sums = array<Blocks, EXAMPLES>();
    for (var q = split; q < DEPTH; q += SPLITS) {
      let row_r = weights[(q * BLOCKS + R) * H + unit];
      let row_z = weights[(q * BLOCKS + Z) * H + unit];
      for (var e = 0u; e < EXAMPLES; e++) {
        let at = ((slot + e) * DEPTH + q) * 4u;
        let four = vec4<f32>(state[at], state[at + 1u], state[at + 2u], state[at + 3u]);
        sums[e][R] += dot(row_r, four);
        sums[e][Z] += dot(row_z, four);
      }
    }
    if (SPLITS > 1u) {
      for (var e = 0u; e < EXAMPLES; e++) {
        parts[(2u * e) * SIZE + me] = sums[e][R];
        parts[(2u * e + 1u) * SIZE + me] = sums[e][Z];
      }
    }
    workgroupBarrier();
    for (var e = 0u; e < EXAMPLES; e++) {
      if (j >= H || e % SPLITS != split || t >= length[e]) { continue; }
      var ah = sums[e];
      if (SPLITS > 1u) {
        ah[R] = shared_sum(2u * e, side, j);
        ah[Z] = shared_sum(2u * e + 1u, side, j);
      }
      ah[R] += bias_of(j);
      ah[Z] += bias_of(H + j);
      now[e] = open(ax[e], ah, h[e], now[e]);
      looked_at[(slot + e) * DEPTH * 4u + j] = now[e][Q];
    }
    workgroupBarrier();
    for (var e = 0u; e < EXAMPLES; e++) { sums[e][BN] = 0.0; }
    for (var q = split; q < DEPTH; q += SPLITS) {
      let row = weights[(q * BLOCKS + BN) * H + unit];
      for (var e = 0u; e < EXAMPLES; e++) {
        let at = ((slot + e) * DEPTH + q) * 4u;
        sums[e][BN] += dot(row, vec4<f32>(looked_at[at], looked_at[at + 1u], looked_at[at + 2u], looked_at[at + 3u]));
      }
    }
    if (SPLITS > 1u) {
      for (var e = 0u; e < EXAMPLES; e++) { parts[(2u * e) * SIZE + me] = sums[e][BN]; }
    }
    workgroupBarrier();
    for (var e = 0u; e < EXAMPLES; e++) {
      let b = first + e;
      if (j >= H || e % SPLITS != split || b >= p.batch) { continue; }
      if (t < length[e]) {
        var ah = sums[e];
        if (SPLITS > 1u) { ah[BN] = shared_sum(2u * e, side, j); }
        ah[BN] += bias_of(BN * H + j);
        now[e] = close(ax[e], ah, h[e], now[e]);
        h[e] = now[e][OUT];
        state[(slot + e) * DEPTH * 4u + j] = h[e];
      }
      for (var l = 0u; l < LANES; l++) { tape[(t * p.batch + b) * ROWS + l * H + j] = now[e][l]; }
    }
    workgroupBarrier();
  }
}
