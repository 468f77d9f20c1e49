@group(0) @binding(3) var<storage, read> live: array<u32>;

fn mask(k: u32) -> f32 { return mask_of(live[LIVE_KEYS + p.gap], k, p.below, p.kept); }
