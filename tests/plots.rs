//! Figures: what is drawn where, in both themes, with every kind of value; and nothing that the data do not say.

use unrolled::plot::{Curve, Figure, Layout, Panel, Rect, Scene, Tick, all, find, palette};
use unrolled::plot::{gates, gradient_norms, influence, jacobian_norms, state_heatmap, state_norms};

const STEPS: usize = 24;

fn scene() -> Scene<'static> {
    Scene { steps: STEPS, from: 4, ..Scene::default() }
}

fn decay(rate: f64, from: usize) -> Vec<f64> {
    (0..STEPS).map(|t| if t < from { f64::NAN } else { rate.powi((t - from) as i32) }).collect()
}

fn curve<'a>(name: &'a str, slot: usize, values: &'a [f64]) -> Curve<'a> {
    Curve { name, slot, values, ghost: None }
}

fn gradients(values: &[f64]) -> Figure {
    gradient_norms::build(&scene(), "last step", &[curve("h", 0, values)])
}

/// Every plot once, with values that are easy to follow.
fn figures() -> Vec<Figure> {
    let (slow, fast) = (decay(0.9, 4), decay(0.3, 4));
    let up: Vec<f64> = (0..STEPS).map(|t| 0.5 + 0.1 * t as f64).collect();
    let flat = vec![0.25; STEPS];
    let back: Vec<f64> = (0..STEPS).map(|t| 0.02f64.powi((STEPS - 1 - t) as i32)).collect();
    let cells = (0..3 * STEPS).map(|k| (k % 7) as f64 / 3.0 - 1.0).collect();
    let memory = influence::Influence {
        output: "h",
        state: "h",
        of_input: &fast,
        of_state: &slow,
        ghost_of_input: None,
        ghost_of_state: Some(&flat),
        half_life_of_state: Some(7),
        half_life_of_input: Some(1),
    };
    let gate =
        gates::Gate { name: "f", title: "forget gate", slot: 3, mean: &flat, saturated: &flat, ghost_mean: None, ghost_saturated: None };
    vec![
        state_norms::build(&scene(), &[curve("h", 0, &up), Curve { ghost: Some(&up), ..curve("c", 1, &flat) }]),
        influence::build(&scene(), &memory),
        gradients(&back),
        jacobian_norms::build(&scene(), "h", curve("", 1, &flat), curve("", 0, &back)),
        gates::build(&scene(), &[gate]),
        state_heatmap::build(&scene(), "h", 3, cells, Some((-1.0, 1.0))).unwrap(),
    ]
}

fn svg(figure: &Figure) -> String {
    figure.svg(&Layout::default()).unwrap()
}

fn texts(svg: &str) -> Vec<&str> {
    let texts = svg.split("<text ").skip(1);
    texts.map(|t| t.split_once('>').unwrap().1.split_once("</text>").unwrap().0.trim()).collect()
}

/// Every polyline's points in CSS pixels, with its colour.
fn lines(svg: &str) -> Vec<(String, Vec<(f64, f64)>)> {
    let attribute = |tag: &str, name: &str| {
        let at = tag.split_once(&format!(" {name}=\"")).unwrap().1;
        at.split_once('"').unwrap().0.to_string()
    };
    let tags = svg.split("<polyline").skip(1).map(|tag| tag.split_once("/>").unwrap().0);
    let point = |pair: &str| {
        let (x, y) = pair.split_once(',').unwrap();
        (x.parse::<f64>().unwrap() / 4.0, y.parse::<f64>().unwrap() / 4.0)
    };
    tags.map(|tag| (attribute(tag, "stroke").to_lowercase(), attribute(tag, "points").split_whitespace().map(point).collect())).collect()
}

fn colour(slot: usize) -> String {
    palette::hex(palette::line_colour(slot, palette::Theme::Light))
}

/// The pieces of the curve in a slot's colour, the legend's sample left out.
fn pieces(svg: &str, slot: usize) -> Vec<Vec<(f64, f64)>> {
    let wanted = lines(svg).into_iter().filter(|(stroke, _)| *stroke == colour(slot));
    wanted.map(|(_, points)| points).filter(|p| p.len() != 2 || p[0].1 != p[1].1 || p[1].0 - p[0].0 != 26.0).collect()
}

#[test]
fn the_registry_names_what_is_built() {
    let built: Vec<&str> = figures().iter().map(|figure| figure.spec.name).collect();
    assert_eq!(built, all().map(|spec| spec.name));
    for spec in all() {
        assert_eq!(find(spec.name).unwrap().title, spec.title);
        assert!(spec.text.ends_with('.') && !spec.x.is_empty() && !spec.y.is_empty());
    }
    let error = find("norms").unwrap_err();
    assert!(error.message.contains("gradient-norms"), "{error}");
}

