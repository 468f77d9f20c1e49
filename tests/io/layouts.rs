//! Files as people have them.

use unrolled::cell;
use unrolled::error::{Code, Result};
use unrolled::io::safetensors::{Choices, GruChoices, Loaded, Names, read, write};
use unrolled::net::{Config, Embedding, Head, Net, Readout, Start};

use crate::file::{Entry, f32s, file, linear, stack};

fn load(entries: &[Entry]) -> (Net<f32>, Loaded) {
    load_with(entries, &Choices::default()).unwrap()
}

fn load_with(entries: &[Entry], choices: &Choices) -> Result<(Net<f32>, Loaded)> {
    read(&file(entries), choices)
}

fn refused(entries: &[Entry], choices: &Choices) -> (Code, String) {
    let error = load_with(entries, choices).map(|_| ()).unwrap_err();
    (error.code, error.message)
}

fn some(text: &str) -> Option<String> {
    Some(text.into())
}

/// What a file tells of these options comes from the choices.
fn choices_of(config: &Config) -> Choices {
    let option = |name: &str| config.options.get(name).cloned();
    Choices {
        nonlinearity: option("nonlinearity"),
        gru: Some(GruChoices { reset: option("reset"), update: option("update") }),
        readout: Some(config.readout),
        ..Choices::default()
    }
}

#[test]
fn every_network_comes_back_bit_for_bit() {
    let mut count = 0;
    for family in cell::all().iter().filter(|f| ["rnn", "gru", "lstm"].contains(&f.name())) {
        for options in cell::variants(*family) {
            for case in 0..48 {
                let mut config = Config::new(family.name(), 3 + case % 2, 1 + case % 5);
                config.options = options.clone();
                config.layers = 1 + case % 3;
                config.bidirectional = case / 3 % 2 == 1;
                config.bias = case / 6 % 2 == 0;
                config.head = (case / 12 % 2 == 1).then_some(Head { outputs: 2 + case % 3 });
                config.embedding = (case / 24 % 2 == 1).then_some(Embedding { vocabulary: 7, width: config.input });
                config.readout = if case % 2 == 1 { Readout::FinalStates } else { Readout::Last };
                let net = Net::<f32>::random(config, case as u64, Start::default()).unwrap();
                let bytes = write(&net, &Names::default()).unwrap();
                let (back, loaded) = read::<f32>(&bytes, &choices_of(net.config())).unwrap();
                assert_eq!(back.config(), net.config());
                assert_eq!(back.parameters(), net.parameters());
                assert_eq!(loaded.assumed, [] as [&str; 0]);
                assert_eq!(loaded.unused, [] as [&str; 0]);
                assert_eq!(loaded.prefix, format!("{}.", family.name()));
                assert_eq!(write(&back, &Names::default()).unwrap(), bytes);
                let (in_f64, _) = read::<f64>(&bytes, &choices_of(net.config())).unwrap();
                assert_eq!(in_f64.parameters(), net.cast::<f64>().unwrap().parameters());
                count += 1;
            }
        }
    }
    assert_eq!(count, 48 * (2 + 4 + 1));
}

#[test]
fn cell_sizes_and_surroundings_are_found() {
    // (prefix, gates, layers, bidirectional, bias) → cell
    let cases = [
        ("lstm.", 4, 1, false, true, "lstm"),
        ("module.encoder.", 4, 2, true, true, "lstm"),
        ("", 3, 1, false, true, "gru"),
        ("rnn.", 1, 3, true, false, "rnn"),
        ("_orig_mod.model.core.rnn.", 3, 2, false, false, "gru"),
    ];
    for (prefix, gates, layers, bidirectional, bias, cell) in cases {
        let mut entries = stack(prefix, gates, 2, 5, layers, bidirectional, bias);
        let width = if bidirectional { 10 } else { 5 };
        entries.extend(linear("fc.", 3, width));
        entries.reverse();
        let (net, loaded) = load(&entries);
        let c = net.config();
        assert_eq!((c.cell.as_str(), c.input, c.hidden, c.layers), (cell, 2, 5, layers), "{prefix}");
        assert_eq!((c.bidirectional, c.bias, &c.head, &c.embedding), (bidirectional, bias, &Some(Head { outputs: 3 }), &None));
        assert_eq!((loaded.prefix.as_str(), loaded.head_prefix.as_deref(), loaded.unused.len()), (prefix, Some("fc."), 0));
        let first = net.parameter("weight_ih_l0").unwrap();
        assert_eq!((first.shape.as_slice(), first.values[0], first.values[1]), ([gates * 5, 2].as_slice(), 1e-3, 2e-3));
        assert_eq!(net.parameter("head.bias").unwrap().values, [1e-3, 2e-3, 3e-3]);
    }
}

