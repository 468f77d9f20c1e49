// C = f C + i k vᵀ/√width and n = f n + i k/√width, a scan for each number of them.
@group(0) @binding(2) var<storage, read> initial: array<f32>;
@group(0) @binding(3) var<storage, read_write> tape: array<f32>;

fn begin(at: Place) -> f32 { return initial[at.example * p.rows + place(at.unit)]; }
fn make(at: Place) -> Term {
  let first = column(at) * p.rows;
  let a = key(at.unit);
  let head = a / p.width;
  let write = tape[first + p.i + head] * (tape[first + p.k + a] * p.scale);
  if (value(at.unit) == p.width) { return Term(tape[first + p.f + head], write); }
  return Term(tape[first + p.f + head], write * tape[first + p.v + head * p.width + value(at.unit)]);
}
fn again(at: Place) -> Term { return make(at); }
fn leave(at: Place, h: f32) { tape[column(at) * p.rows + place(at.unit)] = h; }
fn finish(at: Place, here: bool, me: u32) {}
fn clear(at: Place, column: u32) { tape[column * p.rows + place(at.unit)] = 0.0; }
