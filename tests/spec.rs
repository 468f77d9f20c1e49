//! What a cell says of itself is what it computes: every displayed equation is evaluated on the tapes of real runs, forward and
//! backward, with and without interventions, and compared; every diagram's wires carry just the symbols of its equations.

use std::collections::BTreeSet;

use unrolled::cell::{Expr, Shape, Spec, Target, all, variants};
use unrolled::math::rng::Rng;
use unrolled::net::*;
use unrolled::probe::Evaluator;

const T: usize = 7;
const B: usize = 2;
const H: usize = 5;

fn traced(family: &str, options: unrolled::cell::Options, held: bool) -> (Trace<f64>, Gradients<f64>) {
    let config = Config { options, layers: 2, bidirectional: true, ..Config::new(family, 3, H) };
    let net = Net::<f64>::random(config, 11, Start::default()).unwrap();
    let mut rng = Rng::new(5);
    let mut numbers = |n: usize| (0..n).map(|_| rng.u() * 2.0 - 1.0).collect::<Vec<f64>>();
    let mut run = Run::new(T, B, Input::Values(numbers(T * B * 3)));
    run.lengths = Some(vec![T, 5]);
    let spec = net.cell().spec();
    for k in spec.carried() {
        // What a cell divides by, its normaliser n, is positive.
        let positive = |v: f64| if spec.lanes[k].name == "n" { 1.0 + 0.5 * v } else { v };
        let values = numbers(net.state_length(k, B)).into_iter().map(positive).collect();
        run.initial.push(Initial { lane: spec.lanes[k].name.into(), values });
    }
    if held {
        for (k, lane) in spec.lanes.iter().enumerate() {
            let units = HoldUnits::One(net.layout(1).length(k).min(4) - 1);
            run.holds.push(Hold { layer: 1, direction: 0, lane: lane.name.into(), units, value: 0.4, from: 2, to: 4 });
        }
    }
    let trace = net.run(run).unwrap();
    let gradients = trace.backward(&Upstream { output: Some(numbers(T * B * 2 * H)), ..Upstream::default() }).unwrap();
    (trace, gradients)
}

/// Largest deviation between displayed equations and tapes, over all layers, directions, moments and units.
fn deviation(trace: &Trace<f64>, gradients: &Gradients<f64>, tamper: f64) -> f64 {
    let spec = trace.net.cell().spec();
    let mut worst = 0.0f64;
    for (layer, direction, example) in [(0, 0, 0), (0, 1, 1), (1, 0, 0), (1, 1, 0), (1, 0, 1)] {
        let e = Evaluator { trace, gradients: Some(gradients), layer, direction, example };
        let (tape, dtape) = (trace.tape(layer, direction).unwrap(), gradients.tape(layer, direction).unwrap());
        for t in 0..trace.lengths[example] {
            for k in 0..spec.lanes.len() {
                for (j, (shown, computed)) in e.equation(k, t).iter().zip(tape.lane(k, t, example)).enumerate() {
                    if !trace.is_held(layer, direction, k, t, example, j) {
                        worst = worst.max((shown + tamper - computed).abs());
                    }
                }
            }
            for step in spec.backward {
                let Target::Lane { lane } = step.target else { continue };
                let k = spec.lane(lane).unwrap();
                for (shown, computed) in e.target(Target::Lane { lane }, t).iter().zip(dtape.lane(k, t, example)) {
                    worst = worst.max((shown + tamper - computed).abs());
                }
            }
        }
    }
    // Block gradients are what the input bias accumulates.
    for (layer, direction) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
        let Ok(db) = gradients.parameter(&parameter_name("bias_ih", layer, direction)) else {
            assert!(spec.blocks.is_empty(), "{}: blocks whose gradients nothing is compared with", spec.title);
            continue;
        };
        let db = &db.values;
        for (k, block) in spec.blocks.iter().enumerate() {
            let mut sum = [0.0; H];
            for example in 0..B {
                let e = Evaluator { trace, gradients: Some(gradients), layer, direction, example };
                for t in 0..trace.lengths[example] {
                    for (s, v) in sum.iter_mut().zip(e.eval(&Expr::BlockGradient { block }, t)) {
                        *s += v;
                    }
                }
            }
            for (s, d) in sum.iter().zip(&db[k * H..]) {
                worst = worst.max((s + tamper - d).abs());
            }
        }
    }
    worst
}

#[test]
fn equations_are_what_is_computed() {
    for family in all() {
        for options in variants(*family) {
            for held in [false, true] {
                let (trace, gradients) = traced(family.name(), options.clone(), held);
                let worst = deviation(&trace, &gradients, 0.0);
                assert!(worst < 1e-12, "{} {options:?} held {held}: {worst}", family.name());
                assert!(deviation(&trace, &gradients, 1e-9) > 1e-12, "a wrong equation must be seen");
            }
        }
    }
}

