//! The modern cells against their reference implementations: every case of tests/golden/modern/generate.py, in both precisions.
//! Outputs, final states, lanes and all gradients. A family that the registry lacks fails here; nothing is skipped.

mod support;

use std::collections::{BTreeMap, BTreeSet};

use safetensors::SafeTensors;
use serde::Deserialize;
use support::{Record, golden, records};
use unrolled::cell::{Options, Precision, all};
use unrolled::net::{Config, Gradients, Initial, Input, Net, Run, Trace, Upstream};

/// Where a lane of ours has another name than generate.py's: (family, generate.py's, ours).
const LANES: &[(&str, &str, &str)] = &[];

/// Families, and how many cases each has at least.
const FAMILIES: &[(&str, usize)] = &[("mingru", 22), ("minlstm", 22), ("s4d", 64), ("mamba", 15), ("slstm", 48), ("mlstm", 28)];

#[derive(Deserialize)]
struct Index {
    families: BTreeMap<String, Stored>,
}

#[derive(Deserialize)]
struct Stored {
    layouts: Vec<Vec<String>>,
    cases: Vec<Case>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    family: String,
    options: Options,
    input: usize,
    hidden: usize,
    layers: usize,
    bidirectional: bool,
    steps: usize,
    batch: usize,
    lengths: Option<Vec<usize>>,
    /// Layouts, by number.
    given: usize,
    expected: usize,
    entries: (usize, usize),
    #[serde(default)]
    initial: bool,
    /// Whether final states have a gradient; which, the layout says.
    #[serde(default, rename = "final_gradient")]
    _final_gradient: bool,
    /// Of the inputs.
    #[serde(default = "one")]
    scale: f64,
    /// The step at which example 0's input is far beyond all others.
    #[serde(default, rename = "spike")]
    _spike: Option<usize>,
    /// False where values overflow: which of the gradients are NaN then, nothing says.
    #[serde(default = "yes")]
    gradients: bool,
}

fn one() -> f64 {
    1.0
}
fn yes() -> bool {
    true
}

impl Case {
    fn title(&self, number: usize) -> String {
        let Case { family, layers, steps, batch, input, hidden, scale, .. } = self;
        let options: Vec<String> = self.options.iter().map(|(name, value)| format!("{name} {value}")).collect();
        let direction = if self.bidirectional { "bi" } else { "uni" };
        let (options, lengths) = (options.join(", "), if self.lengths.is_some() { ", lengths" } else { "" });
        let initial = if self.initial { ", initial states" } else { "" };
        format!(
            "{family} {number} ({options}; {layers} layers, {direction}, T {steps}, B {batch}, I {input}, H {hidden}{lengths}{initial}, input ×{scale})"
        )
    }
}

/// One case with everything that is stored of it.
struct Loaded {
    number: usize,
    case: Case,
    given: Vec<(String, Vec<f32>)>,
    expected: Vec<(String, Record)>,
}

fn load(family: &str) -> Vec<Loaded> {
    let index: Index = serde_json::from_slice(&std::fs::read(golden("modern/index.json")).unwrap()).unwrap();
    let stored = &index.families[family];
    let bytes = std::fs::read(golden(&format!("modern/{family}.safetensors"))).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let data = |name: String| file.tensor(&name).unwrap().data();
    let read = |(number, case): (usize, &Case)| {
        let floats = data(format!("given.{number}")).chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap()));
        let mut floats: Vec<f32> = floats.collect();
        let mut take = |name: &String| {
            let rest = floats.split_off(1 + floats[0] as usize);
            (name.clone(), std::mem::replace(&mut floats, rest)[1..].to_vec())
        };
        let given = stored.layouts[case.given].iter().map(&mut take).collect();
        assert!(floats.is_empty(), "{} numbers are left over", floats.len());
        let doubles = data(format!("expected.{number}")).chunks_exact(8).map(|b| f64::from_le_bytes(b.try_into().unwrap()));
        let (doubles, names): (Vec<f64>, _) = (doubles.collect(), &stored.layouts[case.expected]);
        let mut expected: Vec<(String, Record)> = names.iter().cloned().zip(records(&doubles, names, case.entries)).collect();
        // Relative to the largest value, or to 1, in both precisions.
        expected.iter_mut().for_each(|(_, record)| record.largest = record.largest.max(1.0));
        Loaded { number, case: case.clone(), given, expected }
    };
    stored.cases.iter().enumerate().map(read).collect()
}

