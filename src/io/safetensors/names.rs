//! What names and shapes tell: the recurrent stack (`encoder.lstm.weight_ih_l0_reverse`), its embedding and its head.

use std::collections::BTreeMap;

use safetensors::tensor::Dtype;

use super::families::{self, Other};
use super::header::{Tensor, Tensors};
use super::{Choices, clip, dotted, extent, list};
use crate::error::{Code, Error, Result};

/// The tensors of `torch.nn.RNNBase`; the last one is the projection of an LSTM with `proj_size`.
const KINDS: [&str; 5] = ["weight_ih", "weight_hh", "bias_ih", "bias_hh", "weight_hr"];
/// Modules that usually give the answer, most usual first.
const HEADS: [&str; 10] = ["fc", "linear", "head", "out", "output", "decoder", "classifier", "proj", "dense", "lin"];
/// Every candidate is compared with every stack.
pub(super) const MAX_STACKS: usize = 64;

/// (kind, layer, direction) of a tensor.
pub(super) type Place = (&'static str, usize, usize);

/// The recurrent tensors of one network, by place, with their names in the file.
#[derive(Clone)]
pub(super) struct Stack {
    pub prefix: String,
    pub tensors: BTreeMap<Place, String>,
    /// What it is where it is not one of PyTorch's cells.
    pub other: Option<Other>,
}

impl Stack {
    pub fn layers(&self) -> usize {
        self.tensors.keys().map(|(_, layer, _)| layer + 1).max().unwrap_or(0)
    }
    pub fn bidirectional(&self) -> bool {
        self.tensors.keys().any(|(_, _, direction)| *direction == 1)
    }
    pub fn has(&self, kind: &str) -> bool {
        self.tensors.keys().any(|(k, _, _)| *k == kind)
    }
}

/// `lstm.weight_ih_l1_reverse` → `lstm.`, (`weight_ih`, 1, 1); `cell.weight_ih`, as `nn.LSTMCell` has it, is layer 0.
fn place(name: &str) -> Option<(&str, Place)> {
    let (prefix, leaf) = name.split_at(name.rfind('.').map_or(0, |dot| dot + 1));
    let (kind, rest) = KINDS.iter().find_map(|kind| leaf.strip_prefix(kind).map(|rest| (*kind, rest)))?;
    if rest.is_empty() {
        return Some((prefix, (kind, 0, 0)));
    }
    let digits = rest.strip_prefix("_l")?;
    let (digits, direction) = digits.strip_suffix("_reverse").map_or((digits, 0), |digits| (digits, 1));
    let plain =
        (1..=4).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()) && (digits == "0" || !digits.starts_with('0'));
    let layer = digits.parse().ok().filter(|_| plain)?;
    Some((prefix, (kind, layer, direction)))
}

/// All recurrent networks of a file, by prefix.
pub(super) fn stacks(tensors: &Tensors) -> Result<Vec<Stack>> {
    let others = families::stacks(tensors)?;
    let of_another = |name: &String| others.iter().any(|s| s.tensors.values().any(|n| n == name));
    let mut found: BTreeMap<&str, BTreeMap<Place, String>> = BTreeMap::new();
    for name in tensors.keys() {
        let Some((prefix, place)) = place(name) else { continue };
        if let Some(other) = found.entry(prefix).or_default().insert(place, name.clone()) {
            let message = format!("“{}” and “{}” are the same tensor of one layer; expected one of them", clip(&other), clip(name));
            return Err(Error::new(Code::Format, message));
        }
        if found.len() > MAX_STACKS {
            return Err(Error::new(Code::OutOfRange, format!("the file holds more than {MAX_STACKS} recurrent modules; expected fewer")));
        }
    }
    let found = found.into_iter().map(|(prefix, tensors)| Stack { prefix: prefix.into(), tensors, other: None });
    // The sLSTM's `weight_ih` is called as PyTorch's.
    let mut all: Vec<Stack> = found.filter(|s| !s.tensors.values().all(of_another)).collect();
    all.extend(others);
    Ok(all)
}

