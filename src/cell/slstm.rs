//! The sLSTM: an LSTM whose input gate is an exponential, with a normaliser n beside the cell state c and a stabiliser m that
//! keeps both within range. Gate order i, f, z, o. Beck et al. 2024, equations 8–17; the cell and the layer are those of
//! NX-AI/xlstm (its vanilla backend). What it says of itself is in `slstm_spec`.
//!
//! Heads are blocks of the recurrent weights: a head reads its own units only.

use super::headwise::Headwise;
use super::hold::{hold, hold_back};
use super::linear::{Linear, add_bias, bias_gradient};
use super::slstm_spec::{BARE, BARE_FREE, FULL, FULL_FREE};
use super::spec::*;
use super::{Cell, Depth, Dims, Moment, MomentGradient, Options, Params, Recognised, Tensors, Whole, Work, uniform};
use crate::math::kernel::{Strided, room};
use crate::math::rng::Rng;
use crate::math::{Scalar, functions};

/// Gates, and their blocks of the recurrent weights and of the bias.
pub(super) const GATES: usize = 4;

/// `STABLE`: with the stabiliser m. `WHOLE`: the layer of the reference around the cell (convolution, headwise gates, norm).
pub struct Slstm<const STABLE: bool, const WHOLE: bool>;

/// Lanes by their place on the tape.
impl<const STABLE: bool, const WHOLE: bool> Slstm<STABLE, WHOLE> {
    pub(super) const WINDOW: usize = 0;
    pub(super) const SMOOTH: usize = 1;
    /// Pre-activations of i and f.
    const A_I: usize = if WHOLE { 2 } else { 0 };
    const A_F: usize = Self::A_I + 1;
    /// ln f + m_{t−1}: the stabilised forget gate before its exponential.
    const KEPT: usize = Self::A_I + 2;
    const M: usize = Self::A_I + 3;
    const I: usize = Self::A_I + if STABLE { 4 } else { 2 };
    const F: usize = Self::I + 1;
    const Z: usize = Self::I + 2;
    const O: usize = Self::I + 3;
    const C: usize = Self::I + 4;
    const N: usize = Self::I + 5;
    pub(super) const H: usize = Self::I + 6;
    pub(super) const Y: usize = Self::I + 7;

    /// Row of a tape column at which a lane of units begins.
    pub(super) fn row(p: Plan, lane: usize) -> usize {
        match lane {
            Self::WINDOW if WHOLE => 0,
            Self::SMOOTH if WHOLE => p.units * p.kernel,
            _ => (lane - Self::A_I) * p.units + if WHOLE { (p.kernel + 1) * p.units } else { 0 },
        }
    }

    /// Rows of a tape column.
    pub(super) fn rows(p: Plan) -> usize {
        Self::row(p, if WHOLE { Self::Y } else { Self::H }) + p.units
    }

    /// Has no gate written yet? The reference asks all of n_{t−1}, over the whole batch; here an example asks its own state, so that
    /// it does not depend on which others are beside it. Both agree where all examples begin alike: after its first step an example
    /// has n > 0.
    fn fresh<T: Scalar>(p: Plan, before: &[T]) -> bool {
        let from = Self::row(p, Self::N);
        before[from..from + p.units].iter().all(|n| *n == T::zero())
    }

    /// One unit of one example: gates, memory and what it shows, from the pre-activations of i, f, z, o.
    fn unit<T: Scalar>(p: Plan, a: [T; GATES], fresh: bool, before: &[T], mut put: impl FnMut(usize, T) -> T, j: usize) {
        let old = |lane: usize| before[Self::row(p, lane) + j];
        let (a_i, a_f) = (put(Self::A_I, a[0]), put(Self::A_F, a[1]));
        let (i, f) = if STABLE {
            let kept = put(Self::KEPT, functions::log_sigmoid(a_f) + old(Self::M));
            // Nothing is kept at first: the scale is that of the new.
            let m = put(Self::M, if fresh { a_i } else { functions::larger(a_i, kept) });
            let f = if fresh && kept > m { T::one() } else { (kept - m).exp() };
            ((a_i - m).exp(), f)
        } else {
            (a_i.exp(), a_f.sigmoid())
        };
        let (i, f) = (put(Self::I, i), put(Self::F, f));
        let (z, o) = (put(Self::Z, a[2].tanh()), put(Self::O, a[3].sigmoid()));
        let c = put(Self::C, f * old(Self::C) + i * z);
        let n = put(Self::N, f * old(Self::N) + i);
        put(Self::H, o * (c / n));
    }

