//! The mLSTM: a memory that is a matrix, written with a key and a value and read with a query (Beck et al. 2024, equations 19 to 27).
//! Nothing but the memory itself depends on the step before. The layer of its reference implementation is in `mlstm_layer`.

use super::linear::{Linear, add_bias, bias_gradient};
use super::mamba_scan::each;
use super::mlstm_layer::Layer;
use super::mlstm_memory::*;
use super::mlstm_spec::{BARE, OPTIONS};
use super::spec::*;
use super::{Cell, Depth, Dims, Moment, MomentGradient, Options, Params, Recognised, Tensors, Whole, Work, plain_axis, uniform};
use crate::math::functions::{expm1, log_sigmoid};
use crate::math::kernel::{Strided, room};
use crate::math::rng::Rng;
use crate::math::{Real, Scalar};

/// Equations 19 to 27 with nothing around them.
pub struct Bare;

/// Lanes past those of the memory.
const O: usize = LANES;
const H: usize = LANES + 1;

fn memory(dims: Dims) -> MatrixMemory {
    let heads = heads(dims);
    MatrixMemory { heads, width: dims.hidden / heads, lane: 0, row: 0 }
}

pub fn heads(dims: Dims) -> usize {
    dims.sizes[0].max(1)
}

/// Rows of all matrices, one on the other: q, k, v, then ln i and the forget gate's, then the output gate's.
fn stack(dims: Dims) -> Linear {
    Linear::new(4 * dims.hidden + 2 * heads(dims), dims.input)
}

/// First rows of the gates in the stack: i, f, o.
fn gates(dims: Dims) -> [usize; 3] {
    let (h, heads) = (dims.hidden, heads(dims));
    [3 * h, 3 * h + heads, 3 * h + 2 * heads]
}

