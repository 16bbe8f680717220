//! `hrgate models`: which models there are, whether they are what their manifest says, and how long
//! they take.

mod bench;
mod list;
mod verify;

use crate::infer::choice::Choice;
use crate::infer::manifest::Manifest;
use crate::infer::models::Models;
use crate::model::text::{Language, Text};

use super::exit_code::Exit;
use super::{CommandError, output};

/// Options of `hrgate models`.
#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// List the models with version, use, size and state.
    List(Options),
    /// Hold every file, input and output against the manifest and try each model; exit code 28 where
    /// something is amiss.
    Verify(Options),
    /// Time each model on one thread, at the sizes of the manifest.
    Bench(bench::Args),
}

/// What the three share.
#[derive(clap::Args)]
struct Options {
    #[command(flatten)]
    choice: Choice,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn run(args: &Args, language: Language) -> Result<Exit, CommandError> {
    match &args.command {
        Command::List(options) => list::run(options, language),
        Command::Verify(options) => verify::run(options, language),
        Command::Bench(args) => bench::run(args, language),
    }
}

/// The models that were chosen, and their manifest.
fn opened(choice: &Choice) -> Models {
    Models::open(choice.clone())
}

/// The manifest, or the exit by what is wrong: no folder is I/O, an invalid file is configuration.
fn manifest(models: &Models, language: Language) -> Result<&Manifest, CommandError> {
    let shown = |text: &Text| text.get(language).to_owned();
    models.folder().map_err(|why| CommandError::Io(shown(why)))?;
    models.manifest().map_err(|why| CommandError::Policy(shown(why)))
}

fn print_json(value: &serde_json::Value) -> Result<(), CommandError> {
    let text = serde_json::to_string_pretty(value).map_err(|e| CommandError::Io(e.to_string()))?;
    output::print(&(text + "\n"))
}

/// The runtime for people.
fn runtime_line(models: &Models, language: Language) -> String {
    match (models.runtime(), language) {
        (Ok(runtime), _) => format!("{} ({})\n", runtime.told(), runtime.path.display()),
        (Err(why), language) => format!("{}\n", why.get(language)),
    }
}

fn runtime_json(models: &Models) -> serde_json::Value {
    match models.runtime() {
        Ok(runtime) => serde_json::json!({ "name": runtime.told(), "file": runtime.path }),
        Err(why) => serde_json::json!({ "name": null, "why": why.en, "why_zh": why.zh }),
    }
}

/// What stands for an empty manifest.
fn none(language: Language) -> &'static str {
    match language {
        Language::Zh => "模型清单中没有模型\n",
        Language::En => "the manifest lists no model\n",
    }
}
