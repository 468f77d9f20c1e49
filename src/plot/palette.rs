//! The only colours of values, lines, axes and text in figures. Colour maps are interpolated in OKLab (Björn Ottosson,
//! "A perceptual color space for image processing", 2020) between a few anchors, so that equal steps of a value look equal.

use crate::cell::{Kind, Spec};

pub type Rgb = [u8; 3];

#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Theme {
    #[default]
    Light,
    Dark,
}

impl Theme {
    /// "dark", or anything else for light.
    pub fn from_name(name: &str) -> Self {
        if name == "dark" { Theme::Dark } else { Theme::Light }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Map {
    /// −1…1: blue, close to the background at 0, orange. Blue against orange holds for every common colour blindness.
    Diverging,
    /// 0…1: from close to the background to far from it.
    Sequential,
}

impl Map {
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "diverging" => Some(Map::Diverging),
            "sequential" => Some(Map::Sequential),
            _ => None,
        }
    }
}

/// Lightness, chroma and hue (degrees) in OKLCh, at a place of 0…1.
type Anchor = (f64, f64, f64, f64);

const DIVERGING_LIGHT: &[Anchor] = &[
    (0.0, 0.42, 0.145, 262.0),
    (0.25, 0.67, 0.125, 252.0),
    (0.5, 0.965, 0.0, 252.0),
    (0.5, 0.965, 0.0, 62.0),
    (0.75, 0.67, 0.14, 55.0),
    (1.0, 0.42, 0.115, 48.0),
];
const DIVERGING_DARK: &[Anchor] = &[
    (0.0, 0.83, 0.1, 235.0),
    (0.25, 0.55, 0.125, 250.0),
    (0.5, 0.25, 0.0, 250.0),
    (0.5, 0.25, 0.0, 50.0),
    (0.75, 0.55, 0.125, 52.0),
    (1.0, 0.83, 0.125, 72.0),
];
const SEQUENTIAL_LIGHT: &[Anchor] =
    &[(0.0, 0.975, 0.012, 110.0), (0.3, 0.82, 0.09, 165.0), (0.65, 0.57, 0.1, 225.0), (1.0, 0.3, 0.13, 275.0)];
const SEQUENTIAL_DARK: &[Anchor] =
    &[(0.0, 0.24, 0.03, 275.0), (0.35, 0.43, 0.12, 270.0), (0.65, 0.64, 0.105, 200.0), (1.0, 0.93, 0.12, 110.0)];

/// Where a value of the map's range lies in its 256 entries; outside it stays at the end. NaN has no place.
pub fn index(map: Map, value: f64) -> Option<usize> {
    let unit = match map {
        Map::Diverging => 0.5 + 0.5 * value,
        Map::Sequential => value,
    };
    (!unit.is_nan()).then(|| (unit.clamp(0.0, 1.0) * 255.0).round() as usize)
}

/// 256 colours, evenly over the map's range.
pub fn table(map: Map, theme: Theme) -> [Rgb; 256] {
    let anchors = match (map, theme) {
        (Map::Diverging, Theme::Light) => DIVERGING_LIGHT,
        (Map::Diverging, Theme::Dark) => DIVERGING_DARK,
        (Map::Sequential, Theme::Light) => SEQUENTIAL_LIGHT,
        (Map::Sequential, Theme::Dark) => SEQUENTIAL_DARK,
    };
    std::array::from_fn(|k| rgb(between(anchors, k as f64 / 255.0)))
}

/// The same as bytes for ImageData and for JavaScript: 256 × RGBA.
pub fn rgba(map: Map, theme: Theme) -> Vec<u8> {
    table(map, theme).iter().flat_map(|[r, g, b]| [*r, *g, *b, 255]).collect()
}

/// (L, a, b) at a place of 0…1, linear between the two anchors around it.
fn between(anchors: &[Anchor], at: f64) -> [f64; 3] {
    let lab = |anchor: Anchor| {
        let (sin, cos) = anchor.3.to_radians().sin_cos();
        [anchor.1, anchor.2 * cos, anchor.2 * sin]
    };
    let next = anchors.iter().position(|anchor| anchor.0 > at).unwrap_or(anchors.len() - 1).max(1);
    let (low, high) = (anchors[next - 1], anchors[next]);
    let share = ((at - low.0) / (high.0 - low.0)).clamp(0.0, 1.0);
    let (low, high) = (lab(low), lab(high));
    std::array::from_fn(|k| low[k] + share * (high[k] - low[k]))
}

