//! `hrgate rectify open | answer | recheck | close | list` (整改).

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::Subcommand;
use jiff::ToSpan;
use jiff::civil::Date;

use crate::model::gate::Target;
use crate::model::text::Language;
use crate::store::{KeptRectification, NewRectification, RectificationStep, Store};

use super::exit_code::Exit;
use super::gate_words::{PolicyFolder, now, or_today, parse_date, parse_said};
use super::{CommandError, output};

/// Options of `hrgate rectify`.
#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Args)]
struct Step {
    /// The results store.
    #[arg(long)]
    store: PathBuf,
    /// Number of the rectification.
    #[arg(long)]
    id: i64,
    /// The day; today by default.
    #[arg(long, value_parser = parse_date)]
    on: Option<Date>,
    /// Who.
    #[arg(long, value_parser = parse_said)]
    person: String,
}

#[derive(Subcommand)]
enum Action {
    /// Ask an institution to put something right.
    Open(Box<Open>),
    /// The institution names cause and measure.
    Answer {
        #[command(flatten)]
        step: Step,
        /// Why it happened.
        #[arg(long, value_parser = parse_said)]
        cause: String,
        /// What is done about it.
        #[arg(long, value_parser = parse_said)]
        measure: String,
    },
    /// The centre looks again.
    Recheck {
        #[command(flatten)]
        step: Step,
        /// pass or fail.
        #[arg(long, value_parser = ["pass", "fail"])]
        result: String,
        /// What was seen.
        #[arg(long, default_value = "")]
        note: String,
    },
    /// It is done. Asks for an answer and a passed recheck.
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
}

#[derive(clap::Args)]
struct Open {
    /// The results store.
    #[arg(long)]
    store: PathBuf,
    /// Institution id.
    #[arg(long)]
    institution: String,
    /// Policy folder name.
    #[arg(long)]
    profile: String,
    /// An item, a modality, or * for all.
    #[arg(long, default_value = "*")]
    item: String,
    /// Number of the evaluation that was failed.
    #[arg(long)]
    evaluation: Option<i64>,
    /// What was found.
    #[arg(long, value_parser = parse_said)]
    finding: String,
    /// The day; today by default.
    #[arg(long, value_parser = parse_date)]
    on: Option<Date>,
    /// By when; the policy's deadline by default.
    #[arg(long, value_parser = parse_date)]
    due: Option<Date>,
    /// Who.
    #[arg(long, value_parser = parse_said)]
    person: String,
    #[command(flatten)]
    policies: PolicyFolder,
}

/// Runs the command.
pub fn run(args: &Args, language: Language) -> Result<Exit, CommandError> {
    match &args.action {
        Action::Open(open) => ask(open, language),
        Action::Answer { step, cause, measure } => {
            let answer =
                RectificationStep::Answer { cause: cause.clone(), measure: measure.clone() };
            go(step, &answer, language)
        }
        Action::Recheck { step, result, note } => {
            let recheck =
                RectificationStep::Recheck { passed: result == "pass", note: note.clone() };
            go(step, &recheck, language)
        }
        Action::Close { step } => go(step, &RectificationStep::Close, language),
        Action::List { store, institution, as_of } => {
            let rows = Store::open_read_only(store)?.rectifications(institution.as_deref())?;
            let today = or_today(*as_of);
            let lines: Vec<String> = rows.iter().map(|r| line(r, today, language)).collect();
            output::print(&lines.concat())?;
            Ok(Exit::Ok)
        }
    }
}

fn ask(open: &Open, language: Language) -> Result<Exit, CommandError> {
    let set = open.policies.load()?;
    let Some(profile) = set.profiles.get(&open.profile) else {
        return Err(CommandError::Usage(format!("no profile {:?}", open.profile)));
    };
    let Some(target) = Target::parse(&open.item) else {
        return Err(CommandError::Usage("item is empty; * stands for all".into()));
    };
    let on = or_today(open.on);
    #[expect(clippy::cast_possible_truncation, reason = "settings are bounded when they are read")]
    let days = profile.rules.settings.number("rectification_deadline") as i64;
    let new = NewRectification {
        institution: open.institution.clone(),
        profile: open.profile.clone(),
        target,
        evaluation_id: open.evaluation,
        finding: open.finding.clone(),
        on,
        due: open.due.unwrap_or_else(|| on.saturating_add(days.days())),
    };
    let id = Store::open(&open.store)?.open_rectification(&new, &open.person, &now())?;
    output::print(&match language {
        Language::Zh => format!("整改 {id} 已开立，期限 {}\n", new.due),
        Language::En => format!("rectification {id} is open, due {}\n", new.due),
    })?;
    Ok(Exit::Ok)
}

fn go(step: &Step, what: &RectificationStep, language: Language) -> Result<Exit, CommandError> {
    let mut store = Store::open(&step.store)?;
    let known = store.rectifications(None)?;
    let Some(of) = known.iter().find(|r| r.id == step.id) else {
        return Err(CommandError::Usage(format!("no rectification {}", step.id)));
    };
    let on = or_today(step.on);
    if let Some((zh, en)) = not_due(of, what, on) {
        output::complain(match language {
            Language::Zh => zh,
            Language::En => en,
        });
        return Ok(Exit::Refused);
    }
    store.step_rectification(of, what, on, &step.person, &now())?;
    output::print(&match language {
        Language::Zh => format!("整改 {} 已更新\n", step.id),
        Language::En => format!("rectification {} is updated\n", step.id),
    })?;
    Ok(Exit::Ok)
}

/// Why a step may not be taken yet.
fn not_due(
    of: &KeptRectification,
    what: &RectificationStep,
    on: Date,
) -> Option<(&'static str, &'static str)> {
    if of.facts.closed.is_some() {
        return Some(("该整改已关闭", "the rectification is closed"));
    }
    if on < of.facts.opened {
        return Some(("日期早于开立日", "the day is before the opening"));
    }
    let answered = of.answered.is_some_and(|day| day <= on);
    let passed = of.recheck.as_deref() == Some("pass") && of.rechecked.is_some_and(|d| d <= on);
    match what {
        RectificationStep::Answer { .. } => None,
        RectificationStep::Recheck { .. } if !answered => {
            Some(("机构尚未答复原因和措施", "the institution has not named cause and measure"))
        }
        RectificationStep::Close if !answered => {
            Some(("机构尚未答复原因和措施", "the institution has not named cause and measure"))
        }
        RectificationStep::Close if !passed => Some(("尚未复查合格", "no recheck was passed")),
        _ => None,
    }
}

fn line(r: &KeptRectification, today: Date, language: Language) -> String {
    let overdue = r.facts.closed.is_none() && today > r.due;
    let state = match (r.facts.closed, overdue, language) {
        (Some(day), _, Language::Zh) => format!("{day} 关闭"),
        (Some(day), _, Language::En) => format!("closed {day}"),
        (None, true, Language::Zh) => format!("逾期（期限 {}）", r.due),
        (None, true, Language::En) => format!("overdue since {}", r.due),
        (None, false, Language::Zh) => format!("期限 {}", r.due),
        (None, false, Language::En) => format!("due {}", r.due),
    };
    let mut text = String::new();
    let _ = writeln!(
        text,
        "{:>4}  {}  {}  {}  {}  {}  {state}",
        r.id, r.facts.opened, r.facts.institution, r.facts.profile, r.facts.target, r.finding
    );
    text
}
