//! Figures of a training: kept as they were, all values shown, also those that are no numbers; and nothing said that the data do
//! not say.

use unrolled::plot::train::{Data, Series, Tensor, all, build};
use unrolled::plot::{Figure, Layout, Level, palette};

const UPDATES: usize = 400;

/// The same noise on every machine, −1…1.
fn noise(k: usize) -> f64 {
    f64::from((k as u32).wrapping_mul(2_654_435_761) >> 16) / 32_768.0 - 1.0
}

fn updates(n: usize, stride: usize) -> Vec<f64> {
    (1..=n / stride).map(|k| (k * stride) as f64).collect()
}

fn series(name: &str, role: &str, slot: usize, at: Vec<f64>, value: impl Fn(f64) -> f64) -> Series {
    let values = at.iter().map(|u| value(*u)).collect();
    Series { name: name.into(), role: role.into(), slot, at, values, ..Series::default() }
}

fn level(name: &str, value: f64) -> Level {
    Level { value, name: name.into() }
}

fn loss(u: f64) -> f64 {
    0.02 + 0.4 * (-u / 90.0).exp()
}

/// Two runs, one of them thinned to buckets with a smallest and a largest value.
fn losses() -> Data {
    let raw = |u: f64| loss(u) * (1.0 + 0.3 * noise(u as usize));
    let mut thinned = series("Run 2", "training", 1, updates(UPDATES, 4), |u| 1.4 * loss(u));
    thinned.low = thinned.values.iter().map(|v| 0.8 * v).collect();
    thinned.high = thinned.values.iter().map(|v| 1.3 * v).collect();
    let series = vec![
        series("Run 1", "training", 0, updates(UPDATES, 1), raw),
        thinned,
        series("Run 1", "validation", 0, updates(UPDATES, 25), |u| 1.1 * loss(u)),
        series("Run 2", "validation", 1, updates(UPDATES, 25), |u| 1.5 * loss(u)),
    ];
    Data {
        series,
        levels: vec![level("persistence", 0.05), level("guessing the mean", 0.31)],
        unit: "mean square".into(),
        ..Data::default()
    }
}

fn norms(value: impl Fn(f64) -> f64) -> Data {
    let before = series("Run 1", "before", 0, updates(UPDATES, 1), &value);
    let after = series("Run 1", "after", 0, updates(UPDATES, 1), |u| value(u).min(1.0));
    Data { series: vec![before, after], levels: vec![level("clipped at 1", 1.0)], ..Data::default() }
}

fn columns(steps: usize, chunk: usize) -> Data {
    let at = updates(UPDATES, 20);
    let reach = |u: f64| 0.3 + 0.6 * u / UPDATES as f64;
    let values = at.iter().flat_map(|u| (0..steps).map(move |t| 0.1 * reach(*u).powi((steps - 1 - t) as i32))).collect();
    Data { at, steps, values, chunk, updates: UPDATES, ..Data::default() }
}

fn tensors(scale: f64) -> Vec<Tensor> {
    let bell = |width: f64| move |k: usize| (4000.0 * (-((k as f64 - 15.5) / width).powi(2)).exp()).floor();
    let edges: Vec<f64> = (0..=32).map(|k| scale * (f64::from(k) / 16.0 - 1.0)).collect();
    let tensor = |name: &str, width| Tensor {
        name: name.into(),
        edges: edges.clone(),
        counts: (0..32).map(bell(width)).collect(),
        ..Tensor::default()
    };
    vec![tensor("weight_ih_l0", 5.0), tensor("weight_hh_l0", 3.0), tensor("head.weight", 8.0)]
}

fn held() -> Data {
    let truth = series("truth", "truth", 0, updates(24, 1), |u| 12.0 + 4.0 * (u / 5.0).sin());
    let prediction = series("prediction", "prediction", 1, updates(24, 1), |u| 11.5 + 3.5 * (u / 5.0).sin());
    Data { series: vec![truth, prediction], quantity: "temperature".into(), unit: "°C".into(), ..Data::default() }
}

