//! This project's trainer, on the adding problem. Its batches are what the others get.

use unrolled::net::Config;
use unrolled::task;
use unrolled::train::{Clip, ClipKind, Settings, Trainer};
use unrolled_native_peers::{Contestant, Material, Workload};

/// How many updates are compared, and how many batches the others take turns with.
pub const COMPARED: usize = 3;

pub struct Ours {
    trainer: Trainer<f32>,
}

pub fn ours(workload: &Workload) -> Result<Ours, String> {
    let text = |e: unrolled::error::Error| e.to_string();
    let options = [("length".to_string(), (workload.steps as f64).into())].into();
    let task = task::make("adding", &options, &task::Data::default()).map_err(text)?;
    let config = Config { layers: workload.layers, ..Config::new(workload.cell.name(), 0, workload.hidden) };
    let clip = Clip { kind: ClipKind::Norm, limit: workload.clip };
    let settings = Settings { learning_rate: workload.learning_rate, clip, batch: workload.batch, seed: 1, ..Settings::default() };
    Ok(Ours { trainer: Trainer::new(task, config, settings).map_err(text)? })
}

impl Ours {
    /// Trains for `COMPARED` updates: what they were made of, and each one's loss and norm.
    pub fn material(&mut self, workload: &Workload) -> Result<(Material, Vec<f64>), String> {
        let parameters = self.trainer.net().parameters().iter();
        let weights = parameters.map(|p| (p.name.clone(), p.shape.clone(), p.values.clone())).collect();
        let (mut batches, mut answers) = (vec![], vec![]);
        for _ in 0..COMPARED {
            let (loss, norm) = self.update()?;
            answers.extend([loss, norm]);
            let trace = self.trainer.engine().trace().ok_or("nothing was run")?;
            let x = trace.layer_input(0).map_err(|e| e.to_string())?.to_vec();
            // The sum of the marked numbers of each example.
            let mut y = vec![0.0; workload.batch];
            for (column, pair) in x.chunks_exact(2).enumerate() {
                if pair[1] == 1.0 {
                    y[column % workload.batch] += pair[0];
                }
            }
            batches.push((x, y));
        }
        Ok((Material { weights, batches }, answers))
    }
}

impl Contestant for Ours {
    fn name(&self) -> String {
        "unrolled".into()
    }

    fn prepare(&mut self, _: Workload, _: &Material) -> Result<(), String> {
        Ok(())
    }

    fn update(&mut self) -> Result<(f64, f64), String> {
        let report = self.trainer.update().map_err(|e| e.to_string())?;
        Ok((report.loss, report.norm))
    }
}
