// The stabiliser m from step to step, and the gates relative to e^m: one invocation goes through the steps of an example's head.
@group(0) @binding(2) var<storage, read> initial: array<f32>;
@group(0) @binding(3) var<storage, read_write> tape: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x >= p.heads * p.batch) { return; }
  let head = id.x % p.heads;
  let b = id.x / p.heads;
  let length = lengths[b];
  var m = initial[b * p.rows + p.m + head];
  for (var nth = 0u; nth < p.steps; nth++) {
    let over = nth >= length;
    let t = select(nth, length - 1u - nth, REVERSE == 1u && !over);
    let at = (t * p.batch + b) * p.rows + head;
    let enter = tape[at + p.log_i];
    let kept = tape[at + p.log_f] + m;
    m = larger(kept, enter);
    tape[at + p.m] = select(m, 0.0, over);
    tape[at + p.i] = select(expf(enter - m), 0.0, over);
    tape[at + p.f] = select(expf(kept - m), 0.0, over);
  }
}
