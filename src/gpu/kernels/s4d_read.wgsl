// y = 2 Re(C x) + D u, and its GELU; u itself.
struct Params { units: u32, columns: u32, batch: u32, of_units: u32, modes: u32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> lengths: array<u32>;
@group(0) @binding(2) var<storage, read> modes: array<vec2<f32>>;
@group(0) @binding(3) var<storage, read> skip: array<f32>;
@group(0) @binding(4) var<storage, read> u: array<f32>;
@group(0) @binding(5) var<storage, read_write> tape: array<f32>;

fn each(unit: u32, column: u32) {
  var entering = 0.0;
  var y = 0.0;
  if (!past(column)) {
    entering = u[column * p.units + unit];
    var of_re = skip[unit] * entering;
    var of_im = 0.0;
    for (var k = unit * p.modes; k < (unit + 1u) * p.modes; k++) {
      let c = modes[2u * all_modes() + k];
      of_re += c.x * tape[row_re(column) + k];
      of_im += c.y * tape[row_im(column) + k];
    }
    y = of_re - of_im;
  }
  tape[row_u(column) + unit] = entering;
  tape[row_top(column, 0u) + unit] = y;
  if (FULL == 1u) { tape[row_top(column, 1u) + unit] = gelu(y); }
}
