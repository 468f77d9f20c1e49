//! The workloads that are timed, natively (`train_step.rs`) and in wasm (`wasm/lib.rs`).

use unrolled::math::kernel::{Strided, multiply_add};
use unrolled::net::{Config, Head, InitialRef, InputRef, Net, RunRef, Start, Upstream, Workspace};

/// A fixed series of numbers between −1 and 1.
fn numbers(count: usize, seed: u32) -> Vec<f32> {
    let mut s = seed;
    let mut next = || {
        s = s.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (s >> 8) as f32 / (1u32 << 23) as f32 - 1.0
    };
    (0..count).map(|_| next()).collect()
}

/// One update after another on the same batch: forward, back-propagation through time, norm clip at 1, Adam; mean square error of
/// a linear head at the last step.
pub struct Training {
    space: Workspace<f32>,
    steps: usize,
    input: Vec<f32>,
    target: Vec<f32>,
    upstream: Upstream<f32>,
    moments: Vec<(Vec<f32>, Vec<f32>)>,
    updates: i32,
}

impl Training {
    pub fn new(cell: &str, hidden: usize, layers: usize, steps: usize, batch: usize) -> Self {
        let config = Config { layers, head: Some(Head { outputs: 1 }), ..Config::new(cell, 1, hidden) };
        let net = Net::<f32>::random(config, 1, Start::default()).unwrap();
        let moments = net.parameters().iter().map(|p| (vec![0.0; p.values.len()], vec![0.0; p.values.len()])).collect();
        Training {
            space: Workspace::for_training(net),
            steps,
            input: numbers(steps * batch, 2),
            target: numbers(batch, 3),
            upstream: Upstream { prediction: Some(vec![0.0; steps * batch]), ..Upstream::default() },
            moments,
            updates: 0,
        }
    }

    /// One update; gives the loss.
    pub fn update(&mut self) -> f32 {
        let batch = self.target.len();
        let trace = self.space.run(&RunRef::new(self.steps, batch, InputRef::Values(&self.input))).unwrap();
        let y = trace.prediction().unwrap();
        let last = y.len() - batch;
        let d = self.upstream.prediction.as_mut().unwrap();
        let mut loss = 0.0;
        for ((d, y), t) in d[last..].iter_mut().zip(&y[last..]).zip(&self.target) {
            *d = 2.0 * (y - t) / batch as f32;
            loss += (y - t) * (y - t) / batch as f32;
        }
        self.space.backward(&self.upstream).unwrap();
        self.updates += 1;
        let (parameters, gradients) = self.space.parameters_and_gradients();
        let norm = gradients.iter().flat_map(|p| &p.values).map(|g| f64::from(*g) * f64::from(*g)).sum::<f64>().sqrt() as f32;
        let scale = if norm > 1.0 { 1.0 / norm } else { 1.0 };
        let (c1, c2) = (1.0 - 0.9f32.powi(self.updates), 1.0 - 0.999f32.powi(self.updates));
        for ((p, g), (m, v)) in parameters.iter_mut().zip(gradients).zip(&mut self.moments) {
            for (((p, g), m), v) in p.values.iter_mut().zip(&g.values).zip(m).zip(v) {
                let g = g * scale;
                *m += 0.1 * (g - *m);
                *v += 0.001 * (g * g - *v);
                *p -= 1e-3 * (*m / c1) / ((*v / c2).sqrt() + 1e-8);
            }
        }
        loss
    }
}

/// A network reading a whole sequence (`steps` > 1), or one step after another with its state carried (`steps` = 1).
pub struct Reading {
    space: Workspace<f32>,
    steps: usize,
    input: Vec<f32>,
}

impl Reading {
    pub fn new(cell: &str, hidden: usize, layers: usize, steps: usize) -> Self {
        let net = Net::<f32>::random(Config { layers, ..Config::new(cell, 1, hidden) }, 1, Start::default()).unwrap();
        Reading { space: Workspace::new(net), steps, input: numbers(steps, 2) }
    }

    pub fn read(&mut self) -> f32 {
        let run = RunRef::new(self.steps, 1, InputRef::Values(&self.input));
        self.space.run(&RunRef { initial: InitialRef::Carried, ..run }).unwrap().output()[0]
    }
}

/// C += A·B, all n × n.
pub struct Product {
    n: usize,
    a: Vec<f32>,
    b: Vec<f32>,
    c: Vec<f32>,
    work: Vec<f32>,
}

impl Product {
    pub fn new(n: usize) -> Self {
        Product { n, a: numbers(n * n, 1), b: numbers(n * n, 2), c: vec![0.0; n * n], work: vec![] }
    }

    pub fn multiply(&mut self) -> f32 {
        self.c.fill(0.0);
        let (n, work) = (self.n, &mut self.work);
        multiply_add(n, n, n, Strided::columns(&self.a, n), Strided::columns(&self.b, n), &mut self.c, work);
        self.c[0]
    }
}

/// Multiplications and additions in registers only: as many as a product of this size.
pub struct Peak {
    n: usize,
}

impl Peak {
    pub fn multiply(&mut self) -> f32 {
        let (factor, more) = (wide::f32x4::splat(1.0 - 1.0 / self.n as f32), wide::f32x4::splat(1e-3));
        let mut sums: [wide::f32x4; 12] = std::array::from_fn(|k| wide::f32x4::splat(k as f32));
        for _ in 0..self.n * self.n * self.n / 48 {
            for sum in &mut sums {
                *sum = *sum * factor + more;
            }
        }
        sums.iter().map(|sum| sum.reduce_add()).sum()
    }
}

/// A workload, ready to be repeated.
pub enum Work {
    Training(Training),
    Reading(Reading),
    Product(Product),
    Peak(Peak),
}

impl Work {
    pub fn once(&mut self) -> f32 {
        match self {
            Work::Training(w) => w.update(),
            Work::Reading(w) => w.read(),
            Work::Product(w) => w.multiply(),
            Work::Peak(w) => w.multiply(),
        }
    }
}

pub const NAMES: [&str; 18] = [
    "train rnn 64 T100 B32",
    "train gru 64 T100 B32",
    "train lstm 64 T100 B32",
    "train rnn 128x2 T168 B32",
    "train gru 128x2 T168 B32",
    "train lstm 128x2 T168 B32",
    "stream lstm 64",
    "stream lstm 256x2",
    "stream gru 64",
    "stream lstm 128x2",
    "stream lstm 256",
    "read lstm 128x2 T168",
    "product 64",
    "product 128",
    "product 256",
    "product 512",
    "peak 256",
    "peak 512",
];

pub fn work(name: &str) -> Work {
    let words: Vec<&str> = name.split(' ').collect();
    let size = |k: usize| -> (usize, usize) {
        let (h, l) = words[k].split_once('x').unwrap_or((words[k], "1"));
        (h.parse().unwrap(), l.parse().unwrap())
    };
    let count = |k: usize| words.get(k).map_or(1, |w| w[1..].parse().unwrap());
    match words[0] {
        "train" => Work::Training(Training::new(words[1], size(2).0, size(2).1, count(3), count(4))),
        "peak" => Work::Peak(Peak { n: size(1).0 }),
        "product" => Work::Product(Product::new(size(1).0)),
        _ => Work::Reading(Reading::new(words[1], size(2).0, size(2).1, count(3))),
    }
}
