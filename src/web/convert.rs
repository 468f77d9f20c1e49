//! Values in and out: typed arrays, plain objects, errors with a code.

use js_sys::{Array, Float32Array, Float64Array, Reflect, Uint32Array};
use serde::Serialize;
use serde::de::{DeserializeOwned, Deserializer, Visitor};
use wasm_bindgen::prelude::*;

use crate::error::{Code, Error};

impl From<Error> for JsValue {
    fn from(error: Error) -> JsValue {
        let js = js_sys::Error::new(&error.message);
        // An object made a line above takes properties.
        let _ = Reflect::set(&js, &"code".into(), &error.code.as_str().into());
        js.into()
    }
}

/// A plain object.
pub fn to_js(value: &impl Serialize) -> Result<JsValue, JsValue> {
    let serializer = serde_wasm_bindgen::Serializer::json_compatible();
    value.serialize(&serializer).map_err(|e| Error::new(Code::Format, format!("cannot hand out a value: {e}")).into())
}

/// A struct from a plain object; `undefined` reads as an empty one.
pub fn from_js<T: DeserializeOwned>(what: &str, value: &JsValue) -> Result<T, JsValue> {
    let value = if value.is_undefined() || value.is_null() { JsValue::from(js_sys::Object::new()) } else { value.clone() };
    serde_wasm_bindgen::from_value(value).map_err(|e| {
        let message: String = e.to_string().chars().take(300).collect();
        Error::new(Code::Format, format!("{what}: {message}")).into()
    })
}

/// As `from_js`, and no property may be there that the struct does not have: a mistyped option would otherwise be passed over
/// (serde_wasm_bindgen asks for the fields it knows, so that `deny_unknown_fields` sees nothing).
pub fn from_js_exactly<T: DeserializeOwned>(what: &str, value: &JsValue) -> Result<T, JsValue> {
    let mut known = Fields(&[]);
    // The answer is an error; the struct has named its fields by then.
    let _ = T::deserialize(&mut known);
    if let Some(object) = value.dyn_ref::<js_sys::Object>() {
        for key in js_sys::Object::keys(object).iter().filter_map(|key| key.as_string()) {
            if !known.0.contains(&key.as_str()) {
                return Err(Error::unknown(&format!("property of the {what}"), &key, known.0).into());
            }
        }
    }
    from_js(what, value)
}

/// Learns a struct's field names from its `Deserialize`.
struct Fields(&'static [&'static str]);

impl<'de> Deserializer<'de> for &mut Fields {
    type Error = serde::de::value::Error;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Self::Error> {
        Err(serde::de::Error::custom("not a struct"))
    }
    fn deserialize_struct<V: Visitor<'de>>(self, _: &str, fields: &'static [&'static str], _: V) -> Result<V::Value, Self::Error> {
        self.0 = fields;
        Err(serde::de::Error::custom("no values, only names"))
    }
    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf option unit unit_struct newtype_struct seq tuple
        tuple_struct map enum identifier ignored_any
    }
}

/// A property, `None` where it is absent.
pub fn property(object: &JsValue, name: &str) -> Option<JsValue> {
    Reflect::get(object, &name.into()).ok().filter(|v| !v.is_undefined() && !v.is_null())
}

/// Numbers from a typed array or a plain array.
pub fn numbers(what: &str, value: &JsValue) -> Result<Vec<f64>, JsValue> {
    if let Some(array) = value.dyn_ref::<Float32Array>() {
        return Ok(array.to_vec().into_iter().map(f64::from).collect());
    }
    if let Some(array) = value.dyn_ref::<Float64Array>() {
        return Ok(array.to_vec());
    }
    if let Some(array) = value.dyn_ref::<Uint32Array>() {
        return Ok(array.to_vec().into_iter().map(f64::from).collect());
    }
    if !Array::is_array(value) {
        return Err(Error::new(Code::Format, format!("{what}: expected a Float32Array or an array of numbers")).into());
    }
    let number = |(k, v): (usize, JsValue)| {
        v.as_f64().ok_or_else(|| Error::new(Code::Format, format!("{what}[{k}] is not a number; expected numbers only")).into())
    };
    Array::from(value).iter().enumerate().map(number).collect()
}

pub fn floats(what: &str, value: &JsValue) -> Result<Vec<f32>, JsValue> {
    if let Some(array) = value.dyn_ref::<Float32Array>() {
        return Ok(array.to_vec());
    }
    Ok(numbers(what, value)?.into_iter().map(|v| v as f32).collect())
}

/// Whole numbers that are not negative.
pub fn indices(what: &str, value: &JsValue) -> Result<Vec<usize>, JsValue> {
    let index = |v: f64| {
        if v >= 0.0 && v.fract() == 0.0 && v < 4e9 {
            return Ok(v as usize);
        }
        Err(Error::new(Code::OutOfRange, format!("{what} has {v}; expected whole numbers from 0")).into())
    };
    numbers(what, value)?.into_iter().map(index).collect()
}

pub fn float32(values: &[f32]) -> Float32Array {
    Float32Array::from(values)
}

/// An object being filled with properties.
pub struct Object(js_sys::Object);

impl Object {
    pub fn new() -> Self {
        Object(js_sys::Object::new())
    }
    pub fn set(self, name: &str, value: impl Into<JsValue>) -> Self {
        let _ = Reflect::set(&self.0, &name.into(), &value.into());
        self
    }
    pub fn into_js(self) -> JsValue {
        self.0.into()
    }
}
