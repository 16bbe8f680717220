//! Why a gate decision is what it is: stable codes with words, clause and values.

use serde::{Deserialize, Serialize};

use super::text::{Language, StaticText};

/// Declares the codes: kebab word, Chinese, English.
macro_rules! codes {
    ($($variant:ident = $word:literal, $zh:literal, $en:literal;)*) => {
        /// A stable reason of the gate.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum ReasonCode { $(#[doc = $en] $variant,)* }

        impl ReasonCode {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The stable word.
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }

            /// The words for people.
            pub fn text(self) -> StaticText {
                match self { $(Self::$variant => StaticText { zh: $zh, en: $en }),* }
            }
        }
    };
}

codes! {
    NoLabelDefined = "no-label-defined", "该地区文件未规定互认标识", "the region's document defines no label";
    ItemNotRecognised = "item-not-recognised", "不是该地区目录内的互认项目", "no item of the region's catalogue";
    ItemAmbiguous = "item-ambiguous", "对应多个互认项目，无法确定", "fits more than one catalogue item";
    InstitutionUnknown = "institution-unknown", "检查机构不在登记表中", "the institution is in no registry";
    InstitutionNotAdmitted = "institution-not-admitted", "检查机构不在互认机构范围内", "the institution is not among those admitted";
    InstitutionGradeUnknown = "institution-grade-unknown", "机构等级或性质未登记，无法确认准入", "level or ownership of the institution is not registered";
    MembershipMissing = "membership-missing", "机构不在该互认范围名单内", "the institution is not on the list of this scope";
    NoEvaluation = "no-evaluation", "没有有效的质量评价记录", "no passed evaluation on record";
    EvaluatorNotCompetent = "evaluator-not-competent", "评价机构不是文件规定的质控中心", "evaluated by a centre that the document does not name";
    EvaluationFailed = "evaluation-failed", "质量评价不合格", "the evaluation was failed";
    EvaluationLapsed = "evaluation-lapsed", "质量评价已超过规定间隔", "the evaluation is older than the interval";
    EvaluationAfterStudy = "evaluation-after-study", "检查当日该项目尚未通过质量评价", "the item was not yet evaluated on the day of the study";
    SpotCheckFailed = "spot-check-failed", "质量抽查不合格", "a spot check was failed";
    RectificationOpen = "rectification-open", "整改未完成", "the rectification is not closed";
    RecheckMissing = "recheck-missing", "整改后尚未再次评价合格", "no pass after the rectification";
    StudyDateMissing = "study-date-missing", "缺少检查日期，无法核对评价有效性", "no study date to hold the evaluation against";
    DepthInsufficient = "depth-insufficient", "未读取像素，不能据此标注", "pixels were not read";
    VerdictFail = "verdict-fail", "影像质量评价不通过", "the verdict is fail";
    VerdictReview = "verdict-review", "影像质量评价待复核", "the verdict asks for a person's review";
    ReviewWithheld = "review-withheld", "复核人决定不予标注", "the reviewer withheld the label";
    ReviewOutdated = "review-outdated", "复核之后结果已变化，须重新复核", "the findings changed since the review was signed";
    ReviewSigned = "review-signed", "复核人已签署同意标注", "a reviewer signed for the label";
    Waived = "waived", "有有效豁免", "waived";
    ProfileNotInForce = "profile-not-in-force", "所依据文件未生效或仅供参考", "the document is not simply in force";
    EarlierDecisionStands = "earlier-decision-stands", "证据不足以改变原决定，原决定继续有效", "the evidence does not replace the earlier decision";
    DeeperDecisionStands = "deeper-decision-stands", "原决定依据更深的检查，继续有效", "the earlier decision was made at a greater depth";
    LaterDecisionStands = "later-decision-stands", "已有更晚日期的决定，继续有效", "a decision as of a later day stands";
    HeldForRelease = "held-for-release", "批量变更待人工放行", "a mass change waits for a person's release";
    EvaluationPassed = "evaluation-passed", "质量评价合格", "the evaluation was passed";
    Rectified = "rectified", "整改完成并再次合格", "rectified and passed again";
    ContentChanged = "content-changed", "影像内容与首次接收时不同", "the content differs from the first receipt";
}

/// A reason with its clause and values.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Reason {
    /// The code.
    pub code: ReasonCode,
    /// The clause behind it; `None` where no text prints one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clause: Option<String>,
    /// Named values: dates, limits, checks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<(String, String)>,
}

impl Reason {
    /// A reason without clause and values.
    pub fn of(code: ReasonCode) -> Self {
        Self { code, clause: None, values: Vec::new() }
    }

    /// With its clause.
    #[must_use]
    pub fn clause(mut self, clause: &str) -> Self {
        self.clause = (!clause.is_empty()).then(|| clause.to_owned());
        self
    }

    /// With a value.
    #[must_use]
    pub fn value(mut self, name: &str, value: impl ToString) -> Self {
        self.values.push((name.to_owned(), value.to_string()));
        self
    }

    /// The sentence for people: words, values, clause.
    pub fn shown(&self, language: Language) -> String {
        let mut text = self.code.text().get(language).to_owned();
        if !self.values.is_empty() {
            let values: Vec<String> =
                self.values.iter().map(|(name, value)| format!("{name} {value}")).collect();
            text += &match language {
                Language::Zh => format!("（{}）", values.join("，")),
                Language::En => format!(" ({})", values.join(", ")),
            };
        }
        if let Some(clause) = &self.clause {
            text += &format!(" [{clause}]");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_kebab_unique_and_the_words_of_json() {
        let mut words: Vec<&str> = ReasonCode::ALL.iter().map(|c| c.word()).collect();
        for code in ReasonCode::ALL {
            assert_eq!(serde_json::to_value(code).unwrap(), code.word());
            let en = code.text().en;
            assert!(!en.ends_with('.') && !en.starts_with(char::is_uppercase), "{en}");
        }
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), ReasonCode::ALL.len());
    }

    #[test]
    fn a_reason_reads_with_values_and_clause() {
        let reason =
            Reason::of(ReasonCode::EvaluationLapsed).value("until", "2026-07-01").clause("四(一)");
        let en = "the evaluation is older than the interval (until 2026-07-01) [四(一)]";
        assert_eq!(reason.shown(Language::En), en);
    }
}
