//! Numbers as people and programs write them.

/// The sign before the decimals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decimal {
    Point,
    Comma,
}

/// What stands where nothing was measured.
const MISSING: [&str; 9] = ["", "na", "n/a", "nan", "null", "none", "-", "#n/a", "?"];

/// Whether a cell, without the spaces around it, says that there is no value.
pub fn is_missing(cell: &str) -> bool {
    cell.len() <= 4 && MISSING.iter().any(|word| word.eq_ignore_ascii_case(cell)) || cell == "\u{2014}" || cell == "\u{2013}"
}

/// A number: sign, digits with or without groups of thousands, decimals, exponent. `None` for anything else, and for what no f32 holds.
pub fn number(cell: &str, decimal: Decimal) -> Option<f32> {
    let (negative, rest) = match cell.strip_prefix(['-', '\u{2212}']) {
        Some(rest) => (true, rest),
        None => (false, cell.strip_prefix('+').unwrap_or(cell)),
    };
    let (decimals, thousands) = if decimal == Decimal::Point { ('.', ',') } else { (',', '.') };
    let mut digits = Digits::default();
    // Digits since the last separator of thousands, which must be three each.
    let (mut group, mut separator) = (0, None);
    let mut characters = rest.chars().peekable();
    while let Some(c) = characters.peek().copied() {
        if let Some(digit) = c.to_digit(10) {
            digits.push(digit, false);
            group += 1;
        } else if c == thousands || matches!(c, ' ' | '\u{a0}' | '\u{202f}' | '\'' | '\u{2019}') {
            let first = separator.is_none() && (1..=3).contains(&group);
            if !(first || separator == Some(c) && group == 3) {
                return None;
            }
            (separator, group) = (Some(c), 0);
        } else {
            break;
        }
        characters.next();
    }
    if separator.is_some() && group != 3 {
        return None;
    }
    if characters.peek() == Some(&decimals) {
        characters.next();
        while let Some(digit) = characters.peek().and_then(|c| c.to_digit(10)) {
            digits.push(digit, true);
            characters.next();
        }
    }
    if digits.count == 0 {
        return None;
    }
    if characters.peek().is_some_and(|c| matches!(c, 'e' | 'E')) {
        characters.next();
        let down = characters.next_if(|c| matches!(c, '-' | '+')) == Some('-');
        let mut exponent = 0i32;
        let mut any = false;
        while let Some(digit) = characters.peek().and_then(|c| c.to_digit(10)) {
            exponent = (exponent * 10 + digit as i32).min(100_000);
            any = true;
            characters.next();
        }
        if !any {
            return None;
        }
        digits.exponent += if down { -exponent } else { exponent };
    }
    if characters.next().is_some() {
        return None;
    }
    let value = digits.value() as f32;
    value.is_finite().then_some(if negative { -value } else { value })
}

/// `mantissa · 10^exponent`
#[derive(Default)]
struct Digits {
    mantissa: u64,
    exponent: i32,
    count: usize,
}

impl Digits {
    fn push(&mut self, digit: u32, decimal: bool) {
        self.count += 1;
        // Eighteen digits are more than a number keeps.
        if self.mantissa < 100_000_000_000_000_000 {
            self.mantissa = self.mantissa * 10 + u64::from(digit);
            self.exponent -= i32::from(decimal);
        } else {
            self.exponent += i32::from(!decimal);
        }
    }

    fn value(&self) -> f64 {
        let mut value = self.mantissa as f64;
        // One operation with a power that is exact gives the nearest f64 for all numbers of up to fifteen digits and 10^±22.
        let mut left = self.exponent.unsigned_abs().min(400);
        while left > 0 && value > 0.0 && value.is_finite() {
            let step = left.min(22);
            let power = (0..step).fold(1.0f64, |power, _| power * 10.0);
            value = if self.exponent < 0 { value / power } else { value * power };
            left -= step;
        }
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_numbers_are_what_the_standard_library_reads() {
        for text in
            ["0", "-0.5", "+12.25", "1e3", "1.5E-7", "3.4e38", "-1e-45", "0.1", "123456.789", ".5", "5.", "99999999999999999999", "7e-60"]
        {
            let expected: f32 = text.parse().expect("a number");
            assert_eq!(number(text, Decimal::Point).map(f32::to_bits), Some(expected.to_bits()), "{text}");
        }
        for k in -20_000..20_000 {
            let text = format!("{}.{:03}", k / 1000, i32::abs(k % 1000));
            assert_eq!(number(&text, Decimal::Point), text.parse().ok(), "{text}");
        }
    }

    #[test]
    fn commas_and_thousands() {
        let comma = |text| number(text, Decimal::Comma);
        assert_eq!(
            (comma("3,5"), comma("-0,25"), comma("1.234,5"), comma("1 234 567")),
            (Some(3.5), Some(-0.25), Some(1234.5), Some(1234567.0))
        );
        let point = |text| number(text, Decimal::Point);
        assert_eq!(
            (point("1,234.5"), point("1,234,567"), point("12'345.5"), point("\u{2212}4")),
            (Some(1234.5), Some(1234567.0), Some(12345.5), Some(-4.0))
        );
        for wrong in ["1,23", "1234,567", "1,234,56", ",5", "1,,234", "1, 234"] {
            assert_eq!(point(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn what_is_no_number_is_none() {
        for text in [
            "",
            "-",
            "+",
            ".",
            "e5",
            "1e",
            "1e+",
            "1.2.3",
            "--1",
            "0x10",
            "inf",
            "nan",
            "1e309",
            "1e39",
            "-1e99999999999",
            "5 °C",
            "1_000",
            "٣",
        ] {
            assert_eq!(number(text, Decimal::Point), None, "{text}");
        }
        assert_eq!(number("1e-99999999999", Decimal::Point), Some(0.0));
    }

    #[test]
    fn missing_values() {
        assert!(["", "NA", "n/a", "NaN", "-", "NULL", "—", "#N/A", "None", "?"].iter().all(|cell| is_missing(cell)));
        assert!(["0", "--", "nay", "none at all", "."].iter().all(|cell| !is_missing(cell)));
    }
}
