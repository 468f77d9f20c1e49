//! A trainer whose updates another engine does: the same reports and parameters to the last bit, and losing it loses nothing.

#[path = "support/given.rs"]
mod given;

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::pin;
use std::rc::Rc;
use std::sync::OnceLock;
use std::task::{Context, Poll, Waker};

use given::Given;
use unrolled::error::{Code, Error, Result};
use unrolled::net::{Config, Input, Run};
use unrolled::task::{Batch, Part};
use unrolled::train::{
    Chunk, Cpu, Device, Engine, Later, Order, Outcome, Phase, Recipe, Remote, Report, Seen, Settings, Start, State, Trainer, Validation,
};

fn given() -> Given {
    let (vocabulary, classes, answers, first) = (None, None, "some".into(), OnceLock::from(0));
    Given { steps: 12, inputs: 3, vocabulary, outputs: Some(2), classes, answers, lengths: false, stream: Some(7), first }
}

type Way = fn(&mut Config, &mut Settings);

/// Ways to train whose state between updates differs.
const WAYS: [(&str, Way); 7] = [
    ("sgd", |_, s| {
        s.optimizer = "sgd".into();
        s.options.insert("momentum".into(), 0.9);
    }),
    ("adamw, gru, chrono", |c, s| {
        c.cell = "gru".into();
        (s.optimizer, s.start) = ("adamw".into(), Start::Chrono);
    }),
    ("in the midst of a sequence", |_, s| s.truncate = Some(5)),
    ("in the midst of a sequence, several chunks an update", |_, s| (s.truncate, s.accumulate) = (Some(5), 2)),
    ("a stream", |c, s| (c.cell, s.carry, s.truncate) = ("rnn".into(), true, Some(12))),
    ("dropout and accumulation", |c, s| (c.layers, s.dropout, s.accumulate) = (3, 0.4, 2)),
    ("both directions", |c, _| c.bidirectional = true),
];

fn trainer(way: impl Fn(&mut Config, &mut Settings)) -> Trainer<f32> {
    let settings = Settings { batch: 4, learning_rate: 0.01, validation: 24, patience: Some(3), ..Settings::default() };
    let (mut config, mut settings) = (Config::new("lstm", 0, 6), settings);
    way(&mut config, &mut settings);
    Trainer::new(Box::new(given()), config, settings).unwrap()
}

/// What the tests see of another engine.
#[derive(Default)]
struct Watched {
    /// Updates handed over, by their number.
    handed: RefCell<Vec<u64>>,
    /// States asked for, and given.
    fetched: Cell<usize>,
    given: Cell<usize>,
    /// From the update of this number on no outcome comes; 0 for never.
    fails: Cell<u64>,
    /// Asked for its state, it fails.
    withholds: Cell<bool>,
}

/// Another engine, which is this processor once more.
struct Other {
    cpu: Cpu<f32>,
    watched: Rc<Watched>,
    outcomes: Vec<Outcome>,
    /// Fails with the next thing that is asked; has done so.
    fails: bool,
    failed: Cell<bool>,
    ran: bool,
    /// Forgets what it is given beside parameters: the negative control.
    forgetful: bool,
}

fn gone<T>() -> Result<T> {
    Err(Error::new(Code::Unsupported, "the other engine is gone"))
}

impl Other {
    fn alive(&self) -> Result<()> {
        self.failed.set(self.fails);
        if self.fails { gone() } else { Ok(()) }
    }
}

impl Remote<f32> for Other {
    fn update(&mut self, chunks: &[Chunk], order: &Order) -> Result<()> {
        assert!(self.watched.given.get() > 0, "an update before there is a state");
        assert!(!self.failed.get(), "an update after a failure");
        self.watched.handed.borrow_mut().push(order.update);
        self.fails |= (1..=order.update).contains(&self.watched.fails.get());
        self.outcomes.push(self.cpu.update(chunks, order)?);
        self.ran = true;
        Ok(())
    }
    fn outcomes(&mut self) -> Later<'_, Vec<Outcome>> {
        let found = std::mem::take(&mut self.outcomes);
        Box::pin(async move { self.alive().map(|()| found) })
    }
    fn state(&mut self) -> Later<'_, State<f32>> {
        self.watched.fetched.set(self.watched.fetched.get() + 1);
        self.fails |= self.watched.withholds.get();
        Box::pin(async move { self.alive().and_then(|()| self.cpu.state(self.ran)) })
    }
    fn set_state(&mut self, state: &State<f32>) -> Result<()> {
        self.watched.given.set(self.watched.given.get() + 1);
        let mut state = state.clone();
        if self.forgetful {
            state.moments.iter_mut().flatten().flatten().for_each(|m| *m = 0.0);
            (state.carried, state.runs) = (vec![], 0);
        }
        self.cpu.set_state(&state)
    }
    fn seen(&mut self) -> Later<'_, Seen<f32>> {
        let cpu = &self.cpu;
        Box::pin(async move {
            let Some(trace) = cpu.trace().cloned() else { return gone() };
            Ok(Seen { trace, gradients: cpu.last_gradients().cloned(), sums: cpu.gradients().to_vec() })
        })
    }
    fn predict<'a>(&'a mut self, batch: &'a Batch) -> Later<'a, Vec<f32>> {
        let mut run = Run::new(batch.steps, batch.size, Input::Values(batch.numbers.clone()));
        run.lengths = Some(batch.lengths.clone());
        Box::pin(async move {
            self.alive()?;
            Ok(self.cpu.net().run(run)?.prediction().unwrap_or(&[]).to_vec())
        })
    }
    fn device(&self) -> Device {
        Device { name: "the same processor".into(), ..Device::default() }
    }
}

