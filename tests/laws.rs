//! What must hold for every cell of the registry, whatever its equations: splitting, batching, padding, reversing, renumbering.

mod support;

use support::{draw, every_config};
use unrolled::cell::Precision;
use unrolled::math::rng::Rng;
use unrolled::net::{Config, Gradients, Hold, HoldUnits, Initial, Input, Net, Run, Start, Trace, Upstream, parameter_name};

const I: usize = 3;
/// Two groups of four units and a rest.
const H: usize = 9;

/// Every variant of the registry, in some depth and direction, with random parameters.
fn nets<T: Precision>(layers: usize, bidirectional: bool) -> Vec<Net<T>> {
    let random = |config| Net::<T>::random(config, 11, Start::default()).unwrap();
    every_config(I, H).into_iter().map(|config| random(Config { layers, bidirectional, ..config })).collect()
}

fn title<T: Precision>(net: &Net<T>) -> String {
    let Config { cell, options, layers, bidirectional, .. } = net.config();
    format!("{cell} {options:?} layers {layers} bidirectional {bidirectional}")
}

fn carried<T: Precision>(net: &Net<T>) -> Vec<&'static str> {
    let spec = net.cell().spec();
    spec.carried().map(|k| spec.lanes[k].name).collect()
}

fn numbers<T: Precision>(seed: u64, count: usize) -> Vec<T> {
    draw(&mut Rng::new(seed), count, 1.0)
}

fn run_of<T: Precision>(net: &Net<T>, steps: usize, batch: usize, input: &[T]) -> Run<T> {
    let (mut run, spec) = (Run::new(steps, batch, Input::Values(input.to_vec())), net.cell().spec());
    // What a cell divides by, its normaliser n, is positive.
    let positive = |k: usize, v: T| if spec.lanes[k].name == "n" { T::one() + T::of(0.5) * v } else { v };
    let values = |k: usize| numbers(5, net.state_length(k, batch)).into_iter().map(|v| positive(k, v)).collect();
    let initial = |k: usize| Initial { lane: spec.lanes[k].name.into(), values: values(k) };
    run.initial = spec.carried().map(initial).collect();
    run
}

/// Everything on a trace's tapes, as bits that can be compared (the crate's f32 and f64 both go through f64 exactly).
fn bits<T: Precision>(trace: &Trace<T>) -> Vec<u64> {
    let config = trace.net.config();
    let tracks = (0..config.layers).flat_map(|layer| (0..config.directions()).map(move |direction| (layer, direction)));
    tracks.flat_map(|(l, d)| trace.tape(l, d).unwrap().data.iter().map(|v| v.f64().to_bits()).collect::<Vec<_>>()).collect()
}

fn assert_close<T: Precision>(left: &[T], right: &[T], tolerance: f64, what: &str) {
    assert_eq!(left.len(), right.len(), "{what}");
    for (k, (x, y)) in left.iter().zip(right).enumerate() {
        assert!((x.f64() - y.f64()).abs() <= tolerance, "{what}: [{k}] {:e} and {:e}", x.f64(), y.f64());
    }
}

/// Example b of a T×B×width array.
fn example<T: Copy>(all: &[T], steps: usize, batch: usize, b: usize) -> Vec<T> {
    let width = all.len() / (steps * batch);
    (0..steps).flat_map(|t| all[(t * batch + b) * width..][..width].to_vec()).collect()
}

/// Example b of an (L·D)×B×(elements of a lane) array, for two layers and directions.
fn example_state<T: Copy>(all: &[T], batch: usize, b: usize) -> Vec<T> {
    let length = all.len() / (4 * batch);
    all.chunks_exact(batch * length).flat_map(|track| track[b * length..(b + 1) * length].to_vec()).collect()
}

