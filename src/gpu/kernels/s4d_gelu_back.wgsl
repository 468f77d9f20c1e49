// ∂L/∂y of the full layer, from that of its GELU.
struct Params { units: u32, columns: u32, batch: u32, of_units: u32, modes: u32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> lengths: array<u32>;
@group(0) @binding(2) var<storage, read> tape: array<f32>;
@group(0) @binding(3) var<storage, read_write> d_tape: array<f32>;

fn each(unit: u32, column: u32) {
  var dy = 0.0;
  if (!past(column)) { dy = d_tape[row_top(column, 1u) + unit] * gelu_slope(tape[row_top(column, 0u) + unit]); }
  d_tape[row_top(column, 0u) + unit] = dy;
}
