//! Times of training steps, streaming steps and products on this machine: medians of interleaved rounds, one thread.
//! `cargo bench --bench train_step [-- part of a name]`

mod work;

use std::hint::black_box;
use std::time::Instant;

const ROUNDS: usize = 9;
/// Seconds of one workload in one round.
const SHARE: f64 = 0.06;

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    let names = work::NAMES.iter().filter(|name| wanted.is_empty() || wanted.iter().any(|w| name.contains(w.as_str())));
    let mut all: Vec<_> = names.map(|name| (*name, work::work(name), vec![])).collect();
    for round in 0..=ROUNDS {
        for (_, work, times) in &mut all {
            let (start, mut count) = (Instant::now(), 0);
            while count == 0 || start.elapsed().as_secs_f64() < SHARE {
                black_box(work.once());
                count += 1;
            }
            if round > 0 {
                times.push(start.elapsed().as_secs_f64() * 1e6 / f64::from(count));
            }
        }
    }
    for (name, _, times) in &mut all {
        times.sort_by(f64::total_cmp);
        println!("{name:28} {:12.2} µs   ({:.2} to {:.2})", times[times.len() / 2], times[0], times[times.len() - 1]);
    }
}