#[test]
fn the_same_run_gives_the_same_bits() {
    for net in nets::<f32>(2, true) {
        let input = numbers(1, 12 * 3 * I);
        let (one, two) = (net.run(run_of(&net, 12, 3, &input)).unwrap(), net.run(run_of(&net, 12, 3, &input)).unwrap());
        assert_eq!(bits(&one), bits(&two), "{}", title(&net));
        let other = net.run(run_of(&net, 12, 3, &numbers(2, 12 * 3 * I))).unwrap();
        assert_ne!(bits(&one), bits(&other), "the comparison sees a different input");
        let upstream = Upstream { output: Some(numbers(3, one.output().len())), ..Upstream::default() };
        let (back, again) = (one.backward(&upstream).unwrap(), two.backward(&upstream).unwrap());
        assert_eq!((back.parameters, back.input), (again.parameters, again.input), "{}", title(&net));
    }
}

#[test]
fn a_split_run_is_the_whole_run() {
    split::<f32>(2e-5);
    split::<f64>(1e-13);
}

/// Forward, the second part continues from the first's final state, to the bit. Backward, the first part gets its final
/// state's gradient from the second; sums over time then run in another order.
fn split<T: Precision>(tolerance: f64) {
    const STEPS: usize = 20;
    for net in nets::<T>(2, false) {
        let (input, d_output): (Vec<T>, Vec<T>) = (numbers(1, STEPS * 2 * I), numbers(2, STEPS * 2 * H));
        let upstream = |d: &[T]| Upstream { output: Some(d.to_vec()), ..Upstream::default() };
        let whole = net.run(run_of(&net, STEPS, 2, &input)).unwrap();
        let whole_back = whole.backward(&upstream(&d_output)).unwrap();
        for at in [1, 7, 19] {
            let what = format!("{} split at {at}", title(&net));
            let first = net.run(run_of(&net, at, 2, &input[..at * 2 * I])).unwrap();
            let mut run = run_of(&net, STEPS - at, 2, &input[at * 2 * I..]);
            for initial in &mut run.initial {
                initial.values = first.final_state(&initial.lane).unwrap();
            }
            let second = net.run(run).unwrap();
            assert!([first.output(), second.output()].concat() == whole.output(), "{what}");
            for lane in carried(&net) {
                assert!(second.final_state(lane).unwrap() == whole.final_state(lane).unwrap(), "{what}");
            }
            let second_back = second.backward(&upstream(&d_output[at * 2 * H..])).unwrap();
            let last = carried(&net).iter().map(|lane| (lane.to_string(), second_back.initial(lane).unwrap())).collect();
            let first_back = first.backward(&Upstream { last, ..upstream(&d_output[..at * 2 * H]) }).unwrap();
            assert_close(&[first_back.input.clone(), second_back.input].concat(), &whole_back.input, tolerance, &what);
            for (k, p) in whole_back.parameters.iter().enumerate() {
                let pairs = first_back.parameters[k].values.iter().zip(&second_back.parameters[k].values);
                let sum: Vec<T> = pairs.map(|(x, y)| *x + *y).collect();
                assert_close(&sum, &p.values, 10.0 * tolerance, &format!("{what}: {}", p.name));
            }
            for lane in carried(&net) {
                assert_close(&first_back.initial(lane).unwrap(), &whole_back.initial(lane).unwrap(), tolerance, &what);
            }
        }
    }
}

#[test]
fn a_batch_is_its_examples_one_by_one() {
    const STEPS: usize = 6;
    const BATCH: usize = 5;
    for net in nets::<f32>(2, true) {
        let width = net.config().output_width();
        let (input, d_output) = (numbers(1, STEPS * BATCH * I), numbers(2, STEPS * BATCH * width));
        let run = run_of(&net, STEPS, BATCH, &input);
        let together = net.run(run.clone()).unwrap();
        let back = together.backward(&Upstream { output: Some(d_output.clone()), ..Upstream::default() }).unwrap();
        let mut sums: Vec<Vec<f64>> = net.parameters().iter().map(|p| vec![0.0; p.values.len()]).collect();
        for b in 0..BATCH {
            let what = format!("{} example {b}", title(&net));
            let mut single = Run::new(STEPS, 1, Input::Values(example(&input, STEPS, BATCH, b)));
            let one_initial = |i: &Initial<f32>| Initial { lane: i.lane.clone(), values: example_state(&i.values, BATCH, b) };
            single.initial = run.initial.iter().map(one_initial).collect();
            let alone = net.run(single).unwrap();
            assert_eq!(alone.output(), example(together.output(), STEPS, BATCH, b), "{what}: the same bits");
            let upstream = Upstream { output: Some(example(&d_output, STEPS, BATCH, b)), ..Upstream::default() };
            let alone_back = alone.backward(&upstream).unwrap();
            assert_eq!(alone_back.input, example(&back.input, STEPS, BATCH, b), "{what}: the same bits");
            for (sum, p) in sums.iter_mut().zip(&alone_back.parameters) {
                sum.iter_mut().zip(&p.values).for_each(|(s, v)| *s += *v as f64);
            }
        }
        for (sum, p) in sums.iter().zip(&back.parameters) {
            let values: Vec<f64> = p.values.iter().map(|v| *v as f64).collect();
            assert_close(sum, &values, 2e-5, &format!("{}: {}", title(&net), p.name));
        }
    }
}

