//! A step of every cell, forward and back, beside the LSTM's of the same hidden size: ratios of interleaved rounds, one thread.
//! `cargo bench --bench cells [-- part of a cell's name]`

use std::time::Instant;

use unrolled::cell::{all, variants};
use unrolled::net::{Config, InputRef, Net, RunRef, Start, Upstream, Workspace};

const ROUNDS: usize = 25;
const INPUT: usize = 4;
/// Hidden size, examples, steps.
const SIZES: [(usize, usize, usize); 4] = [(16, 1, 200), (32, 1, 200), (64, 1, 200), (32, 32, 24)];

struct Contestant {
    title: String,
    space: Workspace<f32>,
    upstream: Upstream<f32>,
    /// Microseconds of a step of one example, by round: forward, back.
    times: Vec<[f64; 2]>,
}

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    let chosen = |name: &str| name == "lstm" || wanted.is_empty() || wanted.iter().any(|w| name.contains(w.as_str()));
    for (hidden, batch, steps) in SIZES {
        let mut contestants: Vec<Contestant> = vec![];
        for family in all().iter().filter(|family| chosen(family.name())) {
            for options in variants(*family) {
                let words: Vec<&str> = options.values().map(String::as_str).collect();
                let title = format!("{} {}", family.name(), words.join(" "));
                let config = Config { options, ..Config::new(family.name(), INPUT, hidden) };
                let net = Net::random(config, 1, Start::default()).expect("a possible network");
                let upstream = Upstream { output: Some(vec![0.1; steps * batch * hidden]), ..Upstream::default() };
                contestants.push(Contestant { title, space: Workspace::new(net), upstream, times: vec![] });
            }
        }
        let input = vec![0.3; steps * batch * INPUT];
        let run = RunRef::new(steps, batch, InputRef::Values(&input));
        for round in 0..=ROUNDS {
            for one in &mut contestants {
                let start = Instant::now();
                one.space.run(&run).expect("a run");
                let there = Instant::now();
                one.space.backward(&one.upstream).expect("a way back");
                let time = |t: std::time::Duration| t.as_secs_f64() * 1e6 / (steps * batch) as f64;
                if round > 0 {
                    one.times.push([time(there - start), time(there.elapsed())]);
                }
            }
        }
        let lstm = contestants.iter().position(|one| one.title.starts_with("lstm")).expect("the LSTM takes part");
        println!("H {hidden}, {batch} examples, {steps} steps: µs a step and example, and how many times the LSTM's");
        for one in &contestants {
            let [forward, back] = [0, 1].map(|k| {
                let ratios = one.times.iter().zip(&contestants[lstm].times).map(|(a, b)| a[k] / b[k]);
                (median(one.times.iter().map(|t| t[k])), median(ratios))
            });
            println!("  {:28} forward {:7.2} ({:5.2}×)   back {:7.2} ({:5.2}×)", one.title, forward.0, forward.1, back.0, back.1);
        }
    }
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
