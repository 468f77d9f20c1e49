//! From a file to a network.

use half::{bf16, f16};
use safetensors::tensor::Dtype;

use super::families::{self, arranged};
use super::header::{Tensor, Tensors, open};
use super::names::{Around, Stack, choose, is_float, stacks};
use super::{Choices, Loaded, clip, extent};
use crate::cell::{self, Options, Precision};
use crate::error::{Code, Error, Result};
use crate::net::{Config, Embedding, Head, Net, Readout, parameter_name};

/// Row blocks of PyTorch's weights per cell: what tells the cells apart.
const GATES: [(&str, usize); 3] = [("rnn", 1), ("gru", 3), ("lstm", 4)];

/// Reads the recurrent network that a `state_dict` holds, of PyTorch's cells or of a reference implementation of another one:
/// cell, sizes, layers, direction, biases, embedding and head from the tensors' names and shapes. F32, F64, F16 and BF16 are taken exactly (F64 rounds in an f32 network).
///
/// Errors: `format` for bytes that are no safetensors file or lack a tensor, `shape` for tensors that do not fit each other,
/// `unsupported` for what this crate has no cell for, `out-of-range` above the limits of [`crate::net::LIMITS`],
/// `unknown-name` for a choice the file has no tensors for.
pub fn read<T: Precision>(bytes: &[u8], choices: &Choices) -> Result<(Net<T>, Loaded)> {
    let options = Chosen::checked(choices)?;
    let tensors = open(bytes)?;
    let stacks = stacks(&tensors)?;
    let stack = &choose(&stacks, choices, &tensors)?;
    let mut assumed = vec![];

    let mut config = match &stack.other {
        Some(_) => of_family(stack, choices, &mut assumed)?,
        None => shape_of(stack, &tensors, choices)?,
    };
    if stack.other.is_none() {
        config.options = options.of(&config.cell, &choices.options, &mut assumed)?;
    }
    let mut around = Around { tensors: &tensors, stacks: &stacks, stack, assumed: &mut assumed };
    let embedding = around.embedding(choices, config.input)?;
    let head = around.head(choices, config.output_width(), embedding.as_ref().map(|(module, _)| module.as_str()))?;
    config.embedding = embedding.as_ref().map(|(_, rows)| Embedding { vocabulary: *rows, width: config.input });
    config.head = head.as_ref().map(|(_, rows)| Head { outputs: *rows });
    config.readout = choices.readout.unwrap_or_default();
    if choices.readout.is_none() && config.bidirectional && head.is_some() {
        config.readout = Readout::FinalStates;
        assumed
            .push("readout: the head reads the final states of both directions, as is usual; a file does not tell (final-states)".into());
    }
    let config = config.checked()?;

    // Every tensor is seen to be there in the right shape before the network is allocated.
    let mut sources: Vec<Option<String>> = vec![];
    let cell = T::cell(cell::find(&config.cell, &config.options)?.0, &config.options);
    sources.extend(embedding.iter().map(|(module, _)| Some(format!("{module}weight"))));
    for layer in 0..config.layers {
        for direction in 0..config.directions() {
            for (kind, shape) in cell.shapes(config.dims(layer)) {
                sources.push(Some(expect(stack, &tensors, (kind, layer, direction), &shape)?));
            }
        }
    }
    if let Some((module, _)) = &head {
        let bias = format!("{module}bias");
        sources.push(Some(format!("{module}weight")));
        sources.push(head_bias(&tensors, bias, &config, &mut assumed)?);
    }

    let mut net = Net::<T>::zeros(config)?;
    let (mut rounded, mut rearranged) = (false, false);
    let targets: Vec<String> = net.parameters().iter().map(|p| p.name.clone()).collect();
    for (target, source) in targets.iter().zip(&sources) {
        let Some(source) = source else { continue };
        let tensor = tensors.get(source).ok_or_else(|| missing(source, "expected it beside the others"))?;
        rounded |= tensor.dtype == Dtype::F64 && size_of::<T>() < 8;
        let (values, other_way) = arranged(source, &tensors, values(source, tensor)?);
        rearranged |= other_way;
        net.set_parameter(target, &values)?;
    }
    if rearranged {
        let kernel = "the recurrent weights lie as xlstm's CUDA backend has them (heads × inputs × gates·outputs; the bias head by head)";
        assumed.push(format!("layout: {kernel}; they were rearranged to those of its vanilla backend"));
    }
    if rounded {
        assumed.push("precision: the file's f64 numbers are rounded to f32".into());
    }
    let mut used: Vec<&str> = sources.iter().flatten().map(String::as_str).collect();
    used.sort_unstable();
    let unused: Vec<String> = tensors.keys().filter(|name| used.binary_search(&name.as_str()).is_err()).cloned().collect();
    if stack.other.is_some() && net.config().layers > 1 && !unused.is_empty() {
        let between = "norms and residuals that may stand between them in the file are not part of this network";
        assumed.push(format!("layers: each reads the output of the one before; {between}"));
    }
    if let (Some((module, _)), Some(head)) = (&head, &net.config().head) {
        let follows = |name: &&String| {
            name.ends_with(".weight") && tensors.get(*name).is_some_and(|t| t.shape.len() == 2 && t.shape.last() == Some(&head.outputs))
        };
        if let Some(next) = unused.iter().find(follows) {
            let (module, next) = (clip(module), clip(next));
            assumed.push(format!("head: predictions are those of “{module}weight”; “{next}”, which may follow it, is not used"));
        }
    }
    let loaded = Loaded {
        assumed,
        prefix: stack.prefix.clone(),
        head_prefix: head.map(|(module, _)| module),
        embedding_prefix: embedding.map(|(module, _)| module),
        unused,
    };
    Ok((net, loaded))
}

