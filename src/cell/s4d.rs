//! S4D: a diagonal state-space model per unit. x_t = Ā x_{t−1} + B̄ u_t with complex x of N/2 modes, y_t = 2 Re(C x_t) + D u_t; as
//! `s4d.py` of state-spaces/s4, whose layer puts GELU, a matrix and a GLU on top. The B of the paper is 1 (absorbed in C).

use super::hold::Holds;
use super::linear::{Linear, add_bias, bias_gradient};
use super::s4d_equations::RECURRENCE;
use super::s4d_spec::{G, SPECS, U, X_IM, X_RE, Y};
use super::spec::{Recurrence, Spec};
use super::{Cell, Depth, Dims, Moment, MomentGradient, Params, Tensors, Whole, Work, plain_axis, uniform};
use crate::math::functions::ln;
use crate::math::kernel::{Strided, room, sum_columns};
use crate::math::modes::{Complex, Mode, bilinear, zero_order_hold};
use crate::math::rng::Rng;
use crate::math::{Real, Scalar};

/// How A is drawn (Gu et al. 2022, §4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Init {
    /// A_n = −½ + iπn
    Lin,
    /// A_n = −½ + i (N/π)(N/(2n+1) − 1)
    Inv,
    /// A_n = −(n+1)
    Real,
}

#[derive(Clone, Copy, Debug)]
pub struct S4d {
    pub init: Init,
    pub bilinear: bool,
    /// With GELU, matrix and GLU.
    pub full: bool,
}

/// Sizes of a layer, and its matrices.
#[derive(Clone, Copy)]
pub(super) struct Sizes {
    pub h: usize,
    /// Modes per unit.
    m: usize,
    /// Modes of all units.
    n: usize,
    /// Where the input is not as wide as the layer.
    encoder: Option<Linear>,
    output: Option<Linear>,
}

/// Constants in what is packed, each with one value per mode of each unit, in this order; then the matrices.
const A_RE: usize = 0;
const A_IM: usize = 1;
const B_RE: usize = 2;
const B_IM: usize = 3;
/// 2 C
const C_RE: usize = 4;
const C_IM: usize = 5;
/// ∂Ā/∂A, ∂B̄/∂A
const SLOPE_A_RE: usize = 6;
const SLOPE_A_IM: usize = 7;
const SLOPE_B_RE: usize = 8;
const SLOPE_B_IM: usize = 9;
/// Re A
const DECAY: usize = 10;
const CONSTANTS: usize = 11;

/// Where a layer's parameters stand after those of the encoder.
const D: usize = 0;
const C: usize = 1;
const LOG_DT: usize = 2;
const LOG_A_REAL: usize = 3;
const A_IMAG: usize = 4;
const OUT_WEIGHT: usize = 5;
pub(super) const OUT_BIAS: usize = 6;

impl S4d {
    fn sizes(&self, dims: Dims) -> Sizes {
        let (h, m) = (dims.hidden, dims.sizes[0] / 2);
        let encoder = (dims.input != h).then_some(Linear::new(h, dims.input));
        Sizes { h, m, n: h * m, encoder, output: self.full.then_some(Linear::new(2 * h, h)) }
    }

    /// What one step does to the modes of unit j: its m modes, in f64.
    fn modes<T: Scalar>(&self, own: &[&[T]], m: usize, j: usize) -> impl Iterator<Item = (Complex, Mode)> {
        let of = if self.bilinear { bilinear } else { zero_order_hold };
        let dt = Real::exp(own[LOG_DT][j].f64());
        (j * m..(j + 1) * m).map(move |k| {
            let a = Complex::new(-Real::exp(own[LOG_A_REAL][k].f64()), own[A_IMAG][k].f64());
            (a, of(dt, a))
        })
    }
}

