//! The mLSTM's layer, as `mLSTMLayer` of NX-AI/xlstm: projection up to D channels and a gate, a causal convolution in front of
//! query and key (not of the value), the memory, a norm of each head, a learnable skip, the gate, projection down.

use super::linear::{Linear, bias_gradient};
use super::mamba_scan::each;
use super::mlstm::{heads, init, refuse};
use super::mlstm_layer_spec::LAYER;
use super::mlstm_memory::*;
use super::spec::*;
use super::{Cell, Depth, Dims, Moment, MomentGradient, Params, Tensors, Whole, Work, plain_axis, uniform};
use crate::math::Scalar;
use crate::math::functions::{expm1, log_sigmoid, silu, silu_slope, sqrt};
use crate::math::kernel::{Strided, room};
use crate::math::rng::Rng;

/// Equations of the memory with what the reference puts around them.
pub struct Layer;

/// Lanes before those of the memory, and after them.
const U: usize = 0;
const Z: usize = 1;
const WINDOW: usize = 2;
const S: usize = 3;
const FIRST: usize = 4;
const Y: usize = FIRST + LANES;
const E: usize = Y + 1;
const H: usize = E + 1;

/// Tensors, in order.
const SKIP: usize = 0;
const UP: usize = 1;
/// Of q, k and v.
const PROJ: [usize; 3] = [2, 3, 4];
const CONV: usize = 5;
const CONV_BIAS: usize = 6;
/// Weights of both gates; each bias comes after its weight.
const GATES: [usize; 2] = [7, 9];
const NORM: usize = 11;
const DOWN: usize = 12;

/// Channels that one small matrix of q, k or v mixes.
const BLOCK: usize = 4;
const NORM_EPS: f64 = 1e-5;

/// Sizes, and the first rows of lanes and of what `step_back` keeps for `finish`.
#[derive(Clone, Copy)]
struct Plan {
    channels: usize,
    window: usize,
    hidden: usize,
    input: usize,
    memory: MatrixMemory,
}

impl Plan {
    fn of(dims: Dims) -> Self {
        // The reference rounds up to a multiple of 64.
        let (channels, window) = (2 * dims.hidden.div_ceil(32) * 32, dims.sizes[1].max(1));
        let row = (3 + window) * channels;
        let memory = MatrixMemory { heads: heads(dims), width: channels / heads(dims), lane: FIRST, row };
        Plan { channels, window, hidden: dims.hidden, input: dims.input, memory }
    }

    fn up(self) -> Linear {
        Linear::new(2 * self.channels, self.input)
    }

    fn down(self) -> Linear {
        Linear::new(self.hidden, self.channels)
    }

    /// First row of a lane.
    fn start(self, lane: usize) -> usize {
        let after = self.memory.row + self.memory.rows();
        match lane {
            U => 0,
            Z => self.channels,
            WINDOW => 2 * self.channels,
            S => (2 + self.window) * self.channels,
            Y => after,
            E => after + self.channels,
            H => after + 2 * self.channels,
            lane => self.memory.start(lane - FIRST),
        }
    }

    fn rows(self) -> usize {
        self.start(H) + self.hidden
    }

    /// Rows that `finish` needs: ∂L/∂ of the convolution's sums, of q, k and v, of both gates' sums, of what the gate lets through,
    /// and of the output.
    fn kept(self) -> [usize; 6] {
        let (d, heads) = (self.channels, self.memory.heads);
        [0, d, 4 * d, 4 * d + heads, 4 * d + 2 * heads, 5 * d + 2 * heads]
    }
}

