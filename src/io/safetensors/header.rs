//! The container: which tensors a file holds, of what type and shape, and their bytes.

use std::collections::BTreeMap;

use safetensors::tensor::{Dtype, SafeTensorError, SafeTensors};

use super::{clip, shorten};
use crate::error::{Code, Error, Result};

/// The reference implementation's limit.
const MAX_HEADER: u64 = 100_000_000;
/// More tensors than any recurrent network has, and what a header of this many costs is small.
const MAX_TENSORS: usize = 20_000;
/// The header's object, a tensor's object, its shape.
const MAX_DEPTH: usize = 3;
/// A tensor has a type, a shape and two offsets; the rest is room for metadata.
const MAX_VALUES: usize = 500_000;

pub(super) struct Tensor<'a> {
    pub dtype: Dtype,
    pub shape: Vec<usize>,
    pub bytes: &'a [u8],
}

/// By name, so that nothing depends on the order in the file.
pub(super) type Tensors<'a> = BTreeMap<String, Tensor<'a>>;

/// Opens a file. Nothing is allocated before the bytes that ask for it have been seen to be sane.
pub(super) fn open(bytes: &[u8]) -> Result<Tensors<'_>> {
    let (header, data) = split(bytes)?;
    let named = survey(header, data.len() as u64)?;
    let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(|e| foreign(&e))?;
    let infos = metadata.tensors();
    if infos.len() != named {
        return Err(format_error(format!("the header has {named} entries but {} different tensors; expected each name once", infos.len())));
    }
    let mut tensors = Tensors::new();
    for (name, info) in infos {
        let (from, to) = info.data_offsets;
        let Some(bytes) = data.get(from..to) else {
            return Err(format_error(format!("tensor “{}” lies outside the file's {} bytes of values", clip(&name), data.len())));
        };
        tensors.insert(name, Tensor { dtype: info.dtype, shape: info.shape.clone(), bytes });
    }
    Ok(tensors)
}

/// The header and what follows it.
fn split(bytes: &[u8]) -> Result<(&[u8], &[u8])> {
    let Some((length, rest)) = bytes.split_first_chunk::<8>() else {
        let size = bytes.len();
        return Err(format_error(format!(
            "the file has {size} bytes; expected at least 8: a safetensors file begins with its header's length"
        )));
    };
    let length = u64::from_le_bytes(*length);
    if length <= MAX_HEADER
        && let Some(parts) = rest.split_at_checked(length as usize)
    {
        return Ok(parts);
    }
    // What torch.save writes: a zip file, or a bare pickle before PyTorch 1.6.
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(&[0x80, 0x02]) {
        let message = "this is a file of torch.save; expected safetensors, as safetensors.torch.save_file(model.state_dict(), path) writes";
        return Err(Error::new(Code::Unsupported, message));
    }
    Err(format_error(format!(
        "the header is said to be {length} bytes long; expected at most the {} bytes that follow, and at most {MAX_HEADER}: \
         not a safetensors file, or cut off",
        rest.len()
    )))
}

/// Reads the header's text once without building anything: how deep it goes, how much it lists, that no number in it is
/// larger than the file allows for, and that no name comes twice (a JSON reader would keep the last one in silence).
/// What remains to the JSON reader is small and sane. Returns the number of tensors named.
fn survey(header: &[u8], data: u64) -> Result<usize> {
    if let Err(e) = std::str::from_utf8(header) {
        return Err(format_error(format!("the header is not UTF-8 text: byte {} is not", e.valid_up_to())));
    }
    if header.first() != Some(&b'{') {
        return Err(format_error("the header does not begin with “{”; expected a JSON object of tensors"));
    }
    // The smallest type has four bits, so no dimension and no offset is larger than this.
    let largest = data.saturating_mul(8);
    let (mut depth, mut values, mut number) = (0, 0, 0_u64);
    // Where the string that is being read began, and the one read last.
    let (mut begin, mut last): (Option<usize>, &[u8]) = (None, &[]);
    let mut escaped = false;
    let mut names: Vec<&[u8]> = vec![];
    for (at, byte) in header.iter().enumerate() {
        if let Some(from) = begin {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => {
                    last = header.get(from..at).unwrap_or_default();
                    begin = None;
                }
                _ => {}
            }
            continue;
        }
        if byte.is_ascii_digit() {
            number = number.saturating_mul(10).saturating_add(u64::from(byte - b'0'));
            if number > largest {
                return Err(format_error(format!(
                    "the header has a dimension or an offset of {number} or more, at byte {at}; the file has {data} bytes of values"
                )));
            }
            continue;
        }
        number = 0;
        match byte {
            b'"' => begin = Some(at + 1),
            b'{' | b'[' => {
                depth += 1;
                if depth > MAX_DEPTH {
                    return Err(format_error(format!("the header is nested more than {MAX_DEPTH} deep; expected name → shape → number")));
                }
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            b',' => {
                values += 1;
                if values > MAX_VALUES {
                    return Err(too_many(format!("the header lists more than {MAX_VALUES} values")));
                }
            }
            b':' if depth == 1 && last != b"__metadata__" => {
                names.push(last);
                if names.len() > MAX_TENSORS {
                    return Err(too_many(format!("the file holds more than {MAX_TENSORS} tensors")));
                }
            }
            _ => {}
        }
    }
    let count = names.len();
    names.sort_unstable();
    if let Some(twice) = names.windows(2).find_map(|pair| if let [a, b] = pair { (a == b).then_some(a) } else { None }) {
        return Err(format_error(format!("tensor “{}” is listed twice; expected each name once", clip(&String::from_utf8_lossy(twice)))));
    }
    Ok(count)
}

/// The container's own errors in our words, with foreign text cut short.
pub(super) fn foreign(error: &SafeTensorError) -> Error {
    let message = match error {
        SafeTensorError::InvalidOffset(name) => {
            format!("the values of tensor “{}” do not begin where those before end; expected no gap and no overlap", clip(name))
        }
        SafeTensorError::TensorInvalidInfo | SafeTensorError::MisalignedSlice => {
            "a tensor's offsets do not fit its type and shape; expected to − from = product of the shape × bytes per value".into()
        }
        SafeTensorError::MetadataIncompleteBuffer => {
            "the tensors do not end where the file ends; expected a file neither cut off nor with bytes after the last tensor".into()
        }
        SafeTensorError::ValidationOverflow => "a tensor's shape describes more values than can be counted".into(),
        SafeTensorError::InvalidHeaderDeserialization(e) => {
            let why = shorten(&e.to_string(), 120);
            format!("the header is not a JSON object of tensors with dtype, shape and data_offsets: {why}")
        }
        other => format!("not a safetensors file: {}", shorten(&other.to_string(), 120)),
    };
    format_error(message)
}

fn format_error(message: impl Into<String>) -> Error {
    Error::new(Code::Format, message)
}

fn too_many(message: String) -> Error {
    Error::new(Code::OutOfRange, format!("{message}; expected a recurrent network's"))
}
