// What is read: qᵀC over the larger of |q·n| and e^−m, by column and value.
@group(0) @binding(2) var<storage, read_write> tape: array<f32>;

const EPS: f32 = 1e-6;

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let all = p.heads * p.width;
  for (var k = id.x; k < all * p.steps * p.batch; k += groups.x * 256u) {
    let first = k / all * p.rows;
    let head = k % all / p.width;
    var sum = 0.0;
    var overlap = 0.0;
    for (var a = head * p.width; a < (head + 1u) * p.width; a++) {
      let q = tape[first + p.q + a];
      sum += q * tape[first + p.c + a * p.width + k % p.width];
      overlap += q * tape[first + p.n + a];
    }
    let divisor = larger(abs(overlap), expf(-tape[first + p.m + head])) + EPS;
    let over = past(k / all);
    tape[first + p.r + k % all] = select(sum / divisor, 0.0, over);
    if (k % p.width == 0u) { tape[first + p.d + head] = select(divisor, 0.0, over); }
  }
}
