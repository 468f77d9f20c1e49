//! One network, its runs and their ways back, in memory that is used again and again: what training runs on.

use super::forward::Scratch;
use super::{Gradients, Initial, Net, Parameter, RunRef, Trace, Upstream};
use crate::cell::Precision;
use crate::error::{Code, Error, Result};

/// A network with room for a run of it and for the gradients of that run. Numbers are bit for bit those of `Net::run` and
/// `Trace::backward` (but for those of `for_training`); once it has seen a shape of run and of gradients, the next ones of that
/// shape allocate nothing.
pub struct Workspace<T: Precision> {
    /// The last run, and the network itself: parameters are in one place only.
    trace: Trace<T>,
    gradients: Gradients<T>,
    scratch: Scratch<T>,
    /// What `trace` and `gradients` hold: a run, with these parameters, and its way back.
    ran: bool,
    current: bool,
    went_back: bool,
}

impl<T: Precision> Workspace<T> {
    pub fn new(net: Net<T>) -> Self {
        let trace = Trace::empty(net);
        let gradients = Gradients::empty(&trace);
        Workspace { trace, gradients, scratch: Scratch::default(), ran: false, current: false, went_back: false }
    }

    /// The same, with a way back that cares for nothing but the parameters' gradients: in f32 a gradient of a carried lane that is
    /// smaller than `Scalar::NOTHING` (2^−96) counts as zero. One that vanishes over many steps would otherwise end in subnormal
    /// numbers, with which processors multiply some twenty to a hundred times more slowly.
    pub fn for_training(net: Net<T>) -> Self {
        let mut space = Workspace::new(net);
        space.scratch.training = true;
        space
    }

    pub fn net(&self) -> &Net<T> {
        &self.trace.net
    }

    /// The parameters, to be changed in place (copied first if somebody else holds the network). The last run keeps its
    /// numbers, but there is no way back from it any more.
    pub fn parameters_mut(&mut self) -> &mut [Parameter<T>] {
        self.parameters_and_gradients().0
    }

    /// The parameters, to be changed in place, beside their gradients of the last way back.
    pub fn parameters_and_gradients(&mut self) -> (&mut [Parameter<T>], &[Parameter<T>]) {
        (self.current, self.trace.packed) = (false, false);
        (self.trace.net.parameters_mut(), &self.gradients.parameters)
    }

    /// Runs the network, over what was run before. After an error the run before still stands.
    pub fn run(&mut self, run: &RunRef<T>) -> Result<&Trace<T>> {
        self.trace.forward(run, &mut self.scratch)?;
        (self.ran, self.current, self.went_back) = (true, true, false);
        Ok(&self.trace)
    }

    /// The last run. (Its `net` has the parameters of now.)
    pub fn trace(&self) -> Option<&Trace<T>> {
        self.ran.then_some(&self.trace)
    }

    /// The way back of the last run.
    ///
    /// # Errors
    /// `unsupported` where nothing was run since the parameters were last changed.
    pub fn backward(&mut self, upstream: &Upstream<T>) -> Result<&Gradients<T>> {
        if !self.current {
            return Err(Error::new(Code::Unsupported, "nothing was run with these parameters; expected a run before its way back"));
        }
        self.trace.backward_into(upstream, &mut self.gradients, &mut self.scratch)?;
        self.went_back = true;
        Ok(&self.gradients)
    }

    /// The way back of the last run, if it was gone.
    pub fn gradients(&self) -> Option<&Gradients<T>> {
        self.went_back.then_some(&self.gradients)
    }

