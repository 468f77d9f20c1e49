//! Scans over time against the loop, and the cells that are such scans against the CPU engine's.

use unrolled::cell::{self, Dims};
use unrolled::gpu::form::find;
use unrolled::gpu::kernels::scan::recurrence;
use unrolled::gpu::{Form, Gpu, Recorder, Scratch};
use unrolled::net::{Input, parameter_name};

use crate::gpu_test;
use crate::harness::{assert_close, distance, numbers};
use crate::track::{Case, Found, compare, compare_changed};

/// Of the largest number: what is kept of a state is rounded in another order, and states fade by a tenth a step or more.
const SCAN: f32 = 2e-6;
/// The same where nothing fades, over 1,000 steps.
const LONG: f32 = 3e-5;

/// A shape: units, steps, batch.
type Shape = (usize, usize, usize);

struct Sequences {
    lengths: Vec<u32>,
    /// Complex numbers are pairs.
    initial: Vec<[f32; 2]>,
    a: Vec<[f32; 2]>,
    b: Vec<[f32; 2]>,
}

fn pairs(seed: u64, count: usize, scale: f32) -> Vec<[f32; 2]> {
    numbers(seed, 2 * count, scale).as_chunks().0.to_vec()
}

/// a from `low` to `high` in size.
fn sequences((units, steps, batch): Shape, complex: bool, (low, high): (f32, f32)) -> Sequences {
    let count = units * steps * batch;
    let turned = |[size, angle]: [f32; 2]| {
        let (size, angle) = (low + (high - low) * (0.5 + 0.5 * size), if complex { 3.0 * angle } else { 0.0 });
        [size * angle.cos(), size * angle.sin()]
    };
    let a = pairs(1, count, 1.0).into_iter().map(turned).collect();
    let lengths = (0..batch).map(|b| (steps - (7 * b) % steps) as u32).collect();
    Sequences { lengths, initial: pairs(2, units * batch, 100.0), a, b: pairs(3, count, 100.0) }
}

/// The loop. Past an example's end 0.
fn by_loop((units, steps, batch): Shape, s: &Sequences, complex: bool, against: bool) -> Vec<[f32; 2]> {
    let mut all = vec![[0.0; 2]; units * steps * batch];
    for (b, length) in s.lengths.iter().enumerate() {
        for unit in 0..units {
            let mut h = s.initial[b * units + unit];
            for nth in 0..*length as usize {
                let t = if against { *length as usize - 1 - nth } else { nth };
                let at = (t * batch + b) * units + unit;
                let (a, add) = (s.a[at], s.b[at]);
                h = match complex {
                    false => [a[0] * h[0] + add[0], 0.0],
                    true => [a[0] * h[0] - a[1] * h[1] + add[0], a[1] * h[0] + a[0] * h[1] + add[1]],
                };
                all[at] = h;
            }
        }
    }
    all
}

fn flat(values: &[[f32; 2]], complex: bool) -> Vec<f32> {
    values.iter().flat_map(|[re, im]| if complex { vec![*re, *im] } else { vec![*re] }).collect()
}

async fn on_gpu(gpu: &Gpu, shape: Shape, s: &Sequences, complex: bool, against: bool) -> Vec<f32> {
    let (units, steps, batch) = shape;
    let all = |values: &[[f32; 2]]| gpu.buffer_of(&flat(values, complex)).unwrap().all();
    let to = gpu.buffer_of(&vec![7.0f32; units * steps * batch * if complex { 2 } else { 1 }]).unwrap();
    let lengths = gpu.buffer_of(&s.lengths).unwrap().all();
    let mut scratch = Scratch::default();
    let mut r = Recorder::new(gpu, &mut scratch);
    recurrence(&mut r, complex, against, shape, &lengths, &all(&s.initial), (&all(&s.a), &all(&s.b)), &to.all()).unwrap();
    let plan = r.finish().unwrap();
    assert_eq!(plan.dispatches(), 1);
    gpu.submit(&[&plan]);
    gpu.read(&[to.all()]).await.unwrap().remove(0)
}

