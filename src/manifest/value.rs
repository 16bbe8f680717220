//! Values of a manifest's cells.

use jiff::civil::DateTime;

/// Formats of times that hospitals write, the likeliest first.
const TIMES: &[&str] = &[
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%d %H:%M",
    "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d %H:%M",
    "%Y%m%d%H%M%S",
    "%Y%m%d%H%M",
    "%Y年%m月%d日 %H:%M:%S",
    "%Y年%m月%d日 %H:%M",
];

/// A civil time as `YYYY-MM-DDTHH:MM:SS`; an offset, where one is written, is left out: both ends of
/// a time limit are of one hospital's clock.
pub fn time(text: &str) -> Option<String> {
    let plain = text.trim().trim_end_matches('Z');
    let read = plain.parse::<DateTime>().ok().filter(|_| plain.contains(':')).or_else(|| {
        let plain = plain.replace('T', " ");
        let plain = plain.split(['+', '.']).next().unwrap_or_default().trim();
        TIMES.iter().find_map(|format| DateTime::strptime(format, plain).ok())
    })?;
    // Years that no exam of a digital archive has are slips of the pen.
    (1980..=2100).contains(&read.year()).then(|| read.strftime("%Y-%m-%dT%H:%M:%S").to_string())
}

/// Yes or no.
pub fn flag(text: &str) -> Option<bool> {
    match text.trim().to_lowercase().as_str() {
        "1" | "y" | "yes" | "true" | "是" | "急诊" | "特殊" | "疑难" => Some(true),
        "" | "0" | "n" | "no" | "false" | "否" | "非急诊" | "门诊" | "住院" | "常规" => {
            Some(false)
        }
        _ => None,
    }
}

/// A whole number of instances.
pub fn count(text: &str) -> Option<u32> {
    text.trim().parse().ok().filter(|n| (1..=1_000_000).contains(n))
}

/// A UID: digits and dots, at most 64 characters (PS3.5 9.1).
pub fn is_uid(text: &str) -> bool {
    text.len() <= 64
        && text.contains('.')
        && text.split('.').all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_hospitals_write_them() {
        for text in [
            "2025-03-12 08:30:00",
            "2025-03-12T08:30:00",
            "2025-03-12T08:30:00Z",
            "2025-03-12T08:30:00+08:00",
            "2025/3/12 8:30",
            "20250312083000",
            "2025年03月12日 08:30",
            "2025-03-12 08:30:00.000",
        ] {
            assert_eq!(time(text).as_deref(), Some("2025-03-12T08:30:00"), "{text}");
        }
        for text in ["", "2025-02-30 08:30", "08:30", "1925-03-12 08:30", "2025-03-12"] {
            assert_eq!(time(text), None, "{text}");
        }
    }

    #[test]
    fn counts_flags_and_uids() {
        assert_eq!(
            (count("12"), count("0"), count("-1"), count("x")),
            (Some(12), None, None, None)
        );
        assert_eq!((flag("是"), flag("否"), flag("maybe")), (Some(true), Some(false), None));
        assert!(is_uid("1.2.840.1") && !is_uid("1..2") && !is_uid("12") && !is_uid("1.a"));
    }
}