#[test]
fn different_lengths_are_shorter_runs() {
    const STEPS: usize = 8;
    let lengths = [8, 3, 1, 5];
    for net in nets::<f64>(2, true) {
        let width = net.config().output_width();
        let batch = lengths.len();
        let mut input: Vec<f64> = numbers(1, STEPS * batch * I);
        let mut d_output: Vec<f64> = numbers(2, STEPS * batch * width);
        // Whatever stands in the padding must not be seen.
        for (b, length) in lengths.iter().enumerate() {
            for t in *length..STEPS {
                input[(t * batch + b) * I..][..I].fill(f64::NAN);
                d_output[(t * batch + b) * width..][..width].fill(f64::NAN);
            }
        }
        let mut run = run_of(&net, STEPS, batch, &input);
        run.lengths = Some(lengths.to_vec());
        let together = net.run(run.clone()).unwrap();
        let back = together.backward(&Upstream { output: Some(d_output.clone()), ..Upstream::default() }).unwrap();
        assert!(back.parameters.iter().all(|p| p.values.iter().all(|v| v.is_finite())), "{}: the padding is seen", title(&net));
        let mut sums: Vec<Vec<f64>> = net.parameters().iter().map(|p| vec![0.0; p.values.len()]).collect();
        for (b, length) in lengths.iter().enumerate() {
            let what = format!("{} length {length}", title(&net));
            let mut single = Run::new(*length, 1, Input::Values(example(&input, STEPS, batch, b)[..length * I].to_vec()));
            let one_initial = |i: &Initial<f64>| Initial { lane: i.lane.clone(), values: example_state(&i.values, batch, b) };
            single.initial = run.initial.iter().map(one_initial).collect();
            let alone = net.run(single).unwrap();
            let padded = example(together.output(), STEPS, batch, b);
            assert_eq!(alone.output(), &padded[..length * width], "{what}");
            assert!(padded[length * width..].iter().all(|v| *v == 0.0), "{what}: zero past the end");
            for lane in carried(&net) {
                let all = together.final_state(lane).unwrap();
                assert_eq!(alone.final_state(lane).unwrap(), example_state(&all, batch, b), "{what}: final {lane}");
            }
            let d = example(&d_output, STEPS, batch, b)[..length * width].to_vec();
            let alone_back = alone.backward(&Upstream { output: Some(d), ..Upstream::default() }).unwrap();
            let d_input = example(&back.input, STEPS, batch, b);
            assert_eq!(alone_back.input, d_input[..length * I], "{what}: gradient of the input");
            assert!(d_input[length * I..].iter().all(|v| *v == 0.0), "{what}: no gradient past the end");
            for (sum, p) in sums.iter_mut().zip(&alone_back.parameters) {
                sum.iter_mut().zip(&p.values).for_each(|(s, v)| *s += *v);
            }
        }
        for (sum, p) in sums.iter().zip(&back.parameters) {
            assert_close(sum, &p.values, 1e-12, &format!("{}: {}", title(&net), p.name));
        }
    }
}

