//! Points in time as people and programs write them, as seconds since 1970-01-01T00Z.

use serde::Serialize;

/// Which comes first in a date such as 03/04/2013.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Order {
    DayFirst,
    MonthFirst,
}

/// Seconds since midnight.
pub type Clock = i64;

const DAY: i64 = 86_400;

/// A date, and what may follow it: a time of day, and where that is from UTC. What says nothing of it is taken as UTC.
///
/// 2013-01-31 · 2013/1/31 · 31.01.2013 · 31.1.13 · 31/01/2013 or 01/31/2013 · 20130131 · 2013013106, each with or without
/// a time: 06:00 · 6:00:00.5 · 6 PM · T06Z · 06:00+01:00.
pub fn parse(text: &str, order: Order) -> Option<i64> {
    let mut at = Cursor(text.as_bytes());
    let (first, digits) = at.number()?;
    let day = if digits >= 8 {
        return compact(first, digits, at);
    } else {
        let separator = at.one_of(b"-/.")?;
        let (second, _) = at.number()?;
        (at.one_of(b"-/.")? == separator).then_some(())?;
        let (third, width) = at.number()?;
        match digits {
            4 => day_of(first, second, third)?,
            1 | 2 => {
                let year = match width {
                    4 => third,
                    2 => third + if third < 50 { 2000 } else { 1900 },
                    _ => return None,
                };
                // Dots are written where days come first.
                let day_first = separator == b'.' || order == Order::DayFirst;
                if day_first { day_of(year, second, first)? } else { day_of(year, first, second)? }
            }
            _ => return None,
        }
    };
    if at.0.is_empty() {
        return Some(day * DAY);
    }
    if at.one_of(b"T,").is_none() && at.0.first() != Some(&b' ') {
        return None;
    }
    at.spaces();
    Some(day * DAY + at.clock(true)? + at.zone()?)
}

/// A time of day alone: 06:00, 18.00.00, 6:00 PM.
pub fn clock(text: &str) -> Option<Clock> {
    let mut at = Cursor(text.as_bytes());
    let clock = at.clock(false)?;
    at.0.is_empty().then_some(clock)
}

/// 20130131, 2013013106, 201301310600, 20130131060000, or the first with T0600 after it.
fn compact(number: i64, digits: usize, mut at: Cursor<'_>) -> Option<i64> {
    let tail = match digits {
        8 => 1,
        10 => 100,
        12 => 10_000,
        14 => 1_000_000,
        _ => return None,
    };
    let date = number / tail;
    let day = day_of(date / 10_000, date / 100 % 100, date % 100)?;
    let mut time = number % tail * (1_000_000 / tail.max(1));
    if digits == 8 {
        time = 0;
        if at.one_of(b"T").is_some() {
            let (number, digits) = at.number()?;
            time = match digits {
                2 => number * 10_000,
                4 => number * 100,
                6 => number,
                _ => return None,
            };
        }
    }
    let (hour, minute, second) = (time / 10_000, time / 100 % 100, time % 100);
    let zone = at.zone()?;
    (hour < 24 && minute < 60 && second < 60).then_some(day * DAY + hour * 3600 + minute * 60 + second + zone)
}

struct Cursor<'a>(&'a [u8]);

impl Cursor<'_> {
    /// Digits, at most fourteen: their number and how many.
    fn number(&mut self) -> Option<(i64, usize)> {
        let digits = self.0.iter().take_while(|b| b.is_ascii_digit()).count();
        if digits == 0 || digits > 14 {
            return None;
        }
        let value = self.0[..digits].iter().fold(0, |n, b| 10 * n + i64::from(b - b'0'));
        self.0 = &self.0[digits..];
        Some((value, digits))
    }

    fn one_of(&mut self, known: &[u8]) -> Option<u8> {
        let first = *self.0.first()?;
        if !known.contains(&first) {
            return None;
        }
        self.0 = &self.0[1..];
        Some(first)
    }

    fn word(&mut self, word: &[u8]) -> bool {
        let found = self.0.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
        if found {
            self.0 = &self.0[word.len()..];
        }
        found
    }

    fn spaces(&mut self) {
        while self.one_of(b" ").is_some() {}
    }

    /// `bare`: the hour alone will do.
    fn clock(&mut self, bare: bool) -> Option<i64> {
        let (mut hour, digits) = self.number()?;
        let (mut minute, mut second) = (0, 0);
        let mut any = bare;
        if let Some(separator) = self.one_of(b":.h") {
            minute = self.two_digits()?;
            any = separator == b':';
            if self.one_of(b":.").is_some() {
                second = self.two_digits()?;
                any = true;
                if self.one_of(b".,").is_some() {
                    // Parts of a second are dropped.
                    self.number()?;
                }
            }
        }
        self.spaces();
        for (word, from) in [(b"AM", 0), (b"PM", 12)] {
            if self.word(word) {
                (1..=12).contains(&hour).then_some(())?;
                hour = hour % 12 + from;
                any = true;
            }
        }
        let midnight = hour == 24 && minute == 0 && second == 0;
        let sound = any && digits <= 2 && (hour < 24 || midnight) && minute < 60 && second <= 60;
        sound.then_some(hour * 3600 + minute * 60 + second)
    }

    fn two_digits(&mut self) -> Option<i64> {
        self.number().filter(|(_, digits)| *digits == 2).map(|(n, _)| n)
    }

    /// Seconds to be added for UTC, at the end of the text: nothing, Z, UTC, +01:00, −0500, +01.
    fn zone(&mut self) -> Option<i64> {
        self.spaces();
        if self.word(b"Z") || self.word(b"UTC") || self.word(b"GMT") || self.0.is_empty() {
            return self.0.is_empty().then_some(0);
        }
        let west = self.one_of(b"+-")? == b'-';
        let (number, digits) = self.number()?;
        let (hours, minutes) = match digits {
            2 if self.one_of(b":").is_some() => (number, self.two_digits()?),
            2 => (number, 0),
            4 => (number / 100, number % 100),
            _ => return None,
        };
        let sound = self.0.is_empty() && hours <= 14 && minutes < 60;
        let seconds = hours * 3600 + minutes * 60;
        sound.then_some(if west { seconds } else { -seconds })
    }
}

