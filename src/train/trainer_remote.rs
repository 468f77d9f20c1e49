//! A trainer whose updates another engine does. Examples, rates and counters stay here, and so does a copy of everything that was
//! learned, which is fetched from time to time: losing the other engine costs what was learned since.

use super::checkpoint::Counters;
use super::engine::Rule;
use super::held::{Held, told};
use super::remote::{Device, Remote, State};
use super::trainer::{Report, Trainer};
use super::validation::Validation;
use crate::cell::Precision;
use crate::error::{Code, Error, Result};
use crate::net::Readout;
use crate::task::Part;

/// The engine elsewhere.
pub(super) struct Away<T: Precision> {
    pub(super) remote: Option<Box<dyn Remote<T>>>,
    pub(super) ahead: Ahead,
    /// Where the copy here stands while the other engine is ahead.
    kept: Counters,
    /// Loss of its last update.
    loss: f64,
    /// It has done one at all.
    updated: bool,
    /// It has predicted since, and may have done so over what its last update left.
    predicted: bool,
}

/// Who has done the last update.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ahead {
    /// This processor: what the other engine has is older.
    Here,
    There,
    /// Both have the same.
    Neither,
}

impl<T: Precision> Default for Away<T> {
    fn default() -> Self {
        Away { remote: None, ahead: Ahead::Here, kept: Counters::default(), loss: f64::NAN, updated: false, predicted: false }
    }
}

fn none() -> Error {
    Error::new(Code::Unsupported, "no other engine trains; expected `attach` before")
}

impl<T: Rule> Trainer<T> {
    /// Has another engine do the updates from now on. It gets what this trainer has learned with its first update.
    pub fn attach(&mut self, remote: Box<dyn Remote<T>>) -> Result<()> {
        self.here("another engine")?;
        self.away = Away { remote: Some(remote), ..Away::default() };
        self.pass.forget();
        Ok(())
    }

    /// Goes on without the other engine, whose last update is kept.
    pub async fn detach(&mut self) -> Result<()> {
        self.keep().await?;
        self.away = Away::default();
        self.pass.forget();
        Ok(())
    }

    /// The other engine has failed, and is dropped: this processor goes on from what was kept last. Returns the updates made up to
    /// there. Batches since then are drawn again, and validations since then count no more; the best one is always kept.
    pub fn fall_back(&mut self) -> Result<u64> {
        let away = std::mem::take(&mut self.away);
        self.pass.forget();
        if away.ahead == Ahead::There {
            self.engine.show(None);
            self.resume(away.kept)?;
        }
        Ok(self.counters.updates)
    }

    /// Fetches what the other engine has learned. What reads the network, saves it or takes an update apart asks for this before.
    pub async fn keep(&mut self) -> Result<()> {
        if self.away.ahead == Ahead::There {
            let remote = self.away.remote.as_deref_mut().ok_or_else(none)?;
            let state = remote.state().await?;
            self.engine.set_state(&state)?;
            self.away.ahead = Ahead::Neither;
        }
        Ok(())
    }

    /// Updates made by what is kept here.
    pub fn kept(&self) -> u64 {
        if self.away.ahead == Ahead::There { self.away.kept.updates } else { self.counters.updates }
    }

    /// # Errors
    /// `unsupported` where there is no other engine.
    pub(super) fn expect_remote(&self) -> Result<()> {
        self.away.remote.as_ref().map(|_| ()).ok_or_else(none)
    }

    /// What the other engine runs on.
    pub fn device(&self) -> Option<Device> {
        self.away.remote.as_ref().map(|remote| remote.device())
    }