#[test]
fn nothing_depends_on_what_comes_later() {
    const STEPS: usize = 10;
    for net in nets::<f32>(2, false) {
        let input = numbers(1, STEPS * I);
        let whole = net.run(run_of(&net, STEPS, 1, &input)).unwrap();
        for t in [1, 4, 9] {
            let mut changed = input.clone();
            changed[t * I] += 1.0;
            let other = net.run(run_of(&net, STEPS, 1, &changed)).unwrap();
            assert_eq!(whole.output()[..t * H], other.output()[..t * H], "{}: before {t}", title(&net));
            assert_ne!(whole.output()[t * H..(t + 1) * H], other.output()[t * H..(t + 1) * H], "{}: at {t}", title(&net));
        }
    }
}

#[test]
fn the_reverse_direction_is_the_forward_one_on_the_reversed_sequence() {
    const STEPS: usize = 7;
    for (both, forward) in nets::<f32>(1, true).into_iter().zip(nets::<f32>(1, false)) {
        let mut only = forward.clone();
        for p in forward.parameters() {
            only.set_parameter(&p.name, &both.parameter(&format!("{}_reverse", p.name)).unwrap().values).unwrap();
        }
        let input = numbers(1, STEPS * I);
        let reversed: Vec<f32> = input.chunks_exact(I).rev().flatten().copied().collect();
        let there = both.run(Run::new(STEPS, 1, Input::Values(input))).unwrap();
        let back = only.run(Run::new(STEPS, 1, Input::Values(reversed))).unwrap();
        let mirrored: Vec<f32> = back.output().chunks_exact(H).rev().flatten().copied().collect();
        let reverse_half: Vec<f32> = there.output().chunks_exact(2 * H).flat_map(|row| row[H..].to_vec()).collect();
        assert_eq!(reverse_half, mirrored, "{}", title(&both));
        for lane in carried(&both) {
            let state = back.final_state(lane).unwrap();
            assert_eq!(there.final_state(lane).unwrap()[state.len()..], state, "{}: {lane}", title(&both));
        }
    }
}

/// What stands at an index of an axis of renumbered units: nH is n blocks of units.
fn renumbered(symbol: &str, order: &[usize; H], index: usize) -> usize {
    if symbol.ends_with('H') { index / H * H + order[index % H] } else { index }
}

/// Units have no order: renumbering the weights along every axis of units renumbers the states. Finds any mixed-up index. For
/// cells whose parameters have axes of units, of inputs and of fixed length.
#[test]
fn renumbered_units_give_renumbered_states() {
    const STEPS: usize = 5;
    let order: [usize; H] = [4, 8, 0, 2, 7, 1, 3, 6, 5];
    for net in nets::<f64>(1, false) {
        let mut other = net.clone();
        let of = |name: &str| net.cell().spec().parameters.iter().find(|p| parameter_name(p.name, 0, 0) == name).unwrap().shape;
        let known = |s: &&str| s.trim_start_matches(char::is_numeric) == "H" || *s == "I" || s.parse::<usize>().is_ok();
        if !net.parameters().iter().all(|p| of(&p.name).iter().all(known)) {
            continue;
        }
        for p in net.parameters() {
            let from = |mut flat: usize| {
                let (mut at, mut stride) = (0, 1);
                for (symbol, extent) in of(&p.name).iter().zip(&p.shape).rev() {
                    at += renumbered(symbol, &order, flat % extent) * stride;
                    (flat, stride) = (flat / extent, stride * extent);
                }
                at
            };
            let values: Vec<f64> = (0..p.values.len()).map(|k| p.values[from(k)]).collect();
            other.set_parameter(&p.name, &values).unwrap();
        }
        let input = Input::Values(numbers(1, STEPS * I));
        let trace = net.run(Run::new(STEPS, 1, input.clone())).unwrap();
        let renumbered = other.run(Run::new(STEPS, 1, input)).unwrap();
        let expected: Vec<f64> = trace.output().chunks_exact(H).flat_map(|row| order.map(|j| row[j])).collect();
        assert_close(renumbered.output(), &expected, 1e-14, &title(&net));
        assert_ne!(trace.output(), renumbered.output());
    }
}

