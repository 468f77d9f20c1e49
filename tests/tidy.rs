//! The house rules that a reader can check, checked: which module may use which, and what the page may never contain.

use std::fs;
use std::path::{Path, PathBuf};

/// (module, what it may use of this crate, which of PACKAGES it may name). A module may use only what stands above it.
/// A new arrow is an edit of this table.
const LAYERS: &[(&str, &[&str], &[&str])] = &[
    ("error", &[], &[]),
    ("math", &["error"], &["nalgebra", "libm", "wide"]),
    ("cell", &["math", "error"], &["serde"]),
    ("tape", &["cell", "math", "error"], &["nalgebra", "serde"]),
    ("net", &["tape", "cell", "math", "error"], &["nalgebra", "libm", "serde"]),
    ("task", &["math", "error"], &["libm", "serde"]),
    ("probe", &["net", "tape", "cell", "math", "error"], &["nalgebra", "libm", "serde"]),
    ("io", &["net", "tape", "cell", "math", "error"], &["safetensors", "half", "serde"]),
    ("train", &["probe", "io", "task", "net", "tape", "cell", "math", "error"], &["libm", "serde", "serde_json"]),
    ("gpu", &["train", "task", "net", "tape", "cell", "math", "error"], &["wgpu", "libm"]),
    ("plot", &["probe", "tape", "cell", "error"], &["plotters", "plotters_backend", "serde"]),
    (
        "web",
        &["gpu", "plot", "train", "io", "probe", "task", "net", "tape", "cell", "math", "error"],
        &[
            "wasm_bindgen",
            "web_sys",
            "js_sys",
            "serde_wasm_bindgen",
            "serde",
            "plotters",
            "plotters_backend",
            "plotters_canvas",
            "nalgebra",
        ],
    ),
];

/// The packages that have a room of their own.
const PACKAGES: &[&str] = &[
    "half",
    "js_sys",
    "libm",
    "nalgebra",
    "plotters",
    "plotters_backend",
    "plotters_canvas",
    "safetensors",
    "serde",
    "serde_json",
    "serde_wasm_bindgen",
    "wasm_bindgen",
    "web_sys",
    "wgpu",
    "wide",
];

/// Modules that read foreign bytes or face a person: they hand errors back and never panic.
const BOUNDARY: &[&str] = &["web", "io"];
const PANICS: &[&str] = &[".unwrap()", ".expect(", "panic!(", "unreachable!("];

/// No file is longer than a sitting.
const MAX_LINES: usize = 600;

/// What turns text into markup or code, makes numbers up, or breaks the page's policy.
const NEVER_ON_THE_PAGE: &[&str] = &[
    "innerHTML",
    "outerHTML",
    "insertAdjacentHTML",
    "document.write",
    "eval(",
    "new Function",
    "Math.random",
    "javascript:",
    "setAttribute(\"style\"",
    "setAttribute('style'",
    "style=\"",
    "style='",
    "<style",
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every file under a folder whose name ends in one of these, with its path from the root.
fn files(folder: &str, endings: &[&str]) -> Vec<(String, String)> {
    fn walk(path: &Path, out: &mut Vec<PathBuf>) {
        let Ok(entries) = fs::read_dir(path) else {
            return;
        };
        for path in entries.map(|entry| entry.unwrap().path()) {
            let name = path.file_name().unwrap().to_str().unwrap().to_string();
            if path.is_dir() && name != "node_modules" && name != "target" {
                walk(&path, out);
            } else if path.is_file() {
                out.push(path);
            }
        }
    }
    let mut paths = vec![];
    walk(&root().join(folder), &mut paths);
    paths.sort();
    let wanted = paths.into_iter().filter(|path| endings.iter().any(|e| path.to_str().unwrap().ends_with(e)));
    wanted
        .map(|path| {
            let name = path.strip_prefix(root()).unwrap().to_str().unwrap().replace('\\', "/");
            (name, fs::read_to_string(&path).unwrap())
        })
        .collect()
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// `net::Layer` → `[net]`; `{plot::Plot, gpu}` → `[plot, gpu]`
fn first_segments(path: &str) -> Vec<&str> {
    fn word(text: &str) -> &str {
        &text[..text.find(|c| !is_word(c)).unwrap_or(text.len())]
    }
    let Some(group) = path.strip_prefix('{') else {
        return vec![word(path)];
    };
    let (mut depth, mut start, mut parts) = (0, 0, vec![]);
    for (i, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => {
                parts.push(&group[start..i]);
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&group[start..i]);
                start = i + 1;
            }
            _ => {}
        }
    }
    parts.into_iter().map(|part| word(part.trim())).collect()
}

/// The text without line comments, so that prose may name what code may not.
fn code(text: &str) -> String {
    text.lines().map(|line| line.split("//").next().unwrap_or("")).collect::<Vec<_>>().join("\n")
}

