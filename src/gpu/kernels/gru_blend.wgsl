// h_t from z, n and h_{t−1}, in either sense of z (KEEP: z = 1 keeps the old state), and its reverse.
fn blend(z: f32, n: f32, h: f32) -> f32 {
  if (KEEP == 1u) { return (1.0 - z) * n + z * h; }
  return (1.0 - z) * h + z * n;
}

struct Flow { z: f32, n: f32, h: f32 }
fn blend_back(dh: f32, z: f32, n: f32, h: f32) -> Flow {
  if (KEEP == 1u) { return Flow(dh * (h - n), dh * (1.0 - z), dh * z); }
  return Flow(dh * (n - h), dh * z, dh * (1.0 - z));
}
