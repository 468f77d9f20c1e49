//! What is particular to S4D: its run is a convolution, its modes cannot grow, and its state has an even size.

use unrolled::cell::{Cell, all, find, variants};
use unrolled::math::rng::Rng;
use unrolled::net::{Config, Initial, Input, Net, Run, Start, Upstream};
use unrolled::plot;
use unrolled::probe::{State, StepJacobians, kernel};

const T: usize = 60;
const H: usize = 5;

fn s4d(init: &str, discretisation: &str, layer: &str, state: usize) -> Config {
    let options = [("init", init), ("discretisation", discretisation), ("layer", layer), ("state", &state.to_string())];
    Config { options: options.map(|(name, value)| (name.into(), value.into())).into(), ..Config::new("s4d", 3, H) }
}

fn every() -> Vec<Config> {
    let options = all().iter().filter(|f| f.name() == "s4d").flat_map(|f| variants(*f));
    options.map(|options| Config { options, ..Config::new("s4d", 3, H) }).collect()
}

fn numbers(rng: &mut Rng, count: usize) -> Vec<f64> {
    (0..count).map(|_| 2.0 * rng.u() - 1.0).collect()
}

/// Largest deviation of y from the convolution of u with the kernel of `other`, relative to the largest y.
fn deviation(net: &Net<f64>, other: &Net<f64>) -> f64 {
    let input = Input::Values(numbers(&mut Rng::new(3), T * 3));
    let trace = net.run(Run::new(T, 1, input)).unwrap();
    let (mut worst, mut largest) = (0.0f64, 0.0f64);
    for direction in 0..net.config().directions() {
        let tape = trace.tape(0, direction).unwrap();
        let (k, suffix) = (kernel(other, 0, direction, T).unwrap(), if direction == 1 { "_reverse" } else { "" });
        let skip = &other.parameter(&format!("D_l0{suffix}")).unwrap().values;
        let lane = |name: &str, t: usize, j: usize| tape.lane(tape.lane_index(name).unwrap(), t, 0)[j];
        let order = trace.moments(direction, 0);
        for (n, t) in order.iter().enumerate() {
            for j in 0..H {
                let sum: f64 = (0..=n).map(|lag| k[j * T + lag] * lane("u", order[n - lag], j)).sum();
                let y = lane("y", *t, j);
                worst = worst.max((sum + skip[j] * lane("u", *t, j) - y).abs());
                largest = largest.max(y.abs());
            }
        }
    }
    worst / largest
}

#[test]
fn the_run_is_a_convolution() {
    for config in every() {
        let net = Net::<f64>::random(Config { bidirectional: true, ..config }, 7, Start::default()).unwrap();
        let found = deviation(&net, &net);
        assert!(found < 1e-13, "{:?}: {found:e}", net.config().options);
        let mut other = net.clone();
        let mut longer = net.parameter("kernel.log_dt_l0").unwrap().values.clone();
        longer[2] += 1e-6;
        other.set_parameter("kernel.log_dt_l0", &longer).unwrap();
        assert!(deviation(&net, &other) > 1e-9, "a wrong kernel must be seen");
    }
}

/// The kernel of an f32 network is that of its parameters, which f64 has exactly.
#[test]
fn the_kernel_is_worked_out_in_f64() {
    for config in every() {
        let single = Net::<f32>::random(config, 7, Start::default()).unwrap();
        assert_eq!(kernel(&single, 0, 0, 9).unwrap(), kernel(&single.cast::<f64>().unwrap(), 0, 0, 9).unwrap());
    }
    let net = Net::<f32>::random(s4d("lin", "zoh", "bare", 4), 7, Start::default()).unwrap();
    assert!(kernel(&net, 0, 0, 0).unwrap().is_empty());
    assert_eq!(kernel(&net, 1, 0, 9).unwrap_err().code.as_str(), "out-of-range");
    assert_eq!(kernel(&net, 0, 1, 9).unwrap_err().code.as_str(), "out-of-range");
}

#[test]
fn who_has_a_kernel_has_its_plot() {
    for family in all() {
        for options in variants(*family) {
            let net = Net::<f32>::random(Config { options, ..Config::new(family.name(), 3, 8) }, 1, Start::default()).unwrap();
            let named = plot::of_cell(family.name()).iter().any(|spec| spec.name == "ssm-kernel");
            assert_eq!(kernel(&net, 0, 0, 5).is_ok(), named, "{}", family.name());
        }
    }
    assert!(!plot::all().iter().any(|spec| spec.name == "ssm-kernel"));
    assert_eq!(plot::find("ssm-kernel").unwrap().name, "ssm-kernel");
}

