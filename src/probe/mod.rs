//! Pure functions from tapes to what is drawn: norms, saturation, Jacobians, influence, explanations, scans.

mod evaluate;
mod explain;
mod forgetting;
mod influence;
mod input_memory;
mod jacobian;
mod kernel;
mod mlstm_parallel;
mod scan;
mod series;
mod values;

pub use evaluate::Evaluator;
pub use explain::{Evaluated, Explanation, Source, Term, Wanted};
pub use forgetting::{Band, SHARES, band, carried_gradient_norms, carried_norms, input_gradient_norms, quantile};
pub use influence::Influence;
pub use input_memory::{InputMemory, LARGEST_STATE};
pub use jacobian::{Jacobian, RunningProduct, State, StepJacobians, jacobian};
pub use kernel::kernel;
pub use mlstm_parallel::{MlstmParallel, Stabiliser, mlstm_parallel};
pub use scan::{Level, Scan};
pub use series::{SATURATED, Saturation, gradient_norms, half_life, lane_means, lane_norms, saturation};
pub use values::{Index, Values};
