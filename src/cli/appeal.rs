//! `hrgate appeal open | answer | close | list | rates`: a hospital contests a finding, the centre
//! answers in time, and every check carries how often it was wrong.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Subcommand;
use jiff::ToSpan;
use jiff::civil::Date;

use crate::checks::registry;
use crate::model::outcome::OutcomeKind;
use crate::model::text::{Language, StaticText};
use crate::report::rate::Rate;
use crate::store::{Appeal, Store};

use super::exit_code::Exit;
use super::gate_words::{PolicyFolder, now, or_today, parse_date, refuse, said, study};
use super::{CommandError, output};

/// Options of `hrgate appeal`.
#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Contest a finding of a study. The deadline of the answer comes from the policy.
    Open(Box<Open>),
    /// Answer: upheld (the finding was wrong) or rejected (it stands).
    Answer {
        #[command(flatten)]
        step: Step,
        /// upheld or rejected.
        #[arg(long, value_parser = ["upheld", "rejected"])]
        outcome: String,
        /// The answer, in words.
        #[arg(long)]
        answer: String,
    },
    /// The hospital has been told. Asks for an answer.
    Close {
        #[command(flatten)]
        step: Step,
    },
    /// List them; overdue ones are marked.
    List {
        /// The results store.
        #[arg(long)]
        store: PathBuf,
        /// Only this institution.
        #[arg(long)]
        institution: Option<String>,
        /// The day by which overdue is told; today by default.
        #[arg(long, value_parser = parse_date)]
        as_of: Option<Date>,
    },
    /// Of each check: appeals, how many were right, and its false-positive rate.
    Rates {
        /// The results store.
        #[arg(long)]
        store: PathBuf,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
}

#[derive(clap::Args)]
struct Open {
    /// The results store.
    #[arg(long)]
    store: PathBuf,
    /// Study Instance UID or key.
    #[arg(long)]
    study: String,
    /// The check, by code or name.
    #[arg(long)]
    check: String,
    /// The profile by whose deadline it is answered.
    #[arg(long)]
    profile: String,
    /// The instance the finding is about, where it is about one (SOP Instance UID).
    #[arg(long)]
    instance: Option<String>,
    /// Why the finding is wrong.
    #[arg(long)]
    reason: String,
    /// Who contests.
    #[arg(long)]
    person: String,
    /// The day; today by default.
    #[arg(long, value_parser = parse_date)]
    on: Option<Date>,
    #[command(flatten)]
    policies: PolicyFolder,
}

#[derive(clap::Args)]
struct Step {
    /// The results store.
    #[arg(long)]
    store: PathBuf,
    /// Number of the appeal.
    #[arg(long)]
    id: i64,
    /// Who.
    #[arg(long)]
    person: String,
    /// The day; today by default.
    #[arg(long, value_parser = parse_date)]
    on: Option<Date>,
}

/// Runs the command.
pub fn run(args: &Args, language: Language) -> Result<Exit, CommandError> {
    match &args.action {
        Action::Open(open) => self::open(open, language),
        Action::Answer { step, outcome, answer } => {
            go(step, Some((outcome, said("answer", answer)?)), language)
        }
        Action::Close { step } => go(step, None, language),
        Action::List { store, institution, as_of } => {
            let rows = Store::open_read_only(store)?.appeals()?;
            let today = or_today(*as_of);
            let of = |a: &&Appeal| institution.as_ref().is_none_or(|i| *i == a.institution);
            let lines: Vec<String> =
                rows.iter().filter(of).map(|a| line(a, today, language)).collect();
            output::print(&lines.concat())?;
            Ok(Exit::Ok)
        }
        Action::Rates { store, json } => rates(store, *json, language),
    }
}

