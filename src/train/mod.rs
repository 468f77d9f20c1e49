//! Training: settings, losses of a batch, clipping, optimisers, and the trainer that puts them to work on a task.

mod checkpoint;
mod clip;
mod dropout;
mod engine;
mod examples;
mod held;
mod inside;
mod look;
mod loss;
mod optimizer;
mod phase;
mod remote;
mod schedule;
mod settings;
mod timing;
mod trainer;
mod trainer_remote;
mod validation;

pub use checkpoint::about;
pub use clip::{Clip, ClipKind, Clipped, clip};
pub use dropout::{fill_mask, key as dropout_key};
pub use engine::{Chunk, Cpu, Engine, Order, Outcome, Recipe, Rule};
pub use examples::Examples;
pub use held::Held;
pub use inside::Inside;
pub use look::{Saturated, Spread, saturation, spread, step_norms};
pub use loss::{batch_loss, weight as loss_weight};
pub use optimizer::{At, Optimizer, OptionSpec, Spec, find as find_optimizer, optimizers};
pub use phase::{Phase, PhaseReport};
pub use remote::{Device, Later, Remote, Seen, State};
pub use schedule::{Schedule, ScheduleKind};
pub use settings::{Settings, Start};
pub use timing::Times;
pub use trainer::{Report, Trainer, fitted};
pub use validation::{Best, Validation};
