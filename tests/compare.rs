//! What networks are compared by: against finite differences and by hand, each with a control that fails; and its figures.

use unrolled::cell;
use unrolled::net::{Config, Head, Input, Loss, LossAt, LossKind, Net, Run, Start};
use unrolled::plot::compare::{Data, Series, all, build};
use unrolled::plot::{Layout, palette};
use unrolled::probe;

const STEPS: usize = 9;

fn net(cell: &str) -> Net<f64> {
    let config = Config { head: Some(Head { outputs: 2 }), layers: 2, ..Config::new(cell, 3, 5) };
    Net::random(config, 11, Start::default()).unwrap()
}

fn input() -> Vec<f64> {
    (0..STEPS * 3).map(|k| (1.7 * k as f64).sin()).collect()
}

fn loss() -> Loss {
    Loss { kind: LossKind::MeanSquare, at: LossAt::Last, target: vec![0.3, -0.2], classes: vec![] }
}

fn value(net: &Net<f64>, x: Vec<f64>) -> f64 {
    net.run(Run::new(STEPS, 1, Input::Values(x))).unwrap().loss(&loss()).unwrap().0
}

fn close(found: f64, expected: f64) -> bool {
    (found - expected).abs() <= 1e-6 * (1e-3 + expected.abs())
}

#[test]
fn gradients_of_the_input_are_finite_differences_for_every_cell() {
    for family in cell::all() {
        let net = net(family.name());
        let trace = net.run(Run::new(STEPS, 1, Input::Values(input()))).unwrap();
        let gradients = trace.backward(&trace.loss(&loss()).unwrap().1).unwrap();
        let found = probe::input_gradient_norms(&trace, &gradients, 0);
        assert_eq!(found.len(), STEPS);
        let norms: Vec<f64> = (0..STEPS)
            .map(|t| {
                let slope = |i: usize| {
                    let at = |e: f64| {
                        let mut x = input();
                        x[3 * t + i] += e;
                        value(&net, x)
                    };
                    (at(1e-6) - at(-1e-6)) / 2e-6
                };
                (0..3).map(|i| slope(i).powi(2)).sum::<f64>().sqrt()
            })
            .collect();
        for t in 0..STEPS {
            assert!(close(found[t], norms[t]), "{} step {t}: {} for {}", family.name(), found[t], norms[t]);
        }
        // The control: another step's gradient is another one.
        assert!((1..STEPS).any(|t| !close(found[t - 1], norms[t])), "{}", family.name());
    }
}

#[test]
fn what_is_carried_is_all_carried_lanes_together() {
    let net = net("lstm");
    let trace = net.run(Run::new(STEPS, 1, Input::Values(input()))).unwrap();
    let gradients = trace.backward(&trace.loss(&loss()).unwrap().1).unwrap();
    let (states, slopes) =
        (probe::carried_norms(&trace, 1, 0, 0).unwrap(), probe::carried_gradient_norms(&trace, &gradients, 1, 0, 0).unwrap());
    let lane = |name: &str| probe::lane_norms(&trace, 1, 0, 0, name).unwrap();
    let slope = |name: &str| probe::gradient_norms(&gradients, 1, 0, 0, name).unwrap();
    for t in 0..STEPS {
        assert!(close(states[t], lane("h")[t].hypot(lane("c")[t])));
        assert!(close(slopes[t], slope("h")[t].hypot(slope("c")[t])));
        // The control: the output alone is less.
        assert!(!close(states[t], lane("h")[t]));
    }
    assert!(probe::carried_norms(&trace, 2, 0, 0).is_err());
    // A cell that carries nothing but its output carries its norm.
    let net = self::net("gru");
    let trace = net.run(Run::new(STEPS, 1, Input::Values(input()))).unwrap();
    assert_eq!(probe::carried_norms(&trace, 1, 0, 0).unwrap(), probe::lane_norms(&trace, 1, 0, 0, "h").unwrap());
}

/// Against the dense product of Jacobians, for every cell; also where an input is wider than one number.
#[test]
fn memory_of_an_input_is_its_influence_for_every_cell() {
    for (family, width) in cell::all().iter().flat_map(|family| [(family, 1), (family, 3)]) {
        let net = Net::<f64>::random(Config::new(family.name(), width, 6), 5, Start::default()).unwrap();
        let x: Vec<f64> = (0..STEPS * width).map(|k| (2.3 * k as f64).cos()).collect();
        let trace = net.run(Run::new(STEPS, 1, Input::Values(x))).unwrap();
        for from in [0, 3, STEPS - 1] {
            let mut memory = probe::InputMemory::new(&trace, 0, 0, 0, from).unwrap();
            while memory.advance(&trace).unwrap() {}
            let mut jacobians = probe::StepJacobians::new(&trace, 0, 0, 0).unwrap();
            let mut influence = probe::Influence::new(&trace, &mut jacobians, 0, 0, from).unwrap();
            while influence.advance(&trace, &mut jacobians).unwrap() {}
            assert_eq!((memory.norms.len(), &memory.moments), (STEPS - from, &influence.moments));
            for (found, expected) in memory.norms.iter().zip(&influence.of_input) {
                assert!((found - expected).abs() <= 1e-6 * expected, "{} {width} from {from}: {found} for {expected}", family.name());
            }
            // The control: no two steps are alike.
            assert!(memory.norms.windows(2).all(|pair| (pair[0] - pair[1]).abs() > 1e-6 * pair[0]), "{}", family.name());
        }
        assert!(probe::InputMemory::new(&trace, 0, 0, 0, STEPS).is_err());
    }
}

