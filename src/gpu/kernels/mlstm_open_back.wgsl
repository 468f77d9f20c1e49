// ∂L/∂ of the output, of the output gate and its sum, and of what is read.
@group(0) @binding(2) var<storage, read> tape: array<f32>;
@group(0) @binding(3) var<storage, read> d_output: array<f32>;
@group(0) @binding(4) var<storage, read_write> d_tape: array<f32>;
@group(0) @binding(5) var<storage, read_write> d_sums_o: array<f32>; // H × T·B

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  for (var k = id.x; k < p.units * p.steps * p.batch; k += groups.x * 256u) {
    let column = k / p.units;
    let unit = k % p.units;
    let first = column * p.rows;
    let d = select(d_output[column * p.output + p.offset + unit], 0.0, past(column));
    let o = tape[first + p.o + unit];
    let d_o = d * tape[first + p.r + unit];
    d_tape[first + p.h + unit] = d;
    d_tape[first + p.o + unit] = d_o;
    d_tape[first + p.r + unit] = d * o;
    d_sums_o[k] = d_o * sigmoid_slope(o);
  }
}