/// An engine with the network's first parameters, which it was not given otherwise.
fn other(trainer: &Trainer<f32>, forgetful: bool) -> (Box<dyn Remote<f32>>, Rc<Watched>) {
    let Recipe { form, optimizer, options, clip, dropout } = trainer.engine().recipe();
    let cpu = Cpu::new(trainer.net().clone(), form, optimizer, options, clip, dropout);
    let watched = Rc::new(Watched::default());
    (
        Box::new(Other { cpu, watched: watched.clone(), outcomes: vec![], fails: false, failed: Cell::new(false), ran: false, forgetful }),
        watched,
    )
}

fn attached(trainer: &mut Trainer<f32>) -> Rc<Watched> {
    let (remote, watched) = other(trainer, false);
    trainer.attach(remote).unwrap();
    watched
}

/// Of a future that waits for nothing.
fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(found) => found,
        Poll::Pending => panic!("this engine waits for nothing"),
    }
}

fn here(trainer: &mut Trainer<f32>, count: usize) -> Vec<Report> {
    (0..count).map(|_| trainer.update().unwrap()).collect()
}

fn there(trainer: &mut Trainer<f32>, count: usize) -> Vec<Report> {
    now(trainer.update_remote(count)).unwrap()
}

fn validated(trainer: &mut Trainer<f32>) -> Validation {
    loop {
        let found = now(trainer.validate_some_remote(10)).unwrap();
        if found.done >= 1.0 {
            return found;
        }
    }
}

#[test]
fn another_engine_gives_the_same_reports_and_the_same_file() {
    for (name, way) in WAYS {
        let (mut alone, mut trained) = (trainer(way), trainer(way));
        // Some updates before it comes; then in batches, kept and not kept between; then some after it has gone.
        assert_eq!(here(&mut trained, 3), here(&mut alone, 3));
        let watched = attached(&mut trained);
        for (count, keep) in [(1, false), (4, true), (2, true), (3, false), (2, false)] {
            assert_eq!(there(&mut trained, count), here(&mut alone, count), "{name}");
            if keep {
                now(trained.keep()).unwrap();
                assert_eq!(trained.save("").unwrap(), alone.save("").unwrap(), "{name}");
            }
        }
        assert_eq!(*watched.handed.borrow(), (4..16).collect::<Vec<_>>(), "{name}: each update once");
        assert_eq!((watched.given.get(), watched.fetched.get()), (1, 2), "{name}: what both know is not sent again");
        now(trained.detach()).unwrap();
        assert_eq!(here(&mut trained, 4), here(&mut alone, 4), "{name}");
        assert_eq!(trained.save("").unwrap(), alone.save("").unwrap(), "{name}");
    }
}

/// What the test above compares differs where an engine does not take over all of it.
#[test]
fn an_engine_that_forgets_is_seen() {
    for (name, way) in WAYS {
        let (mut alone, mut trained) = (trainer(way), trainer(way));
        here(&mut trained, 4);
        here(&mut alone, 4);
        let (remote, _) = other(&trained, true);
        trained.attach(remote).unwrap();
        assert_ne!(there(&mut trained, 3), here(&mut alone, 3), "{name}");
    }
}