/// Every plot once.
fn data() -> Vec<(&'static str, Data)> {
    let best = |u: f64| 0.8 + 2.0 * (-u / 60.0).exp();
    let metric = Data {
        series: vec![series("Run 1", "validation", 0, updates(UPDATES, 25), best)],
        levels: vec![level("persistence", 0.978)],
        quantity: "root mean square error".into(),
        unit: "°C".into(),
        ..Data::default()
    };
    let lanes = ["i: input gate", "f: forget gate"];
    let share = |k: usize| move |u: f64| 0.1 * (k + 1) as f64 + 0.3 * u / UPDATES as f64;
    let saturation = lanes.iter().enumerate().map(|(k, lane)| series(lane, "", 2 + k, updates(UPDATES, 10), share(k))).collect();
    let rate = |u: f64| if u < 50.0 { u / 50.0 * 3e-3 } else { 3e-3 * (0.5 + 0.5 * ((u - 50.0) / 350.0 * std::f64::consts::PI).cos()) };
    vec![
        ("train-loss", losses()),
        ("train-metric", metric),
        ("train-held", held()),
        ("train-step-norms", columns(24, 8)),
        ("train-norm", norms(|u| 0.4 * (1.0 + 0.8 * noise(u as usize)) * if u == 200.0 { 90.0 } else { 1.0 })),
        ("train-saturation", Data { series: saturation, ..Data::default() }),
        ("train-weights", Data { tensors: tensors(0.5), ..Data::default() }),
        ("train-gradients", Data { tensors: tensors(4.0), log: Some(true), ..Data::default() }),
        ("train-rate", Data { series: vec![series("Run 1", "", 0, updates(UPDATES, 1), rate)], ..Data::default() }),
    ]
}

fn figure(name: &str, data: &Data) -> Figure {
    build(name, data).unwrap()
}

fn svg(figure: &Figure) -> String {
    figure.svg(&Layout { width: 560.0, height: 260.0, ..Layout::default() }).unwrap()
}

fn texts(svg: &str) -> Vec<&str> {
    svg.split("<text ").skip(1).map(|t| t.split_once('>').unwrap().1.split_once("</text>").unwrap().0.trim()).collect()
}

#[test]
fn the_registry_names_what_is_built() {
    let names: Vec<&str> = data().iter().map(|(name, _)| *name).collect();
    assert_eq!(names, all().map(|spec| spec.name));
    for (name, data) in data() {
        assert_eq!(figure(name, &data).spec.name, name);
    }
    for spec in all() {
        assert!(spec.text.ends_with('.') && !spec.x.is_empty() && !spec.y.is_empty());
        assert!(unrolled::plot::find(spec.name).is_err(), "{} is shown under the instrument", spec.name);
    }
    let error = build("loss", &Data::default()).unwrap_err();
    assert!(error.message.contains("train-loss"), "{error}");
}

#[test]
fn figures_are_as_they_were() {
    // To accept a change: UNROLLED_ACCEPT=1 cargo test --test train_plots, and look at what changed.
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/figures");
    for ((name, data), theme) in data().iter().zip([palette::Theme::Light, palette::Theme::Dark].into_iter().cycle()) {
        let layout = Layout { theme, width: 560.0, height: 260.0, ..Layout::default() };
        let made = figure(name, data).svg(&layout).unwrap();
        let path = folder.join(format!("{name}.svg"));
        if std::env::var_os("UNROLLED_ACCEPT").is_some() {
            std::fs::write(&path, &made).unwrap();
        }
        let kept = std::fs::read_to_string(&path).unwrap();
        assert!(made == kept, "{name} is not as in {}", path.display());
    }
}