    /// The reverse of `unit`: ∂L/∂ of every lane of it and of the state before, and of the pre-activations of i, f, z, o.
    fn unit_back<T: Scalar>(
        p: Plan,
        fresh: bool,
        now: &[T],
        before: &[T],
        d: &mut Back<T, impl Fn(usize, T) -> T>,
        j: usize,
    ) -> [T; GATES] {
        let at = |lane: usize| Self::row(p, lane) + j;
        let (now, old) = (|lane: usize| now[at(lane)], |lane: usize| before[at(lane)]);
        let (i, f, z, o, c, n) = (now(Self::I), now(Self::F), now(Self::Z), now(Self::O), now(Self::C), now(Self::N));
        let dh = (d.pass)(Self::H, d.lanes[at(Self::H)]);
        let shown = c / n;
        d.lanes[at(Self::O)] = dh * shown;
        d.lanes[at(Self::C)] += dh * (o / n);
        d.lanes[at(Self::N)] += -(dh * (o / n) * shown);
        let (dc, dn) = ((d.pass)(Self::C, d.lanes[at(Self::C)]), (d.pass)(Self::N, d.lanes[at(Self::N)]));
        d.before[at(Self::C)] = dc * f;
        d.before[at(Self::N)] = dn * f;
        d.lanes[at(Self::F)] = dc * old(Self::C) + dn * old(Self::N);
        d.lanes[at(Self::I)] = dc * z + dn;
        d.lanes[at(Self::Z)] = dc * i;
        let (di, df) = ((d.pass)(Self::I, d.lanes[at(Self::I)]), (d.pass)(Self::F, d.lanes[at(Self::F)]));
        if STABLE {
            let (a_i, kept, m) = (now(Self::A_I), now(Self::KEPT), now(Self::M));
            let through_f = if fresh && kept > m { T::zero() } else { df * f };
            d.lanes[at(Self::M)] += -(di * i + through_f);
            let dm = (d.pass)(Self::M, d.lanes[at(Self::M)]);
            // Of two that are equal the new one answers (PyTorch halves); no difference to what a loss on h sees, which m leaves alone.
            let keeps = !fresh && kept > a_i;
            d.lanes[at(Self::KEPT)] = through_f + if keeps { dm } else { T::zero() };
            d.lanes[at(Self::A_I)] = di * i + if keeps { T::zero() } else { dm };
            let dk = (d.pass)(Self::KEPT, d.lanes[at(Self::KEPT)]);
            d.before[at(Self::M)] = dk;
            d.lanes[at(Self::A_F)] = dk * (-now(Self::A_F)).sigmoid();
        } else {
            d.lanes[at(Self::A_I)] = di * i;
            d.lanes[at(Self::A_F)] = df * f.sigmoid_slope();
        }
        [
            (d.pass)(Self::A_I, d.lanes[at(Self::A_I)]),
            (d.pass)(Self::A_F, d.lanes[at(Self::A_F)]),
            (d.pass)(Self::Z, d.lanes[at(Self::Z)]) * z.tanh_slope(),
            (d.pass)(Self::O, d.lanes[at(Self::O)]) * o.sigmoid_slope(),
        ]
    }
}

/// What one unit's way back writes to: columns of one example, and the gradient that passes an intervention.
struct Back<'a, T, P> {
    lanes: &'a mut [T],
    before: &'a mut [T],
    pass: P,
}

/// Sizes of one layer.
#[derive(Clone, Copy)]
pub(super) struct Plan {
    input: usize,
    pub(super) units: usize,
    pub(super) heads: usize,
    /// Units of a head.
    pub(super) width: usize,
    /// Columns of the convolution's window.
    pub(super) kernel: usize,
}

impl Plan {
    pub(super) fn of(dims: Dims) -> Self {
        let (heads, kernel) = (dims.sizes[0].max(1), dims.sizes[1].max(1));
        Plan { input: dims.input, units: dims.hidden, heads, width: dims.hidden / heads, kernel }
    }

