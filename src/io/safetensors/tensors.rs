//! Tensors by name, with a note beside them: what a checkpoint is made of.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use safetensors::tensor::{Dtype, SafeTensors, View, serialize};

use super::read::values;
use super::{clip, header, shorten};
use crate::cell::Precision;
use crate::error::{Code, Error, Result};
use crate::math::Scalar;

/// The metadata's key for the note.
const NOTE: &str = "unrolled";

/// A tensor to be written, row-major.
pub struct Named<'a, T> {
    pub name: String,
    pub shape: Vec<usize>,
    pub values: &'a [T],
}

/// Tensors that were read, by name, each with its shape.
pub type Stored<T> = BTreeMap<String, (Vec<usize>, Vec<T>)>;

/// Writes tensors in their own precision. The same tensors and the same note give the same bytes.
pub fn write_tensors<T: Scalar>(tensors: &[Named<T>], note: &str) -> Result<Vec<u8>> {
    let metadata = HashMap::from([(NOTE.to_string(), note.to_string())]);
    serialize(tensors.iter().map(|t| (t.name.as_str(), Exactly(t))), Some(metadata))
        .map_err(|e| Error::new(Code::Format, format!("the tensors could not be written: {}", shorten(&e.to_string(), 120))))
}

/// Reads what [`write_tensors`] wrote, and the note.
///
/// Errors: `format` for damaged bytes or where there is no note; `unsupported` for a tensor that is not of floating-point numbers.
pub fn read_tensors<T: Precision>(bytes: &[u8]) -> Result<(Stored<T>, String)> {
    let tensors = header::open(bytes)?;
    let note = note(bytes)?;
    let one = |(name, tensor): (&String, &header::Tensor)| Ok((name.clone(), (tensor.shape.clone(), values(name, tensor)?)));
    Ok((tensors.iter().map(one).collect::<Result<_>>()?, note))
}

/// The note of a file alone.
pub fn note(bytes: &[u8]) -> Result<String> {
    header::open(bytes)?;
    let metadata = SafeTensors::read_metadata(bytes).map_err(|e| header::foreign(&e))?.1;
    let note = metadata.metadata().as_ref().and_then(|m| m.get(NOTE)).cloned();
    note.ok_or_else(|| {
        let message = format!("the file has no metadata “{}”; expected a checkpoint of a training", clip(NOTE));
        Error::new(Code::Format, message)
    })
}

struct Exactly<'a, 'b, T>(&'b Named<'a, T>);

impl<T: Scalar> View for Exactly<'_, '_, T> {
    fn dtype(&self) -> Dtype {
        if size_of::<T>() == 8 { Dtype::F64 } else { Dtype::F32 }
    }
    fn shape(&self) -> &[usize] {
        &self.0.shape
    }
    fn data(&self) -> Cow<'_, [u8]> {
        let double = size_of::<T>() == 8;
        let mut bytes = Vec::with_capacity(self.data_len());
        for v in self.0.values {
            if double {
                bytes.extend_from_slice(&v.f64().to_le_bytes());
            } else {
                bytes.extend_from_slice(&(v.f64() as f32).to_le_bytes());
            }
        }
        bytes.into()
    }
    fn data_len(&self) -> usize {
        size_of_val(self.0.values)
    }
}