/// Days since 1970-01-01 of a date that there is, from 1800 to 2200.
fn day_of(year: i64, month: i64, day: i64) -> Option<i64> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if !(1800..=2200).contains(&year) || !(1..=length).contains(&day) {
        return None;
    }
    // H. Hinnant: chrono-compatible low-level date algorithms: years begin in March.
    let year = year - i64::from(month <= 2);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    Some(365 * year + year / 4 - year / 100 + year / 400 + day_of_year - 719_468)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2013-01-31T06:00Z
    const SIX: i64 = 1_359_612_000;

    #[test]
    fn one_time_in_many_spellings() {
        for text in [
            "2013-01-31T06:00Z",
            "2013-01-31T06Z",
            "2013-01-31 06:00",
            "2013-01-31 06:00:00",
            "2013-01-31 06:00:00.999",
            "2013-01-31 6:00",
            "2013-1-31, 06:00",
            "2013/01/31 06:00 UTC",
            "2013-01-31T07:00+01:00",
            "2013-01-31T07:00:00+0100",
            "2013-01-31T07:00+01",
            "2013-01-31 01:00 -05:00",
            "2013-01-30 23:30-06:30",
            "31.01.2013 06:00",
            "31.1.13 6:00",
            "31/01/2013 06:00",
            "31-01-2013 06:00",
            "31/01/2013 6:00 AM",
            "31/01/2013 6 am",
            "2013013106",
            "201301310600",
            "20130131060000",
            "20130131T0600",
            "20130131T060000Z",
        ] {
            assert_eq!(parse(text, Order::DayFirst), Some(SIX), "{text}");
        }
        assert_eq!(parse("01/31/2013 6:00 AM", Order::MonthFirst), Some(SIX));
        assert_eq!(parse("01/31/2013 6:00 PM", Order::MonthFirst), Some(SIX + 12 * 3600));
        assert_eq!(parse("31.01.2013 06:00", Order::MonthFirst), Some(SIX), "dots are written where days come first");
    }

    #[test]
    fn days_and_edges() {
        let day = |text: &str| parse(text, Order::DayFirst);
        assert_eq!((day("1970-01-01"), day("2000-03-01"), day("19691231")), (Some(0), Some(11_017 * DAY), Some(-DAY)));
        assert_eq!(day("2012-02-29 24:00"), day("2012-03-01"));
        assert_eq!((day("1.1.49"), day("1.1.50")), (day("2049-01-01"), day("1950-01-01")));
        let mut expected = day("1999-12-31").expect("a day");
        for (year, month, length) in [(2000, 1, 31), (2000, 2, 29), (2000, 3, 31), (2000, 4, 30), (2000, 5, 31), (2000, 6, 30)] {
            for d in 1..=length {
                expected += DAY;
                assert_eq!(day(&format!("{year}-{month:02}-{d:02}")), Some(expected));
            }
        }
    }

    #[test]
    fn what_is_no_time_is_none() {
        for text in [
            "",
            "2013",
            "2013-01",
            "2013-02-29",
            "2013-13-01",
            "31/13/2013",
            "2013-01-31T",
            "2013-01-31 25:00",
            "2013-01-31 06:60",
            "2013-01-31 06:00 CET",
            "2013-01-31T06:00+15:00",
            "2013-01-31T06:00Zulu",
            "2013-01/31",
            "99999999",
            "20131301",
            "1.2.3",
            "1.2.345",
            "12.5",
            "-5",
            "06:00",
            "3.5.2013x",
            "2013-01-31T13:00 PM",
            "123456789012345678901234567890",
            "١٢.٣.٢٠١٣",
        ] {
            assert_eq!(parse(text, Order::DayFirst), None, "{text}");
        }
    }

    #[test]
    fn times_of_day() {
        assert_eq!(
            (clock("06:00"), clock("18.00.00"), clock("6:30 pm"), clock("23:59:59")),
            (Some(21_600), Some(64_800), Some(66_600), Some(86_399))
        );
        for text in ["", "6", "6.5", "12.50", "25:00", "06:00 x", "6:5"] {
            assert_eq!(clock(text), None, "{text}");
        }
    }
}
