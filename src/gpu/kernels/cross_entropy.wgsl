// −log softmax(y)[class] where an answer counts, and ∂/∂prediction: (softmax(y) − [class]) share. A workgroup takes one column after
// the other, the largest number away first. With `per_example`, as in mean_square.wgsl.
struct Params { width: u32, steps: u32, batch: u32, per_example: u32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> y: array<f32>;
@group(0) @binding(2) var<storage, read> answers: array<u32>;
@group(0) @binding(3) var<storage, read> counts: array<u32>;
@group(0) @binding(4) var<storage, read> live: array<u32>;
@group(0) @binding(5) var<storage, read_write> d: array<f32>;
@group(0) @binding(6) var<storage, read_write> parts: array<f32>; // one number for each workgroup

const LOWEST: f32 = -3.4028234e38;
var<workgroup> values: array<f32, SIZE>;

@compute @workgroup_size(SIZE)
fn main(
  @builtin(num_workgroups) groups: vec3<u32>, @builtin(workgroup_id) group: vec3<u32>,
  @builtin(local_invocation_index) me: u32,
) {
  let share = bitcast<f32>(live[LIVE_SHARE]);
  let columns = select(p.steps * p.batch, p.batch, p.per_example == 1u);
  let each = select(1u, p.steps, p.per_example == 1u);
  var losses = 0.0;
  for (var column = group.x; column < columns; column += groups.x) {
    let first = column * p.width;
    var answered = 0u;
    for (var t = 0u; t < each; t++) { answered += counts[t * columns + column]; }
    // Where nothing is asked there is nothing to read.
    let width = select(0u, p.width, answered > 0u);
    // A NaN is larger than nothing here, and makes the sum NaN below: as on the CPU.
    var largest = LOWEST;
    for (var k = me; k < width; k += SIZE) { largest = select(largest, y[first + k], y[first + k] > largest); }
    values[me] = largest;
    for (var half = SIZE / 2u; half > 0u; half /= 2u) {
      workgroupBarrier();
      if (me < half) { values[me] = select(values[me], values[me + half], values[me + half] > values[me]); }
    }
    workgroupBarrier();
    largest = values[0];
    workgroupBarrier();
    var total = 0.0;
    for (var k = me; k < width; k += SIZE) { total += expf(y[first + k] - largest); }
    values[me] = total;
    for (var half = SIZE / 2u; half > 0u; half /= 2u) {
      workgroupBarrier();
      if (me < half) { values[me] += values[me + half]; }
    }
    workgroupBarrier();
    total = values[0];
    workgroupBarrier();
    var asked = p.width;
    for (var t = 0u; t < each; t++) {
      let place = t * columns + column;
      if (counts[place] != 0u) {
        asked = answers[place];
        // (A logarithm of NaN need not be NaN everywhere.)
        losses += (largest - y[first + asked]) + select(total, log(total), total > 0.0);
      }
    }
    for (var k = me; k < p.width; k += SIZE) {
      var slope = 0.0;
      if (answered > 0u) { slope = (expf(y[first + k] - largest) / total - select(0.0, 1.0, k == asked)) * share; }
      d[first + k] = slope;
    }
  }
  if (me == 0u) { parts[group.x] = losses; }
}
