//! The command line: one file a subcommand; nothing is decided here.

mod appeal;
mod checks;
mod evaluation;
pub mod exit_code;
pub mod explain;
mod gate;
mod gate_words;
mod indicator;
mod inspect;
mod inspect_pictures;
mod item;
mod ledger;
mod log;
mod measure;
mod models;
mod name;
mod output;
mod pixels;
mod policy;
mod publish;
mod rectify;
mod rejudge;
mod review;
mod run;
mod run_choice;
mod run_folder;
mod run_gate;
mod run_judged;
mod run_lock;
mod run_log;
mod run_pages;
mod run_quality;
mod run_record;
mod run_store;
mod run_told;
mod run_watch;
mod schema;
mod shared;
mod store;
mod waiver;

use std::io;

use clap::{Parser, Subcommand};

use exit_code::Exit;

use crate::model::text::Language;

/// HRGate decides, from the images themselves, whether a mutual-recognition label (互认标识) may
/// stand on a radiology study.
///
/// Exit codes: 0 all pass · 10 some review · 11 some fail · 20 to 27 the gate and the ledger
/// (docs/gate.md) · 28 a model is not as its manifest says · 64 usage · 65 policy or registry invalid · 66 nothing to judge · 74 I/O ·
/// 1 internal fault.
#[derive(Parser)]
#[command(name = "hrgate", version, propagate_version = true)]
struct Cli {
    /// Language of what people read: zh (Chinese) or en (English).
    #[arg(long, global = true, value_enum, default_value = "zh", env = "HRGATE_LANG")]
    lang: Language,
    #[command(flatten)]
    log: log::Log,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Judge all studies under folders, files or zip archives and write reports.
    Run(Box<run::Args>),
    /// Judge one study (or the few of a folder) and show every check.
    Inspect(inspect::Args),
    /// Tell which catalogue items a study is, under each profile, and why.
    Item(item::Args),
    /// Tell what a hospital's own item names lack, and whether their body-part codes are listed.
    Name(name::Args),
    /// Print sum, minimum and maximum of the stored values of each file as CSV.
    Pixels(pixels::Args),
    /// Print every measurement of every frame and stack as CSV.
    Measure(measure::Args),
    /// List, show, validate or compare policies.
    Policy(policy::Args),
    /// Judge stored studies again under another policy, without opening a DICOM file.
    Rejudge(rejudge::Args),
    /// The national indicator 图像伪影率 (artifact rate) of a period, from a store.
    Indicator(indicator::Args),
    /// Look after a results store.
    Store(store::Args),
    /// Record and list the evaluations of institutions.
    Evaluation(evaluation::Args),
    /// Decide on labels, tell how things stand, answer a RIS.
    Gate(gate::Args),
    /// Open and follow up rectifications (整改).
    Rectify(rectify::Args),
    /// List, show and sign the studies that wait for a person.
    Review(review::Args),
    /// Let a check not count, for a scope, a reason and a time.
    Waiver(waiver::Args),
    /// A hospital contests a finding; how often it was right.
    Appeal(appeal::Args),
    /// Verify the history of all gate decisions.
    Ledger(ledger::Args),
    /// Write the public lists: institutions and items with current labels.
    Publish(publish::Args),
    /// List, verify or time the models.
    Models(models::Args),
    /// List the checks.
    Checks(checks::Args),
    /// Explain a check, by code or name.
    Explain(explain::Args),
    /// Print the JSON Schema of an output.
    Schema(schema::Args),
}

/// An error that ends a command with a documented exit code.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// The command line asks for what is not there.
    #[error("{0}")]
    Usage(String),
    /// A policy or registry is invalid.
    #[error("{0}")]
    Policy(String),
    /// Reading or writing failed.
    #[error("{0}")]
    Io(String),
    /// A reader of our output went away (a closed pipe).
    #[error("output closed")]
    OutputClosed,
}

impl CommandError {
    fn exit(&self) -> Exit {
        match self {
            Self::Usage(_) => Exit::Usage,
            Self::Policy(_) => Exit::PolicyInvalid,
            Self::Io(_) => Exit::Io,
            Self::OutputClosed => Exit::Ok,
        }
    }

    /// From an error of writing to standard output.
    pub(crate) fn from_output(error: &io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            Self::OutputClosed
        } else {
            Self::Io(format!("standard output: {error}"))
        }
    }
}

/// Parses the command line, runs the command, and returns its exit code.
pub fn main() -> Exit {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            let asked = !error.use_stderr();
            return if asked { Exit::Ok } else { Exit::Usage };
        }
    };
    cli.log.start();
    let done = match cli.command {
        Command::Run(args) => run::run(&args, cli.lang),
        Command::Inspect(args) => inspect::run(&args, cli.lang),
        Command::Item(args) => item::run(&args, cli.lang),
        Command::Name(args) => name::run(&args, cli.lang),
        Command::Pixels(args) => pixels::run(&args),
        Command::Measure(args) => measure::run(&args),
        Command::Policy(args) => policy::run(&args, cli.lang),
        Command::Rejudge(args) => rejudge::run(&args, cli.lang),
        Command::Indicator(args) => indicator::run(&args, cli.lang),
        Command::Store(args) => store::run(&args, cli.lang),
        Command::Evaluation(args) => evaluation::run(&args, cli.lang),
        Command::Gate(args) => gate::run(&args, cli.lang),
        Command::Rectify(args) => rectify::run(&args, cli.lang),
        Command::Review(args) => review::run(&args, cli.lang),
        Command::Waiver(args) => waiver::run(&args, cli.lang),
        Command::Appeal(args) => appeal::run(&args, cli.lang),
        Command::Ledger(args) => ledger::run(&args, cli.lang),
        Command::Publish(args) => publish::run(&args, cli.lang),
        Command::Models(args) => models::run(&args, cli.lang),
        Command::Checks(args) => checks::run(&args, cli.lang),
        Command::Explain(args) => explain::run(&args, cli.lang),
        Command::Schema(args) => schema::run(&args),
    };
    match done {
        Ok(exit) => exit,
        Err(error) => {
            if !matches!(error, CommandError::OutputClosed) {
                output::complain(&error.to_string());
                tracing::error!(exit = error.exit() as u8, "the command failed");
            }
            error.exit()
        }
    }
}
