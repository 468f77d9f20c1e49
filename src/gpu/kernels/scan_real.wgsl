alias Number = f32;
const NOTHING: f32 = 0.0;
const ONE: f32 = 1.0;
fn times(x: f32, y: f32) -> f32 { return x * y; }
// What is left of a state after both. It does not become 0 where neither is: an infinite state stays infinite, however many steps
// it goes through.
fn joined(x: f32, y: f32) -> f32 {
  let product = x * y;
  let least = select(1.2e-38, -1.2e-38, (x < 0.0) != (y < 0.0));
  return select(product, least, abs(product) < 1.2e-38 && x != 0.0 && y != 0.0);
}
