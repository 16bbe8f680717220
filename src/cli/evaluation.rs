//! `hrgate evaluation add | list | import`.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::Subcommand;
use jiff::civil::Date;
use serde::Deserialize;

use crate::model::gate::{Evaluation, EvaluationKind, Target, day};
use crate::model::text::Language;
use crate::policy::load::PolicySet;
use crate::policy::words::{Evaluator, Words};
use crate::store::Store;

use super::exit_code::Exit;
use super::gate_words::{PolicyFolder, keep_registry, now, parse_date, parse_said, words_of};
use super::{CommandError, output};

/// Options of `hrgate evaluation`.
#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Record one evaluation or spot check.
    Add(Box<Add>),
    /// List what is on record.
    List {
        /// The results store.
        #[arg(long)]
        store: PathBuf,
        /// Only this institution.
        #[arg(long)]
        institution: Option<String>,
        /// Print JSON Lines.
        #[arg(long)]
        json: bool,
    },
    /// Read a CSV file with the columns institution, profile, item, scope, date, result, kind, by,
    /// evidence. All rows or none; every mistake is told with its line.
    Import {
        /// The file.
        file: PathBuf,
        /// The results store.
        #[arg(long)]
        store: PathBuf,
        /// Who enters it.
        #[arg(long, value_parser = parse_said)]
        person: String,
        /// The registry of institutions (TOML), kept in the store.
        #[arg(long)]
        registry: Option<PathBuf>,
        #[command(flatten)]
        policies: PolicyFolder,
    },
}

#[derive(clap::Args)]
struct Add {
    /// The results store; made where missing.
    #[arg(long)]
    store: PathBuf,
    /// Institution id of the registry.
    #[arg(long)]
    institution: String,
    /// Policy folder name, e.g. hebei-2025.
    #[arg(long)]
    profile: String,
    /// An item (HB-001), a modality (DX, MG, RF, CT, MR), or * for all.
    #[arg(long, default_value = "*")]
    item: String,
    /// The label's scope, e.g. hebei, jjj; every scope where left out.
    #[arg(long, default_value = "")]
    scope: String,
    /// The day it was held.
    #[arg(long, value_parser = parse_date)]
    on: Date,
    /// pass or fail.
    #[arg(long, value_parser = ["pass", "fail"])]
    result: String,
    /// evaluation or spot-check.
    #[arg(long, default_value = "evaluation", value_parser = ["evaluation", "spot-check"])]
    kind: String,
    /// Who evaluated, e.g. provincial-centre, city-centre, responsible-centre.
    #[arg(long)]
    by: String,
    /// Run or audit id, or a document.
    #[arg(long, value_parser = parse_said)]
    evidence: String,
    /// Who enters it.
    #[arg(long, value_parser = parse_said)]
    person: String,
    /// The registry of institutions (TOML), kept in the store.
    #[arg(long)]
    registry: Option<PathBuf>,
    #[command(flatten)]
    policies: PolicyFolder,
}

/// A row of the CSV.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    institution: String,
    profile: String,
    item: String,
    #[serde(default)]
    scope: String,
    date: String,
    result: String,
    #[serde(default)]
    kind: String,
    by: String,
    evidence: String,
}

/// Runs the command.
pub fn run(args: &Args, language: Language) -> Result<Exit, CommandError> {
    match &args.action {
        Action::Add(add) => record(add, language),
        Action::List { store, institution, json } => {
            list(&mut Store::open_read_only(store)?, institution.as_deref(), *json)
        }
        Action::Import { file, store, person, registry, policies } => {
            let set = policies.load()?;
            let evaluations = read_csv(file, &set)?;
            let mut store = Store::open(store)?;
            keep_registry(&mut store, registry.as_ref())?;
            let new = store.put_evaluations(&evaluations, person, &now())?;
            said(new, evaluations.len(), language)
        }
    }
}

fn record(add: &Add, language: Language) -> Result<Exit, CommandError> {
    let row = Row {
        institution: add.institution.clone(),
        profile: add.profile.clone(),
        item: add.item.clone(),
        scope: add.scope.clone(),
        date: add.on.to_string(),
        result: add.result.clone(),
        kind: add.kind.clone(),
        by: add.by.clone(),
        evidence: add.evidence.clone(),
    };
    let evaluation = row
        .evaluation(&add.policies.load()?)
        .map_err(|problems| CommandError::Usage(problems.join("; ")))?;
    let mut store = Store::open(&add.store)?;
    keep_registry(&mut store, add.registry.as_ref())?;
    let new = store.put_evaluations(&[evaluation], &add.person, &now())?;
    said(new, 1, language)
}

fn said(new: u64, of: usize, language: Language) -> Result<Exit, CommandError> {
    let text = match language {
        Language::Zh => format!("记入 {new} 条评价（共 {of} 条，其余已有）\n"),
        Language::En => format!("{new} of {of} evaluations are new\n"),
    };
    output::print(&text)?;
    Ok(Exit::Ok)
}

