//! `hrgate review list | show | sign`: what waits for a person, and the person's answer.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::Subcommand;
use jiff::civil::Date;

use crate::gate::{effective, findings_digest};
use crate::model::gate::Review;
use crate::model::result::{StudyResult, Verdict};
use crate::model::text::{Language, StaticText};
use crate::policy::load::PolicySet;
use crate::policy::words::ItemUnit;
use crate::report::terminal::{self, TerminalOptions};
use crate::store::{KeptReview, Store, StoredResult};
use crate::verdict::NOT_JUDGED;

use super::exit_code::Exit;
use super::gate_words::{
    self, PolicyFolder, decide_again, known_profile, now, or_today, parse_date, refuse, said, study,
};
use super::{CommandError, output};

/// Studies read at once.
const PAGE: u32 = 256;

/// Options of `hrgate review`.
#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// List the studies that wait for a person.
    List {
        /// The results store.
        #[arg(long)]
        store: PathBuf,
        /// Only this institution.
        #[arg(long)]
        institution: Option<String>,
        /// Those signed already, too.
        #[arg(long)]
        all: bool,
        /// Print JSON Lines.
        #[arg(long)]
        json: bool,
    },
    /// Show a study's findings and what was signed.
    Show {
        /// The results store.
        #[arg(long)]
        store: PathBuf,
        /// Study Instance UID or key.
        #[arg(long)]
        study: String,
        #[command(flatten)]
        policies: PolicyFolder,
    },
    /// Sign: the label may stand (apply) or not (withhold). Never over a critical Fail.
    Sign(Box<Sign>),
}

#[derive(clap::Args)]
struct Sign {
    /// The results store.
    #[arg(long)]
    store: PathBuf,
    /// Study Instance UID or key.
    #[arg(long)]
    study: String,
    /// apply or withhold.
    #[arg(long, value_parser = ["apply", "withhold"])]
    answer: String,
    /// Who signs.
    #[arg(long)]
    person: String,
    /// In which role.
    #[arg(long)]
    role: String,
    /// Why.
    #[arg(long)]
    reason: String,
    /// Only under this profile; every profile where left out.
    #[arg(long)]
    profile: Option<String>,
    /// The day; today by default.
    #[arg(long, value_parser = parse_date)]
    on: Option<Date>,
    #[command(flatten)]
    policies: PolicyFolder,
}

/// Runs the command.
pub fn run(args: &Args, language: Language) -> Result<Exit, CommandError> {
    match &args.action {
        Action::List { store, institution, all, json } => {
            list(store, institution.as_deref(), (*all, *json), language)
        }
        Action::Show { store, study, policies } => show(store, study, policies, language),
        Action::Sign(sign) => self::sign(sign, language),
    }
}

fn list(
    store: &Path,
    institution: Option<&str>,
    (all, json): (bool, bool),
    language: Language,
) -> Result<Exit, CommandError> {
    let mut store = Store::open_read_only(store)?;
    let mut after = String::new();
    loop {
        let page = store.review_page(institution, &after, PAGE)?;
        let Some(last) = page.last() else { break };
        after.clone_from(&last.key);
        let mut text = String::new();
        // Out of scope: no signature makes an item of it.
        let waits = |s: &StoredResult| s.result.verdict_reasons != [NOT_JUDGED];
        for stored in page.into_iter().filter(waits) {
            let result = &stored.result;
            let digest = findings_digest(result);
            let kept = store.reviews(Some(&stored.key))?;
            let signed = kept.iter().rev().find(|r| r.review.result_digest == digest);
            if signed.is_some() && !all {
                continue;
            }
            text += &if json {
                json_line(result, signed, !kept.is_empty())
            } else {
                line(result, signed, !kept.is_empty(), language)
            };
        }
        output::print(&text)?;
    }
    Ok(Exit::Ok)
}

fn json_line(result: &StudyResult, signed: Option<&KeptReview>, outdated: bool) -> String {
    let mut line = serde_json::json!({
        "study_uid": result.study_uid, "study_key": result.study_key,
        "institution": result.institution, "study_date": result.study_date,
        "modalities": result.modalities, "verdict": result.verdict,
        "reasons": result.verdict_reasons, "findings": findings_digest(result),
        "signed": signed.map(|r| if r.review.apply { "apply" } else { "withhold" }),
        "person": signed.map(|r| &r.review.person),
        "outdated_signature": signed.is_none() && outdated,
    })
    .to_string();
    line.push('\n');
    line
}

fn line(
    result: &StudyResult,
    signed: Option<&KeptReview>,
    outdated: bool,
    language: Language,
) -> String {
    let state = match (signed, outdated, language) {
        (Some(r), _, _) => signature(r, language),
        (None, true, Language::Zh) => "签核后发现有变，需重新签核".to_owned(),
        (None, true, Language::En) => "signed before, but the findings changed since".to_owned(),
        (None, false, Language::Zh) => "待签核".to_owned(),
        (None, false, Language::En) => "waits".to_owned(),
    };
    format!(
        "{}  {}  {}  {}  {}  {state}\n",
        result.study_date.as_deref().unwrap_or("–"),
        result.institution,
        result.modalities.join("+"),
        result.study_uid.as_deref().unwrap_or(&result.study_key),
        result.verdict_reasons.join(", "),
    )
}

