//! Tasks: the laws that every one obeys, and examples that two other implementations drew.

#[path = "tasks/laws.rs"]
mod laws;
#[path = "tasks/learned.rs"]
mod learned;
#[path = "tasks/own_table.rs"]
mod own_table;
#[path = "tasks/reached.rs"]
mod reached;
#[path = "tasks/vectors.rs"]
mod vectors;

use unrolled::io::csv;
use unrolled::task::{self, Data, DataKind, Options, Task, Value, table::Table, temperature::Weather};

/// Options from pairs.
pub fn options(pairs: &[(&str, Value)]) -> Options {
    pairs.iter().map(|(name, value)| (name.to_string(), value.clone())).collect()
}

/// All data that a task may ask for.
pub fn data() -> Data {
    let bytes = include_bytes!("../assets/data/weather-nyc-2013-hourly.csv");
    let text = include_str!("../assets/lessons/memory.txt").to_string();
    let grid = csv::read(bytes).unwrap().on_grid(None).unwrap();
    let table = Table { names: grid.names, columns: grid.columns, step: grid.report.step };
    Data { weather: Some(Weather::parse(bytes).unwrap()), text: Some(text), csv: Some(table) }
}

/// A task of these options.
pub fn make(name: &str, pairs: &[(&str, Value)]) -> Box<dyn Task> {
    task::make(name, &options(pairs), &data()).unwrap_or_else(|e| panic!("{name}: {e}"))
}

pub fn n(value: f64) -> Value {
    Value::Number(value)
}

pub fn w(value: &str) -> Value {
    Value::Text(value.into())
}

/// Every task, by its defaults and by every choice of its options.
pub fn every_task() -> Vec<(String, Box<dyn Task>)> {
    let mut all = vec![];
    for spec in task::all() {
        all.push((spec.name.to_string(), make(spec.name, &[])));
        for option in spec.options {
            if let task::Values::Choice { values } = option.values {
                for value in &values[1..] {
                    let title = format!("{} with {} = {}", spec.name, option.name, value.name);
                    all.push((title, make(spec.name, &[(option.name, w(value.name))])));
                }
            }
        }
    }
    all
}

#[test]
fn data_that_are_missing_are_asked_for() {
    for spec in task::all() {
        let made = task::make(spec.name, &Options::new(), &Data::default());
        match spec.data {
            None => assert!(made.is_ok(), "{}", spec.name),
            Some(kind) => {
                let property = match kind {
                    DataKind::Weather => "weather",
                    DataKind::Text => "text",
                    DataKind::Csv => "csv",
                };
                let message = made.map(|_| ()).unwrap_err().message;
                assert!(message.contains(&format!("`{property}`")), "{}: {message}", spec.name);
            }
        }
    }
}