impl<T: Scalar> Cell<T> for Bare {
    fn spec(&self) -> &'static Spec {
        &BARE
    }

    fn axis(&self, dims: Dims, name: &str) -> usize {
        match name {
            "NH" => heads(dims),
            "K" | "V" => dims.hidden / heads(dims),
            _ => plain_axis(dims, name),
        }
    }

    fn shapes(&self, dims: Dims) -> Vec<(&'static str, Vec<usize>)> {
        let (i, h, heads) = (dims.input, dims.hidden, heads(dims));
        vec![
            ("q_proj.weight", vec![h, i]),
            ("k_proj.weight", vec![h, i]),
            ("v_proj.weight", vec![h, i]),
            ("igate.weight", vec![heads, i]),
            ("igate.bias", vec![heads]),
            ("fgate.weight", vec![heads, i]),
            ("fgate.bias", vec![heads]),
            ("ogate.weight", vec![h, i]),
            ("ogate.bias", vec![h]),
        ]
    }

    fn refuse(&self, dims: Dims) -> Option<String> {
        refuse("hidden", dims.hidden, heads(dims))
    }

    fn init(&self, dims: Dims, name: &str, _: Depth, rng: &mut Rng, values: &mut [T]) {
        match name {
            "ogate.weight" | "ogate.bias" => uniform(1.0 / (dims.input as f64).sqrt(), rng, values),
            _ => init(name, dims.input, rng, values),
        }
    }

    /// The products, and for each place of the memory: kept, written, read.
    fn multiply_adds(&self, dims: Dims) -> usize {
        let memory = memory(dims);
        stack(dims).rows * dims.input + 3 * memory.heads * memory.width * (memory.width + 1)
    }

    fn projected_rows(&self, dims: Dims) -> usize {
        stack(dims).rows
    }

    fn recurrent_rows(&self, _: Dims) -> usize {
        0
    }

    fn packed_len(&self, dims: Dims) -> usize {
        stack(dims).packed_len() + stack(dims).rows * dims.input
    }

    fn pack(&self, dims: Dims, tensors: &Tensors<T>, packed: &mut [T]) {
        let (packed, mut rest) = packed.split_at_mut(stack(dims).packed_len());
        let mut stacked = &mut rest[..];
        for k in [0, 1, 2, 3, 5, 7] {
            let (to, after) = std::mem::take(&mut stacked).split_at_mut(tensors[k].len());
            to.copy_from_slice(tensors[k]);
            stacked = after;
        }
        rest = &mut rest[..stack(dims).rows * dims.input];
        stack(dims).pack(rest, packed);
    }

    fn project(&self, params: &Params<T>, columns: usize, input: &[T], projected: &mut [T], work: &mut Work<T>) {
        let (dims, stack) = (params.dims, stack(params.dims));
        projected.fill(T::zero());
        for (row, bias) in gates(dims).into_iter().zip([4, 6, 8]) {
            add_bias(params.tensors[bias], columns, &mut projected[row..], stack.rows);
        }
        let x = Strided::columns(input, dims.input);
        stack.forward(params.packed, x, columns, projected, stack.rows, &mut work.product);
    }

    fn step(&self, params: &Params<T>, moment: &Moment<T>, tape: &mut [T], _: &mut Work<T>) {
        let (memory, [at_i, at_f, at_o]) = (memory(params.dims), gates(params.dims));
        let (rows, wide, h) = (tape.len() / moment.batch, stack(params.dims).rows, params.dims.hidden);
        for b in 0..moment.batch {
            let (given, prev) = (&moment.projected[b * wide..(b + 1) * wide], &moment.before[b * rows..(b + 1) * rows]);
            let cur = &mut tape[b * rows..(b + 1) * rows];
            let set = Set { holds: moment.holds, example: b };
            // q, k, v and ln i stand in the same order.
            cur[..at_f].copy_from_slice(&given[..at_f]);
            for (to, from) in cur[memory.start(LOG_F)..].iter_mut().zip(&given[at_f..at_o]) {
                *to = log_sigmoid(*from);
            }
            let (lanes, _) = cur.split_at_mut(memory.start(M));
            let (inputs, log_f) = lanes.split_at_mut(at_f);
            let (qkv, log_i) = inputs.split_at_mut(at_i);
            qkv.chunks_exact_mut(h).enumerate().for_each(|(lane, values)| set.lane(lane, values));
            set.lane(LOG_I, log_i);
            set.lane(LOG_F, log_f);
            memory.forward(prev, cur, &set);
            let (lanes, out) = cur.split_at_mut(memory.rows());
            let (read, (o, out)) = (&lanes[memory.start(R)..], out.split_at_mut(h));
            o.copy_from_slice(&given[at_o..]);
            each(o, Real::sigmoid, Real::sigmoid);
            set.lane(O, o);
            out.iter_mut().zip(&*o).zip(read).for_each(|((y, o), r)| *y = *o * *r);
            set.lane(H, out);
        }
    }

    fn step_back(&self, params: &Params<T>, moment: &Moment<T>, tape: &[T], d: &mut MomentGradient<T>, work: &mut Work<T>) {
        let (memory, [at_i, at_f, at_o]) = (memory(params.dims), gates(params.dims));
        let (rows, wide, h) = (tape.len() / moment.batch, stack(params.dims).rows, params.dims.hidden);
        let (at_read, at_open, at_h) = (memory.start(R), memory.rows(), memory.rows() + h);
        let (kept, work) = room(&mut work.values, rows + memory.width).split_at_mut(rows);
        for b in 0..moment.batch {
            let (prev, cur) = (&moment.before[b * rows..(b + 1) * rows], &tape[b * rows..(b + 1) * rows]);
            let (dcur, dprev) = (&mut d.lanes[b * rows..(b + 1) * rows], &mut d.before[b * rows..(b + 1) * rows]);
            let given = &mut d.projected[b * wide..(b + 1) * wide];
            let mut stop = Stop { set: Set { holds: moment.holds, example: b }, kept: &mut *kept };
            stop.lane(H, at_h, &mut dcur[at_h..]);
            for j in 0..h {
                dcur[at_read + j] = dcur[at_h + j] * cur[at_open + j];
                dcur[at_open + j] = dcur[at_h + j] * cur[at_read + j];
            }
            stop.lane(O, at_open, &mut dcur[at_open..at_h]);
            memory.backward(prev, cur, dcur, dprev, &mut stop, work);
            for lane in [Q, K, V] {
                stop.lane(lane, lane * h, &mut dcur[lane * h..(lane + 1) * h]);
            }
            // q, k, v and ln i stand in the same order.
            given[..at_f].copy_from_slice(&dcur[..at_f]);
            let at = memory.start(LOG_F);
            for (k, d) in given[at_f..at_o].iter_mut().enumerate() {
                *d = -(dcur[at + k] * expm1(cur[at + k]));
            }
            for (j, d) in given[at_o..].iter_mut().enumerate() {
                *d = dcur[at_open + j] * cur[at_open + j].sigmoid_slope();
            }
            stop.bring_back(dcur);
            debug_assert_eq!(at_i, 3 * h);
        }
    }

    fn finish(&self, params: &Params<T>, whole: &Whole<T>, d_tensors: &mut [Vec<T>], d_input: &mut [T], work: &mut Work<T>) {
        let (dims, stack, d) = (params.dims, stack(params.dims), whole.d_projected);
        let x = Strided::columns(whole.input, dims.input);
        let mut row = 0;
        for k in [0, 1, 2, 3, 5, 7] {
            let matrix = Linear::new(d_tensors[k].len() / dims.input, dims.input);
            matrix.gradient(x, &d[row..], stack.rows, whole.columns, &mut d_tensors[k], &mut work.product);
            row += matrix.rows;
        }
        for (row, bias) in gates(dims).into_iter().zip([4, 6, 8]) {
            bias_gradient(&d[row..], stack.rows, whole.columns, &mut d_tensors[bias]);
        }
        stack.back(params.packed, Strided::columns(d, stack.rows), whole.columns, d_input, dims.input, &mut work.product);
    }
}