fn line_of(text: &str, at: usize) -> usize {
    text[..at].matches('\n').count() + 1
}

/// Where a module uses what the table does not allow it.
fn forbidden_uses(module: &str, file: &str, text: &str) -> Vec<String> {
    let Some((_, inside, outside)) = LAYERS.iter().find(|layer| layer.0 == module) else {
        return vec![format!("{file}: module `{module}` is not in the table of tests/tidy.rs")];
    };
    let text = code(text);
    let mut found = vec![];
    for path in ["crate::", "super::super::"] {
        for (at, _) in text.match_indices(path) {
            for name in first_segments(text[at + path.len()..].trim_start()) {
                let known = LAYERS.iter().any(|layer| layer.0 == name);
                if known && name != module && !inside.contains(&name) {
                    found.push(format!("{file}:{}: `{module}` must not use `{name}`", line_of(&text, at)));
                }
            }
        }
    }
    for package in PACKAGES {
        for (at, _) in text.match_indices(package) {
            let (before, after) = (&text[..at], &text[at + package.len()..]);
            let whole = !before.ends_with(|c| is_word(c) || c == '.') && !after.starts_with(is_word);
            // `nalgebra::…` that is not `crate::x::nalgebra::…`, or `use nalgebra as n`
            let named = (after.starts_with("::") && (!before.ends_with("::") || before.ends_with(" ::")))
                || (before.ends_with("use ") && (after.starts_with(';') || after.starts_with(" as ")));
            if whole && named && !outside.contains(package) {
                found.push(format!("{file}:{}: `{module}` must not use the package `{package}`", line_of(&text, at)));
            }
        }
    }
    found
}

/// Where a boundary module could panic, its tests left aside.
fn panics(module: &str, file: &str, text: &str) -> Vec<String> {
    if !BOUNDARY.contains(&module) {
        return vec![];
    }
    let text = code(text.split("#[cfg(test)]").next().unwrap_or(""));
    let at_all = PANICS.iter().flat_map(|word| text.match_indices(word));
    at_all.map(|(at, word)| format!("{file}:{}: `{word}` in a module that must hand errors back", line_of(&text, at))).collect()
}

/// What is forbidden on the page.
fn page_offences(file: &str, text: &str) -> Vec<String> {
    let mut found = vec![];
    let mut say = |at: usize, what: &str| found.push(format!("{file}:{}: {what}", line_of(text, at)));
    for word in NEVER_ON_THE_PAGE {
        for (at, _) in text.match_indices(word) {
            let inside_a_word = word.starts_with(is_word) && text[..at].ends_with(is_word);
            if !inside_a_word {
                say(at, &format!("`{word}`"));
            }
        }
    }
    for scheme in ["http://", "https://"] {
        for (at, _) in text.match_indices(scheme) {
            if !text[at + scheme.len()..].starts_with("www.w3.org/") {
                say(at, "an address outside the origin");
            }
        }
    }
    if file.ends_with(".html") {
        for (at, _) in text.match_indices("<script") {
            if !text[at..].split('>').next().unwrap_or("").contains(" src=") {
                say(at, "an inline script");
            }
        }
        for (at, _) in text.match_indices(" on") {
            let name: String = text[at + 3..].chars().take_while(|c| c.is_ascii_lowercase()).collect();
            if !name.is_empty() && text[at + 3 + name.len()..].starts_with('=') {
                say(at, "an inline handler");
            }
        }
    }
    found
}

/// The module a file of src/ belongs to.
fn module_of(file: &str) -> &str {
    file.trim_start_matches("src/").split('/').next().unwrap_or("").trim_end_matches(".rs")
}

