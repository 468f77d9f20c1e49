//! Builds the page into `dist/` through trunk, and shortens its modules.

use crate::Outcome;
use crate::machine::{cargo, command, dist, root, run, tools};
use std::fs;
use std::path::Path;
use std::time::{Instant, SystemTime};

/// Everything the built page is made of.
const INPUTS: [&str; 11] = [
    "xtask/minify.mjs",
    "xtask/split.mjs",
    "xtask/rehearse.mjs",
    "xtask/wasm-sections.mjs",
    "src",
    "www",
    "assets",
    ".cargo",
    "Cargo.toml",
    "Cargo.lock",
    "Trunk.toml",
];

/// What the JavaScript contract promises at the top of `dist/`, and the parts that the page loads.
const OUTPUTS: [&str; 8] = [
    "index.html",
    "unrolled.js",
    "unrolled_bg.wasm",
    "unrolled.d.ts",
    "unrolled_first.wasm",
    "unrolled_rest.wasm",
    "gpu/unrolled.js",
    "gpu/unrolled_bg.wasm",
];

const WASM: &str = "wasm32-unknown-unknown";

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum When {
    Always,
    /// Only if an input is newer than the last build.
    Changed,
}

/// Builds the release page.
pub fn build(when: When) -> Outcome {
    let stamp = root().join("target").join("dist-built");
    if when == When::Changed && is_current(&stamp) {
        return Ok(());
    }
    let started = Instant::now();
    let _ = fs::remove_file(&stamp);
    let begun = SystemTime::now();
    let mut trunk = command("trunk");
    trunk.args(["build", "--release", "--offline", "--skip-version-check"]);
    // Trunk reads NO_COLOR as a boolean and stops at the usual `1`.
    run(trunk.env_remove("NO_COLOR"))?;
    nothing_left_behind()?;
    run(command("node").arg(root().join("xtask").join("split.mjs")).arg(dist()))?;
    with_gpu()?;
    run(command("node").arg(root().join("xtask").join("minify.mjs")).arg(tools()).arg(dist()))?;
    require()?;
    let marked = fs::File::create(&stamp).and_then(|file| file.set_modified(begun));
    marked.map_err(|e| format!("{}: {e}", stamp.display()))?;
    println!("built dist/ in {:.1} s", started.elapsed().as_secs_f32());
    Ok(())
}

/// The same module once more, with the GPU's engine: what the worker that trains loads, so that the page never does.
fn with_gpu() -> Outcome {
    let mut cargo = cargo();
    run(cargo.args(["build", "--release", "--package", "unrolled", "--lib", "--target", WASM]).args([
        "--no-default-features",
        "--features",
        "gpu",
    ]))?;
    let built = root().join("target").join(WASM).join("release").join("unrolled.wasm");
    let folder = dist().join("gpu");
    let mut bindgen = command("wasm-bindgen");
    run(bindgen.arg(built).args(["--target", "web", "--out-name", "unrolled", "--out-dir"]).arg(&folder))?;
    let module = folder.join("unrolled_bg.wasm");
    run(command("wasm-opt").arg("-O3").arg(&module).arg("-o").arg(&module))
}

/// An error if `dist/` lacks what the JavaScript contract promises.
pub fn require() -> Outcome {
    match OUTPUTS.iter().find(|name| !dist().join(name).is_file()) {
        Some(name) => Err(format!("there is no dist/{name}: the page is not built")),
        None => Ok(()),
    }
}

/// Trunk copies what index.html names. What www/ has beyond that was forgotten there.
fn nothing_left_behind() -> Outcome {
    let entries = fs::read_dir(root().join("www")).map_err(|e| format!("www: {e}"))?;
    let mut names = entries.flatten().map(|entry| entry.file_name());
    match names.find(|name| !dist().join(name).exists()) {
        Some(name) => Err(format!(
            "www/{0} is not in dist/: name it in www/index.html (<link data-trunk rel=\"copy-dir\" href={0:?}>)",
            name.display()
        )),
        None => Ok(()),
    }
}

fn is_current(stamp: &Path) -> bool {
    let Ok(built) = fs::metadata(stamp).and_then(|m| m.modified()) else {
        return false;
    };
    require().is_ok() && INPUTS.iter().all(|input| newest(&root().join(input)).is_none_or(|t| t < built))
}

/// The latest change under a path. A folder counts too: removing a file changes only that.
fn newest(path: &Path) -> Option<SystemTime> {
    let own = fs::metadata(path).and_then(|m| m.modified()).ok();
    let within = fs::read_dir(path).into_iter().flatten().flatten().filter_map(|entry| newest(&entry.path()));
    own.into_iter().chain(within).max()
}
