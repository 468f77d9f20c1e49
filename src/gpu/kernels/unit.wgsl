// Values of one hidden unit, by block and by lane: as `Values` of src/cell/gated.rs.
alias Blocks = array<f32, BLOCKS>;
alias Lanes = array<f32, LANES>;
const ROWS: u32 = LANES * H;

// What goes back through one moment: as the arguments of `Unit::backward`.
struct Back {
  d: Lanes,
  before: Lanes,
  ax: Blocks,
  ah: Blocks,
}

fn is_carried(lane: u32) -> bool { return ((CARRIED >> lane) & 1u) == 1u; }
