//! Recurrent cells: what they are (`Spec`), what they compute (`Cell`), one file each, and the list of them (`all`).
//!
//! A gated cell is two functions about one hidden unit (`gated::Unit`). Anything else implements `Cell` directly; what
//! stands above cannot tell the difference.

mod expr;
mod gated;
mod gru;
mod gru_before;
mod hold;
mod lstm;
mod rnn;
mod spec;

use std::collections::BTreeMap;

pub use expr::{Expr, Function};
pub use hold::{HeldLane, Holds};
pub use spec::{BackStep, CellOption, Diagram, Kind, Lane, Memory, Node, OptionValue, Parameter, Shape, Spec, SubStep, Target, Wire};

use crate::error::{Code, Error, Result};
use crate::math::Scalar;
use crate::math::kernel::Strided;

/// Input width and hidden size of one layer and direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dims {
    pub input: usize,
    pub hidden: usize,
    pub bias: bool,
}

/// Chosen values of a cell's options, by name.
pub type Options = BTreeMap<String, String>;

/// Most tensors of any cell.
pub const MAX_TENSORS: usize = 12;

/// The parameters of one layer and direction, in the order of `Cell::shapes`, in PyTorch's row-major layout; empty past the last.
pub type Tensors<'a, T> = [&'a [T]; MAX_TENSORS];

/// Parameters, and what `Cell::pack` made of them.
#[derive(Clone, Copy)]
pub struct Params<'a, T> {
    pub dims: Dims,
    pub tensors: Tensors<'a, T>,
    pub packed: &'a [T],
}

/// Memory that a cell's functions use on the way. What stands in it is whatever was left.
#[derive(Clone, Default)]
pub struct Work<T> {
    pub values: Vec<T>,
    /// For the products.
    pub product: Vec<T>,
}

/// One moment of a batch of `batch` examples. Every slice is column-major with one column per example.
pub struct Moment<'a, T> {
    pub batch: usize,
    /// Values of `Cell::project` at this moment.
    pub projected: &'a [T],
    /// Tape columns of the moment before (the initial state at the start).
    pub before: &'a [T],
    pub holds: Option<&'a Holds<T>>,
}

/// What flows back through one moment. Shapes as in `Moment`.
pub struct MomentGradient<'a, T> {
    /// In: ∂L/∂ of output and carried lanes. Out: ∂L/∂ of every lane.
    pub lanes: &'a mut [T],
    /// Out: ∂L/∂ of the carried lanes of the moment before. Other lanes are left alone.
    pub before: &'a mut [T],
    /// Out: ∂L/∂ of the projected values.
    pub projected: &'a mut [T],
    /// Out: ∂L/∂ of the recurrent products, kept for `Cell::finish`; empty where it is that of the projected values.
    pub recurrent: &'a mut [T],
}

/// Everything `Cell::finish` needs, for some moments and all examples at once (`columns` in all).
pub struct Whole<'a, T> {
    pub columns: usize,
    /// input × columns
    pub input: &'a [T],
    /// The output lane of the moment before each column: hidden × columns.
    pub before: Strided<'a, T>,
    /// tape rows × columns
    pub tape: &'a [T],
    pub d_projected: &'a [T],
    /// Empty where it is `d_projected`.
    pub d_recurrent: &'a [T],
}

impl<'a, T> Whole<'a, T> {
    /// ∂L/∂ of the recurrent products.
    pub fn d_recurrent(&self) -> &'a [T] {
        if self.d_recurrent.is_empty() { self.d_projected } else { self.d_recurrent }
    }
}

/// A recurrent cell, as the rest of the crate sees it.
pub trait Cell<T: Scalar>: Send + Sync {
    fn spec(&self) -> &'static Spec;

