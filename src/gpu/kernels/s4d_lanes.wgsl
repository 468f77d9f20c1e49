// Where S4D's lanes stand in a column of H units (p.of_units) and N modes in all (p.modes · H): u, x_re, x_im, y, g, v, o, h.
fn all_modes() -> u32 { return p.of_units * p.modes; }
fn rows() -> u32 { return 2u * all_modes() + p.of_units * select(2u, 6u, FULL == 1u); }
fn row_u(column: u32) -> u32 { return column * rows(); }
fn row_re(column: u32) -> u32 { return column * rows() + p.of_units; }
fn row_im(column: u32) -> u32 { return column * rows() + p.of_units + all_modes(); }
// Lane k from y on: 0 is y, 1 g, 2 v, 3 o, 4 h.
fn row_top(column: u32, k: u32) -> u32 { return column * rows() + (1u + k) * p.of_units + 2u * all_modes(); }
