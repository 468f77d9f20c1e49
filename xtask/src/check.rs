//! `cargo xtask test`: every check, cheapest first, ending in one line that counts.

use crate::machine::{cargo, command, root, run};
use crate::{Outcome, build, setup};
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

const WASM: &str = "wasm32-unknown-unknown";

/// A part of the checks, for work.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Native,
    Wasm,
    Page,
}

impl Part {
    pub fn named(name: &str) -> Outcome<Self> {
        match name {
            "native" => Ok(Self::Native),
            "wasm" => Ok(Self::Wasm),
            "page" => Ok(Self::Page),
            _ => Err(format!("--only takes native, wasm or page, not {name:?}")),
        }
    }
}

#[derive(Clone, Copy, Default, Debug, PartialEq, Eq)]
struct Tally {
    passed: usize,
    failed: usize,
    skipped: usize,
}

impl Tally {
    fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }

    fn total(self) -> usize {
        self.passed + self.failed + self.skipped
    }

    fn line(self) -> String {
        let skipped = if self.skipped > 0 { format!(", {} skipped", self.skipped) } else { String::new() };
        format!("{} passed, {} failed{skipped}", self.passed, self.failed)
    }
}

/// What one stage does: a check that holds or not, or a run of tests that counts itself.
enum Work {
    Check(fn() -> Outcome),
    Tests(fn() -> Outcome<Command>),
}

/// (part, name, what it does), in the order in which they run.
const STAGES: [(Part, &str, Work); 10] = [
    (Part::Native, "formatting", Work::Check(formatting)),
    (Part::Native, "tidy", Work::Check(tidy)),
    (Part::Native, "clippy", Work::Check(clippy_native)),
    (Part::Wasm, "clippy for wasm32", Work::Check(clippy_wasm)),
    (Part::Native, "native tests", Work::Tests(native_tests)),
    (Part::Wasm, "wasm tests in Chromium", Work::Tests(wasm_tests)),
    (Part::Page, "build", Work::Check(build_page)),
    (Part::Page, "types of www/", Work::Check(types)),
    (Part::Page, "module in Node", Work::Tests(module_tests)),
    (Part::Page, "page tests in Chromium", Work::Tests(page_tests)),
];

/// Runs the checks (of one part, or all), prints the count, and fails if any failed.
pub fn check(only: Option<Part>) -> Outcome {
    let mut tally = Tally::default();
    let mut failures = vec![];
    for (part, name, work) in &STAGES {
        if only.is_some_and(|only| only != *part) {
            continue;
        }
        println!("── {name}");
        let started = Instant::now();
        let (counted, outcome) = match work {
            Work::Check(check) => match check() {
                Ok(()) => (Tally { passed: 1, ..Tally::default() }, Ok(())),
                Err(error) => (Tally { failed: 1, ..Tally::default() }, Err(error)),
            },
            Work::Tests(prepare) => tests(*prepare),
        };
        tally.add(counted);
        let seconds = started.elapsed().as_secs_f32();
        match outcome {
            Ok(()) => match work {
                Work::Check(_) => println!("   {name}: ok ({seconds:.1} s)"),
                Work::Tests(_) => {
                    println!("   {name}: ok, {} tests ({seconds:.1} s)", counted.total())
                }
            },
            Err(error) => {
                println!("   {name}: FAILED ({seconds:.1} s)\n{error}");
                failures.push(*name);
            }
        }
    }
    if !failures.is_empty() {
        println!("failed: {}", failures.join(", "));
    }
    println!("{}", tally.line());
    if failures.is_empty() && tally.failed == 0 { Ok(()) } else { Err(String::new()) }
}

/// Runs a stage of tests. One that cannot run, fails without saying which test, or runs no test at all, is one failure.
fn tests(prepare: fn() -> Outcome<Command>) -> (Tally, Outcome) {
    let (mut tally, outcome) = match prepare().and_then(|mut command| count(&mut command)) {
        Ok((tally, true)) if tally.total() > 0 && tally.failed == 0 => (tally, Ok(())),
        Ok((tally, true)) if tally.total() == 0 => (tally, Err("no test ran".to_string())),
        Ok((tally, _)) => (tally, Err(format!("{} of {} tests failed (see above)", tally.failed, tally.total()))),
        Err(error) => (Tally::default(), Err(error)),
    };
    if outcome.is_err() {
        tally.failed = tally.failed.max(1);
    }
    (tally, outcome)
}

