//! One layer and direction on the device beside the CPU engine's: tapes, gradients of everything.

use unrolled::cell::Options;
use unrolled::gpu::{Buffer, Form, Gpu, Recorder, Scratch, Slice, Track};
use unrolled::net::{Config, Gradients, Initial, Input, Net, Run, Start, Trace, Upstream, parameter_name};

use crate::harness::{distance, numbers};

/// What is run. Lengths are mixed (the first example has all steps) where `ragged`.
#[derive(Clone, Debug)]
pub struct Case {
    pub cell: &'static str,
    pub options: Options,
    pub input: usize,
    pub hidden: usize,
    pub steps: usize,
    pub batch: usize,
    pub reverse: bool,
    pub ragged: bool,
    pub bias: bool,
    /// Initial states from −1 to 1, else zero.
    pub initial: bool,
    /// Inputs from −scale to scale.
    pub scale: f32,
    /// A parameter's gradient is compared by its own size, but at least by this share of the largest of all: where one is no more
    /// than what is left when larger numbers cancel.
    pub cancels: f32,
}

impl Case {
    pub fn new(cell: &'static str, (input, hidden): (usize, usize), (steps, batch): (usize, usize)) -> Self {
        let options = Options::new();
        Case {
            cell,
            options,
            input,
            hidden,
            steps,
            batch,
            reverse: false,
            ragged: true,
            bias: true,
            initial: true,
            scale: 1.0,
            cancels: 0.0,
        }
    }
    pub fn option(mut self, name: &str, value: &str) -> Self {
        self.options.insert(name.into(), value.into());
        self
    }

    /// A network and a run of it. In reverse it has two directions, of which the second is looked at.
    fn on_cpu(&self, change: impl Fn(&mut Net<f32>, &mut Run<f32>)) -> (Trace<f32>, Gradients<f32>) {
        let (options, bias, bidirectional) = (self.options.clone(), self.bias, self.reverse);
        let config = Config { options, bias, bidirectional, ..Config::new(self.cell, self.input, self.hidden) };
        let mut net = Net::<f32>::random(config, 7, Start::default()).unwrap();
        let columns = self.steps * self.batch;
        let mut run = Run::new(self.steps, self.batch, Input::Values(numbers(1, columns * self.input, self.scale)));
        if self.ragged {
            run.lengths = Some((0..self.batch).map(|b| self.steps - (5 * b) % self.steps).collect());
        }
        if self.initial {
            let spec = net.cell().spec();
            let of = |lane: usize| {
                let values = numbers(2 + lane as u64, net.state_length(lane, self.batch), 1.0);
                Initial { lane: spec.lanes[lane].name.into(), values }
            };
            run.initial = spec.carried().map(of).collect();
        }
        change(&mut net, &mut run);
        let trace = net.run(run).unwrap();
        let (width, hidden) = (trace.output().len() / columns, self.hidden);
        let mut d = numbers(3, columns * width, 1.0);
        if self.reverse {
            // Nothing of the gradients comes through the other direction.
            d.chunks_exact_mut(width).for_each(|column| column[..hidden].fill(0.0));
        }
        let gradients = trace.backward(&Upstream { output: Some(d), ..Upstream::default() }).unwrap();
        (trace, gradients)
    }
}

/// What a track has, on the device, with anything in what it fills and numbers in what it adds to.
struct OnGpu {
    track: Track,
    gradients: Vec<(String, Buffer)>,
    d_input: Buffer,
    tape: Buffer,
    d_tape: Buffer,
}

/// What stands where gradients are added: half of the largest of them, so that even small ones keep their digits.
fn there(gradients: &[f32]) -> f32 {
    0.5 * gradients.iter().filter(|x| x.is_finite()).fold(0.0f32, |size, x| size.max(x.abs()))
}

fn upload(gpu: &Gpu, case: &Case, trace: &Trace<f32>, gradients: &Gradients<f32>) -> OnGpu {
    let (net, direction) = (&trace.net, usize::from(case.reverse));
    let (dims, layout) = (net.dims_of(0), net.layout(0).clone());
    let (columns, rows) = (case.steps * case.batch, layout.rows());
    let all = |values: &[f32]| gpu.buffer_of(values).unwrap().all();
    let filled = |len: usize, value: f32| gpu.buffer_of(&vec![value; len]).unwrap();
    let names: Vec<String> = net.cell().shapes(dims).iter().map(|(name, _)| parameter_name(name, 0, direction)).collect();
    let values = |name: &String| net.parameter(name).unwrap().values.as_slice();
    let found = |name: &String| gradients.parameter(name).unwrap().values.as_slice();
    let sums: Vec<Buffer> = names.iter().map(|name| filled(values(name).len(), there(found(name)))).collect();
    let (tape, d_tape) = (filled(rows * columns, 7.0), filled(rows * columns, 7.0));
    let d_input = filled(columns * case.input, there(&gradients.input));
    let initial: Vec<f32> = (0..case.batch).flat_map(|b| trace.initial_column(0, direction, b).unwrap().to_vec()).collect();
    let lengths: Vec<u32> = trace.lengths.iter().map(|length| *length as u32).collect();
    let slices = |buffers: &[Buffer]| -> Vec<Slice> { buffers.iter().map(Buffer::all).collect() };
    let track = Track {
        cell: net.cell(),
        options: net.config().options.clone(),
        dims,
        layout,
        reverse: case.reverse,
        steps: case.steps,
        batch: case.batch,
        parameters: names.iter().map(|name| all(values(name))).collect(),
        gradients: slices(&sums),
        lengths: gpu.buffer_of(&lengths).unwrap().all(),
        input: all(trace.layer_input(0).unwrap()),
        d_input: d_input.all(),
        initial: all(&initial),
        tape: tape.all(),
        d_tape: d_tape.all(),
        d_output: all(&gradients.upstream[0]),
        width: net.config().output_width(),
        offset: direction * case.hidden,
    };
    OnGpu { track, gradients: names.into_iter().zip(sums).collect(), d_input, tape, d_tape }
}

