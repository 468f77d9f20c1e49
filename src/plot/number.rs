//! Numbers as people write them: 0.042, 2.1·10⁻⁹, hₜ₋₁.

/// Digits, signs and the letters that Unicode has, lowered: "t-1" → "ₜ₋₁". What has no lowered form stays.
pub fn subscript(text: &str) -> String {
    let lower = |c: char| match c {
        '0'..='9' => char::from_u32('₀' as u32 + c as u32 - '0' as u32).unwrap_or(c),
        '-' | '−' => '₋',
        '+' => '₊',
        'k' => 'ₖ',
        't' => 'ₜ',
        _ => c,
    };
    text.chars().map(lower).collect()
}

pub fn superscript(value: i32) -> String {
    let digits = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    let raise = |c: char| c.to_digit(10).map_or('⁻', |d| digits[d as usize]);
    value.to_string().chars().map(raise).collect()
}

/// 10ᵏ
pub fn power(exponent: i32) -> String {
    format!("10{}", superscript(exponent))
}

/// A number with so many significant digits.
pub fn number(value: f64, digits: usize) -> String {
    if value.is_nan() {
        return "not a number".into();
    }
    if value == 0.0 {
        return "0".into();
    }
    let sign = if value < 0.0 { "−" } else { "" };
    if value.is_infinite() {
        return format!("{sign}∞");
    }
    // Rust rounds the mantissa, so 9.99 becomes 1.0e1 and not 10.0e0.
    let written = format!("{:.*e}", digits.max(1) - 1, value.abs());
    let (mantissa, exponent) = written.split_once('e').unwrap_or((&written, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-3..5).contains(&exponent) {
        let decimals = (digits as i32 - 1 - exponent).max(0) as usize;
        format!("{sign}{:.decimals$}", value.abs())
    } else {
        format!("{sign}{mantissa}·{}", power(exponent))
    }
}

/// Exact, for machines: the shortest text that reads back as the same number; nothing for NaN.
pub fn exact(value: f64) -> String {
    if value.is_nan() {
        String::new()
    } else if value != 0.0 && (value.abs() < 1e-4 || value.abs() >= 1e15) && value.is_finite() {
        format!("{value:e}")
    } else {
        format!("{value}")
    }
}

/// "1 step", "6 steps"
pub fn count(n: usize, one: &str) -> String {
    format!("{n} {one}{}", if n == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        assert_eq!(number(2.149e-9, 2), "2.1·10⁻⁹");
        assert_eq!(number(-1234.6, 3), "−1235");
        assert_eq!(number(0.04237, 2), "0.042");
        assert_eq!(number(0.999, 2), "1.0");
        assert_eq!(number(1e-310, 2), "1.0·10⁻³¹⁰");
        assert_eq!(number(f64::NEG_INFINITY, 2), "−∞");
        assert_eq!(number(f64::NAN, 2), "not a number");
        assert_eq!(subscript("t-12"), "ₜ₋₁₂");
        assert_eq!(power(-38), "10⁻³⁸");
        assert_eq!(exact(f64::NAN), "");
        for value in [1.5, 0.1 + 0.2, 3e-40, 1e300, -2.5e-7, 0.0] {
            assert_eq!(exact(value).parse(), Ok(value));
        }
    }
}
