//! Files of cells that are not PyTorch's, under the names of their reference implementations.

use std::collections::BTreeSet;

use unrolled::cell::{self, Options};
use unrolled::error::Code;
use unrolled::io::safetensors::{Choices, Names, read, write};
use unrolled::net::{Config, Embedding, Head, Net, Readout, Start};

use crate::file::{Entry, f32s, file, linear, mamba as block};

fn some(text: &str) -> Option<String> {
    Some(text.into())
}

fn net(layers: usize, bidirectional: bool) -> Net<f32> {
    let options = Options::from([("state".to_string(), "3".to_string())]);
    let config = Config { layers, bidirectional, options, ..Config::new("mamba", 3, 4) };
    Net::random(config, 5, Start::default()).unwrap()
}

fn names(bytes: &[u8]) -> BTreeSet<String> {
    safetensors::SafeTensors::deserialize(bytes).unwrap().names().into_iter().map(String::from).collect()
}

fn refused(entries: &[Entry], choices: &Choices) -> (Code, String) {
    let error = read::<f32>(&file(entries), choices).map(|_| ()).unwrap_err();
    (error.code, error.message)
}

#[test]
fn every_network_comes_back_bit_for_bit() {
    let mut count = 0;
    for family in cell::all().iter().filter(|f| !["rnn", "gru", "lstm"].contains(&f.name())) {
        for options in cell::variants(*family) {
            for case in 0..24 {
                let hidden = [2, 4, 6][case % 3];
                let mut config = Config::new(family.name(), if case % 2 == 1 { hidden } else { 3 }, hidden);
                config.options = options.clone();
                config.layers = 1 + case % 3;
                config.bidirectional = case / 3 % 2 == 1;
                config.head = (case / 6 % 2 == 1).then_some(Head { outputs: 7 });
                config.embedding = (case / 12 == 1).then_some(Embedding { vocabulary: 9, width: config.input });
                config.readout = if case % 2 == 1 { Readout::FinalStates } else { Readout::Last };
                let net = Net::<f32>::random(config, case as u64, Start::default()).unwrap();
                let bytes = write(&net, &Names::default()).unwrap();
                let mut choices = Choices { options: options.clone(), readout: Some(net.config().readout), ..Choices::default() };
                choices.embedding = Some(if net.config().embedding.is_some() { "embedding".into() } else { String::new() });
                choices.head = Some(if net.config().head.is_some() { "fc".into() } else { String::new() });
                let what = format!("{} {options:?} case {case}", family.name());
                let (back, loaded) = read::<f32>(&bytes, &choices).unwrap_or_else(|e| panic!("{what}: {e}"));
                assert_eq!(back.config(), net.config(), "{what}");
                assert!(back.parameters() == net.parameters(), "{what}");
                assert_eq!(loaded.unused, [] as [&str; 0], "{what}");
                assert_eq!(loaded.assumed, [] as [&str; 0], "{what}");
                let again = Names { prefix: Some(loaded.prefix), ..Names::default() };
                assert_eq!(write(&back, &again).unwrap(), bytes, "{what}");
                assert_eq!(write(&back, &Names::default()).unwrap(), bytes, "{what}");
                // What shapes tell need not be said, and cannot be said otherwise.
                let plain = Choices { options: Options::new(), ..choices };
                let (_, loaded) = read::<f32>(&bytes, &plain).unwrap();
                assert!(loaded.assumed.iter().all(|a| a.ends_with("the default; a file does not tell")), "{what}: {:?}", loaded.assumed);
                count += 1;
            }
        }
    }
    assert!(count >= 24 * 6, "{count}");
}

#[test]
fn layers_and_directions_have_names_of_their_own() {
    let some_of = |net: &Net<f32>, prefix: Option<&str>| {
        let names = names(&write(net, &Names { prefix: prefix.map(String::from), ..Names::default() }).unwrap());
        names.into_iter().filter(|n| n.ends_with(".D") || n == "D").collect::<Vec<_>>()
    };
    assert_eq!(some_of(&net(1, false), None), ["mamba.D"]);
    assert_eq!(some_of(&net(1, true), None), ["mamba.D", "mamba_reverse.D"]);
    assert_eq!(some_of(&net(2, true), None), ["mamba.0.D", "mamba.1.D", "mamba_reverse.0.D", "mamba_reverse.1.D"]);
    assert_eq!(some_of(&net(2, false), Some("backbone.layers.{}.mixer")), ["backbone.layers.0.mixer.D", "backbone.layers.1.mixer.D"]);
    let mixer = ["m.0.mixer.D", "m.0.mixer_reverse.D", "m.1.mixer.D", "m.1.mixer_reverse.D"];
    assert_eq!(some_of(&net(2, true), Some("m.{}.mixer.")), mixer);
    assert_eq!(some_of(&net(1, true), Some("")), ["D", "reverse.D"]);
    assert_eq!(some_of(&net(2, true), Some("")), ["0.D", "1.D", "reverse.0.D", "reverse.1.D"]);
    for prefix in ["", "{}", "a.b", "a.b.{}", "layers.{}.mixer", "model.3.mamba"] {
        for (layers, bidirectional) in [(1, false), (1, true), (2, false), (3, true)] {
            let net = net(layers, bidirectional);
            let written = write(&net, &Names { prefix: some(prefix), ..Names::default() }).unwrap();
            let (back, loaded) = read::<f32>(&written, &Choices::default()).unwrap();
            assert!(back.parameters() == net.parameters(), "{prefix}, {layers}");
            let again = write(&back, &Names { prefix: Some(loaded.prefix.clone()), ..Names::default() }).unwrap();
            assert_eq!(names(&again), names(&written), "{prefix}, {layers}, {}", loaded.prefix);
        }
    }
}

