//! The temperature of the next hour as something to train on: windows of one station, normalised by the training part.

use super::temperature::{Normalisation, SPEC, WINDOW, Weather};
use super::{Answers, Baseline, Batch, Form, Inputs, Part, Score, Spec, Task};
use crate::error::{Code, Error, Result};

/// Windows of one station's readings.
pub struct Temperature {
    celsius: Vec<f32>,
    normalisation: Normalisation,
    windows: [Vec<usize>; 3],
}

impl Temperature {
    /// # Errors
    /// `out-of-range` for a station that is not there; `format` where a part has no windows.
    pub fn new(weather: &Weather, station: usize) -> Result<Self> {
        let Some(readings) = weather.stations.get(station) else {
            let message = format!("station {station}; expected a number below {}", weather.stations.len());
            return Err(Error::new(Code::OutOfRange, message));
        };
        let windows = Part::ALL.map(|part| weather.windows(station, part));
        if windows.iter().any(Vec::is_empty) {
            return Err(Error::new(Code::Format, format!("expected {} readings in a row in every part", WINDOW + 1)));
        }
        Ok(Temperature { celsius: readings.celsius.clone(), normalisation: weather.normalisation(&[station])?, windows })
    }
}

impl Task for Temperature {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn form(&self) -> Form {
        let (inputs, answers) = (Inputs::Numbers { width: 1 }, Answers::Numbers { width: 1 });
        Form { inputs, answers, steps: WINDOW, last_only: true, streams: false }
    }

    fn examples(&self, part: Part) -> Option<usize> {
        Some(self.windows[part as usize].len())
    }

    fn fill(&self, part: Part, indices: &[u64], batch: &mut Batch) -> Result<()> {
        let (windows, size) = (&self.windows[part as usize], indices.len());
        batch.reset(&self.form(), WINDOW, size);
        for (b, index) in indices.iter().enumerate() {
            let first = usize::try_from(*index)
                .ok()
                .and_then(|k| windows.get(k))
                .ok_or_else(|| Error::new(Code::OutOfRange, format!("example {index}; expected below {}", windows.len())))?;
            for t in 0..WINDOW {
                batch.numbers[t * size + b] = self.normalisation.apply(self.celsius[first + t]);
            }
            let last = (WINDOW - 1) * size + b;
            batch.targets[last] = self.normalisation.apply(self.celsius[first + WINDOW]);
            batch.counts[last] = true;
        }
        Ok(())
    }

    fn score(&self, batch: &Batch, predictions: &[f32], per_example: bool) -> Score {
        let mut score = Score::default();
        for (place, _) in batch.counts.iter().enumerate().filter(|(_, counts)| **counts) {
            let y = predictions[if per_example { place % batch.size } else { place }];
            let difference = (f64::from(y) - f64::from(batch.targets[place])) * self.normalisation.deviation;
            score.sum += difference * difference;
            score.count += 1.0;
        }
        score
    }

    fn metric(&self, mean: f64) -> f64 {
        mean.sqrt()
    }

    fn unit(&self) -> &str {
        "°C"
    }

    fn baselines(&self, part: Part) -> Vec<Baseline> {
        let windows = &self.windows[part as usize];
        let change = |first: &usize| f64::from(self.celsius[first + WINDOW]) - f64::from(self.celsius[first + WINDOW - 1]);
        let mean = windows.iter().map(|k| change(k) * change(k)).sum::<f64>() / windows.len() as f64;
        let (loss, metric) = (Some(mean / (self.normalisation.deviation * self.normalisation.deviation)), Some(mean.sqrt()));
        vec![Baseline { name: "persistence".into(), loss, metric, source: format!("measured on the {} part", part.name()) }]
    }

    fn natural(&self, value: f32) -> f32 {
        self.normalisation.invert(value)
    }
}