/// Why so many heads cannot be.
pub fn refuse(what: &str, width: usize, heads: usize) -> Option<String> {
    (!width.is_multiple_of(heads)).then(|| format!("{heads} heads; expected a number that divides {width}, the {what} size"))
}

/// What cell and layer draw alike, as the reference does: matrices N(0, √(2/5)/√inputs), gates that start open for everything and
/// keep for a long time, the more so the later the head.
pub fn init<T: Scalar>(name: &str, inputs: usize, rng: &mut Rng, values: &mut [T]) {
    let last = values.len().max(2) - 1;
    let normal = |rng: &mut Rng, deviation: f64| T::of((rng.normal() * deviation) as f32 as f64);
    match name.trim_start_matches("mlstm_cell.") {
        "igate.weight" | "fgate.weight" => values.fill(T::zero()),
        "fgate.bias" => values.iter_mut().enumerate().for_each(|(k, v)| *v = T::of((3.0 + 3.0 * k as f64 / last as f64) as f32 as f64)),
        "igate.bias" => values.iter_mut().for_each(|v| *v = normal(rng, 0.1)),
        _ => values.iter_mut().for_each(|v| *v = normal(rng, (0.4 / inputs as f64).sqrt())),
    }
}

pub struct Family;

fn is_layer(options: &Options) -> bool {
    options.get("layer").is_some_and(|layer| layer == "full")
}

impl super::Family for Family {
    fn name(&self) -> &'static str {
        "mlstm"
    }
    fn title(&self) -> &'static str {
        "mLSTM"
    }
    fn options(&self) -> &'static [CellOption] {
        OPTIONS
    }
    fn recognise(&self, shape: &dyn Fn(&str) -> Option<Vec<usize>>) -> Option<Recognised> {
        let matrix = |name: &str| shape(name).filter(|shape| shape.len() == 2);
        let found = |hidden: usize, input: usize, options: &[(&str, String)]| {
            let options = options.iter().map(|(name, value)| (name.to_string(), value.clone())).collect();
            Some(Recognised { input, hidden, options })
        };
        if let (Some(up), Some(down), Some(gate)) =
            (matrix("proj_up.weight"), matrix("proj_down.weight"), matrix("mlstm_cell.igate.weight"))
        {
            let window = shape("conv1d.conv.weight")?.get(2).copied()?;
            return found(down[0], up[1], &[("layer", "full".into()), ("heads", gate[0].to_string()), ("conv", window.to_string())]);
        }
        let (query, gate) = (matrix("q_proj.weight")?, matrix("igate.weight")?);
        matrix("ogate.weight").filter(|open| *open == query)?;
        found(query[0], query[1], &[("layer", "bare".into()), ("heads", gate[0].to_string())])
    }
    fn f32(&self, options: &Options) -> &'static dyn Cell<f32> {
        if is_layer(options) { &Layer } else { &Bare }
    }
    #[cfg(feature = "double")]
    fn f64(&self, options: &Options) -> &'static dyn Cell<f64> {
        if is_layer(options) { &Layer } else { &Bare }
    }
}
