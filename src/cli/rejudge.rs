//! `hrgate rejudge`: what would another policy have said? From the store alone.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;

use jiff::Timestamp;

use crate::model::outcome::{OutcomeKind, Severity};
use crate::model::result::Verdict;
use crate::model::study::Study;
use crate::model::text::Language;
use crate::pipeline::rejudge::{Change, Flip, RejudgeError, Rejudged, rejudge};
use crate::pipeline::run::in_pool;
use crate::report::words;
use crate::store::{Store, StudyFilter, StudyRecord};

use super::exit_code::Exit;
use super::shared::{Policies, PolicyChoice};
use super::{CommandError, output};

/// Options of `hrgate rejudge`.
#[derive(clap::Args)]
pub struct Args {
    /// The results store.
    #[arg(long)]
    store: PathBuf,
    #[command(flatten)]
    policy: PolicyChoice,
    /// Only this institution.
    #[arg(long)]
    institution: Option<String>,
    /// Only studies dated on or after this day (YYYYMMDD).
    #[arg(long)]
    since: Option<String>,
    /// Write the new results into the store; without it nothing is changed.
    #[arg(long)]
    apply: bool,
    /// Write the new results as JSON Lines, as a fresh run would.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Print what flips as JSON Lines.
    #[arg(long)]
    json: bool,
    /// Threads; 0 for one a core.
    #[arg(long, default_value_t = 0)]
    threads: usize,
}

/// Records written in one transaction.
const BATCH: usize = 512;
/// Changed checks shown of a study.
const SHOWN: usize = 6;

/// Runs the command.
pub fn run(args: &Args, language: Language) -> Result<Exit, CommandError> {
    let policies = args.policy.load()?;
    in_pool(args.threads, || work(args, &policies, language))?
}

#[derive(Default)]
struct Counts {
    changed: u64,
    verdicts: std::collections::BTreeMap<(Verdict, Verdict), u64>,
}

fn work(args: &Args, policies: &Policies, language: Language) -> Result<Exit, CommandError> {
    let mut reader = Store::open_read_only(&args.store)?;
    let mut writer = args.apply.then(|| Store::open(&args.store)).transpose()?;
    let mut lines =
        args.out.as_ref().map(File::create).transpose().map_err(io)?.map(BufWriter::new);
    let filter = StudyFilter { institution: args.institution.clone(), since: args.since.clone() };
    let (run_id, now) = (rejudge_id(), Timestamp::now().to_string());
    let (mut counts, mut batch) = (Counts::default(), Vec::<StudyRecord>::new());
    let rules = policies.by_region();
    let rules_of = |study: &Study| rules.of(study.institution.region.as_deref());
    let studies = rejudge(&mut reader, &filter, &rules_of, args.apply, |rejudged: Rejudged| {
        if let Some(lines) = &mut lines {
            lines.write_all(&rejudged.line).and_then(|()| lines.write_all(b"\n")).map_err(io)?;
        }
        if let Some(flip) = &rejudged.flip {
            counts.add(flip);
            output::print(&shown(flip, args.json, language)?)?;
        }
        if let (Some(writer), Some(record)) = (&mut writer, rejudged.record) {
            batch.push(record);
            if batch.len() >= BATCH {
                writer.put(&run_id, &now, &batch)?;
                batch.clear();
            }
        }
        Ok::<(), CommandError>(())
    })?;
    if let Some(writer) = &mut writer {
        writer.put(&run_id, &now, &batch)?;
    }
    if let Some(lines) = &mut lines {
        lines.flush().map_err(io)?;
    }
    if !args.json {
        output::print(&counts.summary(studies, args.apply, language))?;
    }
    Ok(Exit::Ok)
}

fn rejudge_id() -> String {
    format!("rejudge-{}", Timestamp::now().strftime("%Y%m%dT%H%M%SZ"))
}

fn io(error: std::io::Error) -> CommandError {
    CommandError::Io(error.to_string())
}

impl Counts {
    fn add(&mut self, flip: &Flip) {
        self.changed += 1;
        if flip.before != flip.now {
            *self.verdicts.entry((flip.before, flip.now)).or_default() += 1;
        }
    }

    fn summary(&self, studies: u64, applied: bool, language: Language) -> String {
        let mut text = match language {
            Language::Zh => format!("复判 {studies} 项检查，{} 项有变化", self.changed),
            Language::En => format!("{studies} studies judged again, {} changed", self.changed),
        };
        for ((before, now), n) in &self.verdicts {
            let (before, now) = (words::verdict(*before), words::verdict(*now));
            let _ = write!(text, "\n  {} → {}: {n}", before.get(language), now.get(language));
        }
        let _ = match (applied, language) {
            (true, Language::Zh) => writeln!(text, "\n新结果已写入结果库"),
            (true, Language::En) => writeln!(text, "\nthe new results were written"),
            (false, Language::Zh) => writeln!(text, "\n结果库未改动（加 --apply 才写入）"),
            (false, Language::En) => writeln!(text, "\nthe store was not changed (--apply writes)"),
        };
        text
    }
}

fn shown(flip: &Flip, json: bool, language: Language) -> Result<String, CommandError> {
    if json {
        let line = serde_json::to_string(flip).map_err(|e| CommandError::Io(e.to_string()))?;
        return Ok(line + "\n");
    }
    let (before, now) = (words::verdict(flip.before), words::verdict(flip.now));
    let mut text = format!(
        "{}  {}  {} → {}\n",
        flip.institution,
        flip.study_key,
        before.get(language),
        now.get(language)
    );
    for change in flip.changes.iter().take(SHOWN) {
        let _ = writeln!(text, "    {}", change_line(change, language));
    }
    if flip.changes.len() > SHOWN {
        let _ = writeln!(text, "    … +{}", flip.changes.len() - SHOWN);
    }
    Ok(text)
}

fn change_line(change: &Change, language: Language) -> String {
    let state = |s: Option<(OutcomeKind, Severity)>| {
        s.map_or_else(
            || "—".to_owned(),
            |(outcome, severity)| {
                format!(
                    "{} ({})",
                    words::outcome(outcome).get(language),
                    words::severity(severity).get(language)
                )
            },
        )
    };
    let mut text = format!(
        "{} {}: {} → {}",
        change.code,
        change.name,
        state(change.before),
        state(change.now)
    );
    for e in change.evidence.iter().filter(|e| e.limit.is_some()).take(2) {
        let limit = e.limit.as_ref().map(ToString::to_string).unwrap_or_default();
        let unit = e.unit.as_deref().unwrap_or_default();
        let _ = write!(text, "; {} {} / {limit} {unit}", e.name, e.value);
    }
    text
}

impl From<RejudgeError> for CommandError {
    fn from(error: RejudgeError) -> Self {
        Self::Io(error.to_string())
    }
}
