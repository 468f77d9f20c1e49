//! Mamba's two forms: step by step with a register and states, as it runs here; and the whole sequence at once, with a convolution
//! over time and a scan of log T rounds. Written down separately, from the parameters alone.

use unrolled::cell::Options;
use unrolled::math::rng::Rng;
use unrolled::net::{Config, Initial, Input, Net, Run, Start};

const I: usize = 3;

fn numbers(rng: &mut Rng, count: usize) -> Vec<f64> {
    (0..count).map(|_| rng.u() * 2.0 - 1.0).collect()
}

fn silu(x: f64) -> f64 {
    x / (1.0 + (-x).exp())
}

/// W x of a row-major matrix.
fn times(w: &[f64], x: &[f64]) -> Vec<f64> {
    w.chunks_exact(x.len()).map(|row| row.iter().zip(x).map(|(w, x)| w * x).sum()).collect()
}

/// s_t = a_t s_{t−1} + b_t for all t: in round k every place takes over what stands 2^k places before it. Returns the number of rounds.
fn scan(terms: &mut [(f64, f64)]) -> usize {
    let (mut distance, mut rounds) = (1, 0);
    while distance < terms.len() {
        for t in (distance..terms.len()).rev() {
            let ((a0, b0), (a1, b1)) = (terms[t - distance], terms[t]);
            terms[t] = (a0 * a1, a1 * b0 + b1);
        }
        (distance, rounds) = (2 * distance, rounds + 1);
    }
    rounds
}

/// What a whole sequence gives: outputs (T×H), the register and the states after it.
struct Whole {
    output: Vec<f64>,
    window: Vec<f64>,
    s: Vec<f64>,
}

/// The whole sequence at once: `window` (E×K) and `s` (E×N) are what came before it.
fn whole(net: &Net<f64>, x: &[f64], window: &[f64], s: &[f64], bend: f64) -> Whole {
    let of = |name: &str| &net.parameter(&format!("{name}_l0")).unwrap().values;
    let layout = net.layout(0);
    let (steps, taps) = (x.len() / I, layout.extents(0)[1]);
    let (inner, states) = (layout.extents(7)[0], layout.extents(7)[1]);
    let rank = layout.length(2);
    let (mut entering, mut gates) = (vec![], vec![]);
    for x in x.chunks_exact(I) {
        let both = times(of("in_proj.weight"), x);
        entering.push(both[..inner].to_vec());
        gates.push(both[inner..].to_vec());
    }
    // The convolution over time, padded on the left by what the register holds: its oldest place is not needed.
    let padded = |e: usize, t: isize| if t < 0 { window[e * taps + (taps as isize + t) as usize] } else { entering[t as usize][e] };
    let (weight, bias) = (of("conv1d.weight"), of("conv1d.bias"));
    let u: Vec<Vec<f64>> = (0..steps)
        .map(|t| {
            let tap = |e: usize, k: usize| weight[e * taps + k] * padded(e, t as isize + k as isize + 1 - taps as isize);
            (0..inner).map(|e| silu(bias[e] + (0..taps).map(|k| tap(e, k)).sum::<f64>())).collect()
        })
        .collect();
    let selected: Vec<Vec<f64>> = u.iter().map(|u| times(of("x_proj.weight"), u)).collect();
    let delta: Vec<Vec<f64>> = selected
        .iter()
        .map(|selected| times(of("dt_proj.weight"), &selected[..rank]))
        .map(|d| d.iter().zip(of("dt_proj.bias")).map(|(d, bias)| (d + bias).exp().ln_1p() + bend).collect())
        .collect();
    let mut read = vec![vec![0.0; inner]; steps];
    let mut last = vec![0.0; inner * states];
    for e in 0..inner {
        for n in 0..states {
            let a = -of("A_log")[e * states + n].exp();
            let term = |t: usize| ((delta[t][e] * a).exp(), delta[t][e] * selected[t][rank + n] * u[t][e]);
            let mut terms: Vec<(f64, f64)> = (0..steps).map(term).collect();
            let rounds = scan(&mut terms);
            assert!(1 << rounds >= steps && (rounds == 0 || 1 << (rounds - 1) < steps), "log T rounds");
            for (t, (kept, new)) in terms.iter().enumerate() {
                last[e * states + n] = kept * s[e * states + n] + new;
                read[t][e] += selected[t][rank + states + n] * last[e * states + n];
            }
        }
    }
    let mut output = vec![];
    for t in 0..steps {
        let y = |e: usize| (read[t][e] + of("D")[e] * u[t][e]) * silu(gates[t][e]);
        output.extend(times(of("out_proj.weight"), &(0..inner).map(y).collect::<Vec<_>>()));
    }
    let register = (0..inner).flat_map(|e| (0..taps).map(move |k| (e, steps as isize + k as isize - taps as isize)));
    Whole { output, window: register.map(|(e, t)| padded(e, t)).collect(), s: last }
}