fn series(name: &str, slot: usize, factor: f64) -> Series {
    let values: Vec<f64> = (0..40).map(|t| factor.powi(t)).collect();
    Series { name: name.into(), slot, values, ..Series::default() }
}

/// Two networks, the second of many seeds.
fn data() -> Data {
    let mut band = series("LSTM", 1, 0.9);
    band.low = band.values.iter().map(|v| 0.5 * v).collect();
    band.high = band.values.iter().map(|v| 2.0 * v).collect();
    band.found = Some(7);
    Data { series: vec![series("RNN", 0, 0.1), band], steps: 40, seeds: 20, of: "x".into(), loss: "of the test".into(), ..Data::default() }
}

#[test]
fn figures_are_as_they_were() {
    // To accept a change: UNROLLED_ACCEPT=1 cargo test --test compare, and look at what changed.
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/figures");
    for (spec, theme) in all().iter().zip([palette::Theme::Light, palette::Theme::Dark].into_iter().cycle()) {
        let layout = Layout { theme, width: 560.0, height: 260.0, ..Layout::default() };
        let made = build(spec.name, &data()).unwrap().svg(&layout).unwrap();
        let path = folder.join(format!("{}.svg", spec.name));
        if std::env::var_os("UNROLLED_ACCEPT").is_some() {
            std::fs::write(&path, &made).unwrap();
        }
        assert!(made == std::fs::read_to_string(&path).unwrap(), "{} is not as in {}", spec.name, path.display());
        // The control: a changed value is another figure.
        let mut other = data();
        other.series[0].values[1] *= 1.5;
        assert_ne!(made, build(spec.name, &other).unwrap().svg(&layout).unwrap());
    }
    let error = build("memory", &data()).unwrap_err();
    assert!(error.message.contains("compare-memory"), "{error}");
}

#[test]
fn each_network_has_its_line_and_many_seeds_their_band() {
    let figure = build("compare-memory", &data()).unwrap();
    let heads: Vec<_> = figure.series(palette::Theme::Light).into_iter().map(|(head, _)| (head.name, head.lane)).collect();
    assert_eq!(
        heads,
        [("RNN", "RNN"), ("LSTM, 10–90 % of 20 seeds", "LSTM"), ("LSTM", "LSTM")].map(|(a, b)| (a.to_string(), b.to_string()))
    );
    let svg = figure.svg(&Layout::default()).unwrap();
    let shapes = |svg: &str| svg.split("<polygon").skip(1).filter(|shape| shape.contains("opacity=\"0.18\"")).count();
    assert_eq!(shapes(&svg), 1);
    let mut alone = data();
    alone.series[1].low = vec![];
    assert_eq!(shapes(&build("compare-memory", &alone).unwrap().svg(&Layout::default()).unwrap()), 0);
    // A gap in the band is a gap in its shape.
    let mut gap = data();
    gap.series[1].low[20] = f64::NAN;
    assert_eq!(shapes(&build("compare-memory", &gap).unwrap().svg(&Layout::default()).unwrap()), 2);
}

#[test]
fn relative_lines_begin_at_one_and_say_so() {
    let mut data = data();
    data.series[0].values.iter_mut().for_each(|v| *v *= 1e-5);
    let absolute = build("compare-states", &data).unwrap();
    data.relative = true;
    let relative = build("compare-states", &data).unwrap();
    let first = |figure: &unrolled::plot::Figure| figure.series(palette::Theme::Light)[0].1[0];
    assert!((first(&absolute) - 1e-5).abs() < 1e-12 && (first(&relative) - 1.0).abs() < 1e-12);
    assert!(relative.y().title.ends_with("each relative to its largest") && !absolute.y().title.contains("relative"));
    // Without sizes there is no floor either.
    assert!(build("compare-gradients", &data).unwrap().y().floor.is_none());
}

#[test]
fn sentences_say_what_is_seen() {
    let says = |name: &str| build(name, &data()).unwrap().summary;
    let memory = says("compare-memory");
    assert!(memory.starts_with("Medians of 20 random starts"), "{memory}");
    assert!(memory.contains("LSTM: under half after 7 steps for good; 39 steps on, 0.016, 0.016 times its start."), "{memory}");
    let lengths = |found: Option<usize>, last: f64| {
        let one = Series { name: "RNN".into(), at: vec![9.0, 99.0], values: vec![0.5, last], found, ..Series::default() };
        build("compare-lengths", &Data { series: vec![one], steps: 100, from: 49, ..Data::default() }).unwrap().summary
    };
    assert_eq!(lengths(Some(84), 0.0), "RNN: under the f32 floor from 84 steps on.");
    assert_eq!(lengths(None, 0.25), "RNN: not under the floor up to 100 steps, where it is 0.25.");
    assert_eq!(build("compare-states", &Data::default()).unwrap().summary, "There are no values yet.");
}
