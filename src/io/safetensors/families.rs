//! Modules of the cells that are not PyTorch's, by the names that their reference implementations give their tensors:
//! `mamba.in_proj.weight`; of several layers `mamba.0.in_proj.weight` or `backbone.layers.0.mixer.in_proj.weight`; of the second
//! direction `mamba_reverse.in_proj.weight`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use super::clip;
use super::header::{Tensor, Tensors};
use super::names::{MAX_STACKS, Place, Stack};
use crate::cell::{self, Family, Options, Recognised};
use crate::error::{Code, Error, Result};
use crate::math::Scalar;

/// The cells whose tensors are PyTorch's own.
pub(super) const PYTORCH: [&str; 3] = ["rnn", "gru", "lstm"];
/// Stands for the layer's number in a prefix.
pub(super) const NUMBER: &str = "{}";

/// What a stack of another family is.
#[derive(Clone)]
pub(super) struct Other {
    pub family: &'static dyn Family,
    /// Of the first layer.
    pub found: Recognised,
    /// Prefix, layer and direction of each module.
    pub modules: Vec<(String, usize, usize)>,
}

/// A module as it was found.
struct Module {
    prefix: String,
    number: Option<usize>,
    direction: usize,
    found: Recognised,
    /// Parameter and tensor.
    tensors: Vec<(&'static str, String)>,
}

/// Families that are not PyTorch's, each with the names of its parameters in all its variants.
fn families() -> &'static [(&'static dyn Family, BTreeSet<&'static str>)] {
    static ALL: OnceLock<Vec<(&'static dyn Family, BTreeSet<&'static str>)>> = OnceLock::new();
    let names = |family: &&'static dyn Family| {
        let parameters = cell::variants(*family).into_iter().flat_map(|options| family.f32(&options).spec().parameters);
        (*family, parameters.map(|p| p.name).collect())
    };
    ALL.get_or_init(|| cell::all().iter().filter(|f| !PYTORCH.contains(&f.name())).map(names).collect())
}

/// `layers.3.mixer.` → `layers.{}.mixer.`, 3, 0: which network a module belongs to, its layer and its direction.
fn place(prefix: &str) -> (String, Option<usize>, usize) {
    let mut direction = 0;
    let mut modules: Vec<&str> = vec![];
    for module in prefix.split_terminator('.') {
        match module.strip_suffix("_reverse").or((module == "reverse").then_some("")) {
            Some("") => direction = 1,
            Some(rest) => {
                direction = 1;
                modules.push(rest);
            }
            None => modules.push(module),
        }
    }
    let plain = |m: &str| (1..=4).contains(&m.len()) && m.bytes().all(|b| b.is_ascii_digit());
    let number = modules.iter().rposition(|m| plain(m)).and_then(|at| {
        let number = modules[at].parse().ok();
        modules[at] = NUMBER;
        number
    });
    (modules.iter().flat_map(|m| [*m, "."]).collect(), number, direction)
}

/// The modules of one family, by the network that they belong to.
fn modules(family: &'static dyn Family, leaves: &BTreeSet<&'static str>, tensors: &Tensors) -> BTreeMap<String, Vec<Module>> {
    let under = |name: &'_ str, leaf: &str| name.strip_suffix(leaf).filter(|p| p.is_empty() || p.ends_with('.')).map(str::to_string);
    let prefixes: BTreeSet<String> = tensors.keys().flat_map(|name| leaves.iter().filter_map(move |leaf| under(name, leaf))).collect();
    let mut found: BTreeMap<String, Vec<Module>> = BTreeMap::new();
    for prefix in prefixes {
        let shape = |leaf: &str| tensors.get(&format!("{prefix}{leaf}")).map(|tensor| shape(leaf, tensor));
        let Some(recognised) = family.recognise(&shape) else { continue };
        let named = leaves.iter().map(|leaf| (*leaf, format!("{prefix}{leaf}")));
        let (pattern, number, direction) = place(&prefix);
        let tensors = named.filter(|(_, name)| tensors.contains_key(name)).collect();
        found.entry(pattern).or_default().push(Module { prefix, number, direction, found: recognised, tensors });
    }
    found
}