    /// Is there a linear map in front that makes the input as wide as the units?
    fn encoded(self) -> bool {
        self.input != self.units
    }

    fn encoder(self) -> Linear {
        Linear::new(self.units, self.input)
    }

    fn input_weights(self) -> Linear {
        Linear::new(GATES * self.units, self.input)
    }

    /// The recurrent weights: each head's four gates from its own units.
    pub(super) fn recurrent(self) -> Headwise {
        Headwise { heads: self.heads, linear: Linear::new(GATES * self.width, self.width), across: GATES * self.width }
    }

    /// One gate of the whole layer: each head's part from its own channels.
    pub(super) fn gate(self) -> Headwise {
        Headwise { heads: self.heads, linear: Linear::new(self.width, self.width), across: GATES * self.width }
    }

    /// Where gate g of unit j stands among the pre-activations, which are ordered by heads: head, gate, unit of the head.
    pub(super) fn slot(self, g: usize, j: usize) -> usize {
        (j / self.width * GATES + g) * self.width + j % self.width
    }

    /// Position of the first tensor of the whole layer that is there in any case.
    pub(super) fn first(self) -> usize {
        if self.encoded() { 2 } else { 0 }
    }
}

impl<T: Scalar, const STABLE: bool, const WHOLE: bool> Cell<T> for Slstm<STABLE, WHOLE> {
    fn spec(&self) -> &'static Spec {
        match (STABLE, WHOLE) {
            (true, false) => &BARE,
            (false, false) => &BARE_FREE,
            (true, true) => &FULL,
            (false, true) => &FULL_FREE,
        }
    }

    fn shapes(&self, dims: Dims) -> Vec<(&'static str, Vec<usize>)> {
        let p = Plan::of(dims);
        let (kernel, bias) = (vec![p.heads, GATES * p.width, p.width], vec![GATES * p.units]);
        if !WHOLE {
            return vec![("weight_ih", vec![GATES * p.units, p.input]), ("_recurrent_kernel_", kernel), ("_bias_", bias)];
        }
        let mut all = vec![];
        if p.encoded() {
            all.extend([("encoder.weight", vec![p.units, p.input]), ("encoder.bias", vec![p.units])]);
        }
        all.extend([("conv1d.conv.weight", vec![p.units, 1, p.kernel]), ("conv1d.conv.bias", vec![p.units])]);
        all.extend(["fgate.weight", "igate.weight", "zgate.weight", "ogate.weight"].map(|name| (name, vec![p.heads, p.width, p.width])));
        all.extend([("slstm_cell._recurrent_kernel_", kernel), ("slstm_cell._bias_", bias), ("group_norm.weight", vec![p.units])]);
        all
    }

    fn axis(&self, dims: Dims, name: &str) -> usize {
        let p = Plan::of(dims);
        match name {
            "NH" => p.heads,
            // Units of a head, as rows and as columns of its weights.
            "D" | "E" => p.width,
            "G" => GATES,
            "K" => p.kernel,
            _ => super::plain_axis(dims, name),
        }
    }

    fn refuse(&self, dims: Dims) -> Option<String> {
        let heads = dims.sizes[0].max(1);
        let fits = dims.hidden.is_multiple_of(heads);
        (!fits).then(|| format!("{} hidden units in {heads} heads; expected a number of heads that divides them", dims.hidden))
    }

    /// As the reference: no recurrence at first, the forget gates' biases from 5 down to −7 within each head (`forget_bias`), the
    /// gates of the whole layer N(0, 2/(5H)), linear maps and convolutions as PyTorch's.
    fn init(&self, dims: Dims, name: &str, depth: Depth, rng: &mut Rng, values: &mut [T]) {
        let p = Plan::of(dims);
        match name {
            "weight_ih" | "encoder.weight" | "encoder.bias" => uniform(1.0 / (p.input as f64).sqrt(), rng, values),
            "conv1d.conv.weight" | "conv1d.conv.bias" => uniform(1.0 / (p.kernel as f64).sqrt(), rng, values),
            "fgate.weight" | "igate.weight" | "zgate.weight" | "ogate.weight" => {
                let deviation = (0.4 / p.units as f64).sqrt();
                values.iter_mut().for_each(|v| *v = T::of((rng.normal() * deviation) as f32 as f64));
            }
            _ => {
                values.fill(T::zero());
                if name.ends_with("_bias_") {
                    let forget = &mut values[p.units..2 * p.units];
                    forget.iter_mut().enumerate().for_each(|(j, v)| *v = T::of(forget_bias(j % p.width, p.width, depth) as f32 as f64));
                }
            }
        }
    }

    fn projected_rows(&self, dims: Dims) -> usize {
        if WHOLE { dims.hidden } else { GATES * dims.hidden }
    }

    /// The gradients of the pre-activations, by heads. The whole layer adds what its own parameters answer for, unit by unit: the
    /// convolution's sum, the norm's weight, and h_{t−1}, which is not what the layer shows.
    fn recurrent_rows(&self, dims: Dims) -> usize {
        match (WHOLE, Plan::of(dims).heads) {
            (true, _) => (GATES + 3) * dims.hidden,
            // With one head both orders are the same.
            (false, 1) => 0,
            (false, _) => GATES * dims.hidden,
        }
    }

    fn packed_len(&self, dims: Dims) -> usize {
        let p = Plan::of(dims);
        let encoder = if p.encoded() { p.encoder().packed_len() } else { 0 };
        p.recurrent().packed_len() + if WHOLE { encoder + GATES * p.gate().packed_len() } else { p.input_weights().packed_len() }
    }

    /// The recurrent weights, then those of the input; of the whole layer: the four gates, then the encoder.
    fn pack(&self, dims: Dims, tensors: &Tensors<T>, packed: &mut [T]) {
        let p = Plan::of(dims);
        if !WHOLE {
            let at = p.recurrent().pack(tensors[1], packed);
            p.input_weights().pack(tensors[0], &mut packed[at..]);
            return;
        }
        let first = p.first();
        let mut at = p.recurrent().pack(tensors[first + 6], packed);
        for g in 0..GATES {
            at += p.gate().pack(tensors[first + 2 + g], &mut packed[at..]);
        }
        if p.encoded() {
            p.encoder().pack(tensors[0], &mut packed[at..]);
        }
    }

    fn project(&self, params: &Params<T>, columns: usize, input: &[T], projected: &mut [T], work: &mut Work<T>) {
        let p = Plan::of(params.dims);
        let x = Strided::columns(input, p.input);
        if !WHOLE {
            projected.fill(T::zero());
            let weights = &params.packed[p.recurrent().packed_len()..];
            p.input_weights().forward(weights, x, columns, projected, GATES * p.units, &mut work.product);
        } else if p.encoded() {
            projected.fill(T::zero());
            add_bias(params.tensors[1], columns, projected, p.units);
            p.encoder().forward(Self::encoder(p, params.packed), x, columns, projected, p.units, &mut work.product);
        } else {
            projected.copy_from_slice(&input[..projected.len()]);
        }
    }

    fn step(&self, params: &Params<T>, moment: &Moment<T>, tape: &mut [T], work: &mut Work<T>) {
        let (p, batch) = (Plan::of(params.dims), moment.batch);
        let (rows, high) = (Self::rows(p), GATES * p.units);
        let Work { values, product } = work;
        let a = room(values, high * batch);
        a.fill(T::zero());
        let h = Strided { data: &moment.before[Self::row(p, Self::H)..], row: 1, column: rows };
        p.recurrent().forward(params.packed, h, batch, a, high, product);
        if WHOLE {
            (0..batch).for_each(|b| Self::window(params, moment, b, &mut tape[b * rows..(b + 1) * rows]));
            for g in 0..GATES {
                p.gate().forward(
                    Self::gate(p, params.packed, g),
                    Self::gate_input(p, g, tape),
                    batch,
                    &mut a[g * p.width..],
                    high,
                    product,
                );
            }
        }
        let bias = params.tensors[if WHOLE { p.first() + 7 } else { 2 }];
        for b in 0..batch {
            let (before, now) = (&moment.before[b * rows..(b + 1) * rows], &mut tape[b * rows..(b + 1) * rows]);
            let (a, given) = (&a[b * high..(b + 1) * high], &moment.projected[if WHOLE { 0 } else { b * high }..]);
            let fresh = STABLE && Self::fresh(p, before);
            for j in 0..p.units {
                let gate = |g: usize| {
                    let recurrent = a[p.slot(g, j)] + bias[g * p.units + j];
                    if WHOLE { recurrent } else { given[g * p.units + j] + recurrent }
                };
                let put = |lane: usize, value: T| {
                    let value = hold(moment.holds, lane, b * p.units + j, value);
                    now[Self::row(p, lane) + j] = value;
                    value
                };
                Self::unit(p, [gate(0), gate(1), gate(2), gate(3)], fresh, before, put, j);
            }
            if WHOLE {
                Self::norm(params, moment, b, now);
            }
        }
    }

    fn step_back(&self, params: &Params<T>, moment: &Moment<T>, tape: &[T], d: &mut MomentGradient<T>, work: &mut Work<T>) {
        let (p, batch) = (Plan::of(params.dims), moment.batch);
        let (rows, high) = (Self::rows(p), GATES * p.units);
        let deep = Cell::<T>::recurrent_rows(self, params.dims);
        for b in 0..batch {
            let (before, now) = (&moment.before[b * rows..(b + 1) * rows], &tape[b * rows..(b + 1) * rows]);
            if WHOLE {
                Self::norm_back(params, moment, b, now, d);
                let memory = Self::row(p, Self::H);
                d.recurrent[b * deep + (GATES + 2) * p.units..][..p.units].copy_from_slice(&before[memory..memory + p.units]);
            }
            let fresh = STABLE && Self::fresh(p, before);
            let (lanes, d_before) = (&mut d.lanes[b * rows..(b + 1) * rows], &mut d.before[b * rows..(b + 1) * rows]);
            for j in 0..p.units {
                let pass = |lane: usize, d: T| hold_back(moment.holds, lane, b * p.units + j, d);
                let mut back = Back { lanes: &mut *lanes, before: &mut *d_before, pass };
                let da = Self::unit_back(p, fresh, now, before, &mut back, j);
                for (g, da) in da.into_iter().enumerate() {
                    if !WHOLE {
                        d.projected[b * high + g * p.units + j] = da;
                    }
                    if deep > 0 {
                        d.recurrent[b * deep + p.slot(g, j)] = da;
                    }
                }
            }
            d_before[Self::row(p, Self::H)..][..p.units].fill(T::zero());
        }
        let (da, column) = if deep > 0 { (&*d.recurrent, deep) } else { (&*d.projected, high) };
        let da = Strided { data: da, row: 1, column };
        p.recurrent().back(params.packed, da, batch, &mut d.before[Self::row(p, Self::H)..], rows, &mut work.product);
        if WHOLE {
            Self::window_back(params, moment, tape, d, work);
        }
    }

    fn finish(&self, params: &Params<T>, whole: &Whole<T>, d_tensors: &mut [Vec<T>], d_input: &mut [T], work: &mut Work<T>) {
        let (p, n) = (Plan::of(params.dims), whole.columns);
        let x = Strided::columns(whole.input, p.input);
        if WHOLE {
            Self::finish_layer(params, whole, d_tensors, work);
            let d = whole.d_projected;
            if !p.encoded() {
                d_input.iter_mut().zip(d).for_each(|(x, d)| *x += *d);
                return;
            }
            p.encoder().gradient(x, d, p.units, n, &mut d_tensors[0], &mut work.product);
            bias_gradient(d, p.units, n, &mut d_tensors[1]);
            let d = Strided::columns(d, p.units);
            p.encoder().back(Self::encoder(p, params.packed), d, n, d_input, p.input, &mut work.product);
            return;
        }
        let (d, high) = (whole.d_projected, GATES * p.units);
        p.input_weights().gradient(x, d, high, n, &mut d_tensors[0], &mut work.product);
        p.recurrent().gradient(whole.before, whole.d_recurrent(), high, n, &mut d_tensors[1], &mut work.product);
        bias_gradient(d, high, n, &mut d_tensors[2]);
        let weights = &params.packed[p.recurrent().packed_len()..];
        p.input_weights().back(weights, Strided::columns(d, high), n, d_input, p.input, &mut work.product);
    }
}

