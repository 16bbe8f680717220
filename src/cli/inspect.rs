//! `hrgate inspect`: one study in the terminal, every check with value, limit, clause and what to
//! do now.

use std::path::PathBuf;

use crate::model::result::{StudyResult, Verdict};
use crate::model::study::Study;
use crate::model::text::Language;
use crate::pipeline::load::judge_all;
use crate::pipeline::run::{collect, in_pool};
use crate::report::terminal::{self, TerminalOptions};

use super::exit_code::Exit;
use super::shared::Input;
use super::{CommandError, inspect_pictures, output, run_told};

/// Options of `hrgate inspect`.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    input: Input,
    /// Print the results as a JSON array.
    #[arg(long)]
    json: bool,
    /// Write the image of every finding, with its box, as JPEG files into this folder.
    #[arg(long, value_name = "DIR")]
    pictures: Option<PathBuf>,
    /// Show every place of every check.
    #[arg(long)]
    all: bool,
    /// Colour even where standard output is no terminal.
    #[arg(long)]
    colour: bool,
}

/// Runs the command.
pub fn run(args: &Args, language: Language) -> Result<Exit, CommandError> {
    let mut request = args.input.request(false)?;
    let policies = args.input.policy.load_for(request.registry.as_ref())?;
    request.sampled_step = policies.sampled_step();
    let mut results: Vec<StudyResult> = Vec::new();
    let mut findings = Vec::new();
    let (counts, rejected) = in_pool(request.threads, || {
        let collected = collect(&request)?;
        let rules = policies.by_region();
        let rules_of = |study: &Study| rules.of(study.institution.region.as_deref());
        let shows = args.pictures.is_some();
        let map = |study: &Study, result: StudyResult| {
            let shown = shows.then(|| inspect_pictures::findings(study, &result));
            (result, shown.unwrap_or_default())
        };
        judge_all(&collected, &request, &rules_of, &map, |(result, shown)| {
            results.push(result);
            findings.extend(shown);
            Ok::<(), CommandError>(())
        })?;
        Ok::<_, CommandError>((collected.counts, collected.rejected_files))
    })??;
    let worst: Option<Verdict> = results.iter().map(|r| r.verdict).max();
    if args.json {
        let mut json =
            serde_json::to_string_pretty(&results).map_err(|e| CommandError::Io(e.to_string()))?;
        json.push('\n');
        output::print(&json)?;
    } else {
        let options = TerminalOptions {
            language,
            colour: args.colour || output::wants_colour(),
            width: output::width(),
            all_places: args.all,
            policies: Some(&policies.set),
            ..TerminalOptions::default()
        };
        for result in &results {
            output::print(&terminal::render(result, &options))?;
        }
    }
    if let Some(folder) = &args.pictures {
        let lines = inspect_pictures::write(folder, &request.roots, &findings, language)?;
        for line in &lines {
            output::complain(line);
        }
    }
    if let Some(readers) = &request.readers {
        let told = run_told::notices(&readers.notices(), language);
        told.lines().for_each(output::complain);
    }
    if worst.is_none() {
        for (_, file) in &rejected {
            output::complain(file.text.get(language));
        }
        output::complain(match language {
            Language::Zh => "没有可评价的 DICOM 检查",
            Language::En => "no DICOM study to judge",
        });
        if counts.rejected > 0 {
            return Ok(Exit::Io);
        }
    }
    Ok(Exit::of_worst(worst))
}
