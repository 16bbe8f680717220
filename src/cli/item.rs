//! `hrgate item`: which catalogue items a study is, under each profile, and why.

use std::fmt::Write as _;

use crate::items::describe::describe;
use crate::items::explain::explain;
use crate::items::matching::{match_described, to_results};
use crate::model::result::ItemMatch;
use crate::model::study::Study;
use crate::model::text::Language;
use crate::pipeline::load::load;
use crate::pipeline::run::{Request, collect, in_pool};

use super::exit_code::Exit;
use super::shared::{Input, Policies};
use super::{CommandError, output};

/// Options of `hrgate item`.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    input: Input,
    /// The item code of the order, where the hospital's system knows it.
    #[arg(long, value_name = "CODE")]
    item_code: Option<String>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(serde::Serialize)]
struct Matched {
    study_key: String,
    items: Vec<ItemMatch>,
}

/// Runs the command. Without `--policy` every profile is asked.
pub fn run(args: &Args, language: Language) -> Result<Exit, CommandError> {
    let policies = args.input.policy.load()?;
    let request =
        Request { depth: crate::checks::contract::Depth::Header, ..args.input.request(false)? };
    let (text, found) =
        in_pool(request.threads, || match_all(args, &request, &policies, language))??;
    output::print(&text)?;
    Ok(if found { Exit::Ok } else { Exit::NoInput })
}

fn match_all(
    args: &Args,
    request: &Request,
    policies: &Policies,
    language: Language,
) -> Result<(String, bool), CommandError> {
    let collected = collect(request)?;
    let mut text = String::new();
    let mut all = Vec::new();
    for files in &collected.studies {
        let study = load(&collected, files, request)?;
        if args.json {
            let items = items(args, &study, policies);
            all.push(Matched { study_key: study.key.clone(), items });
        } else {
            explain_study(args, &study, policies, language, &mut text);
        }
    }
    if args.json {
        text = serde_json::to_string_pretty(&all).map_err(|e| CommandError::Io(e.to_string()))?;
        text.push('\n');
    }
    Ok((text, !collected.studies.is_empty()))
}

fn profiles<'p>(args: &Args, policies: &'p Policies) -> Vec<&'p str> {
    let asked = &args.input.policy.policy;
    let all = policies.set.profiles.keys().map(String::as_str);
    all.filter(|id| asked.is_empty() || asked.iter().any(|a| a == id)).collect()
}

fn items(args: &Args, study: &Study, policies: &Policies) -> Vec<ItemMatch> {
    let description = describe(study, &policies.lexicon);
    let catalogues = profiles(args, policies).into_iter().filter_map(|id| policies.catalogue(id));
    let matched = catalogues.flat_map(|catalogue| {
        let code = args.item_code.as_deref();
        to_results(&match_described(&description, code, catalogue, &policies.lexicon), catalogue)
    });
    matched.collect()
}

fn explain_study(
    args: &Args,
    study: &Study,
    policies: &Policies,
    language: Language,
    text: &mut String,
) {
    let _ = writeln!(text, "{}", study.key);
    let description = describe(study, &policies.lexicon);
    for catalogue in profiles(args, policies).into_iter().filter_map(|id| policies.catalogue(id)) {
        let code = args.item_code.as_deref();
        let outcomes = match_described(&description, code, catalogue, &policies.lexicon);
        for line in explain(&description, &outcomes, catalogue, language) {
            let _ = writeln!(text, "  {line}");
        }
    }
}
