//! Words of what is on record and of the five scores.

use crate::checks::registry;
use crate::model::scores::{InstitutionScores, Score};

use super::bi::{Bi, st, t};

/// An item, a modality or a scope; everything where it is `*`.
pub fn target(text: &str) -> Bi<'_> {
    if text == "*" { t("全部", "all") } else { t(text, text) }
}

/// The title of a check, by code or name.
pub fn check_title(check: &str) -> Bi<'_> {
    registry::find(check).map_or_else(|| t("", ""), |meta| st(meta.title))
}

/// How an appeal stands.
pub fn appeal_state(outcome: Option<&str>) -> Bi<'static> {
    match outcome {
        None => t("待答复", "waits for an answer"),
        Some("upheld") => t("申诉成立", "upheld: the finding was wrong"),
        Some(_) => t("维持原发现", "rejected: the finding stands"),
    }
}

/// Whether a limit is met; nothing where there is none to meet.
pub fn score_state(passed: Option<bool>) -> Bi<'static> {
    match passed {
        None => t("不判定", "not judged"),
        Some(true) => t("达标", "met"),
        Some(false) => t("未达标", "not met"),
    }
}

/// First and last day that were counted; nothing where no row says one.
pub fn days(q: &InstitutionScores) -> String {
    let both = q.first_day.as_ref().zip(q.last_day.as_ref());
    both.map(|(first, last)| format!(" · {first} – {last}")).unwrap_or_default()
}

/// A row of the table of scores.
pub struct ScoreLine {
    /// Its name.
    pub name: Bi<'static>,
    /// What it says.
    pub meaning: Bi<'static>,
    /// Counts.
    pub met: String,
    /// The share, or hours.
    pub result: Bi<'static>,
    /// The limit.
    pub limit: Bi<'static>,
    /// Whether it is met.
    pub passed: Option<bool>,
}

/// The five scores as rows.
pub fn scores(q: &InstitutionScores) -> Vec<ScoreLine> {
    let dash = || t("–", "–");
    let percent = |share: Option<f64>| {
        share.map_or_else(dash, |s| {
            let text = format!("{:.1} %", s * 100.0);
            t(text.clone(), text)
        })
    };
    let line = |name, meaning, score: &Score| ScoreLine {
        name,
        meaning,
        met: format!("{} / {}", score.met, score.of),
        result: percent(score.share),
        limit: match score.limit {
            None => dash(),
            Some(limit) => percent(Some(limit)).after("≥ ", "≥ "),
        },
        passed: score.passed,
    };
    let hours = |h: f64| t(format!("{h:.1} 小时"), format!("{h:.1} h"));
    let c = &q.continuity;
    vec![
        line(
            t("及时", "timeliness"),
            t("报告和上传未超时限", "reports and uploads in time"),
            &q.timeliness,
        ),
        line(
            t("一致", "consistency"),
            t("检查、列表行与报告相符", "study, row and report agree"),
            &q.consistency,
        ),
        line(
            t("完整", "completeness"),
            t("必填字段已填写", "required fields filled"),
            &q.completeness,
        ),
        line(
            t("准确", "accuracy"),
            t("影像与列表的字段一致", "fields that header and row both state agree"),
            &q.accuracy,
        ),
        ScoreLine {
            name: t("连续", "continuity"),
            meaning: t("最长未上传时间", "longest time without an upload"),
            met: c.uploads.to_string(),
            result: c.longest_gap_hours.map_or_else(dash, hours),
            limit: c.limit_hours.map_or_else(dash, |h| hours(h).after("≤ ", "≤ ")),
            passed: c.passed,
        },
    ]
}
