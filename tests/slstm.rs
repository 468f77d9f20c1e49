//! What is the sLSTM's own: the rule of the first step, the stabiliser that changes no output, heads that do not mix, and its
//! Jacobian over (h, c, n, m) against the formulas.

use nalgebra::DMatrix;
use unrolled::cell::Precision;
use unrolled::math::rng::Rng;
use unrolled::net::*;
use unrolled::probe::{State, jacobian};

const I: usize = 3;

fn numbers<T: Precision>(rng: &mut Rng, count: usize, scale: f64) -> Vec<T> {
    (0..count).map(|_| T::of(((2.0 * rng.u() - 1.0) * scale) as f32 as f64)).collect()
}

fn net<T: Precision>(hidden: usize, options: &[(&str, &str)]) -> Net<T> {
    let mut config = Config::new("slstm", I, hidden);
    config.options = options.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
    let mut net = Net::random(config, 5, Start::default()).unwrap();
    // The reference begins without recurrence; here is some.
    let mut rng = Rng::new(6);
    for p in net.parameters().to_vec().iter().filter(|p| p.name.contains("_recurrent_kernel_")) {
        net.set_parameter(&p.name, &numbers(&mut rng, p.values.len(), 0.7)).unwrap();
    }
    net
}

fn input<T: Precision>(steps: usize, batch: usize, scale: f64) -> Run<T> {
    Run::new(steps, batch, Input::Values(numbers(&mut Rng::new(7), steps * batch * I, scale)))
}

fn lane<T: Precision>(trace: &Trace<T>, name: &str, t: usize, b: usize) -> Vec<f64> {
    let tape = trace.tape(0, 0).unwrap();
    tape.lane(tape.lane_index(name).unwrap(), t, b).iter().map(|v| v.f64()).collect()
}

