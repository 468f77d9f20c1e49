//! One network, its runs and their ways back, in memory that is used again and again: what training runs on.

use super::{Gradients, Initial, Net, Parameter, Run, Trace, Upstream};
use crate::cell::Precision;
use crate::error::{Code, Error, Result};

/// A network with room for a run of it and for the gradients of that run. Numbers are bit for bit those of `Net::run` and
/// `Trace::backward`.
pub struct Workspace<T: Precision> {
    net: Net<T>,
    trace: Option<Trace<T>>,
    gradients: Option<Gradients<T>>,
}

impl<T: Precision> Workspace<T> {
    pub fn new(net: Net<T>) -> Self {
        Workspace { net, trace: None, gradients: None }
    }

    pub fn net(&self) -> &Net<T> {
        &self.net
    }

    /// The parameters, to be changed in place. What was run before keeps no tie to them.
    pub fn parameters_mut(&mut self) -> &mut [Parameter<T>] {
        self.net.parameters_mut()
    }

    /// Runs the network; what the run before computed is overwritten.
    pub fn run(&mut self, run: Run<T>) -> Result<&Trace<T>> {
        Ok(self.trace.insert(self.net.run(run)?))
    }

    /// The last run.
    pub fn trace(&self) -> Option<&Trace<T>> {
        self.trace.as_ref()
    }

    /// The way back of the last run.
    pub fn backward(&mut self, upstream: &Upstream<T>) -> Result<&Gradients<T>> {
        let trace =
            self.trace.as_ref().ok_or_else(|| Error::new(Code::Unsupported, "nothing was run; expected a run before its way back"))?;
        Ok(self.gradients.insert(trace.backward(upstream)?))
    }

    pub fn gradients(&self) -> Option<&Gradients<T>> {
        self.gradients.as_ref()
    }

    /// Final states of the last run as the initial states of the next: carried, and detached, since gradients end at a run's start.
    pub fn carried(&self) -> Result<Vec<Initial<T>>> {
        let Some(trace) = &self.trace else { return Ok(vec![]) };
        let spec = self.net.cell().spec();
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
    use crate::net::{Config, Head, Input, Start};

    #[test]
    fn a_workspace_gives_what_a_run_gives() {
        let config = Config { head: Some(Head { outputs: 2 }), layers: 2, ..Config::new("lstm", 3, 5) };
        let net = Net::<f32>::random(config, 7, Start::default()).unwrap();
        let mut space = Workspace::new(net.clone());
        for seed in 0..3 {
            let x: Vec<f32> = (0..4 * 2 * 3).map(|k| ((k * 7 + seed) % 11) as f32 / 5.0 - 1.0).collect();
            let run = Run::new(4, 2, Input::Values(x));
            let upstream = Upstream { prediction: Some(vec![0.5; 4 * 2 * 2]), ..Upstream::default() };
            let alone = net.run(run.clone()).unwrap();
            space.run(run).unwrap();
            assert_eq!(space.trace().unwrap().output(), alone.output());
            let gradients = alone.backward(&upstream).unwrap();
            assert_eq!(space.backward(&upstream).unwrap().parameters, gradients.parameters);
        }
    }
}