/// All networks of other families than PyTorch's.
pub(super) fn stacks(tensors: &Tensors) -> Result<Vec<Stack>> {
    let mut all = vec![];
    for (family, leaves) in families() {
        for (pattern, modules) in modules(*family, leaves, tensors) {
            all.push(stack(*family, pattern, modules)?);
            if all.len() > MAX_STACKS {
                return Err(Error::new(
                    Code::OutOfRange,
                    format!("the file holds more than {MAX_STACKS} recurrent modules; expected fewer"),
                ));
            }
        }
    }
    // A part of a module may look like a cell by itself.
    let names: Vec<BTreeSet<&String>> = all.iter().map(|s: &Stack| s.tensors.values().collect()).collect();
    let part = |k: usize| names.iter().any(|other| other.len() > names[k].len() && names[k].is_subset(other));
    let whole: Vec<bool> = (0..all.len()).map(|k| !part(k)).collect();
    Ok(all.into_iter().zip(whole).filter_map(|(stack, whole)| whole.then_some(stack)).collect())
}

/// Layers are numbered in the order of the file's numbers.
fn stack(family: &'static dyn Family, pattern: String, mut modules: Vec<Module>) -> Result<Stack> {
    modules.sort_by_key(|m| (m.number, m.direction));
    let numbers: BTreeSet<Option<usize>> = modules.iter().map(|m| m.number).collect();
    let mut tensors: BTreeMap<Place, String> = BTreeMap::new();
    let mut places = vec![];
    for module in &modules {
        let layer = numbers.iter().position(|n| *n == module.number).unwrap_or(0);
        places.push((module.prefix.clone(), layer, module.direction));
        for (leaf, name) in &module.tensors {
            if let Some(other) = tensors.insert((leaf, layer, module.direction), name.clone()) {
                let message = format!("“{}” and “{}” are the same tensor of one layer; expected one of them", clip(&other), clip(name));
                return Err(Error::new(Code::Format, message));
            }
        }
    }
    let Some(first) = modules.into_iter().next() else { return Err(Error::new(Code::Format, "a network without a module")) };
    // One layer keeps its own name, whatever numbers are in it; with a second direction, whose name may differ before the number, as
    // far as it can.
    let from_nought = first.number == Some(0) && places.len() > 1;
    let prefix = if numbers.len() > 1 || from_nought { pattern } else { first.prefix };
    Ok(Stack { prefix, tensors, other: Some(Other { family, found: first.found, modules: places }) })
}

impl Stack {
    /// What a wish for a prefix may mean here: this network, or one of its layers.
    pub fn called(&self, wanted: &str, tensors: &Tensors) -> Option<Stack> {
        let Some(other) = &self.other else { return (self.prefix == wanted).then(|| self.clone()) };
        let before = self.prefix.split(NUMBER).next().unwrap_or_default();
        if self.prefix == wanted || (self.prefix.contains(NUMBER) && before == wanted) {
            return Some(self.clone());
        }
        let (_, layer, direction) = other.modules.iter().find(|(prefix, ..)| prefix == wanted)?;
        let mine = self.tensors.iter().filter(|((_, l, d), _)| (l, d) == (layer, direction));
        let mine = mine.map(|((leaf, ..), name)| ((*leaf, 0, 0), name.clone())).collect();
        let shape = |leaf: &str| tensors.get(&format!("{wanted}{leaf}")).map(|tensor| shape(leaf, tensor));
        let found = other.family.recognise(&shape)?;
        let other = Other { family: other.family, found, modules: vec![(wanted.into(), 0, 0)] };
        Some(Stack { prefix: wanted.into(), tensors: mine, other: Some(other) })
    }

    /// Tells the cells of a file apart where one is asked for by name.
    pub fn may_be(&self, cell: &str) -> bool {
        self.other.as_ref().map_or(PYTORCH.contains(&cell), |other| other.family.name() == cell)
    }
}

