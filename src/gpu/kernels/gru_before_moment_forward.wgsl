// As moment_forward.wgsl, in two dispatches: CLOSE = 0 after the product of the gates' rows with `state`, 1 after that of the
// candidate's rows with r∘h, which the first left on the tape.
struct Params { steps: u32, batch: u32, reverse: u32, t: u32, begin: u32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> projected: array<f32>; // 3·H × T·B
@group(0) @binding(2) var<storage, read> products: array<f32>; // 3·H × B
@group(0) @binding(3) var<storage, read> lengths: array<u32>;
@group(0) @binding(4) var<storage, read> initial: array<f32>;
@group(0) @binding(5) var<storage, read_write> tape: array<f32>;
@group(0) @binding(6) var<storage, read_write> state: array<f32>; // H × B

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
  var ax: Blocks;
  var ah: Blocks;
  for (var k = 0u; k < BLOCKS; k++) {
    ax[k] = projected[(column * BLOCKS + k) * H + j];
    ah[k] = products[(b * BLOCKS + k) * H + j];
  }
  var now = Lanes();
  if (p.t < lengths[b]) {
    // The state before is what the product read: the example's initial state where it begins.
    if (CLOSE == 0u) {
      now = open(ax, ah, state[id.x], now);
    } else {
      for (var l = 0u; l < LANES; l++) { now[l] = tape[column * ROWS + l * H + j]; }
      now = close(ax, ah, state[id.x], now);
      state[id.x] = now[OUT];
    }
  }
  for (var l = 0u; l < LANES; l++) { tape[column * ROWS + l * H + j] = now[l]; }
}