impl<T: Scalar> Cell<T> for Layer {
    fn spec(&self) -> &'static Spec {
        &LAYER
    }

    fn axis(&self, dims: Dims, name: &str) -> usize {
        let plan = Plan::of(dims);
        match name {
            "NH" => plan.memory.heads,
            "K" | "V" => plan.memory.width,
            "D" => plan.channels,
            "W" => plan.window,
            "P" => plan.channels / BLOCK,
            "P_in" | "P_out" => BLOCK,
            _ => plain_axis(dims, name),
        }
    }

    fn shapes(&self, dims: Dims) -> Vec<(&'static str, Vec<usize>)> {
        let Plan { channels, window, hidden, input, memory: MatrixMemory { heads, .. } } = Plan::of(dims);
        vec![
            ("learnable_skip", vec![channels]),
            ("proj_up.weight", vec![2 * channels, input]),
            ("q_proj.weight", vec![channels / BLOCK, BLOCK, BLOCK]),
            ("k_proj.weight", vec![channels / BLOCK, BLOCK, BLOCK]),
            ("v_proj.weight", vec![channels / BLOCK, BLOCK, BLOCK]),
            ("conv1d.conv.weight", vec![channels, 1, window]),
            ("conv1d.conv.bias", vec![channels]),
            ("mlstm_cell.igate.weight", vec![heads, 3 * channels]),
            ("mlstm_cell.igate.bias", vec![heads]),
            ("mlstm_cell.fgate.weight", vec![heads, 3 * channels]),
            ("mlstm_cell.fgate.bias", vec![heads]),
            ("mlstm_cell.outnorm.weight", vec![channels]),
            ("proj_down.weight", vec![hidden, channels]),
        ]
    }

    fn refuse(&self, dims: Dims) -> Option<String> {
        refuse("inner", Plan::of(dims).channels, heads(dims))
    }

    fn init(&self, dims: Dims, name: &str, depth: Depth, rng: &mut Rng, values: &mut [T]) {
        match name {
            "learnable_skip" => values.fill(T::one()),
            "mlstm_cell.outnorm.weight" => values.fill(T::zero()),
            "conv1d.conv.weight" | "conv1d.conv.bias" => uniform(1.0 / (Plan::of(dims).window as f64).sqrt(), rng, values),
            "proj_down.weight" => {
                let deviation = 2.0 / depth.layers as f64 / (dims.hidden as f64).sqrt();
                values.iter_mut().for_each(|v| *v = T::of((rng.normal() * deviation) as f32 as f64));
            }
            "proj_up.weight" => init(name, dims.input, rng, values),
            _ => init(name, dims.hidden, rng, values),
        }
    }

    /// The products, and for each place of the memory: kept, written, read.
    fn multiply_adds(&self, dims: Dims) -> usize {
        let MatrixMemory { heads, width, .. } = Plan::of(dims).memory;
        let matrices = Cell::<T>::shapes(self, dims).into_iter().filter(|(_, shape)| shape.len() > 1);
        matrices.map(|(_, shape)| shape.iter().product::<usize>()).sum::<usize>() + 3 * heads * width * (width + 1)
    }

    fn projected_rows(&self, dims: Dims) -> usize {
        Plan::of(dims).up().rows
    }

    fn recurrent_rows(&self, dims: Dims) -> usize {
        Plan::of(dims).kept()[5] + dims.hidden
    }

    fn packed_len(&self, dims: Dims) -> usize {
        Plan::of(dims).up().packed_len() + Plan::of(dims).down().packed_len()
    }

    fn pack(&self, dims: Dims, tensors: &Tensors<T>, packed: &mut [T]) {
        let at = Plan::of(dims).up().pack(tensors[UP], packed);
        Plan::of(dims).down().pack(tensors[DOWN], &mut packed[at..]);
    }

    fn project(&self, params: &Params<T>, columns: usize, input: &[T], projected: &mut [T], work: &mut Work<T>) {
        let up = Plan::of(params.dims).up();
        projected.fill(T::zero());
        up.forward(params.packed, Strided::columns(input, up.columns), columns, projected, up.rows, &mut work.product);
    }

    fn step(&self, params: &Params<T>, moment: &Moment<T>, tape: &mut [T], work: &mut Work<T>) {
        let plan = Plan::of(params.dims);
        let (rows, wide, at_h) = (plan.rows(), plan.up().rows, plan.start(H));
        for b in 0..moment.batch {
            let cur = &mut tape[b * rows..(b + 1) * rows];
            let (given, prev) = (&moment.projected[b * wide..(b + 1) * wide], &moment.before[b * rows..(b + 1) * rows]);
            let set = Set { holds: moment.holds, example: b };
            plan.enter(params, given, prev, cur, &set);
            plan.memory.forward(prev, cur, &set);
            plan.leave(params, cur, &set);
        }
        let out = room(&mut work.values, plan.hidden * moment.batch);
        out.fill(T::zero());
        let (x, packed) = (Strided { data: &tape[plan.start(E)..], row: 1, column: rows }, &params.packed[plan.up().packed_len()..]);
        plan.down().forward(packed, x, moment.batch, out, plan.hidden, &mut work.product);
        for b in 0..moment.batch {
            let h = &mut tape[b * rows + at_h..(b + 1) * rows];
            h.copy_from_slice(&out[b * plan.hidden..(b + 1) * plan.hidden]);
            Set { holds: moment.holds, example: b }.lane(H, h);
        }
    }

    fn step_back(&self, params: &Params<T>, moment: &Moment<T>, tape: &[T], d: &mut MomentGradient<T>, work: &mut Work<T>) {
        let plan = Plan::of(params.dims);
        let (rows, wide, at_h, deep) = (plan.rows(), plan.up().rows, plan.start(H), Cell::<T>::recurrent_rows(self, params.dims));
        let at_out = plan.kept()[5];
        for b in 0..moment.batch {
            let out = &mut d.recurrent[b * deep + at_out..(b + 1) * deep];
            out.copy_from_slice(&d.lanes[b * rows + at_h..(b + 1) * rows]);
            Stop { set: Set { holds: moment.holds, example: b }, kept: room(&mut work.values, rows) }.lane(H, at_h, out);
        }
        let size = plan.channels * moment.batch;
        let (below, rest) = room(&mut work.values, size + rows + plan.memory.width).split_at_mut(size);
        let (kept, head) = rest.split_at_mut(rows);
        below.fill(T::zero());
        let (dy, packed) = (Strided { data: &d.recurrent[at_out..], row: 1, column: deep }, &params.packed[plan.up().packed_len()..]);
        plan.down().back(packed, dy, moment.batch, below, plan.channels, &mut work.product);
        for b in 0..moment.batch {
            let (prev, cur) = (&moment.before[b * rows..(b + 1) * rows], &tape[b * rows..(b + 1) * rows]);
            let (dcur, dprev) = (&mut d.lanes[b * rows..(b + 1) * rows], &mut d.before[b * rows..(b + 1) * rows]);
            let mut stop = Stop { set: Set { holds: moment.holds, example: b }, kept: &mut *kept };
            let more = &mut d.recurrent[b * deep..(b + 1) * deep];
            stop.lane(H, at_h, &mut dcur[at_h..]);
            dcur[plan.start(E)..at_h].copy_from_slice(&below[b * plan.channels..(b + 1) * plan.channels]);
            plan.leave_back(params, cur, dcur, more, &mut stop);
            plan.memory.backward(prev, cur, dcur, dprev, &mut stop, head);
            plan.enter_back(params, cur, dcur, dprev, more, &mut stop);
            // u and z stand in the same order.
            d.projected[b * wide..(b + 1) * wide].copy_from_slice(&dcur[..wide]);
            stop.bring_back(dcur);
        }
    }

    fn finish(&self, params: &Params<T>, whole: &Whole<T>, d_tensors: &mut [Vec<T>], d_input: &mut [T], work: &mut Work<T>) {
        let plan = Plan::of(params.dims);
        let (rows, columns, deep) = (plan.rows(), whole.columns, Cell::<T>::recurrent_rows(self, params.dims));
        let [_, at_q, at_i, at_f, _, at_out] = plan.kept();
        let (up, work) = (plan.up(), &mut work.product);
        up.gradient(Strided::columns(whole.input, up.columns), whole.d_projected, up.rows, columns, &mut d_tensors[UP], work);
        up.back(params.packed, Strided::columns(whole.d_projected, up.rows), columns, d_input, up.columns, work);
        let tape = |lane: usize| Strided { data: &whole.tape[plan.start(lane)..], row: 1, column: rows };
        let kept = |at: usize| &whole.d_recurrent[at..];
        plan.down().gradient(tape(E), kept(at_out), deep, columns, &mut d_tensors[DOWN], work);
        // The gates read q, k and v, which stand one after the other.
        let gates = Linear::new(plan.memory.heads, 3 * plan.channels);
        for (tensor, at) in GATES.into_iter().zip([at_i, at_f]) {
            gates.gradient(tape(FIRST + Q), kept(at), deep, columns, &mut d_tensors[tensor], work);
            bias_gradient(kept(at), deep, columns, &mut d_tensors[tensor + 1]);
        }
        bias_gradient(kept(0), deep, columns, &mut d_tensors[CONV_BIAS]);
        for (cur, d) in whole.tape.chunks_exact(rows).zip(whole.d_recurrent.chunks_exact(deep)) {
            plan.small(cur, d, d_tensors, at_q);
        }
    }
}

