// From ∂L/∂ of what is projected down to that of z, of what the gate let through, of the norm and of what is read.
@group(0) @binding(1) var<storage, read> weights: array<f32>;
@group(0) @binding(2) var<storage, read> skip: array<f32>;
@group(0) @binding(3) var<storage, read> tape: array<f32>;
@group(0) @binding(4) var<storage, read_write> d_tape: array<f32>;
@group(0) @binding(5) var<storage, read_write> through: array<f32>; // channels × T·B

@compute @workgroup_size(SIZE)
fn main(
  @builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) me: u32,
) {
  for (var column = group.x; column < p.steps * p.batch; column += groups.x) {
    let first = column * p.rows;
    let of_head = spread(me, first + p.r + group.y * p.width);
    var sums = vec2<f32>(0.0);
    for (var j = group.y * p.width + me; j < (group.y + 1u) * p.width; j += SIZE) {
      let d = d_tape[first + p.e + j];
      let z = tape[first + p.z + j];
      let let_through = d * silu(z);
      let mixed = tape[first + p.y + j] * (1.0 + weights[j]) + skip[j] * tape[first + p.s + j];
      let d_y = let_through * (1.0 + weights[j]);
      through[column * p.channels + j] = let_through;
      d_tape[first + p.z + j] = d * mixed * silu_slope(z);
      d_tape[first + p.y + j] = d_y;
      sums += vec2<f32>(d_y, d_y * ((tape[first + p.r + j] - of_head.x) / of_head.y));
    }
    // Level and slope that the norm takes away.
    sums = over_head(me, sums);
    for (var j = group.y * p.width + me; j < (group.y + 1u) * p.width; j += SIZE) {
      let normal = (tape[first + p.r + j] - of_head.x) / of_head.y;
      let d_y = through[column * p.channels + j] * (1.0 + weights[j]);
      d_tape[first + p.r + j] = (d_y - sums.x - normal * sums.y) / of_head.y;
    }
  }
}