#[test]
fn a_failure_loses_nothing_and_repeats_what_was_not_kept() {
    for (name, way) in WAYS {
        // Fails at once; between two that are handed over together; right after a keep; while it is asked for its state.
        for (fails, kept) in [(4, 3), (7, 3), (9, 8), (0, 8)] {
            let (mut alone, mut trained) = (trainer(way), trainer(way));
            let mut told = here(&mut trained, 3);
            let watched = attached(&mut trained);
            watched.fails.set(fails);
            let failed = 'training: {
                for (count, keep) in [(5, true), (4, false), (4, true)] {
                    match now(trained.update_remote(count)) {
                        Ok(reports) => told.extend(reports),
                        Err(error) => break 'training error,
                    }
                    watched.withholds.set(fails == 0 && count == 4);
                    if let Some(error) = keep.then(|| now(trained.keep()).err()).flatten() {
                        break 'training error;
                    }
                }
                panic!("{name}: it did not fail");
            };
            assert_eq!(failed.code, Code::Unsupported);
            assert_eq!((trained.kept(), trained.fall_back().unwrap()), (kept, kept), "{name}");
            assert!(trained.device().is_none());
            // What was told stays true: the repeated updates find the same.
            told.truncate(kept as usize);
            told.extend(here(&mut trained, 15 - kept as usize));
            assert_eq!(told, here(&mut alone, 15), "{name}, {fails}");
            assert_eq!(trained.save("").unwrap(), alone.save("").unwrap(), "{name}, {fails}");
        }
    }
}

/// What the test above compares differs where counters are not taken back.
#[test]
fn going_on_without_falling_back_is_refused() {
    let mut trained = trainer(|_, s| s.truncate = Some(5));
    let watched = attached(&mut trained);
    watched.fails.set(2);
    assert!(now(trained.update_remote(3)).is_err());
    for refused in [trained.update().err(), trained.phase(Phase::Forward).err(), trained.save("").err(), trained.validate_some(4).err()] {
        assert!(refused.unwrap().message.contains("expected `keep` before"));
    }
    assert!(trained.held(Part::Valid, 0).is_err() && now(trained.keep()).is_err());
    assert_eq!(trained.fall_back().unwrap(), 0);
    assert!(now(trained.update_remote(1)).is_err(), "nobody is there");
    trained.update().unwrap();
}

#[test]
fn slow_motion_and_single_updates_are_done_here_and_handed_over() {
    for (name, way) in WAYS {
        let (mut alone, mut trained) = (trainer(way), trainer(way));
        let watched = attached(&mut trained);
        assert_eq!(there(&mut trained, 2), here(&mut alone, 2));
        now(trained.keep()).unwrap();
        assert_eq!(trained.phase(Phase::Forward).unwrap().update, 3);
        assert!(trained.engine().trace().is_some());
        // The rest of it, and two more.
        assert_eq!(there(&mut trained, 3), here(&mut alone, 3), "{name}");
        assert_eq!(*watched.handed.borrow(), [1, 2, 4, 5], "{name}");
        now(trained.keep()).unwrap();
        assert_eq!(here(&mut trained, 2), here(&mut alone, 2), "{name}");
        // A failure right after costs none of them.
        watched.fails.set(8);
        assert!(now(trained.update_remote(1)).is_err());
        assert_eq!(trained.fall_back().unwrap(), 7);
        assert_eq!(here(&mut trained, 3), here(&mut alone, 3), "{name}");
        assert_eq!(trained.save("").unwrap(), alone.save("").unwrap(), "{name}");
    }
}

#[test]
fn a_validation_there_is_a_validation_here() {
    for (name, way) in WAYS {
        let slowly = |c: &mut Config, s: &mut Settings| {
            way(c, s);
            (s.learning_rate, s.forget_bias, s.start) = (3e-3, None, Start::Pytorch);
        };
        let (mut alone, mut trained) = (trainer(slowly), trainer(slowly));
        let watched = attached(&mut trained);
        for round in 0..8 {
            let (found, own) = (validated(&mut trained), alone.validate().unwrap());
            // (Slices of another size are summed in another order.)
            assert!((found.loss - own.loss).abs() < 1e-9 * own.loss, "{name}: {found:?}, {own:?}");
            assert_eq!((found.best, found.stop, found.update), (own.best, own.stop, own.update), "{name}");
            assert_eq!(trained.kept(), if found.best { found.update } else { trained.kept() }, "{name}: the best is kept");
            assert_eq!(trained.best().map(|b| b.update), alone.best().map(|b| b.update));
            let parameters = |net: Option<unrolled::net::Net<f32>>| net.unwrap().parameters().to_vec();
            assert_eq!(parameters(trained.best_net()), parameters(alone.best_net()), "{name}");
            assert_eq!(there(&mut trained, 2), here(&mut alone, 2), "{name}, {round}");
        }
        // (In both directions nothing but the start is ever the best.)
        assert_eq!(watched.fetched.get() > 0, name != "both directions", "{name}");
        // Under way when the engine goes: begun anew, of what was kept.
        now(trained.keep()).unwrap();
        now(trained.validate_some_remote(10)).unwrap();
        trained.fall_back().unwrap();
        assert_eq!(trained.validate().unwrap(), alone.validate().unwrap(), "{name}");
    }
}