/// The stack that is meant.
pub(super) fn choose(stacks: &[Stack], choices: &Choices, tensors: &Tensors) -> Result<Stack> {
    if stacks.is_empty() {
        let found = if tensors.is_empty() { "none".into() } else { list(tensors.keys().map(String::as_str)) };
        let message = format!("no recurrent layer in this file: expected tensors such as “lstm.weight_ih_l0”; found {found}");
        return Err(Error::new(Code::Unsupported, message));
    }
    let fitting: Vec<&Stack> = stacks.iter().filter(|s| choices.cell.as_deref().is_none_or(|cell| s.may_be(cell))).collect();
    // Where none fits, the error is about the one that is there.
    let fitting: Vec<&Stack> = if fitting.is_empty() { stacks.iter().collect() } else { fitting };
    let prefixes = || list(fitting.iter().map(|s| s.prefix.as_str()));
    if let Some(wanted) = &choices.prefix {
        let missing = || Error::new(Code::UnknownName, format!("unknown prefix “{}”; expected one of {}", clip(wanted), prefixes()));
        let dotted = dotted(wanted);
        let exact = fitting.iter().find(|s| s.prefix == dotted).map(|s| (*s).clone());
        return exact.or_else(|| fitting.iter().find_map(|s| s.called(&dotted, tensors))).ok_or_else(missing);
    }
    match fitting.as_slice() {
        [one] => Ok((*one).clone()),
        _ => {
            let count = fitting.len();
            let message = format!("this file holds {count} recurrent modules: {}; expected one, or a choice by `prefix`", prefixes());
            Err(Error::new(Code::Unsupported, message))
        }
    }
}

/// Types whose every value is exact in f64.
pub(super) fn is_float(tensor: &Tensor) -> bool {
    matches!(tensor.dtype, Dtype::F64 | Dtype::F32 | Dtype::F16 | Dtype::BF16)
}

/// Number of leading modules that two names share: `a.b.weight` and `a.b.c.` share two.
fn shared(name: &str, prefix: &str) -> usize {
    let mut modules = name.split('.');
    modules.next_back();
    modules.zip(prefix.split_terminator('.')).take_while(|(a, b)| a == b).count()
}

/// What may stand before or after a stack.
pub(super) struct Around<'a> {
    pub tensors: &'a Tensors<'a>,
    pub stacks: &'a [Stack],
    pub stack: &'a Stack,
    pub assumed: &'a mut Vec<String>,
}

