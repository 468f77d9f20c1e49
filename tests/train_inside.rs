//! Slow motion from inside: what is shown of an update adds up to the update.

use unrolled::net::Config;
use unrolled::task::{Data, Options, Task, make};
use unrolled::train::{Clip, ClipKind, Phase, Settings, Trainer};

fn trainer(task: Box<dyn Task>, truncate: Option<usize>) -> Trainer<f32> {
    let clip = Clip { kind: ClipKind::Norm, limit: 0.05 };
    let settings = Settings { batch: 5, truncate, clip, learning_rate: 0.01, ..Settings::default() };
    let mut trainer = Trainer::new(task, Config::new("lstm", 0, 7), settings).unwrap();
    trainer.update().unwrap();
    trainer
}

fn task(name: &str) -> Box<dyn Task> {
    make(name, &Options::default(), &Data::default()).unwrap()
}

fn tasks() -> Vec<Box<dyn Task>> {
    vec![task("adding"), task("copy")]
}

#[test]
fn losses_of_the_steps_add_up_to_the_loss() {
    for task in tasks() {
        let form = task.form();
        let mut trainer = trainer(task, None);
        assert!(trainer.answers(0).is_err(), "no update is in slow motion");
        trainer.phase(Phase::Forward).unwrap();
        let loss = trainer.phase(Phase::Loss).unwrap().loss.unwrap();
        let (held, losses) = trainer.answers(2).unwrap();
        let sum: f64 = losses.iter().flatten().sum();
        assert!((sum - loss).abs() < 1e-12 * loss.max(1.0), "{sum} {loss}");
        assert_eq!(losses.iter().flatten().count(), held.counts.iter().filter(|c| **c).count());
        assert_eq!(form.last_only, held.counts.iter().filter(|c| **c).count() == 1);
        // The losses of the examples one by one are those of the step, too (of numbers: the mean over the batch).
        if form.last_only {
            let square = |b: usize| {
                let (held, _) = trainer.answers(b).unwrap();
                let t = held.steps - 1;
                f64::from(held.target[t] - held.prediction[t]).powi(2)
            };
            let mean = (0..5).map(square).sum::<f64>() / 5.0;
            assert!((mean - loss).abs() < 1e-6, "{mean} {loss}");
            // Another example's answer would not do.
            assert!((square(0) - loss).abs() > 1e-6);
        }
        assert!(trainer.answers(5).is_err());
    }
}

#[test]
fn tensors_are_what_the_update_changes() {
    let mut trainer = trainer(task("adding"), None);
    for phase in [Phase::Forward, Phase::Loss, Phase::Backward] {
        trainer.phase(phase).unwrap();
    }
    let norms: Vec<f64> = trainer.inside().iter().map(|one| one.norm).collect();
    let clipped = trainer.phase(Phase::Clip).unwrap();
    let whole = norms.iter().map(|n| n * n).sum::<f64>().sqrt();
    assert!((whole - clipped.norm.unwrap()).abs() < 1e-6 * whole, "{whole} {clipped:?}");
    let coefficient = clipped.coefficient.unwrap();
    assert!(coefficient < 1.0, "nothing was clipped");
    for (one, before) in trainer.inside().iter().zip(&norms) {
        assert!((one.norm - before * coefficient).abs() < 1e-6 * before, "{}", one.name);
        assert_eq!(one.moments.iter().map(|m| m.0).collect::<Vec<_>>(), trainer.engine().optimizer().spec().moments);
    }
    let before: Vec<Vec<f32>> = trainer.inside().iter().map(|one| one.values.to_vec()).collect();
    let gradient: Vec<Vec<f32>> = trainer.inside().iter().map(|one| one.gradient.to_vec()).collect();
    trainer.phase(Phase::Update).unwrap();
    for ((one, before), gradient) in trainer.inside().iter().zip(&before).zip(&gradient) {
        assert!(one.values != before && one.gradient == gradient, "{}", one.name);
    }
}