/// Runs a program with its output shown, and sums up what it says it counted.
fn count(command: &mut Command) -> Outcome<(Tally, bool)> {
    let mut child = command.env_remove("FORCE_COLOR").stdout(Stdio::piped()).spawn().map_err(|e| format!("{command:?}: {e}"))?;
    let mut tally = Tally::default();
    if let Some(output) = child.stdout.take() {
        for line in BufReader::new(output).split(b'\n') {
            let line = line.map_err(|e| e.to_string())?;
            let line = String::from_utf8_lossy(&line);
            println!("{line}");
            tally.add(counted(line.trim()));
        }
    }
    let status = child.wait().map_err(|e| e.to_string())?;
    Ok((tally, status.success()))
}

/// What a line of libtest's, wasm-bindgen-test's or node:test's output counts.
fn counted(line: &str) -> Tally {
    let mut tally = Tally::default();
    if let Some(summary) = line.strip_prefix("test result: ") {
        // `ok. 3 passed; 0 failed; 1 ignored; …`
        let words: Vec<&str> = summary.split([' ', ';']).filter(|word| !word.is_empty()).collect();
        for pair in words.windows(2) {
            let Ok(n) = pair[0].parse::<usize>() else {
                continue;
            };
            match pair[1] {
                "passed" => tally.passed += n,
                "failed" => tally.failed += n,
                "ignored" => tally.skipped += n,
                _ => {}
            }
        }
    } else if let Some(summary) = line.strip_prefix("ℹ ") {
        // `ℹ pass 3`
        if let Some((Ok(n), name)) = summary.rsplit_once(' ').map(|(name, n)| (n.parse::<usize>(), name)) {
            match name {
                "pass" => tally.passed += n,
                "fail" | "cancelled" => tally.failed += n,
                "skipped" | "todo" => tally.skipped += n,
                _ => {}
            }
        }
    }
    tally
}

fn formatting() -> Outcome {
    run(cargo().args(["fmt", "--all", "--check"]))
}

/// The dependency rule, compiled by itself: a second instead of the whole crate. `cargo test` runs it again with the rest.
fn tidy() -> Outcome {
    let program = root().join("target").join(format!("tidy{}", std::env::consts::EXE_SUFFIX));
    fs::create_dir_all(root().join("target")).map_err(|e| e.to_string())?;
    let mut rustc = command("rustc");
    rustc.args(["--edition", "2024", "--test", "-o"]).arg(&program).arg(root().join("tests").join("tidy.rs"));
    run(rustc.env("CARGO_MANIFEST_DIR", root()))?;
    run(command(program).arg("--quiet"))
}

fn clippy_native() -> Outcome {
    run(cargo().args(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))
}

fn clippy_wasm() -> Outcome {
    setup::for_build()?;
    let mut clippy = cargo();
    clippy.args(["clippy", "--package", "unrolled", "--target", WASM, "--lib"]);
    for name in wasm_test_files()? {
        clippy.args(["--test", &name]);
    }
    run(clippy.args(["--", "-D", "warnings"]))
}

fn native_tests() -> Outcome<Command> {
    setup::vulkan()?;
    let mut test = cargo();
    test.args(["test", "--workspace", "--no-fail-fast"]);
    Ok(test)
}

/// (`cargo test --quiet` hands a flag on that wasm-bindgen's runner does not know.)
fn wasm_tests() -> Outcome<Command> {
    setup::for_build()?;
    setup::for_tests()?;
    let mut test = cargo();
    test.args(["test", "--package", "unrolled", "--target", WASM, "--no-fail-fast"]);
    // Seconds; the defaults (20 and 5) are too short where a browser starts on a busy machine.
    test.env("WASM_BINDGEN_TEST_TIMEOUT", "900").env("WASM_BINDGEN_TEST_DRIVER_TIMEOUT", "60");
    if uses_wasm_tests(&root().join("src")) {
        test.arg("--lib");
    }
    for name in wasm_test_files()? {
        test.args(["--test", &name]);
    }
    if let Some(driver) = setup::chromedriver_path() {
        test.env("CHROMEDRIVER", driver);
    }
    Ok(test)
}

