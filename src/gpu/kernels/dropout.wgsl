// Element k of a dropout mask: as src/train/dropout.rs, bit for bit.

fn mixed(x: u32) -> u32 {
  let first = (x ^ (x >> 16u)) * 0x7FEB352Du;
  let second = (first ^ (first >> 15u)) * 0x846CA68Bu;
  return second ^ (second >> 16u);
}

fn mask_of(key: u32, k: u32, dropped_below: u32, kept: f32) -> f32 {
  return select(kept, 0.0, mixed(key ^ mixed(k)) < dropped_below);
}
