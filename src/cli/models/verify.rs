//! `hrgate models verify`.

use std::fmt::Write as _;

use crate::infer::verify;
use crate::model::text::{Language, Text};

use super::{Options, manifest, none, opened, print_json, runtime_json, runtime_line};
use crate::cli::exit_code::Exit;
use crate::cli::{CommandError, output};

pub(super) fn run(options: &Options, language: Language) -> Result<Exit, CommandError> {
    let models = opened(&options.choice);
    let entries = &manifest(&models, language)?.models;
    let mut held: Vec<(String, Vec<Text>)> =
        entries.iter().map(|e| (e.name.clone(), verify::verify(&models, e))).collect();
    let absent = |name: &str| {
        let why = Text::new(
            "程序需要此模型，但清单中没有",
            "the program asks for it and the manifest lacks it",
        );
        (name.to_owned(), vec![why])
    };
    held.extend(verify::absent(&models).into_iter().map(absent));
    let amiss = models.runtime().is_err() || held.iter().any(|(_, faults)| !faults.is_empty());
    if options.json {
        let list: Vec<_> = held
            .iter()
            .map(|(name, faults)| serde_json::json!({ "name": name, "faults": faults }))
            .collect();
        print_json(&serde_json::json!({ "runtime": runtime_json(&models), "models": list }))?;
    } else {
        let mut text = runtime_line(&models, language);
        if held.is_empty() {
            text += none(language);
        }
        for (name, faults) in &held {
            text += &lines(name, faults, language);
        }
        output::print(&text)?;
    }
    Ok(if amiss { Exit::ModelAmiss } else { Exit::Ok })
}

fn lines(name: &str, faults: &[Text], language: Language) -> String {
    let state = match (faults.is_empty(), language) {
        (true, Language::Zh) => "与清单相符，试算正常",
        (true, Language::En) => "as the manifest says, trial runs went well",
        (false, Language::Zh) => "有问题",
        (false, Language::En) => "amiss",
    };
    let mut text = format!("{name:<16} {state}\n");
    for fault in faults {
        let _ = writeln!(text, "    {}", fault.get(language));
    }
    text
}
