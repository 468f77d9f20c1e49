//! A network as plain data, the one loop over time and its reverse.

mod backward;
mod config;
mod forward;
mod init;
mod loss;
mod pull_back;
mod run;
mod stream;
mod trace;
mod workspace;

use std::sync::Arc;

pub use backward::{Gradients, Upstream};
pub(crate) use config::words;
pub use config::{Config, Embedding, Head, LIMITS, Readout};
pub use init::{Start, block_spectral_radius, spectral_radius};
pub use loss::{Loss, LossAt, LossKind};
pub use pull_back::PulledBack;
pub use run::{Hold, HoldUnits, Initial, InitialRef, Input, InputRef, Run, RunRef};
pub use stream::Stream;
pub use trace::Trace;
pub use workspace::Workspace;

use crate::cell::{self, Cell, Dims, Layout, MAX_TENSORS, Precision, Tensors};
use crate::error::{Error, Result};
use crate::math::Scalar;

/// A named tensor in PyTorch's row-major layout.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter<T> {
    pub name: String,
    pub shape: Vec<usize>,
    pub values: Vec<T>,
}

/// A network: its configuration and its parameters. Parameters are shared with the traces made from them, and copied when
/// somebody changes them (so that a trace always belongs to the parameters that made it).
#[derive(Clone)]
pub struct Net<T: Scalar> {
    config: Arc<Config>,
    parameters: Arc<Vec<Parameter<T>>>,
    cell: &'static dyn Cell<T>,
    shape: Arc<Shape>,
}

/// What follows from the configuration, once.
struct Shape {
    dims: Vec<Dims>,
    /// Rows of each layer's tape.
    layouts: Vec<Arc<Layout>>,
    /// Where the parameters of each layer and direction start among all, and where the last ones end.
    starts: Vec<usize>,
}

impl<T: Precision> Net<T> {
    /// A network with all parameters zero.
    pub fn zeros(config: Config) -> Result<Self> {
        let config = config.checked()?;
        let (family, options) = cell::find(&config.cell, &config.options)?;
        let cell = T::cell(family, &options);
        let mut parameters = vec![];
        let mut add = |name: String, shape: Vec<usize>| {
            let values = vec![T::zero(); shape.iter().product()];
            parameters.push(Parameter { name, shape, values });
        };
        if let Some(e) = &config.embedding {
            add("embedding.weight".into(), vec![e.vocabulary, e.width]);
        }
        let dims: Vec<Dims> = (0..config.layers).map(|layer| config.dims(layer)).collect();
        let layouts = dims.iter().map(|dims| Arc::new(cell.layout(*dims))).collect();
        let mut starts = vec![usize::from(config.embedding.is_some())];
        for (layer, dims) in dims.iter().enumerate() {
            for direction in 0..config.directions() {
                let shapes = cell.shapes(*dims);
                starts.push(starts.last().unwrap_or(&0) + shapes.len());
                for (name, shape) in shapes {
                    add(parameter_name(name, layer, direction), shape);
                }
            }
        }
        if let Some(head) = &config.head {
            add("head.weight".into(), vec![head.outputs, config.output_width()]);
            add("head.bias".into(), vec![head.outputs]);
        }
        Ok(Net { config: Arc::new(config), parameters: Arc::new(parameters), cell, shape: Arc::new(Shape { dims, layouts, starts }) })
    }
}

impl<T: Scalar> Net<T> {
    pub fn config(&self) -> &Config {
        &self.config
    }

