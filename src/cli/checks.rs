//! `hrgate checks`: every check in a line, generated from the registry.

use std::fmt::Write as _;

use crate::checks::registry;
use crate::model::text::Language;

use super::exit_code::Exit;
use super::{CommandError, output};

/// Options of `hrgate checks`.
#[derive(clap::Args)]
pub struct Args {
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn run(args: &Args, language: Language) -> Result<Exit, CommandError> {
    let mut text = String::new();
    if args.json {
        let list: Vec<serde_json::Value> = registry::all()
            .map(|c| {
                serde_json::json!({
                    "code": c.code, "name": c.name, "family": c.family(), "status": c.status,
                    "depth": c.depth, "title_zh": c.title.zh, "title_en": c.title.en,
                    "advice_zh": c.advice.zh, "advice_en": c.advice.en,
                    "dicom_code": c.dicom_code.map(|(code, _)| code),
                    "params": c.params.iter().map(|p| p.key).collect::<Vec<_>>(),
                })
            })
            .collect();
        text = serde_json::to_string_pretty(&list).map_err(|e| CommandError::Io(e.to_string()))?;
        text.push('\n');
    } else {
        for check in registry::all() {
            let _ = writeln!(
                text,
                "{}  {:<32} {:<8} {}",
                check.code,
                check.name,
                format!("{:?}", check.status).to_lowercase(),
                check.title.get(language)
            );
        }
    }
    output::print(&text)?;
    Ok(Exit::Ok)
}
