//! How the crate is built for browsers.
#![cfg(target_arch = "wasm32")]

use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

/// The kernels are four lanes wide: without this flag they would run one lane at a time, silently.
#[wasm_bindgen_test]
fn simd_is_on() {
    // (Relaxed SIMD does not load in every engine.)
    let on_and_relaxed = (cfg!(target_feature = "simd128"), cfg!(target_feature = "relaxed-simd"));
    assert_eq!(on_and_relaxed, (true, false));
}
