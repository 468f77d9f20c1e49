//! Installs what building and testing need. Every step first looks whether it is already done.

use crate::Outcome;
use crate::machine::{self, command, find, output_of, peers, run, run_quietly, tools};
use std::fs;
use std::path::{Path, PathBuf};

const TARGET: &str = "wasm32-unknown-unknown";
const TRUNK: &str = "0.21.14";
const NODE: u32 = 20;

/// What `trunk build --release` needs.
pub fn for_build() -> Outcome {
    node()?;
    wasm_target()?;
    fs::create_dir_all(tools()).map_err(|e| format!("{} cannot be made: {e}", tools().display()))?;
    wasm_bindgen()?;
    trunk()?;
    npm_packages(&machine::root().join("xtask").join("tools"), &tools())
}

/// What the tests need beyond that: Chromium with its driver, and the page tests' packages.
pub fn for_tests() -> Outcome {
    chromium()?;
    page_packages()
}

/// The page tests' packages: playwright-core, axe-core, the type checker.
pub fn page_packages() -> Outcome {
    let folder = machine::root().join("tests").join("page");
    npm_packages(&folder, &folder)
}

/// What bench.html is measured against: TensorFlow.js and ONNX Runtime Web, each joined into one module; `with_rust`, candle and
/// burn as well, compiled here.
pub fn for_bench(with_rust: bool) -> Outcome {
    if with_rust {
        rust_peer("candle")?;
        rust_peer("burn")?;
    }
    let folder = machine::root().join("benches").join("peers").join("web");
    fs::create_dir_all(peers()).map_err(|e| format!("{} cannot be made: {e}", peers().display()))?;
    npm_packages(&folder, &peers())?;
    run(command("node").arg(folder.join("bundle.mjs")).arg(tools()).arg(peers()).arg(peers().join("served")))
}

/// One of benches/peers/native's libraries as a wasm module, optimised as its authors' own builds are: without our flags.
fn rust_peer(library: &str) -> Outcome {
    say(&format!("compiling {library} for the browser (minutes)"));
    let built = peers().join("native");
    let mut cargo = machine::cargo();
    cargo.args(["build", "--release", "--lib", "--target", TARGET, "--no-default-features", "--features", library]);
    cargo.arg("--manifest-path").arg(machine::root().join("benches").join("peers").join("native").join("Cargo.toml"));
    cargo.arg("--target-dir").arg(&built);
    run(cargo.env("RUSTFLAGS", "-C target-feature=+simd128 --cfg getrandom_backend=\"wasm_js\""))?;
    let mut bindgen = command("wasm-bindgen");
    bindgen.args(["--target", "web", "--no-typescript", "--out-name", "peer", "--out-dir"]).arg(peers().join("served").join(library));
    run(bindgen.arg(built.join(TARGET).join("release").join("unrolled_native_peers.wasm")))
}

fn say(what: &str) {
    eprintln!("setup: {what}");
}

fn node() -> Outcome {
    let version =
        output_of(command("node").arg("--version")).ok_or_else(|| format!("Node {NODE} or newer is needed (https://nodejs.org)"))?;
    let major: u32 = version.trim().trim_start_matches('v').split('.').next().and_then(|n| n.parse().ok()).unwrap_or(0);
    if major < NODE {
        return Err(format!("Node {NODE} or newer is needed, this is {}", version.trim()));
    }
    Ok(())
}

/// Whether this very rustc can compile against the target's standard library. A file being there is not enough.
fn wasm_target_works() -> bool {
    let folder = machine::root().join("target").join("probe");
    let source = folder.join("probe.rs");
    let text = "pub fn f(v: &[u32]) -> String { format!(\"{v:?}\") }\n";
    if fs::create_dir_all(&folder).and_then(|()| fs::write(&source, text)).is_err() {
        return false;
    }
    let mut rustc = command("rustc");
    rustc.args(["--edition", "2024", "--crate-type", "rlib", "--emit", "metadata", "--target", TARGET, "-o"]);
    output_of(rustc.arg(folder.join("probe.rmeta")).arg(source)).is_some()
}

fn wasm_target() -> Outcome {
    if wasm_target_works() {
        return Ok(());
    }
    say(&format!("installing Rust's {TARGET} target"));
    if cfg!(unix) {
        // Tries rustup first; where it has no network, builds std from the distribution's sources.
        run(command("sh").arg(machine::root().join("xtask").join("wasm-target.sh")))?;
    } else {
        run(command("rustup").args(["target", "add", TARGET]))?;
    }
    if wasm_target_works() { Ok(()) } else { Err(format!("rustc still cannot compile for {TARGET}")) }
}

/// The version of a package in Cargo.lock.
fn locked(package: &str) -> Outcome<String> {
    let lock = fs::read_to_string(machine::root().join("Cargo.lock")).map_err(|e| format!("Cargo.lock: {e}"))?;
    let mut lines = lock.lines().skip_while(|line| *line != format!("name = \"{package}\""));
    let version = lines.nth(1).and_then(|line| line.strip_prefix("version = \""));
    version.map(|v| v.trim_end_matches('"').to_string()).ok_or_else(|| format!("Cargo.lock has no {package}"))
}