#[test]
fn a_cell_that_is_stepped_by_hand_is_one_layer() {
    let mut entries = stack("cell.", 4, 2, 3, 1, false, true);
    entries.iter_mut().for_each(|e| e.name = e.name.replace("_l0", ""));
    let (net, loaded) = load(&entries);
    assert_eq!((net.config().cell.as_str(), net.config().layers, loaded.prefix.as_str()), ("lstm", 1, "cell."));
    entries.extend(stack("cell.", 4, 2, 3, 1, false, true));
    assert_eq!(refused(&entries, &Choices::default()).0, Code::Format);
}

#[test]
fn every_floating_point_type_is_exact() {
    // (value, F16, BF16): 1/3 rounded to each, a subnormal, infinity, minus zero
    let f16 =
        [(0.333_251_953_125, 0x3555_u16), (5.960_464_477_539_063e-8, 0x0001), (f64::INFINITY, 0x7C00), (-0.0, 0x8000), (-2.0, 0xC000)];
    let bf16 = [(0.333_984_375, 0x3EAB_u16), (9.183_549_615_799_121e-41, 0x0001), (f64::INFINITY, 0x7F80), (-0.0, 0x8000), (-2.0, 0xC000)];
    let values = |all: &[(f64, u16)]| -> Vec<f64> { all.iter().map(|(v, _)| *v).collect() };
    let halves = |all: &[(f64, u16)]| -> Vec<u8> { all.iter().flat_map(|(_, bits)| bits.to_le_bytes()).collect() };
    let third = [1.0 / 3.0, f64::MIN_POSITIVE, f64::INFINITY, -0.0, -2.0];
    let cases: [(&str, Vec<u8>, Vec<f64>); 4] = [
        ("F16", halves(&f16), values(&f16)),
        ("BF16", halves(&bf16), values(&bf16)),
        ("F32", third.iter().flat_map(|v| (*v as f32).to_le_bytes()).collect(), third.iter().map(|v| f64::from(*v as f32)).collect()),
        ("F64", third.iter().flat_map(|v| v.to_le_bytes()).collect(), third.to_vec()),
    ];
    let bits = |values: &[f64]| -> Vec<u64> { values.iter().map(|v| v.to_bits()).collect() };
    for (dtype, bytes, expected) in cases {
        let mut entries = stack("lstm.", 4, 5, 1, 1, false, false);
        // Row 0 of the first matrix, then zeros.
        entries[0].bytes = [bytes.clone(), vec![0; bytes.len() * 3]].concat();
        entries[0].dtype = dtype;
        let (net, loaded) = read::<f64>(&file(&entries), &Choices::default()).unwrap();
        assert_eq!(bits(&net.parameter("weight_ih_l0").unwrap().values[..5]), bits(&expected), "{dtype}");
        assert_eq!(loaded.assumed, [] as [&str; 0]);
        let (net, loaded) = load(&entries);
        let got = net.parameter("weight_ih_l0").unwrap().values[..5].iter().map(|v| v.to_bits()).collect::<Vec<_>>();
        assert_eq!(got, expected.iter().map(|v| (*v as f32).to_bits()).collect::<Vec<_>>(), "{dtype}");
        assert_eq!(loaded.assumed.len(), usize::from(dtype == "F64"), "rounding is reported");
    }
}

#[test]
fn not_a_number_is_content() {
    let mut entries = stack("lstm.", 4, 1, 1, 1, false, true);
    entries[1].bytes = [f32::NAN, f32::INFINITY, f32::MAX, -0.0].iter().flat_map(|v| v.to_le_bytes()).collect();
    let (net, _) = load(&entries);
    let values = &net.parameter("weight_hh_l0").unwrap().values;
    assert!(values[0].is_nan() && values[1] == f32::INFINITY && values[2] == f32::MAX);
}

#[test]
fn embeddings_are_found_by_name_and_width() {
    let table = |name: &str| f32s(name, &[20, 6]);
    for name in ["embedding.weight", "word_embeddings.weight", "model.embed.weight", "encoder.weight", "emb.weight", "wte.weight"] {
        let mut entries = stack("rnn.", 4, 6, 4, 1, false, true);
        entries.extend([vec![table(name)], linear("decoder.", 20, 4)].concat());
        let (net, loaded) = load(&entries);
        assert_eq!(net.config().embedding, Some(Embedding { vocabulary: 20, width: 6 }), "{name}");
        assert_eq!(net.config().head, Some(Head { outputs: 20 }));
        assert_eq!(loaded.embedding_prefix.as_deref(), name.strip_suffix("weight"));
    }
    // A linear layer in front, a table of another width, and one of integers are none.
    for other in [linear("encoder.", 6, 6), vec![f32s("embedding.weight", &[20, 5])]] {
        let mut entries = stack("rnn.", 4, 6, 4, 1, false, true);
        entries.extend(other.clone());
        let (net, loaded) = load(&entries);
        assert_eq!((&net.config().embedding, loaded.unused.len()), (&None, other.len()));
    }
    // As wide as the state: the table is not taken for the head.
    let mut entries = stack("rnn.", 4, 6, 6, 1, false, true);
    entries.extend([vec![table("encoder.weight")], linear("decoder.", 20, 6)].concat());
    let (net, loaded) = load(&entries);
    assert_eq!((loaded.embedding_prefix.as_deref(), loaded.head_prefix.as_deref()), (Some("encoder."), Some("decoder.")));
    assert_eq!(net.config().input, 6);
}

