// Every function of modern.wgsl, of numbers in memory.
struct Params { units: u32, columns: u32, batch: u32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> to: array<f32>;

fn each(unit: u32, column: u32) {
  let value = x[unit];
  let turn = turned(value);
  to[unit] = silu(value);
  to[p.units + unit] = silu_slope(value);
  to[2u * p.units + unit] = expm1(value);
  to[3u * p.units + unit] = gelu(value);
  to[4u * p.units + unit] = gelu_slope(value);
  to[5u * p.units + unit] = turn.x;
  to[6u * p.units + unit] = turn.y;
}
