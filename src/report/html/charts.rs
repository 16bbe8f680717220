//! Charts as inline SVG. Shapes only: every word stands beside them as HTML, so that it reflows,
//! can be selected and follows the language switch.

use std::fmt::Write as _;

use crate::report::aggregate::types::{CoverageSum, DayCount, VerdictCounts};
use crate::report::format;
use crate::report::rate::Rate;

use super::bi::escaped;

/// More days than this are drawn as months.
const MOST_DAYS: usize = 62;

/// More months than this are drawn as years.
const MOST_MONTHS: usize = 60;

/// Height of the trend chart in its own units.
const TREND_HEIGHT: f64 = 100.0;

/// A horizontal bar of parts; each part has a style class and a size. Empty parts are left out.
fn stacked(parts: &[(&str, u64)], label: &str) -> String {
    let total: u64 = parts.iter().map(|p| p.1).sum();
    let mut svg = format!(
        "<svg class=\"bar\" viewBox=\"0 0 1000 10\" preserveAspectRatio=\"none\" role=\"img\" \
         aria-label=\"{}\">",
        escaped(label)
    );
    let mut x = 0.0;
    for (class, n) in parts.iter().filter(|p| p.1 > 0) {
        let width = share(*n, total) * 1000.0;
        let _ = write!(
            svg,
            "<rect class=\"{class}\" x=\"{x:.1}\" y=\"0\" width=\"{width:.1}\" height=\"10\"/>"
        );
        x += width;
    }
    svg.push_str("</svg>");
    svg
}

#[expect(clippy::cast_precision_loss, reason = "for drawing")]
fn share(n: u64, of: u64) -> f64 {
    if of == 0 { 0.0 } else { n as f64 / of as f64 }
}

