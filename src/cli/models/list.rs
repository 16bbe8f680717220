//! `hrgate models list`.

use std::fmt::Write as _;

use crate::infer::manifest::Entry;
use crate::infer::models::Models;
use crate::model::text::{Language, Text};

use super::{Options, manifest, none, opened, print_json, runtime_json, runtime_line};
use crate::cli::exit_code::Exit;
use crate::cli::{CommandError, output};

pub(super) fn run(options: &Options, language: Language) -> Result<Exit, CommandError> {
    let models = opened(&options.choice);
    let entries = &manifest(&models, language)?.models;
    if options.json {
        let list: Vec<_> = entries.iter().map(|entry| json(&models, entry)).collect();
        print_json(&serde_json::json!({ "runtime": runtime_json(&models), "models": list }))?;
        return Ok(Exit::Ok);
    }
    let mut text = runtime_line(&models, language);
    if entries.is_empty() {
        text += none(language);
    }
    for entry in entries {
        text += &line(entry, models.get(&entry.name).err().as_ref(), language);
    }
    output::print(&text)?;
    Ok(Exit::Ok)
}

fn line(entry: &Entry, why: Option<&Text>, language: Language) -> String {
    let state = match (why, language) {
        (None, Language::Zh) => "可用",
        (None, Language::En) => "ready",
        (Some(_), Language::Zh) => "不可用",
        (Some(_), Language::En) => "unavailable",
    };
    #[expect(clippy::cast_precision_loss, reason = "a size for people")]
    let megabytes = entry.bytes as f64 / 1e6;
    let mut text = format!(
        "{:<16} {:<10} {megabytes:>7.2} MB  {state}  {}\n",
        entry.name,
        entry.version,
        entry.task.get(language)
    );
    let (used, why_words) = match language {
        Language::Zh => ("用途", "原因"),
        Language::En => ("use", "why"),
    };
    let _ = writeln!(text, "    {used}: {}", entry.intended_use.get(language));
    if let Some(why) = why {
        let _ = writeln!(text, "    {why_words}: {}", why.get(language));
    }
    text
}

fn json(models: &Models, entry: &Entry) -> serde_json::Value {
    let why = models.get(&entry.name).err();
    let accuracy = |a: &crate::infer::manifest::Accuracy| {
        serde_json::json!({
            "figure": a.figure, "value": a.value, "interval": a.interval, "n": a.n, "data": a.data,
        })
    };
    let training = |t: &crate::infer::manifest::Training| serde_json::json!({ "source": t.source, "licence": t.licence, "images": t.images });
    serde_json::json!({
        "name": entry.name, "version": entry.version, "file": entry.file, "sha256": entry.sha256,
        "bytes": entry.bytes, "card": entry.card, "classes": entry.classes,
        "task": entry.task.en, "task_zh": entry.task.zh,
        "intended_use": entry.intended_use.en, "intended_use_zh": entry.intended_use.zh,
        "thresholds": entry.thresholds,
        "limits": entry.limits,
        "accuracy": entry.accuracy.iter().map(accuracy).collect::<Vec<_>>(),
        "training": entry.training.iter().map(training).collect::<Vec<_>>(),
        "state": if why.is_none() { "ready" } else { "unavailable" },
        "why": why.as_ref().map(|w| &w.en), "why_zh": why.as_ref().map(|w| &w.zh),
    })
}