/// Chosen options of the cells that have some.
struct Chosen {
    cells: Vec<(&'static str, Options)>,
}

impl Chosen {
    fn checked(choices: &Choices) -> Result<Self> {
        let gru = choices.gru.clone().unwrap_or_default();
        let asked =
            [("rnn", vec![("nonlinearity", choices.nonlinearity.clone())]), ("gru", vec![("reset", gru.reset), ("update", gru.update)])];
        let mut cells = vec![];
        for (name, pairs) in asked {
            let given: Options = pairs.into_iter().filter_map(|(key, value)| value.map(|v| (key.to_string(), v))).collect();
            cell::find(name, &given)?;
            cells.push((name, given));
        }
        Ok(Chosen { cells })
    }

    /// `more` concerns the file's cell, whatever it is.
    fn of(self, cell: &str, more: &Options, assumed: &mut Vec<String>) -> Result<Options> {
        let mut given = self.cells.into_iter().find(|(name, _)| *name == cell).map_or(Options::new(), |(_, given)| given);
        given.extend(more.iter().map(|(key, value)| (key.clone(), value.clone())));
        let full = cell::find(cell, &given)?.1;
        for (key, value) in full.iter().filter(|(key, _)| !given.contains_key(*key)) {
            assumed.push(format!("{key}: {value}, PyTorch's default; a file does not tell"));
        }
        Ok(full)
    }
}

/// Cell and sizes of a family that is not PyTorch's.
fn of_family(stack: &Stack, choices: &Choices, assumed: &mut Vec<String>) -> Result<Config> {
    let Some(other) = &stack.other else { return Err(missing(&stack.prefix, "expected a module")) };
    let name = other.family.name();
    if let Some(wanted) = &choices.cell {
        cell::find(wanted, &Options::new())?;
        if wanted != name {
            let message = format!("the tensors of “{}” are those of cell “{name}”; expected “{wanted}”, as chosen", clip(&stack.prefix));
            return Err(Error::new(Code::Shape, message));
        }
    }
    let mut config = Config::new(name, other.found.input, other.found.hidden);
    config.options = families::options(other, &choices.options, assumed)?;
    config.layers = stack.layers();
    config.bidirectional = stack.bidirectional();
    config.checked()
}

/// Cell and sizes from the first layer's two matrices and the names of the others.
fn shape_of(stack: &Stack, tensors: &Tensors, choices: &Choices) -> Result<Config> {
    if stack.has("weight_hr") {
        let message = format!("“{}” is an LSTM with projections (proj_size); expected one without", clip(&stack.prefix));
        return Err(Error::new(Code::Unsupported, message));
    }
    let matrix = |kind: &'static str| -> Result<(String, usize, usize)> {
        let (name, tensor) = lookup(stack, tensors, (kind, 0, 0))?;
        match tensor.shape.as_slice() {
            [rows, columns] => Ok((clip(name), *rows, *columns)),
            shape => Err(Error::new(Code::Shape, format!("“{}” is {}; expected a matrix", clip(name), extent(shape)))),
        }
    };
    let (name, rows, hidden) = matrix("weight_hh")?;
    let (_, _, input) = matrix("weight_ih")?;
    let gates = rows.checked_div(hidden).filter(|g| g.checked_mul(hidden) == Some(rows));
    let found = GATES.iter().find(|(_, g)| Some(*g) == gates);
    let wrong = |expected: &str| Error::new(Code::Shape, format!("“{name}” is {rows} × {hidden}; expected {expected}"));
    let (cell, _) = found.ok_or_else(|| wrong("n × n for an rnn, 3n × n for a gru or 4n × n for an lstm"))?;
    if let Some(wanted) = &choices.cell {
        let (family, _) = cell::find(wanted, &Options::new())?;
        match GATES.iter().find(|(name, _)| *name == family.name()) {
            None => return Err(wrong(&format!("the tensors of cell “{}”, as chosen; this is {cell}'s", family.name()))),
            Some((name, g)) if name != cell => return Err(wrong(&format!("{g}n × n for cell “{name}”, as chosen; this is {cell}'s"))),
            Some(_) => {}
        }
    }
    let mut config = Config::new(cell, input, hidden);
    config.layers = stack.layers();
    config.bidirectional = stack.bidirectional();
    config.bias = stack.has("bias_ih") || stack.has("bias_hh");
    // Sizes are checked alone before anything is counted with them.
    config.checked()
}

