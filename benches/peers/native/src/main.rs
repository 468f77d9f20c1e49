//! Our native training step beside candle, burn and PyTorch: the same weights and batches, results compared, then rounds in
//! turn, one thread each; ratios are the other's time over ours in the same round.
//!
//!     cargo run --release --manifest-path benches/peers/native/Cargo.toml [-- part of a name …]

mod ours;
mod torch;

use std::time::Instant;

use ours::{COMPARED, ours};
use torch::Torch;
use unrolled_native_peers::{Cell, Contestant, Workload};

const ROUNDS: usize = 9;
/// Milliseconds of one's turn in a round.
const TURN: f64 = 150.0;
/// Most that results may be apart, over the largest number in them.
const TOLERANCE: f64 = 1e-3;

/// Who runs beside ours, with its target by cell and hidden size.
enum Peer {
    Here(Box<dyn Contestant>),
    Torch(Torch),
}

impl Peer {
    fn contestant(&mut self) -> &mut dyn Contestant {
        match self {
            Peer::Here(one) => one.as_mut(),
            Peer::Torch(torch) => torch,
        }
    }

    fn time(&mut self, runs: usize) -> Result<f64, String> {
        match self {
            Peer::Torch(torch) => torch.time(runs),
            Peer::Here(one) => time(one.as_mut(), runs),
        }
    }

    /// performance.md states targets against native PyTorch only: candle and burn are to be beaten in wasm.
    fn target(&self, w: &Workload) -> Option<f64> {
        match (self, w.cell, w.hidden) {
            (Peer::Here(_), ..) => None,
            (Peer::Torch(_), Cell::Lstm, 64) => Some(0.6),
            (Peer::Torch(_), Cell::Lstm, _) => Some(0.5),
            (Peer::Torch(_), ..) => Some(1.0),
        }
    }
}

fn time(one: &mut dyn Contestant, runs: usize) -> Result<f64, String> {
    let start = Instant::now();
    for _ in 0..runs {
        one.update()?;
    }
    Ok(start.elapsed().as_secs_f64() * 1e3)
}

/// Runs that fill a turn; warms up on the way.
fn fitted(mut time: impl FnMut(usize) -> Result<f64, String>) -> Result<usize, String> {
    let (mut runs, mut spent) = (1, 0.0);
    loop {
        let took = time(runs)?;
        spent += took;
        if took >= TURN && spent > 3.0 * TURN {
            return Ok(((runs as f64 * TURN / took) as usize).max(1));
        }
        runs = if took < TURN { (2 * runs).min((runs as f64 * TURN / took.max(0.01)).ceil() as usize).max(runs) } else { runs };
    }
}

/// `share` of the values lie below.
fn quantile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let place = share * (sorted.len() - 1) as f64;
    let (low, high) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
    low + (high - low) * place.fract()
}

fn peers() -> Vec<Peer> {
    let mut all = vec![];
    match Torch::start() {
        Ok(torch) => all.push(Peer::Torch(torch)),
        Err(error) => println!("without PyTorch: {error}"),
    }
    #[cfg(feature = "candle")]
    all.push(Peer::Here(Box::new(unrolled_native_peers::in_candle::Candle::default())));
    #[cfg(feature = "burn")]
    all.push(Peer::Here(Box::new(unrolled_native_peers::in_burn::Burn::default())));
    all
}

fn measure(w: Workload, peers: &mut [Peer]) -> Result<(), String> {
    let name = format!("{} {}→{} ×{}, T = {}, B = {}", w.cell.name(), w.input, w.hidden, w.layers, w.steps, w.batch);
    let mut own = ours(&w)?;
    let (material, expected) = own.material(&w)?;
    let mut taking = vec![];
    for peer in peers {
        let title = peer.contestant().name();
        peer.contestant().prepare(w, &material)?;
        let mut answers = vec![];
        for _ in 0..COMPARED {
            let (loss, norm) = peer.contestant().update()?;
            answers.extend([loss, norm]);
        }
        let scale = expected.iter().fold(0.0, |most: f64, v| most.max(v.abs()));
        let apart = expected.iter().zip(&answers).fold(0.0, |most: f64, (a, b)| most.max((a - b).abs())) / scale;
        if apart.is_nan() || apart > TOLERANCE {
            println!("{name} | {title} | computes something else (apart by {apart:.1e}): not timed");
            continue;
        }
        let runs = fitted(|n| peer.time(n))?;
        taking.push((peer, title, apart, runs, vec![]));
    }
    let runs = fitted(|n| time(&mut own, n))?;
    let mut times = vec![];
    for _ in 0..ROUNDS {
        times.push(time(&mut own, runs)? / runs as f64);
        for (peer, _, _, runs, times) in &mut taking {
            times.push(peer.time(*runs)? / *runs as f64);
        }
    }
    for (peer, title, apart, _, theirs) in &taking {
        let ratios: Vec<f64> = theirs.iter().zip(&times).map(|(theirs, ours)| theirs / ours).collect();
        let [low, median, high] = [0.05, 0.5, 0.95].map(|share| quantile(&ratios, share));
        let (a, b) = (quantile(&times, 0.5), quantile(theirs, 0.5));
        let target = peer.target(&w).map_or("–".into(), |t| format!("{t}: {}", if median >= t { "met" } else { "missed" }));
        println!("{name} | {title} | {a:.2} ms | {b:.2} ms | {median:.2} | {low:.2} – {high:.2} | {apart:.0e} | {target}");
    }
    Ok(())
}

fn main() -> Result<(), String> {
    // Libraries read this once, when they first compute.
    if std::env::var_os("RAYON_NUM_THREADS").is_none() {
        let own = std::env::current_exe().map_err(|e| e.to_string())?;
        let status = std::process::Command::new(own).args(std::env::args().skip(1)).env("RAYON_NUM_THREADS", "1").status();
        return status.map_err(|e| e.to_string()).and_then(|s| if s.success() { Ok(()) } else { Err(s.to_string()) });
    }
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let mut peers = peers();
    println!("training step | peer | ours | theirs | ratio | 5 – 95 % of rounds | results apart | target");
    for (hidden, layers, steps) in [(64, 1, 100), (128, 2, 168)] {
        for cell in [Cell::Lstm, Cell::Gru, Cell::Rnn] {
            let tag = format!("{}-{hidden}x{layers}", cell.name());
            if wanted.is_empty() || wanted.iter().any(|word| tag.contains(word.as_str())) {
                measure(Workload { cell, input: 2, hidden, layers, steps, batch: 32, learning_rate: 1e-3, clip: 1.0 }, &mut peers)?;
            }
        }
    }
    Ok(())
}