fn list(store: &mut Store, institution: Option<&str>, json: bool) -> Result<Exit, CommandError> {
    let mut text = String::new();
    for kept in store.evaluations(institution)? {
        let e = &kept.evaluation;
        let (scope, result) = (e.scope.as_deref(), if e.passed { "pass" } else { "fail" });
        if json {
            let value = serde_json::json!({
                "id": kept.id, "institution": e.institution, "profile": e.profile,
                "item": e.target.to_string(), "scope": scope, "date": e.on.to_string(),
                "result": result, "kind": e.kind.word(), "by": e.evaluator,
                "evidence": e.evidence, "person": kept.person, "recorded_at": kept.recorded_at,
            });
            let _ = writeln!(text, "{value}");
        } else {
            let _ = writeln!(
                text,
                "{:>4}  {}  {}  {}  {} {}  {} {result}  {}  {}",
                kept.id,
                e.on,
                e.institution,
                e.profile,
                e.target,
                scope.unwrap_or("*"),
                e.kind.word(),
                e.evaluator,
                e.evidence
            );
        }
    }
    output::print(&text)?;
    Ok(Exit::Ok)
}

fn read_csv(file: &PathBuf, set: &PolicySet) -> Result<Vec<Evaluation>, CommandError> {
    let shown = file.display();
    let text =
        std::fs::read_to_string(file).map_err(|e| CommandError::Io(format!("{shown}: {e}")))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
    let headers = reader.headers().map_err(|e| CommandError::Policy(format!("{shown}: {e}")))?;
    let headers = headers.clone();
    let (mut evaluations, mut problems) = (Vec::new(), Vec::new());
    for record in reader.records() {
        let read = record.map_err(|e| (e.position().map(csv::Position::line), e.to_string()));
        let row = read.and_then(|record| {
            let line = record.position().map(csv::Position::line);
            let row: Result<Row, _> = record.deserialize(Some(&headers));
            row.map(|row| (line, row)).map_err(|e| (line, e.to_string()))
        });
        match row {
            Ok((line, row)) => match row.evaluation(set) {
                Ok(evaluation) => evaluations.push(evaluation),
                Err(list) => problems.push((line, list.join("; "))),
            },
            Err(problem) => problems.push(problem),
        }
    }
    if problems.is_empty() {
        return Ok(evaluations);
    }
    let lines: Vec<String> = problems
        .into_iter()
        .map(|(line, what)| format!("{shown}:{}: {what}", line.unwrap_or(0)))
        .collect();
    Err(CommandError::Policy(format!("{}\nnothing was recorded", lines.join("\n"))))
}

impl Row {
    fn evaluation(&self, set: &PolicySet) -> Result<Evaluation, Vec<String>> {
        let mut problems = Vec::new();
        for (name, text) in
            [("institution", &self.institution), ("by", &self.by), ("evidence", &self.evidence)]
        {
            if text.trim().is_empty() {
                problems.push(format!("{name} is empty"));
            }
        }
        let on = day(&self.date);
        if on.is_none() {
            problems.push(format!("date {:?} is not a day such as 2026-01-31", self.date));
        }
        let target = Target::parse(&self.item);
        match set.profiles.get(&self.profile) {
            None => problems.push(format!("no profile {:?}", self.profile)),
            Some(profile) => {
                let labels = &profile.rules.labels;
                if !self.scope.is_empty() && !labels.iter().any(|l| l.scope == self.scope) {
                    let known: Vec<&str> = labels.iter().map(|l| l.scope.as_str()).collect();
                    let known = known.join(", ");
                    problems.push(format!("no scope {:?}; there are: {known}", self.scope));
                }
                if let Some(Target::Item(uid)) = &target
                    && profile.catalogue.get(uid).is_none()
                {
                    problems.push(format!("no item {uid:?} in {}", self.profile));
                }
            }
        }
        if target.is_none() {
            problems.push("item is empty; * stands for all".to_owned());
        }
        if !Evaluator::WORDS.iter().any(|(word, _)| *word == self.by) {
            let known = words_of::<Evaluator>();
            problems.push(format!("no evaluator {:?}; there are: {known}", self.by));
        }
        let kind = if self.kind.is_empty() { "evaluation" } else { &self.kind };
        let kind = EvaluationKind::parse(kind);
        if kind.is_none() {
            problems.push(format!("kind {:?} is neither evaluation nor spot-check", self.kind));
        }
        if !["pass", "fail"].contains(&self.result.as_str()) {
            problems.push(format!("result {:?} is neither pass nor fail", self.result));
        }
        let (Some(on), Some(target), Some(kind), true) = (on, target, kind, problems.is_empty())
        else {
            return Err(problems);
        };
        Ok(Evaluation {
            on,
            institution: self.institution.clone(),
            profile: self.profile.clone(),
            target,
            scope: (!self.scope.is_empty()).then(|| self.scope.clone()),
            kind,
            passed: self.result == "pass",
            evaluator: self.by.clone(),
            evidence: self.evidence.clone(),
        })
    }
}
