//! Random damage from a seed. `UNROLLED_FUZZ=10000000 cargo test --test io fuzz` goes on for longer.

use std::collections::BTreeMap;

use unrolled::io::safetensors::{Choices, Names, read, write};
use unrolled::math::rng::Rng;
use unrolled::net::{Input, Run};

use crate::damaged::bound;
use crate::file::{Entry, f32s, file, linear, mamba, stack};
use crate::memory::measured;

const ROUNDS: usize = 200_000;

/// Networks of every sort, small enough for damage to hit something that matters.
fn seeds() -> Vec<Vec<Entry>> {
    let lstm = [stack("lstm.", 4, 2, 1, 1, false, true), linear("fc.", 1, 1)].concat();
    let gru = [stack("module.encoder.", 3, 2, 1, 2, true, false), vec![f32s("embed.weight", &[3, 2])]].concat();
    let mut rnn = stack("", 1, 1, 2, 1, false, true);
    rnn[0].dtype = "BF16";
    rnn[0].bytes.truncate(4);
    let two = [stack("a.rnn.", 1, 1, 1, 1, false, false), stack("b.rnn.", 1, 1, 1, 1, false, false)].concat();
    let minimal = vec![f32s("m.0.to_hidden_and_gate.weight", &[2, 1]), f32s("m.1.to_hidden_and_gate.weight", &[2, 1])];
    let xlstm = vec![f32s("weight_ih", &[8, 1]), f32s("_recurrent_kernel_", &[1, 8, 2]), f32s("_bias_", &[8])];
    let model = [mamba("layers.0.mixer.", 1, 1), mamba("layers.1.mixer.", 1, 1)].concat();
    vec![lstm, gru, rnn, two, minimal, xlstm, model]
}

/// Numbers and pieces of JSON that parsers have stumbled over.
const PIECES: [&str; 30] = [
    "0",
    "1",
    "2",
    "3",
    "4",
    "8",
    "16",
    "255",
    "65536",
    "4294967295",
    "4294967296",
    "9223372036854775807",
    "18446744073709551615",
    "99999999999999999999",
    "-1",
    "1e3",
    "0.5",
    "null",
    "[",
    "]",
    "{",
    "}",
    ",",
    ":",
    "\"",
    "\\",
    "\\u0000",
    "\"F16\"",
    "_reverse",
    "__metadata__",
];

/// Names and types that a tensor may be given instead of its own.
const NAMES: [&str; 14] = [
    "weight_ih_l0",
    "weight_hh_l1",
    "bias_hh_l0",
    "weight_ih_l0_reverse",
    "weight_hr_l0",
    "weight_ih",
    "weight_ih_l15",
    "weight_ih_l16",
    "fc.weight",
    "fc.bias",
    "embedding.weight",
    "weight",
    "bias",
    "",
];
const TYPES: [(&str, usize); 7] = [("F32", 4), ("F64", 8), ("F16", 2), ("BF16", 2), ("I64", 8), ("U8", 1), ("F8_E5M2", 1)];

/// One change that leaves a sound file of another network, or of none.
fn change(rng: &mut Rng, entries: &mut Vec<Entry>) {
    if entries.is_empty() {
        return;
    }
    let (k, other) = (rng.int(entries.len()), rng.int(entries.len()));
    let size = |e: &Entry| TYPES.iter().find(|(name, _)| *name == e.dtype).map_or(4, |(_, size)| *size);
    match rng.int(7) {
        0 => drop(entries.remove(k)),
        1 => entries.swap(k, other),
        2 => {
            let mut copy = entries[k].clone();
            let place = copy.name.rfind('.').map_or(0, |dot| dot + 1);
            copy.name.truncate(place);
            copy.name.push_str(NAMES[rng.int(NAMES.len())]);
            entries.push(copy);
        }
        3 => entries[k].name = entries[other].name.replace("l0", ["l1", "l0_reverse", "l2", "l4097"][rng.int(4)]),
        4 => entries[k].dtype = TYPES[rng.int(TYPES.len())].0,
        5 => {
            let shape = &mut entries[k].shape;
            match rng.int(3) {
                0 => shape.push(rng.int(4)),
                1 => drop(shape.pop()),
                _ => shape.reverse(),
            }
        }
        _ => entries[k].shape.iter_mut().take(1 + rng.int(2)).for_each(|n| *n = rng.int(9)),
    }
    for e in entries.iter_mut() {
        let bytes = e.shape.iter().product::<usize>() * size(e);
        e.bytes.resize(bytes, 0x3F);
    }
}

fn at(rng: &mut Rng, bytes: &[u8]) -> usize {
    rng.int(bytes.len() + 1)
}

