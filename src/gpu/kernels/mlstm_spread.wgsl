// Sums over a head, by all invocations of its workgroup, and what a norm takes from them.
var<workgroup> parts: array<vec2<f32>, SIZE>;

fn over_head(me: u32, part: vec2<f32>) -> vec2<f32> {
  parts[me] = part;
  for (var half = SIZE / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (me < half) { parts[me] += parts[me + half]; }
  }
  workgroupBarrier();
  let sum = parts[0];
  workgroupBarrier();
  return sum / f32(p.width);
}

// Mean, and √(variance + ε), of numbers from row `first` of the tape on.
fn spread(me: u32, first: u32) -> vec2<f32> {
  var sum = 0.0;
  for (var j = me; j < p.width; j += SIZE) { sum += tape[first + j]; }
  let mean = over_head(me, vec2<f32>(sum, 0.0)).x;
  sum = 0.0;
  for (var j = me; j < p.width; j += SIZE) { sum += (tape[first + j] - mean) * (tape[first + j] - mean); }
  return vec2<f32>(mean, sqrt(over_head(me, vec2<f32>(sum, 0.0)).x + 1e-5));
}