fn open(open: &Open, language: Language) -> Result<Exit, CommandError> {
    let Some(check) = registry::find(&open.check) else {
        let unknown = format!("no check {:?}; `hrgate checks` lists them", open.check);
        return Err(CommandError::Usage(unknown));
    };
    let set = open.policies.load()?;
    let Some(profile) = set.profiles.get(&open.profile) else {
        return Err(CommandError::Usage(format!("no profile {:?}", open.profile)));
    };
    let mut store = Store::open(&open.store)?;
    let stored = study(&mut store, &open.study)?;
    let finding = stored.result.outcomes.iter().find(|o| {
        o.code == check.code
            && matches!(o.outcome, OutcomeKind::Fail | OutcomeKind::CouldNotRun)
            && open.instance.as_ref().is_none_or(|sop| o.subject.sop_uid.as_ref() == Some(sop))
    });
    let Some(finding) = finding else {
        let why = StaticText {
            zh: "该检查没有此项发现，无可申诉",
            en: "the study has no such finding to contest",
        };
        return Ok(refuse(why, language));
    };
    let subject = match &open.instance {
        Some(_) => serde_json::to_string(&finding.subject).unwrap_or_default(),
        None => String::new(),
    };
    let on = or_today(open.on);
    #[expect(clippy::cast_possible_truncation, reason = "settings are bounded when they are read")]
    let days = profile.rules.settings.number("appeal_deadline") as i64;
    let appeal = Appeal {
        id: 0,
        institution: stored.result.institution.clone(),
        study_key: stored.key,
        profile: open.profile.clone(),
        check_code: check.code.to_owned(),
        subject,
        reason: said("reason", &open.reason)?.to_owned(),
        opened_by: said("person", &open.person)?.to_owned(),
        opened: on,
        due: on.saturating_add(days.days()),
        outcome: None,
        answer: None,
        closed: None,
    };
    let same = |a: &Appeal| {
        a.closed.is_none()
            && (&a.study_key, &a.check_code, &a.subject)
                == (&appeal.study_key, &appeal.check_code, &appeal.subject)
    };
    if store.appeals()?.iter().any(same) {
        let why =
            StaticText { zh: "该发现已有申诉在办理", en: "it is under appeal already" };
        return Ok(refuse(why, language));
    }
    let id = store.open_appeal(&appeal, &now())?;
    output::print(&match language {
        Language::Zh => format!("申诉 {id} 已受理，答复期限 {}\n", appeal.due),
        Language::En => format!("appeal {id} is open, to be answered by {}\n", appeal.due),
    })?;
    Ok(Exit::Ok)
}

fn go(
    step: &Step,
    answer: Option<(&String, &str)>,
    language: Language,
) -> Result<Exit, CommandError> {
    let mut store = Store::open(&step.store)?;
    let known = store.appeals()?;
    let Some(of) = known.iter().find(|a| a.id == step.id) else {
        return Err(CommandError::Usage(format!("no appeal {}", step.id)));
    };
    let on = or_today(step.on);
    if let Some(why) = not_due(of, answer.is_some(), on) {
        return Ok(refuse(why, language));
    }
    let answer = answer.map(|(outcome, text)| (outcome.as_str(), text));
    store.step_appeal(of, answer, on, said("person", &step.person)?, &now())?;
    output::print(&match language {
        Language::Zh => format!("申诉 {} 已更新\n", step.id),
        Language::En => format!("appeal {} is updated\n", step.id),
    })?;
    Ok(Exit::Ok)
}

/// Why a step may not be taken.
fn not_due(of: &Appeal, answers: bool, on: Date) -> Option<StaticText> {
    if of.closed.is_some() {
        Some(StaticText { zh: "该申诉已办结", en: "the appeal is closed" })
    } else if on < of.opened {
        Some(StaticText { zh: "日期早于受理日", en: "the day is before the opening" })
    } else if answers && of.outcome.is_some() {
        Some(StaticText { zh: "该申诉已答复", en: "the appeal is answered already" })
    } else if !answers && of.outcome.is_none() {
        Some(StaticText { zh: "该申诉尚未答复", en: "the appeal is not answered yet" })
    } else {
        None
    }
}

