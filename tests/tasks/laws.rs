//! What holds for every task, whatever its options.

use unrolled::error::Code;
use unrolled::math::rng::Rng;
use unrolled::task::{self, Answers, Batch, Form, Inputs, Options, Part, Task, Values};

use crate::{data, every_task, make, n, options, w};

fn filled(task: &dyn Task, part: Part, indices: &[u64]) -> Batch {
    let mut batch = Batch::default();
    task.fill(part, indices, &mut batch).unwrap();
    batch
}

/// Widths of what goes in and of what is asked at a step: (numbers, tokens, targets, classes).
fn widths(form: &Form) -> [usize; 4] {
    let (numbers, tokens) = match form.inputs {
        Inputs::Numbers { width } => (width, 0),
        Inputs::Tokens { .. } => (0, 1),
    };
    match form.answers {
        Answers::Numbers { width } => [numbers, tokens, width, 0],
        Answers::Classes { .. } => [numbers, tokens, 0, 1],
    }
}

/// One example of a batch as a batch of its own, cut to its own length.
fn single(form: &Form, batch: &Batch, b: usize) -> Batch {
    fn column<T: Copy>(values: &[T], width: usize, size: usize, b: usize, steps: usize) -> Vec<T> {
        (0..steps).flat_map(|t| values[(t * size + b) * width..(t * size + b + 1) * width].to_vec()).collect()
    }
    let (steps, size) = (batch.lengths[b], batch.size);
    let [numbers, tokens, targets, classes] = widths(form);
    Batch {
        steps,
        size: 1,
        numbers: column(&batch.numbers, numbers, size, b, steps),
        tokens: column(&batch.tokens, tokens, size, b, steps),
        lengths: vec![steps],
        targets: column(&batch.targets, targets, size, b, steps),
        classes: column(&batch.classes, classes, size, b, steps),
        counts: column(&batch.counts, 1, size, b, steps),
    }
}

/// Whether a batch is what the form says, in shape and in every value.
fn offences(form: &Form, batch: &Batch) -> Vec<String> {
    let mut found = vec![];
    let mut say = |wrong: bool, what: &str| {
        if wrong {
            found.push(what.to_string());
        }
    };
    let places = batch.steps * batch.size;
    let [numbers, tokens, targets, classes] = widths(form);
    say(batch.numbers.len() != places * numbers, "numbers");
    say(batch.tokens.len() != places * tokens, "tokens");
    say(batch.targets.len() != places * targets, "targets");
    say(batch.classes.len() != places * classes, "classes");
    say(batch.counts.len() != places || batch.lengths.len() != batch.size, "counts or lengths");
    say(batch.steps > form.steps, "more steps than the form says");
    say(batch.lengths.iter().max() != Some(&batch.steps), "the longest example is not as long as the batch");
    say(batch.numbers.iter().chain(&batch.targets).any(|x| !x.is_finite()), "a number that is none");
    if let Inputs::Tokens { vocabulary } = form.inputs {
        say(batch.tokens.iter().any(|id| *id as usize >= vocabulary), "a token outside the vocabulary");
    }
    if let Answers::Classes { count } = form.answers {
        say(batch.classes.iter().any(|class| *class as usize >= count), "a class that there is not");
    }
    for b in 0..batch.size {
        let asked: Vec<usize> = (0..batch.steps).filter(|t| batch.counts[t * batch.size + b]).collect();
        let length = batch.lengths[b];
        say(asked.is_empty(), "an example without an answer");
        say(asked.iter().any(|t| *t >= length), "an answer past the end");
        say(form.last_only && asked != [length - 1], "an answer elsewhere than at the end");
        for t in 0..batch.steps {
            let place = t * batch.size + b;
            let zero = |values: &[f32], width: usize| values[place * width..(place + 1) * width].iter().all(|x| *x == 0.0);
            if !batch.counts[place] {
                say(targets > 0 && !zero(&batch.targets, targets), "a target that does not count");
                say(classes > 0 && batch.classes[place] != 0, "a class that does not count");
            }
            if t >= length {
                say(numbers > 0 && !zero(&batch.numbers, numbers), "a number past the end");
                say(tokens > 0 && batch.tokens[place] != 0, "a token past the end");
            }
        }
    }
    found
}

/// Indices that every part has, out of order.
const INDICES: [u64; 6] = [4, 0, 11, 3, 7, 1];

