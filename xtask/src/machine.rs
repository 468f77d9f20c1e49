//! Where things lie on this machine, and how programs are started here.

use crate::Outcome;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The repository's root.
pub fn root() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here)
}

/// The built page.
pub fn dist() -> PathBuf {
    root().join("dist")
}

/// The folder of the build tools. Several work trees may share one through `UNROLLED_TOOLS`.
pub fn tools() -> PathBuf {
    match std::env::var_os("UNROLLED_TOOLS") {
        Some(folder) if !folder.is_empty() => PathBuf::from(folder),
        _ => root().join("target").join("tools"),
    }
}

/// What bench.html is measured against: packages, and (in `served`) what is made of them. Never part of `dist/`.
pub fn peers() -> PathBuf {
    root().join("target").join("peers")
}

/// `PATH` with the project's tools in front.
fn path() -> OsString {
    let tools = tools();
    let own = [tools.join("bin"), tools.join("node_modules").join(".bin")];
    let inherited = std::env::var_os("PATH").unwrap_or_default();
    let all = own.into_iter().chain(std::env::split_paths(&inherited));
    std::env::join_paths(all).unwrap_or(inherited)
}

/// The first file of this name on the extended `PATH`.
pub fn find(name: &str) -> Option<PathBuf> {
    let names = if cfg!(windows) { vec![format!("{name}.exe"), format!("{name}.cmd")] } else { vec![name.to_string()] };
    std::env::split_paths(&path()).flat_map(|dir| names.iter().map(move |n| dir.join(n)).collect::<Vec<_>>()).find(|p| p.is_file())
}

/// A command that runs in the repository's root and finds the project's tools first.
pub fn command(program: impl AsRef<OsStr>) -> Command {
    let program = program.as_ref();
    let found = program.to_str().and_then(find).map_or_else(|| program.to_os_string(), PathBuf::into_os_string);
    let mut command = Command::new(found);
    command.current_dir(root()).env("PATH", path());
    command
}

/// The cargo that runs this xtask.
pub fn cargo() -> Command {
    command(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// Runs to the end with its output shown; anything but success is an error.
pub fn run(command: &mut Command) -> Outcome {
    let shown = describe(command);
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{shown}: {status}")),
        Err(error) => Err(format!("{shown}: cannot be started: {error}")),
    }
}

/// Runs with its output kept, and shows the end of it only if it fails.
pub fn run_quietly(command: &mut Command) -> Outcome {
    let shown = describe(command);
    let output = command.output().map_err(|error| format!("{shown}: cannot be started: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    Err(format!("{}\n{shown}: {}", lines[lines.len().saturating_sub(25)..].join("\n"), output.status))
}

/// What a program prints, or `None` if it is not there or fails.
pub fn output_of(command: &mut Command) -> Option<String> {
    let output = command.output().ok().filter(|o| o.status.success())?;
    String::from_utf8(output.stdout).ok()
}

fn describe(command: &Command) -> String {
    let name = Path::new(command.get_program()).file_name().unwrap_or_default();
    std::iter::once(name).chain(command.get_args()).map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}
