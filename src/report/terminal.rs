//! One study on a terminal: the verdict first, then what to do, then everything else. Writes
//! nothing itself; colour only where it is asked for.

mod layout;
mod rules;

use std::collections::BTreeMap;

use console::Style;

use crate::model::outcome::{OutcomeKind, Severity};
use crate::model::result::{OutcomeResult, SeriesResult, Status, StudyResult, Verdict};
use crate::model::text::{Language, StaticText, Text};
use crate::policy::load::PolicySet;

use super::aggregate::{Lookup, not_judged, registry_words};
use super::{evidence_words, format, words};
use layout::{Page, pad};

/// Places of one check shown unless all are asked for.
const PLACES: usize = 5;

/// How a study is shown.
#[derive(Clone, Copy)]
pub struct TerminalOptions<'a> {
    /// The language.
    pub language: Language,
    /// Whether to colour.
    pub colour: bool,
    /// Columns of the terminal.
    pub width: usize,
    /// Show every place of every check.
    pub all_places: bool,
    /// Words of checks.
    pub lookup: Lookup,
    /// The policies, for notices and catalogue rows; `None` leaves those out.
    pub policies: Option<&'a PolicySet>,
}

impl Default for TerminalOptions<'_> {
    fn default() -> Self {
        Self {
            language: Language::Zh,
            colour: false,
            width: 100,
            all_places: false,
            lookup: registry_words,
            policies: None,
        }
    }
}

/// The groups of checks, in the order shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Group {
    Fail,
    Review,
    Advice,
    CouldNotRun,
    NotApplicable,
    Pass,
}

impl Group {
    fn of(o: &OutcomeResult) -> Self {
        match (o.outcome, o.severity, o.status) {
            (OutcomeKind::Pass, ..) => Self::Pass,
            (OutcomeKind::NotApplicable, ..) => Self::NotApplicable,
            (OutcomeKind::CouldNotRun, ..) => Self::CouldNotRun,
            (OutcomeKind::Fail, _, Status::Preview) => Self::Advice,
            (OutcomeKind::Fail, Severity::Critical, _) => Self::Fail,
            (OutcomeKind::Fail, Severity::Major, _) => Self::Review,
            (OutcomeKind::Fail, Severity::Minor, _) => Self::Advice,
        }
    }

    fn title(self) -> StaticText {
        match self {
            Self::Fail => words::verdict(Verdict::Fail),
            Self::Review => words::verdict(Verdict::Review),
            Self::Advice => StaticText { zh: "提示", en: "advice" },
            Self::CouldNotRun => words::outcome(OutcomeKind::CouldNotRun),
            Self::NotApplicable => words::outcome(OutcomeKind::NotApplicable),
            Self::Pass => words::outcome(OutcomeKind::Pass),
        }
    }

    fn mark(self) -> &'static str {
        match self {
            Self::Fail => "✗",
            Self::Review => "!",
            Self::Advice => "i",
            Self::CouldNotRun => "?",
            Self::NotApplicable => "-",
            Self::Pass => "✓",
        }
    }

    fn style(self) -> Style {
        match self {
            Self::Fail => Style::new().red().bold(),
            Self::Review => Style::new().yellow().bold(),
            Self::Advice => Style::new().cyan(),
            Self::CouldNotRun => Style::new().magenta(),
            Self::NotApplicable => Style::new().dim(),
            Self::Pass => Style::new().green(),
        }
    }

    fn has_details(self) -> bool {
        self <= Self::CouldNotRun
    }
}

/// Renders a study, with a line end after every line.
pub fn render(result: &StudyResult, options: &TerminalOptions<'_>) -> String {
    let mut page = Page::new(options.width, options.colour);
    let say = Say { options };
    say.head(&mut page, result);
    say.series(&mut page, &result.series);
    let mut groups: BTreeMap<Group, BTreeMap<&str, Vec<&OutcomeResult>>> = BTreeMap::new();
    for o in &result.outcomes {
        groups.entry(Group::of(o)).or_default().entry(&o.code).or_default().push(o);
    }
    for (group, checks) in &groups {
        say.group(&mut page, *group, checks, &result.series);
    }
    page.finish()
}

struct Say<'a> {
    options: &'a TerminalOptions<'a>,
}