gpu_test! {
    async fn scans_are_the_loop(gpu) {
        let shapes = [(1, 1, 1), (2, 2, 3), (3, 5, 1), (63, 16, 2), (64, 17, 3), (65, 64, 2), (5, 65, 4), (257, 66, 1), (3, 257, 5), (9, 1000, 3)];
        for (nth, shape) in shapes.into_iter().enumerate() {
            for (complex, against) in [(false, nth % 2 == 0), (false, nth % 2 == 1), (true, nth % 2 == 0), (true, nth % 2 == 1)] {
                for (decay, tolerance) in [((0.0, 0.9), SCAN), ((0.999, 1.0), LONG)] {
                    let s = sequences(shape, complex, decay);
                    let found = on_gpu(gpu, shape, &s, complex, against).await;
                    let expected = flat(&by_loop(shape, &s, complex, against), complex);
                    assert_close(&format!("{shape:?} {complex} {against} {decay:?}"), &found, &expected, tolerance);
                }
            }
        }
    }
}

gpu_test! {
    async fn what_is_not_finite_goes_along(gpu) {
        let shape = (5, 200, 2);
        let mut s = sequences(shape, false, (0.0, 0.9));
        let at = |t: usize, b: usize, unit: usize| (t * 2 + b) * 5 + unit;
        // Past many small factors, whose product f32 does not have; one that is exactly 0; a NaN, in the middle and in the beginning.
        s.b[at(3, 0, 0)][0] = f32::INFINITY;
        s.b[at(70, 0, 1)][0] = f32::NEG_INFINITY;
        s.a[at(100, 0, 1)][0] = 0.0;
        s.a[at(150, 1, 2)][0] = f32::NAN;
        s.initial[8][0] = f32::NAN;
        for against in [false, true] {
            let found = on_gpu(gpu, shape, &s, false, against).await;
            let expected = flat(&by_loop(shape, &s, false, against), false);
            for kind in [f32::is_nan, f32::is_infinite, f32::is_finite] {
                assert!(expected.iter().any(|x| kind(*x)));
            }
            assert!(distance(&found, &expected, 1.0) <= SCAN, "{against}");
        }
    }
}

/// Of the largest number of a lane or gradient: products in another order, and scans in another order whose states last for long.
const CELLS: f32 = 1e-5;

fn form_of(case: &Case) -> &'static dyn Form {
    let (family, options) = cell::find(case.cell, &case.options).unwrap();
    let dims = Dims { input: case.input, hidden: case.hidden, bias: case.bias, sizes: cell::sizes(family, &options) };
    find(case.cell, &options, dims).unwrap_or_else(|| panic!("{}: expected a form", case.cell))
}

async fn check(gpu: &Gpu, case: Case, tolerance: f32) -> Found {
    compare(gpu, form_of(&case), &case, tolerance).await
}

/// Shapes of input and units, and of steps and batch, in pairs that meet each edge.
const SHAPES: [((usize, usize), (usize, usize)); 8] = [
    ((1, 1), (1, 1)),
    ((3, 2), (2, 3)),
    ((2, 3), (5, 2)),
    ((5, 5), (17, 3)),
    ((65, 63), (33, 2)),
    ((3, 64), (65, 2)),
    ((63, 65), (64, 1)),
    ((2, 3), (1000, 2)),
];

async fn minimal(gpu: &Gpu, cell: &'static str) {
    for (nth, (sizes, shape)) in SHAPES.into_iter().enumerate() {
        for reverse in [false, true] {
            let form = if (nth % 2 == 0) == reverse { "log" } else { "plain" };
            let found = check(gpu, Case { reverse, ..Case::new(cell, sizes, shape).option("form", form) }, CELLS).await;
            assert!(found.dispatches.0 == 2 && found.dispatches.1 <= 5, "{:?}", found.dispatches);
            println!("{cell} {form} {sizes:?} {shape:?} {found:?}");
        }
    }
    for form in ["log", "plain"] {
        // Gates at both their ends; no lengths, no states given.
        let case = Case { scale: 100.0, ..Case::new(cell, (5, 5), (40, 3)).option("form", form) };
        check(gpu, case.clone(), CELLS).await;
        check(gpu, Case { ragged: false, initial: false, reverse: true, ..case }, CELLS).await;
    }
}

gpu_test! {
    async fn min_gru_is_the_cpus(gpu) {
        minimal(gpu, "mingru").await;
    }
}

gpu_test! {
    async fn min_lstm_is_the_cpus(gpu) {
        minimal(gpu, "minlstm").await;
    }
}