/// What a comparison found.
#[derive(Debug, Default)]
pub struct Found {
    /// Dispatches forth and back.
    pub dispatches: (usize, usize),
    /// Largest difference of a lane, of a lane's gradient, of a parameter's or the input's gradient.
    pub worst: [f32; 3],
}

/// Runs a form forth and back and asserts that every lane, its gradient and the gradients of parameters and input are the CPU's,
/// each within `tolerance` of its largest number (at least a hundredth of the largest of all lanes). A number off by four
/// tolerances would be seen.
pub async fn compare(gpu: &Gpu, form: &dyn Form, case: &Case, tolerance: f32) -> Found {
    compare_changed(gpu, form, case, tolerance, |_, _| ()).await
}

/// As `compare`, after a change of the network or its run.
pub async fn compare_changed(
    gpu: &Gpu,
    form: &dyn Form,
    case: &Case,
    tolerance: f32,
    change: impl Fn(&mut Net<f32>, &mut Run<f32>),
) -> Found {
    let (trace, gradients) = case.on_cpu(change);
    let OnGpu { track, gradients: sums, d_input, tape, d_tape } = upload(gpu, case, &trace, &gradients);
    assert!(form.cell() == case.cell && form.fits(&track.options, track.dims), "{case:?}");
    let mut scratch = Scratch::default();
    let mut r = Recorder::new(gpu, &mut scratch);
    form.forward(&track, &mut r).unwrap();
    let forth = r.finish().unwrap();
    let mut r = Recorder::new(gpu, &mut scratch);
    form.backward(&track, &mut r).unwrap();
    let back = r.finish().unwrap();
    gpu.submit(&[&forth, &back]);
    let mut wanted = vec![tape.all(), d_tape.all(), d_input.all()];
    wanted.extend(sums.iter().map(|(_, buffer)| buffer.all()));
    let mut read = gpu.read(&wanted).await.unwrap().into_iter();
    let direction = usize::from(case.reverse);
    let mut found = Found { dispatches: (forth.dispatches(), back.dispatches()), worst: [0.0; 3] };
    let mut check = |kind: usize, what: &str, found_values: &[f32], expected: &[f32], floor: f32| {
        let worst = distance(found_values, expected, floor.max(1e-30));
        assert!(worst <= tolerance, "{case:?}: {what}: {worst:e}; expected at most {tolerance:e}");
        let mut other = found_values.to_vec();
        if let Some(k) = (0..expected.len()).find(|k| expected[*k].is_finite()) {
            let size = expected.iter().filter(|x| x.is_finite()).fold(floor.max(1e-30), |size, x| size.max(x.abs()));
            other[k] += 4.0 * tolerance * size;
            assert!(distance(&other, expected, floor.max(1e-30)) > tolerance, "{what}: the comparison sees nothing");
        }
        found.worst[kind] = found.worst[kind].max(worst);
    };
    for (kind, tape) in [(0, trace.tape(0, direction).unwrap()), (1, gradients.tape(0, direction).unwrap())] {
        let values = read.next().unwrap();
        let rows = tape.rows();
        let floor = 1e-2 * tape.data.as_slice().iter().filter(|x| x.is_finite()).fold(0.0f32, |size, x| size.max(x.abs()));
        for (lane, of) in tape.spec.lanes.iter().enumerate() {
            let range = tape.layout.range(lane);
            let mine: Vec<f32> = values.chunks_exact(rows).flat_map(|column| column[range.clone()].to_vec()).collect();
            check(kind, &format!("{}{}", ["", "∂L/∂"][kind], of.name), &mine, &tape.lane_all(lane), floor);
        }
    }
    let added = |values: &[f32]| -> Vec<f32> {
        let there = there(values);
        values.iter().map(|x| x + there).collect()
    };
    let all = gradients.parameters.iter().flat_map(|p| &p.values).chain(&gradients.input);
    let floor = case.cancels * all.filter(|x| x.is_finite()).fold(0.0f32, |size, x| size.max(x.abs()));
    check(2, "∂L/∂input", &read.next().unwrap(), &added(&gradients.input), floor);
    for (name, _) in &sums {
        check(2, &format!("∂L/∂{name}"), &read.next().unwrap(), &added(&gradients.parameter(name).unwrap().values), floor);
    }
    found
}