#[test]
fn validations_that_are_taken_back_are_not_counted_twice() {
    // A rate of 0 makes none but the first the best, and 3 without improvement are the end.
    let mut trained = trainer(|_, s| s.learning_rate = 0.0);
    let watched = attached(&mut trained);
    assert!(validated(&mut trained).best);
    there(&mut trained, 1);
    let second = validated(&mut trained);
    assert!(!second.best && !second.stop);
    watched.fails.set(2);
    assert!(now(trained.update_remote(1)).is_err());
    assert_eq!(trained.fall_back().unwrap(), 0);
    let stops: Vec<bool> = (0..3).map(|_| trained.validate().unwrap().stop).collect();
    assert_eq!(stops, [false, false, true]);
}

#[test]
fn a_look_shows_the_other_engines_last_update() {
    for (name, way) in WAYS {
        let (mut alone, mut trained) = (trainer(way), trainer(way));
        // (Where there is no answer there is a NaN, and two of them are not equal.)
        let held = |trained: &mut Trainer<f32>, alone: &Trainer<f32>| {
            let (found, own) = (now(trained.held_remote(Part::Valid, 3)).unwrap(), alone.held(Part::Valid, 3).unwrap());
            assert_eq!(format!("{found:?}"), format!("{own:?}"), "{name}");
        };
        here(&mut alone, 3);
        attached(&mut trained);
        now(trained.look()).unwrap();
        assert!(trained.engine().trace().is_none(), "there was no update");
        there(&mut trained, 3);
        assert!(trained.engine().trace().is_none() && trained.engine().gradients().is_empty(), "nobody has looked");
        now(trained.look()).unwrap();
        let same = |trained: &Trainer<f32>| {
            let (seen, own) = (trained.engine(), alone.engine());
            assert_eq!(seen.gradients(), own.gradients(), "{name}");
            assert_eq!(seen.last_loss(), own.last_loss(), "{name}");
            assert_eq!(seen.trace().unwrap().prediction(), own.trace().unwrap().prediction(), "{name}");
            let of = |cpu: &Cpu<f32>| cpu.last_gradients().map(|g| unrolled::train::step_norms(g, 0, 0).unwrap());
            assert_eq!(of(seen), of(own), "{name}");
        };
        same(&trained);
        // Keeping changes nothing about it; the next update does.
        now(trained.keep()).unwrap();
        same(&trained);
        held(&mut trained, &alone);
        there(&mut trained, 1);
        assert!(trained.engine().trace().is_none());
        alone.update().unwrap();
        assert!(trained.held(Part::Valid, 3).is_err(), "{name}: parameters are elsewhere");
        held(&mut trained, &alone);
        // What a prediction may have written over is not shown.
        now(trained.look()).unwrap();
        assert!(trained.engine().trace().is_none());
        there(&mut trained, 1);
        now(trained.look()).unwrap();
        assert!(trained.engine().trace().is_some());
    }
}

/// A clock that moves by a millisecond each time somebody looks.
fn clock() -> impl Fn() -> f64 {
    let at = Cell::new(0.0);
    move || {
        at.set(at.get() + 1.0);
        at.get()
    }
}

#[test]
fn timing_leaves_no_trace() {
    for (name, way) in WAYS {
        let (mut alone, mut trained) = (trainer(way), trainer(way));
        let watched = attached(&mut trained);
        let mut both = |trained: &mut Trainer<f32>, count: usize| assert_eq!(there(trained, count), here(&mut alone, count), "{name}");
        for budget in [0.0, 7.0, 40.0] {
            let found = now(trained.time_engines(budget, &clock())).unwrap();
            assert!(found.cpu > 0.0 && found.remote > 0.0, "{name}: {found:?}");
            both(&mut trained, 2);
        }
        // Nor when the other engine fails meanwhile.
        watched.fails.set(8);
        assert!(now(trained.time_engines(9.0, &clock())).is_err());
        assert_eq!(trained.fall_back().unwrap(), 6);
        assert_eq!(here(&mut trained, 3), here(&mut alone, 3), "{name}");
        assert_eq!(trained.save("").unwrap(), alone.save("").unwrap(), "{name}");
    }
}
