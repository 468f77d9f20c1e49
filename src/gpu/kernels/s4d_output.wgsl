// ∂L/∂y of the state-space model alone: what arrives from above.
struct Params { units: u32, columns: u32, batch: u32, of_units: u32, modes: u32, width: u32, offset: u32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> lengths: array<u32>;
@group(0) @binding(2) var<storage, read> d_output: array<f32>;
@group(0) @binding(3) var<storage, read_write> d_tape: array<f32>;

fn each(unit: u32, column: u32) {
  var dy = 0.0;
  if (!past(column)) { dy = d_output[column * p.width + p.offset + unit]; }
  d_tape[row_top(column, 0u) + unit] = dy;
}
