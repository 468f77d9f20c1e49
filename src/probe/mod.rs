//! Pure functions from tapes to what is drawn: norms, saturation, Jacobians, influence, explanations.

mod explain;
mod influence;
mod jacobian;
mod series;

pub use explain::{Evaluated, Evaluator, Explanation, Source, Term, Wanted};
pub use influence::Influence;
pub use jacobian::{Jacobian, RunningProduct, State, StepJacobians, jacobian};
pub use series::{SATURATED, Saturation, gradient_norms, half_life, lane_means, lane_norms, saturation};