impl Sizes {
    /// The parameters without those of the encoder.
    pub(super) fn own<'a, 'b, T>(&self, tensors: &'b [&'a [T]]) -> &'b [&'a [T]] {
        &tensors[self.before_own()..]
    }

    fn before_own(&self) -> usize {
        if self.encoder.is_some() { 2 } else { 0 }
    }

    fn constants<'a, T>(&self, packed: &'a [T]) -> [&'a [T]; CONSTANTS] {
        std::array::from_fn(|k| &packed[k * self.n..(k + 1) * self.n])
    }

    /// The packed encoder, then the packed output matrix.
    pub(super) fn matrices<'a, T>(&self, packed: &'a [T]) -> (&'a [T], &'a [T]) {
        packed[CONSTANTS * self.n..].split_at(self.encoder.map_or(0, Linear::packed_len))
    }

    pub(super) fn rows(&self) -> usize {
        2 * self.n + self.h * if self.output.is_some() { 6 } else { 2 }
    }

    pub(super) fn lane(&self, lane: usize) -> std::ops::Range<usize> {
        let modes = lane.saturating_sub(X_RE).min(2);
        let start = (lane - modes) * self.h + modes * self.n;
        start..start + if lane == X_RE || lane == X_IM { self.n } else { self.h }
    }

    // What `step_back` leaves for `finish`: ∂L/∂Ā and ∂L/∂B̄ of each mode, ∂L/∂y as it passes on, then that of the GLU's two sides
    // before the sigmoid.

    fn passing_y(&self) -> usize {
        4 * self.n
    }

    pub(super) fn passing_glu(&self) -> usize {
        4 * self.n + self.h
    }

    pub(super) fn recurrent_rows(&self) -> usize {
        self.passing_glu() + if self.output.is_some() { 2 * self.h } else { 0 }
    }
}

/// Puts what is held of a lane of example `b` in its place.
pub(super) fn hold<T: Scalar>(holds: Option<&Holds<T>>, lane: usize, b: usize, values: &mut [T]) {
    let n = values.len();
    for held in holds.into_iter().flat_map(|h| &h.lanes).filter(|l| l.lane == lane) {
        let of_example = held.mask[b * n..].iter().zip(&held.value[b * n..]);
        values.iter_mut().zip(of_example).filter(|(_, (mask, _))| **mask > T::zero()).for_each(|(v, (_, held))| *v = *held);
    }
}

/// No gradient passes to what computed a held value.
pub(super) fn hold_back<T: Scalar>(holds: Option<&Holds<T>>, lane: usize, b: usize, d: &mut [T]) {
    let n = d.len();
    for held in holds.into_iter().flat_map(|h| &h.lanes).filter(|l| l.lane == lane) {
        d.iter_mut().zip(&held.mask[b * n..]).filter(|(_, mask)| **mask > T::zero()).for_each(|(d, _)| *d = T::zero());
    }
}

