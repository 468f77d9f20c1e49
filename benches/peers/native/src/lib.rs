//! Training steps of other Rust libraries, each written the way that library is fast: forward, back-propagation through time,
//! clipping by the norm of all gradients, Adam, mean square error of the last output.

#[cfg(feature = "burn")]
pub mod in_burn;
#[cfg(feature = "candle")]
pub mod in_candle;
#[cfg(target_arch = "wasm32")]
mod web;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cell {
    Rnn,
    Lstm,
    Gru,
}

impl Cell {
    pub fn named(name: &str) -> Option<Cell> {
        [Cell::Rnn, Cell::Lstm, Cell::Gru].into_iter().find(|cell| cell.name() == name)
    }

    pub fn name(self) -> &'static str {
        match self {
            Cell::Rnn => "rnn",
            Cell::Lstm => "lstm",
            Cell::Gru => "gru",
        }
    }

    /// PyTorch's blocks in the order in which a step wants them: what goes through a sigmoid side by side (LSTM: i f o | g).
    fn blocks(self) -> &'static [usize] {
        match self {
            Cell::Rnn => &[0],
            Cell::Lstm => &[0, 1, 3, 2],
            Cell::Gru => &[0, 1, 2],
        }
    }
}

#[derive(Clone, Copy, Debug)]
pub struct Workload {
    pub cell: Cell,
    pub input: usize,
    pub hidden: usize,
    pub layers: usize,
    pub steps: usize,
    pub batch: usize,
    pub learning_rate: f64,
    /// Limit of the gradient's norm.
    pub clip: f64,
}

/// What all learn from.
pub struct Material {
    /// PyTorch's names, shapes and layout.
    pub weights: Vec<(String, Vec<usize>, Vec<f32>)>,
    /// Batches, each T×B×I, and each one's targets, B.
    pub batches: Vec<(Vec<f32>, Vec<f32>)>,
}

impl Material {
    pub fn weight(&self, name: &str) -> Result<&(String, Vec<usize>, Vec<f32>), String> {
        self.weights.iter().find(|w| w.0 == name).ok_or_else(|| format!("there is no weight {name}"))
    }

    /// (G·H)×W in PyTorch's block order → W×(G·H) in the step's.
    fn turned(&self, workload: &Workload, name: &str) -> Result<(Vec<f32>, usize, usize), String> {
        let (_, shape, values) = self.weight(name)?;
        let (h, blocks) = (workload.hidden, workload.cell.blocks());
        let (rows, width) = (blocks.len() * h, shape.get(1).copied().unwrap_or(1));
        if values.len() != rows * width {
            return Err(format!("{name} has {} values; expected {rows} × {width}", values.len()));
        }
        let mut out = vec![0.0; values.len()];
        for (k, block) in blocks.iter().enumerate() {
            for j in 0..h {
                for i in 0..width {
                    out[i * rows + k * h + j] = values[(block * h + j) * width + i];
                }
            }
        }
        Ok((out, width, rows))
    }
}

/// Somebody who trains.
pub trait Contestant {
    fn name(&self) -> String;

    fn prepare(&mut self, workload: Workload, material: &Material) -> Result<(), String>;

    /// One update on the next batch: its loss, and the gradient's norm before clipping.
    fn update(&mut self) -> Result<(f64, f64), String>;
}
