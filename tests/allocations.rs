//! Once warm, a training step allocates nothing: counted by the allocator itself.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use unrolled::cell::{all, variants};
use unrolled::net::{Config, Embedding, Head, InitialRef, InputRef, Net, Readout, RunRef, Start, Upstream, Workspace};

struct Counting;

thread_local! {
    /// Allocations of this thread (the harness has others).
    static COUNT: Cell<usize> = const { Cell::new(0) };
}

unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.with(|count| count.set(count.get() + 1));
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        unsafe { System.dealloc(at, layout) }
    }
    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        COUNT.with(|count| count.set(count.get() + 1));
        unsafe { System.realloc(at, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn allocations(what: impl FnOnce()) -> usize {
    let before = COUNT.get();
    what();
    COUNT.get() - before
}

/// Every variant of the registry, in one and two layers and directions.
fn configs() -> Vec<Config> {
    let mut configs = vec![];
    for (cell, options) in all().iter().flat_map(|f| variants(*f).into_iter().map(|options| (f.name(), options))) {
        for (layers, bidirectional) in [(1, false), (2, false), (1, true), (2, true)] {
            let head = Some(Head { outputs: 2 });
            configs.push(Config { layers, bidirectional, options: options.clone(), head, ..Config::new(cell, 3, 33) });
        }
    }
    configs
}

/// One update: forward, back, a step along the gradient; with masks renewed in place.
fn update(space: &mut Workspace<f32>, run: &RunRef<f32>, upstream: &Upstream<f32>) {
    space.run(run).unwrap();
    space.backward(upstream).unwrap();
    let (parameters, gradients) = space.parameters_and_gradients();
    for (p, g) in parameters.iter_mut().zip(gradients) {
        p.values.iter_mut().zip(&g.values).for_each(|(p, g)| *p -= 0.01 * g);
    }
}

#[test]
fn a_warm_training_step_allocates_nothing() {
    const STEPS: usize = 7;
    const BATCH: usize = 5;
    for config in configs() {
        let what = format!("{} {:?} {} layers, {} directions", config.cell, config.options, config.layers, config.directions());
        let masks = vec![vec![1.25; STEPS * BATCH * config.output_width()]; config.layers - 1];
        let mut space = Workspace::new(Net::<f32>::random(config, 1, Start::default()).unwrap());
        let input: Vec<f32> = (0..STEPS * BATCH * 3).map(|k| (k % 7) as f32 / 7.0).collect();
        let upstream = Upstream { prediction: Some(vec![0.1; STEPS * BATCH * 2]), ..Upstream::default() };
        let lengths = [7, 2, 7, 1, 5];
        let full = RunRef { masks: &masks, ..RunRef::new(STEPS, BATCH, InputRef::Values(&input)) };
        let carried = RunRef { initial: InitialRef::Carried, ..full };
        let ragged = RunRef { lengths: Some(&lengths), ..full };
        for (name, run) in [("full", full), ("carried", carried), ("of different lengths", ragged)] {
            assert!(allocations(|| update(&mut space, &run, &upstream)) > 0 || name != "full", "{what}: the counter counts");
            assert_eq!(allocations(|| (0..3).for_each(|_| update(&mut space, &run, &upstream))), 0, "{what}, {name}");
        }
        let alone = space.net().clone();
        assert!(allocations(|| update(&mut space, &full, &upstream)) > 0, "{what}: parameters that somebody else holds are copied");
        drop(alone);
    }
}

#[test]
fn tokens_and_final_states_allocate_nothing() {
    let embedding = Some(Embedding { vocabulary: 9, width: 4 });
    let config = Config { embedding, head: Some(Head { outputs: 2 }), readout: Readout::FinalStates, ..Config::new("lstm", 0, 8) };
    let mut space = Workspace::new(Net::<f32>::random(config, 1, Start::default()).unwrap());
    let ids: Vec<u32> = (0..6 * 3).map(|k| k % 9).collect();
    let run = RunRef::new(6, 3, InputRef::Ids(&ids));
    let upstream = Upstream { prediction: Some(vec![0.1; 3 * 2]), ..Upstream::default() };
    assert!(allocations(|| update(&mut space, &run, &upstream)) > 0);
    assert_eq!(allocations(|| update(&mut space, &run, &upstream)), 0);
}

#[test]
fn a_warm_streaming_step_allocates_nothing() {
    for config in configs().into_iter().filter(|config| !config.bidirectional) {
        let what = format!("{} {:?} {} layers", config.cell, config.options, config.layers);
        let mut space = Workspace::new(Net::<f32>::random(config, 1, Start::default()).unwrap());
        let run = RunRef { initial: InitialRef::Carried, ..RunRef::new(1, 1, InputRef::Values(&[0.1, 0.2, 0.3])) };
        assert!(allocations(|| _ = space.run(&run).unwrap()) > 0, "{what}: the counter counts");
        assert_eq!(allocations(|| (0..5).for_each(|_| _ = space.run(&run).unwrap())), 0, "{what}");
    }
}
