//! Finite differences in f64 over the registry: every cell and variant, stacked and bidirectional, with different lengths,
//! dropout masks, initial states, final-state gradients and interventions.

use unrolled::cell::{all, variants};
use unrolled::math::rng::Rng;
use unrolled::net::*;

const T: usize = 6;
const B: usize = 2;
const I: usize = 3;
const H: usize = 5;

fn numbers(rng: &mut Rng, n: usize) -> Vec<f64> {
    (0..n).map(|_| rng.u() * 2.0 - 1.0).collect()
}

/// Initial values of a lane: what a cell divides by, its normaliser n, is positive.
fn initial(lane: &str, values: Vec<f64>) -> Vec<f64> {
    if lane == "n" { values.iter().map(|v| 1.0 + 0.5 * v).collect() } else { values }
}

struct Case {
    net: Net<f64>,
    run: Run<f64>,
    upstream: Upstream<f64>,
}

fn case(mut config: Config, layers: usize, bidirectional: bool, held: bool) -> Case {
    (config.layers, config.bidirectional, config.head) = (layers, bidirectional, Some(Head { outputs: 2 }));
    let net = Net::<f64>::random(config, 7, Start::default()).unwrap();
    let (d, spec, mut rng) = (net.config().directions(), net.cell().spec(), Rng::new(3));
    let mut run = Run::new(T, B, Input::Values(numbers(&mut rng, T * B * I)));
    run.lengths = Some(vec![6, 4]);
    for k in spec.carried() {
        let values = initial(spec.lanes[k].name, numbers(&mut rng, net.state_length(k, B)));
        run.initial.push(Initial { lane: spec.lanes[k].name.into(), values });
    }
    if layers > 1 {
        run.masks = vec![numbers(&mut rng, T * B * d * H).iter().map(|u| if *u > 0.0 { 2.0 } else { 0.0 }).collect()];
    }
    if held {
        for (k, lane) in spec.lanes.iter().enumerate() {
            let units = HoldUnits::One(if lane.output { 2 } else { 1 }.min(net.layout(0).length(k) - 1));
            run.holds.push(Hold { layer: 0, direction: d - 1, lane: lane.name.into(), units, value: 0.3, from: 1, to: 3 });
        }
    }
    let mut output = numbers(&mut rng, T * B * d * H);
    // What lies past a sequence's end is no part of the loss.
    for t in 4..T {
        output[(t * B + 1) * d * H..(t * B + 2) * d * H].fill(0.0);
    }
    let last = spec.carried().map(|k| (spec.lanes[k].name.to_string(), numbers(&mut rng, net.state_length(k, B)))).collect();
    let upstream = Upstream { output: Some(output), prediction: Some(numbers(&mut rng, T * B * 2)), last };
    Case { net, run, upstream }
}

fn loss(net: &Net<f64>, run: &Run<f64>, upstream: &Upstream<f64>) -> f64 {
    let trace = net.run(run.clone()).unwrap();
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>();
    let mut sum = dot(trace.output(), upstream.output.as_ref().unwrap());
    sum += dot(trace.prediction().unwrap(), upstream.prediction.as_ref().unwrap());
    for (lane, d) in &upstream.last {
        sum += dot(&trace.final_state(lane).unwrap(), d);
    }
    sum
}

/// Some of a tensor's elements: all of a small one.
fn sample(length: usize) -> impl Iterator<Item = usize> {
    (0..length).step_by(1 + length / 40)
}

/// How far a gradient is from a central difference. The difference of two points errs with the third derivative, which a norm of
/// small values makes large; where it does not agree, four points have another say.
fn apart(gradient: f64, at: &dyn Fn(f64) -> f64) -> f64 {
    let difference = |eps: f64| (at(eps) - at(-eps)) / (2.0 * eps);
    let two = (gradient - difference(1e-6)).abs();
    if two < 3e-8 {
        return two;
    }
    two.min((gradient - (4.0 * difference(1e-5) - difference(2e-5)) / 3.0).abs())
}

/// Largest distance of gradient and central difference over a sample of parameters, all inputs and samples of the initial states;
/// with an input's gradient tampered with, over the inputs alone.
fn worst(Case { net, run, upstream }: &Case, tamper: f64) -> f64 {
    let mut g = net.run(run.clone()).unwrap().backward(upstream).unwrap();
    g.input[4] += tamper;
    let mut worst = 0.0f64;
    let (parameters, initial) = if tamper == 0.0 { (net.parameters(), &run.initial[..]) } else { (&[][..], &[][..]) };
    for p in parameters {
        for k in sample(p.values.len()) {
            let at = |e: f64| {
                let (mut net, mut values) = (net.clone(), p.values.clone());
                values[k] += e;
                net.set_parameter(&p.name, &values).unwrap();
                loss(&net, run, upstream)
            };
            worst = worst.max(apart(g.parameter(&p.name).unwrap().values[k], &at));
        }
    }
    let Input::Values(x) = &run.input else { panic!("the cases read numbers") };
    for k in 0..x.len() {
        let at = |e: f64| {
            let (mut run, mut x) = (run.clone(), x.clone());
            x[k] += e;
            run.input = Input::Values(x);
            loss(net, &run, upstream)
        };
        worst = worst.max(apart(g.input[k], &at));
    }
    for (n, initial) in initial.iter().enumerate() {
        let gradient = g.initial(&initial.lane).unwrap();
        for k in sample(initial.values.len()) {
            let at = |e: f64| {
                let mut run = run.clone();
                run.initial[n].values[k] += e;
                loss(net, &run, upstream)
            };
            worst = worst.max(apart(gradient[k], &at));
        }
    }
    worst
}