/// The files of tests/ that run in a browser: those that use wasm_bindgen_test.
fn wasm_test_files() -> Outcome<Vec<String>> {
    let folder = root().join("tests");
    let entries = fs::read_dir(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let mut names: Vec<String> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|e| e == "rs") && uses_wasm_tests(path))
        .filter_map(|path| Some(path.file_stem()?.to_str()?.to_string()))
        .collect();
    names.sort();
    if names.is_empty() { Err("no file in tests/ uses wasm_bindgen_test".into()) } else { Ok(names) }
}

fn uses_wasm_tests(path: &Path) -> bool {
    if path.is_dir() {
        return fs::read_dir(path).is_ok_and(|entries| entries.flatten().any(|entry| uses_wasm_tests(&entry.path())));
    }
    // (The attribute or the import, not the mere word: tidy.rs is a native test that names packages.)
    fs::read_to_string(path).is_ok_and(|text| text.lines().any(|line| line.trim_start().starts_with("use wasm_bindgen_test::")))
}

fn build_page() -> Outcome {
    setup::for_build()?;
    setup::for_tests()?;
    build::build(build::When::Changed)
}

/// The JSDoc types of www/, checked against the built module's own declarations.
fn types() -> Outcome {
    let page = root().join("tests").join("page");
    let compiler = page.join("node_modules").join("typescript").join("bin").join("tsc");
    run(command("node").arg(compiler).arg("--project").arg(page.join("tsconfig.json")))
}

fn module_tests() -> Outcome<Command> {
    node_tests(&root().join("tests").join("node"))
}

fn page_tests() -> Outcome<Command> {
    let mut node = node_tests(&root().join("tests").join("page"))?;
    if let Some(chromium) = setup::chromium_path() {
        node.env("UNROLLED_CHROMIUM", chromium);
    }
    Ok(node)
}

/// Node's test runner over every `*.test.mjs` of a folder, against the build just made.
fn node_tests(folder: &Path) -> Outcome<Command> {
    build::require()?;
    let entries = fs::read_dir(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let mut files: Vec<PathBuf> =
        entries.flatten().map(|entry| entry.path()).filter(|path| path.to_string_lossy().ends_with(".test.mjs")).collect();
    files.sort();
    if files.is_empty() {
        return Err(format!("no *.test.mjs in {}", folder.display()));
    }
    let mut node = command("node");
    node.args(["--test", "--test-reporter=spec"]).args(files);
    Ok(node)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn summaries_of_all_runners_are_counted() {
        let line = "test result: FAILED. 12 passed; 2 failed; 3 ignored; 0 measured; 7 filtered out; finished in 0.10s";
        assert_eq!(counted(line), Tally { passed: 12, failed: 2, skipped: 3 });
        assert_eq!(counted("ℹ pass 5"), Tally { passed: 5, ..Tally::default() });
        assert_eq!(counted("ℹ fail 1"), Tally { failed: 1, ..Tally::default() });
        assert_eq!(counted("ℹ cancelled 1"), Tally { failed: 1, ..Tally::default() });
        assert_eq!(counted("ℹ skipped 2"), Tally { skipped: 2, ..Tally::default() });
        for other in ["ℹ tests 7", "ℹ duration_ms 81.5", "ℹ suites 0", "test a::b ... ok", "12 passed, 3 failed"] {
            assert_eq!(counted(other), Tally::default(), "{other}");
        }
    }

    #[test]
    fn a_stage_without_a_test_is_a_failure() {
        let silent = || Ok(command("true"));
        let (tally, outcome) = tests(silent);
        assert_eq!((tally.failed, outcome.is_err()), (1, true));
    }

    #[test]
    fn the_last_line_names_skipped_tests_only_if_there_are_any() {
        assert_eq!(Tally { passed: 3, failed: 1, skipped: 0 }.line(), "3 passed, 1 failed");
        assert_eq!(Tally { passed: 3, failed: 0, skipped: 2 }.line(), "3 passed, 0 failed, 2 skipped");
    }
}