#[test]
fn figures_are_as_they_were() {
    // To accept a change: UNROLLED_ACCEPT=1 cargo test --test plots, and look at what changed.
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/figures");
    for (figure, theme) in figures().iter().zip([palette::Theme::Light, palette::Theme::Dark].into_iter().cycle()) {
        let layout = Layout { theme, width: 560.0, height: 260.0, ..Layout::default() };
        let made = figure.svg(&layout).unwrap();
        assert_eq!(made, figure.svg(&layout).unwrap(), "{} differs from itself", figure.spec.name);
        let path = folder.join(format!("{}.svg", figure.spec.name));
        if std::env::var_os("UNROLLED_ACCEPT").is_some() {
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(&path, &made).unwrap();
        }
        let kept = std::fs::read_to_string(&path).unwrap();
        assert!(made == kept, "{} is not as in {}", figure.spec.name, path.display());
    }
}

#[test]
fn a_changed_value_changes_the_figure() {
    let mut values: Vec<f64> = (0..STEPS).map(|t| 0.5f64.powi(t as i32)).collect();
    let before = svg(&gradients(&values));
    values[11] *= 1.5;
    assert_ne!(before, svg(&gradients(&values)));
}

#[test]
fn curves_keep_to_the_shared_time_axis() {
    let values: Vec<f64> = (0..STEPS).map(|t| 10f64.powi(-(t as i32) / 8)).collect();
    let layout = Layout { left: 100.0, right: 40.0, width: 640.0, ..Layout::default() };
    let text = gradients(&values).svg(&layout).unwrap();
    let curve = &pieces(&text, 0)[0];
    assert_eq!(curve.len(), STEPS);
    for (t, (x, _)) in curve.iter().enumerate() {
        let expected = 100.0 + (t as f64 + 0.5) / STEPS as f64 * 500.0;
        assert!((x - expected).abs() <= 0.125, "step {t} at {x}, expected {expected}");
    }
    // Equal values are equally high, and a decade is the same height everywhere.
    assert_eq!(curve[0].1, curve[7].1);
    let (first, second) = (curve[8].1 - curve[0].1, curve[16].1 - curve[8].1);
    assert!(first > 10.0 && (first - second).abs() <= 0.25, "{first} {second}");
}

#[test]
fn gaps_zeros_and_infinities() {
    let mut values = vec![1e-2; STEPS];
    values[5] = f64::NAN;
    values[10] = 0.0;
    values[15] = f64::INFINITY;
    let text = svg(&gradients(&values));
    assert_eq!(pieces(&text, 0).len(), 4, "the curve breaks at each of the three");
    let marks: Vec<&str> = text.split("<polygon").skip(1).collect();
    assert_eq!(marks.len(), 2, "a mark for 0 and one for ∞, none for NaN");
    // A value alone between gaps is a dot.
    let mut alone = vec![f64::NAN; STEPS];
    alone[3] = 1.0;
    assert_eq!(svg(&gradients(&alone)).matches("<circle").count(), 1);
    assert!(texts(&svg(&gradients(&[f64::NAN; STEPS]))).contains(&"no values"));
}

#[test]
fn the_floor_is_drawn_where_it_matters_and_named_where_not() {
    let floor = "f32 floor 1.2·10⁻³⁸";
    let deep: Vec<f64> = (0..STEPS).map(|t| 10f64.powi(-2 * (STEPS - 1 - t) as i32)).collect();
    let text = svg(&gradients(&deep));
    assert!(texts(&text).contains(&floor));
    let y = |text: &str| {
        let ink = palette::hex(palette::inks(palette::Theme::Light).reference);
        lines(text).into_iter().find(|(stroke, _)| *stroke == ink).map(|(_, points)| points[0].1)
    };
    let line = y(&text).unwrap();
    // What is under the floor is marked on it.
    let marks: Vec<f64> = text
        .split("<polygon")
        .skip(1)
        .map(|tag| tag.split("points=\"").nth(1).unwrap().split([',', ' ']).nth(1).unwrap().parse::<f64>().unwrap() / 4.0)
        .collect();
    assert!(!marks.is_empty() && marks.iter().all(|at| (at - line).abs() <= 0.25), "{marks:?} against {line}");
    for piece in pieces(&text, 0) {
        assert!(piece.iter().all(|(_, at)| *at <= line + 0.25), "drawn under the floor");
    }
    let shallow = svg(&gradients(&[1e-3; STEPS]));
    assert_eq!(y(&shallow), None);
    assert!(texts(&shallow).iter().any(|t| t.starts_with("↓ f32 floor") && t.contains("decades lower")));
}

