//! candle. Input and state are multiplied step by step: the gradient of a slice of one large product is as large as all of it.

use candle_core::{DType, Device, Result, Tensor, Var};
use candle_nn::ops::sigmoid;
use candle_nn::optim::{AdamW, Optimizer, ParamsAdamW};

use crate::{Cell, Contestant, Material, Workload};

#[derive(Default)]
pub struct Candle {
    work: Option<Work>,
}

struct Layer {
    wx: Var,
    wh: Var,
    bx: Var,
    bh: Var,
}

struct Work {
    workload: Workload,
    layers: Vec<Layer>,
    head: Var,
    bias: Var,
    all: Vec<Var>,
    adam: AdamW,
    /// Inputs of each step (B×I), targets (B×1).
    batches: Vec<(Vec<Tensor>, Tensor)>,
    at: usize,
}

fn text(error: candle_core::Error) -> String {
    error.to_string()
}

impl Contestant for Candle {
    fn name(&self) -> String {
        "candle 0.11.1".into()
    }

    fn prepare(&mut self, workload: Workload, material: &Material) -> std::result::Result<(), String> {
        let device = Device::Cpu;
        let tensor = |(values, rows, columns): (Vec<f32>, usize, usize)| Var::from_vec(values, (rows, columns), &device).map_err(text);
        let turned = |name: String| tensor(material.turned(&workload, &name)?);
        let mut layers = vec![];
        for l in 0..workload.layers {
            layers.push(Layer {
                wx: turned(format!("weight_ih_l{l}"))?,
                wh: turned(format!("weight_hh_l{l}"))?,
                bx: turned(format!("bias_ih_l{l}"))?,
                bh: turned(format!("bias_hh_l{l}"))?,
            });
        }
        let head = tensor((material.weight("head.weight")?.2.clone(), workload.hidden, 1))?;
        let bias = tensor((material.weight("head.bias")?.2.clone(), 1, 1))?;
        let mut all = vec![head.clone(), bias.clone()];
        all.extend(layers.iter().flat_map(|l| [&l.wx, &l.wh, &l.bx, &l.bh]).cloned());
        let settings = ParamsAdamW { lr: workload.learning_rate, beta1: 0.9, beta2: 0.999, eps: 1e-8, weight_decay: 0.0 };
        let adam = AdamW::new(all.clone(), settings).map_err(text)?;
        let mut batches = vec![];
        for (x, y) in &material.batches {
            let rows = x.chunks_exact(workload.batch * workload.input);
            let step = |x: &[f32]| Tensor::from_slice(x, (workload.batch, workload.input), &device).map_err(text);
            let steps = rows.map(step).collect::<std::result::Result<_, _>>()?;
            batches.push((steps, Tensor::from_slice(y, (workload.batch, 1), &device).map_err(text)?));
        }
        self.work = Some(Work { workload, layers, head, bias, all, adam, batches, at: 0 });
        Ok(())
    }

    fn update(&mut self) -> std::result::Result<(f64, f64), String> {
        self.work.as_mut().ok_or("nothing was prepared")?.update().map_err(text)
    }
}

impl Work {
    fn update(&mut self) -> Result<(f64, f64)> {
        let (steps, target) = &self.batches[self.at % self.batches.len()];
        self.at += 1;
        let mut rows = steps.clone();
        for layer in &self.layers {
            rows = run(&self.workload, layer, &rows)?;
        }
        let last = &rows[rows.len() - 1];
        let loss = last.matmul(&self.head)?.broadcast_add(&self.bias)?.sub(target)?.sqr()?.mean_all()?;
        let mut gradients = loss.backward()?;
        let mut squares = 0.0;
        for v in &self.all {
            if let Some(g) = gradients.get(v) {
                squares += f64::from(g.sqr()?.sum_all()?.to_scalar::<f32>()?);
            }
        }
        let norm = squares.sqrt();
        let coefficient = self.workload.clip / (norm + 1e-6);
        if coefficient < 1.0 {
            for v in &self.all {
                if let Some(g) = gradients.remove(v) {
                    gradients.insert(v, (g * coefficient)?);
                }
            }
        }
        self.adam.step(&gradients)?;
        Ok((f64::from(loss.to_scalar::<f32>()?), norm))
    }
}

fn run(workload: &Workload, layer: &Layer, inputs: &[Tensor]) -> Result<Vec<Tensor>> {
    let (h, batch) = (workload.hidden, workload.batch);
    let mut state = Tensor::zeros((batch, h), DType::F32, &Device::Cpu)?;
    let mut memory = state.clone();
    let both = layer.bx.add(&layer.bh)?;
    let mut outputs = Vec::with_capacity(inputs.len());
    for x in inputs {
        let (ax, ah) = (x.matmul(&layer.wx)?, state.matmul(&layer.wh)?);
        match workload.cell {
            Cell::Rnn => state = ax.add(&ah)?.broadcast_add(&both)?.tanh()?,
            Cell::Lstm => {
                let z = ax.add(&ah)?.broadcast_add(&both)?;
                let gates = sigmoid(&z.narrow(1, 0, 3 * h)?)?;
                let candidate = z.narrow(1, 3 * h, h)?.tanh()?;
                let (i, f, o) = (gates.narrow(1, 0, h)?, gates.narrow(1, h, h)?, gates.narrow(1, 2 * h, h)?);
                memory = f.mul(&memory)?.add(&i.mul(&candidate)?)?;
                state = o.mul(&memory.tanh()?)?;
            }
            Cell::Gru => {
                let (ax, ah) = (ax.broadcast_add(&layer.bx)?, ah.broadcast_add(&layer.bh)?);
                let gates = sigmoid(&ax.narrow(1, 0, 2 * h)?.add(&ah.narrow(1, 0, 2 * h)?)?)?;
                let (r, z) = (gates.narrow(1, 0, h)?, gates.narrow(1, h, h)?);
                let n = ax.narrow(1, 2 * h, h)?.add(&r.mul(&ah.narrow(1, 2 * h, h)?)?)?.tanh()?;
                state = n.add(&z.mul(&state.sub(&n)?)?)?;
            }
        }
        outputs.push(state.clone());
    }
    Ok(outputs)
}
