// Past the example's end? (`lengths` and `p.batch` are the kernel's.)
fn past(column: u32) -> bool { return column / p.batch >= lengths[column % p.batch]; }