/// OKLab to linear sRGB.
fn linear([l, a, b]: [f64; 3]) -> [f64; 3] {
    let cube = |x: f64| x * x * x;
    let long = cube(l + 0.3963377774 * a + 0.2158037573 * b);
    let medium = cube(l - 0.1055613458 * a - 0.0638541728 * b);
    let short = cube(l - 0.0894841775 * a - 1.2914855480 * b);
    [
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    ]
}

fn rgb(lab: [f64; 3]) -> Rgb {
    linear(lab).map(|x| {
        let x = x.clamp(0.0, 1.0);
        let encoded = if x <= 0.0031308 { 12.92 * x } else { 1.055 * x.powf(1.0 / 2.4) - 0.055 };
        (encoded * 255.0).round() as u8
    })
}

/// What a figure is made of besides values.
#[derive(Clone, Copy, Debug)]
pub struct Inks {
    pub background: Rgb,
    pub text: Rgb,
    /// Axis titles, tick labels.
    pub quiet: Rgb,
    pub axis: Rgb,
    pub grid: Rgb,
    /// The chosen step.
    pub cursor: Rgb,
    /// The step under the pointer.
    pub hover: Rgb,
    /// The untouched run.
    pub ghost: Rgb,
    /// Lines of reference: the f32 floor, 1.
    pub reference: Rgb,
    /// A value that is not a number.
    pub missing: Rgb,
}

pub fn inks(theme: Theme) -> Inks {
    match theme {
        Theme::Light => Inks {
            background: [0xfd, 0xfc, 0xf9],
            text: [0x1d, 0x21, 0x27],
            quiet: [0x5a, 0x60, 0x6a],
            axis: [0xa0, 0x9c, 0x92],
            grid: [0xe8, 0xe5, 0xdd],
            cursor: [0x1d, 0x21, 0x27],
            hover: [0x8b, 0x93, 0x9e],
            ghost: [0xa3, 0xa9, 0xb2],
            reference: [0x8a, 0x2b, 0x2b],
            missing: [0xd4, 0x2b, 0xd4],
        },
        Theme::Dark => Inks {
            background: [0x15, 0x17, 0x1b],
            text: [0xe9, 0xe6, 0xdf],
            quiet: [0xaa, 0xae, 0xb6],
            axis: [0x6f, 0x78, 0x85],
            grid: [0x2c, 0x32, 0x3a],
            cursor: [0xec, 0xef, 0xf3],
            hover: [0x8a, 0x93, 0x9f],
            ghost: [0x70, 0x78, 0x84],
            reference: [0xff, 0xa3, 0x9e],
            missing: [0xff, 0x6b, 0xff],
        },
    }
}

/// Lines told apart by colour and by dashes (CSS pixels on, off, on, off, …; empty is solid).
pub const SLOTS: usize = 8;

const LINES_LIGHT: [Rgb; SLOTS] = [
    [0x00, 0x62, 0xb8],
    [0xc6, 0x4f, 0x00],
    [0x00, 0x83, 0x5f],
    [0xa8, 0x2c, 0x7c],
    [0x5c, 0x4d, 0x00],
    [0x4a, 0x91, 0xd0],
    [0x33, 0x33, 0x3d],
    [0x8f, 0x45, 0xe0],
];
const LINES_DARK: [Rgb; SLOTS] = [
    [0x5a, 0xb4, 0xff],
    [0xff, 0xa0, 0x4d],
    [0x58, 0xd2, 0x74],
    [0xe0, 0x70, 0xb4],
    [0xe3, 0xd3, 0x4a],
    [0x8c, 0x64, 0xf0],
    [0xe6, 0xe8, 0xec],
    [0xac, 0x5a, 0x32],
];
const DASHES: [&[f64]; SLOTS] =
    [&[], &[9.0, 3.0], &[2.0, 2.5], &[9.0, 3.0, 2.0, 3.0], &[5.0, 3.0], &[14.0, 4.0], &[1.0, 3.0], &[14.0, 3.0, 2.0, 3.0]];

