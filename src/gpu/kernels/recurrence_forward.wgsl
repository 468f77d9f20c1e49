// A layer and direction over its moments, `count` of them after the first `begin`. A workgroup has SIDE × EXAMPLES examples with all
// their units and loops over time: of WIDE × SPLITS × SIDE invocations, each has one unit, every SPLITS-th four of the inner products
// and EXAMPLES examples. The output of the moment before is in workgroup memory, the unit's own lanes in registers.
struct Params { steps: u32, batch: u32, reverse: u32, begin: u32, count: u32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> projected: array<f32>; // BLOCKS·H × T·B
@group(0) @binding(2) var<storage, read> weights: array<vec4<f32>>; // W_h by pack.wgsl
@group(0) @binding(3) var<storage, read> lengths: array<u32>;
@group(0) @binding(4) var<storage, read> initial: array<f32>;
@group(0) @binding(5) var<storage, read_write> tape: array<f32>;

const SIZE: u32 = WIDE * SPLITS * SIDE;
const DEPTH: u32 = (H + 3u) / 4u;
var<workgroup> state: array<f32, SIDE * EXAMPLES * DEPTH * 4u>;
var<workgroup> parts: array<f32, PARTS>;

@compute @workgroup_size(SIZE)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) me: u32) {
  let j = me % WIDE;
  let unit = min(j, H - 1u);
  let split = (me / WIDE) % SPLITS;
  let side = me / (WIDE * SPLITS);
  let first = (group.x * SIDE + side) * EXAMPLES;
  let slot = side * EXAMPLES;
  var before: array<Lanes, EXAMPLES>;
  var length: array<u32, EXAMPLES>;
  for (var e = 0u; e < EXAMPLES; e++) {
    let b = min(first + e, p.batch - 1u);
    length[e] = lengths[b];
    for (var l = 0u; l < LANES; l++) { before[e][l] = initial[b * ROWS + l * H + unit]; }
    // Where another dispatch left it, if it has met the example at all.
    let there = select(p.begin - 1u, p.steps - p.begin, p.reverse == 1u);
    if (p.begin > 0u && there < length[e]) {
      for (var l = 0u; l < LANES; l++) { before[e][l] = tape[(there * p.batch + b) * ROWS + l * H + unit]; }
    }
    if (split == 0u && j < H) { state[(slot + e) * DEPTH * 4u + j] = before[e][OUTPUT]; }
  }
  workgroupBarrier();
  for (var n = p.begin; n < p.begin + p.count; n++) {
    let t = select(n, p.steps - 1u - n, p.reverse == 1u);
    // Asked for early, needed late.
    var ax = array<Blocks, EXAMPLES>();
    for (var e = 0u; e < EXAMPLES; e++) {
      if (e % SPLITS != split) { continue; }
      let at = (t * p.batch + min(first + e, p.batch - 1u)) * BLOCKS * H + unit;
      for (var k = 0u; k < BLOCKS; k++) { ax[e][k] = projected[at + k * H]; }
    }
    var sums = array<Blocks, EXAMPLES>();
    for (var q = split; q < DEPTH; q += SPLITS) {
      var rows: array<vec4<f32>, BLOCKS>;
      for (var k = 0u; k < BLOCKS; k++) { rows[k] = weights[(q * BLOCKS + k) * H + unit]; }
      for (var e = 0u; e < EXAMPLES; e++) {
        let at = ((slot + e) * DEPTH + q) * 4u;
        let four = vec4<f32>(state[at], state[at + 1u], state[at + 2u], state[at + 3u]);
        for (var k = 0u; k < BLOCKS; k++) { sums[e][k] += dot(rows[k], four); }
      }
    }
    if (SPLITS > 1u) {
      for (var e = 0u; e < EXAMPLES; e++) {
        for (var k = 0u; k < BLOCKS; k++) { parts[(e * BLOCKS + k) * SIZE + me] = sums[e][k]; }
      }
    }
    workgroupBarrier();
    for (var e = 0u; e < EXAMPLES; e++) {
      let b = first + e;
      if (j >= H || e % SPLITS != split || b >= p.batch) { continue; }
      let at = (t * p.batch + b) * ROWS + j;
      if (t >= length[e]) {
        for (var l = 0u; l < LANES; l++) { tape[at + l * H] = 0.0; }
        continue;
      }
      var ah = sums[e];
      if (SPLITS > 1u) {
        for (var k = 0u; k < BLOCKS; k++) {
          ah[k] = 0.0;
          for (var z = 0u; z < SPLITS; z++) { ah[k] += parts[(e * BLOCKS + k) * SIZE + (side * SPLITS + z) * WIDE + j]; }
        }
      }
      for (var k = 0u; k < BLOCKS; k++) { ah[k] += bias_of(k * H + j); }
      let now = forward(ax[e], ah, before[e]);
      before[e] = now;
      state[(slot + e) * DEPTH * 4u + j] = now[OUTPUT];
      for (var l = 0u; l < LANES; l++) { tape[at + l * H] = now[l]; }
    }
    workgroupBarrier();
  }
}