fn verdict_parts(c: &VerdictCounts) -> [(&'static str, u64); 4] {
    [("p", c.pass), ("r", c.review), ("f", c.fail), ("n", c.not_judged)]
}

fn verdict_label(c: &VerdictCounts) -> String {
    format!(
        "合格 {0}，需复核 {1}，不合格 {2}，未判定 {3} / pass {0}, review {1}, fail {2}, \
         not judged {3}",
        c.pass, c.review, c.fail, c.not_judged
    )
}

/// Studies by verdict as one bar.
pub fn verdicts(c: &VerdictCounts) -> String {
    stacked(&verdict_parts(c), &verdict_label(c))
}

/// How checks ended as one bar.
pub fn coverage(c: &CoverageSum) -> String {
    let label = format!(
        "已完成 {0}，不适用 {1}，无法判断 {2} / ran {0}, not applicable {1}, could not run {2}",
        c.ran, c.not_applicable, c.could_not_run
    );
    stacked(&[("k", c.ran), ("n", c.not_applicable), ("r", c.could_not_run)], &label)
}

/// One bar of a ranking: `n` against the longest.
pub fn ranked(class: &str, n: u64, longest: u64) -> String {
    let width = share(n, longest) * 1000.0;
    format!(
        "<svg class=\"bar\" viewBox=\"0 0 1000 10\" preserveAspectRatio=\"none\" \
         aria-hidden=\"true\"><rect class=\"track\" width=\"1000\" height=\"10\"/><rect \
         class=\"{class}\" width=\"{width:.1}\" height=\"10\"/></svg>"
    )
}

/// A rate as a point on a line from 0 to 1, with its interval.
pub fn interval(rate: Rate) -> String {
    let (low, high) = (rate.low * 1000.0, rate.high * 1000.0);
    format!(
        "<svg class=\"ci\" viewBox=\"0 0 1000 10\" preserveAspectRatio=\"none\" role=\"img\" \
         aria-label=\"{} ({})\"><rect class=\"track\" y=\"4\" width=\"1000\" height=\"2\"/><rect \
         class=\"span\" x=\"{low:.1}\" y=\"2.5\" width=\"{:.1}\" height=\"5\"/><rect \
         class=\"dot\" x=\"{:.1}\" width=\"14\" height=\"10\"/></svg>",
        format::percent(rate.value),
        format::interval(Some(rate)),
        (high - low).max(4.0),
        (rate.value * 1000.0 - 7.0).clamp(0.0, 986.0)
    )
}

/// Studies over time, as a page shows them.
pub struct Trend {
    /// The chart.
    pub svg: String,
    /// First and last bucket.
    pub first: String,
    /// Last bucket.
    pub last: String,
    /// Studies of the tallest column.
    pub most: u64,
    /// `day`, `month` or `year`.
    pub step: &'static str,
}

/// The trend by day, by month where there are too many days, by year beyond; `None` for fewer
/// than two columns, where a trend says nothing.
pub fn trend(days: &[DayCount]) -> Option<Trend> {
    let mut step = "day";
    let mut columns = bucket(days, 8);
    if columns.len() > MOST_DAYS {
        (step, columns) = ("month", bucket(days, 6));
    }
    if columns.len() > MOST_MONTHS {
        (step, columns) = ("year", bucket(days, 4));
    }
    if columns.len() < 2 {
        return None;
    }
    let most = columns.iter().map(|c| c.1.studies).max().unwrap_or(1);
    Some(Trend {
        svg: columns_svg(&columns, most),
        first: columns.first()?.0.clone(),
        last: columns.last()?.0.clone(),
        most,
        step,
    })
}

/// Sums days whose first `digits` digits are equal.
fn bucket(days: &[DayCount], digits: usize) -> Vec<(String, VerdictCounts)> {
    let mut out: Vec<(String, VerdictCounts)> = Vec::new();
    for day in days {
        let key = day.date.get(..digits).unwrap_or(&day.date);
        let name = match digits {
            8 => format::date(key),
            6 => format!("{}-{}", key.get(..4).unwrap_or(""), key.get(4..).unwrap_or("")),
            _ => key.to_owned(),
        };
        match out.last_mut() {
            Some((last, sum)) if *last == name => add(sum, &day.counts),
            _ => out.push((name, day.counts)),
        }
    }
    out
}

fn add(sum: &mut VerdictCounts, c: &VerdictCounts) {
    sum.studies += c.studies;
    sum.pass += c.pass;
    sum.review += c.review;
    sum.fail += c.fail;
    sum.not_judged += c.not_judged;
}

fn columns_svg(columns: &[(String, VerdictCounts)], most: u64) -> String {
    let mut svg = format!(
        "<svg class=\"trend\" viewBox=\"0 0 {} {TREND_HEIGHT}\" preserveAspectRatio=\"none\" \
         role=\"img\" aria-label=\"每日检查数 / studies over time\">",
        columns.len() * 10
    );
    for (i, (name, c)) in columns.iter().enumerate() {
        let x = i * 10 + 1;
        let _ = write!(
            svg,
            "<g><title>{}: {}</title><rect class=\"hit\" x=\"{}\" width=\"10\" \
             height=\"{TREND_HEIGHT}\"/>",
            escaped(name),
            verdict_label(c),
            i * 10
        );
        let mut y = TREND_HEIGHT;
        for (class, n) in verdict_parts(c).iter().filter(|p| p.1 > 0) {
            let height = share(*n, most) * TREND_HEIGHT;
            y -= height;
            let _ = write!(
                svg,
                "<rect class=\"{class}\" x=\"{x}\" y=\"{y:.2}\" width=\"8\" \
                 height=\"{height:.2}\"/>"
            );
        }
        svg.push_str("</g>");
    }
    svg.push_str("</svg>");
    svg
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(date: &str, pass: u64, fail: u64) -> DayCount {
        let counts = VerdictCounts { studies: pass + fail, pass, fail, ..Default::default() };
        DayCount { date: date.to_owned(), counts }
    }

    #[test]
    fn parts_of_a_bar_fill_it() {
        let svg = verdicts(&VerdictCounts { studies: 4, pass: 3, fail: 1, ..Default::default() });
        assert!(svg.contains("class=\"p\" x=\"0.0\" y=\"0\" width=\"750.0\""), "{svg}");
        assert!(svg.contains("class=\"f\" x=\"750.0\" y=\"0\" width=\"250.0\""), "{svg}");
        assert!(!svg.contains("class=\"r\""));
    }

    #[test]
    fn many_days_become_months() {
        let days: Vec<DayCount> = (1..=12)
            .flat_map(|m| (1..=28).map(move |d| day(&format!("2026{m:02}{d:02}"), 1, 0)))
            .collect();
        let t = trend(&days).unwrap();
        assert_eq!((t.step, t.first.as_str(), t.most), ("month", "2026-01", 28));
        let t = trend(&days[..10]).unwrap();
        assert_eq!((t.step, t.last.as_str(), t.most), ("day", "2026-01-10", 1));
        assert!(trend(&days[..1]).is_none());
    }
}
