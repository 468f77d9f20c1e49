//! Once warm, an update allocates nothing: not for batches, chunks, masks, losses, gradients, clipping or the optimiser.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::OnceLock;

#[path = "support/given.rs"]
mod given;

use given::Given;
use unrolled::cell::{all, variants};
use unrolled::net::Config;
use unrolled::train::{Settings, Trainer, optimizers};

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

fn task(classes: bool) -> Given {
    Given {
        steps: 12,
        inputs: 3,
        vocabulary: classes.then_some(9),
        outputs: (!classes).then_some(2),
        classes: classes.then_some(5),
        answers: "every".into(),
        lengths: classes,
        stream: Some(50),
        first: OnceLock::from(0),
    }
}

#[test]
fn a_warm_update_allocates_nothing() {
    type Change = fn(&mut Settings);
    let ways: [(&str, Change); 5] = [
        ("whole", |_| {}),
        ("dropout", |s| s.dropout = 0.3),
        ("truncated", |s| s.truncate = Some(5)),
        ("accumulated", |s| s.accumulate = 2),
        ("stream", |s| (s.carry, s.truncate) = (true, Some(12))),
    ];
    for (cell, options) in all().iter().flat_map(|f| variants(*f).into_iter().map(|options| (f.name(), options))) {
        for (k, (name, change)) in ways.into_iter().enumerate() {
            let rule = optimizers()[k % optimizers().len()].spec().name;
            let mut settings = Settings { batch: 5, optimizer: rule.into(), ..Settings::default() };
            change(&mut settings);
            let config = Config { layers: 2, options: options.clone(), ..Config::new(cell, 0, 17) };
            let mut trainer = Trainer::<f32>::new(Box::new(task(name == "dropout")), config, settings).unwrap();
            let cold = allocations(|| _ = trainer.update().unwrap());
            // A truncated sequence has chunks of several lengths.
            (0..6).for_each(|_| _ = trainer.update().unwrap());
            let warm = allocations(|| (0..9).for_each(|_| _ = trainer.update().unwrap()));
            assert!(cold > 10, "the counter counts");
            assert_eq!(warm, 0, "{cell} {options:?}, {name}, {rule}");
        }
    }
}