fn apart(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

#[test]
fn the_stabiliser_changes_no_output_until_the_exponentials_overflow() {
    for layer in ["bare", "full"] {
        let run = |stabiliser, scale| net::<f32>(8, &[("stabiliser", stabiliser), ("layer", layer)]).run(input(20, 2, scale)).unwrap();
        let (on, off) = (run("on", 1.0), run("off", 1.0));
        let worst = on.output().iter().zip(off.output()).map(|(a, b)| (a - b).abs()).fold(0.0f32, f32::max);
        assert!(worst < 2e-5, "{layer}: {worst}");
        let moved = |t: usize| lane(&on, "m", t, 0).iter().any(|m| *m != 0.0);
        assert!((0..20).all(moved), "the stabiliser does something");
        let (on, off) = (run("on", 1e3), run("off", 1e3));
        assert!(on.output().iter().all(|h| h.is_finite()), "{layer}");
        assert!(off.output().iter().any(|h| h.is_nan()), "{layer}: what overflows is seen");
        assert!((0..20).any(|t| lane(&off, "i", t, 0).contains(&f64::INFINITY)), "{layer}");
    }
}

/// Whatever m is held at, h stays: cell state and normaliser are measured by the same scale.
#[test]
fn the_hidden_state_does_not_depend_on_the_stabiliser() {
    let (net, mut run) = (net::<f64>(6, &[("heads", "2")]), input(12, 1, 2.0));
    let free = net.run(run.clone()).unwrap();
    run.holds = vec![Hold { layer: 0, direction: 0, lane: "m".into(), units: HoldUnits::All, value: -1.5, from: 3, to: 8 }];
    let held = net.run(run).unwrap();
    for t in 0..12 {
        assert!(apart(&lane(&free, "h", t, 0), &lane(&held, "h", t, 0)) < 1e-13, "{t}");
        if t < 8 {
            assert_eq!(apart(&lane(&free, "c", t, 0), &lane(&held, "c", t, 0)) > 1e-3, t >= 3, "{t}: the cell state does");
        }
    }
}

/// While n is 0 in all units m is what ĩ is; a state with n > 0 takes the larger of both. Each example by itself.
#[test]
fn nothing_is_kept_at_the_first_step() {
    let (net, mut run) = (net::<f64>(4, &[]), input(2, 2, 1.0));
    let m = [vec![50.0; 4], vec![50.0; 4]].concat();
    let n = [vec![0.0; 4], vec![1.0; 4]].concat();
    run.initial = vec![Initial { lane: "m".into(), values: m }, Initial { lane: "n".into(), values: n }];
    let trace = net.run(run).unwrap();
    assert_eq!(lane(&trace, "m", 0, 0), lane(&trace, "ĩ", 0, 0));
    assert_eq!(lane(&trace, "f", 0, 0), [1.0; 4], "not above 1, though what m says of the past is larger");
    assert_eq!(lane(&trace, "i", 0, 0), [1.0; 4]);
    assert_eq!(lane(&trace, "m", 0, 1), lane(&trace, "k", 0, 1), "an example with a past keeps to it");
    assert_eq!(lane(&trace, "n", 0, 0), [1.0; 4]);
}

/// A head sees its own units of h_{t−1} only, and with one unit a head its forget gates start at a number.
#[test]
fn heads_do_not_mix() {
    for layer in ["bare", "full"] {
        let trace = net::<f64>(6, &[("heads", "3"), ("layer", layer)]).run(input(5, 1, 1.0)).unwrap();
        let jacobian = jacobian(&trace, 0, 0, 0, (3, 4), State::Full).unwrap().values;
        // Lanes in the order of the state; the layer's window, of four places a unit, comes first.
        let first = if layer == "bare" { 0 } else { 4 * 6 };
        for (r, c) in (0..24).flat_map(|r| (0..24).map(move |c| (r, c))).filter(|(r, c)| r % 6 / 2 != c % 6 / 2) {
            assert_eq!(jacobian[(first + r, first + c)], 0.0, "{layer}: {r} of {c}");
        }
        let (h, over_h) = if layer == "bare" { (0, 0) } else { (first + 18, first + 18) };
        assert!((0..6).all(|j| jacobian[(h + j, over_h + (j ^ 1))] != 0.0), "{layer}: units of a head do");
        let single = net::<f64>(3, &[("heads", "3"), ("layer", layer)]);
        let bias = single.parameters().iter().find(|p| p.name.ends_with("_bias__l0")).unwrap();
        assert_eq!(bias.values, [0., 0., 0., 5., 5., 5., 0., 0., 0., 0., 0., 0.]);
    }
    let wrong = Config { options: [("heads".to_string(), "4".to_string())].into(), ..Config::new("slstm", I, 6) };
    let error = Net::<f32>::random(wrong, 1, Start::default()).err().unwrap();
    assert!(error.to_string().contains("6 hidden units in 4 heads"), "{error}");
}

/// powerlaw_blockdependent of the reference: from 5 down to −7 within each head, later layers higher for longer.
#[test]
fn forget_gates_start_from_five_down_to_minus_seven() {
    let mut config = Config { layers: 2, ..Config::new("slstm", I, 8) };
    config.options.insert("heads".into(), "2".into());
    let net = Net::<f64>::random(config, 1, Start::default()).unwrap();
    for (layer, exponent) in [(0, 0.3), (1, 1.6)] {
        let bias = &net.parameter(&format!("_bias__l{layer}")).unwrap().values;
        let expected: Vec<f64> = (0..8).map(|j| 5.0 - 12.0 * libm::pow((j % 4) as f64 / 3.0, exponent)).collect();
        assert!(apart(&bias[8..16], &expected) < 1e-6, "layer {layer}");
        assert!(bias[..8].iter().chain(&bias[16..]).all(|b| *b == 0.0));
        assert!(net.parameter(&format!("_recurrent_kernel__l{layer}")).unwrap().values.iter().all(|r| *r == 0.0));
    }
}

/// ∂(h, m, c, n)_t / ∂(h, m, c, n)_{t−1} with everything written out (shared/design/cells.md, section 7), against the backward pass.
#[test]
fn the_jacobian_is_that_of_the_formulas() {
    const H: usize = 6;
    for heads in [1, 2, 3] {
        let (net, steps) = (net::<f64>(H, &[("heads", &heads.to_string())]), 9);
        let trace = net.run(input(steps, 1, 1.5)).unwrap();
        let (kernel, width) = (&net.parameter("_recurrent_kernel__l0").unwrap().values, H / heads);
        // R of one gate as one matrix: blocks of heads.
        let r = |gate: usize| {
            let at = |j: usize, k: usize| kernel[((j / width * 4 + gate) * width + j % width) * width + k % width];
            DMatrix::from_fn(H, H, |j, k| if j / width == k / width { at(j, k) } else { 0.0 })
        };
        let mut new_sets_the_scale = [0, 0];
        for t in 1..steps {
            let of = |name: &str| lane(&trace, name, t, 0);
            let old = |name: &str| lane(&trace, name, t - 1, 0);
            let (i, f, z, o, c, n) = (of("i"), of("f"), of("z"), of("o"), of("c"), of("n"));
            let (c0, n0, raw) = (old("c"), old("n"), of("f̃"));
            let new: Vec<bool> = of("ĩ").iter().zip(of("k")).map(|(i, k)| *i > k).collect();
            let mut expected = DMatrix::<f64>::zeros(4 * H, 4 * H);
            for j in 0..H {
                let (q, slope, k) = (c[j] / n[j], 1.0 / (1.0 + raw[j].exp()), o[j] / n[j]);
                new_sets_the_scale[usize::from(new[j])] += 1;
                // Each derivative as a row over (h, m, c, n).
                let row = |over_h: [f64; 4], m: f64, c: f64, n: f64| {
                    let mut row = DMatrix::<f64>::zeros(1, 4 * H);
                    for (gate, factor) in over_h.into_iter().enumerate() {
                        let matrix = r(gate);
                        (0..H).for_each(|l| row[l] += factor * matrix[(j, l)]);
                    }
                    (row[H + j], row[2 * H + j], row[3 * H + j]) = (m, c, n);
                    row
                };
                let raw_i = row([1.0, 0.0, 0.0, 0.0], 0.0, 0.0, 0.0);
                let kept = row([0.0, slope, 0.0, 0.0], 1.0, 0.0, 0.0);
                let a = f64::from(new[j]);
                let di = (&raw_i - &kept) * ((1.0 - a) * i[j]);
                let df = (&kept - &raw_i) * (a * f[j]);
                let dz = row([0.0, 0.0, 1.0 - z[j] * z[j], 0.0], 0.0, 0.0, 0.0);
                let d_o = row([0.0, 0.0, 0.0, o[j] * (1.0 - o[j])], 0.0, 0.0, 0.0);
                let dc = row([0.0; 4], 0.0, f[j], 0.0) + &df * c0[j] + &di * z[j] + dz * i[j];
                let dn = row([0.0; 4], 0.0, 0.0, f[j]) + &df * n0[j] + &di;
                let dm = &raw_i * a + &kept * (1.0 - a);
                let dh = &d_o * q + (&dc - &dn * q) * k;
                // The same h by the formula that needs no m: what of it concerns the scale cancels.
                let spread = c0[j] - q * n0[j];
                let direct = row(
                    [k * i[j] * (z[j] - q), k * f[j] * slope * spread, k * i[j] * (1.0 - z[j] * z[j]), o[j] * (1.0 - o[j]) * q],
                    k * f[j] * spread,
                    k * f[j],
                    -k * f[j] * q,
                );
                assert!((&dh - &direct).amax() < 1e-13, "both forms of ∂h agree");
                for (block, d) in [dh, dm, dc, dn].into_iter().enumerate() {
                    expected.row_mut(block * H + j).copy_from(&d.row(0));
                }
            }
            let found = jacobian(&trace, 0, 0, 0, (t, t + 1), State::Full).unwrap().values;
            assert!((&found - &expected).amax() < 1e-13, "heads {heads}, step {t}: {:e}", (&found - &expected).amax());
            let mut wrong = expected;
            wrong[(0, 1)] += 1e-9;
            assert!((found - wrong).amax() > 1e-10, "a wrong formula must be seen");
        }
        assert!(new_sets_the_scale.iter().all(|count| *count > 0), "old and new both set the scale: {new_sets_the_scale:?}");
    }
}

/// The layer feeds i from the tensor that its reference calls fgate, and f from igate.
#[test]
fn the_reference_names_two_gates_the_other_way_round() {
    let base = net::<f64>(4, &[("layer", "full"), ("heads", "2")]);
    for (tensor, moved, unmoved) in [("fgate.weight_l0", "ĩ", "f̃"), ("igate.weight_l0", "f̃", "ĩ")] {
        let mut other = base.clone();
        let shifted: Vec<f64> = base.parameter(tensor).unwrap().values.iter().map(|w| w + 0.5).collect();
        other.set_parameter(tensor, &shifted).unwrap();
        let (one, two) = (base.run(input(1, 1, 1.0)).unwrap(), other.run(input(1, 1, 1.0)).unwrap());
        assert!(apart(&lane(&one, moved, 0, 0), &lane(&two, moved, 0, 0)) > 1e-3, "{tensor}");
        assert_eq!(lane(&one, unmoved, 0, 0), lane(&two, unmoved, 0, 0), "{tensor}");
    }
}

/// Shapes tell the family, its widths and its options; those of the CUDA backend, which are ordered otherwise, are not taken for it.
#[test]
fn shapes_are_recognised() {
    let family = unrolled::cell::find("slstm", &Default::default()).unwrap().0;
    for (layer, input, heads, conv) in [("bare", 3, "2", "4"), ("full", 3, "4", "2"), ("full", 8, "1", "3")] {
        let mut config = Config::new("slstm", input, 8);
        let given = [("layer", layer), ("heads", heads), ("conv", conv)];
        config.options = given.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
        let net = Net::<f32>::zeros(config).unwrap();
        let shape = |name: &str| net.parameter(&parameter_name(name, 0, 0)).ok().map(|p| p.shape.clone());
        let found = family.recognise(&shape).unwrap();
        assert_eq!((found.input, found.hidden), (input, 8));
        assert_eq!((found.options["layer"].as_str(), found.options["heads"].as_str()), (layer, heads));
        assert!(layer == "bare" || found.options["conv"] == conv);
        let of_cuda = |name: &str| shape(name).map(|s| if name.contains("kernel") { vec![s[0], s[2], s[1]] } else { s });
        assert!(family.recognise(&of_cuda).is_none());
    }
}

/// What the exponential gate is for (Beck et al. 2024, figure 2): one unit whose ĩ grows with a score holds the value that came with
/// the highest score so far, whichever that was and however long ago. A sigmoid that grows with the score, with f = 1 − i to make
/// room, can only lay down beforehand from which score on it replaces: it has no measure of what it holds.
#[test]
fn one_unit_holds_the_value_of_the_highest_score() {
    use unrolled::task::{Batch, Data, Options, Part, Value, make};
    const STEPS: usize = 64;
    const EXAMPLES: usize = 200;
    let task = make("nearest", &Options::from([("length".to_string(), Value::Number(STEPS as f64))]), &Data::default()).unwrap();
    let mut batch = Batch::default();
    task.fill(Part::Valid, &(0..EXAMPLES as u64).collect::<Vec<_>>(), &mut batch).unwrap();
    let config = |cell| Config { head: Some(Head { outputs: 1 }), ..Config::new(cell, 3, 1) };
    // z = tanh((value − 1/2)/10), so nearly linear; the answer is 10 h + 1/2.
    let error = |mut net: Net<f64>, set: &[(&str, Vec<f64>)]| {
        set.iter().for_each(|(name, values)| net.set_parameter(name, values).unwrap());
        net.set_parameter("head.weight", &[10.0]).unwrap();
        net.set_parameter("head.bias", &[0.5]).unwrap();
        let read = batch.numbers.iter().map(|x| f64::from(*x)).collect();
        let trace = net.run(Run::new(STEPS, EXAMPLES, Input::Values(read))).unwrap();
        let errors = trace.prediction().unwrap().iter().zip(&batch.targets).map(|(y, target)| (y - f64::from(*target)).powi(2));
        errors.sum::<f64>() / (STEPS * EXAMPLES) as f64
    };
    let open = 30.0;
    let exponential = |steep: f64| {
        let weights = vec![steep, 0., 0., 0., 0., 0., 0., 0., 0.1, 0., 0., 0.];
        error(Net::zeros(config("slstm")).unwrap(), &[("weight_ih_l0", weights), ("_bias__l0", vec![0.0, open, -0.05, open])])
    };
    // i = σ(steep·(score − threshold)) lets in what has a high score, and f = 1 − i makes room for it.
    let sigmoid = |steep: f64, threshold: f64| {
        let weights = vec![steep, 0., 0., -steep, 0., 0., 0., 0., 0.1, 0., 0., 0.];
        let bias = vec![-steep * threshold, steep * threshold, -0.05, open];
        error(Net::zeros(config("lstm")).unwrap(), &[("weight_ih_l0", weights), ("bias_ih_l0", bias)])
    };
    let errors = [3.0, 30.0, 300.0, 3000.0].map(exponential);
    assert!(errors.windows(2).all(|pair| pair[1] < pair[0] / 2.0), "the steeper, the better: {errors:?}");
    assert!(errors[2] < 4e-3 && errors[3] < 4e-4, "{errors:?}");
    let steeps = [3.0, 10.0, 30.0, 100.0, 1000.0];
    let best = steeps.iter().flat_map(|s| (0..50).map(|k| sigmoid(*s, 0.5 + 0.01 * f64::from(k)))).fold(f64::INFINITY, f64::min);
    println!("exponential {errors:?}, sigmoid at its best {best}");
    assert!(best > 0.02, "the best of 250 sigmoid gates: {best}");
}
