//! Whole updates: twenty on the GPU and on the CPU from the same parameters and examples, for every cell that has a form, and every
//! way of training.

use std::rc::Rc;

use unrolled::cell;
use unrolled::gpu::{Adapter, Engine, Gpu, form};
use unrolled::math::rng::Rng;
use unrolled::net::{Config, Embedding, Head, Net, Readout, Start};
use unrolled::task::{Answers, Batch, Form, Inputs};
use unrolled::train::{Chunk, Clip, ClipKind, Cpu, Engine as _, Order, Outcome, Recipe, Remote, find_optimizer};

use crate::gpu_test;

const UPDATES: u64 = 20;
/// Of the loss and the norm, relative: what f32 in another order comes to over twenty updates that build on each other.
const OUTCOME: f64 = 1e-5;
/// Of the way that the parameters went, of its longest stretch. (Adam divides by the gradient's size, so that a gradient of nothing
/// but rounding goes as far as any other.)
const WAY: f64 = 4e-3;

/// A way of training.
struct Case {
    name: String,
    config: Config,
    form: Form,
    optimizer: &'static str,
    options: Vec<(&'static str, f64)>,
    clip: Clip,
    dropout: f64,
    batch: usize,
    /// Steps of the chunks of one update, and whether each begins afresh.
    chunks: Vec<(usize, bool)>,
    /// Examples of different lengths.
    ragged: bool,
}

impl Case {
    fn new(name: &str, cell: &str) -> Self {
        Case {
            name: name.into(),
            config: Config { head: Some(Head { outputs: 2 }), ..Config::new(cell, 3, 9) },
            form: Form {
                inputs: Inputs::Numbers { width: 3 },
                answers: Answers::Numbers { width: 2 },
                steps: 12,
                last_only: false,
                streams: false,
            },
            optimizer: "adam",
            options: vec![],
            clip: Clip::default(),
            dropout: 0.0,
            batch: 5,
            chunks: vec![(12, true)],
            ragged: true,
        }
    }