/// One kind of damage.
fn damage(rng: &mut Rng, bytes: &mut Vec<u8>, others: &[Vec<u8>]) {
    let from = at(rng, bytes);
    let to = (from + rng.int(24)).min(bytes.len());
    match rng.int(9) {
        0 => bytes.iter_mut().skip(from).take(1).for_each(|b| *b ^= 1 << rng.int(8)),
        1 => bytes.iter_mut().skip(from).take(1).for_each(|b| *b = rng.int(256) as u8),
        2 => drop(bytes.drain(from..to)),
        3 => {
            let copy = bytes[from..to].to_vec();
            let place = at(rng, bytes);
            drop(bytes.splice(place..place, copy));
        }
        4 => drop(bytes.splice(from..from, PIECES[rng.int(PIECES.len())].bytes())),
        5 => {
            // A number of the header becomes another one.
            let digits = |b: &u8| b.is_ascii_digit();
            let start = (from..bytes.len()).find(|k| digits(&bytes[*k])).unwrap_or(from);
            let end = (start..bytes.len()).find(|k| !digits(&bytes[*k])).unwrap_or(start);
            drop(bytes.splice(start..end, PIECES[rng.int(16)].bytes()));
        }
        6 => bytes.truncate(from),
        7 => {
            let other = &others[rng.int(others.len())];
            let cut = at(rng, other);
            bytes.truncate(from);
            bytes.extend_from_slice(&other[cut..]);
        }
        _ => {
            let length = if rng.int(2) == 0 { rng.bits() >> rng.int(64) } else { rng.int(2 * bytes.len() + 1) as u64 };
            bytes.iter_mut().zip(length.to_le_bytes()).for_each(|(b, l)| *b = l);
        }
    }
}

/// The header's length is made right again, or damage to the header would rarely be seen behind it.
fn mend_length(bytes: &mut [u8], data: usize) {
    let header = bytes.len().saturating_sub(8 + data) as u64;
    bytes.iter_mut().zip(header.to_le_bytes()).for_each(|(b, l)| *b = l);
}

/// Reads a file; what is read must be a network that can be written and read again. Gives the error's code.
fn attempt(round: usize, bytes: &[u8]) -> &'static str {
    let (result, used) = measured(|| read::<f32>(bytes, &Choices::default()));
    assert!(used.peak <= bound(bytes.len()) && used.total <= 2 * bound(bytes.len()), "round {round}: {used:?} for {} bytes", bytes.len());
    let (net, loaded) = match result {
        Ok(both) => both,
        Err(error) => {
            assert!(error.message.chars().count() < 700, "round {round}");
            return error.code.as_str();
        }
    };
    // The smallest type has two bytes; a head's missing bias takes none.
    let outputs = net.config().head.as_ref().map_or(0, |h| h.outputs);
    assert!(2 * (net.parameter_count() - outputs) <= bytes.len(), "round {round}: more parameters than the file holds");
    // And it runs.
    let input = if net.config().embedding.is_some() { Input::Tokens(vec![0; 2]) } else { Input::Values(vec![0.5; 2 * net.config().input]) };
    let trace = net.run(Run::new(2, 1, input)).unwrap();
    assert_eq!(trace.output().len(), 2 * net.config().output_width(), "round {round}");
    let names = Names { prefix: Some(loaded.prefix), head: loaded.head_prefix, embedding: loaded.embedding_prefix };
    match write(&net, &names) {
        Ok(again) => {
            let (back, _) = read::<f32>(&again, &Choices::default()).unwrap();
            assert_eq!(back.config(), net.config(), "round {round}");
            assert!(back.parameters().iter().zip(net.parameters()).all(|(a, b)| bits(&a.values) == bits(&b.values)), "round {round}");
        }
        // Names that PyTorch could not have are read all the same.
        Err(error) => assert_eq!(error.code.as_str(), "unknown-name", "round {round}"),
    }
    "read"
}

fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|v| v.to_bits()).collect()
}

/// Each half of the rounds: damage to the bytes, or changes to the network behind them.
#[test]
fn fuzz_nothing_panics_and_what_is_read_is_a_network() {
    let rounds = std::env::var("UNROLLED_FUZZ").ok().and_then(|n| n.parse().ok()).unwrap_or(ROUNDS);
    let seeds = seeds();
    let files: Vec<Vec<u8>> = seeds.iter().map(|entries| file(entries)).collect();
    let mut seen = [BTreeMap::<&str, usize>::new(), BTreeMap::new()];
    for round in 0..rounds {
        let mut rng = Rng::sample(2013, round as u64);
        let (k, half) = (rng.int(seeds.len()), round % 2);
        let mut bytes;
        if half == 0 {
            bytes = files[k].clone();
            for _ in 0..=rng.int(3) {
                damage(&mut rng, &mut bytes, &files);
            }
            if rng.int(3) > 0 {
                mend_length(&mut bytes, seeds[k].iter().map(|e| e.bytes.len()).sum());
            }
        } else {
            let mut entries = seeds[k].clone();
            for _ in 0..=rng.int(3) {
                change(&mut rng, &mut entries);
            }
            bytes = file(&entries);
        }
        *seen[half].entry(attempt(round, &bytes)).or_default() += 1;
    }
    println!("{rounds} rounds: damaged {:?}, changed {:?}", seen[0], seen[1]);
    if rounds >= ROUNDS {
        // The damage is seen, and leaves enough whole to get past the container; the changes reach every sort of error.
        for (half, answers) in
            [["read", "format", "unsupported"].as_slice(), &["read", "format", "unsupported", "shape", "out-of-range"]].iter().enumerate()
        {
            for answer in *answers {
                assert!(seen[half].get(answer).is_some_and(|n| n * 200 > rounds), "{answer}: {seen:?}");
            }
        }
    }
}
