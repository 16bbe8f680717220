//! `hrgate explain`: a check's page, from its own doc comment.

use std::fmt::Write as _;

use crate::checks::contract::CheckMeta;
use crate::checks::registry;
use crate::model::result::Status;
use crate::model::text::{Language, StaticText};

use super::exit_code::Exit;
use super::{CommandError, output};

/// Options of `hrgate explain`.
#[derive(clap::Args)]
pub struct Args {
    /// Code or name, e.g. GEO001 or missing-slice.
    check: String,
}

/// Runs the command.
pub fn run(args: &Args, language: Language) -> Result<Exit, CommandError> {
    let Some(check) = registry::find(&args.check) else {
        let near = registry::all()
            .filter(|c| c.name.contains(&args.check) || args.check.contains(c.name))
            .map(|c| c.name)
            .collect::<Vec<_>>();
        let hint = if near.is_empty() {
            "`hrgate checks` lists them".to_owned()
        } else {
            format!("did you mean {}", near.join(", "))
        };
        return Err(CommandError::Usage(format!("no check {:?}; {hint}", args.check)));
    };
    output::print(&page(check, language))?;
    Ok(Exit::Ok)
}

/// What a check's word counts for.
pub fn standing(status: Status) -> StaticText {
    match status {
        Status::Stable => StaticText {
            zh: "状态：正式（不通过计入结论）",
            en: "Status: stable (a failure counts)",
        },
        Status::Preview => StaticText {
            zh: "状态：试行（只显示，不计入结论）",
            en: "Status: preview (shown, counts for nothing)",
        },
    }
}

/// A check's page as Markdown.
pub fn page(check: &CheckMeta, language: Language) -> String {
    let mut text = format!("# {} {}\n\n", check.code, check.name);
    let _ = writeln!(
        text,
        "{}\n\n{}\n",
        check.title.get(language),
        standing(check.status).get(language)
    );
    let _ = writeln!(text, "{}", check.docs().trim());
    let (todo, parameters) = match language {
        Language::Zh => ("现在怎么办", "参数（数值在策略文件中）"),
        Language::En => ("What to do now", "Policy keys (values stand in the policy)"),
    };
    let _ = writeln!(text, "\n## {todo}\n\n{}", check.advice.get(language));
    if !check.params.is_empty() {
        let _ = writeln!(text, "\n## {parameters}\n");
        for p in check.params {
            let unit = if p.unit.is_empty() { String::new() } else { format!(" [{}]", p.unit) };
            let _ = writeln!(text, "- `{}`{unit}: {}", p.key, p.doc);
        }
    }
    if let Some((code, meaning)) = check.dicom_code {
        let _ = writeln!(text, "\nDICOM: {code} \"{meaning}\"");
    }
    text
}