fn apart(left: &[f64], right: &[f64]) -> f64 {
    assert_eq!(left.len(), right.len());
    left.iter().zip(right).map(|(x, y)| (x - y).abs()).fold(0.0, f64::max)
}

#[test]
fn steps_with_caches_are_the_whole_sequence_at_once() {
    for (hidden, sizes) in [(5, ["8", "4", "2"]), (17, ["3", "1", "1"]), (2, ["1", "8", "4"]), (4, ["5", "2", "3"])] {
        let options: Options = ["state", "conv", "expand"].map(String::from).into_iter().zip(sizes.map(String::from)).collect();
        let net = Net::<f64>::random(Config { options, ..Config::new("mamba", I, hidden) }, 3, Start::default()).unwrap();
        let (mut rng, spec) = (Rng::new(8), net.cell().spec());
        let (window, s) = (spec.lane("window").unwrap(), spec.lane("s").unwrap());
        let (before, states) = (numbers(&mut rng, net.state_length(window, 1)), numbers(&mut rng, net.state_length(s, 1)));
        for steps in [1, 2, 3, 33] {
            let x = numbers(&mut rng, steps * I);
            let mut run = Run::new(steps, 1, Input::Values(x.clone()));
            for (lane, values) in [("window", &before), ("s", &states)] {
                run.initial.push(Initial { lane: lane.into(), values: values.clone() });
            }
            let trace = net.run(run).unwrap();
            let all = whole(&net, &x, &before, &states, 0.0);
            let worst = apart(trace.output(), &all.output)
                .max(apart(&trace.final_state("window").unwrap(), &all.window))
                .max(apart(&trace.final_state("s").unwrap(), &all.s));
            assert!(worst < 1e-14, "{sizes:?}, {steps} steps: {worst:e}");
            let bent = whole(&net, &x, &before, &states, 1e-6);
            assert!(apart(trace.output(), &bent.output) > 1e-12, "another Δ is seen");
            // Two halves, the second after what the first left, are the whole.
            let half = steps / 2;
            if half > 0 {
                let first = whole(&net, &x[..half * I], &before, &states, 0.0);
                let second = whole(&net, &x[half * I..], &first.window, &first.s, 0.0);
                assert!(apart(&[first.output, second.output].concat(), trace.output()) < 1e-14, "{sizes:?}");
            }
        }
    }
}

/// A step is what its Δ says: where Δ is 0 the states stay and nothing is written; where it is large they are forgotten.
#[test]
fn delta_is_how_much_is_let_in_and_forgotten() {
    use unrolled::net::{Hold, HoldUnits};
    let net = Net::<f64>::random(Config::new("mamba", I, 4), 3, Start::default()).unwrap();
    let run = |value: f64| {
        let mut run = Run::new(6, 1, Input::Values(numbers(&mut Rng::new(2), 6 * I)));
        run.holds.push(Hold { layer: 0, direction: 0, lane: "delta".into(), units: HoldUnits::All, value, from: 3, to: 4 });
        let trace = net.run(run).unwrap();
        let lane = |name: &str, t: usize| trace.tape(0, 0).unwrap().lane(trace.net.cell().spec().lane(name).unwrap(), t, 0).to_vec();
        let (u, into) = (lane("u", 3), lane("B", 3));
        let written: Vec<f64> = u.iter().flat_map(|u| into.iter().map(move |b| value * u * b)).collect();
        (lane("s", 2), lane("s", 3), written)
    };
    let (before, after, _) = run(0.0);
    assert_eq!(before, after);
    let (before, after, written) = run(50.0);
    assert!(apart(&after, &written) < 1e-15 && apart(&before, &after) > 0.1, "A is −1 or less: of the past at most e^−50 is left");
}