gpu_test! {
    async fn what_is_not_finite_goes_through_cells(gpu) {
        for (cell, option, value) in [("mingru", "form", "plain"), ("minlstm", "form", "log"), ("s4d", "layer", "full"), ("mamba", "state", "4")] {
            for wrong in [f32::NAN, f32::INFINITY] {
                let case = Case::new(cell, (3, 5), (20, 2)).option(option, value);
                let found = compare_changed(gpu, form_of(&case), &case, MODES, |_, run| {
                    if let Input::Values(x) = &mut run.input {
                        x[3 * 2 * 7] = wrong;
                    }
                });
                println!("{cell} {wrong} {:?}", found.await);
            }
        }
    }
}

/// Of S4D: as `CELLS`, where a state may last for 2/Δ = 2,000 steps and each multiplies it by an Ā that is rounded to 6e-8, from
/// f32 on the device and from f64 on the CPU.
const MODES: f32 = 3e-5;

fn s4d(case: Case, nth: usize, layer: &str) -> Case {
    let case = case.option("init", ["lin", "inv", "real"][nth % 3]).option("state", ["2", "6", "16"][nth % 3]);
    case.option("discretisation", ["zoh", "bilinear"][nth / 3 % 2]).option("layer", layer)
}

gpu_test! {
    async fn s4d_is_the_cpus(gpu) {
        for (nth, (sizes, shape)) in SHAPES.into_iter().enumerate() {
            for (reverse, layer) in [(nth % 2 == 0, "bare"), (nth % 2 == 1, "full")] {
                let case = s4d(Case { reverse, ..Case::new("s4d", sizes, shape) }, nth, layer);
                let found = check(gpu, case.clone(), MODES).await;
                assert!(found.dispatches.0 <= 6 && found.dispatches.1 <= 20, "{:?}", found.dispatches);
                println!("s4d {:?} {sizes:?} {shape:?} {found:?}", case.options);
            }
        }
        // Every start and discretisation, with inputs up to ±100.
        for nth in 0..6 {
            let case = Case { scale: 100.0, reverse: nth % 2 == 0, ..Case::new("s4d", (4, 4), (60, 3)) };
            check(gpu, s4d(case.clone(), nth, "bare"), MODES).await;
            check(gpu, s4d(Case { ragged: false, initial: false, ..case }, nth, "full"), MODES).await;
        }
        let fast = Case::new("s4d", (2, 3), (300, 2)).option("state", "64");
        println!("s4d N = 64 {:?}", check(gpu, fast, MODES).await);
    }
}

/// Where a step turns by an angle of up to 100, which rounds to 1e-7 of itself, or hardly fades.
const EDGES: f32 = 1e-4;

gpu_test! {
    async fn s4d_at_the_edges_of_its_parameters(gpu) {
        for discretisation in ["zoh", "bilinear"] {
            let case = Case::new("s4d", (3, 4), (30, 2)).option("layer", "full").option("discretisation", discretisation);
            let found = compare_changed(gpu, form_of(&case), &case, EDGES, |net, _| {
                let mut set = |name: &str, values: &[f32]| {
                    let name = parameter_name(name, 0, 0);
                    let length = net.parameter(&name).unwrap().values.len();
                    let all: Vec<f32> = values.iter().copied().cycle().take(length).collect();
                    net.set_parameter(&name, &all).unwrap();
                };
                set("kernel.log_dt", &[-7.0, 0.0, -1.5, -12.0]);
                set("kernel.log_A_real", &[-60.0, -20.0, -0.7, 2.0, 4.5]);
                set("kernel.A_imag", &[0.0, 1e-6, 0.3, -5.0, 30.0, -100.0, 0.0]);
            });
            println!("s4d edges {:?}", found.await);
        }
    }
}

gpu_test! {
    async fn mamba_is_the_cpus(gpu) {
        for (nth, (sizes, shape)) in SHAPES.into_iter().enumerate() {
            for reverse in [false, true] {
                let which = if reverse { nth + 1 } else { nth } % 3;
                let case = Case { reverse, ..Case::new("mamba", sizes, shape) }.option("state", ["8", "1", "3"][which]);
                let case = case.option("conv", ["4", "1", "8"][which]).option("expand", ["2", "1", "3"][which]);
                let found = check(gpu, case.clone(), CELLS).await;
                assert!(found.dispatches.0 == 7 && found.dispatches.1 <= 32, "{:?}", found.dispatches);
                println!("mamba {:?} {sizes:?} {shape:?} {found:?}", case.options);
            }
        }
        let case = Case { scale: 100.0, ..Case::new("mamba", (5, 5), (40, 3)) };
        check(gpu, case.clone(), CELLS).await;
        check(gpu, Case { ragged: false, initial: false, reverse: true, ..case }, CELLS).await;
    }
}
