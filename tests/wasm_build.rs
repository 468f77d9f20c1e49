//! How the crate is built for browsers.
#![cfg(target_arch = "wasm32")]

use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

/// The kernels are four lanes wide: without this flag they would run one lane at a time, silently.
#[wasm_bindgen_test]
fn simd_is_on() {
    assert!(cfg!(target_feature = "simd128"));
    // Relaxed SIMD does not load in every engine.
    assert!(!cfg!(target_feature = "relaxed-simd"));
}
