//! `hrgate gate`: decide on labels, tell how things stand, answer a RIS.

mod act;
mod answer;
mod export;

use std::path::PathBuf;

use clap::Subcommand;
use jiff::civil::Date;

use crate::model::text::Language;

pub(super) use act::told;

use super::CommandError;
use super::exit_code::Exit;
use super::gate_words::{PolicyFolder, parse_date, parse_said};

/// Options of `hrgate gate`.
#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Args)]
struct Where {
    /// The results store.
    #[arg(long)]
    store: PathBuf,
    /// Only this institution.
    #[arg(long)]
    institution: Option<String>,
    /// The day to decide as of; today by default.
    #[arg(long, value_parser = parse_date)]
    as_of: Option<Date>,
    /// The registry of institutions (TOML), kept in the store.
    #[arg(long)]
    registry: Option<PathBuf>,
    #[command(flatten)]
    policies: PolicyFolder,
}

#[derive(clap::Args)]
struct Act {
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
    /// The day; today by default.
    #[arg(long, value_parser = parse_date)]
    on: Option<Date>,
    /// Who.
    #[arg(long, value_parser = parse_said)]
    person: String,
    #[command(flatten)]
    policies: PolicyFolder,
}

#[derive(Subcommand)]
enum Action {
    /// How institutions stand on a day: granted, suspended, lapsed, and why.
    Status {
        #[command(flatten)]
        place: Where,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Everything the ledger says of a study or an institution.
    History {
        /// The results store.
        #[arg(long)]
        store: PathBuf,
        /// A study's UID or key, or an institution's id.
        #[arg(long, alias = "study", alias = "institution")]
        of: String,
        /// Print JSON Lines.
        #[arg(long)]
        json: bool,
    },
    /// Decide on every study of the store as of a day.
    Decide {
        #[command(flatten)]
        place: Where,
    },
    /// Record a failed spot check and suspend what it is about.
    Suspend {
        #[command(flatten)]
        act: Act,
        /// Who checked, e.g. provincial-centre.
        #[arg(long)]
        by: String,
        /// Run or audit id, or a document.
        #[arg(long, value_parser = parse_said)]
        evidence: String,
    },
    /// Restore what was suspended; refused unless it was rectified and passed again.
    Restore {
        #[command(flatten)]
        act: Act,
    },
    /// Write the decisions for a RIS, with the region's exact text.
    Export {
        /// The results store.
        #[arg(long)]
        store: PathBuf,
        /// Only this institution.
        #[arg(long)]
        institution: Option<String>,
        /// csv or json.
        #[arg(long, default_value = "csv", value_parser = ["csv", "json"])]
        format: String,
        /// The file; standard output where left out.
        #[arg(long)]
        out: Option<PathBuf>,
    },
    /// Answer by exit code whether a label stands: 0 apply, 20 withhold, 21 withdraw, 22 not decided.
    Check {
        /// The results store.
        #[arg(long)]
        store: PathBuf,
        /// Study Instance UID.
        #[arg(long)]
        study: String,
        /// Only this profile.
        #[arg(long)]
        profile: Option<String>,
        /// Only this item.
        #[arg(long)]
        item: Option<String>,
        /// Print nothing.
        #[arg(long, short)]
        quiet: bool,
    },
    /// Tell whether a receiver must (0), may (24) or need not (25) recognise a study. It never
    /// decides for the doctor.
    Accept {
        /// The results store.
        #[arg(long)]
        store: PathBuf,
        /// Study Instance UID.
        #[arg(long)]
        study: String,
        /// Institution id of the receiver.
        #[arg(long)]
        receiver: String,
        /// The day of the decision.
        #[arg(long, value_parser = parse_date)]
        on: Option<Date>,
        /// Print JSON.
        #[arg(long)]
        json: bool,
        /// The registry of institutions (TOML), read beside what the store keeps.
        #[arg(long)]
        registry: Option<PathBuf>,
        #[command(flatten)]
        policies: PolicyFolder,
    },
    /// List mass changes that wait, or release one.
    Release {
        /// The results store.
        #[arg(long)]
        store: PathBuf,
        /// Number of the one to release.
        #[arg(long, requires = "person", requires = "reason")]
        hold: Option<i64>,
        /// Who.
        #[arg(long, value_parser = parse_said)]
        person: Option<String>,
        /// Why.
        #[arg(long, value_parser = parse_said)]
        reason: Option<String>,
    },
}

/// Runs the command.
pub fn run(args: &Args, language: Language) -> Result<Exit, CommandError> {
    match &args.action {
        Action::Status { place, json } => act::status(place, *json, language),
        Action::History { store, of, json } => answer::history(store, of, *json),
        Action::Decide { place } => act::decide(place, language),
        Action::Suspend { act, by, evidence } => act::suspend(act, by, evidence, language),
        Action::Restore { act } => act::restore(act, language),
        Action::Export { store, institution, format, out } => {
            export::run(store, institution.as_deref(), format == "json", out.as_deref())
        }
        Action::Check { store, study, profile, item, quiet } => {
            let only = (profile.as_deref(), item.as_deref());
            answer::check(store, study, only, *quiet, language)
        }
        Action::Accept { store, study, receiver, on, json, registry, policies } => {
            let set = policies.load()?;
            let question = answer::Question { store, study, receiver, on: *on, registry };
            answer::accept(&question, &set, *json, language)
        }
        Action::Release { store, hold, person, reason } => {
            let signed = person.as_deref().zip(reason.as_deref());
            act::release(store, hold.zip(signed), language)
        }
    }
}