/// A lane's gradient is what the loss does when that lane alone is moved: held at its own value, plus and minus a little.
fn worst_lane(net: &Net<f64>, run: &Run<f64>, upstream: &Upstream<f64>, tamper: f64) -> f64 {
    const EPS: f64 = 1e-6;
    let trace = net.run(run.clone()).unwrap();
    let gradients = trace.backward(upstream).unwrap();
    let mut worst = 0.0f64;
    for layer in 0..net.config().layers {
        for direction in 0..net.config().directions() {
            let (tape, dtape) = (trace.tape(layer, direction).unwrap(), gradients.tape(layer, direction).unwrap());
            for (k, lane) in net.cell().spec().lanes.iter().enumerate() {
                let other = net.layout(layer).length(k).min(4) - 1;
                for (t, unit) in (0..T).flat_map(|t| [0, other].map(|unit| (t, unit))) {
                    let at = |e: f64| {
                        let (mut run, value) = (run.clone(), tape.lane(k, t, 0)[unit] + e);
                        let units = HoldUnits::One(unit);
                        run.holds.push(Hold { layer, direction, lane: lane.name.into(), units, value, from: t, to: t + 1 });
                        loss(net, &run, upstream)
                    };
                    let slope = (at(EPS) - at(-EPS)) / (2.0 * EPS);
                    worst = worst.max((dtape.lane(k, t, 0)[unit] + tamper - slope).abs());
                }
            }
        }
    }
    worst
}

#[test]
fn every_lane_has_its_exact_gradient() {
    for family in all() {
        for options in variants(*family) {
            let config = Config { options: options.clone(), layers: 2, bidirectional: true, ..Config::new(family.name(), I, H) };
            let net = Net::<f64>::random(Config { head: Some(Head { outputs: 2 }), ..config }, 7, Start::default()).unwrap();
            let (spec, mut rng) = (net.cell().spec(), Rng::new(4));
            let run = Run::new(T, 1, Input::Values(numbers(&mut rng, T * I)));
            let last = spec.carried().map(|k| (spec.lanes[k].name.to_string(), numbers(&mut rng, net.state_length(k, 1)))).collect();
            let output = Some(numbers(&mut rng, T * 2 * H));
            let upstream = Upstream { output, prediction: Some(numbers(&mut rng, T * 2)), last };
            let (worst, tampered) = (worst_lane(&net, &run, &upstream, 0.0), worst_lane(&net, &run, &upstream, 1e-5));
            assert!(worst < 1e-7, "{} {options:?}: {worst}", family.name());
            assert!(tampered > 1e-7, "a wrong gradient must be seen");
        }
    }
}

#[test]
fn without_biases_and_through_an_embedding_and_final_states() {
    for family in all() {
        for (options, bias) in variants(*family).into_iter().flat_map(|options| [(options.clone(), true), (options, false)]) {
            let mut config = Config::new(family.name(), 0, H);
            (config.options, config.bias, config.bidirectional, config.layers) = (options.clone(), bias, true, 2);
            config.embedding = Some(Embedding { vocabulary: 4, width: I });
            (config.head, config.readout) = (Some(Head { outputs: 2 }), Readout::FinalStates);
            let net = Net::<f64>::random(config, 9, Start::default()).unwrap();
            let mut rng = Rng::new(5);
            // Four words for twelve places: some appear more than once, and their gradients add up.
            let mut run = Run::new(T, B, Input::Tokens((0..T * B).map(|_| rng.int(4)).collect()));
            run.lengths = Some(vec![3, 6]);
            let d_prediction = numbers(&mut rng, B * 2);
            let upstream = Upstream { prediction: Some(d_prediction.clone()), ..Upstream::default() };
            let loss = |net: &Net<f64>| {
                let trace = net.run(run.clone()).unwrap();
                trace.prediction().unwrap().iter().zip(&d_prediction).map(|(x, y)| x * y).sum::<f64>()
            };
            let gradients = net.run(run.clone()).unwrap().backward(&upstream).unwrap();
            for p in net.parameters() {
                for k in sample(p.values.len()) {
                    let at = |e: f64| {
                        let (mut net, mut values) = (net.clone(), p.values.clone());
                        values[k] += e;
                        net.set_parameter(&p.name, &values).unwrap();
                        loss(&net)
                    };
                    let slope = (at(1e-6) - at(-1e-6)) / 2e-6;
                    let found = gradients.parameter(&p.name).unwrap().values[k];
                    assert!((found - slope).abs() < 1e-7, "{} {options:?} {}[{k}]: {found} and {slope}", family.name(), p.name);
                }
            }
        }
    }
}

#[test]
fn every_variant_has_exact_gradients() {
    for family in all() {
        for options in variants(*family) {
            for (layers, bidirectional, held) in [(1, false, false), (2, true, false), (2, true, true)] {
                let config = Config { options: options.clone(), ..Config::new(family.name(), I, H) };
                let case = case(config, layers, bidirectional, held);
                let (worst, tampered) = (worst(&case, 0.0), worst(&case, 1e-5));
                println!("{} {options:?} layers {layers} bidirectional {bidirectional} held {held}: {worst:.1e}", family.name());
                assert!(worst < 1e-7, "{worst}");
                assert!(tampered > 1e-7, "a wrong gradient must be seen");
            }
        }
    }
}
