// The norm of each head, the skip, and the gate: a workgroup for each column and head.
@group(0) @binding(1) var<storage, read> weights: array<f32>;
@group(0) @binding(2) var<storage, read> skip: array<f32>;
@group(0) @binding(3) var<storage, read_write> tape: array<f32>;

@compute @workgroup_size(SIZE)
fn main(
  @builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) me: u32,
) {
  for (var column = group.x; column < p.steps * p.batch; column += groups.x) {
    let first = column * p.rows;
    let of_head = spread(me, first + p.r + group.y * p.width);
    for (var j = group.y * p.width + me; j < (group.y + 1u) * p.width; j += SIZE) {
      let y = (tape[first + p.r + j] - of_head.x) / of_head.y;
      tape[first + p.y + j] = y;
      let mixed = y * (1.0 + weights[j]) + skip[j] * tape[first + p.s + j];
      tape[first + p.e + j] = mixed * silu(tape[first + p.z + j]);
    }
  }
}