/// As the reference's language model has it: blocks with norms, of which one may be read alone.
#[test]
fn blocks_of_a_model_are_its_layers() {
    let mut entries =
        [block("backbone.layers.0.mixer.", 4, 4), block("backbone.layers.10.mixer.", 4, 4), block("backbone.layers.2.mixer.", 4, 4)]
            .concat();
    entries.extend([f32s("backbone.layers.0.norm.weight", &[4]), f32s("backbone.embedding.weight", &[9, 4])]);
    let (net, loaded) = read::<f32>(&file(&entries), &Choices::default()).unwrap();
    assert_eq!((net.config().layers, net.config().input, net.config().hidden), (3, 4, 4));
    assert_eq!(net.config().options["state"], "3");
    assert_eq!(net.config().embedding, Some(Embedding { vocabulary: 9, width: 4 }));
    assert_eq!((loaded.prefix.as_str(), loaded.unused.len()), ("backbone.layers.{}.mixer.", 1));
    assert!(loaded.assumed.iter().any(|a| a.starts_with("layers: ") && a.contains("norms and residuals")), "{:?}", loaded.assumed);
    for (prefix, layers) in [("backbone.layers", 3), ("backbone.layers.{}.mixer", 3), ("backbone.layers.10.mixer.", 1)] {
        let choices = Choices { prefix: some(prefix), embedding: some(""), ..Choices::default() };
        let (net, loaded) = read::<f32>(&file(&entries), &choices).unwrap();
        assert_eq!((net.config().layers, loaded.unused.len()), (layers, if layers == 3 { 2 } else { 20 }), "{prefix}");
    }
    let (code, message) = refused(&entries, &Choices { prefix: some("backbone.layers.3.mixer"), ..Choices::default() });
    assert!(code == Code::UnknownName && message.contains("“backbone.layers.{}.mixer.”"), "{message}");
}

#[test]
fn several_networks_are_told_apart() {
    let mut entries = block("a.", 3, 4);
    entries.extend([f32s("b.to_hidden_and_gate.weight", &[10, 4]), f32s("c.weight_ih_l0", &[12, 3]), f32s("c.weight_hh_l0", &[12, 3])]);
    let (code, message) = refused(&entries, &Choices::default());
    assert!(code == Code::Unsupported && message.contains("3 recurrent modules") && message.contains("prefix"), "{message}");
    for (cell, prefix) in [("mamba", "a."), ("mingru", "b."), ("lstm", "c.")] {
        for choices in [Choices { cell: some(cell), ..Choices::default() }, Choices { prefix: some(prefix), ..Choices::default() }] {
            let found = read::<f32>(&file(&entries), &choices).map(|(net, loaded)| (net.config().cell.clone(), loaded.prefix));
            assert_eq!(found.ok(), Some((cell.to_string(), prefix.to_string())), "{choices:?}");
        }
    }
}

