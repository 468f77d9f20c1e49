// What the scans of minGRU and minLSTM have in common: LANES lanes on the tape, the state last, and BLOCKS rows of the matrix a unit.
struct Params { steps: u32, batch: u32, units: u32, width: u32, offset: u32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> lengths: array<u32>;
@group(0) @binding(2) var<storage, read> initial: array<f32>;

// A number of a tape's column.
fn lane(column: u32, lane: u32, unit: u32) -> u32 { return (column * LANES + lane) * p.units + unit; }
// A number of a projected column.
fn block(column: u32, block: u32, unit: u32) -> u32 { return (column * BLOCKS + block) * p.units + unit; }

// x + ½ for x ≥ 0, σ(x) below
fn positive(x: f32) -> f32 { return select(x + 0.5, sigmoid(x), x < 0.0); }
// From its value.
fn positive_slope(y: f32) -> f32 { return select(1.0, sigmoid_slope(y), y < 0.5); }
