// ∂L/∂ of the recurrent products, where it is not that of the projected values.
@group(0) @binding(8) var<storage, read_write> d_recurrent: array<f32>; // BLOCKS·H × T·B
fn keep_recurrent(at: u32, d: f32) { d_recurrent[at] = d; }
