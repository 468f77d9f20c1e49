//! Safetensors files made by hand, so that the reader is not checked against the package it uses.

/// A tensor of a file: name, type, shape, bytes.
#[derive(Clone)]
pub struct Entry {
    pub name: String,
    pub dtype: &'static str,
    pub shape: Vec<usize>,
    pub bytes: Vec<u8>,
}

/// F32 values that are all different: 0.001, 0.002, …
pub fn f32s(name: &str, shape: &[usize]) -> Entry {
    let n: usize = shape.iter().product();
    let bytes = (1..=n).flat_map(|k| (k as f32 * 1e-3).to_le_bytes()).collect();
    Entry { name: name.into(), dtype: "F32", shape: shape.into(), bytes }
}

/// A file of these tensors, in this order.
pub fn file(entries: &[Entry]) -> Vec<u8> {
    let mut at = 0;
    let mut parts = vec![];
    for e in entries {
        let shape = e.shape.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
        let to = at + e.bytes.len();
        parts.push(format!(r#""{}":{{"dtype":"{}","shape":[{shape}],"data_offsets":[{at},{to}]}}"#, e.name, e.dtype));
        at = to;
    }
    raw(&format!("{{{}}}", parts.join(",")), &entries.iter().flat_map(|e| e.bytes.clone()).collect::<Vec<u8>>())
}

/// A file of this header and these bytes.
pub fn raw(header: &str, data: &[u8]) -> Vec<u8> {
    [&(header.len() as u64).to_le_bytes(), header.as_bytes(), data].concat()
}

/// The tensors of a recurrent module with `gates` row blocks.
pub fn stack(prefix: &str, gates: usize, input: usize, hidden: usize, layers: usize, bidirectional: bool, bias: bool) -> Vec<Entry> {
    let directions = if bidirectional { 2 } else { 1 };
    let mut all = vec![];
    for layer in 0..layers {
        for end in ["", "_reverse"].into_iter().take(directions) {
            let width = if layer == 0 { input } else { directions * hidden };
            let name = |kind: &str| format!("{prefix}{kind}_l{layer}{end}");
            all.push(f32s(&name("weight_ih"), &[gates * hidden, width]));
            all.push(f32s(&name("weight_hh"), &[gates * hidden, hidden]));
            if bias {
                all.push(f32s(&name("bias_ih"), &[gates * hidden]));
                all.push(f32s(&name("bias_hh"), &[gates * hidden]));
            }
        }
    }
    all
}

pub fn linear(prefix: &str, outputs: usize, width: usize) -> Vec<Entry> {
    vec![f32s(&format!("{prefix}weight"), &[outputs, width]), f32s(&format!("{prefix}bias"), &[outputs])]
}

/// The tensors of a Mamba block with three states per channel.
pub fn mamba(prefix: &str, input: usize, hidden: usize) -> Vec<Entry> {
    let e = 2 * hidden;
    let shapes: [(&str, &[usize]); 9] = [
        ("A_log", &[e, 3]),
        ("D", &[e]),
        ("in_proj.weight", &[2 * e, input]),
        ("conv1d.weight", &[e, 1, 4]),
        ("conv1d.bias", &[e]),
        ("x_proj.weight", &[7, e]),
        ("dt_proj.weight", &[e, 1]),
        ("dt_proj.bias", &[e]),
        ("out_proj.weight", &[hidden, e]),
    ];
    shapes.iter().map(|(leaf, shape)| f32s(&format!("{prefix}{leaf}"), shape)).collect()
}