fn signature(kept: &KeptReview, language: Language) -> String {
    let r = &kept.review;
    let answer = match (r.apply, language) {
        (true, Language::Zh) => "同意标注",
        (false, Language::Zh) => "不同意标注",
        (true, Language::En) => "apply",
        (false, Language::En) => "withhold",
    };
    let profile = r.profile.as_deref().unwrap_or("*");
    format!("{} {answer} [{profile}] {} ({}): {}", r.on, r.person, r.role, r.reason)
}

fn show(
    path: &Path,
    of: &str,
    policies: &PolicyFolder,
    language: Language,
) -> Result<Exit, CommandError> {
    let set = policies.load()?;
    let mut store = Store::open_read_only(path)?;
    let stored = study(&mut store, of)?;
    let options = TerminalOptions {
        language,
        colour: output::wants_colour(),
        width: output::width(),
        policies: Some(&set),
        ..TerminalOptions::default()
    };
    let mut text = terminal::render(&stored.result, &options);
    let digest = findings_digest(&stored.result);
    let kept = store.reviews(Some(&stored.key))?;
    let (title, none, outdated) = match language {
        Language::Zh => ("签核", "无", "（签核后发现有变）"),
        Language::En => ("signatures", "none", " (the findings changed since)"),
    };
    let _ = writeln!(text, "\n{title}");
    for r in &kept {
        let note = if r.review.result_digest == digest { "" } else { outdated };
        let _ = writeln!(text, "  {}{note}", signature(r, language));
    }
    if kept.is_empty() {
        let _ = writeln!(text, "  {none}");
    }
    output::print(&text)?;
    Ok(Exit::Ok)
}

fn sign(sign: &Sign, language: Language) -> Result<Exit, CommandError> {
    let set = sign.policies.load()?;
    known_profile(&set, sign.profile.as_deref())?;
    let mut store = Store::open(&sign.store)?;
    let stored = study(&mut store, &sign.study)?;
    let apply = sign.answer == "apply";
    if let Some(why) = not_to_sign(&stored.result, &set, sign.profile.as_deref(), apply) {
        return Ok(refuse(why, language));
    }
    let on = or_today(sign.on);
    let review = Review {
        on,
        study_key: stored.key.clone(),
        profile: sign.profile.clone(),
        apply,
        person: said("person", &sign.person)?.to_owned(),
        role: said("role", &sign.role)?.to_owned(),
        reason: said("reason", &sign.reason)?.to_owned(),
        result_digest: findings_digest(&stored.result),
    };
    let id = store.put_review(&review, &now())?;
    let mut text = match language {
        Language::Zh => format!("复核 {id} 已签核\n"),
        Language::En => format!("review {id} is signed\n"),
    };
    decide_again(&mut store, &set, &stored.key, on)?;
    for label in store.labels_of_key(&stored.key)? {
        let decision = gate_words::decision(label.decision).get(language);
        let why = gate_words::reasons(&label.reasons, language);
        let item = label.item.as_deref().unwrap_or("–");
        let _ = writeln!(text, "{}  {item}  {decision}  {}  {why}", label.profile, label.text);
    }
    output::print(&text)?;
    Ok(Exit::Ok)
}

/// Why a study is not to be signed so.
fn not_to_sign(
    result: &StudyResult,
    set: &PolicySet,
    profile: Option<&str>,
    apply: bool,
) -> Option<StaticText> {
    // To withhold is open to a person at any time; to apply only what waits for it.
    if !apply {
        return None;
    }
    let verdicts = verdicts(result, set, profile);
    if verdicts.contains(&Verdict::Review) {
        None
    } else if verdicts.contains(&Verdict::Fail) {
        Some(StaticText {
            zh: "存在严重不合格，任何人不得签核通过；请整改后重新上传",
            en: "a critical fail cannot be signed over; it has to be put right and sent again",
        })
    } else {
        Some(StaticText {
            zh: "该检查无需复核", en: "nothing of this study waits for a review"
        })
    }
}

/// The verdict of everything that may carry a label: the study, or its views.
fn verdicts(result: &StudyResult, set: &PolicySet, profile: Option<&str>) -> Vec<Verdict> {
    let by_view = |id: &str| {
        set.profiles.get(id).is_some_and(|p| p.rules.catalogue.unit == ItemUnit::View)
            && profile.is_none_or(|asked| asked == id)
    };
    let views = result.items.iter().filter(|i| by_view(&i.profile) && !i.sop_uids.is_empty());
    let mut out: Vec<Verdict> =
        views.map(|i| effective(result, &i.sop_uids, |_| false).verdict).collect();
    out.push(result.verdict);
    out
}
