//! Random damage to tables: an answer or an error, never a panic, in bounded memory.

use unrolled::io::csv;
use unrolled::math::rng::Rng;

use crate::memory::measured;

const SEEDS: [&str; 5] = [
    "time,temp,name\n2013-01-31T06:00Z,3.5,a\n2013-01-31T07:00Z,,b\n2013-01-31T08:00Z,-0.25,\"c, \"\"d\"\"\"\n",
    "Datum;Zeit;Wert\r\n31.01.2013;06:00;3,5\r\n31.01.2013;07:00;1.234,5\r\n01.02.2013;06:00;\r\n",
    "\u{feff}a\tb\n1e5\t20130131\n-2\t20130201\n",
    "sep=|\nx|y|z\n1|2|3\n4|5|6\n",
    "# comment\n01/02/2013 3:00 PM,1\n02/01/2013 4:00 AM,2\n",
];

const PIECES: [&str; 24] = [
    "\"",
    "\"\"",
    ",",
    ";",
    "\t",
    "|",
    "\n",
    "\r",
    "\r\n",
    "\0",
    "1e309",
    "-",
    "NaN",
    "9999-99-99",
    "2013-02-29",
    "1800-01-01",
    "2200-12-31T23:59:59",
    "24:00",
    "é",
    "\u{1f600}",
    "99999999999999999999999999",
    "+14:00",
    "#",
    "sep=",
];

fn damage(rng: &mut Rng, bytes: &mut Vec<u8>) {
    let at = rng.int(bytes.len() + 1);
    match rng.int(6) {
        0 => bytes.truncate(at),
        1 if at < bytes.len() => bytes[at] = rng.int(256) as u8,
        2 => drop(bytes.splice(at..at, PIECES[rng.int(PIECES.len())].bytes())),
        3 => {
            let end = at + rng.int(bytes.len() + 1 - at).min(20);
            bytes.drain(at..end);
        }
        4 => {
            let end = at + rng.int(bytes.len() + 1 - at);
            let piece = bytes[at..end].to_vec();
            bytes.splice(at..at, piece);
        }
        _ => {
            let other = SEEDS[rng.int(SEEDS.len())].as_bytes();
            let from = rng.int(other.len());
            bytes.splice(at..at, other[from..].iter().copied());
        }
    }
}

#[test]
fn damaged_tables_give_a_table_or_an_error_in_bounded_memory() {
    let rounds = std::env::var("UNROLLED_FUZZ").ok().and_then(|n| n.parse().ok()).unwrap_or(50_000);
    let mut rng = Rng::new(4);
    let (mut read, mut refused) = (0, 0);
    for round in 0..rounds {
        let mut bytes = SEEDS[round % SEEDS.len()].as_bytes().to_vec();
        for _ in 0..1 + rng.int(4) {
            damage(&mut rng, &mut bytes);
        }
        let (result, used) = measured(|| csv::read(&bytes));
        // (UTF-16 and Latin-1 are decoded; every column keeps a few words of itself.)
        assert!(used.peak < 200 * bytes.len() + 100_000, "{used:?} for {} bytes: {bytes:?}", bytes.len());
        match result {
            Ok(table) => {
                read += 1;
                let long = table.columns.iter().all(|c| {
                    let lengths = [c.numbers.len(), c.seconds.len()];
                    lengths.iter().all(|n| *n == 0 || *n == table.rows) && c.missing <= table.rows && c.name.chars().count() <= 120
                });
                assert!(long && table.rows > 0 && !table.columns.is_empty(), "{bytes:?}");
                for time in [None, Some("")] {
                    match table.on_grid(time) {
                        Ok(grid) => assert!(grid.columns.iter().all(|c| c.len() == grid.rows) && grid.names.len() == grid.columns.len()),
                        Err(e) => assert!(e.message.contains("expected"), "{e}"),
                    }
                }
            }
            Err(e) => {
                refused += 1;
                assert!(e.message.contains("expected") && e.message.len() < 400, "{e}");
            }
        }
    }
    assert!(read > rounds / 10 && refused > rounds / 100, "{read} read, {refused} refused");
}
