//! How the learning rate changes over the updates.

use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ScheduleKind {
    #[default]
    Constant,
    /// Half a cosine from 1 to `floor` over `updates`, then `floor`.
    Cosine,
    /// Linear over the first `warmUp` updates, then constant.
    WarmUp,
    /// Linear, then the half cosine over what is left of `updates`.
    WarmUpCosine,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Schedule {
    pub kind: ScheduleKind,
    /// Updates of the warm-up.
    pub warm_up: u64,
    /// Updates in all, after which the cosine has come down.
    pub updates: u64,
    /// Share of the learning rate that remains at the end.
    pub floor: f64,
}

impl Default for Schedule {
    fn default() -> Self {
        Schedule { kind: ScheduleKind::Constant, warm_up: 100, updates: 1000, floor: 0.0 }
    }
}

impl Schedule {
    /// The factor of the learning rate at update k, counted from 0 (PyTorch's `LambdaLR`; the cosine is `CosineAnnealingLR`'s).
    pub fn factor(&self, k: u64) -> f64 {
        let warm = match self.kind {
            ScheduleKind::WarmUp | ScheduleKind::WarmUpCosine => self.warm_up,
            ScheduleKind::Constant | ScheduleKind::Cosine => 0,
        };
        if k < warm {
            return (k + 1) as f64 / warm as f64;
        }
        if matches!(self.kind, ScheduleKind::Constant | ScheduleKind::WarmUp) {
            return 1.0;
        }
        let length = self.updates.saturating_sub(warm).max(1) as f64;
        let way = ((k - warm) as f64 / length).min(1.0);
        self.floor + (1.0 - self.floor) * 0.5 * (1.0 + libm::cos(std::f64::consts::PI * way))
    }
}