#[test]
fn batches_are_what_the_form_says() {
    for (name, task) in every_task() {
        for part in Part::ALL {
            assert!(task.examples(part).is_none_or(|n| n > 0), "{name}");
            let batch = filled(&*task, part, &INDICES);
            assert_eq!(offences(&task.form(), &batch), Vec::<String>::new(), "{name}, {}", part.name());
        }
    }
}

#[test]
fn a_spoilt_batch_is_noticed() {
    let task = make("copy", &[]);
    let good = filled(&*task, Part::Train, &INDICES);
    let spoil = |change: fn(&mut Batch)| {
        let mut batch = good.clone();
        change(&mut batch);
        offences(&task.form(), &batch).len()
    };
    assert_eq!(spoil(|_| ()), 0);
    assert!(spoil(|b| b.tokens[0] = 10) > 0);
    assert!(spoil(|b| b.classes[0] = 9) > 0);
    assert!(spoil(|b| b.lengths[0] -= 1) > 0);
    assert!(spoil(|b| b.counts.fill(false)) > 0);
    assert!(spoil(|b| b.tokens.truncate(5)) > 0);
}

#[test]
fn the_same_index_gives_the_same_example_alone_and_in_a_batch() {
    for (name, task) in every_task() {
        for part in Part::ALL {
            let batch = filled(&*task, part, &INDICES);
            for (b, index) in INDICES.iter().enumerate() {
                let alone = filled(&*task, part, &[*index]);
                assert_eq!(single(&task.form(), &batch, b), alone, "{name}, {} {index}", part.name());
            }
            let neighbour = filled(&*task, part, &[INDICES[0] + 1]);
            assert_ne!(single(&task.form(), &batch, 0), neighbour, "{name}: two examples are the same");
        }
    }
}

#[test]
fn parts_and_seeds_differ() {
    for (name, task) in every_task() {
        let of = |part| filled(&*task, part, &INDICES);
        assert_ne!(of(Part::Train), of(Part::Valid), "{name}");
        assert_ne!(of(Part::Valid), of(Part::Test), "{name}");
    }
    for spec in task::all().iter().filter(|spec| spec.options.iter().any(|o| o.name == "seed")) {
        let of = |seed: f64, part| filled(&*make(spec.name, &[("seed", n(seed))]), part, &INDICES);
        assert_ne!(of(1.0, Part::Train), of(2.0, Part::Train), "{}", spec.name);
        // Test is two seeds on: nothing but the seed makes a part.
        assert_eq!(of(3.0, Part::Valid), of(2.0, Part::Test), "{}", spec.name);
    }
}

#[test]
fn filling_again_takes_no_new_memory() {
    for (name, task) in every_task() {
        let mut batch = Batch::default();
        task.fill(Part::Train, &INDICES, &mut batch).unwrap();
        // Whatever the lengths drawn, no batch is larger than the form's.
        batch.reset(&task.form(), task.form().steps, INDICES.len());
        let addresses = |b: &Batch| (b.numbers.as_ptr(), b.tokens.as_ptr(), b.targets.as_ptr(), b.classes.as_ptr(), b.counts.as_ptr());
        let before = addresses(&batch);
        for k in 0..5 {
            task.fill(Part::Train, &INDICES.map(|i| i + k), &mut batch).unwrap();
        }
        assert_eq!(addresses(&batch), before, "{name}");
    }
}

#[test]
fn an_example_that_is_not_there_is_refused() {
    let mut finite = 0;
    for (name, task) in every_task() {
        for part in Part::ALL {
            let Some(count) = task.examples(part) else { continue };
            finite += 1;
            let last = count as u64 - 1;
            let mut batch = filled(&*task, part, &[last]);
            let before = batch.clone();
            for index in [last + 1, u64::MAX] {
                let error = task.fill(part, &[0, index], &mut batch).unwrap_err();
                assert_eq!(error.code, Code::OutOfRange, "{name}");
                assert!(error.message.contains(&format!("below {count}")), "{name}: {error}");
                assert_eq!(batch, before, "{name}: an error leaves the batch as it was");
                assert!(task.baselines(part, &[index]).is_err());
            }
        }
    }
    assert!(finite > 5);
}

