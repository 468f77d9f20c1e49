//! The GPU engine beside the CPU engine on this machine, in one run: training steps with their dispatches, and the product with its
//! share of what the adapter's arithmetic can do. Says which adapter. `cargo bench --bench gpu [-- part of a name] [hardware]`
//!
//! A software adapter gives dispatch counts and costs relative to each other, nothing else.

use std::rc::Rc;
use std::time::Instant;

use unrolled::gpu::kernels::{peak, product};
use unrolled::gpu::{Adapter, Engine, Gpu, Plan, Recorder, Scratch};
use unrolled::net::{Config, Head, Net, Start};
use unrolled::task::{Answers, Batch, Form, Inputs};
use unrolled::train::{Chunk, Clip, Cpu, Engine as _, Order, Recipe, Remote, find_optimizer};

const ROUNDS: usize = 5;

struct Training {
    name: &'static str,
    cell: &'static str,
    hidden: usize,
    layers: usize,
    steps: usize,
    batch: usize,
}

const TRAININGS: [Training; 5] = [
    Training { name: "train lstm 64 T100 B32", cell: "lstm", hidden: 64, layers: 1, steps: 100, batch: 32 },
    Training { name: "train gru 64 T100 B32", cell: "gru", hidden: 64, layers: 1, steps: 100, batch: 32 },
    Training { name: "train mingru 64 T100 B32", cell: "mingru", hidden: 64, layers: 1, steps: 100, batch: 32 },
    Training { name: "train lstm 256 T168 B64", cell: "lstm", hidden: 256, layers: 1, steps: 168, batch: 64 },
    Training { name: "train lstm 256x2 T168 B64", cell: "lstm", hidden: 256, layers: 2, steps: 168, batch: 64 },
];

const PRODUCTS: [usize; 4] = [256, 512, 1024, 2048];

fn numbers(count: usize) -> Vec<f32> {
    (0..count).map(|k| (k as f32 * 0.37).sin()).collect()
}

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    let adapter = if words.iter().any(|w| w == "hardware") { Adapter::Hardware } else { Adapter::Any };
    let wanted: Vec<&String> = words.iter().filter(|w| *w != "hardware").collect();
    let chosen = |name: &str| wanted.is_empty() || wanted.iter().any(|w| name.contains(w.as_str()));
    let gpu = match pollster::block_on(Gpu::open(adapter)) {
        Ok(gpu) => Rc::new(gpu),
        Err(e) => return println!("{}", e.message),
    };
    let about = gpu.about();
    println!(
        "adapter: {} ({}){}",
        about.name,
        about.backend,
        if about.software { ": software; only dispatches and relative costs mean anything" } else { "" }
    );
    for one in TRAININGS.iter().filter(|one| chosen(one.name)) {
        train(&gpu, one);
    }
    if PRODUCTS.iter().any(|n| chosen(&format!("product {n}"))) {
        let peak = peak_rate(&gpu);
        println!("{:28} {:10.1} GFLOP/s", "peak, multiply and add", peak / 1e9);
        for n in PRODUCTS.into_iter().filter(|n| chosen(&format!("product {n}"))) {
            multiply(&gpu, n, peak);
        }
    }
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// Seconds of one run: repeated until a tenth of a second is full, then waited for.
fn seconds(gpu: &Gpu, plan: &Plan, seen: &unrolled::gpu::Buffer) -> f64 {
    let mut count = 1;
    loop {
        let start = Instant::now();
        (0..count).for_each(|_| gpu.submit(&[plan]));
        pollster::block_on(gpu.read(&[seen.slice(0, 1)])).unwrap();
        let took = start.elapsed().as_secs_f64();
        if took > 0.1 {
            return took / f64::from(count);
        }
        count *= 2;
    }
}

/// Operations per second with everything in registers.
fn peak_rate(gpu: &Gpu) -> f64 {
    let (invocations, rounds) = if gpu.about().software { (256 * 16, 4096) } else { (256 * 4096, 4096) };
    let sums = gpu.buffer(invocations).unwrap();
    let mut scratch = Scratch::default();
    let mut r = Recorder::new(gpu, &mut scratch);
    peak::peak(&mut r, rounds, &sums.all()).unwrap();
    let plan = r.finish().unwrap();
    let times = (0..ROUNDS).map(|_| seconds(gpu, &plan, &sums)).collect();
    (invocations * rounds * peak::OPERATIONS) as f64 / median(times)
}

