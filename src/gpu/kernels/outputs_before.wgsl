// The output lane of the moment before each column: H × T·B. Past an example's end, anything.
struct Params { steps: u32, batch: u32, reverse: u32, rows: u32, output: u32, hidden: u32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> tape: array<f32>;
@group(0) @binding(2) var<storage, read> initial: array<f32>;
@group(0) @binding(3) var<storage, read> lengths: array<u32>;
@group(0) @binding(4) var<storage, read_write> to: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) count: vec3<u32>) {
  let total = p.steps * p.batch * p.hidden;
  for (var k = id.x; k < total; k += count.x * 64u) {
    let column = k / p.hidden;
    let row = p.output + k % p.hidden;
    let b = column % p.batch;
    let t = column / p.batch;
    let reverse = p.reverse == 1u;
    if (select(t == 0u, t + 1u >= lengths[b], reverse)) {
      to[k] = initial[b * p.rows + row];
    } else {
      to[k] = tape[select(column - p.batch, column + p.batch, reverse) * p.rows + row];
    }
  }
}
