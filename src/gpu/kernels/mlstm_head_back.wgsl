// ∂L/∂ of q, k, v, i and f from those of C and n: a workgroup for each column and head, whose invocations share its rows, then its
// columns.
@group(0) @binding(2) var<storage, read> initial: array<f32>;
@group(0) @binding(3) var<storage, read> tape: array<f32>;
@group(0) @binding(4) var<storage, read> d_overlaps: array<f32>;
@group(0) @binding(5) var<storage, read_write> d_tape: array<f32>;

var<workgroup> d_writes: array<f32, SIZE>;
var<workgroup> d_keeps: array<f32, SIZE>;

@compute @workgroup_size(SIZE)
fn main(
  @builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) me: u32,
) {
  let head = group.y;
  for (var column = group.x; column < p.steps * p.batch; column += groups.x) {
    let b = column % p.batch;
    let over = past(column);
    let begins = column / p.batch == select(0u, lengths[b] - 1u, REVERSE == 1u);
    let before = select(column - p.batch, column + p.batch, REVERSE == 1u) * p.rows;
    let first = column * p.rows;
    let i = tape[first + p.i + head];
    let d_overlap = d_overlaps[column * p.heads + head];
    let divisor = tape[first + p.d + head];
    var d_write = 0.0;
    var d_keep = 0.0;
    for (var x = me; x < p.width; x += SIZE) {
      let a = head * p.width + x;
      var d_q = 0.0;
      var written = 0.0;
      var kept = 0.0;
      var d_v = 0.0;
      if (!over) {
        for (var y = 0u; y < p.width; y++) {
          let at = p.c + a * p.width + y;
          let d_memory = d_tape[first + at];
          let c_before = select(tape[before + at], initial[b * p.rows + at], begins);
          d_q += tape[first + at] * (d_tape[first + p.r + head * p.width + y] / divisor);
          written += d_memory * tape[first + p.v + head * p.width + y];
          kept += d_memory * c_before;
          let write = i * (tape[first + p.k + head * p.width + y] * p.scale);
          d_v += write * d_tape[first + p.c + (head * p.width + y) * p.width + x];
        }
        let d_n = d_tape[first + p.n + a];
        written += d_n;
        d_q += tape[first + p.n + a] * d_overlap;
        d_write += tape[first + p.k + a] * p.scale * written;
        d_keep += kept + d_n * select(tape[before + p.n + a], initial[b * p.rows + p.n + a], begins);
      }
      d_tape[first + p.q + a] = d_q;
      d_tape[first + p.k + a] = i * p.scale * written;
      d_tape[first + p.v + a] = d_v;
    }
    d_writes[me] = d_write;
    d_keeps[me] = d_keep;
    for (var half = SIZE / 2u; half > 0u; half /= 2u) {
      workgroupBarrier();
      if (me < half) {
        d_writes[me] += d_writes[me + half];
        d_keeps[me] += d_keeps[me + half];
      }
    }
    if (me == 0u) {
      d_tape[first + p.i + head] = d_writes[0];
      d_tape[first + p.f + head] = d_keeps[0];
    }
    workgroupBarrier();
  }
}
