const bias: array<f32, 1> = array<f32, 1>(0.0);