/// Options that shapes tell, then those that were chosen, then defaults, which are said.
pub(super) fn options(other: &Other, chosen: &Options, assumed: &mut Vec<String>) -> Result<Options> {
    let (name, told) = (other.family.name(), &other.found.options);
    for (key, value) in chosen {
        if let Some(found) = told.get(key).filter(|found| *found != value) {
            let message = format!("option “{key}” is {found} by the shapes of the file's tensors; expected {value:.20}, as chosen");
            return Err(Error::new(Code::Shape, message));
        }
    }
    let known: Options = told.iter().chain(chosen).map(|(key, value)| (key.clone(), value.clone())).collect();
    let full = cell::find(name, &known)?.1;
    for (key, value) in full.iter().filter(|(key, _)| !known.contains_key(*key)) {
        assumed.push(format!("{key}: {value}, the default; a file does not tell"));
    }
    Ok(full)
}

// ---- xlstm's two layouts of the sLSTM's recurrent weights ----

const KERNEL: &str = "_recurrent_kernel_";
const BIAS: &str = "_bias_";
const GATES: usize = 4;

/// Heads and width of a kernel as xlstm's CUDA backend has it: heads × inputs × (gates·outputs).
fn of_cuda(name: &str, tensor: &Tensor) -> Option<(usize, usize)> {
    let [heads, width, gates] = tensor.shape[..] else { return None };
    (name.ends_with(KERNEL) && gates.checked_div(GATES) == Some(width) && gates % GATES == 0).then_some((heads, width))
}

/// The shape of a tensor, as the family expects it.
pub(super) fn shape(name: &str, tensor: &Tensor) -> Vec<usize> {
    of_cuda(name, tensor).map_or(tensor.shape.clone(), |(heads, width)| vec![heads, GATES * width, width])
}

/// Values as the family expects them; whether they had to be rearranged.
pub(super) fn arranged<T: Scalar>(name: &str, tensors: &Tensors, values: Vec<T>) -> (Vec<T>, bool) {
    let kernel = name.strip_suffix(BIAS).map_or(name.to_string(), |module| format!("{module}{KERNEL}"));
    let Some((heads, width)) = tensors.get(&kernel).and_then(|tensor| of_cuda(&kernel, tensor)) else { return (values, false) };
    let rows = GATES * width;
    let from = |k: usize| {
        if name == kernel {
            // head, gate·outputs, inputs
            let (head, row, column) = (k / (rows * width), k / width % rows, k % width);
            (head * width + column) * rows + row
        } else {
            // gate, head, unit of a bias that goes head by head
            let (gate, head, unit) = (k / (heads * width), k / width % heads, k % width);
            (head * GATES + gate) * width + unit
        }
    };
    ((0..values.len()).map(|k| values.get(from(k)).copied().unwrap_or(T::zero())).collect(), true)
}

/// Where a parameter of another family's network is written.
pub(super) fn written(prefix: &str, layers: usize, parameter: &str) -> String {
    let (rest, direction) = parameter.strip_suffix("_reverse").map_or((parameter, 0), |rest| (rest, 1));
    let (leaf, layer) = rest.rsplit_once("_l").unwrap_or((rest, "0"));
    let base = prefix.strip_suffix('.').unwrap_or(prefix);
    let (base, number) = match base.strip_suffix(NUMBER) {
        Some(base) if base.is_empty() || base.ends_with('.') => (base.strip_suffix('.').unwrap_or(base), true),
        _ => (base, layers > 1 && !base.contains(NUMBER)),
    };
    let mut module = base.to_string();
    if direction == 1 {
        module.push_str(if base.is_empty() { "reverse" } else { "_reverse" });
    }
    let mut modules: Vec<&str> = if module.is_empty() { vec![] } else { vec![&module] };
    if number {
        modules.push(NUMBER);
    }
    modules.push(leaf);
    modules.join(".").replace(NUMBER, layer)
}