#[test]
fn backward_is_linear_in_the_upstream_gradient() {
    const STEPS: usize = 8;
    for net in nets::<f64>(2, true) {
        let trace = net.run(run_of(&net, STEPS, 2, &numbers(1, STEPS * 2 * I))).unwrap();
        let (one, two): (Vec<f64>, Vec<f64>) = (numbers(2, trace.output().len()), numbers(3, trace.output().len()));
        let back = |d: Vec<f64>| trace.backward(&Upstream { output: Some(d), ..Upstream::default() }).unwrap();
        let both = back(one.iter().zip(&two).map(|(x, y)| 2.0 * x - 3.0 * y).collect());
        let (first, second) = (back(one), back(two));
        let mix = |x: &[f64], y: &[f64]| -> Vec<f64> { x.iter().zip(y).map(|(x, y)| 2.0 * x - 3.0 * y).collect() };
        assert_close(&both.input, &mix(&first.input, &second.input), 1e-12, &title(&net));
        for (k, p) in both.parameters.iter().enumerate() {
            let expected = mix(&first.parameters[k].values, &second.parameters[k].values);
            assert_close(&p.values, &expected, 1e-12, &format!("{}: {}", title(&net), p.name));
        }
    }
}

/// Holding lanes at the very values that they have changes no value, though it takes the path of one unit at a time.
#[test]
fn holding_a_lane_at_its_own_value_changes_nothing() {
    for net in nets::<f32>(1, true) {
        let input = numbers(1, 4 * I);
        let free = net.run(run_of(&net, 4, 1, &input)).unwrap();
        for (k, lane) in net.cell().spec().lanes.iter().enumerate() {
            let mut run = run_of(&net, 4, 1, &input);
            for unit in 0..net.layout(0).length(k) {
                for t in 0..4 {
                    let value = free.tape(0, 1).unwrap().lane(k, t, 0)[unit] as f64;
                    let units = HoldUnits::One(unit);
                    run.holds.push(Hold { layer: 0, direction: 1, lane: lane.name.into(), units, value, from: t, to: t + 1 });
                }
            }
            assert_eq!(bits(&free), bits(&net.run(run).unwrap()), "{}: {}", title(&net), lane.name);
        }
    }
}

#[test]
fn a_held_lane_has_its_value_where_and_only_where_it_is_held() {
    for net in nets::<f32>(2, true) {
        let input = numbers(1, 6 * 2 * I);
        let free = net.run(run_of(&net, 6, 2, &input)).unwrap();
        // The gradient of the first layer's final states alone: it tells what a state remembers.
        let last = |k: usize| {
            let (all, mut d) = (net.state_length(k, 2), numbers(4, net.state_length(k, 2)));
            d[all / 2..].fill(0.0);
            (net.cell().spec().lanes[k].name.to_string(), d)
        };
        let last = net.cell().spec().carried().map(last).collect();
        let back = free.backward(&Upstream { last, ..Upstream::default() }).unwrap();
        for (k, lane) in net.cell().spec().lanes.iter().enumerate() {
            let unit = net.layout(0).length(k).min(4) - 1;
            let units = HoldUnits::One(unit);
            let mut run = run_of(&net, 6, 2, &input);
            run.holds.push(Hold { layer: 0, direction: 0, lane: lane.name.into(), units, value: 0.25, from: 2, to: 4 });
            let held = net.run(run).unwrap();
            let (before, after) = (free.tape(0, 0).unwrap(), held.tape(0, 0).unwrap());
            for t in 0..6 {
                for b in 0..2 {
                    let value = after.lane(k, t, b)[unit];
                    assert!((value == 0.25) == (2..4).contains(&t), "{}: {} at {t}", title(&net), lane.name);
                }
            }
            assert_eq!(before.column(1, 0), after.column(1, 0), "nothing before it changes");
            // What only the output reads, where that is not fed back, is over with its step.
            let remembered = back.tape(0, 0).unwrap().lane(k, 3, 0).iter().any(|d| *d != 0.0);
            assert_eq!(before.column(4, 0) != after.column(4, 0), remembered, "{}: {}: what comes after does", title(&net), lane.name);
            assert_eq!(free.tape(0, 1).unwrap().data, held.tape(0, 1).unwrap().data, "the other direction does not");
        }
    }
}