#[test]
fn a_changed_value_changes_the_figure() {
    for (name, before) in data() {
        let mut after = before.clone();
        if let Some(series) = after.series.first_mut() {
            series.values[5] *= 1.5;
        } else if let Some(tensor) = after.tensors.first_mut() {
            tensor.counts[16] *= 0.01;
        } else {
            after.values[40] *= 1e-3;
        }
        assert_ne!(svg(&figure(name, &before)), svg(&figure(name, &after)), "{name}");
    }
}

/// Places of the marks: triangles and the two strokes of a cross, in CSS pixels.
fn triangles(svg: &str) -> usize {
    svg.split("<polygon").skip(1).filter(|tag| tag.split("/>").next().unwrap().matches(',').count() == 3).count()
}

#[test]
fn what_is_no_number_is_marked_and_never_dropped() {
    let plain = svg(&figure("train-norm", &norms(|_| 0.5)));
    assert_eq!(triangles(&plain), 0);
    let strokes = |svg: &str| svg.matches("<polyline").count();
    let infinite = svg(&figure("train-norm", &norms(|u| if u == 100.0 { f64::INFINITY } else { 0.5 })));
    // After clipping the norm is finite again, so that one series is marked.
    assert_eq!(triangles(&infinite), 1);
    let broken = svg(&figure("train-norm", &norms(|u| if u == 100.0 { f64::NAN } else { 0.5 })));
    assert_eq!(strokes(&broken), strokes(&plain) + 2 + 1, "a cross, and the line in two");
    let said = figure("train-norm", &norms(|u| if u > 100.0 { f64::NAN } else { 0.5 })).summary;
    assert!(said.contains("300 of 400 not finite"), "{said}");
    // The same where many updates have become one: a bucket's mean tells of what its smallest and largest do not.
    let mut data = losses();
    data.series.truncate(2);
    data.series.remove(0);
    let whole = strokes(&svg(&figure("train-loss", &data)));
    data.series[0].values[50] = f64::NAN;
    assert_eq!(strokes(&svg(&figure("train-loss", &data))), whole + 2 + 1);
}

#[test]
fn baselines_are_named_on_their_lines() {
    let text = svg(&figure("train-loss", &losses()));
    assert!(texts(&text).contains(&"persistence") && texts(&text).contains(&"guessing the mean"));
    assert!(texts(&text).contains(&"Run 1: training") && texts(&text).contains(&"Run 2: validation"));
    let mut dots = losses();
    dots.series.drain(..2);
    assert!(texts(&svg(&figure("train-metric", &dots))).contains(&"Run 2"), "the title says what it is");
    let mut alone = losses();
    alone.series.retain(|series| series.name == "Run 1");
    let text = svg(&figure("train-loss", &alone));
    assert!(texts(&text).contains(&"training") && !texts(&text).iter().any(|t| t.contains("Run 1")));
}

#[test]
fn an_axis_of_updates_is_shared() {
    let long = Data { updates: 1000, ..norms(|_| 0.5) };
    let (short, long) = (figure("train-norm", &norms(|_| 0.5)), figure("train-norm", &long));
    assert_eq!((short.steps, long.steps), (400, 1000));
    let right = |svg: &str| {
        let points = svg.split("points=\"").skip(1).map(|p| p.split('"').next().unwrap());
        let xs = points.flat_map(|p| p.split_whitespace().map(|pair| pair.split(',').next().unwrap().parse::<f64>().unwrap() / 4.0));
        xs.filter(|x| *x < 543.9).fold(0.0, f64::max)
    };
    // Update 400 of 1000 lies at 40 % of the width.
    let line = Data { levels: vec![], series: norms(|_| 0.5).series[..1].to_vec(), updates: 1000, ..Data::default() };
    let at = right(&svg(&figure("train-norm", &line)));
    assert!((at - (64.0 + 480.0 * 399.5 / 1000.0)).abs() < 0.3, "{at}");
    assert!(!svg(&short).is_empty() && !svg(&long).is_empty());
}