#[test]
fn a_head_is_taken_only_where_it_is_plain_which() {
    let base = || stack("lstm.", 4, 2, 4, 1, false, true);
    let head = |extra: Vec<Entry>, choices: &Choices| {
        let (net, loaded) = load_with(&[base(), extra].concat(), choices).unwrap();
        (net.config().head.as_ref().map(|h| h.outputs), loaded)
    };
    let free = Choices::default();
    // The usual name wins; a layer without bias is one with zeros, and that is said.
    assert_eq!(head([linear("attention.", 1, 4), linear("fc.", 7, 4)].concat(), &free).1.head_prefix.as_deref(), Some("fc."));
    let (outputs, loaded) = head(vec![f32s("out.weight", &[3, 4])], &free);
    assert_eq!((outputs, loaded.assumed.len()), (Some(3), 1));
    assert!(loaded.assumed[0].contains("out.bias"));
    // Two of equal right: none, said, and chosen by name.
    let two = || [linear("mean.", 1, 4), linear("deviation.", 2, 4)].concat();
    let (outputs, loaded) = head(two(), &free);
    assert_eq!((outputs, loaded.unused.len()), (None, 4));
    assert!(loaded.assumed[0].contains("mean.") && loaded.assumed[0].contains("deviation."), "{:?}", loaded.assumed);
    for chosen in ["deviation", "deviation."] {
        let (outputs, loaded) = head(two(), &Choices { head: some(chosen), ..Choices::default() });
        assert_eq!((outputs, loaded.unused), (Some(2), vec!["mean.bias".to_string(), "mean.weight".to_string()]));
    }
    assert_eq!(head(linear("fc.", 7, 4), &Choices { head: some(""), ..Choices::default() }).0, None);
    assert_eq!(refused(&base(), &Choices { head: some("fc"), ..Choices::default() }).0, Code::UnknownName);
    let narrow = [base(), linear("fc.", 7, 3)].concat();
    assert_eq!(refused(&narrow, &Choices { head: some("fc"), ..Choices::default() }).0, Code::Shape);
    // A second layer on top is not this network's: predictions are the first one's, and that is said.
    let (outputs, loaded) = head([linear("fc1.", 7, 4), linear("fc2.", 2, 7)].concat(), &free);
    assert_eq!((outputs, loaded.unused.len()), (Some(7), 2));
    assert!(loaded.assumed[0].contains("fc2.weight"), "{:?}", loaded.assumed);
}

#[test]
fn of_several_modules_one_is_chosen_with_its_own_surroundings() {
    let mut entries = [stack("encoder.lstm.", 4, 6, 4, 1, true, true), stack("decoder.gru.", 3, 6, 8, 2, false, true)].concat();
    entries.extend([f32s("encoder.embedding.weight", &[11, 6]), f32s("decoder.embedding.weight", &[13, 6])]);
    entries.extend(linear("decoder.fc.", 13, 8));
    let (code, message) = refused(&entries, &Choices::default());
    assert_eq!(code, Code::Unsupported);
    assert!(message.contains("encoder.lstm.") && message.contains("decoder.gru.") && message.contains("prefix"), "{message}");
    let with = |prefix: &str| Choices { prefix: some(prefix), ..Choices::default() };
    assert_eq!(refused(&entries, &with("encoder")).0, Code::UnknownName);
    let (net, loaded) = load_with(&entries, &with("decoder.gru")).unwrap();
    assert_eq!((net.config().cell.as_str(), net.config().layers), ("gru", 2));
    assert_eq!((loaded.embedding_prefix.as_deref(), loaded.head_prefix.as_deref()), (Some("decoder.embedding."), Some("decoder.fc.")));
    // Eight wide too, but the head is nearer to the decoder.
    let (net, loaded) = load_with(&entries, &with("encoder.lstm.")).unwrap();
    assert_eq!((net.config().cell.as_str(), net.config().output_width()), ("lstm", 8));
    assert_eq!((loaded.embedding_prefix.as_deref(), loaded.head_prefix.as_deref()), (Some("encoder.embedding."), None));
}