#[test]
fn perfect_answers_score_perfectly_and_wrong_ones_do_not() {
    for (name, task) in every_task() {
        let form = task.form();
        let batch = filled(&*task, Part::Valid, &INDICES);
        let wide = |right: bool| -> Vec<f32> {
            match form.answers {
                Answers::Numbers { .. } => batch.targets.iter().map(|x| if right { *x } else { x + 3.0 }).collect(),
                Answers::Classes { count } => {
                    let row = |class: &u32| {
                        let class = (*class as usize + usize::from(!right)) % count;
                        (0..count).map(|k| if k == class { 60.0 } else { 0.0 }).collect::<Vec<f32>>()
                    };
                    batch.classes.iter().flat_map(row).collect()
                }
            }
        };
        let value = |predictions: &[f32], per_example| {
            let score = task.score(&batch, predictions, per_example);
            assert!(score.count > 0.0, "{name}");
            task.metric(score.sum / score.count)
        };
        let (perfect, worst) = (value(&wide(true), false), value(&wide(false), false));
        let expected = if task.higher_is_better() { 100.0 } else { 0.0 };
        assert!((perfect - expected).abs() < 1e-3, "{name}: {perfect}");
        assert!((worst - perfect).abs() > 1.0, "{name}: {worst}");
        if form.last_only {
            let width = wide(true).len() / (batch.steps * batch.size);
            let all = wide(true);
            let place = |b: usize| (batch.lengths[b] - 1) * batch.size + b;
            let last: Vec<f32> = (0..batch.size).flat_map(|b| all[place(b) * width..(place(b) + 1) * width].to_vec()).collect();
            assert!((value(&last, true) - expected).abs() < 1e-3, "{name}");
        }
        let nothing = vec![f32::NAN; wide(true).len()];
        let lost = value(&nothing, false);
        assert!(if task.higher_is_better() { lost == 0.0 } else { lost.is_nan() }, "{name}: NaN scores {lost}");
    }
}

#[test]
fn baselines_are_numbers_with_a_source() {
    for (name, task) in every_task() {
        let lines = task.baselines(Part::Valid, &INDICES).unwrap();
        assert!(!lines.is_empty(), "{name}");
        for line in lines {
            assert!(!line.name.is_empty() && !line.source.is_empty(), "{name}: {line:?}");
            let known = [line.loss, line.metric].into_iter().flatten().collect::<Vec<_>>();
            assert!(!known.is_empty() && known.iter().all(|x| x.is_finite() && *x >= 0.0), "{name}: {line:?}");
        }
    }
}

#[test]
fn words_stand_for_every_token_and_class() {
    for (name, task) in every_task() {
        let form = task.form();
        if let Inputs::Tokens { vocabulary } = form.inputs {
            assert!((0..vocabulary as u32).all(|id| task.token(id).is_some()), "{name}");
            assert_eq!(task.token(vocabulary as u32 + 5), None, "{name}");
        }
        if let Answers::Classes { count } = form.answers {
            assert!((0..count as u32).all(|id| task.class(id).is_some()), "{name}");
            let labels = task.spec().labels;
            assert!(labels.is_empty() || labels.len() == count, "{name}");
        }
    }
}

#[test]
fn streams_go_on_where_they_stopped_and_end() {
    let mut streaming = 0;
    for (name, task) in every_task().into_iter().filter(|(_, task)| task.form().streams) {
        streaming += 1;
        let form = task.form();
        let read = |k, steps, size| {
            let mut batch = Batch::default();
            task.stream(Part::Train, k, steps, size, &mut batch).unwrap().then_some(batch)
        };
        let chunks: Vec<Batch> = (0..4).map(|k| read(k, 10, 3).unwrap()).collect();
        let long = read(0, 40, 3).unwrap();
        let joined = |part: fn(&Batch) -> Vec<u32>| chunks.iter().flat_map(part).collect::<Vec<u32>>();
        let bits = |values: &[f32]| values.iter().map(|x| x.to_bits()).collect::<Vec<u32>>();
        assert_eq!(joined(|b| b.tokens.clone()), long.tokens, "{name}");
        assert_eq!(joined(|b| b.numbers.iter().map(|x| x.to_bits()).collect()), bits(&long.numbers), "{name}");
        assert_eq!(joined(|b| b.classes.clone()), long.classes, "{name}");
        assert_eq!(
            joined(|b| b.counts.iter().map(|x| u32::from(*x)).collect::<Vec<_>>()),
            long.counts.iter().map(|x| u32::from(*x)).collect::<Vec<_>>()
        );
        assert!(long.counts.iter().filter(|c| **c).count() > 100, "{name}: answers at nearly every step");
        let shape = Form { steps: 40, ..form };
        assert_eq!(offences(&shape, &long), Vec::<String>::new(), "{name}");
        let end = (0..100_000).find(|k| read(*k, 10, 3).is_none()).expect("data end");
        assert!(end > 10 && read(end + 1, 10, 3).is_none(), "{name}");
    }
    assert!(streaming >= 1);
    let mut batch = Batch::default();
    assert!(!make("adding", &[]).stream(Part::Train, 0, 5, 2, &mut batch).unwrap(), "what does not stream says so");
}