/// Bias of the forget gate of unit d of a head with `width` units: 5 − 12·(d/(width − 1))^(0.3 + 1.3·layer/(layers − 1)), so that a
/// head remembers for very different times (`powerlaw_blockdependent` of the reference). A head of one unit, for which the reference
/// divides 0 by 0, is taken to have its first: bias 5, which keeps.
fn forget_bias(d: usize, width: usize, depth: Depth) -> f64 {
    let share = |at: usize, count: usize| if count > 1 { at as f64 / (count - 1) as f64 } else { 0.0 };
    5.0 - 12.0 * functions::power(share(d, width), 0.3 + 1.3 * share(depth.layer, depth.layers))
}

/// The family: `stabiliser` on (default) or off; `layer` bare (default) or full; sizes `heads` and `conv`.
pub struct Family;

impl super::Family for Family {
    fn name(&self) -> &'static str {
        "slstm"
    }
    fn title(&self) -> &'static str {
        "sLSTM"
    }
    fn options(&self) -> &'static [CellOption] {
        &[
            CellOption {
                name: "stabiliser",
                title: "Stabiliser",
                values: &[
                    OptionValue { name: "on", title: "on (m keeps the exponentials within range)" },
                    OptionValue { name: "off", title: "off (the exponentials as they are, until they overflow)" },
                ],
                size: None,
            },
            CellOption {
                name: "layer",
                title: "Layer",
                values: &[
                    OptionValue { name: "bare", title: "the cell alone" },
                    OptionValue { name: "full", title: "with convolution, headwise gates and norm (sLSTMLayer)" },
                ],
                size: None,
            },
            CellOption { name: "heads", title: "Heads", values: &[], size: Some(SizeRange { symbol: "NH", default: 1, low: 1, high: 16 }) },
            CellOption {
                name: "conv",
                title: "Steps that the convolution sees (full layer)",
                values: &[],
                size: Some(SizeRange { symbol: "K", default: 4, low: 1, high: 16 }),
            },
        ]
    }
    /// The vanilla backend's shapes. That of CUDA stores its recurrent weights as (NH, D, 4D) and its bias by heads: it has to be
    /// rearranged first. Whether a file's cell was stabilised is not in it: taken as yes, which shows the same h.
    fn recognise(&self, shape: &dyn Fn(&str) -> Option<Vec<usize>>) -> Option<Recognised> {
        let word = |name: &str, value: String| (name.to_string(), value);
        let full = shape("slstm_cell._recurrent_kernel_");
        let kernel = full.clone().or_else(|| shape("_recurrent_kernel_"))?;
        let [heads, high, width] = kernel[..] else { return None };
        let hidden = heads * width;
        let mut options = Options::from([word("heads", heads.to_string())]);
        if high != GATES * width {
            return None;
        }
        let input = if full.is_some() {
            let [channels, 1, conv] = shape("conv1d.conv.weight")?[..] else { return None };
            options.extend([word("layer", "full".into()), word("conv", conv.to_string())]);
            let input = shape("encoder.weight").map_or(Some(hidden), |s| s.get(1).copied())?;
            (channels == hidden).then_some(input)?
        } else {
            let [rows, input] = shape("weight_ih")?[..] else { return None };
            options.extend([word("layer", "bare".into())]);
            (rows == GATES * hidden).then_some(input)?
        };
        Some(Recognised { input, hidden, options })
    }
    fn f32(&self, options: &Options) -> &'static dyn Cell<f32> {
        match (options["stabiliser"].as_str(), options["layer"].as_str()) {
            ("off", "full") => &Slstm::<false, true>,
            ("off", _) => &Slstm::<false, false>,
            (_, "full") => &Slstm::<true, true>,
            _ => &Slstm::<true, false>,
        }
    }
    #[cfg(feature = "double")]
    fn f64(&self, options: &Options) -> &'static dyn Cell<f64> {
        match (options["stabiliser"].as_str(), options["layer"].as_str()) {
            ("off", "full") => &Slstm::<false, true>,
            ("off", _) => &Slstm::<false, false>,
            (_, "full") => &Slstm::<true, true>,
            _ => &Slstm::<true, false>,
        }
    }
}