    fn chunk(&self, rng: &mut Rng, steps: usize, fresh: bool) -> Chunk {
        let mut batch = Batch::default();
        batch.reset(&self.form, steps, self.batch);
        if self.ragged {
            batch.lengths.iter_mut().enumerate().for_each(|(b, length)| *length = (steps - (3 * b) % steps).max(1));
        }
        let number = |rng: &mut Rng| 2.0 * rng.u() as f32 - 1.0;
        for place in 0..steps * self.batch {
            let (t, b) = (place / self.batch, place % self.batch);
            if t >= batch.lengths[b] {
                continue;
            }
            match self.form.inputs {
                Inputs::Numbers { width } => batch.numbers[place * width..(place + 1) * width].iter_mut().for_each(|x| *x = number(rng)),
                Inputs::Tokens { vocabulary } => batch.tokens[place] = (rng.u() * vocabulary as f64) as u32,
            }
            batch.counts[place] = if self.form.last_only { t + 1 == batch.lengths[b] } else { (t + b) % 3 != 1 };
            if batch.counts[place] {
                match self.form.answers {
                    Answers::Numbers { width } => {
                        batch.targets[place * width..(place + 1) * width].iter_mut().for_each(|x| *x = number(rng))
                    }
                    Answers::Classes { count } => batch.classes[place] = (rng.u() * count as f64) as u32,
                }
            }
        }
        Chunk { batch, fresh, from: 0 }
    }
}

fn order(update: u64) -> Order {
    Order { learning_rate: 3e-3, update }
}

fn relative(a: f64, b: f64) -> f64 {
    (a - b).abs() / b.abs().max(1e-6)
}

/// Runs a case on both. `spoil` changes the GPU's learning rate: the negative control.
async fn compare(gpu: &Rc<Gpu>, case: &Case, spoil: f64) -> (f64, f64) {
    let net = Net::<f32>::random(case.config.clone(), 2013, Start::default()).unwrap();
    let optimizer = find_optimizer(case.optimizer).unwrap();
    let chosen = |name: &str, default: f64| case.options.iter().find(|(n, _)| *n == name).map_or(default, |(_, value)| *value);
    let options: Vec<f64> = optimizer.spec().options.iter().map(|o| chosen(o.name, o.default)).collect();
    let dropout = (case.dropout, 77);
    let mut cpu = Cpu::new(net.clone(), case.form, optimizer, options.clone(), case.clip, dropout);
    let setup = Recipe { form: case.form, optimizer, options, clip: case.clip, dropout };
    let mut engine = Engine::new(gpu.clone(), &net, setup).unwrap();
    let mut rng = Rng::new(5);
    let mut expected: Vec<Outcome> = vec![];
    for update in 1..=UPDATES {
        let chunks: Vec<Chunk> = case.chunks.iter().map(|(steps, fresh)| case.chunk(&mut rng, *steps, *fresh)).collect();
        expected.push(cpu.update(&chunks, &order(update)).unwrap());
        let spoiled = Order { learning_rate: order(update).learning_rate * spoil, ..order(update) };
        engine.update(&chunks, &spoiled).unwrap();
    }
    let found = engine.outcomes().await.unwrap_or_else(|e| panic!("{}: {}", case.name, e.message));
    assert_eq!(found.len(), expected.len());
    let mut outcome = 0.0f64;
    for (a, b) in found.iter().zip(&expected) {
        outcome = outcome.max(relative(a.loss, b.loss)).max(relative(a.clipped.norm, b.clipped.norm));
        outcome = outcome.max(relative(a.clipped.clipped, b.clipped.clipped));
        outcome = outcome.max(relative(a.clipped.coefficient, b.clipped.coefficient));
    }
    let state = engine.state().await.unwrap();
    let (mut way, mut apart) = (0.0f64, 0.0f64);
    for ((there, here), start) in state.parameters.iter().zip(cpu.net().parameters()).zip(net.parameters()) {
        for ((a, b), from) in there.iter().zip(&here.values).zip(&start.values) {
            way = way.max(f64::from((b - from).abs()));
            apart = apart.max(f64::from((a - b).abs()));
        }
    }
    assert!(way > 0.0, "{}: nothing is learned", case.name);
    (outcome, apart / way)
}

async fn check(gpu: &Rc<Gpu>, case: &Case) {
    let (outcome, way) = compare(gpu, case, 1.0).await;
    println!("{}: outcomes {outcome:.1e}, way {way:.1e}", case.name);
    assert!(outcome <= OUTCOME && way <= WAY, "{}: outcomes {outcome:e} (expected {OUTCOME:e}), way {way:e} (expected {WAY:e})", case.name);
}

async fn device() -> Rc<Gpu> {
    Rc::new(Gpu::open(Adapter::Any).await.unwrap())
}

gpu_test! {
    async fn every_cell_with_a_form_learns_as_on_the_cpu(_one) {
        let gpu = &device().await;
        let mut seen = 0;
        for family in cell::all() {
            let mut variants = cell::variants(*family);
            if cfg!(target_arch = "wasm32") {
                // A browser takes ten times as long: the first and the last of each family there.
                variants = [variants.first(), variants.last().filter(|_| variants.len() > 1)].into_iter().flatten().cloned().collect();
            }
            for options in variants {
                let mut case = Case::new(&format!("{} {options:?}", family.name()), family.name());
                case.config.options = options.clone();
                let net = Net::<f32>::zeros(case.config.clone()).unwrap();
                if form::find(family.name(), &net.config().options, net.dims_of(0)).is_none() {
                    continue;
                }
                case.config.layers = 2;
                check(gpu, &case).await;
                seen += 1;
            }
        }
        assert!(seen >= 5, "{seen} variants have a form");
    }
}

gpu_test! {
    async fn every_way_of_training_is_the_cpus(_one) {
        let gpu = &device().await;
        let mut cases = vec![];
        for (cell, hidden) in [("lstm", 9), ("gru", 65), ("rnn", 7)] {
            let mut case = Case::new(&format!("{cell}: both directions, final states"), cell);
            (case.config.bidirectional, case.config.layers, case.config.readout, case.config.hidden) = (true, 2, Readout::FinalStates, hidden);
            case.form.last_only = true;
            cases.push(case);
            let mut case = Case::new(&format!("{cell}: truncated BPTT, two chunks an update"), cell);
            (case.chunks, case.ragged, case.form.steps) = (vec![(7, false), (4, false)], false, 11);
            case.config.layers = 2;
            cases.push(case);
            let mut case = Case::new(&format!("{cell}: dropout"), cell);
            (case.config.layers, case.dropout) = (3, 0.4);
            cases.push(case);
        }
        let mut case = Case::new("tokens and classes", "lstm");
        case.form = Form { inputs: Inputs::Tokens { vocabulary: 11 }, answers: Answers::Classes { count: 5 }, ..case.form };
        case.config = Config { embedding: Some(Embedding { vocabulary: 11, width: 6 }), head: Some(Head { outputs: 5 }), ..Config::new("lstm", 0, 9) };
        cases.push(case);
        for (optimizer, options) in [
            ("sgd", vec![]),
            ("sgd", vec![("momentum", 0.9), ("nesterov", 1.0), ("weightDecay", 0.01)]),
            ("adamw", vec![("weightDecay", 0.1)]),
            ("rmsprop", vec![("momentum", 0.5)]),
        ] {
            let mut case = Case::new(&format!("{optimizer} {options:?}"), "gru");
            (case.optimizer, case.options) = (optimizer, options);
            cases.push(case);
        }
        for (kind, limit) in [(ClipKind::None, 1.0), (ClipKind::Norm, 0.05), (ClipKind::Value, 0.01)] {
            let mut case = Case::new(&format!("{kind:?} {limit}"), "lstm");
            case.clip = Clip { kind, limit };
            cases.push(case);
        }
        // (A browser takes ten times as long: every other one there.)
        for case in cases.iter().step_by(if cfg!(target_arch = "wasm32") { 2 } else { 1 }) {
            check(gpu, case).await;
        }
        // The negative control: a learning rate off by a hundredth is seen.
        let (outcome, way) = compare(gpu, &cases[0], 1.01).await;
        assert!(outcome > OUTCOME || way > WAY, "{outcome:e} {way:e}");
    }
}

gpu_test! {
    async fn it_goes_on_from_a_state_and_is_seen_from_inside(_one) {
        let gpu = &device().await;
        let mut case = Case::new("resumed", "lstm");
        (case.config.layers, case.dropout, case.ragged) = (2, 0.3, false);
        let net = Net::<f32>::random(case.config.clone(), 2013, Start::default()).unwrap();
        let optimizer = find_optimizer("adam").unwrap();
        let options: Vec<f64> = optimizer.spec().options.iter().map(|o| o.default).collect();
        let setup = || Recipe { form: case.form, optimizer, options: options.clone(), clip: Clip::default(), dropout: (0.3, 77) };
        let mut whole = Engine::new(gpu.clone(), &net, setup()).unwrap();
        let mut half = Engine::new(gpu.clone(), &net, setup()).unwrap();
        let mut cpu = Cpu::new(net.clone(), case.form, optimizer, options.clone(), Clip::default(), (0.3, 77));
        let mut rng = Rng::new(5);
        let chunks: Vec<Chunk> = (0..6).map(|k| case.chunk(&mut rng, 8, k == 0)).collect();
        for (k, chunk) in chunks.iter().enumerate() {
            let chunk = std::slice::from_ref(chunk);
            whole.update(chunk, &order(k as u64 + 1)).unwrap();
            cpu.update(chunk, &order(k as u64 + 1)).unwrap();
            if k == 3 {
                // Another engine goes on from what this one has, whatever else was predicted meanwhile.
                half.predict(&chunk[0].batch).await.unwrap();
                let state = half.state().await.unwrap();
                assert!(!state.carried.is_empty());
                half = Engine::new(gpu.clone(), &Net::<f32>::zeros(case.config.clone()).unwrap(), setup()).unwrap();
                half.set_state(&state).unwrap();
            }
            half.update(chunk, &order(k as u64 + 1)).unwrap();
        }
        assert_eq!(whole.state().await.unwrap(), half.state().await.unwrap(), "the same bits");
        let seen = whole.seen().await.unwrap();
        let (trace, gradients) = (seen.trace, seen.gradients.unwrap());
        let there = (cpu.trace().unwrap(), cpu.last_gradients().unwrap());
        for layer in 0..2 {
            let pairs = [
                (trace.tape(layer, 0).unwrap(), there.0.tape(layer, 0).unwrap()),
                (gradients.tape(layer, 0).unwrap(), there.1.tape(layer, 0).unwrap()),
            ];
            for (a, b) in pairs {
                let worst = crate::harness::distance(a.data.as_slice(), b.data.as_slice(), 1e-6);
                assert!(worst < 1e-3, "{worst:e}");
            }
        }
        let prediction = whole.predict(&chunks[0].batch).await.unwrap();
        let run = unrolled::net::Run::new(8, case.batch, unrolled::net::Input::Values(chunks[0].batch.numbers.clone()));
        let expected = cpu.net().run(run).unwrap();
        assert!(crate::harness::distance(&prediction, expected.prediction().unwrap(), 1e-6) < 1e-3);
    }
}

gpu_test! {
    async fn a_lost_device_is_an_error_not_a_wait(_one) {
        let gpu = device().await;
        let case = Case::new("lost", "lstm");
        let net = Net::<f32>::random(case.config.clone(), 2013, Start::default()).unwrap();
        let optimizer = find_optimizer("sgd").unwrap();
        let options: Vec<f64> = optimizer.spec().options.iter().map(|o| o.default).collect();
        let setup = Recipe { form: case.form, optimizer, options, clip: Clip::default(), dropout: (0.0, 0) };
        let mut engine = Engine::new(gpu.clone(), &net, setup).unwrap();
        let chunk = case.chunk(&mut Rng::new(5), 8, true);
        engine.update(std::slice::from_ref(&chunk), &order(1)).unwrap();
        assert_eq!(engine.outcomes().await.unwrap().len(), 1);
        let before = gpu.used();
        assert!(before > 0 && engine.device().bytes == before);
        gpu.destroy();
        let found = match engine.update(&[chunk], &order(2)) {
            Ok(()) => engine.outcomes().await.map(|_| ()),
            error => error,
        };
        assert!(found.is_err(), "a lost device trains nothing");
        drop(engine);
        assert_eq!(gpu.used(), 0, "all is given back");
    }
}

gpu_test! {
    async fn what_does_not_fit_is_refused(gpu) {
        let most = gpu.about().largest as usize;
        let error = gpu.buffer(most / 4 + 64).err().unwrap();
        assert!(error.message.contains("expected at most"), "{}", error.message);
    }
}