#[test]
fn scales_are_absolute_unless_asked() {
    let values: Vec<f64> = (0..STEPS).map(|t| 100.0 * 0.5f64.powi((STEPS - 1 - t) as i32)).collect();
    let plain = gradients(&values);
    assert_eq!((plain.y().scale, plain.y().range.1), ("log", 100.0));
    let scene = Scene { relative: true, log: Some(false), ..scene() };
    let asked = gradient_norms::build(&scene, "", &[curve("h", 0, &values)]);
    assert_eq!((asked.y().scale, asked.y().range), ("linear", (0.0, 1.0)));
    assert!(asked.y().title.contains("relative to its start"));
    assert!(!plain.y().title.contains("relative"));
}

#[test]
fn summaries_say_what_the_data_say() {
    let said: Vec<String> = figures().iter().map(|figure| figure.summary.clone()).collect();
    assert!(said[0].starts_with("‖hₜ‖ is 0.500 at step 1, largest at step 24 (2.80), and 2.80 at step 24"), "{}", said[0]);
    assert!(said[1].starts_with("‖∂hₜ/∂h₅‖ falls under half after 7 steps for good; 19 steps on it is 0.14."), "{}", said[1]);
    assert!(said[1].contains("‖∂hₜ/∂x₅‖ falls under half after 1 step"), "{}", said[1]);
    assert!(
        said[2].starts_with("‖∂L/∂hₜ‖ is 1.0 at step 24 and 8.4·10⁻⁴⁰ at step 1, 8.4·10⁻⁴⁰ of that; at step 1 it is under"),
        "{}",
        said[2]
    );
    assert!(said[3].contains("0.25-fold at the median") && said[3].contains("All 23 steps together: 8.4·10⁻⁴⁰-fold."), "{}", said[3]);
    assert_eq!(said[4], "The forget gate f is 0.25 on average (0.25 to 0.25), 25 % of it saturated.");
    assert!(said[5].starts_with("The largest value is −1.00 (unit 0, step 1)"), "{}", said[5]);
    assert_eq!(gates::build(&scene(), &[]).summary, "This cell has no gates: nothing decides what is kept.");
    assert_eq!(gradients(&[]).summary, "There are no values.");
}

#[test]
fn csv_reads_back_as_the_same_numbers() {
    for figure in figures() {
        let text = figure.csv();
        let mut rows = text.lines();
        let names: Vec<&str> = rows.next().unwrap().split(',').skip(1).collect();
        let table: Vec<Vec<&str>> = rows.map(|row| row.split(',').skip(1).collect()).collect();
        assert_eq!(table.len(), STEPS);
        let same = |written: &str, value: f64| if value.is_nan() { written.is_empty() } else { written.parse() == Ok(value) };
        for (k, (head, values)) in figure.series(palette::Theme::Light).iter().enumerate() {
            let column = names.iter().position(|name| *name == head.name).unwrap_or_else(|| panic!("{} is missing", head.name));
            assert_eq!(column, k);
            for (t, value) in values.iter().enumerate() {
                assert!(same(table[t][column], *value), "{} at {t}", head.name);
            }
        }
        if let Some(Panel::Heatmap(map)) = figure.panels.first() {
            assert_eq!(names, ["hₜ unit 0", "hₜ unit 1", "hₜ unit 2"]);
            assert!((0..STEPS).all(|t| same(table[t][2], map.value(2, t))));
        }
    }
    let labels: Vec<String> = (0..STEPS).map(|t| format!("word \"{t}\", end")).collect();
    let named = state_norms::build(&Scene { labels: &labels, ..scene() }, &[]);
    assert!(named.csv().starts_with("step,label\n1,\"word \"\"0\"\", end\"\n"), "{}", named.csv());
}

#[test]
fn a_heatmap_is_blitted_into_the_plotting_rectangle() {
    let figure = figures().pop().unwrap();
    let layout = Layout { precision: 2, ..Layout::default() };
    let mut text = String::new();
    let mut blits: Vec<Rect> = vec![];
    {
        use plotters::prelude::*;
        let area = SVGBackend::with_string(&mut text, (1520, 600)).into_drawing_area();
        let rect = figure
            .draw(&area, &layout, &mut |map, rect| {
                assert_eq!((map.rows, map.columns), (3, STEPS));
                blits.push(rect);
                Ok(())
            })
            .unwrap();
        assert_eq!((blits[0].left, blits[0].top, blits[0].width), (rect.left, rect.top, rect.width));
        assert!(blits.len() == 1 && (blits[0].bottom() - rect.bottom()).abs() < 1e-9);
        assert_eq!((rect.left, rect.right()), (layout.left, layout.width - layout.right));
    }
    // In a file the picture lies behind the axes, as a PNG of one pixel per value.
    let file = svg(&figure);
    assert_eq!(file.matches("<image ").count(), 1);
    assert!(file.find("<image ").unwrap() < file.find("<text ").unwrap());
}