/// An f32 network and the same in f64 are the same network.
#[test]
fn precisions_agree_and_casts_lose_nothing() {
    for net in nets::<f32>(2, true) {
        let double = net.cast::<f64>().unwrap();
        assert!(double.cast::<f32>().unwrap().parameters() == net.parameters());
        let input: Vec<f32> = numbers(1, 9 * 2 * I);
        let single = net.run(Run::new(9, 2, Input::Values(input.clone()))).unwrap();
        let exact = double.run(Run::new(9, 2, Input::Values(input.iter().map(|v| *v as f64).collect()))).unwrap();
        let widened: Vec<f64> = single.output().iter().map(|v| *v as f64).collect();
        assert_close(&widened, exact.output(), 2e-6, &title(&net));
    }
}

/// Every refusal leaves the network as it was, and says which code.
#[test]
fn wrong_arguments_are_refused_with_their_code() {
    let net = &nets::<f32>(2, true)[0];
    let right = run_of(net, 4, 2, &numbers(1, 4 * 2 * I));
    let refused = |change: &dyn Fn(&mut Run<f32>)| {
        let mut run = right.clone();
        change(&mut run);
        net.run(run).err().map(|e| e.code.as_str())
    };
    assert_eq!(refused(&|_| {}), None);
    assert_eq!(refused(&|run| run.steps = 5), Some("shape"));
    assert_eq!(refused(&|run| run.steps = 0), Some("out-of-range"));
    assert_eq!(refused(&|run| run.steps = usize::MAX), Some("out-of-range"));
    assert_eq!(refused(&|run| run.batch = usize::MAX), Some("out-of-range"));
    assert_eq!(refused(&|run| run.input = Input::Tokens(vec![0; 8])), Some("shape"));
    assert_eq!(refused(&|run| run.lengths = Some(vec![4])), Some("shape"));
    assert_eq!(refused(&|run| run.lengths = Some(vec![4, 5])), Some("out-of-range"));
    assert_eq!(refused(&|run| run.lengths = Some(vec![4, 0])), Some("out-of-range"));
    assert_eq!(refused(&|run| run.initial[0].lane = "m".into()), Some("unknown-name"));
    assert_eq!(refused(&|run| run.initial[0].values.truncate(3)), Some("shape"));
    assert_eq!(refused(&|run| run.masks = vec![vec![1.0; 3]]), Some("shape"));
    assert_eq!(refused(&|run| run.masks = vec![vec![1.0; 4 * 2 * 2 * H]; 2]), Some("shape"));
    let hold = Hold { layer: 0, direction: 0, lane: "h".into(), units: HoldUnits::All, value: 0.0, from: 0, to: 4 };
    assert_eq!(refused(&|run| run.holds.push(hold.clone())), None);
    assert_eq!(refused(&|run| run.holds.push(Hold { layer: 2, ..hold.clone() })), Some("out-of-range"));
    assert_eq!(refused(&|run| run.holds.push(Hold { direction: 2, ..hold.clone() })), Some("out-of-range"));
    assert_eq!(refused(&|run| run.holds.push(Hold { units: HoldUnits::One(H), ..hold.clone() })), Some("out-of-range"));
    assert_eq!(refused(&|run| run.holds.push(Hold { lane: "forget".into(), ..hold.clone() })), Some("unknown-name"));
    let trace = net.run(right).unwrap();
    let back = |upstream: Upstream<f32>| trace.backward(&upstream).map(|_: Gradients<f32>| ()).map_err(|e| e.code.as_str());
    assert_eq!(back(Upstream { output: Some(vec![0.0; 3]), ..Upstream::default() }), Err("shape"));
    assert_eq!(back(Upstream { prediction: Some(vec![0.0; 3]), ..Upstream::default() }), Err("unsupported"));
    assert_eq!(back(Upstream { last: vec![("h".into(), vec![0.0; 3])], ..Upstream::default() }), Err("shape"));
    assert_eq!(back(Upstream { last: vec![("m".into(), vec![0.0; 4 * 2 * H])], ..Upstream::default() }), Err("unknown-name"));
}