/// The second word of what `program --version` prints.
fn version_of(program: &str) -> Option<String> {
    output_of(command(program).arg("--version"))?.split_whitespace().nth(1).map(str::to_string)
}

fn wasm_bindgen() -> Outcome {
    let version = locked("wasm-bindgen")?;
    if ["wasm-bindgen", "wasm-bindgen-test-runner"].iter().all(|p| version_of(p).as_ref() == Some(&version)) {
        return Ok(());
    }
    // Its own lock file may name packages a mirror does not have yet, so the lock is a preference, not a need.
    cargo_install("wasm-bindgen-cli", &version, &["--locked"]).or_else(|_| cargo_install("wasm-bindgen-cli", &version, &[]))
}

fn trunk() -> Outcome {
    if version_of("trunk").as_deref() == Some(TRUNK) {
        return Ok(());
    }
    // Without default features trunk looks for no update and needs no TLS library.
    cargo_install("trunk", TRUNK, &["--locked", "--no-default-features"])
}

/// These tools run for a second or two: unoptimised they are still quick, and they build three times sooner.
fn cargo_install(package: &str, version: &str, options: &[&str]) -> Outcome {
    say(&format!("installing {package} {version} into {} (minutes)", tools().display()));
    let mut cargo = machine::cargo();
    cargo.args(["install", package, "--version", &format!("={version}"), "--force", "--root"]).arg(tools()).args(options);
    for setting in ["opt-level=0", "debug=false", "codegen-units=16", "lto=\"off\"", "strip=true"] {
        cargo.arg("--config").arg(format!("profile.release.{setting}"));
    }
    // Outside the project, so that none of its settings leak in.
    cargo.current_dir(std::env::temp_dir()).env_remove("RUSTFLAGS").env_remove("CARGO_BUILD_TARGET");
    run_quietly(&mut cargo)
}

/// Installs the packages that the lock file in `from` names into `to`, if they are not what is there.
fn npm_packages(from: &Path, to: &Path) -> Outcome {
    let read = |path: PathBuf| fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()));
    let lock = read(from.join("package-lock.json"))?;
    let stamp = to.join("node_modules").join(".unrolled-lock");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    say(&format!("installing npm packages into {}", to.display()));
    if from != to {
        for name in ["package.json", "package-lock.json"] {
            fs::copy(from.join(name), to.join(name)).map_err(|e| format!("{name}: {e}"))?;
        }
    }
    run_quietly(command("npm").args(["ci", "--no-audit", "--no-fund"]).current_dir(to))?;
    fs::write(&stamp, lock).map_err(|e| format!("{}: {e}", stamp.display()))
}

/// The Chromium that the tests drive.
pub fn chromium_path() -> Option<PathBuf> {
    let named = std::env::var_os("UNROLLED_CHROMIUM").map(PathBuf::from);
    named.or_else(|| ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"].iter().find_map(|n| find(n)))
}

/// The driver that wasm-bindgen's test runner starts.
pub fn chromedriver_path() -> Option<PathBuf> {
    std::env::var_os("CHROMEDRIVER").map(PathBuf::from).or_else(|| find("chromedriver"))
}

fn chromium() -> Outcome {
    if chromium_path().is_some() && chromedriver_path().is_some() {
        return Ok(());
    }
    if find("apt-get").is_none() {
        return Err(
            "Chromium and chromedriver are needed for the tests; please install them (or set UNROLLED_CHROMIUM and CHROMEDRIVER)".into()
        );
    }
    say("installing chromium and chromium-driver by apt");
    apt_install(&["chromium", "chromium-driver"])?;
    if chromium_path().is_some() && chromedriver_path().is_some() { Ok(()) } else { Err("apt installed no Chromium".into()) }
}

/// Installs distribution packages.
fn apt_install(packages: &[&str]) -> Outcome {
    let root = output_of(command("id").arg("-u")).is_some_and(|id| id.trim() == "0");
    if !root && find("sudo").is_none() {
        return Err(format!("this user is not root: apt-get install {}", packages.join(" ")));
    }
    let apt = |words: &[&str]| {
        let mut apt = if root { command("env") } else { command("sudo") };
        if !root {
            apt.arg("env");
        }
        run_quietly(apt.arg("DEBIAN_FRONTEND=noninteractive").arg("apt-get").args(words))
    };
    apt(&["-q", "update"])?;
    apt(&[&["-q", "-y", "install", "--no-install-recommends"], packages].concat())
}

/// A Vulkan driver for the kernels' tests: where there is none at all, Mesa's software one.
pub fn vulkan() -> Outcome {
    let named = ["VK_DRIVER_FILES", "VK_ICD_FILENAMES"].iter().any(|name| std::env::var_os(name).is_some());
    let drivers = ["/usr/share/vulkan/icd.d", "/etc/vulkan/icd.d", "/usr/local/share/vulkan/icd.d"];
    let there = drivers.iter().any(|folder| fs::read_dir(folder).is_ok_and(|mut files| files.next().is_some()));
    // (Elsewhere the system brings its own, or the tests say what they need.)
    if named || there || !cfg!(target_os = "linux") || find("apt-get").is_none() {
        return Ok(());
    }
    say("installing a software Vulkan driver by apt");
    apt_install(&["mesa-vulkan-drivers", "libvulkan1"])
}