/// A tensor that must be there, its shape known.
fn expect(stack: &Stack, tensors: &Tensors, place: (&'static str, usize, usize), shape: &[usize]) -> Result<String> {
    let (name, tensor) = lookup(stack, tensors, place)?;
    if families::shape(name, tensor) != shape {
        let message = format!("“{}” is {}; expected {}", clip(name), extent(&tensor.shape), extent(shape));
        return Err(Error::new(Code::Shape, message));
    }
    float(name, tensor)?;
    Ok(name.to_string())
}

fn lookup<'a>(stack: &'a Stack, tensors: &'a Tensors, place: (&'static str, usize, usize)) -> Result<(&'a str, &'a Tensor<'a>)> {
    let name = stack.tensors.get(&place).map(String::as_str);
    name.and_then(|name| tensors.get(name).map(|tensor| (name, tensor))).ok_or_else(|| {
        let (kind, layer, direction) = place;
        let expected = format!("expected every layer and direction of “{}” to have the same tensors", clip(&stack.prefix));
        let module = stack.other.as_ref().and_then(|o| o.modules.iter().find(|(_, l, d)| (*l, *d) == (layer, direction)));
        let name = module.map_or_else(|| parameter_name(kind, layer, direction), |(prefix, ..)| format!("{prefix}{kind}"));
        missing(&name, &expected)
    })
}

fn missing(name: &str, expected: &str) -> Error {
    Error::new(Code::Format, format!("tensor “{}” is missing; {expected}", clip(name)))
}

fn float(name: &str, tensor: &Tensor) -> Result<()> {
    if is_float(tensor) {
        return Ok(());
    }
    let message = format!("“{}” has values of type {}; expected F32, F64, F16 or BF16", clip(name), tensor.dtype);
    Err(Error::new(Code::Unsupported, message))
}

/// The head's bias; a head without one is a head with zeros.
fn head_bias(tensors: &Tensors, name: String, config: &Config, assumed: &mut Vec<String>) -> Result<Option<String>> {
    let outputs = config.head.as_ref().map_or(0, |h| h.outputs);
    let Some(tensor) = tensors.get(&name) else {
        assumed.push(format!("head: the file has no “{}”; it is taken as zero", clip(&name)));
        return Ok(None);
    };
    if tensor.shape != [outputs] {
        let message = format!("“{}” is {}; expected {outputs}, as many as its weight has rows", clip(&name), extent(&tensor.shape));
        return Err(Error::new(Code::Shape, message));
    }
    float(&name, tensor)?;
    Ok(Some(name))
}

/// Little-endian values. Every one of the four types is exact in f64.
pub(super) fn values<T: Precision>(name: &str, tensor: &Tensor) -> Result<Vec<T>> {
    let bytes = tensor.bytes;
    Ok(match tensor.dtype {
        Dtype::F64 => bytes.as_chunks().0.iter().map(|b| T::of(f64::from_le_bytes(*b))).collect(),
        Dtype::F32 => bytes.as_chunks().0.iter().map(|b| T::of(f32::from_le_bytes(*b).into())).collect(),
        Dtype::F16 => bytes.as_chunks().0.iter().map(|b| T::of(f16::from_le_bytes(*b).to_f64())).collect(),
        Dtype::BF16 => bytes.as_chunks().0.iter().map(|b| T::of(bf16::from_le_bytes(*b).to_f64())).collect(),
        _ => return float(name, tensor).map(|()| vec![]),
    })
}