#[test]
fn choices_must_fit_the_file() {
    let entries = block("mamba.", 3, 4);
    let options = |name: &str, value: &str| Choices { options: Options::from([(name.into(), value.into())]), ..Choices::default() };
    assert!(read::<f32>(&file(&entries), &options("state", "3")).is_ok());
    let cases = [
        (options("state", "4"), Code::Shape, "option “state” is 3"),
        (options("states", "4"), Code::UnknownName, "states"),
        (Choices { cell: some("gru"), ..Choices::default() }, Code::Shape, "cell “mamba”; expected “gru”"),
        (Choices { cell: some("s4d"), ..Choices::default() }, Code::Shape, "expected “s4d”"),
        (Choices { cell: some("cobra"), ..Choices::default() }, Code::UnknownName, "cobra"),
        (Choices { prefix: some("mambo"), ..Choices::default() }, Code::UnknownName, "mambo"),
    ];
    for (choices, code, words) in cases {
        let (found, message) = refused(&entries, &choices);
        assert!(found == code && message.contains(words), "{found:?} {message}");
    }
    // PyTorch's cells take theirs in the same way.
    let gru = [f32s("gru.weight_ih_l0", &[12, 3]), f32s("gru.weight_hh_l0", &[12, 4])];
    let (net, loaded) = read::<f32>(&file(&gru), &options("reset", "before")).unwrap();
    assert!(net.config().options["reset"] == "before" && loaded.assumed.len() == 1, "{:?}", loaded.assumed);
    assert_eq!(refused(&gru, &options("state", "3")).0, Code::UnknownName);
    let (code, message) = refused(&gru, &Choices { cell: some("mamba"), ..Choices::default() });
    assert!(code == Code::Shape && message.contains("“mamba”, as chosen"), "{message}");
    // Options may be numbers, as a configuration has them.
    let choices: Choices = serde_json::from_str(r#"{"options": {"state": 3, "conv": "4"}}"#).unwrap();
    assert!(read::<f32>(&file(&entries), &choices).is_ok());
}

#[test]
fn damaged_modules_are_refused() {
    let whole = block("mamba.", 3, 4);
    for lost in 0..whole.len() {
        let mut entries = whole.clone();
        let name = entries.remove(lost).name;
        let (code, message) = refused(&entries, &Choices::default());
        let named = message.contains("no recurrent layer") || message.contains(&name);
        assert!(named && [Code::Format, Code::Unsupported].contains(&code), "{name}: {message}");
        let mut entries = whole.clone();
        entries[lost].shape.push(2);
        let bytes = entries[lost].bytes.repeat(2);
        entries[lost].bytes = bytes;
        let (code, message) = refused(&entries, &Choices::default());
        assert!([Code::Shape, Code::Unsupported].contains(&code), "{name}: {message}");
    }
    let twice = [block("mamba.0.", 3, 4), block("mamba.00.", 3, 4)].concat();
    let (code, message) = refused(&twice, &Choices::default());
    assert!(code == Code::Format && message.contains("the same tensor"), "{message}");
    let second = [block("mamba.0.", 3, 4), block("mamba.1.", 3, 4)].concat();
    let (code, message) = refused(&second, &Choices::default());
    assert!(code == Code::Shape && message.contains("“mamba.1.in_proj.weight” is 16 × 3; expected 16 × 4"), "{message}");
    let large = [f32s("mamba.A_log", &[8, 65]), f32s("mamba.conv1d.weight", &[8, 1, 4])];
    let large = [&large[..], &[f32s("mamba.out_proj.weight", &[4, 8]), f32s("mamba.in_proj.weight", &[16, 3])]].concat();
    assert_eq!(refused(&large, &Choices::default()).0, Code::OutOfRange);
}

#[test]
fn a_head_beside_a_block_is_found() {
    let entries = [block("net.mamba.", 3, 4), linear("net.fc.", 2, 4)].concat();
    let (net, loaded) = read::<f32>(&file(&entries), &Choices::default()).unwrap();
    assert_eq!((net.config().head.clone(), loaded.head_prefix), (Some(Head { outputs: 2 }), some("net.fc.")));
    assert_eq!(loaded.assumed, [] as [&str; 0]);
}

/// xlstm's CUDA backend keeps the recurrent weights as heads × inputs × gates·outputs, and the bias head by head.
#[test]
fn the_slstms_cuda_layout_is_rearranged() {
    let (heads, width) = (2, 3);
    let options = Options::from([("heads".to_string(), heads.to_string())]);
    let config = Config { options, ..Config::new("slstm", 3, heads * width) };
    let net = Net::<f32>::random(config, 1, Start::default()).unwrap();
    let bytes = write(&net, &Names::default()).unwrap();
    let parsed = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    let mut entries = vec![];
    for (name, tensor) in parsed.iter() {
        let value = |k: usize| tensor.data()[4 * k..4 * k + 4].to_vec();
        let (mut shape, mut bytes) = (tensor.shape().to_vec(), tensor.data().to_vec());
        let rows = 4 * width;
        if name.ends_with("_recurrent_kernel_") {
            assert_eq!(shape, [heads, rows, width]);
            shape = vec![heads, width, rows];
            bytes.clear();
            for (head, input) in (0..heads).flat_map(|h| (0..width).map(move |i| (h, i))) {
                (0..rows).for_each(|row| bytes.extend(value((head * rows + row) * width + input)));
            }
        } else if name.ends_with("_bias_") {
            bytes.clear();
            for (head, gate) in (0..heads).flat_map(|h| (0..4).map(move |g| (h, g))) {
                (0..width).for_each(|unit| bytes.extend(value((gate * heads + head) * width + unit)));
            }
        }
        entries.push(Entry { bytes, ..f32s(name, &shape) });
    }
    let (back, loaded) = read::<f32>(&file(&entries), &Choices::default()).unwrap();
    assert!(back.parameters() == net.parameters());
    assert!(loaded.assumed.iter().any(|a| a.starts_with("layout: ") && a.contains("CUDA")), "{:?}", loaded.assumed);
    let (_, loaded) = read::<f32>(&bytes, &Choices::default()).unwrap();
    assert!(!loaded.assumed.iter().any(|a| a.starts_with("layout: ")));
}