/// The kernel's figure says of it what it is.
#[test]
fn the_figure_shows_the_kernel() {
    let scene = plot::Scene { steps: 6, ..plot::Scene::default() };
    let values = [1.0, 0.5, 0.25, 0.125, 0.0625, 0.03125, 0.0, -2.0, 1e-3, 1e-3, 1e-3, 1e-3];
    let figure = plot::ssm_kernel::build(&scene, 2, &values, None).unwrap();
    assert_eq!(
        figure.summary,
        "Unit 1: the kernel is largest at lag 1 (−2.0) and stays under 1 % of that after 2 steps. Units that keep more than that to the end: 1 of 2."
    );
    let figure = plot::ssm_kernel::build(&scene, 2, &values, Some(0)).unwrap();
    assert!(figure.summary.contains("has not fallen under 1 % of that for good within 6 steps"), "{}", figure.summary);
    assert_eq!(figure.series(plot::palette::Theme::Light)[0].1, &values[..6]);
    let [plot::Panel::Chart(_), plot::Panel::Heatmap(map)] = &figure.panels[..] else { panic!("two panels") };
    assert!((0..12).all(|k| map.value(k / 6, k % 6) == values[k]));
    assert!(figure.csv().starts_with("step,label,Kₗ of unit 0,Kₗ unit 0,Kₗ unit 1\n1,0,1,1,0\n2,1,0.5,0.5,-2\n"), "{}", figure.csv());
    assert!(figure.svg(&plot::Layout::default()).unwrap().contains("lag l, in steps"));
    let one = plot::ssm_kernel::build(&plot::Scene { steps: 3, ..scene }, 1, &[1.0, 0.1, 0.001], None).unwrap();
    assert_eq!(one.summary, "Unit 0: the kernel is largest at lag 0 (1.0) and stays under 1 % of that after 2 steps.");
    for (units, steps, values) in [(0, 0, &[][..]), (1, 0, &[]), (1, 2, &[f64::NAN, f64::INFINITY]), (1, 1, &[0.0])] {
        let figure = plot::ssm_kernel::build(&plot::Scene { steps, ..scene }, units, values, Some(9)).unwrap();
        assert!(!figure.svg(&plot::Layout::default()).unwrap().contains("NaN"));
    }
}

/// One step stretches a state by the largest |Ā|: with zero-order hold that is e^(−Δ exp(log_A_real)).
#[test]
fn the_jacobian_is_that_of_the_modes() {
    for config in every() {
        let hold = config.options["discretisation"] == "zoh";
        let net = Net::<f64>::random(config, 7, Start::default()).unwrap();
        let trace = net.run(Run::new(3, 1, Input::Values(numbers(&mut Rng::new(3), 9)))).unwrap();
        let mut steps = StepJacobians::new(&trace, 0, 0, 0).unwrap();
        while steps.advance(&trace).unwrap() {}
        assert_eq!(State::Output.rows(&trace, 0).len(), 2 * H * 8);
        let (dt, decay) = (&net.parameter("kernel.log_dt_l0").unwrap().values, &net.parameter("kernel.log_A_real_l0").unwrap().values);
        let largest = decay.iter().enumerate().map(|(k, a)| (-dt[k / 8].exp() * a.exp()).exp()).fold(0.0, f64::max);
        for norm in steps.norms() {
            assert!(*norm < 1.0 && (!hold || (norm - largest).abs() < 1e-9), "{norm} and {largest}");
        }
    }
}

/// A pole at nothing holds what came in for ever: B̄ is Δ then, and every gradient a number.
#[test]
fn a_mode_without_decay_sums_its_inputs() {
    for discretisation in ["zoh", "bilinear"] {
        let mut net = Net::<f64>::random(s4d("lin", discretisation, "bare", 2), 7, Start::default()).unwrap();
        net.set_parameter("kernel.log_A_real_l0", &[f64::NEG_INFINITY; H]).unwrap();
        net.set_parameter("kernel.A_imag_l0", &[0.0; H]).unwrap();
        let mut run = Run::new(4, 1, Input::Values(numbers(&mut Rng::new(3), 12)));
        run.initial = vec![Initial { lane: "x_re".into(), values: vec![0.5; H] }];
        let trace = net.run(run).unwrap();
        let tape = trace.tape(0, 0).unwrap();
        let dt = &net.parameter("kernel.log_dt_l0").unwrap().values;
        for (j, dt) in dt.iter().enumerate() {
            let sum: f64 = (0..4).map(|t| tape.lane(0, t, 0)[j]).sum();
            assert!((tape.lane(1, 3, 0)[j] - 0.5 - dt.exp() * sum).abs() < 1e-15);
        }
        let back = trace.backward(&Upstream { output: Some(vec![1.0; 4 * H]), ..Upstream::default() }).unwrap();
        assert!(back.parameters.iter().all(|p| p.values.iter().all(|d| d.is_finite())));
        assert!(back.parameter("kernel.A_imag_l0").unwrap().values.iter().any(|d| *d != 0.0));
    }
}

