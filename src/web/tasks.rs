//! The data that tasks read, handed over by JavaScript.

use wasm_bindgen::prelude::*;

use super::convert::property;
use crate::task::Data;
use crate::task::temperature::Weather;

/// `{ weather?: string, text?: string }`
pub fn data(value: &JsValue) -> Result<Data, JsValue> {
    let text = |name: &str| property(value, name).and_then(|v| v.as_string());
    let weather = text("weather").map(|csv| Weather::parse(csv.as_bytes())).transpose()?;
    Ok(Data { weather, text: text("text") })
}
