//! Every kernel's text is valid WGSL, found without a GPU, and every text is part of a kernel.

use std::path::PathBuf;

use naga::valid::{Capabilities, ValidationFlags, Validator};
use unrolled::gpu::kernels;

fn check(source: &str) -> Result<(), String> {
    let module = naga::front::wgsl::parse_str(source).map_err(|e| e.emit_to_string(source))?;
    let mut validator = Validator::new(ValidationFlags::all(), Capabilities::empty());
    validator.validate(&module).map(|_| ()).map_err(|e| e.emit_to_string(source))
}

#[test]
fn texts_are_valid() {
    for (name, kernel) in kernels::all() {
        check(&kernel.source()).unwrap_or_else(|why| panic!("{name}: {why}"));
    }
    let source = kernels::all()[0].1.source();
    assert!(check(&source.replace("workgroupBarrier()", "workgroupBarrier(1)")).is_err(), "a mistake is seen");
}

#[test]
fn no_text_is_left_out() {
    let sources: Vec<String> = kernels::all().iter().map(|(_, kernel)| kernel.source()).collect();
    let folders = ["src/gpu/kernels", "src/gpu/kernels/optimizer"].map(|folder| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(folder));
    let mut count = 0;
    for entry in folders.iter().flat_map(|folder| std::fs::read_dir(folder).unwrap()).map(|entry| entry.unwrap().path()) {
        if entry.extension().is_some_and(|e| e == "wgsl") {
            let text = std::fs::read_to_string(&entry).unwrap();
            assert!(sources.iter().any(|source| source.contains(text.trim_end())), "{}: in no kernel of kernels::all()", entry.display());
            count += 1;
        }
    }
    assert!(count >= 5);
}