impl Around<'_> {
    /// The module of a table of vectors as wide as the stack's input, and its number of rows.
    pub fn embedding(&mut self, choices: &Choices, input: usize) -> Result<Option<(String, usize)>> {
        if let Some(module) = &choices.embedding {
            return self.chosen("embedding", module, input);
        }
        let candidates = self.candidates(input);
        let named = |module: &&str| {
            let last = last_module(module).to_ascii_lowercase();
            last.contains("emb") || ["encoder", "wte", "lookup"].contains(&last.as_str())
        };
        let tables: Vec<&str> = candidates.iter().map(String::as_str).filter(named).filter(|m| !self.has_bias(m)).collect();
        let tables = narrow(tables, |m| last_module(m).to_ascii_lowercase().contains("emb"));
        let tables = narrow(tables, |m| ["embedding", "embed", "emb"].contains(&last_module(m)));
        self.only("embedding", tables)
    }

    /// The module of a linear layer that reads the stack's output, and its number of outputs.
    pub fn head(&mut self, choices: &Choices, width: usize, embedding: Option<&str>) -> Result<Option<(String, usize)>> {
        if let Some(module) = &choices.head {
            return self.chosen("head", module, width);
        }
        let candidates = self.candidates(width);
        let free = |m: &&str| Some(*m) != embedding && !last_module(m).to_ascii_lowercase().contains("emb");
        let layers = candidates.iter().map(String::as_str).filter(free).collect();
        let layers = narrow(layers, |m| self.has_bias(m));
        let usual = HEADS.iter().find(|usual| layers.iter().any(|m| last_module(m) == **usual));
        let layers = narrow(layers, |m| usual.is_some_and(|usual| last_module(m) == *usual));
        self.only("head", layers)
    }

    /// Modules with a matrix `weight` of this many columns, the nearest ones to the stack, and none nearer to another stack.
    fn candidates(&self, columns: usize) -> Vec<String> {
        let module_of = |name: &str| name.strip_suffix("weight").filter(|m| m.is_empty() || m.ends_with('.')).map(str::to_string);
        let mut of_a_stack: Vec<&str> = self.stacks.iter().flat_map(|s| s.tensors.values().map(String::as_str)).collect();
        of_a_stack.sort_unstable();
        let mut found = vec![];
        for (name, tensor) in self.tensors {
            let fits = tensor.shape.get(1) == Some(&columns) && tensor.shape.len() == 2 && is_float(tensor);
            if !fits || of_a_stack.binary_search(&name.as_str()).is_ok() {
                continue;
            }
            let near = shared(name, &self.stack.prefix);
            if let Some(module) = module_of(name)
                && self.stacks.iter().all(|s| shared(name, &s.prefix) <= near)
            {
                found.push((near, module));
            }
        }
        let nearest = found.iter().map(|(near, _)| *near).max().unwrap_or(0);
        // Modules above the stack count as one: a head often stands outside the encoder it reads.
        found.into_iter().filter(|(near, _)| *near == nearest || self.stacks.len() == 1).map(|(_, module)| module).collect()
    }

    /// A bias as long as the weight has rows.
    fn has_bias(&self, module: &str) -> bool {
        let rows = self.rows(module);
        self.tensors
            .get(&format!("{module}bias"))
            .is_some_and(|bias| is_float(bias) && bias.shape.len() == 1 && bias.shape.first() == rows.as_ref())
    }

    fn rows(&self, module: &str) -> Option<usize> {
        self.tensors.get(&format!("{module}weight")).and_then(|w| w.shape.first().copied())
    }

    /// One candidate is taken; of several none, and that is said.
    fn only(&mut self, what: &str, modules: Vec<&str>) -> Result<Option<(String, usize)>> {
        match modules.as_slice() {
            [] => Ok(None),
            [one] => Ok(self.rows(one).map(|rows| (one.to_string(), rows))),
            several => {
                let all = list(several.iter().copied());
                self.assumed.push(format!("no {what}: {} tensors could be one ({all}); choose by `{what}`", several.len()));
                Ok(None)
            }
        }
    }

    /// A module that was asked for by name.
    fn chosen(&self, what: &str, module: &str, columns: usize) -> Result<Option<(String, usize)>> {
        if module.is_empty() {
            return Ok(None);
        }
        let module = dotted(module);
        let name = format!("{module}weight");
        let Some(tensor) = self.tensors.get(&name) else {
            let known = list(self.tensors.keys().filter(|n| n.ends_with("weight")).map(String::as_str));
            return Err(Error::new(
                Code::UnknownName,
                format!("unknown {what} “{}”; expected the module of one of {known}", clip(&module)),
            ));
        };
        match tensor.shape.as_slice() {
            [rows, c] if *c == columns && is_float(tensor) => Ok(Some((module, *rows))),
            shape => {
                let message =
                    format!("“{}” is {} of {}; expected n × {columns} floating-point numbers", clip(&name), extent(shape), tensor.dtype);
                Err(Error::new(Code::Shape, message))
            }
        }
    }
}

/// `model.fc.` → `fc`
fn last_module(module: &str) -> &str {
    let module = module.strip_suffix('.').unwrap_or(module);
    module.rsplit('.').next().unwrap_or(module)
}

/// Those that satisfy a wish, or all where none does.
fn narrow(all: Vec<&str>, wish: impl Fn(&str) -> bool) -> Vec<&str> {
    let some: Vec<&str> = all.iter().copied().filter(|m| wish(m)).collect();
    if some.is_empty() { all } else { some }
}
