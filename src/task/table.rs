//! A forecast of a column of somebody's own table.

use super::forecast::{Cut, Forecast, Normalisation, Series, fill_forward};
use super::options::{Chosen, TaskOption, Values, choice, value, whole};
use super::{Data, DataKind, Kind, SUGGESTION, Spec, Suggestion, Task, missing};
use crate::error::{Code, Error, Result};

pub const SPEC: Spec = Spec {
    name: "csv",
    title: "Your own table",
    text: "A column of a table of yours, forecast from its past and from other columns. Rows are put in the order of their times, an equal \
           step apart; nothing leaves your browser.",
    kind: Kind::Regression,
    input: "the chosen columns, each normalised by the training part: T×B×columns",
    target: "the target column, so many rows ahead",
    labels: &[],
    examples: &[],
    metric: "root mean square error in the column's own unit",
    baseline: "persistence, the same time the day before, ridge regression on the last readings: measured on your data",
    published: &[],
    sources: &["your file: the first 70 % of its readings train, the next 15 % validate, the last 15 % test"],
    options: &[
        TaskOption {
            name: "target",
            title: "Target",
            text: "The column to forecast; the last column of numbers if none is named.",
            values: Values::Text,
        },
        TaskOption {
            name: "features",
            title: "Inputs",
            text: "Columns to read beside the target's own past, one name a line; all columns of numbers if none is named.",
            values: Values::Text,
        },
        whole("horizon", "Rows ahead", [1, 1000, 1], "How far ahead the target is asked."),
        whole("window", "Rows read", [2, 1000, 48], "Steps of an example: how far back the network can look."),
        choice(
            "answers",
            "Asked",
            &[value("every", "at every step"), value("last", "at the last step")],
            "At every step (but the first third, which only warms up) one window holds many answers; two directions would read them \
             off, and need the last step.",
        ),
        choice(
            "missing",
            "Missing readings",
            &[value("skip", "leave out the windows that have one"), value("last", "read the last one again")],
            "What to do with gaps in what is read, such as weekends; a target that was not measured never counts.",
        ),
    ],
    data: Some(DataKind::Csv),
    suggestion: Suggestion { hidden: 32, learning_rate: 3e-3, ..SUGGESTION },
    make,
};

/// Columns of numbers with a row a step.
#[derive(Clone, Debug, Default)]
pub struct Table {
    pub names: Vec<String>,
    /// As many as there are names, all of the same length; NaN where nothing was measured.
    pub columns: Vec<Vec<f32>>,
    /// Seconds from row to row; 0 where that is not known.
    pub step: i64,
}

impl Table {
    fn column(&self, name: &str) -> Result<usize> {
        let found = self.names.iter().position(|known| known == name);
        found.ok_or_else(|| Error::unknown("column of numbers", name, self.names.iter().take(50)))
    }
}

fn make(chosen: &Chosen<'_>, data: &Data) -> Result<Box<dyn Task>> {
    let table = data.csv.as_ref().ok_or_else(|| missing(&SPEC, "csv"))?;
    let target = match (chosen.text("target"), table.names.len().checked_sub(1)) {
        ("", Some(last)) => last,
        ("", None) => return Err(Error::new(Code::Format, "the table has no column of numbers; expected one at least")),
        (name, _) => table.column(name)?,
    };
    let named = chosen.text("features").lines().filter(|name| !name.is_empty());
    let mut features: Vec<usize> = named.map(|name| table.column(name)).collect::<Result<_>>()?;
    if features.is_empty() {
        features = (0..table.names.len()).collect();
    }
    // The target's own past comes first.
    features.retain(|k| *k != target);
    features.insert(0, target);

    let parts = parts(&table.columns[target]);
    let normalised = |k: usize| {
        let column = &table.columns[k];
        // A column that is the same throughout the training part tells nothing, and harms nothing.
        let mean = || column[parts[0].clone()].iter().copied().find(|x| !x.is_nan()).unwrap_or(0.0);
        let scale =
            Normalisation::of(column[parts[0].clone()].iter()).unwrap_or_else(|| Normalisation { mean: f64::from(mean()), deviation: 1.0 });
        (column.iter().map(|x| scale.apply(*x)).collect::<Vec<f32>>(), scale)
    };
    if Normalisation::of(table.columns[target][parts[0].clone()].iter()).is_none() {
        let name = &table.names[target];
        let message = format!("the column “{name}” has no readings that differ in the first 70 %; expected some to learn from");
        return Err(Error::new(Code::Format, message));
    }
    let (asked, scale) = normalised(target);
    let mut inputs: Vec<Vec<f32>> = features.iter().map(|k| normalised(*k).0).collect();
    if chosen.text("missing") == "last" {
        inputs.iter_mut().for_each(|column| fill_forward(column));
    }
    let day = if table.step > 0 && 86_400 % table.step == 0 { (86_400 / table.step) as usize } else { 0 };
    let (window, horizon) = (chosen.whole("window"), chosen.whole("horizon"));
    let cut = Cut { parts, window, horizon, every: chosen.text("answers") == "every", day };
    Ok(Box::new(Forecast::new(&SPEC, "", vec![Series { inputs, target: asked }], scale, cut)?))
}

/// The rows of the parts: 70, 15 and 15 per cent of the readings there are.
fn parts(column: &[f32]) -> [std::ops::Range<usize>; 3] {
    let measured = column.iter().filter(|x| !x.is_nan()).count();
    // The row before which so many per cent of the readings stand.
    let row = |percent: usize| {
        let mut left = measured * percent / 100;
        let stands = |x: &f32| {
            let before = left == 0;
            left = left.saturating_sub(usize::from(!x.is_nan()));
            before
        };
        column.iter().position(stands).unwrap_or(column.len())
    };
    let (valid, test) = (row(70), row(85));
    [0..valid, valid..test, test..column.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_shares_of_what_was_measured() {
        let column: Vec<f32> = (0..200).map(|k| if k < 100 { f32::NAN } else { k as f32 }).collect();
        assert_eq!(parts(&column), [0..170, 170..185, 185..200]);
        assert_eq!(parts(&[]), [0..0, 0..0, 0..0]);
        assert_eq!(parts(&[f32::NAN; 3]), [0..0, 0..0, 0..3]);
    }
}
