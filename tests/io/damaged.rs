//! Every way a file can be wrong that we could think of. Each gets an error with a code and a short message, for no more
//! memory and work than the file is large.

use unrolled::error::Code;
use unrolled::io::safetensors::{Choices, read};

use crate::file::{Entry, f32s, file, linear, raw, stack};
use crate::memory::measured;

/// At its worst a read holds the JSON reader's values and ours (a tensor's shortest entry, of 50 bytes, costs some 400), and the
/// parameters with one tensor's copy of them.
pub fn bound(bytes: usize) -> usize {
    20_000 + 40 * bytes
}

/// (what is wrong, file, code, a part of the message)
type Case = (&'static str, Vec<u8>, Code, &'static str);

fn good() -> Vec<Entry> {
    stack("lstm.", 4, 2, 3, 1, false, true)
}

/// A good file whose header has one piece of text replaced.
fn altered(from: &str, to: &str) -> Vec<u8> {
    let bytes = file(&good());
    let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let header = std::str::from_utf8(&bytes[8..8 + length]).unwrap();
    assert!(header.contains(from), "{from}");
    raw(&header.replacen(from, to, 1), &bytes[8 + length..])
}

/// A good file whose tensors are changed.
fn changed(change: impl FnOnce(&mut Vec<Entry>)) -> Vec<u8> {
    let mut entries = good();
    change(&mut entries);
    file(&entries)
}

/// A file that consists of a header's length and no more.
fn length(n: u64) -> Vec<u8> {
    n.to_le_bytes().to_vec()
}

