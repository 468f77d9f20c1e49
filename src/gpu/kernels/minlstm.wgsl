// Lanes p, q, f, i, n, h; of the matrix the candidate's rows come first, then those of p and q.

// σ(p) / (σ(p) + σ(q)) and σ(q) / (σ(p) + σ(q)), by their reciprocals 1 + e^−p and 1 + e^−q without the largest of 1, e^−p and
// e^−q as a common factor.
fn shares(p: f32, q: f32) -> vec2<f32> {
  let smaller = select(p, q, p > q);
  let least = select(smaller, 0.0, smaller > 0.0);
  let one = expf(least);
  let both = vec2<f32>(one + expf(least - q), one + expf(least - p));
  return both / (both.x + both.y);
}
fn make(at: Place) -> Term {
  let c = column(at);
  let forget = projected[block(c, 1u, at.unit)];
  let enter = projected[block(c, 2u, at.unit)];
  let share = shares(forget, enter);
  tape[lane(c, 0u, at.unit)] = forget;
  tape[lane(c, 1u, at.unit)] = enter;
  tape[lane(c, 2u, at.unit)] = share.x;
  tape[lane(c, 3u, at.unit)] = share.y;
  tape[lane(c, 4u, at.unit)] = candidate(projected[block(c, 0u, at.unit)]);
  return again(at);
}
fn again(at: Place) -> Term {
  let c = column(at);
  return Term(tape[lane(c, 2u, at.unit)], tape[lane(c, 3u, at.unit)] * tape[lane(c, 4u, at.unit)]);
}