impl Plan {
    /// From the projection to the gates.
    fn enter<T: Scalar>(self, params: &Params<T>, given: &[T], prev: &[T], cur: &mut [T], set: &Set<T>) {
        let (n, at_window, at_s) = (self.channels, self.start(WINDOW), self.start(S));
        cur[..2 * n].copy_from_slice(given);
        set.lane(U, &mut cur[..n]);
        set.lane(Z, &mut cur[n..2 * n]);
        for j in 0..n {
            let at = at_window + j * self.window;
            let newest = at + self.window - 1;
            cur[at..newest].copy_from_slice(&prev[at + 1..newest + 1]);
            cur[newest] = cur[j];
        }
        set.lane(WINDOW, &mut cur[at_window..at_s]);
        for j in 0..n {
            cur[at_s + j] = self.convolved(params, cur, j);
        }
        each(&mut cur[at_s..at_s + n], silu, silu);
        set.lane(S, &mut cur[at_s..at_s + n]);
        let (before, lanes) = cur.split_at_mut(self.memory.row);
        let (read, gates) = lanes.split_at_mut(3 * n);
        for (lane, to) in read.chunks_exact_mut(n).enumerate() {
            mix(params.tensors[PROJ[lane]], if lane == V { &before[..n] } else { &before[at_s..] }, to);
            set.lane(FIRST + lane, to);
        }
        let sum = |tensor: usize, h: usize| {
            let (weight, bias) = (params.tensors[tensor], params.tensors[tensor + 1]);
            bias[h] + dot(&weight[h * 3 * n..(h + 1) * 3 * n], read)
        };
        let (log_i, rest) = gates.split_at_mut(self.memory.heads);
        let log_f = &mut rest[..self.memory.heads];
        for h in 0..self.memory.heads {
            log_i[h] = sum(GATES[0], h);
            log_f[h] = log_sigmoid(sum(GATES[1], h));
        }
        set.lane(FIRST + LOG_I, log_i);
        set.lane(FIRST + LOG_F, log_f);
    }

