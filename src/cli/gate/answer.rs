//! Answers from what is decided already: no policy is loaded for `check` and `history`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use jiff::civil::Date;

use crate::gate::{self, Acceptance, Answer, Exam, Side};
use crate::model::gate::{DecisionKind, day};
use crate::model::result::StudyResult;
use crate::model::text::Language;
use crate::policy::load::PolicySet;
use crate::policy::profile::Profile;
use crate::policy::words::Bound;
use crate::registry::Registry;
use crate::store::{LabelRow, Store};

use super::super::exit_code::Exit;
use super::super::gate_words::{self, facts, or_today};
use super::super::{CommandError, output};

pub(super) fn check(
    store: &Path,
    study: &str,
    (profile, item): (Option<&str>, Option<&str>),
    quiet: bool,
    language: Language,
) -> Result<Exit, CommandError> {
    let mut rows = Store::open_read_only(store)?.labels_of(study)?;
    rows.retain(|r| {
        profile.is_none_or(|p| r.profile == p) && item.is_none_or(|i| r.item.as_deref() == Some(i))
    });
    if !quiet {
        output::print(&lines(&rows, language))?;
    }
    // The worst of what was asked for: a label may be printed only where all of it applies.
    Ok(match rows.iter().map(|r| r.decision).max() {
        None => Exit::NotDecided,
        Some(DecisionKind::Apply) => Exit::Ok,
        Some(DecisionKind::Withhold) => Exit::Withhold,
        Some(DecisionKind::Withdraw) => Exit::Withdraw,
    })
}

fn lines(rows: &[LabelRow], language: Language) -> String {
    let mut text = String::new();
    for r in rows {
        let item = r.item.as_deref().unwrap_or("–");
        let decision = gate_words::decision(r.decision).get(language);
        let why = gate_words::reasons(&r.reasons, language);
        let label = [r.text.as_str(), r.position.as_str()].join(" ");
        let _ = writeln!(text, "{}  {item}  {decision}  {}  {why}", r.profile, label.trim());
    }
    text
}

pub(super) fn history(store: &Path, of: &str, json: bool) -> Result<Exit, CommandError> {
    let mut store = Store::open_read_only(store)?;
    let mut subjects = vec![of.to_owned()];
    subjects.extend(store.labels_of(of)?.into_iter().map(|r| r.study_key));
    subjects.sort();
    subjects.dedup();
    let mut entries = Vec::new();
    for subject in &subjects {
        entries.extend(store.ledger_of(subject)?);
    }
    entries.sort_by_key(|e| e.seq);
    let mut text = String::new();
    for e in &entries {
        if json {
            let line = serde_json::to_string(e).map_err(|e| CommandError::Io(e.to_string()))?;
            let _ = writeln!(text, "{line}");
        } else {
            let _ = writeln!(text, "{:>6}  {}  {}  {}  {}", e.seq, e.at, e.kind, e.subject, e.body);
        }
    }
    output::print(&text)?;
    Ok(if entries.is_empty() { Exit::NotDecided } else { Exit::Ok })
}

/// What `gate accept` is asked.
pub(super) struct Question<'a> {
    pub store: &'a Path,
    pub study: &'a str,
    pub receiver: &'a str,
    pub on: Option<Date>,
    pub registry: &'a Option<PathBuf>,
}

pub(super) fn accept(
    question: &Question<'_>,
    set: &PolicySet,
    json: bool,
    language: Language,
) -> Result<Exit, CommandError> {
    let mut store = Store::open_read_only(question.store)?;
    let mut known = store.institutions()?;
    if let Some(file) = question.registry {
        known.extend(facts(&Registry::read(file)?));
    }
    let find = |id: &str| known.iter().rev().find(|i| i.id == id);
    let Some(receiver) = find(question.receiver) else {
        let id = question.receiver;
        return Err(CommandError::Usage(format!("no institution {id:?} in the registry")));
    };
    let Some(stored) = store.result_of(question.study)? else {
        output::complain("the study is not in the store");
        return Ok(Exit::NotDecided);
    };
    let rows = store.labels_of_key(&stored.key)?;
    let region = receiver.region.as_deref().unwrap_or_default();
    let on = or_today(question.on);
    let (mut best, mut text) = (None::<Answer>, String::new());
    let mut values = Vec::new();
    let issuer = find(&stored.result.institution);
    let evaluations = store.evaluations(Some(&stored.result.institution))?;
    for profile in set.profiles.values().filter(|p| p.serves(region)) {
        let eqa = evaluations.iter().any(|k| {
            let e = &k.evaluation;
            e.profile == profile.id && e.passed && e.evaluator == "eqa" && e.on <= on
        });
        let side = Side { receiver, issuer };
        let answer = answer_of(profile, side, &stored.result, &rows, eqa, on);
        if json {
            values.push(as_json(profile, &answer));
        } else {
            text += &shown(profile, &answer, language);
        }
        best = best.max_by_strength(answer.answer);
    }
    if json {
        let value = serde_json::json!({
            "study": question.study, "receiver": receiver.id, "on": on.to_string(),
            "answers": values, "decides": "the doctor",
        });
        text = format!("{value:#}\n");
    } else if best.is_none() {
        text += match language {
            Language::Zh => "接收机构所在地区没有规则\n",
            Language::En => "no rules for the receiver's region\n",
        };
    } else {
        text += match language {
            Language::Zh => "是否采用由接诊医师决定。\n",
            Language::En => "whether to use it is the doctor's decision.\n",
        };
    }
    output::print(&text)?;
    Ok(match best {
        Some(Answer::Must) => Exit::Ok,
        Some(Answer::May) => Exit::MayAccept,
        Some(Answer::NotBound) | None => Exit::NotBound,
    })
}

