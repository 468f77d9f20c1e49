// ∂L/∂ of m and of both gates' logarithms, from the last step to the first, and of the sums that the gates are made of.
@group(0) @binding(2) var<storage, read> initial: array<f32>;
@group(0) @binding(3) var<storage, read> tape: array<f32>;
@group(0) @binding(4) var<storage, read_write> d_tape: array<f32>;
@group(0) @binding(5) var<storage, read_write> d_sums_i: array<f32>; // heads × T·B
@group(0) @binding(6) var<storage, read_write> d_sums_f: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x >= p.heads * p.batch) { return; }
  let head = id.x % p.heads;
  let b = id.x / p.heads;
  let length = lengths[b];
  var arriving = 0.0;
  for (var nth = 0u; nth < p.steps; nth++) {
    let over = nth >= length;
    let t = select(nth, length - 1u - nth, REVERSE == 0u && !over);
    let at = (t * p.batch + b) * p.rows + head;
    let begins = nth + 1u >= length;
    let before = (select(t - 1u, t + 1u, REVERSE == 1u) * p.batch + b) * p.rows + head;
    let m_before = select(tape[before + p.m], initial[b * p.rows + p.m + head], begins);
    let d_i = d_tape[at + p.i] * tape[at + p.i];
    let d_f = d_tape[at + p.f] * tape[at + p.f];
    let log_f = tape[at + p.log_f];
    let d_m = select(arriving + d_tape[at + p.m] - (d_i + d_f), 0.0, over);
    let kept = log_f + m_before > tape[at + p.log_i];
    let d_log_i = select(d_i + select(d_m, 0.0, kept), 0.0, over);
    arriving = select(d_f + select(0.0, d_m, kept), 0.0, over);
    d_tape[at + p.m] = d_m;
    d_tape[at + p.log_i] = d_log_i;
    d_tape[at + p.log_f] = arriving;
    d_sums_i[(t * p.batch + b) * p.heads + head] = d_log_i;
    // 1 − σ = 1 − e^(ln σ)
    d_sums_f[(t * p.batch + b) * p.heads + head] = arriving * softplus_slope(-log_f);
  }
}