/// Our name of a lane.
fn ours(family: &str, lane: &str) -> String {
    let renamed = LANES.iter().find(|(f, theirs, _)| *f == family && *theirs == lane);
    renamed.map_or(lane, |(_, _, ours)| ours).to_string()
}

fn text(error: unrolled::error::Error) -> String {
    error.to_string()
}

impl Loaded {
    fn net<T: Precision>(&self, options: &Options) -> Result<Net<T>, String> {
        let mut config = Config::new(&self.case.family, self.case.input, self.case.hidden);
        (config.layers, config.bidirectional, config.options) = (self.case.layers, self.case.bidirectional, options.clone());
        let mut net = Net::<T>::zeros(config).map_err(text)?;
        let stored: BTreeSet<String> = self.given.iter().filter_map(|(n, _)| n.strip_prefix("parameter.")).map(String::from).collect();
        let has: BTreeSet<String> = net.parameters().iter().map(|p| p.name.clone()).collect();
        if stored != has {
            let only = |a: &BTreeSet<String>, b: &BTreeSet<String>| a.difference(b).cloned().collect::<Vec<_>>();
            return Err(format!("parameters: only the reference has {:?}, only ours {:?}", only(&stored, &has), only(&has, &stored)));
        }
        for (name, values) in &self.given {
            if let Some(name) = name.strip_prefix("parameter.") {
                net.set_parameter(name, &cast(values)).map_err(text)?;
            }
        }
        Ok(net)
    }

    fn run<T: Precision>(&self) -> (Run<T>, Upstream<T>) {
        let mut run = Run::new(self.case.steps, self.case.batch, Input::Values(vec![]));
        let mut upstream = Upstream::default();
        run.lengths = self.case.lengths.clone();
        for (name, values) in &self.given {
            let lane = |prefix: &str| name.strip_prefix(prefix).map(|lane| ours(&self.case.family, lane));
            if name == "input" {
                run.input = Input::Values(cast(values));
            } else if name == "upstream" {
                upstream.output = Some(cast(values));
            } else if let Some(lane) = lane("initial.") {
                run.initial.push(Initial { lane, values: cast(values) });
            } else if let Some(lane) = lane("upstream_last.") {
                upstream.last.push((lane, cast(values)));
            } else {
                assert!(name.starts_with("parameter."), "unknown tensor {name}");
            }
        }
        (run, upstream)
    }

    /// What differs from the reference, and how many tensors were compared.
    fn compare<T: Precision>(&self, net: &Net<T>) -> Result<(usize, Vec<String>), String> {
        let (run, upstream) = self.run();
        let trace = net.run(run).map_err(text)?;
        let gradients = if self.case.gradients { Some(trace.backward(&upstream).map_err(text)?) } else { None };
        let difference = |(name, record): &(String, Record)| {
            let got = self.tensor(name, &trace, gradients.as_ref());
            got.and_then(|got| record.compare(&got)).err().map(|what| format!("{name}: {what}"))
        };
        Ok((self.expected.len(), self.expected.iter().filter_map(difference).collect()))
    }