fn line(a: &Appeal, today: Date, language: Language) -> String {
    let overdue = a.outcome.is_none() && a.closed.is_none() && today > a.due;
    let outcome = a.outcome.as_deref().map(|o| match (o, language) {
        ("upheld", Language::Zh) => "申诉成立".to_owned(),
        ("rejected", Language::Zh) => "维持原发现".to_owned(),
        (other, _) => other.to_owned(),
    });
    let state = match (outcome, overdue, language) {
        (Some(outcome), ..) => outcome,
        (None, true, Language::Zh) => format!("逾期未答复（期限 {}）", a.due),
        (None, true, Language::En) => format!("overdue since {}", a.due),
        (None, false, Language::Zh) => format!("答复期限 {}", a.due),
        (None, false, Language::En) => format!("due {}", a.due),
    };
    let closed = match (a.closed, language) {
        (None, _) => String::new(),
        (Some(on), Language::Zh) => format!("  {on} 办结"),
        (Some(on), Language::En) => format!("  closed {on}"),
    };
    let (institution, check) = (&a.institution, &a.check_code);
    let (profile, reason) = (&a.profile, &a.reason);
    format!(
        "{:>4}  {}  {institution}  {profile}  {check}  {}  {reason}  {state}{closed}\n",
        a.id, a.opened, a.study_key
    )
}

#[derive(Default)]
struct Tally {
    open: u64,
    upheld: u64,
    rejected: u64,
}

/// Two rates, because neither alone tells the truth: of the appeals that were answered, how many
/// were right (hospitals appeal what they think wrong, so this is high); and of all studies in the
/// store that the check failed, how many were shown to be wrong (not all that is wrong is appealed,
/// so this is a lower bound).
fn rates(path: &Path, json: bool, language: Language) -> Result<Exit, CommandError> {
    let mut store = Store::open_read_only(path)?;
    let mut tallies: BTreeMap<String, Tally> = BTreeMap::new();
    for appeal in store.appeals()? {
        let tally = tallies.entry(appeal.check_code).or_default();
        match appeal.outcome.as_deref() {
            None => tally.open += 1,
            Some("upheld") => tally.upheld += 1,
            Some(_) => tally.rejected += 1,
        }
    }
    let failed = store.studies_failed_by_check()?;
    let (mut text, mut rows) = (String::new(), Vec::new());
    for (code, t) in &tallies {
        let answered = Rate::new(t.upheld, t.upheld + t.rejected);
        let studies = failed.get(code).copied().unwrap_or(0);
        let found = Rate::new(t.upheld, studies.max(t.upheld));
        if json {
            rows.push(serde_json::json!({
                "check": code, "open": t.open, "upheld": t.upheld, "rejected": t.rejected,
                "failed_studies": studies, "of_answered": answered,
                "false_positive_rate": found,
            }));
            continue;
        }
        let (a, f) = (percent(answered), percent(found));
        let (open, upheld, rejected) = (t.open, t.upheld, t.rejected);
        text += &match language {
            Language::Zh => format!(
                "{code}  办理中 {open}，成立 {upheld}，维持 {rejected}；占已答复 {a}；误报率（占不合格 {studies} 项检查，至少）{f}\n"
            ),
            Language::En => format!(
                "{code}  {open} open, {upheld} upheld, {rejected} rejected; of those answered {a}; false-positive rate (of {studies} studies it failed, at least) {f}\n"
            ),
        };
    }
    if json {
        text = format!("{:#}\n", serde_json::Value::Array(rows));
    }
    output::print(&text)?;
    Ok(Exit::Ok)
}

fn percent(rate: Option<Rate>) -> String {
    rate.map_or_else(
        || "–".to_owned(),
        |r| {
            let [value, low, high] = [r.value, r.low, r.high].map(|x| x * 100.0);
            format!("{value:.1} % ({low:.1}–{high:.1})")
        },
    )
}
