//! Which engine is the faster on this very network.

use serde::Serialize;

use super::engine::Rule;
use super::trainer::Trainer;
use crate::error::{Code, Error, Result};

/// Most updates of the other engine that are timed.
const MOST: f64 = 256.0;

/// Milliseconds of one update, its examples drawn and its loss brought back.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Times {
    pub cpu: f64,
    pub remote: f64,
}

impl<T: Rule> Trainer<T> {
    /// Times both engines with updates of this training, which then are as if they had never been: some `milliseconds` in all,
    /// more where one update takes longer. `now` is a clock, in milliseconds.
    ///
    /// # Errors
    /// `unsupported` without another engine or in slow motion; what the other engine fails with.
    pub async fn time_engines(&mut self, milliseconds: f64, now: &dyn Fn() -> f64) -> Result<Times> {
        if self.slow.is_some() {
            return Err(Error::new(Code::Unsupported, "an update is half done; expected its last phase before engines are timed"));
        }
        self.expect_remote()?;
        self.keep().await?;
        let (state, counters) = (self.engine.state(self.goes_on())?, self.counters);
        let found = self.times(milliseconds / 2.0, now).await;
        self.rewind(&state, counters)?;
        found
    }

    async fn times(&mut self, each: f64, now: &dyn Fn() -> f64) -> Result<Times> {
        // The first update of either makes room, and pipelines.
        let begun = now();
        self.update()?;
        let mut cpu = now() - begun;
        if cpu < each {
            let (begun, mut count) = (now(), 0.0);
            while count == 0.0 || now() - begun < each - cpu {
                self.update()?;
                count += 1.0;
            }
            cpu = (now() - begun) / count;
        }
        self.update_remote(1).await?;
        let begun = now();
        self.update_remote(1).await?;
        let mut remote = now() - begun;
        let more = ((each - remote) / remote.max(1e-3)).min(MOST);
        if more >= 1.0 {
            let (begun, count) = (now(), more as usize);
            self.update_remote(count).await?;
            remote = (now() - begun) / count as f64;
        }
        Ok(Times { cpu, remote })
    }
}
