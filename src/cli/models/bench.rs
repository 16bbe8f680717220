//! `hrgate models bench`.

use std::time::Duration;

use crate::infer::verify::{self, Timed};
use crate::model::text::{Language, Text};

use super::{Options, manifest, none, opened, print_json, runtime_json, runtime_line};
use crate::cli::exit_code::Exit;
use crate::cli::{CommandError, output};

/// Options of `hrgate models bench`.
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    options: Options,
    /// Runs that are timed, fewer where a model is slow.
    #[arg(long, default_value_t = 50)]
    runs: usize,
}

/// About how long one model is timed.
const MOST: Duration = Duration::from_secs(20);

pub(super) fn run(args: &Args, language: Language) -> Result<Exit, CommandError> {
    let models = opened(&args.options.choice);
    let entries = &manifest(&models, language)?.models;
    let timed: Vec<(&str, Result<Timed, Text>)> = entries
        .iter()
        .map(|entry| {
            let model = models.get(&entry.name);
            (entry.name.as_str(), model.and_then(|model| verify::time(model, args.runs, MOST)))
        })
        .collect();
    if args.options.json {
        let json = |(name, timed): &(&str, Result<Timed, Text>)| match timed {
            Ok(timed) => serde_json::json!({ "name": name, "timed": timed }),
            Err(why) => serde_json::json!({ "name": name, "why": why.en, "why_zh": why.zh }),
        };
        let list: Vec<_> = timed.iter().map(json).collect();
        print_json(&serde_json::json!({ "runtime": runtime_json(&models), "models": list }))?;
    } else {
        let mut text = runtime_line(&models, language);
        if timed.is_empty() {
            text += none(language);
        }
        for (name, timed) in &timed {
            text += &line(name, timed, language);
        }
        output::print(&text)?;
    }
    let failed = timed.iter().any(|(_, timed)| timed.is_err());
    Ok(if failed { Exit::ModelAmiss } else { Exit::Ok })
}

fn line(name: &str, timed: &Result<Timed, Text>, language: Language) -> String {
    match (timed, language) {
        (Ok(t), Language::Zh) => format!(
            "{name:<16} 中位数 {:.2} 毫秒，95% 分位 {:.2} 毫秒（单线程，{} 次）\n",
            t.median_ms, t.p95_ms, t.runs
        ),
        (Ok(t), Language::En) => format!(
            "{name:<16} median {:.2} ms, 95th percentile {:.2} ms (one thread, {} runs)\n",
            t.median_ms, t.p95_ms, t.runs
        ),
        (Err(why), language) => format!("{name:<16} {}\n", why.get(language)),
    }
}