#[test]
fn what_is_not_an_option_is_refused_with_what_is() {
    let refused = |name: &str, pairs: &[(&str, task::Value)]| {
        let error = task::make(name, &options(pairs), &data()).map(|_| ()).unwrap_err();
        (error.code, error.message)
    };
    let (code, message) = refused("addition", &[]);
    assert_eq!(code, Code::UnknownName);
    assert!(message.contains("“adding”") && message.contains("“temperature”"), "{message}");
    let (code, message) = refused("adding", &[("lenght", n(50.0))]);
    assert_eq!(code, Code::UnknownName);
    assert!(message.contains("“length”") && message.contains("adding"), "{message}");
    for wrong in [n(1.0), n(2001.0), n(50.5), n(f64::NAN), n(f64::INFINITY), n(-50.0), w("50")] {
        let (code, message) = refused("adding", &[("length", wrong.clone())]);
        assert_eq!(code, Code::OutOfRange, "{wrong:?}");
        assert!(message.contains("a whole number from 2 to 2000"), "{message}");
    }
    let (code, message) = refused("adding", &[("variant", w("d"))]);
    assert_eq!(code, Code::UnknownName);
    assert!(message.contains("“a”") && message.contains("“c”"), "{message}");
    assert_eq!(refused("adding", &[("variant", n(1.0))]).0, Code::OutOfRange);
    assert!(refused("adding", &[("variant", w(&"x".repeat(100_000)))]).1.len() < 500);
}

#[test]
fn bounds_and_defaults_of_every_option_work() {
    for spec in task::all() {
        for option in spec.options {
            assert!(!option.title.is_empty() && option.text.ends_with('.'), "{}: {}", spec.name, option.name);
            let allowed: Vec<task::Value> = match option.values {
                Values::Whole { min, max, default } => [min, max, default].map(|v| n(v.into())).to_vec(),
                Values::Number { min, max, default } => [min, max, default].map(n).to_vec(),
                Values::Choice { values } => values.iter().map(|v| w(v.name)).collect(),
                Values::Text => vec![w("")],
            };
            for value in allowed {
                let only = options(&[(option.name, value.clone())]);
                match task::make(spec.name, &only, &data()) {
                    Ok(_) => {}
                    // It may not go with the other options' defaults; then that is said.
                    Err(e) => assert!(e.message.contains("expected"), "{} {}: {e}", spec.name, option.name),
                }
            }
        }
        let none = Options::new();
        let all = task::Chosen::new(spec, &none).unwrap().all();
        assert_eq!(all.len(), spec.options.len(), "{}", spec.name);
        assert!(task::make(spec.name, &all, &data()).is_ok(), "{}", spec.name);
    }
}

/// Options at random: whatever fits each other makes a task that obeys, and nothing else makes one.
#[test]
fn any_options_make_a_sound_task_or_a_clear_error() {
    let mut rng = Rng::new(17);
    let (mut made, mut refused) = (0, 0);
    for spec in task::all() {
        for _ in 0..20 {
            let mut chosen = Options::new();
            for option in spec.options {
                let value = match option.values {
                    Values::Whole { min, max, .. } => {
                        // Small numbers are where lengths stop fitting.
                        let span = (max - min + 1) as usize;
                        let span = if rng.int(2) == 0 { span.min(12) } else { span.min(300) };
                        n(f64::from(min) + rng.int(span) as f64)
                    }
                    Values::Number { min, max, .. } => n(min + rng.u() * (max - min)),
                    Values::Choice { values } => w(values[rng.int(values.len())].name),
                    Values::Text => w(""),
                };
                chosen.insert(option.name.into(), value);
            }
            match task::make(spec.name, &chosen, &data()) {
                Ok(task) => {
                    made += 1;
                    for part in Part::ALL {
                        let indices = task.held_out(part, 5);
                        assert_eq!(
                            offences(&task.form(), &filled(&*task, part, &indices)),
                            Vec::<String>::new(),
                            "{} {chosen:?}",
                            spec.name
                        );
                        assert!(task.baselines(part, &indices).is_ok());
                    }
                }
                Err(e) => {
                    refused += 1;
                    let known = matches!(e.code, Code::OutOfRange | Code::Format);
                    assert!(known && e.message.contains("expected"), "{} {chosen:?}: {e}", spec.name);
                }
            }
        }
    }
    assert!(made > 150 && refused > 5, "{made} made, {refused} refused");
}
