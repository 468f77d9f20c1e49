//! The same seed gives the same bits natively and in every browser: forward, backward, every variant, both precisions.
//!
//! The core uses one matrix product, one order of sums and its own elementary functions for exactly this. What is compared
//! with PyTorch natively (tests/golden.rs) is thereby compared in the browser too.

use unrolled::cell::{Precision, all, variants};
use unrolled::math::rng::Rng;
use unrolled::net::{Config, Head, Initial, Input, Net, Run, Start, Upstream};

/// FNV-1a of all bits, in f64 (every f32 is one exactly).
struct Fingerprint(u64);

impl Fingerprint {
    fn add<T: Precision>(&mut self, values: &[T]) {
        // What stands in the bits of NaN is the processor's own.
        let bits = |v: &T| if v.f64().is_nan() { f64::NAN.to_bits() } else { v.f64().to_bits() };
        for byte in values.iter().flat_map(|v| bits(v).to_le_bytes()) {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

fn numbers<T: Precision>(rng: &mut Rng, count: usize, scale: f64) -> Vec<T> {
    (0..count).map(|_| T::of(((2.0 * rng.u() - 1.0) * scale) as f32 as f64)).collect()
}

/// Two layers, both directions, different lengths, dropout masks, ordinary and saturating inputs.
fn fingerprint<T: Precision>(mut config: Config) -> u64 {
    const STEPS: usize = 40;
    const BATCH: usize = 3;
    let (input, hidden) = (config.input, config.hidden);
    (config.layers, config.bidirectional, config.head) = (2, true, Some(Head { outputs: 2 }));
    let net = Net::<T>::random(config, 2013, Start { spectral_radius: Some(0.9), ..Start::default() }).unwrap();
    let mut found = Fingerprint(0xcbf2_9ce4_8422_2325);
    for scale in [1.0, 1e4] {
        let mut rng = Rng::new(7);
        let mut run = Run::new(STEPS, BATCH, Input::Values(numbers(&mut rng, STEPS * BATCH * input, scale)));
        run.lengths = Some(vec![40, 17, 1]);
        let spec = net.cell().spec();
        for k in spec.carried() {
            run.initial.push(Initial { lane: spec.lanes[k].name.into(), values: numbers(&mut rng, net.state_length(k, BATCH), 0.8) });
        }
        let mask = |rng: &mut Rng| if rng.u() < 0.5 { T::zero() } else { T::of(2.0) };
        run.masks = vec![(0..STEPS * BATCH * 2 * hidden).map(|_| mask(&mut rng)).collect()];
        let trace = net.run(run).unwrap();
        let prediction = trace.prediction().unwrap();
        found.add(prediction);
        let upstream = Upstream { prediction: Some(numbers(&mut rng, prediction.len(), 1.0)), ..Upstream::default() };
        let gradients = trace.backward(&upstream).unwrap();
        for p in &gradients.parameters {
            found.add(&p.values);
        }
        for (layer, direction) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
            found.add(trace.tape(layer, direction).unwrap().data.as_slice());
            found.add(gradients.tape(layer, direction).unwrap().data.as_slice());
        }
        found.add(&gradients.input);
    }
    found.0
}

/// (variant, f32, f64), in the registry's order. A change of the order of sums changes these, on purpose: then they are taken
/// from the message of the native test, and the browser has to agree.
const EXPECTED: [(&str, u64, u64); 30] = [
    ("rnn tanh", 0xa4331046bbcb16ae, 0xed7dc9d750217b77),
    ("rnn relu", 0xe020bfddd5127b92, 0x6d080d245761ad43),
    ("lstm", 0xdd4430c39be4633e, 0xf8ffb841ef69c895),
    ("gru after keep", 0xb2279fb009f8ec39, 0x73309a5b4795498a),
    ("gru after replace", 0x84e9504799b94984, 0xac10231a99f43061),
    ("gru before keep", 0x07d57d0414772c60, 0xbbe173caa4a38f32),
    ("gru before replace", 0x2dc4bb970f883b3c, 0x5ef06e130a74b754),
    ("mingru log", 0x33e52a3f924b9e59, 0xac53a142aa494879),
    ("mingru plain", 0x5ac2453729f08271, 0x20f3ce05f1c364e7),
    ("minlstm log", 0xda3ae9cbc3aec131, 0xc9cc8338f3fafa62),
    ("minlstm plain", 0x1efea6de74b11451, 0xe6e158891970531a),
    ("s4d zoh lin bare 16", 0x9992d652a300e434, 0x8facbfa529f68a01),
    ("s4d zoh lin full 16", 0x3b0247142d96636d, 0xd847b81f8e0f7154),
    ("s4d bilinear lin bare 16", 0x17ed75960c6db18a, 0xfbff7e4375076aff),
    ("s4d bilinear lin full 16", 0xbab56bd9a65c9069, 0x1c1a4f5c6763a6c0),
    ("s4d zoh inv bare 16", 0x56efb8be8c8b24dd, 0xce5be600429ac2fb),
    ("s4d zoh inv full 16", 0x6bb3f13486fe1655, 0x6ea7be45a7e4554b),
    ("s4d bilinear inv bare 16", 0x138f620728f4182c, 0x023a3a2aa9c3242e),
    ("s4d bilinear inv full 16", 0x546e9fbad22007b6, 0x06d976050f2d0ec0),
    ("s4d zoh real bare 16", 0x95ba65c6634f4414, 0x37b1f2c5c3a9e74e),
    ("s4d zoh real full 16", 0x921ab3623eccdde7, 0xf13f11da0f4d69a7),
    ("s4d bilinear real bare 16", 0x80e4cb70d924e5b7, 0xf20f712bb6539b4f),
    ("s4d bilinear real full 16", 0x05ab0ff2eb58d7cf, 0xa55bf4295a11c05a),
    ("mamba 4 2 8", 0xb6ae39e3c8ddb07f, 0x457068ba5f2928d8),
    ("slstm 4 1 bare on", 0xd7821aa9ccbfb84b, 0x5a04dac511170d10),
    ("slstm 4 1 full on", 0x3f988142ab6fee65, 0x08818e60d13879b9),
    ("slstm 4 1 bare off", 0xae41c757f22bae06, 0x989b6bc4cf4e69ed),
    ("slstm 4 1 full off", 0xfe02b0d7b0192f2d, 0x305e7da1d4a1a67f),
    ("mlstm 4 1 bare", 0xb96427351ebf4639, 0xc918971b969fedf9),
    ("mlstm 4 1 full", 0xa1467d064c21e36c, 0x3682effbcb6ac02d),
];

fn found() -> Vec<(String, u64, u64)> {
    let mut found = vec![];
    for family in all() {
        for options in variants(*family) {
            // A group of four units, and one of fewer.
            let config = Config { options: options.clone(), ..Config::new(family.name(), 3, 7) };
            let name = [family.name()].into_iter().chain(options.values().map(String::as_str)).collect::<Vec<_>>().join(" ");
            found.push((name, fingerprint::<f32>(config.clone()), fingerprint::<f64>(config)));
        }
    }
    found
}

fn compare() {
    let expected: Vec<(String, u64, u64)> = EXPECTED.iter().map(|(name, single, double)| (name.to_string(), *single, *double)).collect();
    let hex =
        |list: &[(String, u64, u64)]| list.iter().map(|(name, s, d)| format!("(\"{name}\", {s:#018x}, {d:#018x}),\n")).collect::<String>();
    let found = found();
    assert!(found == expected, "other bits than elsewhere:\n{}", hex(&found));
}

#[cfg(not(target_arch = "wasm32"))]
#[test]
fn the_bits_are_the_same_natively() {
    compare();
}

#[cfg(target_arch = "wasm32")]
mod browser {
    use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

    wasm_bindgen_test_configure!(run_in_browser);

    #[wasm_bindgen_test]
    fn the_bits_are_the_same_in_a_browser() {
        super::compare();
    }
}
