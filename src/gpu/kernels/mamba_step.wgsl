// r, B and C onto the tape, and Δ from r. An invocation takes a channel, and what is selected in turn with the others.
@group(0) @binding(2) var<storage, read> chosen: array<f32>; // (R + 2N) × T·B
@group(0) @binding(3) var<storage, read> weights: array<f32>;
@group(0) @binding(4) var<storage, read> bias: array<f32>;
@group(0) @binding(5) var<storage, read_write> tape: array<f32>;

fn each(unit: u32, column: u32) {
  for (var k = unit; k < selected(); k += p.inner) { tape[column * rows() + at_reduced() + k] = chosen[column * selected() + k]; }
  var delta = 0.0;
  if (!past(column)) {
    var sum = bias[unit];
    for (var k = 0u; k < p.rank; k++) { sum += weights[unit * p.rank + k] * chosen[column * selected() + k]; }
    delta = softplus(sum);
  }
  tape[column * rows() + at_delta() + unit] = delta;
}