    /// Final states of the last run, to be kept or given as the initial states of another. (`InitialRef::Carried` does the
    /// latter without a copy.)
    pub fn carried(&self) -> Result<Vec<Initial<T>>> {
        let Some(trace) = self.trace() else { return Ok(vec![]) };
        let spec = self.net().cell().spec();
        spec.carried()
            .map(|k| {
                let lane = spec.lanes[k].name;
                Ok(Initial { lane: lane.into(), values: trace.final_state(lane)? })
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::{Config, Head, InitialRef, Input, Run, Start};

    fn net(cell: &str) -> Net<f32> {
        let config = Config { head: Some(Head { outputs: 2 }), layers: 2, bidirectional: true, ..Config::new(cell, 3, 5) };
        Net::random(config, 7, Start::default()).unwrap()
    }

    fn run(steps: usize, batch: usize, seed: usize) -> Run<f32> {
        let x = (0..steps * batch * 3).map(|k| ((k * 7 + seed) % 11) as f32 / 5.0 - 1.0).collect();
        Run::new(steps, batch, Input::Values(x))
    }

    #[test]
    fn a_workspace_gives_what_a_run_gives() {
        for cell in ["rnn", "lstm", "gru"] {
            let mut space = Workspace::new(net(cell));
            // Longer, shorter, of different lengths: nothing of the run before may be seen.
            for (seed, (steps, batch)) in [(4, 2), (6, 3), (4, 2), (2, 3)].into_iter().enumerate() {
                let mut run = run(steps, batch, seed);
                run.lengths = Some((0..batch).map(|b| steps - b.min(1)).collect());
                run.masks = vec![(0..steps * batch * 10).map(|k| ((k + seed) % 3) as f32).collect()];
                let upstream = Upstream { prediction: Some(vec![0.5; steps * batch * 2]), ..Upstream::default() };
                let alone = space.net().run(run.clone()).unwrap();
                space.run(&run.as_ref()).unwrap();
                assert_eq!(space.trace().unwrap().prediction(), alone.prediction());
                let gradients = alone.backward(&upstream).unwrap();
                let again = space.backward(&upstream).unwrap();
                assert!(again.parameters == gradients.parameters && again.input == gradients.input, "{cell} {seed}");
                assert!(again.initial == gradients.initial && again.upstream == gradients.upstream, "{cell} {seed}");
                assert!(again.tapes.iter().zip(&gradients.tapes).all(|(tape, other)| tape.data == other.data), "{cell} {seed}");
                space.parameters_mut().iter_mut().flat_map(|p| &mut p.values).for_each(|w| *w *= 0.9);
                assert!(space.backward(&upstream).is_err(), "that run had other parameters");
            }
        }
    }

    #[test]
    fn only_training_drops_what_vanishes() {
        let config = Config { head: Some(Head { outputs: 1 }), ..Config::new("rnn", 1, 4) };
        let mut net = Net::<f32>::random(config, 7, Start::default()).unwrap();
        net.parameters_mut().iter_mut().flat_map(|p| &mut p.values).for_each(|w| *w *= 0.01);
        let run = Run::new(40, 1, Input::Values(vec![0.5; 40]));
        let mut d = vec![0.0; 40];
        d[39] = 1.0;
        let upstream = Upstream { prediction: Some(d), ..Upstream::default() };
        let (mut exact, mut training) = (Workspace::new(net.clone()), Workspace::for_training(net));
        exact.run(&run.as_ref()).unwrap();
        training.run(&run.as_ref()).unwrap();
        let (exact, training) = (exact.backward(&upstream).unwrap(), training.backward(&upstream).unwrap());
        assert!(exact.parameters == training.parameters, "too small to be seen in a sum");
        let of = |gradients: &Gradients<f32>, t: usize| gradients.tape(0, 0).unwrap().column(t, 0).iter().any(|d| *d != 0.0);
        let first = |gradients: &Gradients<f32>| (0..40).find(|t| of(gradients, *t)).unwrap();
        assert!(first(exact) < first(training), "{} {}", first(exact), first(training));
    }

    /// Stretches are cut elsewhere for two examples than for each alone; where, may not be seen.
    #[cfg(feature = "double")]
    #[test]
    fn the_gradients_of_a_batch_are_the_sum_of_its_examples() {
        let (steps, lengths) = (150, [150, 70]);
        let config = Config { head: Some(Head { outputs: 2 }), layers: 2, bidirectional: true, ..Config::new("lstm", 1, 5) };
        let net = Net::<f64>::random(config, 7, Start::default()).unwrap();
        let number = |k: usize| ((k * 7) % 11) as f64 / 5.0 - 1.0;
        let gradients = |examples: &[usize]| {
            let all = |width: usize| -> Vec<f64> {
                (0..steps).flat_map(|t| examples.iter().flat_map(move |b| (0..width).map(move |k| number(5 * t + 3 * b + k)))).collect()
            };
            let mut run = Run::new(steps, examples.len(), Input::Values(all(1)));
            run.lengths = Some(examples.iter().map(|b| lengths[*b]).collect());
            let upstream = Upstream { prediction: Some(all(2)), ..Upstream::default() };
            let found = net.run(run).unwrap().backward(&upstream).unwrap();
            found.parameters.into_iter().flat_map(|p| p.values).collect::<Vec<_>>()
        };
        let (both, first, second) = (gradients(&[0, 1]), gradients(&[0]), gradients(&[1]));
        let size = both.iter().fold(0.0f64, |size, d| size.max(d.abs()));
        for (k, d) in both.iter().enumerate() {
            assert!((d - first[k] - second[k]).abs() < 1e-12 * size, "{k}: {d} {} {}", first[k], second[k]);
        }
        assert!(both.iter().zip(&first).any(|(a, b)| (a - b).abs() > 1e-3 * size), "the other example counts");
    }

    #[test]
    fn carried_states_are_those_given() {
        for cell in ["rnn", "lstm", "gru"] {
            let (mut one, mut other) = (Workspace::new(net(cell)), Workspace::new(net(cell)));
            for seed in 0..3 {
                let mut run = run(5, 2, seed);
                run.lengths = Some(vec![5, 3]);
                run.initial = other.carried().unwrap();
                other.run(&run.as_ref()).unwrap();
                one.run(&RunRef { initial: InitialRef::Carried, ..run.as_ref() }).unwrap();
                assert_eq!(one.trace().unwrap().output(), other.trace().unwrap().output());
                let fresh = other.net().run(Run { initial: vec![], ..run }).unwrap();
                assert_eq!(fresh.output() == one.trace().unwrap().output(), seed == 0, "the states matter");
            }
            assert!(one.run(&RunRef { initial: InitialRef::Carried, ..run(5, 3, 0).as_ref() }).is_err(), "another batch");
            assert!(one.trace().is_some_and(|trace| trace.batch == 2), "the run before still stands");
        }
    }
}
