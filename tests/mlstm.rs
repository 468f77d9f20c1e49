//! The mLSTM beyond what every cell is held to: its parallel form, its stabiliser at gates that overflow without it, its sizes.

use unrolled::cell::{MLSTM_EPS, Options, Precision, find};
use unrolled::math::rng::Rng;
use unrolled::net::{Config, Gradients, Hold, HoldUnits, Initial, Input, Net, Run, Start, Trace, Upstream};
use unrolled::probe::{MlstmParallel, Stabiliser, mlstm_parallel};

const I: usize = 3;
const H: usize = 8;

fn numbers<T: Precision>(rng: &mut Rng, count: usize, scale: f64) -> Vec<T> {
    (0..count).map(|_| T::of(((2.0 * rng.u() - 1.0) * scale) as f32 as f64)).collect()
}

fn options(layer: &str, heads: usize) -> Options {
    [("layer".into(), layer.into()), ("heads".into(), heads.to_string())].into()
}

/// A network whose gates depend on the input (at the start of training they do not).
fn net<T: Precision>(layer: &str, heads: usize) -> Net<T> {
    let config = Config { options: options(layer, heads), bidirectional: true, ..Config::new("mlstm", I, H) };
    let mut net = Net::<T>::random(config, 3, Start::default()).unwrap();
    let mut rng = Rng::new(8);
    for p in net.parameters().to_vec() {
        if p.name.contains("igate") || p.name.contains("fgate") {
            net.set_parameter(&p.name, &numbers(&mut rng, p.values.len(), 1.5)).unwrap();
        }
    }
    net
}

/// Two examples of different lengths, from empty memories or from others.
fn run<T: Precision>(net: &Net<T>, steps: usize, started: bool) -> Trace<T> {
    let mut rng = Rng::new(4);
    let mut run = Run::new(steps, 2, Input::Values(numbers(&mut rng, steps * 2 * I, 2.0)));
    run.lengths = Some(vec![steps, steps - 9]);
    let (spec, layout) = (net.cell().spec(), net.layout(0));
    if started {
        let initial = |k: usize| Initial { lane: spec.lanes[k].name.into(), values: numbers(&mut rng, 4 * layout.length(k), 0.8) };
        run.initial = spec.carried().map(initial).collect();
    }
    net.run(run).unwrap()
}

fn largest<T: Precision>(values: &[T]) -> f64 {
    values.iter().fold(0.0, |m, v| m.max(v.f64().abs()))
}

fn forms<T: Precision>(layer: &str, heads: usize, started: bool, stabiliser: Stabiliser) -> f64 {
    let trace = run(&net::<T>(layer, heads), 60, started);
    let mut worst = 0.0f64;
    for (direction, b) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
        let MlstmParallel { read, weights, moments, deviation, heads: found } =
            mlstm_parallel(&trace, 0, direction, b, stabiliser).unwrap();
        assert_eq!((moments.len(), found), ([60, 51][b], heads));
        assert!(weights.len() == heads * moments.len() * moments.len() && weights[1] == 0.0 && weights[0] != 0.0);
        worst = worst.max(deviation / largest(&read).max(1.0));
    }
    worst
}

#[test]
fn the_parallel_form_agrees_with_the_steps() {
    for (layer, heads) in [("bare", 1), ("bare", 2), ("bare", 8), ("full", 1), ("full", 4)] {
        for started in [false, true] {
            let (double, single) =
                (forms::<f64>(layer, heads, started, Stabiliser::Recurrent), forms::<f32>(layer, heads, started, Stabiliser::Recurrent));
            println!("{layer} {heads} started {started}: f64 {double:.1e} f32 {single:.1e}");
            assert!(double < 1e-12 && single < 2e-4, "{layer} {heads} {started}: {double:e} {single:e}");
        }
        // Without the initial state among the summands the scale is another, and ε is not scaled along.
        let published = forms::<f64>(layer, heads, false, Stabiliser::Published);
        println!("{layer} {heads} as published: {published:.1e}");
        assert!(published < 1e-5, "{layer} {heads}: {published:e}");
    }
}

