// The reverse of recurrence_forward.wgsl, in the same division of work. Each invocation carries what arrives at its unit in registers;
// ∂L/∂ of the recurrent products of a moment is in workgroup memory, for the product with W_h transposed.
struct Params { steps: u32, batch: u32, reverse: u32, width: u32, offset: u32, begin: u32, count: u32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> weights: array<vec4<f32>>; // W_h transposed, by pack.wgsl
@group(0) @binding(2) var<storage, read> tape: array<f32>;
@group(0) @binding(3) var<storage, read> initial: array<f32>;
@group(0) @binding(4) var<storage, read> lengths: array<u32>;
@group(0) @binding(5) var<storage, read> d_output: array<f32>;
@group(0) @binding(6) var<storage, read_write> d_tape: array<f32>;
@group(0) @binding(7) var<storage, read_write> d_projected: array<f32>; // BLOCKS·H × T·B, then tape rows × B: what arrives at the next dispatch

const SIZE: u32 = WIDE * SPLITS * SIDE;
const DEPTH: u32 = (BLOCKS * H + 3u) / 4u;
var<workgroup> d_products: array<f32, SIDE * EXAMPLES * DEPTH * 4u>;
var<workgroup> parts: array<f32, PARTS>;

// The unit's lanes at the moment that stands before moment t.
fn lanes_before(t: u32, b: u32, length: u32, unit: u32) -> Lanes {
  var lanes: Lanes;
  let column = t * p.batch + b;
  let reverse = p.reverse == 1u;
  let none = select(t == 0u, t + 1u >= length, reverse);
  for (var l = 0u; l < LANES; l++) {
    let row = l * H + unit;
    if (none) { lanes[l] = initial[b * ROWS + row]; } else { lanes[l] = tape[select(column - p.batch, column + p.batch, reverse) * ROWS + row]; }
  }
  return lanes;
}

@compute @workgroup_size(SIZE)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) me: u32) {
  let j = me % WIDE;
  let unit = min(j, H - 1u);
  let split = (me / WIDE) % SPLITS;
  let side = me / (WIDE * SPLITS);
  let first = (group.x * SIDE + side) * EXAMPLES;
  let slot = side * EXAMPLES;
  let last = select(p.steps - 1u - p.begin, p.begin, p.reverse == 1u);
  let rest = p.steps * p.batch * BLOCKS * H;
  var now: array<Lanes, EXAMPLES>;
  var before: array<Lanes, EXAMPLES>;
  var arriving = array<Lanes, EXAMPLES>();
  var length: array<u32, EXAMPLES>;
  for (var e = 0u; e < EXAMPLES; e++) {
    let b = min(first + e, p.batch - 1u);
    length[e] = lengths[b];
    for (var l = 0u; l < LANES; l++) { now[e][l] = tape[(last * p.batch + b) * ROWS + l * H + unit]; }
    before[e] = lanes_before(last, b, length[e], unit);
    if (p.begin > 0u) {
      for (var l = 0u; l < LANES; l++) { arriving[e][l] = d_projected[rest + b * ROWS + l * H + unit]; }
    }
  }
  for (var n = p.begin; n < p.begin + p.count; n++) {
    let t = select(p.steps - 1u - n, n, p.reverse == 1u);
    for (var e = 0u; e < EXAMPLES; e++) {
      let b = first + e;
      if (j >= H || e % SPLITS != split || b >= p.batch) { continue; }
      let column = t * p.batch + b;
      var back = Back();
      if (t < length[e]) {
        var d = arriving[e];
        d[OUTPUT] += d_output[column * p.width + p.offset + j];
        back = backward(before[e], now[e], d);
        arriving[e] = back.before;
      }
      for (var l = 0u; l < LANES; l++) { d_tape[column * ROWS + l * H + j] = back.d[l]; }
      for (var k = 0u; k < BLOCKS; k++) {
        let row = k * H + j;
        d_projected[column * BLOCKS * H + row] = back.ax[k];
        keep_recurrent(column * BLOCKS * H + row, back.ah[k]);
        d_products[(slot + e) * DEPTH * 4u + row] = back.ah[k];
      }
    }
    workgroupBarrier();
    // What the next moment needs of the tape, asked for early.
    if (n + 1u < p.steps) {
      let next = select(t - 1u, t + 1u, p.reverse == 1u);
      for (var e = 0u; e < EXAMPLES; e++) {
        if (e % SPLITS != split) { continue; }
        now[e] = before[e];
        before[e] = lanes_before(next, min(first + e, p.batch - 1u), length[e], unit);
      }
    }
    var sums = array<f32, EXAMPLES>();
    for (var q = split; q < DEPTH; q += SPLITS) {
      let row = weights[q * H + unit];
      for (var e = 0u; e < EXAMPLES; e++) {
        let at = ((slot + e) * DEPTH + q) * 4u;
        sums[e] += dot(row, vec4<f32>(d_products[at], d_products[at + 1u], d_products[at + 2u], d_products[at + 3u]));
      }
    }
    if (SPLITS > 1u) {
      for (var e = 0u; e < EXAMPLES; e++) { parts[e * SIZE + me] = sums[e]; }
    }
    workgroupBarrier();
    for (var e = 0u; e < EXAMPLES; e++) {
      if (e % SPLITS != split || t >= length[e]) { continue; }
      var sum = sums[e];
      if (SPLITS > 1u) {
        sum = 0.0;
        for (var z = 0u; z < SPLITS; z++) { sum += parts[e * SIZE + (side * SPLITS + z) * WIDE + j]; }
      }
      arriving[e][OUTPUT] += sum;
    }
  }
  for (var e = 0u; e < EXAMPLES; e++) {
    if (j >= H || e % SPLITS != split || first + e >= p.batch) { continue; }
    for (var l = 0u; l < LANES; l++) { d_projected[rest + (first + e) * ROWS + l * H + j] = arriving[e][l]; }
  }
}
