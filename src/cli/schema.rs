//! `hrgate schema`: the published JSON Schemas.

use std::fmt::Write as _;

use crate::report::schema;

use super::exit_code::Exit;
use super::{CommandError, output};

/// Options of `hrgate schema`.
#[derive(clap::Args)]
pub struct Args {
    /// Which one; without a name they are listed.
    name: Option<String>,
}

/// Runs the command.
pub fn run(args: &Args) -> Result<Exit, CommandError> {
    let text = match &args.name {
        None => schema::all().iter().fold(String::new(), |mut text, s| {
            let _ = writeln!(text, "{:<12} {}", s.name, s.of);
            text
        }),
        Some(name) => schema::find(name)
            .ok_or_else(|| {
                let names: Vec<_> = schema::all().iter().map(|s| s.name).collect();
                CommandError::Usage(format!("no schema {name:?}; there are {}", names.join(", ")))
            })?
            .text(),
    };
    output::print(&text)?;
    Ok(Exit::Ok)
}