    /// `n` updates (one at least) on the other engine, what `update` would tell of each.
    ///
    /// # Errors
    /// `unsupported` without another engine; whatever it fails with, after which `fall_back` is all that can be done.
    pub async fn update_remote(&mut self, n: usize) -> Result<Vec<Report>> {
        let mut reports = vec![];
        if self.slow.is_some() {
            reports.push(self.finish_slowly()?);
        }
        let mut handed = vec![];
        while reports.len() + handed.len() < n.max(1) {
            self.hand_over()?;
            if self.away.ahead != Ahead::There {
                (self.away.ahead, self.away.kept) = (Ahead::There, self.counters);
            }
            self.engine.show(None);
            let count = self.gather()?;
            let order = self.order();
            self.away.remote.as_deref_mut().ok_or_else(none)?.update(&self.chunks[..count], &order)?;
            self.counters.updates += 1;
            handed.push((order, self.counters.drawn));
        }
        if handed.is_empty() {
            return Ok(reports);
        }
        let found = self.away.remote.as_deref_mut().ok_or_else(none)?.outcomes().await?;
        if found.len() != handed.len() {
            let message = format!("the other engine tells of {} updates; expected {}", found.len(), handed.len());
            return Err(Error::new(Code::Unsupported, message));
        }
        (self.away.updated, self.away.predicted) = (true, false);
        self.away.loss = found.last().map_or(f64::NAN, |last| last.loss);
        reports.extend(handed.iter().zip(&found).map(|((order, examples), found)| Report::of(order, *examples, found)));
        Ok(reports)
    }

    /// The other engine gets what was learned here since.
    fn hand_over(&mut self) -> Result<()> {
        if self.away.ahead == Ahead::Here {
            let state = self.engine.state(self.goes_on())?;
            self.away.remote.as_deref_mut().ok_or_else(none)?.set_state(&state)?;
            self.away.ahead = Ahead::Neither;
        }
        Ok(())
    }

    /// As `validate_some`, measured by the other engine. Parameters are fetched where they are the best.
    pub async fn validate_some_remote(&mut self, size: usize) -> Result<Validation> {
        self.hand_over()?;
        self.away.predicted = true;
        let remote = self.away.remote.as_deref_mut().ok_or_else(none)?;
        let (now, part) = ((remote, self.counters.updates), (Part::Valid, self.settings.validation));
        let mut found = self.pass.advance_remote(now, &*self.task, part, size.max(1)).await?;
        if found.done >= 1.0 {
            found.best = self.is_best(&found);
            let mut measured = None;
            if found.best {
                self.keep().await?;
                measured = Some(self.net().parameters().iter().map(|p| p.values.clone()).collect());
            }
            self.conclude(&mut found, measured);
        }
        Ok(found)
    }

    /// Fetches the last update from inside: until the next one, `engine()` shows it as if it had been done here. (Not after a
    /// validation or an example that was asked for since: who wants both looks first.)
    pub async fn look(&mut self) -> Result<()> {
        if self.away.ahead != Ahead::Here && self.engine.trace().is_none() && !self.away.predicted && self.away.updated {
            let remote = self.away.remote.as_deref_mut().ok_or_else(none)?;
            let seen = remote.seen().await?;
            self.engine.show(Some((seen, self.away.loss)));
        }
        Ok(())
    }

    /// As `held`, read by the other engine.
    pub async fn held_remote(&mut self, part: Part, k: usize) -> Result<Held> {
        if self.away.ahead != Ahead::There {
            return self.held(part, k);
        }
        let batch = self.held_batch(part, k)?;
        self.away.predicted = true;
        let y = self.away.remote.as_deref_mut().ok_or_else(none)?.predict(&batch).await?;
        let per_example = self.net().config().readout == Readout::FinalStates;
        Ok(told(self.task(), per_example, &batch, 0, &y))
    }

    /// Whatever was done since is as if it had never been.
    pub(super) fn rewind(&mut self, state: &State<T>, counters: Counters) -> Result<()> {
        self.away.ahead = Ahead::Here;
        self.engine.show(None);
        self.engine.set_state(state)?;
        self.resume(counters)
    }

    /// # Errors
    /// `unsupported` while the other engine has done updates that are not kept.
    pub(super) fn here(&self, what: &str) -> Result<()> {
        if self.away.ahead == Ahead::There {
            let message = format!("{what} while another engine is ahead; expected `keep` before");
            return Err(Error::new(Code::Unsupported, message));
        }
        Ok(())
    }

    /// As `here`; what is done now is handed over before the other engine's next update.
    pub(super) fn act_here(&mut self, what: &str) -> Result<()> {
        self.here(what)?;
        self.away.ahead = Ahead::Here;
        Ok(())
    }
}
