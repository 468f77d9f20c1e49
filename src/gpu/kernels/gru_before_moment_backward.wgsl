// As moment_backward.wgsl, in two dispatches: OPEN = 0 before the product with the candidate's rows of W_h transposed, which gives
// `dq`, 1 before that with the gates' rows, which adds to `passed`.
struct Params { steps: u32, batch: u32, reverse: u32, width: u32, offset: u32, t: u32, begin: u32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> tape: array<f32>;
@group(0) @binding(2) var<storage, read> initial: array<f32>;
@group(0) @binding(3) var<storage, read> lengths: array<u32>;
@group(0) @binding(4) var<storage, read> d_output: array<f32>;
@group(0) @binding(5) var<storage, read_write> d_tape: array<f32>;
@group(0) @binding(6) var<storage, read_write> passed: array<f32>; // H × B
@group(0) @binding(7) var<storage, read_write> d_projected: array<f32>; // 3·H × T·B
@group(0) @binding(8) var<storage, read> dq: array<f32>; // H × B

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x >= p.batch * H) { return; }
  let b = id.x / H;
  let j = id.x % H;
  let column = p.t * p.batch + b;
  let reverse = p.reverse == 1u;
  let over = p.t >= lengths[b];
  var before: f32;
  if (select(p.t == 0u, p.t + 1u == lengths[b], reverse)) {
    before = initial[b * ROWS + OUTPUT * H + j];
  } else {
    before = tape[select(column - p.batch, column + p.batch, reverse) * ROWS + OUTPUT * H + j];
  }
  var now: Lanes;
  var back = Back();
  for (var l = 0u; l < LANES; l++) { now[l] = tape[column * ROWS + l * H + j]; }
  if (OPEN == 0u) {
    var arriving = 0.0;
    if (p.begin == 0u) { arriving = passed[id.x]; }
    // Nothing happens to an example that is over: what arrives goes on as it is.
    back.before[OUT] = arriving;
    if (!over) { back = close_back(before, now, arriving + d_output[column * p.width + p.offset + j]); }
  } else {
    back.before[OUT] = passed[id.x];
    for (var l = 0u; l < LANES; l++) { back.d[l] = d_tape[column * ROWS + l * H + j]; }
    for (var k = 0u; k < BLOCKS; k++) { back.ax[k] = d_projected[(column * BLOCKS + k) * H + j]; }
    if (!over) { back = open_back(before, now, dq[id.x], back); }
  }
  passed[id.x] = back.before[OUT];
  for (var l = 0u; l < LANES; l++) { d_tape[column * ROWS + l * H + j] = back.d[l]; }
  for (var k = 0u; k < BLOCKS; k++) { d_projected[(column * BLOCKS + k) * H + j] = back.ax[k]; }
}
