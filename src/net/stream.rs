//! A network that reads one moment after the other, as a sensor delivers them: the state is carried, nothing else is kept, and
//! nothing is allocated once it stands.

use super::{Net, Parameter};
use crate::cell::{Moment, Params, Precision, Work};
use crate::error::{Code, Error, Result};
use crate::math::kernel::{Strided, fill_columns, multiply_packed, pack, packed_len};

/// A network, one sequence's state, and room for one step. Numbers are bit for bit those of `Net::run`.
pub struct Stream<T: Precision> {
    net: Net<T>,
    layers: Vec<Layer<T>>,
    /// The head's weight, packed.
    head: Vec<T>,
    input: Vec<T>,
    output: Vec<T>,
    work: Work<T>,
}

struct Layer<T> {
    packed: Vec<T>,
    projected: Vec<T>,
    /// Tape columns: of the moment before, and of the moment at hand.
    before: Vec<T>,
    now: Vec<T>,
}

impl<T: Precision> Stream<T> {
    /// Starts from a state of zeros. The parameters are those of now.
    ///
    /// # Errors
    /// `unsupported` for a network of two directions (the other one starts at the end) or with an embedding.
    pub fn new(net: Net<T>) -> Result<Self> {
        let config = net.config();
        if config.bidirectional {
            return Err(Error::new(Code::Unsupported, "a stream has no end to read back from; expected a network of one direction"));
        }
        if config.embedding.is_some() {
            return Err(Error::new(Code::Unsupported, "this network reads token ids; a stream expects a network that reads numbers"));
        }
        let (layers, width) = ((0..config.layers).map(|l| layer(&net, l)).collect(), config.output_width());
        let outputs = config.head.as_ref().map_or(width, |head| head.outputs);
        let mut head = vec![];
        if let Some(at) = net.head_tensor() {
            head.resize(packed_len(outputs, width), T::zero());
            pack(outputs, width, Strided::transposed(&net.parameters()[at].values, width), &mut head);
        }
        let (input, output) = (vec![T::zero(); config.input], vec![T::zero(); outputs]);
        Ok(Stream { layers, head, input, output, work: Work::default(), net })
    }

    /// What the next step reads: `input` numbers, to be written.
    pub fn input(&mut self) -> &mut [T] {
        &mut self.input
    }

    /// What the last step gave: the head's prediction, or the last layer's output where there is none.
    pub fn output(&self) -> &[T] {
        &self.output
    }

    /// One step.
    pub fn step(&mut self) -> &[T] {
        let (config, cell) = (self.net.config(), self.net.cell());
        let h = config.hidden;
        for l in 0..self.layers.len() {
            let (below, from) = self.layers.split_at_mut(l);
            let Layer { packed, projected, before, now } = &mut from[0];
            let x = below.last().map_or(&self.input[..], |layer| &layer.before[self.net.layout(l - 1).output()]);
            let params = Params { dims: self.net.dims_of(l), tensors: self.net.tensor_values(l, 0), packed };
            cell.project(&params, 1, x, projected, &mut self.work);
            let moment = Moment { batch: 1, projected, before, holds: None };
            cell.step(&params, &moment, now, &mut self.work);
            std::mem::swap(before, now);
        }
        let Some(last) = self.layers.last() else { return &self.output };
        let x = &last.before[self.net.layout(self.layers.len() - 1).output()];
        match (self.net.head_tensor(), self.net.parameters().last()) {
            (Some(_), Some(Parameter { values: bias, .. })) => {
                let (outputs, x, work) = (bias.len(), Strided::columns(x, h), &mut self.work.product);
                fill_columns(&mut self.output, outputs, Some(bias));
                multiply_packed(outputs, 1, h, &self.head, x, &mut self.output, outputs, work);
            }
            _ => self.output.copy_from_slice(x),
        }
        &self.output
    }

    /// Back to a state of zeros.
    pub fn reset(&mut self) {
        self.layers.iter_mut().for_each(|layer| layer.before.fill(T::zero()));
    }
}

fn layer<T: Precision>(net: &Net<T>, l: usize) -> Layer<T> {
    let (cell, dims) = (net.cell(), net.dims_of(l));
    let zeros = |n: usize| vec![T::zero(); n];
    let mut packed = zeros(cell.packed_len(dims));
    cell.pack(dims, &net.tensor_values(l, 0), &mut packed);
    Layer { packed, projected: zeros(cell.projected_rows(dims)), before: zeros(cell.rows(dims)), now: zeros(cell.rows(dims)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::{Config, Head, Input, Run, Start};

    fn x(n: usize) -> Vec<f32> {
        (0..n).map(|k| (k * 7 % 11) as f32 / 5.0 - 1.0).collect()
    }

    fn stepwise(stream: &mut Stream<f32>, x: &[f32], width: usize) -> Vec<f32> {
        x.chunks_exact(width)
            .flat_map(|x| {
                stream.input().copy_from_slice(x);
                stream.step().to_vec()
            })
            .collect()
    }

    #[test]
    fn a_stream_gives_what_a_run_gives() {
        let all = crate::cell::all().iter().flat_map(|f| crate::cell::variants(*f).into_iter().map(|o| (f.name(), o)));
        for (name, options) in all {
            for (head, bias) in [(Some(Head { outputs: 2 }), true), (None, false)] {
                let config = Config { head, bias, layers: 2, options: options.clone(), ..Config::new(name, 3, 5) };
                let net = Net::<f32>::random(config, 7, Start::default()).unwrap();
                let x = x(9 * 3);
                let run = net.run(Run::new(9, 1, Input::Values(x.clone()))).unwrap();
                let mut stream = Stream::new(net).unwrap();
                let first = stepwise(&mut stream, &x, 3);
                assert_eq!(first, run.prediction().unwrap_or(run.output()), "{name} {options:?}");
                assert_ne!(stepwise(&mut stream, &x, 3), first, "the state is not carried");
                stream.reset();
                assert_eq!(stepwise(&mut stream, &x, 3), first);
            }
        }
    }

    #[test]
    fn what_cannot_be_streamed_is_refused() {
        let two = Config { bidirectional: true, ..Config::new("gru", 1, 2) };
        assert_eq!(Stream::new(Net::<f32>::zeros(two).unwrap()).err().map(|e| e.code), Some(Code::Unsupported));
    }
}
