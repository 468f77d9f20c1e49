//! A product of two matrices on either engine, and the measure of what a GPU can do at most: for the page of measurements.

use std::rc::Rc;

use js_sys::Float32Array;
use wasm_bindgen::prelude::*;

use super::convert::{Object, float32};
use super::gpu;
use crate::error::{Code, Error};
use crate::gpu::kernels::peak::{self, OPERATIONS};
use crate::gpu::kernels::product::{Matrix, product};
use crate::gpu::{Buffer, Gpu, Plan, Recorder, Scratch};
use crate::math::kernel::{Strided, multiply_add};

/// What there is of it on a device.
struct OnGpu {
    gpu: Rc<Gpu>,
    product: Plan,
    c: Buffer,
    peak: Plan,
    sums: Buffer,
    /// Floating-point operations of one run of `peak`.
    operations: f64,
}

/// C = A·B, each n × n, column-major. Owns wasm memory: `free()` it.
#[wasm_bindgen]
pub struct Product {
    n: usize,
    a: Vec<f32>,
    b: Vec<f32>,
    c: Vec<f32>,
    work: Vec<f32>,
    device: Option<OnGpu>,
}

/// Rounds of the peak's kernel.
const ROUNDS: usize = 4096;

impl Product {
    async fn opened(&self, adapter: &str) -> Result<OnGpu, Error> {
        let (gpu, n) = (gpu::open(adapter).await?, self.n);
        let (a, b, c) = (gpu.buffer_of(&self.a)?.all(), gpu.buffer_of(&self.b)?.all(), gpu.buffer(n * n)?);
        let mut scratch = Scratch::default();
        let mut r = Recorder::new(&gpu, &mut scratch);
        product(&mut r, (n, n, n), Matrix::columns(&a, n), Matrix::columns(&b, n), Matrix::columns(&c.all(), n), None, false)?;
        let multiply = r.finish()?;
        let invocations = if gpu.about().software { 256 * 16 } else { 256 * 4096 };
        let sums = gpu.buffer(invocations)?;
        let mut r = Recorder::new(&gpu, &mut scratch);
        peak::peak(&mut r, ROUNDS, &sums.all())?;
        let most = r.finish()?;
        gpu.check()?;
        Ok(OnGpu { gpu, product: multiply, c, peak: most, sums, operations: (invocations * ROUNDS * OPERATIONS) as f64 })
    }

    fn device(&self) -> Result<&OnGpu, Error> {
        self.device.as_ref().ok_or_else(|| Error::new(Code::Unsupported, "no GPU is open; expected openGpu before"))
    }
}

/// Hands a plan over so many times, and waits for a number of its last run.
async fn repeat(gpu: &Gpu, plan: &Plan, runs: usize, seen: &Buffer) -> Result<(), Error> {
    (0..runs).for_each(|_| gpu.submit(&[plan]));
    gpu.read(&[seen.slice(0, 1)]).await.map(|_| ())
}

#[wasm_bindgen]
impl Product {
    /// Of matrices of 1 to 4096 rows and columns, filled with a wave.
    pub fn create(n: usize) -> Result<Product, JsValue> {
        if !(1..=4096).contains(&n) {
            return Err(Error::new(Code::OutOfRange, format!("n is {n}; expected 1 to 4096")).into());
        }
        let wave = |step: f64| (0..n * n).map(|k| (k as f64 * step).sin() as f32).collect();
        Ok(Product { n, a: wave(0.37), b: wave(0.73), c: vec![0.0; n * n], work: vec![], device: None })
    }

    /// A and B, one after the other.
    pub fn matrices(&self) -> Float32Array {
        float32(&[&self.a[..], &self.b].concat())
    }

    /// Multiplies on the CPU.
    pub fn multiply(&mut self) {
        self.c.fill(0.0);
        let n = self.n;
        multiply_add(n, n, n, Strided::columns(&self.a, n), Strided::columns(&self.b, n), &mut self.c, &mut self.work);
    }

    /// What `multiply` found.
    pub fn result(&self) -> Float32Array {
        float32(&self.c)
    }

    /// Opens a GPU, as a trainer's `openGpu`: `{ name, backend, software }`.
    #[wasm_bindgen(js_name = openGpu)]
    pub async fn open_gpu(&mut self, adapter: &str) -> Result<JsValue, JsValue> {
        let opened = self.opened(adapter).await?;
        let about = opened.gpu.about().clone();
        self.device = Some(opened);
        Ok(Object::new().set("name", about.name).set("backend", about.backend).set("software", about.software).into_js())
    }

    /// Multiplies on the GPU so many times.
    #[wasm_bindgen(js_name = multiplyRemote)]
    pub async fn multiply_remote(&self, runs: usize) -> Result<(), JsValue> {
        let on = self.device()?;
        Ok(repeat(&on.gpu, &on.product, runs, &on.c).await?)
    }

    /// What `multiplyRemote` found.
    #[wasm_bindgen(js_name = resultRemote)]
    pub async fn result_remote(&self) -> Result<Float32Array, JsValue> {
        let on = self.device()?;
        Ok(float32(&on.gpu.read(&[on.c.all()]).await?.concat()))
    }

    /// Multiplies and adds in registers only, so many times; the floating-point operations that were.
    #[wasm_bindgen(js_name = peakRemote)]
    pub async fn peak_remote(&self, runs: usize) -> Result<f64, JsValue> {
        let on = self.device()?;
        repeat(&on.gpu, &on.peak, runs, &on.sums).await?;
        Ok(on.operations * runs as f64)
    }
}
