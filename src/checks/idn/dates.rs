//! Reading DICOM dates (DA) and ages (AS) and counting days between them. No clock.

/// A day, counted from 1 March of year 0; only differences mean anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day {
    /// The year as written.
    pub year: i64,
    number: i64,
}

impl Day {
    /// Days from `earlier` to `self`.
    pub fn since(self, earlier: Self) -> i64 {
        self.number - earlier.number
    }
}

fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Reads `YYYYMMDD`, or `YYYY.MM.DD` as ACR-NEMA wrote it (PS3.5 6.2, note on DA).
pub fn parse(text: &str) -> Option<Day> {
    let text = text.trim();
    let dotted = text.len() == 10
        && text.as_bytes().get(4) == Some(&b'.')
        && text.as_bytes().get(7) == Some(&b'.');
    let digits: String = if dotted { text.replace('.', "") } else { text.to_owned() };
    if digits.len() != 8 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let number = |from: usize, to: usize| digits.get(from..to)?.parse::<i64>().ok();
    let (year, month, day) = (number(0, 4)?, number(4, 6)?, number(6, 8)?);
    if !(1..=12).contains(&month) || day < 1 || day > days_in_month(year, month) {
        return None;
    }
    // The year begins in March, so that the leap day is its last.
    let (y, m) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let number = 365 * y + y.div_euclid(4) - y.div_euclid(100) + y.div_euclid(400);
    Some(Day { year, number: number + (153 * m + 2) / 5 + day })
}

/// Mean length of a year, days.
pub const YEAR: f64 = 365.25;

/// Reads an age string (`045Y`, `018M`, `003W`, `007D`) as years, with the span one unit covers.
pub fn age(text: &str) -> Option<(f64, f64)> {
    let text = text.trim();
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    if digits.is_empty() || digits.len() > 3 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let days = match unit {
        "Y" => YEAR,
        "M" => YEAR / 12.0,
        "W" => 7.0,
        "D" => 1.0,
        _ => return None,
    };
    let count: f64 = digits.parse().ok()?;
    Some((count * days / YEAR, days / YEAR))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_and_counted() {
        let days = |a: &str, b: &str| parse(b).unwrap().since(parse(a).unwrap());
        assert_eq!(days("20240228", "20240301"), 2);
        assert_eq!(days("20230228", "20230301"), 1);
        assert_eq!(days("19991231", "20000101"), 1);
        assert_eq!(days("19000101", "20000101"), 36524);
        assert_eq!(parse("1997.04.24"), parse("19970424"));
    }

    #[test]
    fn impossible_dates_are_refused() {
        for text in
            ["20230229", "20231301", "20230100", "2023-1-1", "202301", "", "YYYYMMDD", "年年年"]
        {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn ages_are_years() {
        assert_eq!(age("045Y"), Some((45.0, 1.0)));
        assert!((age("018M").unwrap().0 - 1.5).abs() < 1e-9);
        for text in ["", "Y", "45", "0455Y", "４５Y", "岁"] {
            assert_eq!(age(text), None, "{text}");
        }
    }
}
