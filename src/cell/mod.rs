//! Recurrent cells: what they are (`Spec`), what they compute (`Cell`), one file each, and the list of them (`all`).
//!
//! A gated cell is two functions about one hidden unit (`gated::Unit`). Anything else implements `Cell` directly; what
//! stands above cannot tell the difference.

mod expr;
mod gated;
mod gru;
mod gru_before;
mod headwise;
mod hold;
mod layout;
mod linear;
mod lstm;
mod mamba;
mod mamba_scan;
mod mamba_spec;
mod mingru;
mod minimal;
mod minlstm;
mod mlstm;
mod mlstm_layer;
mod mlstm_layer_spec;
mod mlstm_memory;
mod mlstm_spec;
mod rnn;
mod s4d;
mod s4d_equations;
mod s4d_layer;
mod s4d_spec;
mod slstm;
mod slstm_back;
mod slstm_diagram;
mod slstm_layer;
mod slstm_spec;
mod spec;

use std::collections::BTreeMap;

pub use expr::{Expr, Function};
pub use hold::{HeldLane, Holds};
pub use layout::Layout;
pub use mlstm_memory::EPS as MLSTM_EPS;
pub use spec::{
    BackStep, CellOption, Complex, Derived, Diagram, Kind, Lane, Matrix, Memory, Node, OptionValue, PER_UNIT, Parameter, Part, Recurrence,
    Shape, SizeRange, Spec, SubStep, Target, Wire,
};

use crate::error::{Code, Error, Result};
use crate::math::Scalar;
use crate::math::kernel::Strided;
use crate::math::rng::Rng;

/// Input width, hidden size and the cell's own sizes of one layer and direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dims {
    pub input: usize,
    pub hidden: usize,
    pub bias: bool,
    /// In the order of the family's options that are sizes; zero past the last.
    pub sizes: Sizes,
}

/// Values of a family's sizes, in the order of its options.
pub type Sizes = [usize; 4];

/// Which of how many layers a cell's parameters are drawn for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Depth {
    pub layer: usize,
    pub layers: usize,
}

/// Chosen values of a cell's options, by name.
pub type Options = BTreeMap<String, String>;

/// Most tensors of any cell.
pub const MAX_TENSORS: usize = 20;

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
    /// ∂L/∂ of every lane, as `step_back` left it: tape rows × columns.
    pub d_tape: &'a [T],
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

    /// Extent of an axis that lanes or parameters have: `H` hidden units, `I` inputs, a number for itself, and what the cell
    /// adds to these.
    fn axis(&self, dims: Dims, name: &str) -> usize {
        plain_axis(dims, name)
    }

    /// Rows of the tape per column.
    fn rows(&self, dims: Dims) -> usize {
        self.spec().lanes.iter().map(|l| l.axes.iter().map(|a| self.axis(dims, a)).product::<usize>()).sum()
    }

    /// Where each lane stands within a column.
    fn layout(&self, dims: Dims) -> Layout {
        let spec = self.spec();
        let extents = |l: &Lane| l.axes.iter().map(|a| self.axis(dims, a)).collect();
        Layout::new(spec.lanes.iter().map(extents).collect(), spec.output())
    }

    /// Why these sizes cannot be, where they cannot: what was found and what is expected.
    fn refuse(&self, dims: Dims) -> Option<String> {
        let _ = dims;
        None
    }

    /// Draws a parameter as its paper or reference does; every value is one that f32 has. The default is PyTorch's U(−1/√H, 1/√H).
    fn init(&self, dims: Dims, name: &str, depth: Depth, rng: &mut Rng, values: &mut [T]) {
        let _ = (name, depth);
        uniform(1.0 / (dims.hidden as f64).sqrt(), rng, values);
    }

    /// The carried state that a scan over time gives at once, where it has one.
    fn recurrence(&self) -> Option<&'static Recurrence> {
        None
    }

    /// Multiply-adds of one step of one example. The default counts each weight of a matrix once, which is what a product does.
    fn multiply_adds(&self, dims: Dims) -> usize {
        self.shapes(dims).iter().filter(|(_, shape)| shape.len() > 1).map(|(_, shape)| shape.iter().product::<usize>()).sum()
    }

    /// The kernel of the convolution that a run is, where the cell is linear and the same at every step: units × lags, the lag
    /// fastest, in f64.
    fn kernel(&self, dims: Dims, tensors: &Tensors<T>, length: usize) -> Option<Vec<f64>> {
        let _ = (dims, tensors, length);
        None
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

/// What the shapes of a file's tensors tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recognised {
    pub input: usize,
    pub hidden: usize,
    pub options: Options,
}

