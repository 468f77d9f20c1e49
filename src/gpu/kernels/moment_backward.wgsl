// The way back of one moment, before the product with W_h transposed, which adds to `passed`: an invocation per unit and example.
struct Params { steps: u32, batch: u32, reverse: u32, width: u32, offset: u32, t: u32, begin: u32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> tape: array<f32>;
@group(0) @binding(2) var<storage, read> initial: array<f32>;
@group(0) @binding(3) var<storage, read> lengths: array<u32>;
@group(0) @binding(4) var<storage, read> d_output: array<f32>;
@group(0) @binding(5) var<storage, read_write> d_tape: array<f32>;
@group(0) @binding(6) var<storage, read_write> passed: array<f32>; // tape rows × B: ∂L/∂ of the carried lanes
@group(0) @binding(7) var<storage, read_write> d_projected: array<f32>; // BLOCKS·H × T·B

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x >= p.batch * H) { return; }
  let b = id.x / H;
  let j = id.x % H;
  let column = p.t * p.batch + b;
  let reverse = p.reverse == 1u;
  let first = select(p.t == 0u, p.t + 1u == lengths[b], reverse);
  let there = select(column - p.batch, column + p.batch, reverse);
  var now: Lanes;
  var before: Lanes;
  var arriving: Lanes;
  for (var l = 0u; l < LANES; l++) {
    let row = l * H + j;
    now[l] = tape[column * ROWS + row];
    if (first) { before[l] = initial[b * ROWS + row]; } else { before[l] = tape[there * ROWS + row]; }
    if (is_carried(l) && p.begin == 0u) { arriving[l] = passed[b * ROWS + row]; }
  }
  var back = Back();
  // Nothing happens to an example that is over: what arrives goes on as it is.
  back.before = arriving;
  if (p.t < lengths[b]) {
    arriving[OUTPUT] += d_output[column * p.width + p.offset + j];
    back = backward(before, now, arriving);
  }
  for (var l = 0u; l < LANES; l++) {
    d_tape[column * ROWS + l * H + j] = back.d[l];
    passed[b * ROWS + l * H + j] = back.before[l];
  }
  for (var k = 0u; k < BLOCKS; k++) {
    let at = (column * BLOCKS + k) * H + j;
    d_projected[at] = back.ax[k];
    keep_recurrent(at, back.ah[k]);
  }
}