fn assert_none(found: Vec<String>) {
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

#[test]
fn modules_use_only_what_they_may() {
    let sources = files("src", &[".rs"]);
    assert!(!sources.is_empty());
    let modules = sources.iter().filter(|(file, _)| file != "src/lib.rs");
    assert_none(modules.flat_map(|(file, text)| forbidden_uses(module_of(file), file, text)).collect());
}

#[test]
fn the_table_is_ordered_so_nothing_is_circular() {
    for (i, (name, uses, packages)) in LAYERS.iter().enumerate() {
        for used in *uses {
            assert!(LAYERS[..i].iter().any(|layer| layer.0 == *used), "{name} → {used} points downward");
        }
        for package in *packages {
            assert!(PACKAGES.contains(package), "{name} names {package}, which is not in PACKAGES");
        }
    }
}

#[test]
fn boundary_modules_do_not_panic() {
    assert_none(files("src", &[".rs"]).iter().flat_map(|(file, text)| panics(module_of(file), file, text)).collect());
}

#[test]
fn the_page_turns_no_text_into_markup_or_code_and_stays_at_home() {
    let sources = files("www", &[".js", ".html", ".css", ".svg"]);
    assert!(sources.iter().any(|(file, _)| file == "www/index.html"));
    assert_none(sources.iter().flat_map(|(file, text)| page_offences(file, text)).collect());
}

#[test]
fn files_can_be_read_in_one_sitting() {
    let all = ["src", "www", "xtask", "tests"].iter().flat_map(|folder| files(folder, &[".rs", ".js", ".mjs"]));
    let long = all.map(|(file, text)| (file, text.lines().count())).filter(|(_, n)| *n > MAX_LINES);
    assert_none(long.map(|(file, n)| format!("{file}: {n} lines, more than {MAX_LINES}")).collect());
}

#[test]
fn nothing_is_left_open_in_the_code() {
    let words = ["todo", "unimplemented"].map(|name| format!("{name}!"));
    let all = ["src", "xtask", "tests"].iter().flat_map(|folder| files(folder, &[".rs"]));
    let open = all.filter(|(_, text)| words.iter().any(|word| code(text).contains(word)));
    assert_none(open.map(|(file, _)| format!("{file}: left open")).collect());
}

/// Hosts of package registries and paths of one machine: whoever builds this has others.
fn machine_words() -> Vec<String> {
    let hosts = ["npmjs", "crates", "pypi"].into_iter().flat_map(|name| [format!("registry.{name}."), format!("index.{name}.")]);
    let paths = ["work", "root", "home"].into_iter().map(|name| format!("/{name}/"));
    hosts.chain(paths).collect()
}

/// (A path begins after something that is no word: `./work/` and `a/work/` are relative ones.)
fn names_a_machine(text: &str) -> bool {
    let begins = |at: usize| !text[..at].ends_with(|c| is_word(c) || c == '.' || c == '}');
    machine_words().iter().any(|word| text.match_indices(word.as_str()).any(|(at, _)| begins(at)))
}

#[test]
fn no_registry_and_no_path_of_a_machine_is_named() {
    let endings = [".rs", ".js", ".mjs", ".py", ".sh", ".toml", ".html", ".md", "package.json", "package-lock.json", "run"];
    let all = ["src", "www", "xtask", "tests", "benches", ".ci", ".cargo"].iter().flat_map(|folder| files(folder, &endings));
    assert_none(all.filter(|(_, text)| names_a_machine(text)).map(|(file, _)| format!("{file}: names a machine")).collect());
}

#[test]
fn planted_violations_are_seen() {
    let uses = |module: &str, text: &str| forbidden_uses(module, "x.rs", text).len();
    assert_eq!(uses("cell", "use crate::net::Layer;"), 1);
    assert_eq!(uses("cell", "use super::super::net::Layer;"), 1);
    assert_eq!(uses("net", "use wide::f32x4;"), 1);
    assert_eq!(uses("cell", "use wide;\nuse half as h;\nlet x = ::libm::tanh(1.0);"), 3);
    assert_eq!(uses("net", "use crate::{\n    cell::{Cell, Spec},\n    plot, web::Session,\n};"), 2);
    assert_eq!(uses("plot", "fn f(c: plotters_canvas::CanvasBackend) {}"), 1);
    assert_eq!(uses("math", "fn f() -> Result<(), crate::web::Error> { crate::error::f() }"), 1);
    assert_eq!(uses("kitchen", ""), 1);
    assert_eq!(uses("plot", "use plotters::prelude::*; // crate::web is above us"), 0);
    assert_eq!(uses("web", "use crate::{plot, io};\nuse crate::probe::Norms;"), 0);
    assert_eq!(uses("net", "let wide = 3; half::<f32>(wide); crate::math::wide::f();"), 1); // half::<f32> reads as the package

    assert_eq!(panics("io", "x.rs", "let a = b.unwrap();\nc.expect(\"d\");").len(), 2);
    assert_eq!(panics("io", "x.rs", "a.unwrap_or(1); // .unwrap()\n#[cfg(test)]\nmod tests { a.unwrap() }").len(), 0);
    assert_eq!(panics("net", "x.rs", "let a = b.unwrap();").len(), 0);

    assert!(machine_words().iter().all(|word| names_a_machine(&format!("at {word}x"))));
    assert!(!names_a_machine("the work/life of ./home/ and network/root/x"));

    let page = |text: &str| page_offences("x.html", text).len();
    assert_eq!(page("element.innerHTML = text"), 1);
    assert_eq!(page("Math.random() + eval(text) + retrieval(text)"), 2);
    assert_eq!(page("<p style=\"color: red\" onclick=\"f()\">"), 2);
    assert_eq!(page("<script>f()</script><script type=\"module\" src=\"main.js\"></script>"), 1);
    assert_eq!(page("<a href=\"https://example.org/\">"), 1);
    assert_eq!(page("<svg xmlns=\"http://www.w3.org/2000/svg\"><p data-on=\"1\">switch on = off"), 0);
}
