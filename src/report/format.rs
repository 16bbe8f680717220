//! How numbers, dates and evidence are written for people: fixed digits, never locale dependent.

use serde_json::Value;

use super::rate::Rate;

/// Longest text of one evidence value shown to people; the JSON has all of it.
const LONGEST_VALUE: usize = 160;

/// Digits after the point of a measured number.
const DIGITS: usize = 4;

/// A number with at most four digits after the point, without trailing zeros; very small and very
/// large ones in scientific notation.
pub fn number(x: f64) -> String {
    let size = x.abs();
    if !x.is_finite() {
        return "–".to_owned();
    }
    if size != 0.0 && !(1e-3..1e12).contains(&size) {
        return format!("{x:.2e}");
    }
    let text = format!("{x:.DIGITS$}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// A count with a thin grouping of thousands: `12,345`.
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

/// A share as a percentage with one digit: `93.4%`.
pub fn percent(share: f64) -> String {
    format!("{:.1}%", share * 100.0)
}

/// The value of a rate, or a dash.
pub fn rate(rate: Option<Rate>) -> String {
    rate.map_or_else(|| "–".to_owned(), |r| percent(r.value))
}

/// The interval of a rate, or an empty string.
pub fn interval(rate: Option<Rate>) -> String {
    rate.map_or_else(String::new, |r| format!("{}–{}", percent(r.low), percent(r.high)))
}

/// `20260131` as `2026-01-31`; anything else unchanged.
pub fn date(yyyymmdd: &str) -> String {
    if yyyymmdd.len() == 8 && yyyymmdd.bytes().all(|b| b.is_ascii_digit()) {
        format!("{}-{}-{}", &yyyymmdd[..4], &yyyymmdd[4..6], &yyyymmdd[6..])
    } else {
        yyyymmdd.to_owned()
    }
}

/// `2026-02-01T02:00:00+08:00` as `2026-02-01 02:00 UTC+08:00`; anything else unchanged.
pub fn time(rfc3339: &str) -> String {
    match (rfc3339.get(..10), rfc3339.get(10..11), rfc3339.get(11..16), rfc3339.get(19..)) {
        (Some(day), Some("T"), Some(minute), Some(offset)) => format!("{day} {minute} UTC{offset}"),
        _ => rfc3339.to_owned(),
    }
}

/// Bytes in the largest binary unit that keeps at least one whole: `1.5 MiB`.
pub fn bytes(n: u64) -> String {
    const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
    #[expect(clippy::cast_precision_loss, reason = "shown with one digit")]
    let mut size = n as f64;
    let mut unit = 0;
    while size >= 1024.0 && unit + 1 < UNITS.len() {
        size /= 1024.0;
        unit += 1;
    }
    if unit == 0 { format!("{n} B") } else { format!("{size:.1} {}", UNITS[unit]) }
}

/// A JSON value as a person reads it. Control characters become spaces.
pub fn value(v: &Value) -> String {
    let text = match v {
        Value::Null => "–".to_owned(),
        Value::Bool(b) => b.to_string(),
        Value::Number(n) if n.is_f64() => n.as_f64().map_or_else(|| n.to_string(), number),
        Value::Number(n) => n.to_string(),
        Value::String(s) => s.clone(),
        Value::Array(a) => a.iter().map(value).collect::<Vec<_>>().join(", "),
        Value::Object(_) => v.to_string(),
    };
    cut(&clean(&text), LONGEST_VALUE)
}

/// Replaces control characters (a terminal would obey them) and bidirectional overrides by spaces.
pub fn clean(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => ' ',
            c if c.is_control() => ' ',
            c => c,
        })
        .collect()
}

/// At most `longest` characters, with an ellipsis where some were cut.
pub fn cut(text: &str, longest: usize) -> String {
    if text.chars().count() <= longest {
        return text.to_owned();
    }
    let mut out: String = text.chars().take(longest.saturating_sub(1)).collect();
    out.push('…');
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_keep_four_digits_and_no_trailing_zeros() {
        assert_eq!(number(2.5), "2.5");
        assert_eq!(number(0.123_456), "0.1235");
        assert_eq!(number(-0.000_000_1), "-1.00e-7");
        assert_eq!(number(512.0), "512");
        assert_eq!(number(0.0), "0");
        assert_eq!(number(f64::NAN), "–");
    }

    #[test]
    fn counts_group_thousands() {
        assert_eq!(count(7), "7");
        assert_eq!(count(1234), "1,234");
        assert_eq!(count(1_234_567), "1,234,567");
    }

    #[test]
    fn values_of_every_kind_are_readable() {
        assert_eq!(value(&json!([1, 2.50, "a"])), "1, 2.5, a");
        assert_eq!(value(&json!(null)), "–");
        assert_eq!(value(&json!("a\u{1b}[31mb")), "a [31mb");
        assert_eq!(value(&json!("x".repeat(500))).chars().count(), LONGEST_VALUE);
    }

    #[test]
    fn only_real_dates_get_dashes() {
        assert_eq!(date("20260131"), "2026-01-31");
        assert_eq!(date("2026013"), "2026013");
        assert_eq!(date("二零二六零一三"), "二零二六零一三");
    }

    #[test]
    fn times_are_shown_to_the_minute_with_their_offset() {
        assert_eq!(time("2026-02-01T02:00:59+08:00"), "2026-02-01 02:00 UTC+08:00");
        assert_eq!(time("昨天夜里"), "昨天夜里");
    }

    #[test]
    fn sizes_use_binary_units() {
        assert_eq!(bytes(1023), "1023 B");
        assert_eq!(bytes(1536 * 1024), "1.5 MiB");
    }
}