    /// The causal convolution's sum of one channel.
    fn convolved<T: Scalar>(self, params: &Params<T>, cur: &[T], j: usize) -> T {
        let window = &cur[self.start(WINDOW) + j * self.window..][..self.window];
        let weights = &params.tensors[CONV][j * self.window..];
        window.iter().zip(weights).fold(params.tensors[CONV_BIAS][j], |sum, (x, w)| sum + *x * *w)
    }

    /// From what is read to what is projected down.
    fn leave<T: Scalar>(self, params: &Params<T>, cur: &mut [T], set: &Set<T>) {
        let (n, at_s, at_y, at_e, at_h) = (self.channels, self.start(S), self.start(Y), self.start(E), self.start(H));
        let (lanes, after) = cur.split_at_mut(at_y);
        let (y, e) = after.split_at_mut(at_e - at_y);
        let read = &lanes[self.memory.start(R)..];
        for (read, y) in read.chunks_exact(self.memory.width).zip(y.chunks_exact_mut(self.memory.width)) {
            let (mean, deviation) = spread(read);
            y.iter_mut().zip(read).for_each(|(y, r)| *y = (*r - mean) / deviation);
        }
        set.lane(Y, y);
        e[..n].copy_from_slice(&lanes[n..2 * n]);
        each(&mut e[..n], silu, silu);
        for j in 0..n {
            cur[at_e + j] = Self::mixed(params, cur[at_y + j], cur[at_s + j], j) * cur[at_e + j];
        }
        set.lane(E, &mut cur[at_e..at_h]);
    }