/// The starts of the paper, each value as f32 has it.
#[test]
fn modes_start_as_in_the_paper() {
    let of = |init: &str, name: &str| {
        let net = Net::<f64>::random(s4d(init, "zoh", "bare", 8), 7, Start::default()).unwrap();
        net.parameter(&format!("{name}_l0")).unwrap().values.clone()
    };
    let near =
        |found: &[f64], expected: &[f64]| found.iter().zip(expected.iter().cycle()).all(|(x, y)| (x - y).abs() < 1e-6 * (1.0 + y.abs()));
    let pi = std::f64::consts::PI;
    for init in ["lin", "inv"] {
        assert!(near(&of(init, "kernel.log_A_real"), &[0.5f64.ln()]));
    }
    assert!(near(&of("lin", "kernel.A_imag"), &[0.0, pi, 2.0 * pi, 3.0 * pi]));
    assert!(near(&of("inv", "kernel.A_imag"), &[56.0 / pi, 8.0 / pi * (8.0 / 3.0 - 1.0), 8.0 / pi * 0.6, 8.0 / pi / 7.0]));
    assert!(near(&of("real", "kernel.log_A_real"), &[0.0, 2.0f64.ln(), 3.0f64.ln(), 4.0f64.ln()]));
    assert_eq!(of("real", "kernel.A_imag"), [0.0; 20]);
    let mut config = s4d("lin", "zoh", "bare", 2);
    config.hidden = 2000;
    let net = Net::<f64>::random(config, 7, Start::default()).unwrap();
    let values = |name: &str| &net.parameter(&format!("{name}_l0")).unwrap().values;
    let mean = |v: &[f64]| v.iter().sum::<f64>() / v.len() as f64;
    let variance = |v: &[f64]| v.iter().map(|x| x * x).sum::<f64>() / v.len() as f64 - mean(v) * mean(v);
    assert!((variance(values("D")) - 1.0).abs() < 0.1 && (variance(values("kernel.C")) - 0.5).abs() < 0.05);
    assert!(values("kernel.log_dt").iter().all(|v| (1e-3f64.ln() - 1e-6..=1e-1f64.ln() + 1e-6).contains(v)));
    assert!((mean(values("kernel.log_dt")) - 1e-2f64.ln()).abs() < 0.1);
}

#[test]
fn counts_and_refusals() {
    let odd = Net::<f32>::zeros(s4d("lin", "zoh", "bare", 3)).err().unwrap();
    assert_eq!((odd.code.as_str(), odd.message.contains("even")), ("out-of-range", true), "{odd}");
    for (input, encoder) in [(3, 4), (H, 0)] {
        for layer in ["bare", "full"] {
            let net = Net::<f32>::zeros(Config { input, ..s4d("lin", "zoh", layer, 8) }).unwrap();
            let layer = if layer == "full" { 2 * H * (H + 1) } else { 0 };
            assert_eq!(net.parameter_count(), 2 * H * 9 + layer + encoder * H);
            assert_eq!(net.state_bytes(), 4 * H * 8);
        }
    }
    let (family, options) = find("s4d", &s4d("lin", "zoh", "full", 8).options).unwrap();
    let net = Net::<f32>::zeros(s4d("lin", "zoh", "full", 8)).unwrap();
    let shapes = Cell::<f32>::shapes(family.f32(&options), net.dims_of(0));
    let found = family.recognise(&|name| shapes.iter().find(|s| s.0 == name).map(|s| s.1.clone())).unwrap();
    assert_eq!((found.input, found.hidden, &found.options["state"][..], &found.options["layer"][..]), (3, H, "8", "full"));
    assert!(family.recognise(&|name| (name == "kernel.C").then(|| vec![5, 4, 2])).is_none());
}