#[test]
fn what_a_file_cannot_tell_is_chosen_or_reported() {
    let rnn = stack("rnn.", 1, 2, 3, 1, false, true);
    let (net, loaded) = load(&rnn);
    assert_eq!((net.config().options["nonlinearity"].as_str(), loaded.assumed.len()), ("tanh", 1));
    assert!(loaded.assumed[0].starts_with("nonlinearity: tanh"));
    let (net, loaded) = load_with(&rnn, &Choices { nonlinearity: some("relu"), ..Choices::default() }).unwrap();
    assert_eq!((net.config().options["nonlinearity"].as_str(), loaded.assumed.len()), ("relu", 0));

    let gru = stack("gru.", 3, 2, 3, 1, false, true);
    let (_, loaded) = load(&gru);
    assert_eq!(loaded.assumed.len(), 2);
    let before = Choices { gru: Some(GruChoices { reset: some("before"), update: None }), ..Choices::default() };
    let (net, loaded) = load_with(&gru, &before).unwrap();
    assert_eq!((net.config().options["reset"].as_str(), loaded.assumed.len()), ("before", 1));

    // A choice for another cell is not used, but has to be right.
    let lstm = stack("lstm.", 4, 2, 3, 1, true, true);
    assert_eq!(load_with(&lstm, &before).unwrap().1.assumed.len(), 0);
    assert_eq!(refused(&lstm, &Choices { nonlinearity: some("sine"), ..Choices::default() }).0, Code::UnknownName);

    // Both directions and a head: the final states, unless chosen.
    let classifier = [lstm, linear("fc.", 2, 6)].concat();
    let (net, loaded) = load(&classifier);
    assert_eq!((net.config().readout, loaded.assumed.len()), (Readout::FinalStates, 1));
    let (net, loaded) = load_with(&classifier, &Choices { readout: Some(Readout::Last), ..Choices::default() }).unwrap();
    assert_eq!((net.config().readout, loaded.assumed.len()), (Readout::Last, 0));
}

#[test]
fn a_cell_that_was_asked_for_must_be_there() {
    let lstm = stack("lstm.", 4, 2, 3, 1, false, true);
    let asked = |cell: &str| Choices { cell: some(cell), ..Choices::default() };
    assert!(load_with(&lstm, &asked("lstm")).is_ok());
    let (code, message) = refused(&lstm, &asked("gru"));
    assert_eq!(code, Code::Shape);
    assert!(message.contains("12 × 3") && message.contains("gru") && message.contains("lstm"), "{message}");
    assert_eq!(refused(&lstm, &asked("transformer")).0, Code::UnknownName);
}

#[test]
fn files_are_written_under_the_names_asked_for() {
    let mut config = Config::new("lstm", 3, 2);
    config.head = Some(Head { outputs: 1 });
    config.embedding = Some(Embedding { vocabulary: 5, width: 3 });
    let net = Net::<f64>::random(config, 1, Start::default()).unwrap();
    let names = Names { prefix: some("module.encoder"), head: some("out."), embedding: some("words.emb") };
    let bytes = write(&net, &names).unwrap();
    let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let header: serde_json::Value = serde_json::from_slice(&bytes[8..8 + length]).unwrap();
    let mut found: Vec<&str> = header.as_object().unwrap().keys().map(String::as_str).collect();
    found.sort_unstable();
    let of_the_stack = ["bias_hh_l0", "bias_ih_l0", "weight_hh_l0", "weight_ih_l0"].map(|n| format!("module.encoder.{n}"));
    assert_eq!(found, [of_the_stack.each_ref().map(String::as_str).as_slice(), &["out.bias", "out.weight", "words.emb.weight"]].concat());
    assert_eq!(header["words.emb.weight"]["shape"], serde_json::json!([5, 3]));
    assert_eq!(header["out.bias"]["dtype"], "F32");
    // Read back, the names fit for writing again.
    let (back, loaded) = read::<f64>(&bytes, &Choices::default()).unwrap();
    let again = Names { prefix: Some(loaded.prefix), head: loaded.head_prefix, embedding: loaded.embedding_prefix };
    assert_eq!(write(&back, &again).unwrap(), bytes);
    // Two modules of one name, and names that are none.
    for names in [
        Names { head: some("x"), embedding: some("x."), ..Names::default() },
        Names { prefix: some("two words"), ..Names::default() },
        Names { prefix: Some("x".repeat(201)), ..Names::default() },
    ] {
        assert_eq!(write(&net, &names).unwrap_err().code, Code::UnknownName);
    }
}
