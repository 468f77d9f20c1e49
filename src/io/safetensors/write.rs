//! From a network to a file that `load_state_dict` takes.

use std::borrow::Cow;

use safetensors::tensor::{Dtype, View, serialize};

use super::families::{PYTORCH, written};
use super::{Names, clip, dotted, shorten};
use crate::error::{Code, Error, Result};
use crate::math::Scalar;
use crate::net::{Net, Parameter};

/// Longer module names are a mistake.
const MAX_NAME: usize = 200;

/// Writes all parameters as F32 under PyTorch's names, or those of the cell's reference implementation. The same network gives the same bytes.
///
/// Errors: `unknown-name` for a module name that PyTorch could not have, or one given to two modules.
pub fn write<T: Scalar>(net: &Net<T>, names: &Names) -> Result<Vec<u8>> {
    let stack = module(names.prefix.as_deref().unwrap_or(&net.config().cell))?;
    let head = module(names.head.as_deref().unwrap_or("fc"))?;
    let embedding = module(names.embedding.as_deref().unwrap_or("embedding"))?;
    if net.config().head.is_some() && net.config().embedding.is_some() && head == embedding {
        let message = format!("head and embedding would both be written as “{}weight”; expected two names", clip(&head));
        return Err(Error::new(Code::UnknownName, message));
    }
    let place = |p: &Parameter<T>| match (p.name.strip_prefix("head."), p.name.strip_prefix("embedding.")) {
        (Some(leaf), _) => format!("{head}{leaf}"),
        (_, Some(leaf)) => format!("{embedding}{leaf}"),
        _ if PYTORCH.contains(&net.config().cell.as_str()) => format!("{stack}{}", p.name),
        _ => written(&stack, net.config().layers, &p.name),
    };
    // No metadata: its order in the file would be the hash map's.
    serialize(net.parameters().iter().map(|p| (place(p), Values(p))), None)
        .map_err(|e| Error::new(Code::Format, format!("the network could not be written: {}", shorten(&e.to_string(), 120))))
}

fn module(name: &str) -> Result<String> {
    if name.len() > MAX_NAME || name.chars().any(|c| c.is_control() || c.is_whitespace()) {
        let message = format!("“{}” is no module name; expected words and dots, at most {MAX_NAME} bytes", clip(name));
        return Err(Error::new(Code::UnknownName, message));
    }
    Ok(dotted(name))
}

struct Values<'a, T>(&'a Parameter<T>);

impl<T: Scalar> View for Values<'_, T> {
    fn dtype(&self) -> Dtype {
        Dtype::F32
    }
    fn shape(&self) -> &[usize] {
        &self.0.shape
    }
    fn data(&self) -> Cow<'_, [u8]> {
        self.0.values.iter().flat_map(|v| (v.f64() as f32).to_le_bytes()).collect::<Vec<u8>>().into()
    }
    fn data_len(&self) -> usize {
        self.0.values.len() * size_of::<f32>()
    }
}
