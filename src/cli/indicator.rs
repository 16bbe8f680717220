//! `hrgate indicator`: the national indicator 图像伪影率 of a period, from the store.

use std::path::PathBuf;

use serde_json::json;

use crate::model::text::Language;
use crate::registry::Registry;
use crate::report::format;
use crate::report::indicator::{ArtifactRate, Grades, Indicator};
use crate::store::Store;

use super::exit_code::Exit;
use super::shared::{PolicyChoice, parse_day};
use super::{CommandError, output};

/// Options of `hrgate indicator`.
#[derive(clap::Args)]
pub struct Args {
    /// The store that `run --store` keeps.
    store: PathBuf,
    /// First Study Date that counts (YYYYMMDD).
    #[arg(long, value_parser = parse_day)]
    from: Option<String>,
    /// Last Study Date that counts (YYYYMMDD).
    #[arg(long, value_parser = parse_day)]
    to: Option<String>,
    /// One institution alone, by id.
    #[arg(long)]
    institution: Option<String>,
    /// The registry of institutions (TOML): which region's grades count.
    #[arg(long)]
    registry: Option<PathBuf>,
    #[command(flatten)]
    policy: PolicyChoice,
    /// Print JSON, with every study behind the numbers.
    #[arg(long)]
    json: bool,
}

/// Studies read from the store at once.
const PAGE: u32 = 256;

/// Runs the command.
pub fn run(args: &Args, language: Language) -> Result<Exit, CommandError> {
    let registry = args.registry.as_deref().map(Registry::read).transpose()?;
    let policies = args.policy.load_for(registry.as_ref())?;
    let indicator = collect(args)?;
    let rates = indicator.finish(|id| {
        let region = registry.as_ref().and_then(|r| r.get(id)).and_then(|i| i.region.as_deref());
        Grades::of(policies.settings_of(region))
    });
    let text = if args.json {
        let told = json!({"from": args.from, "to": args.to, "institutions": rates});
        serde_json::to_string_pretty(&told).map_err(|e| CommandError::Io(e.to_string()))? + "\n"
    } else {
        let lines =
            rates.iter().flat_map(|(id, rates)| rates.iter().map(move |r| line(id, r, language)));
        lines.collect()
    };
    output::print(&text)?;
    Ok(Exit::Ok)
}

/// The studies of the period. A study without a date lies in none that is bounded.
fn collect(args: &Args) -> Result<Indicator, CommandError> {
    let mut store = Store::open_read_only(&args.store)?;
    let mut indicator = Indicator::default();
    let mut after = String::new();
    loop {
        let page = store.results_page(args.institution.as_deref(), &after, PAGE)?;
        let Some(last) = page.last() else { return Ok(indicator) };
        after.clone_from(&last.key);
        for stored in &page {
            let date = stored.result.study_date.as_deref();
            let since = args.from.as_deref().is_none_or(|from| date.is_some_and(|d| d >= from));
            let until = args.to.as_deref().is_none_or(|to| date.is_some_and(|d| d <= to));
            if since && until {
                indicator.add(&stored.result);
            }
        }
    }
}

fn line(id: &str, r: &ArtifactRate, language: Language) -> String {
    let [none, one, two, three] = r.grades;
    let share = match r.rate {
        Some(rate) => format!(
            "{} ({}/{}, 95 % {})",
            format::percent(rate.value),
            rate.hits,
            rate.of,
            format::interval(r.rate)
        ),
        None => "-".to_owned(),
    };
    let (modality, not, preview) = (&r.modality, r.not_judged, r.preview);
    let by = if r.counted.is_empty() { "-".to_owned() } else { r.counted.join(" ") };
    match language {
        Language::Zh => format!(
            "{id} {modality} 图像伪影率 {share}；0级{none} 1级{one} 2级{two} 3级{three}；未能判定{not}；试行检查另见{preview}；计入{by}\n"
        ),
        Language::En => format!(
            "{id} {modality} artifact rate {share}; grade 0 {none}, 1 {one}, 2 {two}, 3 {three}; not judged {not}; {preview} more by checks in preview; counted by {by}\n"
        ),
    }
}
