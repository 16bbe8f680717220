//! `hrgate store check | backup | prune`.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::Subcommand;
use jiff::{Timestamp, ToSpan};

use crate::model::text::Language;
use crate::store::{Store, StoreError};

use super::exit_code::Exit;
use super::{CommandError, output};

/// Options of `hrgate store`.
#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Look the whole store over: the database, its links, every record.
    Check {
        /// The store.
        store: PathBuf,
    },
    /// Write a consistent copy, also while a run is writing.
    Backup {
        /// The store.
        store: PathBuf,
        /// The copy; it must not exist.
        target: PathBuf,
    },
    /// Remove studies judged longer ago than so many days.
    Prune {
        /// The store.
        store: PathBuf,
        /// Days that are kept.
        #[arg(long, value_parser = clap::value_parser!(u32).range(1..=36500))]
        keep_days: u32,
    },
}

/// Runs the command.
pub fn run(args: &Args, language: Language) -> Result<Exit, CommandError> {
    let (text, exit) = match &args.action {
        Action::Check { store } => {
            let checked = Store::open_read_only(store)?.check()?;
            let mut text = String::new();
            for problem in &checked.problems {
                let _ = writeln!(text, "{problem}");
            }
            let (n, bad) = (checked.studies, checked.problems.len());
            let _ = match language {
                Language::Zh => writeln!(text, "检查了 {n} 项检查，发现 {bad} 个问题"),
                Language::En => writeln!(text, "{n} studies looked at, {bad} problems"),
            };
            (text, if bad == 0 { Exit::Ok } else { Exit::Io })
        }
        Action::Backup { store, target } => {
            Store::open_read_only(store)?.backup(target)?;
            (format!("{}\n", target.display()), Exit::Ok)
        }
        Action::Prune { store, keep_days } => {
            let before = Timestamp::now()
                .checked_sub((i64::from(*keep_days) * 24).hours())
                .map_err(|e| CommandError::Usage(e.to_string()))?;
            let pruned = Store::open(store)?.prune(&before.to_string())?;
            let n = pruned.studies;
            let text = match language {
                Language::Zh => format!("删除了 {n} 项检查\n"),
                Language::En => format!("{n} studies removed\n"),
            };
            (text, Exit::Ok)
        }
    };
    output::print(&text)?;
    Ok(exit)
}

impl From<StoreError> for CommandError {
    fn from(error: StoreError) -> Self {
        Self::Io(error.to_string())
    }
}