    /// What the gate z lets through, of one channel.
    fn mixed<T: Scalar>(params: &Params<T>, y: T, s: T, j: usize) -> T {
        y * (T::one() + params.tensors[NORM][j]) + params.tensors[SKIP][j] * s
    }

    /// The reverse of `leave`: from ∂L/∂ of what is projected down to that of what is read.
    fn leave_back<T: Scalar>(self, params: &Params<T>, cur: &[T], dcur: &mut [T], more: &mut [T], stop: &mut Stop<T>) {
        let (n, width) = (self.channels, self.memory.width);
        let (at_s, at_y, at_e, at_h) = (self.start(S), self.start(Y), self.start(E), self.start(H));
        stop.lane(E, at_e, &mut dcur[at_e..at_h]);
        let through = &mut more[self.kept()[4]..][..n];
        through.copy_from_slice(&cur[n..2 * n]);
        each(through, silu, silu);
        dcur[n..2 * n].copy_from_slice(&cur[n..2 * n]);
        each(&mut dcur[n..2 * n], silu_slope, silu_slope);
        for j in 0..n {
            let d = dcur[at_e + j];
            through[j] = d * through[j];
            dcur[at_y + j] = through[j] * (T::one() + params.tensors[NORM][j]);
            dcur[n + j] = d * Self::mixed(params, cur[at_y + j], cur[at_s + j], j) * dcur[n + j];
        }
        stop.lane(Z, n, &mut dcur[n..2 * n]);
        stop.lane(Y, at_y, &mut dcur[at_y..at_e]);
        let at_read = self.memory.start(R);
        let (lanes, dy) = dcur[..at_e].split_at_mut(at_y);
        let reads = cur[at_read..at_y].chunks_exact(width).zip(lanes[at_read..].chunks_exact_mut(width));
        for ((read, d_read), dy) in reads.zip(dy.chunks_exact(width)) {
            let (mean, deviation) = spread(read);
            let normal = |r: T| (r - mean) / deviation;
            let share = T::of(1.0 / width as f64);
            let level = dy.iter().fold(T::zero(), |sum, d| sum + *d) * share;
            let slope = dy.iter().zip(read).fold(T::zero(), |sum, (d, r)| sum + *d * normal(*r)) * share;
            for ((to, d), r) in d_read.iter_mut().zip(dy).zip(read) {
                *to = (*d - level - normal(*r) * slope) / deviation;
            }
        }
    }

    /// The reverse of `enter`. Leaves u's and z's gradients stopped in `dcur`, for the projection.
    fn enter_back<T: Scalar>(self, params: &Params<T>, cur: &[T], dcur: &mut [T], dprev: &mut [T], more: &mut [T], stop: &mut Stop<T>) {
        let (n, heads, at_q, at_window, at_s) = (self.channels, self.memory.heads, self.memory.row, self.start(WINDOW), self.start(S));
        let [_, to_q, to_i, to_f, to_e, _] = self.kept();
        let (at_i, at_f) = (self.memory.start(LOG_I), self.memory.start(LOG_F));
        for h in 0..heads {
            more[to_i + h] = dcur[at_i + h];
            more[to_f + h] = -(dcur[at_f + h] * expm1(cur[at_f + h]));
            for (tensor, d) in GATES.into_iter().zip([more[to_i + h], more[to_f + h]]) {
                add_scaled(&mut dcur[at_q..at_q + 3 * n], d, &params.tensors[tensor][h * 3 * n..(h + 1) * 3 * n]);
            }
        }
        for lane in [Q, K, V] {
            stop.lane(FIRST + lane, at_q + lane * n, &mut dcur[at_q + lane * n..at_q + (lane + 1) * n]);
        }
        more[to_q..to_i].copy_from_slice(&dcur[at_q..at_q + 3 * n]);
        for j in 0..n {
            dcur[at_s + j] = more[to_e + j] * params.tensors[SKIP][j];
        }
        let (before, lanes) = dcur.split_at_mut(at_q);
        for lane in [Q, K] {
            mix_back(params.tensors[PROJ[lane]], &lanes[lane * n..(lane + 1) * n], &mut before[at_s..at_s + n]);
        }
        stop.lane(S, at_s, &mut before[at_s..at_s + n]);
        let sums = &mut more[..n];
        sums.iter_mut().enumerate().for_each(|(j, sum)| *sum = self.convolved(params, cur, j));
        each(sums, silu_slope, silu_slope);
        for (j, d) in sums.iter_mut().enumerate() {
            *d = before[at_s + j] * *d;
            add_scaled(
                &mut before[at_window + j * self.window..][..self.window],
                *d,
                &params.tensors[CONV][j * self.window..][..self.window],
            );
        }
        stop.lane(WINDOW, at_window, &mut before[at_window..at_s]);
        for j in 0..n {
            let at = at_window + j * self.window;
            let newest = at + self.window - 1;
            dprev[at] = T::zero();
            dprev[at + 1..newest + 1].copy_from_slice(&before[at..newest]);
            before[j] = before[newest];
        }
        mix_back(params.tensors[PROJ[V]], &lanes[V * n..(V + 1) * n], &mut before[..n]);
        stop.lane(U, 0, &mut before[..n]);
    }

