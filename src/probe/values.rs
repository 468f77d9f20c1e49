//! Numbers with named axes: how lanes of different shapes meet in an equation.

/// Values of an expression, last axis fastest. Without an axis it is one number.
#[derive(Clone, Debug, PartialEq)]
pub struct Values {
    pub axes: Vec<(&'static str, usize)>,
    pub data: Vec<f64>,
}

/// A place on each of some axes.
pub type Index = Vec<(&'static str, usize)>;

impl Values {
    pub fn new(axes: Vec<(&'static str, usize)>, data: Vec<f64>) -> Self {
        Values { axes, data }
    }

    pub fn constant(value: f64) -> Self {
        Values { axes: vec![], data: vec![value] }
    }

    fn extent(&self, axis: &str) -> Option<usize> {
        self.axes.iter().find(|a| a.0 == axis).map(|a| a.1)
    }

    /// Distance in `data` of neighbours on an axis; 0 for an axis that is not there, which is how it is repeated along it.
    fn stride(&self, axis: &str) -> usize {
        let Some(at) = self.axes.iter().position(|a| a.0 == axis) else { return 0 };
        self.axes[at + 1..].iter().map(|a| a.1).product()
    }

    /// The value at a place; axes that are not here do not matter.
    pub fn at(&self, index: &Index) -> f64 {
        let place: usize = index.iter().map(|(axis, i)| i * self.stride(axis)).sum();
        self.data.get(place).copied().unwrap_or(f64::NAN)
    }

    pub fn map(mut self, f: impl Fn(f64) -> f64) -> Self {
        self.data.iter_mut().for_each(|v| *v = f(*v));
        self
    }

    /// Repeated and reordered so that it has these axes.
    pub fn spread(&self, axes: &[(&'static str, usize)]) -> Values {
        if self.axes == axes {
            return self.clone();
        }
        let strides: Vec<usize> = axes.iter().map(|a| self.stride(a.0)).collect();
        let size = axes.iter().map(|a| a.1).product();
        let (mut data, mut index) = (Vec::with_capacity(size), vec![0; axes.len()]);
        for _ in 0..size {
            let place: usize = index.iter().zip(&strides).map(|(i, s)| i * s).sum();
            data.push(self.data.get(place).copied().unwrap_or(f64::NAN));
            for k in (0..axes.len()).rev() {
                index[k] += 1;
                if index[k] < axes[k].1 {
                    break;
                }
                index[k] = 0;
            }
        }
        Values { axes: axes.to_vec(), data }
    }

    /// Element by element, axes by name: the result has this one's axes, then those of the other that are not among them.
    pub fn zip(&self, other: &Values, f: impl Fn(f64, f64) -> f64) -> Values {
        let mut axes = self.axes.clone();
        axes.extend(other.axes.iter().filter(|a| self.extent(a.0).is_none()));
        let (a, b) = (self.spread(&axes), other.spread(&axes));
        Values { axes, data: a.data.iter().zip(&b.data).map(|(a, b)| f(*a, *b)).collect() }
    }

    /// For each place of the other axes, what `f` makes of the values along `axis`, in order.
    pub fn along(&self, axis: &str, f: impl Fn(&[f64]) -> f64) -> Values {
        let mut axes: Vec<_> = self.axes.iter().copied().filter(|a| a.0 != axis).collect();
        let n = self.extent(axis).unwrap_or(1);
        axes.push(("", n));
        let renamed =
            Values { axes: self.axes.iter().map(|a| if a.0 == axis { ("", a.1) } else { *a }).collect(), data: self.data.clone() };
        let ordered = renamed.spread(&axes);
        axes.pop();
        Values { axes, data: ordered.data.chunks(n.max(1)).map(f).collect() }
    }

    /// Replaces the values along `axis` by as many others.
    pub fn replace_along(&self, axis: &str, f: impl Fn(&[f64]) -> Vec<f64>) -> Values {
        let mut axes: Vec<_> = self.axes.iter().copied().filter(|a| a.0 != axis).collect();
        let Some(n) = self.extent(axis) else { return self.clone() };
        let name = self.axes.iter().find(|a| a.0 == axis).map_or("", |a| a.0);
        axes.push((name, n));
        let ordered = self.spread(&axes);
        let data = ordered.data.chunks(n.max(1)).flat_map(f).collect();
        Values { axes, data }.spread(&self.axes)
    }

    /// The place of a flat position.
    pub fn place(axes: &[(&'static str, usize)], mut flat: usize) -> Index {
        let mut index: Index = axes.iter().map(|a| (a.0, 0)).collect();
        for (k, (_, extent)) in axes.iter().enumerate().rev() {
            index[k].1 = flat % extent.max(&1);
            flat /= extent.max(&1);
        }
        index
    }

    /// The flat position of a place on these axes.
    pub fn flat(axes: &[(&'static str, usize)], index: &Index) -> usize {
        axes.iter().fold(0, |flat, (name, extent)| flat * extent + index.iter().find(|i| i.0 == *name).map_or(0, |i| i.1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_meet_by_name() {
        let keys = Values::new(vec![("K", 2)], vec![1.0, 2.0]);
        let values = Values::new(vec![("V", 3)], vec![10.0, 20.0, 30.0]);
        let outer = keys.zip(&values, |a, b| a * b);
        assert_eq!(outer.data, [10.0, 20.0, 30.0, 20.0, 40.0, 60.0]);
        let read = keys.zip(&outer, |a, b| a * b).along("K", |v| v.iter().sum());
        assert_eq!((read.axes.clone(), read.data.clone()), (vec![("V", 3)], vec![50.0, 100.0, 150.0]));
        assert_eq!(outer.spread(&[("V", 3), ("K", 2)]).data, [10.0, 20.0, 20.0, 40.0, 30.0, 60.0]);
        assert_eq!(outer.at(&vec![("V", 2), ("K", 1), ("elsewhere", 7)]), 60.0);
        assert_eq!(Values::flat(&outer.axes, &Values::place(&outer.axes, 4)), 4);
        let moved = outer.replace_along("K", |v| vec![0.0, v[0]]);
        assert_eq!(moved.data, [0.0, 0.0, 0.0, 10.0, 20.0, 30.0]);
    }
}
