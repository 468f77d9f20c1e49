//! A task's options: what can be set, within what bounds, and what was chosen.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, de};

use super::Spec;
use crate::error::{Code, Error, Result};

/// One thing that can be set about a task.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct TaskOption {
    pub name: &'static str,
    pub title: &'static str,
    /// One sentence on what it does.
    pub text: &'static str,
    pub values: Values,
}

/// What an option may be.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Values {
    /// A whole number from `min` to `max`.
    Whole { min: u32, max: u32, default: u32 },
    /// Any number from `min` to `max`.
    Number { min: f64, max: f64, default: f64 },
    /// One of these names; the first one is the default.
    Choice { values: &'static [ChoiceValue] },
    /// Words such as a column's name; empty by default.
    Text,
}

#[derive(Clone, Copy, Debug, Serialize)]
pub struct ChoiceValue {
    pub name: &'static str,
    pub title: &'static str,
}

/// A short way to write a choice.
pub(super) const fn value(name: &'static str, title: &'static str) -> ChoiceValue {
    ChoiceValue { name, title }
}

/// A short way to write an option that is a whole number.
pub(super) const fn whole(name: &'static str, title: &'static str, bounds: [u32; 3], text: &'static str) -> TaskOption {
    TaskOption { name, title, text, values: Values::Whole { min: bounds[0], max: bounds[1], default: bounds[2] } }
}

/// A short way to write an option that is one of several.
pub(super) const fn choice(name: &'static str, title: &'static str, values: &'static [ChoiceValue], text: &'static str) -> TaskOption {
    TaskOption { name, title, text, values: Values::Choice { values } }
}

/// The seed of a generator: training draws from it, validation and test from the two seeds after it.
pub(super) const SEED: TaskOption =
    whole("seed", "Seed of the examples", [0, u32::MAX - 2, 1], "Which examples are drawn; the same seed gives the same examples.");

/// What somebody set an option to.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Value {
    Number(f64),
    Text(String),
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Value::Number(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Value::Text(value.into())
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(from: D) -> std::result::Result<Self, D::Error> {
        from.deserialize_any(NumberOrText)
    }
}

/// (Written out: what serde makes of an untagged enum weighs several times as much.)
struct NumberOrText;

impl de::Visitor<'_> for NumberOrText {
    type Value = Value;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number or a text")
    }
    fn visit_f64<E>(self, value: f64) -> std::result::Result<Value, E> {
        Ok(Value::Number(value))
    }
    fn visit_u64<E>(self, value: u64) -> std::result::Result<Value, E> {
        Ok(Value::Number(value as f64))
    }
    fn visit_i64<E>(self, value: i64) -> std::result::Result<Value, E> {
        Ok(Value::Number(value as f64))
    }
    fn visit_str<E>(self, value: &str) -> std::result::Result<Value, E> {
        Ok(Value::Text(value.into()))
    }
}

/// What was set, by name. What is not here has its default.
pub type Options = BTreeMap<String, Value>;

/// Options that were checked against a task's description.
pub struct Chosen<'a> {
    spec: &'static Spec,
    given: &'a Options,
}

impl<'a> Chosen<'a> {
    /// # Errors
    /// `unknown-name` for an option or a choice that the task does not have, `out-of-range` for a number outside its bounds;
    /// each says what was expected.
    pub fn new(spec: &'static Spec, given: &'a Options) -> Result<Self> {
        for (name, value) in given {
            let option = spec.options.iter().find(|o| o.name == name).ok_or_else(|| {
                let what = format!("option of the task “{}”", spec.name);
                Error::unknown(&what, name, spec.options.iter().map(|o| o.name))
            })?;
            check(option, value)?;
        }
        Ok(Self { spec, given })
    }

    pub fn spec(&self) -> &'static Spec {
        self.spec
    }

    /// The number chosen, or the default.
    pub fn number(&self, name: &str) -> f64 {
        if let Some(Value::Number(value)) = self.given.get(name) {
            return *value;
        }
        match self.values(name) {
            Some(Values::Whole { default, .. }) => f64::from(default),
            Some(Values::Number { default, .. }) => default,
            _ => 0.0,
        }
    }

    pub fn whole(&self, name: &str) -> usize {
        self.number(name) as usize
    }

    /// The name chosen or the text given, or the default.
    pub fn text(&self, name: &str) -> &str {
        if let Some(Value::Text(text)) = self.given.get(name) {
            return text;
        }
        match self.values(name) {
            Some(Values::Choice { values }) => values.first().map_or("", |v| v.name),
            _ => "",
        }
    }

    /// The seed of a generator.
    pub fn seed(&self) -> u64 {
        self.number("seed") as u64
    }

    /// Every option with its value, chosen or default.
    pub fn all(&self) -> Options {
        let value = |o: &TaskOption| match o.values {
            Values::Whole { .. } | Values::Number { .. } => Value::Number(self.number(o.name)),
            Values::Choice { .. } | Values::Text => Value::Text(self.text(o.name).into()),
        };
        self.spec.options.iter().map(|o| (o.name.to_string(), value(o))).collect()
    }

    fn values(&self, name: &str) -> Option<Values> {
        let found = self.spec.options.iter().find(|o| o.name == name);
        debug_assert!(found.is_some(), "{} asks for its option {name}, which it does not have", self.spec.name);
        found.map(|o| o.values)
    }
}

fn check(option: &TaskOption, value: &Value) -> Result<()> {
    let wrong = |expected: String| {
        let found = match value {
            Value::Number(n) => n.to_string(),
            Value::Text(text) => format!("“{}”", text.chars().take(60).collect::<String>()),
        };
        Err(Error::new(Code::OutOfRange, format!("{} is {found}; expected {expected}", option.name)))
    };
    match (option.values, value) {
        (Values::Whole { min, max, .. }, &Value::Number(n)) if n.fract() == 0.0 && n >= min.into() && n <= max.into() => Ok(()),
        (Values::Whole { min, max, .. }, _) => wrong(format!("a whole number from {min} to {max}")),
        (Values::Number { min, max, .. }, Value::Number(n)) if (min..=max).contains(n) => Ok(()),
        (Values::Number { min, max, .. }, _) => wrong(format!("a number from {min} to {max}")),
        (Values::Choice { values }, Value::Text(name)) => {
            let known = values.iter().any(|v| v.name == name);
            if known { Ok(()) } else { Err(Error::unknown(option.name, name, values.iter().map(|v| v.name))) }
        }
        (Values::Text, Value::Text(text)) if text.len() <= 10_000 => Ok(()),
        (Values::Choice { .. } | Values::Text, _) => wrong("a text".into()),
    }
}