    /// Gradients of the small tensors, of one column.
    fn small<T: Scalar>(self, cur: &[T], d: &[T], d_tensors: &mut [Vec<T>], at_q: usize) {
        let (n, at_y, at_s, at_window) = (self.channels, self.start(Y), self.start(S), self.start(WINDOW));
        let through = &d[self.kept()[4]..];
        for j in 0..n {
            d_tensors[SKIP][j] += through[j] * cur[at_s + j];
            d_tensors[NORM][j] += through[j] * cur[at_y + j];
            let (weights, window) = (j * self.window..(j + 1) * self.window, &cur[at_window + j * self.window..][..self.window]);
            add_scaled(&mut d_tensors[CONV][weights], d[j], window);
        }
        for (lane, tensor) in PROJ.into_iter().enumerate() {
            let (from, d) = (if lane == V { &cur[..n] } else { &cur[at_s..at_s + n] }, &d[at_q + lane * n..][..n]);
            for ((matrix, x), d) in
                d_tensors[tensor].chunks_exact_mut(BLOCK * BLOCK).zip(from.chunks_exact(BLOCK)).zip(d.chunks_exact(BLOCK))
            {
                matrix.chunks_exact_mut(BLOCK).zip(d).for_each(|(row, d)| add_scaled(row, *d, x));
            }
        }
    }
}

/// Mean, and √(variance + ε), as a layer norm takes them.
fn spread<T: Scalar>(values: &[T]) -> (T, T) {
    let share = T::of(1.0 / values.len() as f64);
    let mean = values.iter().fold(T::zero(), |sum, x| sum + *x) * share;
    let square = values.iter().fold(T::zero(), |sum, x| sum + (*x - mean) * (*x - mean)) * share;
    (mean, sqrt(square + T::of(NORM_EPS)))
}

/// Each block of four channels through its own matrix.
fn mix<T: Scalar>(matrices: &[T], from: &[T], to: &mut [T]) {
    let (matrices, from) = (matrices.as_chunks::<{ BLOCK * BLOCK }>().0, from.as_chunks::<BLOCK>().0);
    for ((w, x), y) in matrices.iter().zip(from).zip(to.as_chunks_mut::<BLOCK>().0) {
        *y = std::array::from_fn(|o| {
            let w = &w[o * BLOCK..(o + 1) * BLOCK];
            T::zero() + w[0] * x[0] + w[1] * x[1] + w[2] * x[2] + w[3] * x[3]
        });
    }
}

/// Adds the reverse of `mix`.
fn mix_back<T: Scalar>(matrices: &[T], d: &[T], to: &mut [T]) {
    let (matrices, d) = (matrices.as_chunks::<{ BLOCK * BLOCK }>().0, d.as_chunks::<BLOCK>().0);
    for ((w, d), x) in matrices.iter().zip(d).zip(to.as_chunks_mut::<BLOCK>().0) {
        for (o, d) in d.iter().enumerate() {
            (0..BLOCK).for_each(|i| x[i] += *d * w[o * BLOCK + i]);
        }
    }
}
