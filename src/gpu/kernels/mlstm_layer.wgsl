// What is around the memory in the mLSTM's layer (src/cell/mlstm_layer.rs): sizes, first rows of lanes in a column of the tape.
struct Params {
  steps: u32, batch: u32, rows: u32, channels: u32, taps: u32, heads: u32, width: u32,
  z: u32, window: u32, s: u32, q: u32, k: u32, v: u32, r: u32, y: u32, e: u32,
}
@group(0) @binding(0) var<uniform> p: Params;

const BLOCK: u32 = 4u;
