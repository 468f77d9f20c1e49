//! Random parameters: PyTorch's distribution, a chosen spectral radius, a chosen memory bias.

use nalgebra::DMatrix;

use super::{Config, Net, parameter_name};
use crate::cell::{Depth, Memory, Precision, uniform};
use crate::error::{Code, Error, Result};
use crate::math::kernel::{Strided, multiply_add};
use crate::math::norm::norm;
use crate::math::rng::Rng;

/// What may be chosen beside the seed.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Start {
    /// Spectral radius to which each H×H block of W_h is scaled; as drawn where absent.
    pub spectral_radius: Option<f64>,
    /// Bias of the memory gate (the LSTM's forget gate, the GRU's update gate), in the sense that more keeps more.
    pub memory_bias: Option<f64>,
}

impl<T: Precision> Net<T> {
    /// A network with PyTorch's initial distribution: every recurrent tensor U(−1/√H, 1/√H), the head U(−1/√width, 1/√width),
    /// the embedding N(0, 1). The same seed gives the same bits everywhere.
    pub fn random(config: Config, seed: u64, start: Start) -> Result<Self> {
        for (what, value) in [("spectralRadius", start.spectral_radius), ("memoryBias", start.memory_bias)] {
            if value.is_some_and(|v| !v.is_finite() || v.abs() > 1e6) {
                return Err(Error::new(Code::OutOfRange, format!("{what} is not a number of reasonable size; expected −1e6 to 1e6")));
            }
        }
        let mut net = Net::<T>::zeros(config)?;
        let config = net.config().clone();
        let mut rng = Rng::new(seed);
        if config.embedding.is_some() {
            net.parameters_mut()[0].values.iter_mut().for_each(|v| *v = T::of(rng.normal() as f32 as f64));
        }
        let cell = net.cell();
        for layer in 0..config.layers {
            let (dims, depth) = (net.dims_of(layer), Depth { layer, layers: config.layers });
            for direction in 0..config.directions() {
                for (at, (name, _)) in net.tensors(layer, direction).zip(cell.shapes(dims)) {
                    cell.init(dims, name, depth, &mut rng, &mut net.parameters_mut()[at].values);
                }
            }
        }
        if let Some(at) = net.head_tensor() {
            let bound = 1.0 / (config.output_width() as f64).sqrt();
            net.parameters_mut()[at..].iter_mut().for_each(|p| uniform(bound, &mut rng, &mut p.values));
        }
        if let Some(radius) = start.spectral_radius {
            net.set_spectral_radius(radius)?;
        }
        if let Some(bias) = start.memory_bias {
            net.set_memory_bias(bias)?;
        }
        Ok(net)
    }

    /// Scales each H×H block of every W_h to this spectral radius (rounded to f32, like every random parameter).
    pub fn set_spectral_radius(&mut self, radius: f64) -> Result<()> {
        let h = self.config().hidden;
        let parameters = self.parameters_mut();
        for p in parameters.iter_mut().filter(|p| p.name.starts_with("weight_hh")) {
            for block in p.values.chunks_exact_mut(h * h) {
                let found = spectral_radius(&DMatrix::from_row_iterator(h, h, block.iter().map(|v| v.f64())));
                if found > 0.0 && found.is_finite() {
                    block.iter_mut().for_each(|v| *v = T::of((v.f64() * radius / found) as f32 as f64));
                }
            }
        }
        Ok(())
    }

    /// Chrono initialisation for dependencies over up to `steps` steps: every bias of the cells 0, then the memory gate's ln u in
    /// the sense that more keeps more, u uniform in [1, steps − 1], and where another gate lets the new in (the LSTM's i), its
    /// bias the negative of that. Rounded to f32, like every random parameter.
    ///
    /// C. Tallec, Y. Ollivier: Can recurrent neural networks warp time? ICLR 2018, arXiv:1804.11188.
    pub fn set_chrono(&mut self, steps: usize, seed: u64) -> Result<()> {
        let (spec, config) = (self.cell().spec(), self.config().clone());
        let memory = self.memory()?;
        let sign = if memory.keeps > 0.5 { 1.0 } else { -1.0 };
        let (keeps, writes) = (spec.block(memory.block).unwrap_or(0), spec.block("i"));
        let mut rng = Rng::new(seed);
        let longest = steps.max(2) as f64 - 1.0;
        for p in self.parameters_mut().iter_mut().filter(|p| p.name.starts_with("bias_")) {
            p.values.fill(T::zero());
            if !p.name.starts_with("bias_ih") {
                continue;
            }
            for j in 0..config.hidden {
                let bias = libm::log(1.0 + rng.u() * (longest - 1.0)) as f32 as f64;
                p.values[keeps * config.hidden + j] = T::of(sign * bias);
                if let Some(writes) = writes {
                    p.values[writes * config.hidden + j] = T::of(-bias);
                }
            }
        }
        Ok(())
    }

    /// The memory gate, where there is one and it has a bias.
    fn memory(&self) -> Result<Memory> {
        let Some(memory) = self.cell().spec().memory else {
            let message = format!("cell “{}” has no memory gate; expected a gated cell", self.config().cell);
            return Err(Error::new(Code::Unsupported, message));
        };
        if !self.config().bias {
            return Err(Error::new(Code::Unsupported, "this network has no biases; expected bias: true"));
        }
        Ok(memory)
    }

