// One number for each row of C.
@group(0) @binding(4) var<storage, read> bias: array<f32>;
