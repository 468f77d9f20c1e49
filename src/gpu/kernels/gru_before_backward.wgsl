// The reverse of gru_before_forward.wgsl, as recurrence_backward.wgsl.
struct Params { steps: u32, batch: u32, reverse: u32, width: u32, offset: u32, begin: u32, count: u32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> gates: array<vec4<f32>>; // rows r, z of W_h transposed, by pack.wgsl
@group(0) @binding(2) var<storage, read> tape: array<f32>;
@group(0) @binding(3) var<storage, read> initial: array<f32>;
@group(0) @binding(4) var<storage, read> lengths: array<u32>;
@group(0) @binding(5) var<storage, read> d_output: array<f32>;
@group(0) @binding(6) var<storage, read_write> d_tape: array<f32>;
@group(0) @binding(7) var<storage, read_write> d_projected: array<f32>; // 3·H × T·B, then H × B: what arrives at the next dispatch
@group(0) @binding(8) var<storage, read> candidate: array<vec4<f32>>; // rows n

const SIZE: u32 = WIDE * SPLITS * SIDE;
const DEEP: u32 = (2u * H + 3u) / 4u;
const DEPTH: u32 = (H + 3u) / 4u;
var<workgroup> d_gates: array<f32, SIDE * EXAMPLES * DEEP * 4u>;
var<workgroup> d_candidate: array<f32, SIDE * EXAMPLES * DEPTH * 4u>;
var<workgroup> parts: array<f32, PARTS>;

fn shared_sum(e: u32, side: u32, j: u32) -> f32 {
  var sum = 0.0;
  for (var z = 0u; z < SPLITS; z++) { sum += parts[e * SIZE + (side * SPLITS + z) * WIDE + j]; }
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
  let reverse = p.reverse == 1u;
  var arriving: array<f32, EXAMPLES>;
  var length: array<u32, EXAMPLES>;
  let rest = p.steps * p.batch * BLOCKS * H;
  for (var e = 0u; e < EXAMPLES; e++) {
    let b = min(first + e, p.batch - 1u);
    length[e] = lengths[b];
    if (p.begin > 0u) { arriving[e] = d_projected[rest + b * H + unit]; }
  }
  for (var n = p.begin; n < p.begin + p.count; n++) {
    let t = select(p.steps - 1u - n, n, reverse);
    var now: array<Lanes, EXAMPLES>;
    var before: array<f32, EXAMPLES>;
    var back = array<Back, EXAMPLES>();
    for (var e = 0u; e < EXAMPLES; e++) {
      let b = first + e;
      if (j >= H || e % SPLITS != split || b >= p.batch) { continue; }
      let column = t * p.batch + b;
      if (t < length[e]) {
        for (var l = 0u; l < LANES; l++) { now[e][l] = tape[column * ROWS + l * H + j]; }
        if (select(t == 0u, t + 1u == length[e], reverse)) {
          before[e] = initial[b * ROWS + OUTPUT * H + j];
        } else {
          before[e] = tape[select(column - p.batch, column + p.batch, reverse) * ROWS + OUTPUT * H + j];
        }
        back[e] = close_back(before[e], now[e], arriving[e] + d_output[column * p.width + p.offset + j]);
      }
      d_candidate[(slot + e) * DEPTH * 4u + j] = back[e].ax[BN];
    }
    workgroupBarrier();
    var sums = array<f32, EXAMPLES>();
    for (var q = split; q < DEPTH; q += SPLITS) {
      let row = candidate[q * H + unit];
      for (var e = 0u; e < EXAMPLES; e++) {
        let at = ((slot + e) * DEPTH + q) * 4u;
        sums[e] += dot(row, vec4<f32>(d_candidate[at], d_candidate[at + 1u], d_candidate[at + 2u], d_candidate[at + 3u]));
      }
    }
    if (SPLITS > 1u) {
      for (var e = 0u; e < EXAMPLES; e++) { parts[e * SIZE + me] = sums[e]; }
    }
    workgroupBarrier();
    for (var e = 0u; e < EXAMPLES; e++) {
      let b = first + e;
      if (j >= H || e % SPLITS != split || b >= p.batch) { continue; }
      if (t < length[e]) {
        var dq = sums[e];
        if (SPLITS > 1u) { dq = shared_sum(e, side, j); }
        back[e] = open_back(before[e], now[e], dq, back[e]);
      }
      let column = t * p.batch + b;
      for (var l = 0u; l < LANES; l++) { d_tape[column * ROWS + l * H + j] = back[e].d[l]; }
      for (var k = 0u; k < BLOCKS; k++) { d_projected[(column * BLOCKS + k) * H + j] = back[e].ax[k]; }
      d_gates[(slot + e) * DEEP * 4u + j] = back[e].ax[R];
      d_gates[(slot + e) * DEEP * 4u + H + j] = back[e].ax[Z];
    }
    workgroupBarrier();
    sums = array<f32, EXAMPLES>();
    for (var q = split; q < DEEP; q += SPLITS) {
      let row = gates[q * H + unit];
      for (var e = 0u; e < EXAMPLES; e++) {
        let at = ((slot + e) * DEEP + q) * 4u;
        sums[e] += dot(row, vec4<f32>(d_gates[at], d_gates[at + 1u], d_gates[at + 2u], d_gates[at + 3u]));
      }
    }
    if (SPLITS > 1u) {
      for (var e = 0u; e < EXAMPLES; e++) { parts[e * SIZE + me] = sums[e]; }
    }
    workgroupBarrier();
    for (var e = 0u; e < EXAMPLES; e++) {
      if (e % SPLITS != split || t >= length[e]) { continue; }
      var sum = sums[e];
      if (SPLITS > 1u) { sum = shared_sum(e, side, j); }
      arriving[e] = back[e].before[OUT] + sum;
    }
  }
  for (var e = 0u; e < EXAMPLES; e++) {
    if (j < H && e % SPLITS == split && first + e < p.batch) { d_projected[rest + (first + e) * H + j] = arriving[e]; }
  }
}