/// A cell and its variants, in both precisions (feature `double`: the page is built without f64, which only checks use).
pub trait Family: Send + Sync {
    fn name(&self) -> &'static str;
    fn title(&self) -> &'static str;
    fn options(&self) -> &'static [CellOption];
    /// From the shapes of a reference implementation's tensors (by name within its module): input width, hidden size, options
    /// that shapes tell. `None` where they are not this family's. PyTorch's own cells are found by `io` itself.
    fn recognise(&self, shape: &dyn Fn(&str) -> Option<Vec<usize>>) -> Option<Recognised> {
        let _ = shape;
        None
    }
    fn f32(&self, options: &Options) -> &'static dyn Cell<f32>;
    #[cfg(feature = "double")]
    fn f64(&self, options: &Options) -> &'static dyn Cell<f64>;
}

/// What every cell's axes may be called.
pub(crate) fn plain_axis(dims: Dims, name: &str) -> usize {
    match name {
        "H" => dims.hidden,
        "I" => dims.input,
        number => number.parse().unwrap_or(0),
    }
}

/// U(−bound, bound), rounded to f32 first, so that f32 and f64 networks of one seed are the same network.
pub fn uniform<T: Scalar>(bound: f64, rng: &mut Rng, values: &mut [T]) {
    values.iter_mut().for_each(|v| *v = T::of(((rng.u() * 2.0 - 1.0) * bound) as f32 as f64));
}

/// The registry: one line per cell.
pub fn all() -> &'static [&'static dyn Family] {
    &[
        &rnn::Family,
        &lstm::Family,
        &gru::Family,
        &mingru::Family,
        &minlstm::Family,
        &s4d_spec::Family,
        &mamba::Family,
        &slstm::Family,
        &mlstm::Family,
    ]
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
        if let Some(size) = &option.size {
            let value = options.get(option.name).map_or(Ok(size.default), |text| size.parse(option.name, text))?;
            full.insert(option.name.into(), value.to_string());
            continue;
        }
        let value = options.get(option.name).map_or(option.values[0].name, String::as_str);
        if !option.values.iter().any(|v| v.name == value) {
            return Err(Error::unknown(&format!("value of option “{}”", option.name), value, option.values.iter().map(|v| v.name)));
        }
        full.insert(option.name.into(), value.into());
    }
    Ok((*family, full))
}

/// The sizes among completed options.
pub fn sizes(family: &dyn Family, options: &Options) -> Sizes {
    let mut all = Sizes::default();
    let chosen = family.options().iter().filter_map(|o| o.size.as_ref().map(|size| (o.name, size)));
    for (to, (name, size)) in all.iter_mut().zip(chosen) {
        *to = options.get(name).and_then(|text| text.parse().ok()).unwrap_or(size.default);
    }
    all
}

/// Every combination of a family's options; its sizes are their defaults.
pub fn variants(family: &dyn Family) -> Vec<Options> {
    let mut all = vec![Options::new()];
    for option in family.options() {
        if let Some(size) = &option.size {
            all.iter_mut().for_each(|chosen| drop(chosen.insert(option.name.into(), size.default.to_string())));
            continue;
        }
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