#[test]
fn summaries_say_what_the_data_say() {
    let said: Vec<String> = data().iter().map(|(name, data)| figure(name, data).summary).collect();
    assert!(said[0].contains("Run 1: training loss is 0.0") && said[0].contains("running median over the last 11 updates"), "{}", said[0]);
    assert!(said[0].contains("lowest validation loss 0.0272 at update 400, better than persistence (0.0500), guessing"), "{}", said[0]);
    assert!(said[1].contains("best 0.803 °C at update 400, better than persistence (0.978)"), "{}", said[1]);
    assert!(said[2].contains("°C over 24 answers; furthest off at step"), "{}", said[2]);
    assert!(said[3].starts_with("At update 400 the gradient is 0.10 at step 24 and 0.0089 at step 1"), "{}", said[3]);
    assert!(said[3].contains("chunks of 8 steps"), "{}", said[3]);
    assert!(said[4].contains("at most") && said[4].contains("(update 200)"), "{}", said[4]);
    assert_eq!(said[5], "Saturated at update 400: i: input gate: 40 % (at first 11 %); f: forget gate: 50 % (at first 21 %).");
    assert!(said[6].starts_with("weight_ih_l0: ") && said[6].contains("−0.50 … 0.50"), "{}", said[6]);
    let few = Tensor { zeros: 7.0, not_finite: 2.0, ..tensors(4.0)[0].clone() };
    let few = figure("train-gradients", &Data { tensors: vec![few], log: Some(true), ..Data::default() }).summary;
    assert!(few.ends_with("3.2·10⁻⁴ … 3162, 7 exactly 0, 2 not finite."), "{few}");
    assert!(said[8].contains("its largest was 0.00300 at update 50"), "{}", said[8]);
    let worse = Data { levels: vec![level("persistence", 0.01)], ..losses() };
    assert!(figure("train-loss", &worse).summary.contains("not yet better than persistence (0.0100)"));
    for spec in all() {
        assert_eq!(figure(spec.name, &Data::default()).summary, "There are no values yet.", "{}", spec.name);
    }
}

#[test]
fn csv_has_every_value_at_its_update() {
    let data = losses();
    // Commas inside quotes are no borders.
    let text = figure("train-loss", &data).csv().replace(", ", " ").replace('"', "");
    let mut rows = text.lines();
    let names: Vec<&str> = rows.next().unwrap().split(',').collect();
    assert_eq!(names[0], "update");
    let table: Vec<Vec<&str>> = rows.map(|row| row.split(',').collect()).collect();
    let updates: Vec<f64> = table.iter().map(|row| row[0].parse().unwrap()).collect();
    assert!(updates.windows(2).all(|pair| pair[0] < pair[1]));
    let thinned = &data.series[1];
    for (name, at, values) in [
        ("Run 1: training each update", &data.series[0].at, &data.series[0].values),
        ("Run 2: training each update smallest", &thinned.at, &thinned.low),
        ("Run 2: training each update largest", &thinned.at, &thinned.high),
        ("Run 1: validation", &data.series[2].at, &data.series[2].values),
    ] {
        let column = names.iter().position(|n| *n == name).unwrap_or_else(|| panic!("{name} is not among {names:?}"));
        for (update, value) in at.iter().zip(values) {
            let row = table.iter().find(|row| row[0].parse() == Ok(*update)).unwrap();
            assert_eq!(row[column].parse(), Ok(*value), "{name} at {update}");
        }
        assert_eq!(table.iter().filter(|row| !row[column].is_empty()).count(), at.len());
    }
    // The heatmap: one row per column, as many values as steps.
    let map = columns(24, 8);
    let text = figure("train-step-norms", &map).csv();
    assert_eq!(text.lines().count(), 1 + map.at.len());
    assert!(text.starts_with("update,‖∂L/∂hₜ‖ step t 1,") && text.lines().nth(1).unwrap().starts_with("20,"), "{}", &text[..80]);
    let last = text.lines().last().unwrap().rsplit(',').next().unwrap().parse::<f64>();
    assert_eq!(last, Ok(0.1));
    // Histograms: one row per bin.
    let text = figure("train-weights", &Data { tensors: tensors(0.5), ..Data::default() }).csv();
    assert_eq!(text.lines().count(), 1 + 3 * 32);
    assert!(text.contains("\nweight_hh_l0,-0.5,-0.46875,"));
}