pub fn line_colour(slot: usize, theme: Theme) -> Rgb {
    match theme {
        Theme::Light => LINES_LIGHT[slot % SLOTS],
        Theme::Dark => LINES_DARK[slot % SLOTS],
    }
}

/// A colour close to the background: for what stands behind.
pub fn pale(colour: Rgb, theme: Theme) -> Rgb {
    let background = inks(theme).background;
    std::array::from_fn(|k| (0.4 * f64::from(colour[k]) + 0.6 * f64::from(background[k])).round() as u8)
}

pub fn dashes(slot: usize) -> &'static [f64] {
    // A second round of the same colours has other dashes.
    DASHES[(slot + slot / SLOTS) % SLOTS]
}

/// The slot of a lane, the same in every figure of a cell: the output first, then what else is carried, then the rest; last what is
/// never drawn as a line, so that lanes that are do not share a colour.
pub fn slot(spec: &Spec, lane: usize) -> usize {
    let rank = |k: usize| match &spec.lanes[k] {
        lane if lane.output => 0,
        lane if lane.carried => 1,
        lane if lane.kind != Kind::Internal => 2,
        _ => 3,
    };
    let order: Vec<usize> = (0..4).flat_map(|r| (0..spec.lanes.len()).filter(move |k| rank(*k) == r)).collect();
    // Slots 0 and 1 belong to the states even where a cell has only one of them.
    let states = order.iter().filter(|k| rank(**k) < 2).count();
    let at = order.iter().position(|k| *k == lane).unwrap_or(0);
    if at < states { at } else { at - states + states.max(2) }
}