    /// The tensor that generate.py calls `name`.
    fn tensor<T: Precision>(&self, name: &str, trace: &Trace<T>, gradients: Option<&Gradients<T>>) -> Result<Vec<T>, String> {
        let lane = |name: &str| ours(&self.case.family, name);
        if name == "output" {
            return Ok(trace.output().to_vec());
        } else if let Some(carried) = name.strip_prefix("last.") {
            return trace.final_state(&lane(carried)).map_err(text);
        } else if let Some(rest) = name.strip_prefix("lane.") {
            let parts: Vec<&str> = rest.split('.').collect();
            let tape = trace.tape(parts[0].parse().unwrap(), parts[1].parse().unwrap()).map_err(text)?;
            let index = tape.lane_index(&lane(parts[2])).map_err(text)?;
            return Ok(tape.lane_all(index));
        }
        let gradients = gradients.ok_or("no gradients")?;
        if name == "d.input" {
            Ok(gradients.input.clone())
        } else if let Some(parameter) = name.strip_prefix("d.parameter.") {
            Ok(gradients.parameter(parameter).map_err(text)?.values.clone())
        } else if let Some(carried) = name.strip_prefix("d.initial.") {
            gradients.initial(&lane(carried)).map_err(text)
        } else {
            panic!("unknown tensor {name}")
        }
    }
}

fn cast<T: Precision>(values: &[f32]) -> Vec<T> {
    values.iter().map(|v| T::of(f64::from(*v))).collect()
}

fn assert_known(family: &str) {
    let known: Vec<&str> = all().iter().map(|f| f.name()).collect();
    assert!(known.contains(&family), "the registry has no “{family}” yet: {known:?}");
}

/// Every case of the family in one precision: what is wrong, and how many tensors were compared.
fn check<T: Precision>(cases: &[Loaded]) -> (usize, Vec<String>) {
    let (mut tensors, mut wrong) = (0, vec![]);
    for loaded in cases {
        let title = loaded.case.title(loaded.number);
        match loaded.net::<T>(&loaded.case.options).and_then(|net| loaded.compare(&net)) {
            Ok((count, differences)) => {
                tensors += count;
                wrong.extend(differences.into_iter().map(|what| format!("{title}: {what}")));
            }
            Err(why) => wrong.push(format!("{title}: {why}")),
        }
    }
    (tensors, wrong)
}

fn assert_equal(family: &str) {
    assert_known(family);
    let cases = load(family);
    let least = FAMILIES.iter().find(|(name, _)| *name == family).unwrap().1;
    assert!(cases.len() >= least, "{} cases", cases.len());
    for (precision, (tensors, wrong)) in [("f64", check::<f64>(&cases)), ("f32", check::<f32>(&cases))] {
        let shown: Vec<&String> = wrong.iter().take(20).collect();
        assert!(wrong.is_empty(), "{precision}: {} differences, {tensors} tensors compared:\n{shown:#?}", wrong.len());
        assert!(tensors > 10 * cases.len(), "{precision}: {tensors} tensors");
    }
}

#[test]
fn every_stored_family_is_in_the_registry_and_tested_here() {
    let index: Index = serde_json::from_slice(&std::fs::read(golden("modern/index.json")).unwrap()).unwrap();
    let stored: BTreeSet<&str> = index.families.keys().map(String::as_str).collect();
    assert_eq!(stored, FAMILIES.iter().map(|(name, _)| *name).collect());
    let missing: Vec<&&str> = stored.iter().filter(|name| !all().iter().any(|f| f.name() == **name)).collect();
    assert!(missing.is_empty(), "the registry has no {missing:?} yet");
}

#[test]
fn mingru() {
    assert_equal("mingru");
}

#[test]
fn minlstm() {
    assert_equal("minlstm");
}

#[test]
fn s4d() {
    assert_equal("s4d");
}

#[test]
fn mamba() {
    assert_equal("mamba");
}

#[test]
fn slstm() {
    assert_equal("slstm");
}

#[test]
fn mlstm() {
    assert_equal("mlstm");
}

