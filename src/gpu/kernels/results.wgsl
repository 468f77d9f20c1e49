// What an update found, into its place of the ring; the loss begins at 0 again.
struct Params { slots: u32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read_write> total: array<f32>;
@group(0) @binding(2) var<storage, read> found: array<f32>; // norm, clipped norm, coefficient
@group(0) @binding(3) var<storage, read> live: array<u32>;
@group(0) @binding(4) var<storage, read_write> ring: array<f32>;

@compute @workgroup_size(1)
fn main() {
  let at = 4u * (live[LIVE_SLOT] % p.slots);
  ring[at] = total[0];
  ring[at + 1u] = found[0];
  ring[at + 2u] = found[1];
  ring[at + 3u] = found[2];
  total[0] = 0.0;
}