trait Strongest {
    fn max_by_strength(self, other: Answer) -> Self;
}

impl Strongest for Option<Answer> {
    fn max_by_strength(self, other: Answer) -> Self {
        match (self, other) {
            (Some(Answer::Must), _) | (_, Answer::Must) => Some(Answer::Must),
            (Some(Answer::May), _) | (_, Answer::May) => Some(Answer::May),
            _ => Some(Answer::NotBound),
        }
    }
}

fn answer_of(
    profile: &Profile,
    side: Side<'_>,
    result: &StudyResult,
    rows: &[LabelRow],
    issuer_eqa: bool,
    on: Date,
) -> Acceptance {
    let own: Vec<&LabelRow> = rows.iter().filter(|r| r.profile == profile.id).collect();
    // A label of another region whose scope holds both counts as this region's own.
    let shared = |r: &&LabelRow| {
        let scopes = profile.rules.labels.iter().any(|l| l.scope == r.scope);
        r.decision == DecisionKind::Apply && (r.profile == profile.id || scopes)
    };
    let labelled = (!profile.rules.labels.is_empty()).then(|| {
        let withheld = own.iter().any(|r| r.decision != DecisionKind::Apply);
        rows.iter().any(|r| shared(&r)) && !withheld
    });
    let reasons = own.iter().find(|r| r.decision != DecisionKind::Apply);
    let exam = Exam {
        date: result.study_date.as_deref().and_then(day),
        labelled,
        verdict: result.verdict,
        issuer_eqa,
        reasons: reasons.map(|r| r.reasons.as_slice()).unwrap_or_default(),
    };
    gate::accept(profile, side, exam, on)
}

fn as_json(profile: &Profile, a: &Acceptance) -> serde_json::Value {
    serde_json::json!({
        "profile": profile.id, "answer": a.answer.word(), "bound": a.bound.map(Bound::word),
        "clause": a.clause, "age_days": a.age_days,
        "window_until": a.window_until.map(|d| d.to_string()), "why": a.why,
        "exceptions": a.exceptions, "notice": profile.notice(),
    })
}

fn shown(profile: &Profile, a: &Acceptance, language: Language) -> String {
    let answer = match (a.answer, language) {
        (Answer::Must, Language::Zh) => "应当互认",
        (Answer::Must, Language::En) => "must recognise",
        (Answer::May, Language::Zh) => "可以互认",
        (Answer::May, Language::En) => "may recognise",
        (Answer::NotBound, Language::Zh) => "不受约束",
        (Answer::NotBound, Language::En) => "not bound",
    };
    let bound = a.bound.map(|b| b.text().get(language)).unwrap_or_default();
    let mut text = format!("{}  {answer}  {bound} [{}]\n", profile.id, a.clause);
    if let Some(notice) = profile.notice() {
        let _ = writeln!(text, "    ! {}", notice.get(language));
    }
    let age = a.age_days.map_or_else(|| "–".to_owned(), |d| d.to_string());
    let until = a.window_until.map_or_else(|| "–".to_owned(), |d| d.to_string());
    let _ = match language {
        Language::Zh => writeln!(text, "    检查距今 {age} 天；时限至 {until}"),
        Language::En => writeln!(text, "    the exam is {age} days old; window until {until}"),
    };
    if !a.why.is_empty() {
        let _ = writeln!(text, "    {}", gate_words::reasons(&a.why, language));
    }
    for e in &a.exceptions {
        let mark = if e.suggested { "*" } else { " " };
        let _ = writeln!(text, "  {mark} {}  {} [{}]", e.code, e.text, e.clause);
    }
    text
}