/// "#rrggbb"
pub fn hex([r, g, b]: Rgb) -> String {
    format!("#{r:02x}{g:02x}{b:02x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lab([r, g, b]: Rgb) -> [f64; 3] {
        let open = |x: u8| {
            let x = x as f64 / 255.0;
            if x <= 0.04045 { x / 12.92 } else { ((x + 0.055) / 1.055).powf(2.4) }
        };
        from_linear([open(r), open(g), open(b)])
    }

    fn from_linear([r, g, b]: [f64; 3]) -> [f64; 3] {
        let l = (0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b).cbrt();
        let m = (0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b).cbrt();
        let s = (0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b).cbrt();
        [
            0.2104542553 * l + 0.7936177850 * m - 0.0040720468 * s,
            1.9779984951 * l - 2.4285922050 * m + 0.4505937099 * s,
            0.0259040371 * l + 0.7827717662 * m - 0.8086757660 * s,
        ]
    }

    fn far(a: [f64; 3], b: [f64; 3]) -> f64 {
        (0..3).map(|k| (a[k] - b[k]) * (a[k] - b[k])).sum::<f64>().sqrt()
    }

    /// Machado, Oliveira & Fernandes 2009, severity 1: protanopia, deuteranopia, tritanopia; on linear RGB.
    const BLIND: [[[f64; 3]; 3]; 3] = [
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
    ];

    fn seen(colour: Rgb, blind: &[[f64; 3]; 3]) -> [f64; 3] {
        let plain = linear(lab(colour));
        from_linear(blind.map(|row| (0..3).map(|k| row[k] * plain[k]).sum::<f64>().clamp(0.0, 1.0)))
    }

    fn contrast(a: Rgb, b: Rgb) -> f64 {
        let luminance = |c: Rgb| {
            let [r, g, b] = linear(lab(c));
            0.2126 * r + 0.7152 * g + 0.0722 * b
        };
        let (a, b) = (luminance(a) + 0.05, luminance(b) + 0.05);
        (a / b).max(b / a)
    }

    const THEMES: [Theme; 2] = [Theme::Light, Theme::Dark];

    #[test]
    fn lightness_runs_one_way_on_each_side_and_evenly() {
        for theme in THEMES {
            let away = if theme == Theme::Light { -1.0 } else { 1.0 };
            let check = |colours: &[Rgb], name: &str| {
                let l: Vec<f64> = colours.iter().map(|c| lab(*c)[0]).collect();
                let steps: Vec<f64> = l.windows(2).map(|w| away * (w[1] - w[0])).collect();
                assert!(steps.iter().all(|d| *d > -0.002), "{name} {theme:?} turns back");
                assert!(away * (l[l.len() - 1] - l[0]) > 0.5, "{name} {theme:?} is flat");
                let paces: Vec<f64> = colours.windows(16).map(|w| far(lab(w[0]), lab(w[15]))).collect();
                let (slow, fast) = paces.iter().fold((f64::MAX, 0.0f64), |(s, f), p| (s.min(*p), f.max(*p)));
                assert!(fast < 2.0 * slow, "{name} {theme:?}: pace {slow}…{fast}");
            };
            let diverging = table(Map::Diverging, theme);
            check(&diverging[128..], "positive");
            check(&diverging[..128].iter().rev().copied().collect::<Vec<_>>(), "negative");
            check(&table(Map::Sequential, theme), "sequential");
        }
    }

    #[test]
    fn both_sides_are_equally_loud_and_zero_is_quiet() {
        for theme in THEMES {
            let colours = table(Map::Diverging, theme).map(lab);
            for k in 0..128 {
                assert!((colours[k][0] - colours[255 - k][0]).abs() < 0.02, "{theme:?} {k}");
            }
            assert!(far(colours[127], lab(inks(theme).background)) < 0.1, "{theme:?}: zero is loud");
            assert!(colours[127][1].hypot(colours[127][2]) < 0.01);
        }
    }

    #[test]
    fn signs_are_told_apart_with_every_colour_blindness() {
        for theme in THEMES {
            let colours = table(Map::Diverging, theme);
            for blind in &BLIND {
                for k in [0, 32, 64, 96] {
                    let apart = far(seen(colours[k], blind), seen(colours[255 - k], blind));
                    assert!(apart > 0.05, "{theme:?} {k}: {apart}");
                }
            }
        }
    }

    #[test]
    fn lines_are_told_apart_by_colour_or_by_dashes() {
        for theme in THEMES {
            for a in 0..SLOTS {
                let against = contrast(line_colour(a, theme), inks(theme).background);
                assert!(against >= 3.0, "line {a} {theme:?}: contrast {against}");
                for b in 0..a {
                    assert!(a == b || dashes(a) != dashes(b));
                    let plain = far(lab(line_colour(a, theme)), lab(line_colour(b, theme)));
                    assert!(plain > 0.08, "lines {a} and {b} {theme:?}: {plain}");
                    for blind in &BLIND {
                        let apart = far(seen(line_colour(a, theme), blind), seen(line_colour(b, theme), blind));
                        assert!(apart > 0.04, "lines {a} and {b} {theme:?}: {apart}");
                    }
                }
            }
        }
    }

    #[test]
    fn words_can_be_read() {
        for theme in THEMES {
            let inks = inks(theme);
            for ink in [inks.text, inks.quiet, inks.reference] {
                assert!(contrast(ink, inks.background) >= 4.5, "{theme:?} {}", hex(ink));
            }
        }
    }

    #[test]
    fn the_check_sees_colours_that_only_hue_tells_apart() {
        // Red and green of equal lightness: what these tests are there to refuse.
        let (red, green) = ([0xc0, 0x50, 0x40], [0x6b, 0x82, 0x30]);
        assert!(far(lab(red), lab(green)) > 0.08);
        assert!(BLIND[..2].iter().any(|blind| far(seen(red, blind), seen(green, blind)) < 0.06));
    }

    #[test]
    fn values_find_their_place() {
        assert_eq!(index(Map::Diverging, -1.0), Some(0));
        assert_eq!(index(Map::Diverging, 1.0), Some(255));
        assert_eq!(index(Map::Diverging, f64::INFINITY), Some(255));
        assert_eq!(index(Map::Sequential, -3.0), Some(0));
        assert_eq!(index(Map::Sequential, f64::NAN), None);
        assert_eq!(rgba(Map::Sequential, Theme::Dark).len(), 1024);
        let [r, g, b] = table(Map::Diverging, Theme::Light)[0];
        assert!(b > r && b > g);
    }

    #[test]
    fn anchors_lie_within_what_a_screen_shows() {
        for anchors in [DIVERGING_LIGHT, DIVERGING_DARK, SEQUENTIAL_LIGHT, SEQUENTIAL_DARK] {
            for k in 0..=50 {
                let at = k as f64 / 50.0;
                for x in linear(between(anchors, at)) {
                    assert!((-0.004..=1.004).contains(&x), "{at}: {x}");
                }
            }
        }
    }
}
