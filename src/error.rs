//! The one error type: what was wrong, what was expected, and a stable code.

use std::fmt;

/// Stable codes of the public contract; JavaScript sees them as `error.code`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    UnknownName,
    Shape,
    Format,
    Unsupported,
    OutOfRange,
}

impl Code {
    pub fn as_str(self) -> &'static str {
        match self {
            Code::UnknownName => "unknown-name",
            Code::Shape => "shape",
            Code::Format => "format",
            Code::Unsupported => "unsupported",
            Code::OutOfRange => "out-of-range",
        }
    }
}

/// Says what was wrong and what was expected. Whatever raises it leaves the object it was raised on unchanged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    pub code: Code,
    pub message: String,
}

pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Error { code, message: message.into() }
    }

    /// A name that is not in a list: says what the list has.
    pub fn unknown(what: &str, name: &str, known: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        let known: Vec<String> = known.into_iter().map(|k| format!("“{}”", k.as_ref())).collect();
        let name: String = name.chars().take(60).collect();
        Error::new(Code::UnknownName, format!("unknown {what} “{name}”; expected one of {}", known.join(", ")))
    }

    /// An array whose length does not fit.
    pub fn length(what: &str, got: usize, expected: usize, formula: &str) -> Self {
        Error::new(Code::Shape, format!("{what} has {got} values; expected {formula} = {expected}"))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}