#[test]
fn the_parallel_form_sees_a_wrong_step_and_says_what_it_cannot() {
    let net = net::<f64>("bare", 2);
    let mut shifted = run(&net, 60, false).net.clone();
    let name = "q_proj.weight_l0";
    let moved: Vec<f64> = shifted.parameter(name).unwrap().values.iter().map(|w| w + 1e-6).collect();
    shifted.set_parameter(name, &moved).unwrap();
    let read = |net: &Net<f64>| mlstm_parallel(&run(net, 60, false), 0, 0, 0, Stabiliser::Recurrent).unwrap().read;
    let apart = read(&net).iter().zip(read(&shifted)).map(|(x, y)| (x - y).abs()).fold(0.0, f64::max);
    assert!(apart > 1e-9, "{apart:e}");

    let code = |result: unrolled::error::Result<MlstmParallel>| result.map(|_| ()).map_err(|e| e.code.as_str());
    assert_eq!(code(mlstm_parallel(&run(&net, 20, true), 0, 0, 0, Stabiliser::Published)), Err("unsupported"));
    assert_eq!(code(mlstm_parallel(&run(&net, 20, true), 0, 0, 2, Stabiliser::Recurrent)), Err("out-of-range"));
    assert_eq!(code(mlstm_parallel(&run(&net, 20, true), 1, 0, 0, Stabiliser::Recurrent)), Err("out-of-range"));
    let held = |lane: &str| {
        let mut run = Run::new(5, 1, Input::Values(vec![0.5; 5 * I]));
        run.holds.push(Hold { layer: 0, direction: 0, lane: lane.into(), units: HoldUnits::One(1), value: 0.3, from: 1, to: 3 });
        code(mlstm_parallel(&net.run(run).unwrap(), 0, 0, 0, Stabiliser::Recurrent))
    };
    assert_eq!((held("C"), held("f")), (Err("unsupported"), Err("unsupported")));
    assert_eq!((held("log_f"), held("k"), held("h")), (Ok(()), Ok(()), Ok(())));
    let lstm = Net::<f64>::random(Config::new("lstm", 1, 2), 1, Start::default()).unwrap();
    let trace = lstm.run(Run::new(3, 1, Input::Values(vec![0.1; 3]))).unwrap();
    assert_eq!(code(mlstm_parallel(&trace, 0, 0, 0, Stabiliser::Recurrent)), Err("unsupported"));
}

// ---- the stabiliser ----

/// A run and its way back with both gates' biases at these values.
fn gated<T: Precision>(layer: &str, input_gate: f64, forget_gate: f64) -> (Trace<T>, Gradients<T>) {
    let mut net = net::<T>(layer, 2);
    for p in net.parameters().to_vec() {
        let value = if p.name.contains("igate.bias") { input_gate } else { forget_gate };
        if p.name.contains("gate.bias") && !p.name.contains("ogate") {
            net.set_parameter(&p.name, &vec![T::of(value); p.values.len()]).unwrap();
        }
    }
    let trace = run(&net, 30, false);
    let d = numbers(&mut Rng::new(5), trace.output().len(), 1.0);
    let gradients = trace.backward(&Upstream { output: Some(d), ..Upstream::default() }).unwrap();
    (trace, gradients)
}

/// The same up to a share of `size`.
fn compare(what: &str, single: &[f32], double: &[f64], tolerance: f64, size: f64) {
    for (k, (x, y)) in single.iter().zip(double).enumerate() {
        assert!(y.is_finite(), "{what}[{k}]: {y} in f64");
        assert!((f64::from(*x) - y).abs() <= tolerance * size, "{what}[{k}]: {x} in f32, {y} in f64, of up to {size:e}");
    }
}

#[test]
fn no_gate_overflows() {
    for layer in ["bare", "full"] {
        for (i, f) in [(100.0, 100.0), (100.0, -100.0), (-100.0, 100.0), (-100.0, -100.0), (1000.0, -1000.0), (-1000.0, -1000.0)] {
            let what = format!("{layer} {i} {f}");
            let ((single, back_single), (double, back_double)) = (gated::<f32>(layer, i, f), gated::<f64>(layer, i, f));
            compare(&format!("{what} output"), single.output(), double.output(), 2e-3, largest(double.output()).max(1e-6));
            let size = back_double.parameters.iter().map(|p| largest(&p.values)).fold(largest(&back_double.input), f64::max).max(1e-6);
            compare(&format!("{what} ∂input"), &back_single.input, &back_double.input, 2e-3, size);
            for (x, y) in back_single.parameters.iter().zip(&back_double.parameters) {
                compare(&format!("{what} ∂{}", x.name), &x.values, &y.values, 2e-3, size);
            }
            for gradients in [back_single.tape(0, 1).unwrap(), single.tape(0, 1).unwrap()] {
                assert!(gradients.data.iter().all(|v| !v.is_nan()), "{what}: NaN on a tape");
            }
            let quiet = layer == "bare" && i < 0.0;
            assert_eq!(largest(double.output()) < 1e-30, quiet, "{what}: next to nothing is stored where the input gate is shut");
        }
    }
}

