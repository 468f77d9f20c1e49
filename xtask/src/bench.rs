//! `cargo xtask bench`: bench.html in headless Chromium, beside its peers, its tables printed.

use crate::machine::{command, root, run};
use crate::{Outcome, build, serve, setup};

/// `words`: what bench.html takes in its address, as `name=value`; `--rust` first compiles candle and burn to take part.
pub fn bench(words: &[&str]) -> Outcome {
    let (rust, query): (Vec<&str>, Vec<&str>) = words.iter().partition(|word| **word == "--rust");
    if let Some(odd) = query.iter().find(|word| word.starts_with('-')) {
        return Err(format!("bench takes name=value as bench.html does (run=soak, only=gru, rounds=15), and --rust, not {odd:?}"));
    }
    setup::for_build()?;
    setup::for_tests()?;
    setup::for_bench(!rust.is_empty())?;
    build::build(build::When::Changed)?;
    let address = format!("{}bench.html?peers&{}", serve::in_background(true)?, query.join("&"));
    let mut node = command("node");
    node.arg(root().join("benches").join("peers").join("web").join("run.mjs")).arg(address);
    if let Some(chromium) = setup::chromium_path() {
        node.env("UNROLLED_CHROMIUM", chromium);
    }
    run(&mut node)
}