    /// Shape of each parameter, in the order of `Spec::parameters`; those a network without biases lacks are left out.
    fn shapes(&self, dims: Dims) -> Vec<(&'static str, Vec<usize>)>;

    /// Rows of the tape per column.
    fn rows(&self, dims: Dims) -> usize {
        self.spec().lanes.len() * dims.hidden
    }

    /// Rows that `project` fills per column.
    fn projected_rows(&self, dims: Dims) -> usize {
        self.spec().blocks.len() * dims.hidden
    }

    /// Rows of ∂L/∂ of the recurrent products per column: none where it is that of the projected values.
    fn recurrent_rows(&self, dims: Dims) -> usize;

    /// Length of what `pack` makes.
    fn packed_len(&self, dims: Dims) -> usize;

    /// Rearranges parameters as the products read them; done once after a change of parameters, not per step.
    fn pack(&self, dims: Dims, tensors: &Tensors<T>, packed: &mut [T]);

    /// What depends on the input alone, for many moments at once.
    fn project(&self, params: &Params<T>, columns: usize, input: &[T], projected: &mut [T], work: &mut Work<T>);

    /// One moment: fills every lane of `tape` (rows × batch).
    fn step(&self, params: &Params<T>, moment: &Moment<T>, tape: &mut [T], work: &mut Work<T>);

    /// The exact reverse of `step`. Reads nothing but the tape.
    fn step_back(&self, params: &Params<T>, moment: &Moment<T>, tape: &[T], d: &mut MomentGradient<T>, work: &mut Work<T>);

    /// The reverse of `project`, and the parameter gradients of these moments: adds to `d_tensors` (row-major, as the parameters)
    /// and to `d_input` (input × columns).
    fn finish(&self, params: &Params<T>, whole: &Whole<T>, d_tensors: &mut [Vec<T>], d_input: &mut [T], work: &mut Work<T>);
}

/// A cell and its variants, in both precisions (feature `double`: the page is built without f64, which only checks use).
pub trait Family: Send + Sync {
    fn name(&self) -> &'static str;
    fn title(&self) -> &'static str;
    fn options(&self) -> &'static [CellOption];
    fn f32(&self, options: &Options) -> &'static dyn Cell<f32>;
    #[cfg(feature = "double")]
    fn f64(&self, options: &Options) -> &'static dyn Cell<f64>;
}

/// The registry: one line per cell.
pub fn all() -> &'static [&'static dyn Family] {
    &[&rnn::Family, &lstm::Family, &gru::Family]
}

/// Finds a family and completes the options with their defaults.
pub fn find(name: &str, options: &Options) -> Result<(&'static dyn Family, Options)> {
    let family = all().iter().find(|f| f.name() == name).ok_or_else(|| Error::unknown("cell", name, all().iter().map(|f| f.name())))?;
    for key in options.keys() {
        if !family.options().iter().any(|o| o.name == key) {
            let known: Vec<&str> = family.options().iter().map(|o| o.name).collect();
            if known.is_empty() {
                return Err(Error::new(Code::UnknownName, format!("cell “{name}” has no options; found “{key:.40}”")));
            }
            return Err(Error::unknown(&format!("option of cell “{name}”"), key, known));
        }
    }
    let mut full = Options::new();
    for option in family.options() {
        let value = options.get(option.name).map_or(option.values[0].name, String::as_str);
        if !option.values.iter().any(|v| v.name == value) {
            return Err(Error::unknown(&format!("value of option “{}”", option.name), value, option.values.iter().map(|v| v.name)));
        }
        full.insert(option.name.into(), value.into());
    }
    Ok((*family, full))
}

/// Every combination of a family's options.
pub fn variants(family: &dyn Family) -> Vec<Options> {
    let mut all = vec![Options::new()];
    for option in family.options() {
        all = all
            .into_iter()
            .flat_map(|chosen| {
                option.values.iter().map(move |value| {
                    let mut next = chosen.clone();
                    next.insert(option.name.into(), value.name.into());
                    next
                })
            })
            .collect();
    }
    all
}

/// Precision-generic choice of a cell: `family.cell::<T>(options)`.
pub trait Precision: Scalar {
    fn cell(family: &dyn Family, options: &Options) -> &'static dyn Cell<Self>;
}
impl Precision for f32 {
    fn cell(family: &dyn Family, options: &Options) -> &'static dyn Cell<f32> {
        family.f32(options)
    }
}
#[cfg(feature = "double")]
impl Precision for f64 {
    fn cell(family: &dyn Family, options: &Options) -> &'static dyn Cell<f64> {
        family.f64(options)
    }
}
