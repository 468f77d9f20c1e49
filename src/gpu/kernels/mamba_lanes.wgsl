// What Mamba's kernels have in common: sizes, and where lanes stand in a column of E channels, N states, K taps, rank R, H units.
struct Params {
  units: u32, columns: u32, batch: u32, steps: u32,
  inner: u32, states: u32, taps: u32, rank: u32, hidden: u32, width: u32, offset: u32,
}
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> lengths: array<u32>;

fn at_u() -> u32 { return p.inner * p.taps; }
fn at_reduced() -> u32 { return at_u() + p.inner; }
fn at_into() -> u32 { return at_reduced() + p.rank; }
fn at_from() -> u32 { return at_into() + p.states; }
fn at_delta() -> u32 { return at_from() + p.states; }
fn at_decay() -> u32 { return at_delta() + p.inner; }
fn at_s() -> u32 { return at_decay() + p.inner * p.states; }
fn at_y() -> u32 { return at_s() + p.inner * p.states; }
fn at_z() -> u32 { return at_y() + p.inner; }
fn at_h() -> u32 { return at_z() + p.inner; }
fn rows() -> u32 { return at_h() + p.hidden; }
// What is selected by the input: r, B and C.
fn selected() -> u32 { return p.rank + 2u * p.states; }
