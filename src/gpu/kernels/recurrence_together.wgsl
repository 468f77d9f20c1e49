// ∂L/∂ of the recurrent products is that of the projected values.
fn keep_recurrent(at: u32, d: f32) {}