/// What the stabiliser may not change: h = Cq / max(|n·q|, 1) with i = e^ĩ and f = σ(f̃), computed without it; but that ε below it
/// is there ε e^m.
#[test]
fn the_stabiliser_changes_nothing() {
    let (trace, _) = gated::<f64>("bare", 2.0, 1.0);
    let (tape, width) = (trace.tape(0, 0).unwrap(), H / 2);
    let lane = |name: &str, t: usize| tape.lane(tape.lane_index(name).unwrap(), t, 0).to_vec();
    let (mut worst, mut without_floor) = (0.0f64, 0.0f64);
    for head in 0..2 {
        let (mut memory, mut normaliser) = (vec![0.0; width * width], vec![0.0; width]);
        for t in 0..30 {
            let part = |name: &str| lane(name, t)[head * width..(head + 1) * width].to_vec();
            let (q, k, v, read) = (part("q"), part("k"), part("v"), part("r"));
            let (keep, write) = (lane("log_f", t)[head].exp(), lane("log_i", t)[head].exp());
            let below = MLSTM_EPS * lane("m", t)[head].exp();
            for a in 0..width {
                let key = k[a] / (width as f64).sqrt();
                normaliser[a] = keep * normaliser[a] + write * key;
                for b in 0..width {
                    memory[a * width + b] = keep * memory[a * width + b] + write * key * v[b];
                }
            }
            let overlap: f64 = q.iter().zip(&normaliser).map(|(q, n)| q * n).sum();
            for b in 0..width {
                let sum: f64 = (0..width).map(|a| q[a] * memory[a * width + b]).sum();
                worst = worst.max((sum / (overlap.abs().max(1.0) + below) - read[b]).abs());
                without_floor = without_floor.max((sum / (overlap.abs() + below) - read[b]).abs());
            }
        }
    }
    assert!(worst < 1e-10, "{worst:e}");
    assert!(without_floor > 1e-2, "the floor of 1 counts somewhere: {without_floor:e}");
}

// ---- sizes and files ----

#[test]
fn sizes_are_those_of_the_reference() {
    let count = |layer: &str, heads: usize, input: usize, hidden: usize| {
        let net = Net::<f32>::zeros(Config { options: options(layer, heads), ..Config::new("mlstm", input, hidden) }).unwrap();
        (net.parameter_count(), net.state_bytes())
    };
    // Twice 16 is rounded up to 64 channels, twice 40 to 128.
    let layer = |e: usize, d: usize, nh: usize| 3 * e * d + 12 * d + 5 * d + 2 * nh * (3 * d + 1) + 2 * d;
    assert_eq!(count("full", 4, 16, 16), (layer(16, 64, 4), 4 * (4 * (16 * 16 + 16 + 1) + 4 * 64)));
    assert_eq!(count("full", 2, 40, 40).0, layer(40, 128, 2));
    assert_eq!(count("bare", 2, 3, 8), (3 * 8 * 3 + 2 * 2 * 4 + 8 * 4, 4 * 2 * (16 + 4 + 1)));
    for (layer, heads, hidden, known) in [("bare", 3, 8, "divides 8"), ("full", 5, 8, "divides 64"), ("bare", 17, 34, "1 to 16")] {
        let refused = Net::<f32>::zeros(Config { options: options(layer, heads), ..Config::new("mlstm", 2, hidden) });
        assert!(refused.err().unwrap().message.contains(known), "{layer} {heads} {hidden}");
    }
}

#[test]
fn files_are_recognised_by_their_shapes() {
    for (layer, heads, conv) in [("bare", 2, 4), ("full", 4, 3)] {
        let mut chosen = options(layer, heads);
        chosen.insert("conv".into(), conv.to_string());
        let net = Net::<f32>::zeros(Config { options: chosen.clone(), ..Config::new("mlstm", 5, 8) }).unwrap();
        let shape = |name: &str| net.parameter(&format!("{name}_l0")).ok().map(|p| p.shape.clone());
        let family = find("mlstm", &Options::new()).unwrap().0;
        let found = family.recognise(&shape).unwrap();
        assert_eq!((found.input, found.hidden), (5, 8));
        assert_eq!(found.options.get("layer").map(String::as_str), Some(layer));
        assert!(found.options.iter().all(|(name, value)| chosen[name] == *value));
        assert_eq!(family.recognise(&|name: &str| shape(name).filter(|_| !name.contains("igate"))), None);
    }
}
