//! burn, its CPU backend `flex` with autodiff. Step by step, for the reason given for candle; Adam by hand, as PyTorch's.

use burn::tensor::activation::sigmoid;
use burn::tensor::{Device, Tensor, TensorData};

use crate::{Cell, Contestant, Material, Workload};

#[derive(Default)]
pub struct Burn {
    work: Option<Work>,
}

/// Where a layer's tensors stand among all: W_x, W_h, b_x, b_h. The head and its bias come last.
const EACH: usize = 4;

struct Work {
    workload: Workload,
    device: Device,
    all: Vec<Tensor<2>>,
    /// Adam's first and second moments.
    moments: Vec<(Tensor<2>, Tensor<2>)>,
    batches: Vec<(Vec<Tensor<2>>, Tensor<2>)>,
    at: usize,
}

impl Contestant for Burn {
    fn name(&self) -> String {
        "burn 0.22.1 flex".into()
    }

    fn prepare(&mut self, workload: Workload, material: &Material) -> Result<(), String> {
        let plain = Device::flex();
        let device = plain.clone().autodiff();
        let tensor = |(values, rows, columns): (Vec<f32>, usize, usize), device: &Device| {
            Tensor::<2>::from_data(TensorData::new(values, [rows, columns]), device)
        };
        let (mut all, mut moments) = (vec![], vec![]);
        let mut add = |values: (Vec<f32>, usize, usize)| {
            let zero = Tensor::<2>::zeros([values.1, values.2], &plain);
            moments.push((zero.clone(), zero));
            all.push(tensor(values, &device).require_grad());
        };
        for l in 0..workload.layers {
            for name in ["weight_ih", "weight_hh", "bias_ih", "bias_hh"] {
                add(material.turned(&workload, &format!("{name}_l{l}"))?);
            }
        }
        add((material.weight("head.weight")?.2.clone(), workload.hidden, 1));
        add((material.weight("head.bias")?.2.clone(), 1, 1));
        let batch = |(x, y): &(Vec<f32>, Vec<f32>)| {
            let rows = x.chunks_exact(workload.batch * workload.input);
            let steps = rows.map(|x| tensor((x.to_vec(), workload.batch, workload.input), &device)).collect();
            (steps, tensor((y.clone(), workload.batch, 1), &device))
        };
        let batches = material.batches.iter().map(batch).collect();
        self.work = Some(Work { workload, device, all, moments, batches, at: 0 });
        Ok(())
    }

    fn update(&mut self) -> Result<(f64, f64), String> {
        self.work.as_mut().ok_or("nothing was prepared".to_string())?.update()
    }
}

fn number(t: Tensor<1>) -> Result<f64, String> {
    let data = t.into_data().try_to_vec::<f32>().map_err(|e| format!("{e:?}"))?;
    data.first().map(|v| f64::from(*v)).ok_or_else(|| "an empty tensor".into())
}

impl Work {
    fn update(&mut self) -> Result<(f64, f64), String> {
        let (steps, target) = &self.batches[self.at % self.batches.len()];
        self.at += 1;
        let mut rows = steps.clone();
        for l in 0..self.workload.layers {
            rows = run(&self.workload, &self.all[l * EACH..(l + 1) * EACH], rows, &self.device);
        }
        let [head, bias] = &self.all[self.workload.layers * EACH..] else { return Err("no head".into()) };
        let last = rows.pop().ok_or("no steps")?;
        let difference = last.matmul(head.clone()) + bias.clone() - target.clone();
        let loss = (difference.clone() * difference).mean();
        let mut gradients = loss.backward();
        let of_each: Option<Vec<Tensor<2>>> = self.all.iter().map(|p| p.grad_remove(&mut gradients)).collect();
        let of_each = of_each.ok_or("a parameter has no gradient")?;
        let mut squares = 0.0;
        for g in &of_each {
            squares += number((g.clone() * g.clone()).sum())?;
        }
        let norm = squares.sqrt();
        let coefficient = (self.workload.clip / (norm + 1e-6)).min(1.0);
        let corrected = |beta: f64| 1.0 / (1.0 - beta.powi(self.at as i32));
        let (c1, c2) = (corrected(0.9), corrected(0.999));
        for ((p, (m, v)), g) in self.all.iter_mut().zip(&mut self.moments).zip(of_each) {
            let g = if coefficient < 1.0 { g * coefficient } else { g };
            *m = m.clone() * 0.9 + g.clone() * 0.1;
            *v = v.clone() * 0.999 + g.clone() * g * 0.001;
            let step = m.clone() * (c1 * self.workload.learning_rate) / ((v.clone() * c2).sqrt() + 1e-8);
            *p = Tensor::from_inner(p.clone().inner() - step).require_grad();
        }
        Ok((number(loss.inner())?, norm))
    }
}

fn run(workload: &Workload, layer: &[Tensor<2>], inputs: Vec<Tensor<2>>, device: &Device) -> Vec<Tensor<2>> {
    let (h, batch) = (workload.hidden, workload.batch);
    let mut state = Tensor::<2>::zeros([batch, h], device);
    let mut memory = state.clone();
    let both = layer[2].clone() + layer[3].clone();
    let part = |t: &Tensor<2>, k: usize, n: usize| t.clone().narrow(1, k * h, n * h);
    inputs
        .into_iter()
        .map(|x| {
            let (ax, ah) = (x.matmul(layer[0].clone()), state.clone().matmul(layer[1].clone()));
            match workload.cell {
                Cell::Rnn => state = (ax + ah + both.clone()).tanh(),
                Cell::Lstm => {
                    let z = ax + ah + both.clone();
                    let gates = sigmoid(part(&z, 0, 3));
                    memory = part(&gates, 1, 1) * memory.clone() + part(&gates, 0, 1) * part(&z, 3, 1).tanh();
                    state = part(&gates, 2, 1) * memory.clone().tanh();
                }
                Cell::Gru => {
                    let (ax, ah) = (ax + layer[2].clone(), ah + layer[3].clone());
                    let gates = sigmoid(part(&ax, 0, 2) + part(&ah, 0, 2));
                    let n = (part(&ax, 2, 1) + part(&gates, 0, 1) * part(&ah, 2, 1)).tanh();
                    state = n.clone() + part(&gates, 1, 1) * (state.clone() - n);
                }
            }
            state.clone()
        })
        .collect()
}
