//! Gradient clipping exactly as `torch.nn.utils.clip_grad_norm_` and `clip_grad_value_`.

use serde::{Deserialize, Serialize};

use crate::math::Scalar;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClipKind {
    None,
    /// All gradients together are scaled down to this Euclidean norm where theirs is larger.
    #[default]
    Norm,
    /// Each number is cut off at ± limit.
    Value,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Clip {
    pub kind: ClipKind,
    pub limit: f64,
}

impl Default for Clip {
    fn default() -> Self {
        Clip { kind: ClipKind::Norm, limit: 1.0 }
    }
}

/// What clipping found and did.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Clipped {
    /// Norm over all gradients before; infinite or NaN where they are.
    pub norm: f64,
    /// Norm after.
    pub clipped: f64,
    /// What every gradient was multiplied by; 1 without clipping by norm.
    pub coefficient: f64,
}

/// Clips in place. `norm` is PyTorch's: the norm of the tensors' norms, each rounded to the gradients' precision, so that in f32
/// the squares' sum overflows (infinite norm, coefficient 0) and underflows (norm 0) where PyTorch's does.
pub fn clip<T: Scalar>(gradients: &mut [Vec<T>], clip: Clip) -> Clipped {
    let norm = total_norm(gradients);
    match clip.kind {
        ClipKind::None => Clipped { norm, clipped: norm, coefficient: 1.0 },
        ClipKind::Norm => {
            let coefficient = coefficient::<T>(norm, clip.limit);
            // Always multiplied, as PyTorch does: infinity times 0 is NaN and shows.
            let factor = T::of(coefficient);
            gradients.iter_mut().flatten().for_each(|g| *g = *g * factor);
            Clipped { norm, clipped: total_norm(gradients), coefficient }
        }
        ClipKind::Value => {
            let limit = T::of(clip.limit);
            for g in gradients.iter_mut().flatten() {
                // A NaN is neither above nor below and stays.
                *g = T::select_gt(*g, limit, limit, T::select_gt(-limit, *g, -limit, *g));
            }
            Clipped { norm, clipped: total_norm(gradients), coefficient: 1.0 }
        }
    }
}

/// min(1, limit / (norm + 1e-6)), NaN where the norm is NaN. (`f64::min` would give 1.)
fn coefficient<T: Scalar>(norm: f64, limit: f64) -> f64 {
    let ratio = (T::of(limit) / (T::of(norm) + T::of(1e-6))).f64();
    if ratio > 1.0 { 1.0 } else { ratio }
}

pub(super) fn total_norm<T: Scalar>(gradients: &[Vec<T>]) -> f64 {
    let squares = gradients.iter().map(|g| {
        let norm = rounded_norm::<T>(g.iter().map(|g| g.f64() * g.f64()).sum());
        norm * norm
    });
    rounded_norm::<T>(squares.sum())
}

/// The root of a sum of squares that had to fit the precision.
fn rounded_norm<T: Scalar>(squares: f64) -> f64 {
    T::of(T::of(squares).f64().sqrt()).f64()
}
