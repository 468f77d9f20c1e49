// Real and imaginary part.
alias Number = vec2<f32>;
const NOTHING: vec2<f32> = vec2<f32>(0.0, 0.0);
const ONE: vec2<f32> = vec2<f32>(1.0, 0.0);
fn times(x: vec2<f32>, y: vec2<f32>) -> vec2<f32> { return vec2<f32>(x.x * y.x - x.y * y.y, x.y * y.x + x.x * y.y); }
fn joined(x: vec2<f32>, y: vec2<f32>) -> vec2<f32> { return times(x, y); }
