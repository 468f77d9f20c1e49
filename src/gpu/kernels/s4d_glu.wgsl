// The full layer's output: the one half of W g + b through the sigmoid of the other.
struct Params { units: u32, columns: u32, batch: u32, of_units: u32, modes: u32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> lengths: array<u32>;
@group(0) @binding(2) var<storage, read> halves: array<f32>; // 2H × T·B
@group(0) @binding(3) var<storage, read_write> tape: array<f32>;

fn each(unit: u32, column: u32) {
  var v = 0.0;
  var o = 0.0;
  if (!past(column)) {
    v = halves[2u * column * p.units + unit];
    o = sigmoid(halves[(2u * column + 1u) * p.units + unit]);
  }
  tape[row_top(column, 2u) + unit] = v;
  tape[row_top(column, 3u) + unit] = o;
  tape[row_top(column, 4u) + unit] = v * o;
}
