// What is read, through the output gate.
@group(0) @binding(2) var<storage, read> sums_o: array<f32>; // H × T·B
@group(0) @binding(3) var<storage, read_write> tape: array<f32>;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  for (var k = id.x; k < p.units * p.steps * p.batch; k += groups.x * 256u) {
    let first = k / p.units * p.rows;
    let o = select(sigmoid(sums_o[k]), 0.0, past(k / p.units));
    tape[first + p.o + k % p.units] = o;
    tape[first + p.h + k % p.units] = o * tape[first + p.r + k % p.units];
  }
}
