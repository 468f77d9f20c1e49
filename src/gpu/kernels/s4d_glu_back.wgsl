// Back from the full layer's output to W g + b.
struct Params { units: u32, columns: u32, batch: u32, of_units: u32, modes: u32, width: u32, offset: u32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> lengths: array<u32>;
@group(0) @binding(2) var<storage, read> tape: array<f32>;
@group(0) @binding(3) var<storage, read> d_output: array<f32>;
@group(0) @binding(4) var<storage, read_write> d_tape: array<f32>;
@group(0) @binding(5) var<storage, read_write> d_halves: array<f32>; // 2H × T·B

fn each(unit: u32, column: u32) {
  var dh = 0.0;
  if (!past(column)) { dh = d_output[column * p.width + p.offset + unit]; }
  let o = tape[row_top(column, 3u) + unit];
  let dv = dh * o;
  let d_o = dh * tape[row_top(column, 2u) + unit];
  d_tape[row_top(column, 2u) + unit] = dv;
  d_tape[row_top(column, 3u) + unit] = d_o;
  d_tape[row_top(column, 4u) + unit] = dh;
  d_halves[2u * column * p.units + unit] = dv;
  d_halves[(2u * column + 1u) * p.units + unit] = d_o * sigmoid_slope(o);
}
