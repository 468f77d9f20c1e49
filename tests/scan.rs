//! States by a scan over time are those of the step-by-step run: every cell that says it has such a state, in both directions, for
//! lengths that are no powers of two, from initial states, with interventions.

use unrolled::cell::{Options, Precision, all, variants};
use unrolled::math::rng::Rng;
use unrolled::net::{Config, Hold, HoldUnits, Initial, Input, Net, Run, Start, Trace};
use unrolled::probe::Scan;

const I: usize = 3;
const H: usize = 4;
const BATCH: usize = 2;

/// Every variant with a recurrence.
fn recurrent<T: Precision>() -> Vec<(&'static str, Options)> {
    let of = |family: &&'static dyn unrolled::cell::Family| {
        let family = *family;
        variants(family).into_iter().filter(move |o| T::cell(family, o).recurrence().is_some()).map(move |o| (family.name(), o))
    };
    all().iter().flat_map(of).collect()
}

/// Two layers, both directions; the second example is shorter.
fn traced<T: Precision>(family: &str, options: &Options, steps: usize, holds: &[Hold]) -> Trace<T> {
    let config = Config { options: options.clone(), layers: 2, bidirectional: true, ..Config::new(family, I, H) };
    let net = Net::<T>::random(config, 11, Start::default()).unwrap();
    let mut rng = Rng::new(5);
    let mut numbers = |n: usize| (0..n).map(|_| T::of((rng.u() * 2.0 - 1.0) as f32 as f64)).collect::<Vec<T>>();
    let mut run = Run::new(steps, BATCH, Input::Values(numbers(steps * BATCH * I)));
    run.lengths = Some(vec![steps, steps.div_ceil(2)]);
    let spec = net.cell().spec();
    run.initial =
        spec.carried().map(|k| Initial { lane: spec.lanes[k].name.into(), values: numbers(net.state_length(k, BATCH)) }).collect();
    run.holds = holds.to_vec();
    net.run(run).unwrap()
}

/// Largest deviation over layers, directions and examples, of the largest state.
fn worst<T: Precision>(trace: &Trace<T>) -> f64 {
    let mut worst = 0.0f64;
    for (layer, direction, example) in [(0, 0, 0), (0, 1, 0), (1, 0, 1), (1, 1, 1)] {
        let mut scan = Scan::new(trace, layer, direction, example).unwrap();
        let (deviation, largest) = scan.deviation();
        assert!(largest > 0.0 && scan.moments.len() == trace.lengths[example]);
        worst = worst.max(deviation / largest.max(1.0));
    }
    worst
}

fn check<T: Precision>(tolerance: f64) {
    let cells = recurrent::<T>();
    assert!(cells.iter().any(|(name, _)| *name == "mingru") && cells.iter().any(|(name, _)| *name == "minlstm"));
    assert!(cells.iter().any(|(name, _)| *name == "mamba"));
    for (family, options) in cells {
        for steps in [1, 2, 3, 7, 16, 37] {
            let worst = worst(&traced::<T>(family, &options, steps, &[]));
            assert!(worst <= tolerance, "{family} {options:?}, {steps} steps: {worst:e}");
        }
    }
}

#[test]
fn scans_give_the_states_of_the_run() {
    check::<f64>(1e-13);
    check::<f32>(2e-6);
}

/// Both ways of computing the states agree, and the tree's last level is the states.
#[test]
fn the_tree_ends_in_the_states() {
    for (family, options) in recurrent::<f64>() {
        let trace = traced::<f64>(family, &options, 13, &[]);
        let mut scan = Scan::new(&trace, 0, 1, 0).unwrap();
        let (row, sequential) = (scan.width * if scan.complex { 2 } else { 1 }, scan.sequential().to_vec());
        let scanned = scan.scan().to_vec();
        assert!(sequential.iter().zip(&scanned).all(|(a, b)| (a - b).abs() < 1e-13 * (1.0 + a.abs())), "{family} {options:?}");
        let levels = scan.tree(1).unwrap();
        assert_eq!(levels.iter().map(|l| l.distance).collect::<Vec<_>>(), [0, 1, 2, 4, 8]);
        assert_eq!(levels.len(), scan.depth() + 1);
        let last = levels.last().unwrap();
        for (n, value) in last.b.iter().take(13).enumerate() {
            assert_eq!(*value, scanned[n * row + 1], "{family}: moment {n}");
        }
        // A node is what its own moment says, and the node that it took in.
        if !scan.complex {
            let (leaf, next) = (&levels[1], &levels[2]);
            let combined = leaf.a[6] * leaf.b[4] + leaf.b[6];
            assert!((next.b[6] - combined).abs() < 1e-15 && (next.a[6] - leaf.a[6] * leaf.a[4]).abs() < 1e-15);
            assert_eq!(next.b[1], leaf.b[1], "nothing lies two before the second moment");
        }
        assert_eq!(scan.tree(scan.width).unwrap_err().code.as_str(), "out-of-range");
    }
}

/// Held lanes are what the scan starts from too: a gate by its value on the tape, the state by starting anew.
#[test]
fn interventions_are_in_the_terms() {
    for (family, options) in recurrent::<f64>() {
        let net = traced::<f64>(family, &options, 9, &[]).net;
        for (k, lane) in net.cell().spec().lanes.iter().enumerate() {
            let units = HoldUnits::One(net.layout(0).length(k).min(3) - 1);
            let hold = Hold { layer: 0, direction: 1, lane: lane.name.into(), units, value: 0.3, from: 3, to: 6 };
            let trace = traced::<f64>(family, &options, 9, &[hold]);
            match Scan::new(&trace, 0, 1, 0) {
                Ok(mut scan) => assert!(scan.deviation().0 < 1e-12, "{family} {options:?}, {} held", lane.name),
                Err(error) => {
                    let recurrence = trace.net.cell().recurrence().unwrap();
                    assert!(recurrence.imaginary.is_some() && lane.carried, "{family}: {error}");
                }
            }
        }
    }
}

#[test]
fn cells_whose_gates_see_the_state_have_no_scan() {
    let net = Net::<f64>::random(Config::new("lstm", I, H), 1, Start::default()).unwrap();
    let trace = net.run(Run::new(4, 1, Input::Values(vec![0.5; 4 * I]))).unwrap();
    assert_eq!(Scan::new(&trace, 0, 0, 0).err().map(|e| e.code.as_str()), Some("unsupported"));
}