#[test]
fn the_heatmap_has_its_floor_and_the_borders_of_chunks() {
    let ink = palette::hex(palette::inks(palette::Theme::Light).reference).to_uppercase();
    let is_border = |tag: &str| tag.split("/>").next().unwrap().contains(&format!("fill=\"{ink}\""));
    let borders = |chunk: usize| svg(&figure("train-step-norms", &columns(24, chunk))).split("<rect ").filter(|tag| is_border(tag)).count();
    assert_eq!(borders(0), 0);
    assert_eq!((borders(8), borders(5), borders(24)), (2, 4, 0));
    let text = svg(&figure("train-step-norms", &columns(24, 0)));
    assert!(texts(&text).iter().any(|t| t.starts_with("f32 floor 2") && t.ends_with("decades lower")), "{:?}", texts(&text));
    assert!(texts(&text).contains(&"10⁻¹⁴") || texts(&text).iter().any(|t| t.starts_with("10⁻")));
    let mut deep = columns(24, 0);
    deep.values[0] = 1e-39;
    let deep = svg(&figure("train-step-norms", &deep));
    assert!(texts(&deep).iter().any(|t| t.starts_with("f32 floor 1.2·10⁻³⁸")), "{:?}", texts(&deep));
    let short = Data { steps: 23, ..columns(24, 0) };
    assert!(build("train-step-norms", &short).is_err());
}

#[test]
fn classes_are_dots_and_crosses() {
    let nan = f64::NAN;
    let values = |values: &[f64]| Series { values: values.to_vec(), ..Series::default() };
    let right = Series { role: "right".into(), name: "right".into(), slot: 2, ..values(&[nan, 0.9, nan, 0.7]) };
    let wrong = Series { role: "wrong".into(), name: "wrong".into(), slot: 1, ..values(&[0.2, nan, nan, nan]) };
    let labels = ["the", "cat", "sat", "."].map(String::from).to_vec();
    let data = Data { series: vec![right, wrong], labels, levels: vec![level("guessing", 0.25)], ..Data::default() };
    let figure = figure("train-held", &data);
    assert_eq!(figure.summary, "2 of 3 answers right; the right class has a probability of 0.60 on average.");
    let text = svg(&figure);
    assert_eq!(text.matches("<circle").count(), 2 + 1, "two right answers and the legend's sample");
    assert!(texts(&text).contains(&"cat"));
}

#[test]
fn degenerate_data_can_be_drawn() {
    for spec in all() {
        for log in [None, Some(true), Some(false)] {
            for values in [&[][..], &[0.0], &[f64::NAN], &[f64::INFINITY], &[-1e308, 1e308], &[5e-324]] {
                let at = updates(values.len(), 1);
                let one = |role: &str| Series { role: role.into(), at: at.clone(), values: values.to_vec(), ..Series::default() };
                let roles = ["training", "validation", "before", "after", "truth", "prediction", "right"];
                let tensor = Tensor { name: "w".into(), edges: vec![0.0, 1.0], counts: values.to_vec(), ..Tensor::default() };
                let (series, tensors) = (roles.map(one).to_vec(), vec![tensor]);
                let data = Data { series, log, tensors, at: at.clone(), steps: 1, values: values.to_vec(), ..Data::default() };
                let figure = figure(spec.name, &data);
                let tiny = Layout { width: 40.0, height: 20.0, ..Layout::default() };
                assert!(figure.svg(&tiny).unwrap().ends_with("</svg>\n"));
                assert!(!figure.csv().is_empty());
                let text = svg(&figure);
                assert!(!text.contains("NaN"), "{} {values:?} {log:?}: {}", spec.name, figure.summary);
            }
        }
    }
}