#[test]
fn the_passed_gradient_reaches_the_initial_state() {
    for family in all() {
        for options in variants(*family) {
            let (trace, gradients) = traced(family.name(), options, false);
            let e = Evaluator { trace: &trace, gradients: Some(&gradients), layer: 0, direction: 0, example: 0 };
            for k in trace.net.cell().spec().carried() {
                let lane = trace.net.cell().spec().lanes[k].name;
                let passed = e.target(Target::Passed { lane }, 0);
                for (p, d) in passed.iter().zip(gradients.initial(lane).unwrap()) {
                    assert!((p - d).abs() < 1e-12, "{} {lane}", family.name());
                }
            }
        }
    }
}

/// Symbols that an equation reads.
fn symbols(expr: &Expr, out: &mut BTreeSet<String>) {
    match expr {
        Expr::Now { lane } => drop(out.insert(lane.to_string())),
        Expr::Before { lane } => drop(out.insert(format!("{lane} before"))),
        Expr::Input { .. } | Expr::X => drop(out.insert("x".into())),
        Expr::Constant { .. } | Expr::Extent { .. } | Expr::Parameter { .. } | Expr::Derived { .. } => {}
        Expr::Recurrent { of, .. } | Expr::OneMinus { of } | Expr::Call { of, .. } => symbols(of, out),
        Expr::Affine { of, .. } | Expr::SumOver { of, .. } | Expr::MeanOver { of, .. } => symbols(of, out),
        Expr::Along { of, .. } | Expr::Pick { of, .. } | Expr::Newest { of, .. } => symbols(of, out),
        Expr::Push { of: a, new: b, .. } | Expr::Difference { a, b } => [a, b].into_iter().for_each(|e| symbols(e, out)),
        Expr::Quotient { a, b } | Expr::Maximum { a, b } | Expr::Greater { a, b } => [a, b].into_iter().for_each(|e| symbols(e, out)),
        Expr::Sum { of } | Expr::Product { of } => of.iter().for_each(|e| symbols(e, out)),
        other => panic!("a forward equation with {other:?}"),
    }
}

/// Symbols that reach a diagram node: back along the wires, through operations.
fn reaching(spec: &Spec, id: &str, out: &mut BTreeSet<String>) {
    for wire in spec.diagram.wires.iter().filter(|w| w.to == id) {
        let node = spec.diagram.nodes.iter().find(|n| n.id == wire.from).expect("a wire from a node that exists");
        match node.shape {
            Shape::Input => drop(out.insert("x".into())),
            Shape::Before { lane } => drop(out.insert(format!("{lane} before"))),
            Shape::Block { lane } | Shape::Lane { lane } => drop(out.insert(lane.to_string())),
            Shape::Operation { .. } => reaching(spec, node.id, out),
        }
    }
}

#[test]
fn diagrams_show_the_equations() {
    for family in all() {
        for options in variants(*family) {
            let spec = family.f32(&options).spec();
            for wire in spec.diagram.wires {
                assert!(spec.diagram.nodes.iter().any(|n| n.id == wire.to), "{}: wire to nowhere", spec.title);
            }
            for lane in spec.lanes {
                let nodes: Vec<_> = spec
                    .diagram
                    .nodes
                    .iter()
                    .filter(|n| matches!(n.shape, Shape::Block { lane: l } | Shape::Lane { lane: l } if l == lane.name))
                    .collect();
                let (mut wanted, mut shown) = (BTreeSet::new(), BTreeSet::new());
                symbols(lane.equation, &mut wanted);
                // A lane may stand twice: where it is made, and where it leaves the cell.
                nodes.iter().for_each(|n| reaching(spec, n.id, &mut shown));
                shown.remove(lane.name);
                assert_eq!(wanted, shown, "{}: lane {}", spec.title, lane.name);
            }
        }
    }
}

#[test]
fn specs_are_complete() {
    for family in all() {
        for options in variants(*family) {
            let spec = family.f32(&options).spec();
            assert_eq!(spec.name, family.name());
            assert_eq!(spec.lanes.iter().filter(|l| l.output).count(), 1);
            assert!(spec.carried().count() >= 1 && !spec.sources.is_empty());
            assert_eq!(spec.steps.iter().map(|s| s.lane).collect::<BTreeSet<_>>(), spec.lanes.iter().map(|l| l.name).collect());
            for lane in spec.lanes {
                assert!(
                    spec.backward.iter().any(|s| s.target == Target::Lane { lane: lane.name }),
                    "{}: no backward step for {}",
                    spec.title,
                    lane.name
                );
            }
            for block in spec.blocks {
                assert!(spec.backward.iter().any(|s| s.target == Target::Block { block }), "{}: {block}", spec.title);
            }
        }
    }
}
