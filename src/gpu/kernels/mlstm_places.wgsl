// C and n as one matrix: row a of a head's has its width of C and one more number, that of n, as if every value had a 1 behind it.
fn key(unit: u32) -> u32 { return unit / (p.width + 1u); }
fn value(unit: u32) -> u32 { return unit % (p.width + 1u); }
// Its row in a column of the tape.
fn place(unit: u32) -> u32 { return select(p.c + key(unit) * p.width + value(unit), p.n + key(unit), value(unit) == p.width); }
