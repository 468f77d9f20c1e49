// Lanes z, n, h; of the matrix the candidate's rows come first.
fn make(at: Place) -> Term {
  let c = column(at);
  tape[lane(c, 0u, at.unit)] = sigmoid(projected[block(c, 1u, at.unit)]);
  tape[lane(c, 1u, at.unit)] = candidate(projected[block(c, 0u, at.unit)]);
  return again(at);
}
fn again(at: Place) -> Term {
  let c = column(at);
  let z = tape[lane(c, 0u, at.unit)];
  return Term(1.0 - z, z * tape[lane(c, 1u, at.unit)]);
}