fn multiply(gpu: &Gpu, n: usize, peak: f64) {
    let (a, b, c) = (gpu.buffer_of(&numbers(n * n)).unwrap(), gpu.buffer_of(&numbers(n * n)).unwrap(), gpu.buffer(n * n).unwrap());
    let mut scratch = Scratch::default();
    let mut r = Recorder::new(gpu, &mut scratch);
    let (a, b, to) = (a.all(), b.all(), c.all());
    let of = product::Matrix::columns;
    product::product(&mut r, (n, n, n), of(&a, n), of(&b, n), of(&to, n), None, false).unwrap();
    let plan = r.finish().unwrap();
    let rounds = if gpu.about().software && n > 1024 { 1 } else { ROUNDS };
    let rate = 2.0 * (n as f64).powi(3) / median((0..rounds).map(|_| seconds(gpu, &plan, &c)).collect());
    println!("{:28} {:10.1} GFLOP/s, {:.0} % of the peak", format!("product {n}"), rate / 1e9, 100.0 * rate / peak);
}

/// A batch of a task with one number in and one asked at the last step.
fn batch(form: &Form, steps: usize, size: usize) -> Batch {
    let mut batch = Batch::default();
    batch.reset(form, steps, size);
    batch.numbers.copy_from_slice(&numbers(steps * size));
    let last = (steps - 1) * size;
    batch.targets[last..].copy_from_slice(&numbers(size));
    batch.counts[last..].fill(true);
    batch
}

fn train(gpu: &Rc<Gpu>, one: &Training) {
    let form = Form {
        inputs: Inputs::Numbers { width: 1 },
        answers: Answers::Numbers { width: 1 },
        steps: one.steps,
        last_only: true,
        streams: false,
    };
    let config = Config { layers: one.layers, head: Some(Head { outputs: 1 }), ..Config::new(one.cell, 1, one.hidden) };
    let net = Net::<f32>::random(config, 1, Start::default()).unwrap();
    let optimizer = find_optimizer("adam").unwrap();
    let options: Vec<f64> = optimizer.spec().options.iter().map(|o| o.default).collect();
    let mut cpu = Cpu::new(net.clone(), form, optimizer, options.clone(), Clip::default(), (0.0, 0));
    let mut engine = match Engine::new(gpu.clone(), &net, Recipe { form, optimizer, options, clip: Clip::default(), dropout: (0.0, 0) }) {
        Ok(engine) => engine,
        Err(e) => return println!("{:28} {}", one.name, e.message),
    };
    let chunks = [Chunk { batch: batch(&form, one.steps, one.batch), fresh: true, from: 0 }];
    let rounds = if gpu.about().software && one.hidden > 100 { 1 } else { ROUNDS };
    let (mut on_cpu, mut on_gpu, mut update, mut losses) = (vec![], vec![], 0, (0.0, 0.0));
    for round in 0..=rounds {
        update += 1;
        let order = Order { learning_rate: 1e-3, update };
        let start = Instant::now();
        losses.0 = cpu.update(&chunks, &order).unwrap().loss;
        let took = start.elapsed().as_secs_f64();
        let start = Instant::now();
        // As many as fill a tenth of a second, one wait for all of them: as in training. The first of them is compared.
        let mut count = 0;
        while count == 0 || start.elapsed().as_secs_f64() < if gpu.about().software { 0.0 } else { 0.1 } {
            engine.update(&chunks, &order).unwrap();
            count += 1;
            if count == 64 {
                break;
            }
        }
        let found = pollster::block_on(engine.outcomes()).unwrap();
        let took_gpu = start.elapsed().as_secs_f64() / f64::from(count);
        if round == 0 {
            losses.1 = found[0].loss;
            println!("{:28} loss {:.6} on the CPU, {:.6} on the GPU", one.name, losses.0, losses.1);
        } else {
            on_cpu.push(took);
            on_gpu.push(took_gpu);
        }
    }
    let (cpu, gpu_time) = (median(on_cpu), median(on_gpu));
    let device = engine.device();
    println!(
        "{:28} CPU {:9.2} ms, GPU {:9.2} ms: the GPU is {:.2} × as fast; {} dispatches an update, {:.1} MB",
        one.name,
        cpu * 1e3,
        gpu_time * 1e3,
        cpu / gpu_time,
        device.dispatches,
        device.bytes as f64 / 1e6
    );
}