/// What is stored fits together, whatever the registry has.
#[test]
fn every_case_is_whole() {
    for (family, least) in FAMILIES {
        let (cases, mut places) = (load(family), BTreeSet::new());
        assert!(cases.len() >= *least, "{family}: {} cases", cases.len());
        for Loaded { number, case, given, expected } in &cases {
            let title = case.title(*number);
            let given: BTreeMap<&str, usize> = given.iter().map(|(name, values)| (name.as_str(), values.len())).collect();
            let expected: BTreeMap<&str, usize> = expected.iter().map(|(name, record)| (name.as_str(), record.count)).collect();
            let (columns, wide) = (case.steps * case.batch, case.hidden * if case.bidirectional { 2 } else { 1 });
            assert_eq!((given["input"], given["upstream"], expected["output"]), (columns * case.input, columns * wide, columns * wide));
            for (name, count) in given.iter().filter(|(name, _)| case.gradients && !name.starts_with("upstream")) {
                assert_eq!(expected.get(format!("d.{name}").as_str()), Some(count), "{title}: {name}");
            }
            assert!(case.lengths.iter().flatten().all(|l| (1..=case.steps).contains(l)), "{title}: {:?}", case.lengths);
            assert_eq!(case.initial, given.keys().any(|name| name.starts_with("initial.")), "{title}");
            places.insert((case.layers, case.bidirectional, case.lengths.is_some(), case.initial, case.steps.min(8)));
        }
        assert!(places.len() >= 9, "{family}: {places:?}");
    }
}

/// Families that the registry has; the tests above fail for those that it lacks.
fn known() -> impl Iterator<Item = &'static str> {
    FAMILIES.iter().map(|(name, _)| *name).filter(|name| all().iter().any(|f| f.name() == *name))
}

/// Each parameter tensor, shifted by a thousandth, is noticed in every case where all of them have a say.
#[test]
fn a_disturbed_parameter_fails() {
    for family in known() {
        let mut tried = 0;
        for loaded in load(family).iter().filter(|l| l.case.initial && l.case.scale == 1.0 && l.case.steps <= 7) {
            let net = loaded.net::<f64>(&loaded.case.options).unwrap();
            for parameter in net.parameters() {
                let mut wrong = loaded.net::<f64>(&loaded.case.options).unwrap();
                let shifted: Vec<f64> = parameter.values.iter().map(|v| v + 1e-3).collect();
                wrong.set_parameter(&parameter.name, &shifted).unwrap();
                let (_, differences) = loaded.compare(&wrong).unwrap();
                assert!(!differences.is_empty(), "{}: {}", loaded.case.title(loaded.number), parameter.name);
                tried += 1;
            }
        }
        assert!(tried >= 8, "{family}: {tried}");
    }
}

/// Each convention that a reader could mix up is told apart by the values.
#[test]
fn a_wrong_convention_fails() {
    let other = BTreeMap::from([
        ("log", "plain"),
        ("plain", "log"),
        ("zoh", "bilinear"),
        ("bilinear", "zoh"),
        ("bare", "full"),
        ("full", "bare"),
        ("on", "off"),
        ("off", "on"),
    ]);
    for family in known() {
        let mut tried = 0;
        for loaded in load(family).iter().filter(|l| l.case.initial && l.case.scale == 1.0) {
            let title = loaded.case.title(loaded.number);
            for (name, value) in loaded.case.options.iter().filter(|(_, value)| other.contains_key(value.as_str())) {
                let mut options = loaded.case.options.clone();
                options.insert(name.clone(), other[value.as_str()].into());
                let result = loaded.net::<f64>(&options).and_then(|net| loaded.compare(&net));
                assert!(result.is_err() || !result.unwrap().1.is_empty(), "{title} with {name} {}", options[name]);
                tried += 1;
            }
            let mut without = loaded.net::<f64>(&loaded.case.options).map(|net| (net, loaded.run::<f64>())).unwrap();
            without.1.0.initial.clear();
            let trace = without.0.run(without.1.0).unwrap();
            let output = &loaded.expected.iter().find(|(name, _)| name == "output").unwrap().1;
            assert!(output.compare(trace.output()).is_err(), "{title} without initial states");
        }
        assert!(tried >= 8 || family == "mamba", "{family}: {tried}");
    }
}