#[test]
fn hidden_lines_are_left_out_and_axes_stay() {
    let figure = &figures()[1];
    let layout = Layout { hidden: vec!["‖∂hₜ/∂x₅‖".into()], ..Layout::default() };
    let (all, some) = (svg(figure), figure.svg(&layout).unwrap());
    assert!(!pieces(&all, 1).is_empty() && pieces(&some, 1).is_empty());
    assert!(!texts(&some).contains(&"‖∂hₜ/∂x₅‖"));
    assert_eq!(pieces(&all, 0), pieces(&some, 0));
}

#[test]
fn steps_are_counted_from_one_or_named() {
    let figure = gradients(&[1.0; STEPS]);
    let said = svg(&figure);
    assert!(texts(&said).contains(&"24") && !texts(&said).contains(&"0"));
    assert!(figure.csv().contains("\n1,") && figure.csv().contains("\n24,"));
    let ticks = [Tick { t: 3, text: "22 Nov".into() }];
    let named = gradient_norms::build(&Scene { ticks: &ticks, ..scene() }, "", &[curve("h", 0, &[1.0; STEPS])]);
    let said = svg(&named);
    assert!(texts(&said).contains(&"22 Nov") && !texts(&said).contains(&"24"));
}

#[test]
fn the_lane_in_question_stands_out() {
    let figure = &figures()[0];
    let layout = Layout { lane: Some("c".into()), ..Layout::default() };
    let thick = |svg: &str| svg.matches("stroke-width=\"16\"").count();
    assert_eq!(thick(&svg(figure)), 0);
    assert!(thick(&figure.svg(&layout).unwrap()) > 0);
}

#[test]
fn the_reverse_direction_is_read_from_its_start() {
    let values: Vec<f64> = (0..STEPS).map(|t| 0.5f64.powi(t as i32)).collect();
    let back = Scene { reverse: true, ..scene() };
    let figure = gradient_norms::build(&back, "", &[curve("h", 0, &values)]);
    assert!(figure.summary.starts_with("‖∂L/∂hₜ‖ is 1.0 at step 1 and 1.2·10⁻⁷ at step 24"), "{}", figure.summary);
}

#[test]
fn degenerate_figures_can_be_drawn() {
    let one = Scene { steps: 1, ..Scene::default() };
    let none = Scene { steps: 0, ..Scene::default() };
    for values in [&[][..], &[0.0], &[f64::NAN], &[f64::INFINITY], &[-1e308], &[5e-324]] {
        for scene in [one, none] {
            for log in [None, Some(true), Some(false)] {
                let scene = Scene { log, ..scene };
                let figure = state_norms::build(&scene, &[curve("h", 0, values)]);
                let tiny = Layout { width: 40.0, height: 20.0, cursor: Some(0), hover: Some(9), ..Layout::default() };
                assert!(figure.svg(&tiny).unwrap().ends_with("</svg>\n"));
                let figure = jacobian_norms::build(&scene, "h", curve("", 0, values), curve("", 1, values));
                assert!(!svg(&figure).contains("NaN"));
            }
        }
    }
    let empty = state_heatmap::build(&none, "h", 0, vec![], None).unwrap();
    assert!(svg(&empty).ends_with("</svg>\n"));
    assert!(state_heatmap::build(&one, "h", 2, vec![0.0], None).is_err());
}

#[test]
fn lanes_that_are_drawn_are_told_apart() {
    for family in unrolled::cell::all() {
        for options in unrolled::cell::variants(*family) {
            let spec = family.f32(&options).spec();
            let drawn = (0..spec.lanes.len()).filter(|k| spec.lanes[*k].kind != unrolled::cell::Kind::Internal);
            let looks: Vec<_> = drawn
                .map(|k| palette::slot(spec, k))
                .map(|slot| (palette::line_colour(slot, palette::Theme::Light), format!("{:?}", palette::dashes(slot))))
                .collect();
            for (k, look) in looks.iter().enumerate() {
                assert!(!looks[..k].contains(look), "{}: two lanes are drawn alike", spec.title);
            }
        }
    }
}
