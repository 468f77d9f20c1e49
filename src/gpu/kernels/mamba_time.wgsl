// Steps of an example in the order in which the direction meets them.
fn nth_of(column: u32) -> u32 {
  let t = column / p.batch;
  return select(t, lengths[column % p.batch] - 1u - t, REVERSE == 1u);
}
// The column of the same example so many steps earlier, or later.
fn earlier(column: u32, steps: u32) -> u32 { return select(column - steps * p.batch, column + steps * p.batch, REVERSE == 1u); }
fn later(column: u32, steps: u32) -> u32 { return select(column + steps * p.batch, column - steps * p.batch, REVERSE == 1u); }
