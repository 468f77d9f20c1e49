//! The project's own tool: `cargo xtask setup | build | serve | test | bench | weights`.
//!
//! It needs Rust (rustup's) and Node 20 or newer; everything else it installs itself, pinned, into `target/tools`.

mod bench;
mod build;
mod check;
mod machine;
mod serve;
mod setup;

use std::process::ExitCode;

/// What a step hands back: nothing, or a sentence saying what went wrong and what to do about it.
type Outcome<T = ()> = Result<T, String>;

const USAGE: &str = "\
usage: cargo xtask <command>

  serve [--port N] [--peers]        build the page into dist/ if needed, serve it, print its address
                                    (--peers: with what bench.html can be measured beside)
  build                             build the page into dist/
  test [--only native|wasm|page]    every check, cheapest first; ends in a line that counts
  bench [--rust] [NAME=VALUE …]     measure beside TensorFlow.js and ONNX Runtime Web in headless Chromium
                                    (--rust: and beside candle and burn, which takes minutes to compile)
                                    (run=soak soak=30: train for 30 minutes; only=stream,gru; rounds=15)
  weights [NAME…]                   train the shipped weights and measure them (rnn, lstm, gru, sentences; all by default)
  setup [--all]                     only install what building needs (--all: and what testing needs)

environment:
  UNROLLED_TOOLS       folder of the build tools (default: target/tools)
  UNROLLED_CHROMIUM    Chromium for the page tests (default: the one on PATH)
  CHROMEDRIVER         its driver for the wasm tests (default: the one on PATH)";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match words[..] {
        ["setup"] => setup::for_build(),
        ["setup", "--all"] => setup::for_build().and_then(|()| setup::for_tests()),
        ["build"] => setup::for_build().and_then(|()| build::build(build::When::Always)),
        ["serve", ref options @ ..] => start(options),
        ["bench", ref query @ ..] => bench::bench(query),
        ["weights", ref names @ ..] => weights(names),
        ["test"] => check::check(None),
        ["test", "--only", part] => check::Part::named(part).and_then(|part| check::check(Some(part))),
        [] | ["help" | "--help" | "-h"] => {
            println!("{USAGE}");
            Ok(())
        }
        _ => Err(format!("unknown command {:?}\n\n{USAGE}", arguments.join(" "))),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            if !message.is_empty() {
                eprintln!("xtask: {message}");
            }
            ExitCode::FAILURE
        }
    }
}

/// The trainer's own work, so optimised; the source is assets/weights/train.rs.
fn weights(names: &[&str]) -> Outcome {
    machine::run(
        machine::cargo().args(["run", "--quiet", "--release", "--package", "unrolled", "--example", "train_weights", "--"]).args(names),
    )
}

fn start(options: &[&str]) -> Outcome {
    let (port, with_peers) = match *options {
        [] => (None, false),
        ["--peers"] => (None, true),
        ["--port", port] => (Some(port), false),
        ["--port", port, "--peers"] | ["--peers", "--port", port] => (Some(port), true),
        _ => return Err(format!("serve takes --port N and --peers, not {:?}", options.join(" "))),
    };
    let number = |port: &str| port.parse().map_err(|_| format!("--port takes a number from 0 to 65535, not {port:?}"));
    let port = port.map(number).transpose()?;
    setup::for_build()?;
    build::build(build::When::Changed)?;
    if with_peers {
        setup::for_bench(false)?;
    }
    serve::serve(port, with_peers)
}