    /// Sets the memory gate's input bias so that `bias` > 0 keeps, and clears its recurrent bias.
    pub fn set_memory_bias(&mut self, bias: f64) -> Result<()> {
        let (spec, config) = (self.cell().spec(), self.config().clone());
        let memory = self.memory()?;
        let sign = if memory.keeps > 0.5 { 1.0 } else { -1.0 };
        let block = spec.block(memory.block).unwrap_or(0);
        for layer in 0..config.layers {
            for direction in 0..config.directions() {
                for (name, value) in [("bias_ih", sign * bias), ("bias_hh", 0.0)] {
                    let name = parameter_name(name, layer, direction);
                    for p in self.parameters_mut().iter_mut().filter(|p| p.name == name) {
                        p.values[block * config.hidden..(block + 1) * config.hidden].fill(T::of(value));
                    }
                }
            }
        }
        Ok(())
    }
}

/// Largest absolute eigenvalue, as lim ‖W^n‖^(1/n) (Gelfand's formula) by repeated squaring up to n = 2^21, which leaves
/// ln(condition)/n: below single precision for any matrix of ours. Squared in f32, where a product is fastest; an error of one
/// squaring counts for 1/n of itself.
pub fn spectral_radius(w: &DMatrix<f64>) -> f64 {
    let h = w.nrows();
    let mut size = w.norm();
    if size == 0.0 || !size.is_finite() {
        return if size == 0.0 { 0.0 } else { f64::NAN };
    }
    let mut power: Vec<f32> = w.iter().map(|v| (v / size) as f32).collect();
    let (mut log, mut n, mut work) = (libm::log(size), 1.0, vec![]);
    for _ in 0..21 {
        let mut square = vec![0.0; h * h];
        multiply_add(h, h, h, Strided::columns(&power, h), Strided::columns(&power, h), &mut square, &mut work);
        n *= 2.0;
        size = norm(&square);
        if size == 0.0 {
            return 0.0;
        }
        log += libm::log(size) / n;
        power = square.iter().map(|v| (f64::from(*v) / size) as f32).collect();
    }
    libm::exp(log)
}

/// Spectral radius of one H×H block of a layer's W_h.
pub fn block_spectral_radius<T: Precision>(net: &Net<T>, layer: usize, direction: usize, block: &str) -> Result<f64> {
    let spec = net.cell().spec();
    let k = spec.block(block).ok_or_else(|| Error::unknown("block", block, spec.blocks))?;
    let (h, w) = (net.config().hidden, net.parameter(&parameter_name("weight_hh", layer, direction))?);
    Ok(spectral_radius(&DMatrix::from_row_iterator(h, h, w.values[k * h * h..(k + 1) * h * h].iter().map(|v| v.f64()))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spectral_radius_of_known_matrices() {
        let rotation = DMatrix::from_row_slice(2, 2, &[0.6, -0.8, 0.8, 0.6]) * 1.5;
        assert!((spectral_radius(&rotation) - 1.5).abs() < 1e-6);
        let jordan = DMatrix::from_row_slice(2, 2, &[0.9, 100.0, 0.0, 0.9]);
        assert!((spectral_radius(&jordan) - 0.9).abs() < 1e-5);
        assert_eq!(spectral_radius(&DMatrix::from_row_slice(2, 2, &[0.0, 1.0, 0.0, 0.0])), 0.0);
    }

    #[test]
    fn radius_and_bias_are_what_was_asked_for() {
        let start = Start { spectral_radius: Some(0.7), memory_bias: Some(3.0) };
        let net = Net::<f32>::random(Config::new("lstm", 2, 9), 5, start).unwrap();
        for block in ["i", "f", "g", "o"] {
            assert!((block_spectral_radius(&net, 0, 0, block).unwrap() - 0.7).abs() < 1e-5);
        }
        assert_eq!(net.parameter("bias_ih_l0").unwrap().values[9..18], [3.0; 9]);
        assert_eq!(net.parameter("bias_hh_l0").unwrap().values[9..18], [0.0; 9]);
        assert!(Net::<f32>::random(Config::new("rnn", 2, 9), 5, start).is_err());
    }

    #[test]
    fn chrono_biases_are_logarithms_of_times_up_to_the_longest() {
        for (cell, options, keeps, sign) in [("lstm", "", 1, 1.0f32), ("gru", "keep", 1, 1.0), ("gru", "replace", 1, -1.0)] {
            let mut config = Config::new(cell, 2, 400);
            if !options.is_empty() {
                config.options.insert("update".into(), options.into());
            }
            let mut net = Net::<f32>::random(config, 5, Start::default()).unwrap();
            net.set_chrono(201, 9).unwrap();
            assert!(net.parameter("bias_hh_l0").unwrap().values.iter().all(|b| *b == 0.0));
            let bias = &net.parameter("bias_ih_l0").unwrap().values;
            let memory: Vec<f64> = bias[keeps * 400..(keeps + 1) * 400].iter().map(|b| (sign * b).into()).collect();
            let mean = memory.iter().map(|b| libm::exp(*b)).sum::<f64>() / 400.0;
            assert!(memory.iter().all(|b| (0.0..=libm::log(200.0)).contains(b)), "{cell} {options}");
            assert!((mean - 100.5).abs() < 9.0, "{cell} {options}: {mean} is not the middle of 1 to 200");
            for (j, b) in bias.iter().enumerate().filter(|(j, _)| j / 400 != keeps) {
                let expected = if cell == "lstm" && j < 400 { -memory[j] } else { 0.0 };
                assert_eq!(f64::from(*b), expected, "{cell} {options} {j}");
            }
        }
        assert!(Net::<f32>::random(Config::new("rnn", 2, 9), 5, Start::default()).unwrap().set_chrono(10, 1).is_err());
    }
}