/// One tensor with this text after its name.
fn one(info: &str, data: usize) -> Vec<u8> {
    raw(&format!(r#"{{"lstm.weight_ih_l0":{info}}}"#), &vec![0; data])
}

fn containers() -> Vec<Case> {
    use Code::{Format, OutOfRange, Unsupported};
    let mut cases: Vec<Case> = vec![
        ("empty", vec![], Format, "0 bytes; expected at least 8"),
        ("seven bytes", vec![0; 7], Format, "7 bytes; expected at least 8"),
        ("a header of 2^60 bytes", length(1 << 60), Format, "1152921504606846976"),
        ("a header of 2^64 − 1 bytes", length(u64::MAX), Format, "18446744073709551615"),
        ("a header one byte too long", [length(3), b"{}".to_vec()].concat(), Format, "3 bytes long; expected at most the 2"),
        ("a header above the limit", [length(100_000_001), vec![b' '; 100]].concat(), Format, "100000000"),
        ("no header", length(0), Format, "begin with “{”"),
        ("torch.save", [b"PK\x03\x04\x00\x00\x08\x08".to_vec(), vec![0; 90]].concat(), Unsupported, "torch.save"),
        ("torch.save before 1.6", [vec![0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46], vec![0; 90]].concat(), Unsupported, "torch.save"),
        ("not UTF-8", [length(4), vec![b'{', 0xC3, 0x28, b'}']].concat(), Format, "byte 1 is not"),
        ("an array", raw("[]", &[]), Format, "begin with “{”"),
        ("nothing in JSON", raw("null", &[]), Format, "begin with “{”"),
        ("a blank in front", raw(" {}", &[]), Format, "begin with “{”"),
        ("an open brace", raw("{", &[]), Format, "not a JSON object"),
        ("no tensors", raw("{}", &[]), Unsupported, "found none"),
        ("no tensors, but bytes", raw("{}", &[0; 8]), Format, "neither cut off nor"),
        ("a comma at the end", altered("]}}", "]},}"), Format, "not a JSON object"),
        ("text after the object", altered("]}}", "]}} x"), Format, "not a JSON object"),
        ("a string without end", raw("{\"a", &[]), Format, "not a JSON object"),
        ("an escape without end", raw("{\"a\\", &[]), Format, "not a JSON object"),
        ("arrays in arrays", raw(&format!("{{\"a\":{}", "[".repeat(100_000)), &[]), Format, "nested"),
        ("objects in objects", raw(&"{\"a\":".repeat(100_000), &[]), Format, "nested"),
        ("half a million commas", raw(&format!("{{\"a\":[{}", "0,".repeat(600_000)), &[]), OutOfRange, "500000 values"),
        ("a number of a million digits", raw(&format!("{{\"a\":[{}", "9".repeat(1_000_000)), &[0; 4]), Format, "4 bytes of values"),
        (
            "cut off in the values",
            {
                let mut f = file(&good());
                f.pop();
                f
            },
            Format,
            "neither cut off nor",
        ),
        ("cut off in the header", file(&good())[..100].to_vec(), Format, "or cut off"),
        ("a byte at the end", [file(&good()), vec![0]].concat(), Format, "neither cut off nor"),
    ];
    let many: Vec<String> = (0..20_001).map(|k| format!(r#""{k}":{{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}"#)).collect();
    cases.push(("20001 tensors", raw(&format!("{{{}}}", many.join(",")), &[]), OutOfRange, "20000 tensors"));
    cases
}

fn entries() -> Vec<Case> {
    use Code::Format;
    let f32_of = |shape: &str, offsets: &str| format!(r#"{{"dtype":"F32","shape":[{shape}],"data_offsets":[{offsets}]}}"#);
    let twice = |second: &str| {
        let info = f32_of("1", "0,4");
        raw(&format!(r#"{{"a":{info},"{second}":{info}}}"#), &[0; 4])
    };
    vec![
        ("overlapping offsets", altered("[96,240]", "[92,240]"), Format, "no gap and no overlap"),
        ("a gap", altered("[96,240]", "[100,240]"), Format, "no gap and no overlap"),
        ("two tensors in one place", altered("[288,336]", "[240,288]"), Format, "no gap and no overlap"),
        ("values that begin late", one(&f32_of("1", "4,8"), 8), Format, "no gap and no overlap"),
        ("offsets the wrong way round", one(&f32_of("1", "4,0"), 4), Format, "no gap and no overlap"),
        ("offsets beyond the file", one(&f32_of("2", "0,8"), 4), Format, "neither cut off nor"),
        ("an offset of 2^63", one(&f32_of("1", "0,9223372036854775808"), 4), Format, "4 bytes of values"),
        ("an offset of 2^64", one(&f32_of("1", "0,18446744073709551616"), 4), Format, "4 bytes of values"),
        ("offsets that sum to 2^64", one(&f32_of("2305843009213693952", "0,9223372036854775808"), 4), Format, "4 bytes of values"),
        ("a negative offset", one(&f32_of("1", "-4,0"), 4), Format, "not a JSON object"),
        ("a fractional offset", one(&f32_of("1", "0,4.0"), 4), Format, "not a JSON object"),
        ("an offset with exponent", one(&f32_of("1", "0,4e0"), 4), Format, "not a JSON object"),
        ("one offset", one(&f32_of("1", "4"), 4), Format, "not a JSON object"),
        ("three offsets", one(&f32_of("1", "0,4,8"), 4), Format, "not a JSON object"),
        ("offsets in words", one(&f32_of("1", r#""0","4""#), 4), Format, "not a JSON object"),
        ("a shape larger than its place", one(&f32_of("2", "0,4"), 4), Format, "product of the shape"),
        ("a shape smaller than its place", one(&f32_of("1", "0,8"), 8), Format, "product of the shape"),
        (
            "a shape that overflows",
            one(&f32_of("16,16,16,16,16,16,16,16,16,16,16,16,16,16,16,16,16", "0,4"), 4),
            Format,
            "than can be counted",
        ),
        ("bits that overflow", one(&f32_of("16,16,16,16,16,16,16,16,16,16,16,16,16,16,16,1", "0,4"), 4), Format, "than can be counted"),
        ("a dimension of 2^62", one(&f32_of("4611686018427387904,4", "0,4"), 4), Format, "4 bytes of values"),
        ("a negative dimension", one(&f32_of("-1", "0,4"), 4), Format, "not a JSON object"),
        ("a shape in a shape", one(&f32_of("[1]", "0,4"), 4), Format, "nested"),
        ("half bytes", one(r#"{"dtype":"F4","shape":[3],"data_offsets":[0,1]}"#, 1), Format, "product of the shape"),
        ("an unknown type", altered("F32", "F31"), Format, "F31"),
        ("a type in numbers", altered("\"F32\"", "32"), Format, "not a JSON object"),
        ("no type", altered("\"dtype\":\"F32\",", ""), Format, "dtype"),
        ("no shape", altered("\"shape\":[12,2],", ""), Format, "shape"),
        ("no offsets", altered(",\"data_offsets\":[0,96]", ""), Format, "data_offsets"),
        ("a shape twice", altered("\"shape\":[12,2]", "\"shape\":[12,2],\"shape\":[12,2]"), Format, "duplicate"),
        ("a tensor that is nothing", one("null", 0), Format, "not a JSON object"),
        ("a tensor that is a word", one("\"F32\"", 0), Format, "not a JSON object"),
        ("a name twice", twice("a"), Format, "“a” is listed twice"),
        ("a name twice, once escaped", twice("\\u0061"), Format, "2 entries but 1 different"),
        ("a name that is a number", raw("{1:2}", &[0; 4]), Format, "not a JSON object"),
        ("metadata of numbers", altered("{\"lstm", "{\"__metadata__\":{\"a\":1},\"lstm"), Format, "not a JSON object"),
        ("metadata twice", altered("{\"lstm", "{\"__metadata__\":{},\"__metadata__\":{},\"lstm"), Format, "duplicate"),
        ("metadata that is a tensor", altered("lstm.bias_ih_l0", "__metadata__"), Format, "not a JSON object"),
    ]
}

fn networks() -> Vec<Case> {
    use Code::{Format, OutOfRange, Shape, Unsupported};
    let reshaped = |k: usize, shape: &[usize]| changed(|e| e[k] = f32s(&e[k].name.clone(), shape));
    let without = |entries: Vec<Entry>, name: &str| file(&entries.into_iter().filter(|e| !e.name.ends_with(name)).collect::<Vec<_>>());
    let typed = |k: usize, dtype: &'static str, bytes: usize| {
        changed(|e| {
            e[k].dtype = dtype;
            e[k].bytes = vec![0; bytes];
        })
    };
    let with = |more: Vec<Entry>| file(&[good(), more].concat());
    let deep = || stack("lstm.", 4, 2, 3, 3, true, true);
    let hostile = format!("{}\\u0007<script>\\u202e", "x".repeat(1_000_000));
    vec![
        ("only a linear layer", file(&linear("fc.", 2, 3)), Unsupported, "“fc.bias”"),
        ("a convolution", file(&[f32s("conv.weight", &[2, 2, 2])]), Unsupported, "“conv.weight”"),
        ("a layer without a number", file(&[f32s("lstm.weight_ih_l", &[12, 2])]), Unsupported, "no recurrent layer"),
        ("a layer with a leading zero", file(&[f32s("lstm.weight_ih_l00", &[12, 2])]), Unsupported, "no recurrent layer"),
        ("a layer of minus one", file(&[f32s("lstm.weight_ih_l-1", &[12, 2])]), Unsupported, "no recurrent layer"),
        (
            "a layer of 30 digits",
            file(&[f32s(&format!("lstm.weight_ih_l{}", "9".repeat(30)), &[12, 2])]),
            Unsupported,
            "no recurrent layer",
        ),
        ("no input weights", without(good(), "weight_ih_l0"), Format, "weight_ih_l0” is missing"),
        ("no recurrent weights", without(good(), "weight_hh_l0"), Format, "weight_hh_l0” is missing"),
        ("one bias of two", without(good(), "bias_hh_l0"), Format, "bias_hh_l0” is missing"),
        ("a middle layer lacks", without(deep(), "weight_hh_l1"), Format, "weight_hh_l1” is missing"),
        ("the first layer lacks", without(deep(), "_l0"), Format, "_l0” is missing"),
        ("one reverse direction lacks", without(deep(), "weight_ih_l2_reverse"), Format, "weight_ih_l2_reverse” is missing"),
        ("one layer lacks its biases", without(deep(), "bias_ih_l1_reverse"), Format, "bias_ih_l1_reverse” is missing"),
        ("two gates", reshaped(1, &[6, 3]), Shape, "6 × 3"),
        ("five gates", reshaped(1, &[15, 3]), Shape, "15 × 3"),
        ("rows that are no multiple", reshaped(1, &[11, 3]), Shape, "11 × 3"),
        ("recurrent weights on end", reshaped(1, &[3, 12]), Shape, "3 × 12"),
        ("recurrent weights of one dimension", reshaped(1, &[12]), Shape, "is 12; expected a matrix"),
        ("recurrent weights of three", reshaped(1, &[12, 3, 1]), Shape, "12 × 3 × 1"),
        ("recurrent weights of none", reshaped(1, &[]), Shape, "a single number"),
        ("hidden size 0", reshaped(1, &[12, 0]), Shape, "12 × 0"),
        ("hidden size 0 and no rows", reshaped(1, &[0, 0]), Shape, "0 × 0"),
        ("input size 0", reshaped(0, &[12, 0]), OutOfRange, "input is 0"),
        ("input weights of other rows", reshaped(0, &[9, 2]), Shape, "9 × 2; expected 12 × 2"),
        ("a bias too short", reshaped(2, &[11]), Shape, "is 11; expected 12"),
        ("a bias that is a matrix", reshaped(3, &[12, 1]), Shape, "12 × 1; expected 12"),
        (
            "layers that do not fit",
            file(&{
                let mut d = deep();
                d[8] = f32s("lstm.weight_ih_l1", &[12, 3]);
                d
            }),
            Shape,
            "12 × 3; expected 12 × 6",
        ),
        (
            "directions that do not fit",
            file(&{
                let mut d = deep();
                d[5] = f32s("lstm.weight_hh_l0_reverse", &[16, 4]);
                d
            }),
            Shape,
            "expected 12 × 3",
        ),
        ("whole numbers", typed(0, "I32", 96), Unsupported, "I32; expected F32, F64, F16 or BF16"),
        ("eight-bit floats", typed(1, "F8_E4M3", 36), Unsupported, "F8_E4M3"),
        ("truth values", typed(2, "BOOL", 12), Unsupported, "BOOL"),
        ("a projection", with(vec![f32s("lstm.weight_hr_l0", &[2, 3])]), Unsupported, "proj_size"),
        ("two recurrent modules", with(stack("decoder.", 3, 2, 3, 1, false, true)), Unsupported, "“decoder.”, “lstm.”"),
        (
            "65 recurrent modules",
            file(&(0..65).flat_map(|k| stack(&format!("{k}."), 1, 1, 1, 1, false, false)).collect::<Vec<_>>()),
            OutOfRange,
            "64",
        ),
        ("the same layer under two names", with(vec![f32s("lstm.weight_ih", &[12, 2])]), Format, "same tensor"),
        ("17 layers", file(&stack("rnn.", 1, 1, 1, 17, false, false)), OutOfRange, "layers is 17"),
        ("a layer 9999", with(vec![f32s("lstm.weight_ih_l9999", &[12, 3])]), OutOfRange, "layers is 10000"),
        ("4097 wide", file(&stack("rnn.", 1, 4097, 1, 1, false, false)), OutOfRange, "input is 4097"),
        (
            "200001 outputs",
            file(&[stack("rnn.", 1, 1, 1, 1, false, false), linear("fc.", 200_001, 1)].concat()),
            OutOfRange,
            "outputs is 200001",
        ),
        (
            "200001 words",
            file(&[stack("rnn.", 1, 1, 1, 1, false, false), vec![f32s("embedding.weight", &[200_001, 1])]].concat()),
            OutOfRange,
            "vocabulary is 200001",
        ),
        (
            "no words",
            with(vec![Entry { name: "embedding.weight".into(), dtype: "F32", shape: vec![0, 2], bytes: vec![] }]),
            OutOfRange,
            "vocabulary is 0",
        ),
        ("a head's bias too long", with(vec![f32s("fc.weight", &[2, 3]), f32s("fc.bias", &[3])]), Shape, "“fc.bias” is 3; expected 2"),
        (
            "a head's bias in whole numbers",
            with(vec![f32s("fc.weight", &[2, 3]), Entry { dtype: "I32", ..f32s("fc.bias", &[2]) }]),
            Unsupported,
            "“fc.bias” has values of type I32",
        ),
        ("a name of a million letters", file(&[f32s(&hostile, &[1])]), Unsupported, "…"),
        ("a module of a million letters", file(&[f32s(&format!("{hostile}.weight_ih_l0"), &[4, 1])]), Format, "…"),
        ("a type of a million letters", altered("F32", &hostile), Format, "not a JSON object"),
        ("a name of control characters", file(&[f32s("\\u0000\\u001b[31m.weight_hh_l0", &[2, 1])]), Format, "\u{FFFD}\u{FFFD}[31m"),
    ]
}

#[test]
fn a_good_file_is_read() {
    assert!(read::<f32>(&file(&good()), &Choices::default()).is_ok());
    assert!(read::<f32>(&altered("\"dtype\"", " \t\r\n\"dtype\""), &Choices::default()).is_ok());
    assert!(read::<f32>(&altered("{\"lstm", "{\"__metadata__\":{\"format\":\"pt\"},\"lstm"), &Choices::default()).is_ok());
    let padded = altered("]}}", "]}}     ");
    assert!(read::<f32>(&padded, &Choices::default()).is_ok());
}

#[test]
fn every_damaged_file_gets_its_error_in_bounded_memory() {
    let cases: Vec<Case> = [containers(), entries(), networks()].concat();
    assert!(cases.len() >= 47, "{}", cases.len());
    let mut wrong = vec![];
    for (what, bytes, code, part) in &cases {
        let (result, used) = measured(|| read::<f32>(bytes, &Choices::default()).map(|_| ()));
        if used.peak > bound(bytes.len()) || used.total > 2 * bound(bytes.len()) {
            wrong.push(format!("{what}: {used:?} for {} bytes", bytes.len()));
        }
        match result {
            Ok(()) => wrong.push(format!("{what}: was read")),
            Err(e) if e.code != *code || !e.message.contains(part) => wrong.push(format!("{what}: {:?}: {:.300}", e.code, e.message)),
            Err(e) if e.message.chars().count() > 700 || e.message.chars().any(char::is_control) => {
                wrong.push(format!("{what}: hostile message"))
            }
            Err(_) => {}
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

#[test]
fn a_file_cut_off_anywhere_is_refused() {
    let bytes = file(&[stack("lstm.", 4, 2, 3, 2, true, true), linear("fc.", 2, 6)].concat());
    for n in 0..bytes.len() {
        let error = read::<f32>(&bytes[..n], &Choices::default()).map(|_| ()).unwrap_err();
        assert_eq!(error.code, Code::Format, "{n} bytes: {error}");
    }
}