impl Say<'_> {
    fn t(&self, zh: &'static str, en: &'static str) -> &'static str {
        StaticText { zh, en }.get(self.options.language)
    }

    fn st(&self, text: StaticText) -> &'static str {
        text.get(self.options.language)
    }

    fn head(&self, page: &mut Page, r: &StudyResult) {
        let apart = not_judged(r);
        let (word, style) = match r.verdict {
            _ if apart => (self.st(words::NOT_JUDGED), Style::new().bold()),
            Verdict::Pass => (self.st(words::verdict(r.verdict)), Group::Pass.style().bold()),
            Verdict::Review => (self.st(words::verdict(r.verdict)), Group::Review.style()),
            Verdict::Fail => (self.st(words::verdict(r.verdict)), Group::Fail.style()),
        };
        let reasons: Vec<String> = r.verdict_reasons.iter().map(|x| self.reason(x)).collect();
        let grade = r
            .grade
            .as_ref()
            .map_or_else(String::new, |g| format!("  {} {g}", self.t("等级", "grade")));
        page.field(self.t("结论", "verdict"), &format!("{word}{grade}"), &style);
        if !reasons.is_empty() {
            let joined = reasons.join(self.t("；", "; "));
            page.field(self.t("原因", "because"), &joined, &Style::new());
        }
        let name = if r.institution == super::aggregate::UNKNOWN {
            self.st(words::UNKNOWN_INSTITUTION).to_owned()
        } else {
            format!("{} ({})", r.institution_name, r.institution)
        };
        page.field(self.t("机构", "institution"), &name, &Style::new());
        let date = r.study_date.as_deref().map_or_else(String::new, format::date);
        let study = format!("{}  {date}  {}", r.study_key, r.modalities.join("+"));
        page.field(self.t("检查", "study"), &study, &Style::new());
        for item in &r.items {
            page.field(self.t("互认项目", "item"), &self.item(item), &Style::new());
        }
        for label in &r.labels {
            let text = label.text.as_deref().unwrap_or("");
            let decision = words::label_decision(&label.decision)
                .map_or(label.decision.as_str(), |t| self.st(t));
            let line = format!("{} {decision} {text} {}", label.profile, label.reasons.join(", "));
            page.field(self.t("标识", "label"), line.trim_end(), &Style::new());
        }
        let c = r.coverage;
        let coverage = format!(
            "{} {} · {} {} · {} {}",
            self.t("已完成", "ran"),
            c.ran,
            self.t("不适用", "not applicable"),
            c.not_applicable,
            self.t("无法判断", "could not run"),
            c.could_not_run
        );
        page.field(self.t("检查项", "checks"), &coverage, &Style::new());
        let policies: Vec<String> = r
            .provenance
            .policies
            .iter()
            .map(|(id, digest)| format!("{id} {}", digest.get(..12).unwrap_or(digest)))
            .collect();
        let made = format!("{}  {}", r.provenance.tool, policies.join(", "));
        page.field(self.t("依据", "rules"), made.trim_end(), &Style::new().dim());
        self.notices(page, r);
    }

    fn reason(&self, reason: &str) -> String {
        if let Some(text) = words::verdict_reason(reason) {
            return self.st(text).to_owned();
        }
        // Verdicts name checks; the lookup takes codes and, for registered checks, names.
        (self.options.lookup)(reason)
            .map_or_else(|| reason.to_owned(), |w| self.st(w.title).to_owned())
    }

    fn series(&self, page: &mut Page, series: &[SeriesResult]) {
        if series.is_empty() {
            return;
        }
        page.blank();
        page.line(self.t("序列", "series"), &Style::new().bold());
        let mut table = vec![[
            "#".to_owned(),
            self.t("类型", "modality").to_owned(),
            self.t("内容", "kind").to_owned(),
            self.t("图像", "instances").to_owned(),
            self.t("层面", "stacks").to_owned(),
        ]];
        for (i, s) in series.iter().enumerate() {
            let kind: Vec<&str> =
                [&s.kind, &s.plane, &s.phase].into_iter().flatten().map(String::as_str).collect();
            table.push([
                (i + 1).to_string(),
                s.modality.clone().unwrap_or_else(|| "–".to_owned()),
                if kind.is_empty() { "–".to_owned() } else { kind.join(" ") },
                s.instances.to_string(),
                self.stacks(s),
            ]);
        }
        page.table(&table);
    }

    fn stacks(&self, s: &SeriesResult) -> String {
        let stacks: Vec<String> = s
            .stacks
            .iter()
            .take(PLACES)
            .map(|k| {
                let mut text = format!("{} {}", k.slices, self.t("层", "slices"));
                if let Some(mm) = k.spacing {
                    text += &format!(" × {} mm", format::number(mm));
                }
                if let Some(geometry) = &k.geometry {
                    text += &format!(" {geometry}");
                }
                text
            })
            .collect();
        let more = s.stacks.len().saturating_sub(PLACES);
        let tail = if more > 0 { format!(" +{more}") } else { String::new() };
        stacks.join("; ") + &tail
    }

    fn group(
        &self,
        page: &mut Page,
        group: Group,
        checks: &BTreeMap<&str, Vec<&OutcomeResult>>,
        series: &[SeriesResult],
    ) {
        page.blank();
        let title = format!("{} ({})", self.st(group.title()), checks.len());
        page.line(&title, &group.style());
        for (code, outcomes) in checks {
            self.check(page, group, code, outcomes);
            if group.has_details() {
                self.details(page, group, code, outcomes, series);
            }
        }
    }

    fn check(&self, page: &mut Page, group: Group, code: &str, outcomes: &[&OutcomeResult]) {
        let Some(first) = outcomes.first() else { return };
        let title = (self.options.lookup)(code).map_or("", |w| self.st(w.title));
        let mut line = format!("{} {code} {} {title}", group.mark(), pad(&first.name, 22));
        if group.has_details() {
            line += &format!("  [{}]", self.st(words::severity(first.severity)));
        }
        if first.status == Status::Preview {
            line += &format!("  [{}]", self.st(words::status(first.status)));
        }
        let style = if group.has_details() { group.style() } else { Style::new() };
        page.indented(1, line.trim_end(), &style);
        if !group.has_details() {
            page.indented(3, self.why(first), &Style::new().dim());
        }
    }

    fn why<'o>(&self, o: &'o OutcomeResult) -> &'o str {
        match self.options.language {
            Language::Zh if !o.why_zh.is_empty() => &o.why_zh,
            _ => &o.why,
        }
    }

    fn details(
        &self,
        page: &mut Page,
        group: Group,
        code: &str,
        outcomes: &[&OutcomeResult],
        series: &[SeriesResult],
    ) {
        let shown = if self.options.all_places { outcomes.len() } else { PLACES };
        for o in outcomes.iter().take(shown) {
            let place = self.place(o, series);
            page.indented(
                3,
                &format!("{place}{}{}", self.t("：", ": "), self.why(o)),
                &Style::new(),
            );
            for e in &o.evidence {
                let say = |t: &Text| t.get(self.options.language).to_owned();
                let unit = e
                    .unit
                    .as_ref()
                    .map_or_else(String::new, |u| format!(" {}", say(&evidence_words::unit(u))));
                let value = |v| say(&evidence_words::value(v));
                let mut line =
                    format!("{} {}{unit}", say(&evidence_words::name(e)), value(&e.value));
                if let Some(limit) = &e.limit {
                    let limit = format!("{}{unit}", value(limit));
                    line += &match self.options.language {
                        Language::Zh => format!("（限值 {limit}）"),
                        Language::En => format!(" (limit {limit})"),
                    };
                }
                page.indented(5, &line, &Style::new());
            }
        }
        if outcomes.len() > shown {
            let more = outcomes.len() - shown;
            let text = format!("{} {more} {}", self.t("另有", "and"), self.t("处", "more places"));
            page.indented(3, &text, &Style::new().dim());
        }
        let Some(first) = outcomes.first() else { return };
        if let Some(clause) = &first.clause {
            let line = format!("{}{clause}", self.t("依据：", "clause: "));
            page.indented(3, &line, &Style::new().dim());
        }
        if group < Group::CouldNotRun
            && let Some(w) = (self.options.lookup)(code)
        {
            let line =
                format!("{}{}", self.t("现在怎么做：", "what to do now: "), self.st(w.advice));
            page.indented(3, &line, &Style::new().bold());
        }
    }

    fn place(&self, o: &OutcomeResult, series: &[SeriesResult]) -> String {
        let s = &o.subject;
        let mut parts = Vec::new();
        if let Some(uid) = &s.series_uid {
            let at = series.iter().position(|x| x.series_uid.as_ref() == Some(uid));
            let name = at.map_or_else(|| uid.clone(), |i| (i + 1).to_string());
            parts.push(format!("{} {name}", self.t("序列", "series")));
        }
        if let Some(uid) = &s.sop_uid {
            parts.push(format!("{} {uid}", self.t("图像", "instance")));
        }
        if let Some(frame) = s.frame {
            parts.push(format!("{} {}", self.t("帧", "frame"), u64::from(frame) + 1));
        }
        if let Some([x0, y0, x1, y1]) = s.bbox {
            parts.push(format!("({x0}, {y0})–({x1}, {y1})"));
        }
        if parts.is_empty() {
            self.t("整个检查", "whole study").to_owned()
        } else {
            parts.join(" ")
        }
    }
}

#[cfg(test)]
mod tests;