    pub fn cell(&self) -> &'static dyn Cell<T> {
        self.cell
    }

    /// In a fixed order: embedding, then by layer and direction as the cell lists them, then the head.
    pub fn parameters(&self) -> &[Parameter<T>] {
        &self.parameters
    }

    pub fn parameter(&self, name: &str) -> Result<&Parameter<T>> {
        self.parameters
            .iter()
            .find(|p| p.name == name)
            .ok_or_else(|| Error::unknown("parameter", name, self.parameters.iter().map(|p| p.name.as_str())))
    }

    /// Replaces a tensor's values (row-major).
    pub fn set_parameter(&mut self, name: &str, values: &[T]) -> Result<()> {
        let shape = &self.parameter(name)?.shape;
        let expected: usize = shape.iter().product();
        if values.len() != expected {
            let formula = shape.iter().map(ToString::to_string).collect::<Vec<_>>().join("×");
            return Err(Error::length(&format!("parameter “{name}”"), values.len(), expected, &formula));
        }
        if let Some(p) = Arc::make_mut(&mut self.parameters).iter_mut().find(|p| p.name == name) {
            p.values.copy_from_slice(values);
        }
        Ok(())
    }

    pub fn parameter_count(&self) -> usize {
        self.parameters.iter().map(|p| p.values.len()).sum()
    }

    /// Bytes of state carried from step to step for one sequence, in this precision.
    pub fn state_bytes(&self) -> usize {
        let of = |layout: &Arc<Layout>| self.cell.spec().carried().map(|lane| layout.length(lane)).sum::<usize>();
        self.shape.layouts.iter().map(of).sum::<usize>() * self.config.directions() * size_of::<T>()
    }

    /// Values of a carried lane's states: layers·directions × batch × its elements.
    pub fn state_length(&self, lane: usize, batch: usize) -> usize {
        self.shape.layouts.iter().map(|layout| layout.length(lane)).sum::<usize>() * self.config.directions() * batch
    }

    /// Multiply-adds of one step of one sequence, the head included.
    pub fn multiply_adds(&self) -> usize {
        let cells: usize = self.shape.dims.iter().map(|dims| self.cell.multiply_adds(*dims)).sum();
        let head = self.config.head.as_ref().map_or(0, |head| head.outputs * self.config.output_width());
        cells * self.config.directions() + head
    }

    /// The kernel of one layer and direction, where the cell has one.
    pub(crate) fn kernel(&self, layer: usize, direction: usize, length: usize) -> Result<Option<Vec<f64>>> {
        config::within("layer", layer, 0, self.config.layers - 1)?;
        config::within("direction", direction, 0, self.config.directions() - 1)?;
        Ok(self.cell.kernel(self.dims_of(layer), &self.tensor_values(layer, direction), length))
    }

    /// The same numbers in f64 or f32.
    pub fn cast<U: Precision>(&self) -> Result<Net<U>> {
        let mut net = Net::<U>::zeros((*self.config).clone())?;
        let to = Arc::make_mut(&mut net.parameters);
        for (p, from) in to.iter_mut().zip(self.parameters.iter()) {
            for (y, x) in p.values.iter_mut().zip(&from.values) {
                *y = U::of(x.f64());
            }
        }
        Ok(net)
    }

    pub(crate) fn parameters_mut(&mut self) -> &mut Vec<Parameter<T>> {
        Arc::make_mut(&mut self.parameters)
    }

    /// Where the parameters of a layer and direction start, and how many tensors there are.
    pub(crate) fn tensors(&self, layer: usize, direction: usize) -> std::ops::Range<usize> {
        let at = layer * self.config.directions() + direction;
        self.shape.starts[at]..self.shape.starts[at + 1]
    }

    /// The parameters of a layer and direction, as its cell takes them.
    pub(crate) fn tensor_values(&self, layer: usize, direction: usize) -> Tensors<'_, T> {
        let mut all: Tensors<T> = [&[]; MAX_TENSORS];
        for (values, p) in all.iter_mut().zip(&self.parameters[self.tensors(layer, direction)]) {
            *values = &p.values;
        }
        all
    }

    pub(crate) fn head_tensor(&self) -> Option<usize> {
        self.config.head.as_ref().map(|_| self.parameters.len() - 2)
    }

    /// Input width, hidden size and sizes of a layer.
    pub fn dims_of(&self, layer: usize) -> Dims {
        self.shape.dims[layer]
    }

    /// Where the lanes of a layer stand on its tapes.
    pub fn layout(&self, layer: usize) -> &Arc<Layout> {
        &self.shape.layouts[layer]
    }
}

/// PyTorch's name: `weight_ih` of layer 1, reverse direction, is `weight_ih_l1_reverse`.
pub fn parameter_name(name: &str, layer: usize, direction: usize) -> String {
    format!("{name}_l{layer}{}", if direction == 1 { "_reverse" } else { "" })
}
