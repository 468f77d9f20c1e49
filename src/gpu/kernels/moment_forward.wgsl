// One moment of a layer and direction, after the product of W_h with `state`: an invocation per unit and example.
struct Params { steps: u32, batch: u32, reverse: u32, t: u32, begin: u32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> projected: array<f32>; // BLOCKS·H × T·B
@group(0) @binding(2) var<storage, read> products: array<f32>; // W_h h + b_h: BLOCKS·H × B
@group(0) @binding(3) var<storage, read> lengths: array<u32>;
@group(0) @binding(4) var<storage, read> initial: array<f32>;
@group(0) @binding(5) var<storage, read_write> tape: array<f32>;
@group(0) @binding(6) var<storage, read_write> state: array<f32>; // H × B: what the next moment multiplies

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x >= p.batch * H) { return; }
  let b = id.x / H;
  let j = id.x % H;
  if (p.begin == 1u) {
    state[id.x] = initial[b * ROWS + OUTPUT * H + j];
    return;
  }
  let column = p.t * p.batch + b;
  if (p.t >= lengths[b]) {
    for (var l = 0u; l < LANES; l++) { tape[column * ROWS + l * H + j] = 0.0; }
    return;
  }
  let reverse = p.reverse == 1u;
  let first = select(p.t == 0u, p.t + 1u == lengths[b], reverse);
  let there = select(column - p.batch, column + p.batch, reverse);
  var before: Lanes;
  for (var l = 0u; l < LANES; l++) {
    if (first) { before[l] = initial[b * ROWS + l * H + j]; } else { before[l] = tape[there * ROWS + l * H + j]; }
  }
  var ax: Blocks;
  var ah: Blocks;
  for (var k = 0u; k < BLOCKS; k++) {
    ax[k] = projected[(column * BLOCKS + k) * H + j];
    ah[k] = products[(b * BLOCKS + k) * H + j];
  }
  let now = forward(ax, ah, before);
  for (var l = 0u; l < LANES; l++) { tape[column * ROWS + l * H + j] = now[l]; }
  state[id.x] = now[OUTPUT];
}