impl<T: Scalar> Cell<T> for S4d {
    fn spec(&self) -> &'static Spec {
        &SPECS[usize::from(self.bilinear)][usize::from(self.full)]
    }

    fn recurrence(&self) -> Option<&'static Recurrence> {
        Some(&RECURRENCE)
    }

    fn shapes(&self, dims: Dims) -> Vec<(&'static str, Vec<usize>)> {
        let Sizes { h, m, encoder, .. } = self.sizes(dims);
        let mut shapes = vec![];
        if encoder.is_some() {
            shapes.extend([("encoder.weight", vec![h, dims.input]), ("encoder.bias", vec![h])]);
        }
        shapes.extend([("D", vec![h]), ("kernel.C", vec![h, m, 2]), ("kernel.log_dt", vec![h])]);
        shapes.extend([("kernel.log_A_real", vec![h, m]), ("kernel.A_imag", vec![h, m])]);
        if self.full {
            shapes.extend([("output_linear.0.weight", vec![2 * h, h, 1]), ("output_linear.0.bias", vec![2 * h])]);
        }
        shapes
    }

    fn axis(&self, dims: Dims, name: &str) -> usize {
        match name {
            "N" => dims.sizes[0],
            "M" => dims.sizes[0] / 2,
            other => plain_axis(dims, other),
        }
    }

    fn refuse(&self, dims: Dims) -> Option<String> {
        let n = dims.sizes[0];
        (!n.is_multiple_of(2)).then(|| format!("state is {n}; expected an even number: its modes are pairs of conjugate numbers"))
    }

    fn init(&self, dims: Dims, name: &str, _: Depth, rng: &mut Rng, values: &mut [T]) {
        let Sizes { h, m, .. } = self.sizes(dims);
        let n = dims.sizes[0] as f64;
        let mut draw = |of: &mut dyn FnMut(f64) -> f64| {
            for (k, v) in values.iter_mut().enumerate() {
                *v = T::of(of((k % m.max(1)) as f64) as f32 as f64);
            }
        };
        match name {
            "D" => draw(&mut |_| rng.normal()),
            "kernel.C" => draw(&mut |_| rng.normal() * std::f64::consts::FRAC_1_SQRT_2),
            "kernel.log_dt" => draw(&mut |_| ln(1e-3) + rng.u() * ln(100.0)),
            "kernel.log_A_real" if self.init == Init::Real => draw(&mut |mode| ln(mode + 1.0)),
            "kernel.log_A_real" => draw(&mut |_| ln(0.5)),
            "kernel.A_imag" => draw(&mut |mode| match self.init {
                Init::Lin => std::f64::consts::PI * mode,
                Init::Inv => n / std::f64::consts::PI * (n / (2.0 * mode + 1.0) - 1.0),
                Init::Real => 0.0,
            }),
            name => uniform(1.0 / (if name.starts_with("encoder") { dims.input } else { h } as f64).sqrt(), rng, values),
        }
    }

    /// Four for Ā x, two for B̄ u and two for C x of each mode; one for D u.
    fn multiply_adds(&self, dims: Dims) -> usize {
        let Sizes { h, n, encoder, output, .. } = self.sizes(dims);
        let of = |matrix: Option<Linear>| matrix.map_or(0, |l| l.rows * l.columns);
        of(encoder) + 8 * n + h + of(output)
    }

    /// K_l = 2 Re Σ_n C_n B̄_n Ā_n^l: what the input of l steps ago still adds to y (the D of the present one is not in it).
    fn kernel(&self, dims: Dims, tensors: &Tensors<T>, length: usize) -> Option<Vec<f64>> {
        let sizes @ Sizes { h, m, .. } = self.sizes(dims);
        let (own, mut kernel) = (sizes.own(tensors), Vec::with_capacity(h * length));
        for j in 0..h {
            let c = |k: usize| Complex::new(own[C][2 * k].f64(), own[C][2 * k + 1].f64());
            let mut terms: Vec<_> = self.modes(own, m, j).enumerate().map(|(k, (_, mode))| (c(j * m + k) * mode.b * 2.0, mode.a)).collect();
            kernel.extend((0..length).map(|_| {
                let sum: f64 = terms.iter().map(|(term, _)| term.re).sum();
                terms.iter_mut().for_each(|(term, a)| *term *= *a);
                sum
            }));
        }
        Some(kernel)
    }

    fn projected_rows(&self, dims: Dims) -> usize {
        dims.hidden
    }

    fn recurrent_rows(&self, dims: Dims) -> usize {
        self.sizes(dims).recurrent_rows()
    }

    fn packed_len(&self, dims: Dims) -> usize {
        let Sizes { n, encoder, output, .. } = self.sizes(dims);
        CONSTANTS * n + encoder.map_or(0, Linear::packed_len) + output.map_or(0, Linear::packed_len)
    }

    fn pack(&self, dims: Dims, tensors: &Tensors<T>, packed: &mut [T]) {
        let sizes @ Sizes { h, m, n, encoder, output } = self.sizes(dims);
        let (own, (constants, matrices)) = (sizes.own(tensors), packed.split_at_mut(CONSTANTS * n));
        for j in 0..h {
            for (k, (a, mode)) in self.modes(own, m, j).enumerate().map(|(k, mode)| (j * m + k, mode)) {
                let two_c = [own[C][2 * k].f64(), own[C][2 * k + 1].f64()].map(|c| 2.0 * c);
                let of = [
                    (A_RE, mode.a.re),
                    (A_IM, mode.a.im),
                    (B_RE, mode.b.re),
                    (B_IM, mode.b.im),
                    (C_RE, two_c[0]),
                    (C_IM, two_c[1]),
                    (SLOPE_A_RE, mode.slope_a.re),
                    (SLOPE_A_IM, mode.slope_a.im),
                    (SLOPE_B_RE, mode.slope_b.re),
                    (SLOPE_B_IM, mode.slope_b.im),
                    (DECAY, a.re),
                ];
                of.iter().for_each(|(constant, value)| constants[constant * n + k] = T::of(*value));
            }
        }
        let used = encoder.map_or(0, |l| l.pack(tensors[0], matrices));
        if let Some(l) = output {
            l.pack(own[OUT_WEIGHT], &mut matrices[used..]);
        }
    }

    /// u, which is the input itself where it is as wide as the layer.
    fn project(&self, params: &Params<T>, columns: usize, input: &[T], projected: &mut [T], work: &mut Work<T>) {
        let sizes @ Sizes { h, .. } = self.sizes(params.dims);
        let Some(encoder) = sizes.encoder else { return projected.copy_from_slice(input) };
        projected.fill(T::zero());
        add_bias(params.tensors[1], columns, projected, h);
        let x = Strided::columns(input, params.dims.input);
        encoder.forward(sizes.matrices(params.packed).0, x, columns, projected, h, &mut work.product);
    }

    fn step(&self, params: &Params<T>, moment: &Moment<T>, tape: &mut [T], work: &mut Work<T>) {
        let sizes @ Sizes { h, m, n, .. } = self.sizes(params.dims);
        let (rows, own) = (sizes.rows(), sizes.own(&params.tensors));
        let [a_re, a_im, b_re, b_im, c_re, c_im, ..] = sizes.constants(params.packed);
        for (b, (column, before)) in tape.chunks_exact_mut(rows).zip(moment.before.chunks_exact(rows)).enumerate() {
            let (u, rest) = column.split_at_mut(h);
            let (re, rest) = rest.split_at_mut(n);
            let (im, y) = rest.split_at_mut(n);
            let (re_before, im_before) = (&before[sizes.lane(X_RE)], &before[sizes.lane(X_IM)]);
            u.copy_from_slice(&moment.projected[b * h..(b + 1) * h]);
            hold(moment.holds, U, b, u);
            for (j, u) in u.iter().enumerate() {
                let at = j * m..(j + 1) * m;
                let (a_re, a_im, b_re, b_im) = (&a_re[at.clone()], &a_im[at.clone()], &b_re[at.clone()], &b_im[at.clone()]);
                let (re_before, im_before) = (&re_before[at.clone()], &im_before[at.clone()]);
                let (re, im) = (&mut re[at.clone()], &mut im[at]);
                for k in 0..m {
                    re[k] = a_re[k] * re_before[k] - a_im[k] * im_before[k] + b_re[k] * *u;
                    im[k] = a_im[k] * re_before[k] + a_re[k] * im_before[k] + b_im[k] * *u;
                }
            }
            hold(moment.holds, X_RE, b, re);
            hold(moment.holds, X_IM, b, im);
            for (j, y) in y[..h].iter_mut().enumerate() {
                let at = j * m..(j + 1) * m;
                let (mut of_re, mut of_im) = (own[D][j] * u[j], T::zero());
                c_re[at.clone()].iter().zip(&re[at.clone()]).for_each(|(c, x)| of_re += *c * *x);
                c_im[at.clone()].iter().zip(&im[at]).for_each(|(c, x)| of_im += *c * *x);
                *y = of_re - of_im;
            }
            hold(moment.holds, Y, b, &mut y[..h]);
        }
        if let Some(output) = sizes.output {
            sizes.layer(output, params, moment, tape, work);
        }
    }

    fn step_back(&self, params: &Params<T>, moment: &Moment<T>, tape: &[T], d: &mut MomentGradient<T>, work: &mut Work<T>) {
        let sizes @ Sizes { h, m, n, .. } = self.sizes(params.dims);
        let (rows, deep, own) = (sizes.rows(), sizes.recurrent_rows(), sizes.own(&params.tensors));
        if let Some(output) = sizes.output {
            sizes.layer_back(output, params, moment, tape, d, work);
        }
        let [a_re, a_im, b_re, b_im, c_re, c_im, ..] = sizes.constants(params.packed);
        for b in 0..moment.batch {
            let (column, before) = (&tape[b * rows..(b + 1) * rows], &moment.before[b * rows..(b + 1) * rows]);
            let (u, re_before, im_before) = (&column[..h], &before[sizes.lane(X_RE)], &before[sizes.lane(X_IM)]);
            let (du, rest) = d.lanes[b * rows..(b + 1) * rows].split_at_mut(h);
            let (dre, rest) = rest.split_at_mut(n);
            let (dim, dy) = rest.split_at_mut(n);
            let (of_modes, rest) = d.recurrent[b * deep..(b + 1) * deep].split_at_mut(sizes.passing_y());
            let passing = &mut rest[..h];
            passing.copy_from_slice(&dy[..h]);
            hold_back(moment.holds, Y, b, passing);
            for (j, dy) in passing.iter().enumerate() {
                let at = j * m..(j + 1) * m;
                dre[at.clone()].iter_mut().zip(&c_re[at.clone()]).for_each(|(d, c)| *d += *c * *dy);
                dim[at.clone()].iter_mut().zip(&c_im[at]).for_each(|(d, c)| *d = *d - *c * *dy);
            }
            // What passes on, in the place of what will have passed.
            let (pre, pim) = d.before[b * rows + h..b * rows + h + 2 * n].split_at_mut(n);
            pre.copy_from_slice(dre);
            pim.copy_from_slice(dim);
            hold_back(moment.holds, X_RE, b, pre);
            hold_back(moment.holds, X_IM, b, pim);
            let (of_a, of_b) = of_modes.split_at_mut(2 * n);
            let ((of_a_re, of_a_im), (of_b_re, of_b_im)) = (of_a.split_at_mut(n), of_b.split_at_mut(n));
            for j in 0..h {
                let at = j * m..(j + 1) * m;
                let (a_re, a_im, b_re, b_im) = (&a_re[at.clone()], &a_im[at.clone()], &b_re[at.clone()], &b_im[at.clone()]);
                let (re_before, im_before) = (&re_before[at.clone()], &im_before[at.clone()]);
                let (of_a_re, of_a_im) = (&mut of_a_re[at.clone()], &mut of_a_im[at.clone()]);
                let (of_b_re, of_b_im) = (&mut of_b_re[at.clone()], &mut of_b_im[at.clone()]);
                let (pre, pim) = (&mut pre[at.clone()], &mut pim[at]);
                let (mut of_re, mut of_im) = (own[D][j] * passing[j], T::zero());
                for k in 0..m {
                    of_re += b_re[k] * pre[k];
                    of_im += b_im[k] * pim[k];
                }
                du[j] = of_re + of_im;
                for k in 0..m {
                    let (dre, dim) = (pre[k], pim[k]);
                    of_a_re[k] = dre * re_before[k] + dim * im_before[k];
                    of_a_im[k] = dim * re_before[k] - dre * im_before[k];
                    (of_b_re[k], of_b_im[k]) = (dre * u[j], dim * u[j]);
                    pre[k] = a_re[k] * dre + a_im[k] * dim;
                    pim[k] = a_re[k] * dim - a_im[k] * dre;
                }
            }
            let projected = &mut d.projected[b * h..(b + 1) * h];
            projected.copy_from_slice(du);
            hold_back(moment.holds, U, b, projected);
        }
    }

    fn finish(&self, params: &Params<T>, whole: &Whole<T>, d_tensors: &mut [Vec<T>], d_input: &mut [T], work: &mut Work<T>) {
        let sizes @ Sizes { h, m, n, .. } = self.sizes(params.dims);
        let (rows, deep, columns) = (sizes.rows(), sizes.recurrent_rows(), whole.columns);
        let (of_encoder, of_own) = d_tensors.split_at_mut(sizes.before_own());
        match (sizes.encoder, of_encoder) {
            (Some(encoder), [weight, bias]) => {
                let x = Strided::columns(whole.input, params.dims.input);
                encoder.gradient(x, whole.d_projected, h, columns, weight, &mut work.product);
                bias_gradient(whole.d_projected, h, columns, bias);
                let (packed, du) = (sizes.matrices(params.packed).0, Strided::columns(whole.d_projected, h));
                encoder.back(packed, du, columns, d_input, params.dims.input, &mut work.product);
            }
            _ => d_input.iter_mut().zip(whole.d_projected).for_each(|(x, u)| *x += *u),
        }
        for (column, d) in whole.tape.chunks_exact(rows).zip(whole.d_recurrent.chunks_exact(deep)) {
            let (re, im) = (&column[sizes.lane(X_RE)], &column[sizes.lane(X_IM)]);
            for (j, dy) in d[sizes.passing_y()..][..h].iter().enumerate() {
                of_own[D][j] += *dy * column[j];
                let (two, at) = (*dy + *dy, j * m..(j + 1) * m);
                let x = re[at.clone()].iter().zip(&im[at.clone()]);
                for (c, (re, im)) in of_own[C][2 * at.start..2 * at.end].chunks_exact_mut(2).zip(x) {
                    c[0] += two * *re;
                    c[1] = c[1] - two * *im;
                }
            }
        }
        let sums = room(&mut work.values, deep);
        sums.fill(T::zero());
        sum_columns(whole.d_recurrent, deep, sums);
        let constants = sizes.constants(params.packed);
        for k in 0..n {
            let complex = |list: &[&[T]], at: usize| (list[at][k], list[at + 1][k]);
            let (da, db) = ((sums[k], sums[n + k]), (sums[2 * n + k], sums[3 * n + k]));
            let (slope_a, slope_b) = (complex(&constants, SLOPE_A_RE), complex(&constants, SLOPE_B_RE));
            let (through_a, through_b, of_b) = (back(slope_a, da), back(slope_b, db), back(slope_a, db));
            let d = (through_a.0 + through_b.0, through_a.1 + through_b.1);
            let (decay, turn) = (constants[DECAY][k], sizes.own(&params.tensors)[A_IMAG][k]);
            of_own[LOG_A_REAL][k] += decay * d.0;
            of_own[A_IMAG][k] += d.1;
            of_own[LOG_DT][k / m] += decay * through_a.0 + turn * through_a.1 + of_b.0;
        }
        if let Some(output) = sizes.output {
            let d = &whole.d_recurrent[sizes.passing_glu()..];
            let g = Strided { data: &whole.tape[sizes.lane(G).start..], row: 1, column: rows };
            output.gradient(g, d, deep, columns, &mut of_own[OUT_WEIGHT], &mut work.product);
            bias_gradient(d, deep, columns, &mut of_own[OUT_BIAS]);
        }
    }
}

/// From ∂L/∂w to ∂L/∂z for w = f(z) of slope f′, real and imaginary part: the conjugate of f′ times it.
fn back<T: Scalar>(slope: (T, T), d: (T, T)) -> (T, T) {
    (slope.0 * d.0 + slope.1 * d.1, slope.0 * d.1 - slope.1 * d.0)
}
