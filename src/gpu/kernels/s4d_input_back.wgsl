// ∂L/∂u: past the state by D, and through every mode that the input pushed.
struct Params { units: u32, columns: u32, batch: u32, of_units: u32, modes: u32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> lengths: array<u32>;
@group(0) @binding(2) var<storage, read> modes: array<vec2<f32>>;
@group(0) @binding(3) var<storage, read> skip: array<f32>;
@group(0) @binding(4) var<storage, read_write> d_tape: array<f32>;
@group(0) @binding(5) var<storage, read_write> d_u: array<f32>; // H × T·B; with ADD, what is there counts

fn each(unit: u32, column: u32) {
  var du = 0.0;
  if (!past(column)) {
    var of_re = skip[unit] * d_tape[row_top(column, 0u) + unit];
    var of_im = 0.0;
    for (var k = unit * p.modes; k < (unit + 1u) * p.modes; k++) {
      let b = modes[all_modes() + k];
      of_re += b.x * d_tape[row_re(column) + k];
      of_im += b.y * d_tape[row_im(column) + k];
    }
    du = of_re + of_im;
  }
  d_tape[row_u(column) + unit] = du;
  let at = column * p.units + unit;
  if (ADD == 1u) { d_u[at] += du; } else { d_u[at] = du; }
}
