//! `hrgate policy list | show | validate | diff`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::Subcommand;
use serde_json::Value;

use crate::checks::registry;
use crate::model::text::Language;
use crate::policy::load::{PolicySet, load};
use crate::policy::page::page;
use crate::policy::params::ParamValue;
use crate::policy::resolved::{CheckPolicy, Policy};
use crate::report::words;

use super::exit_code::Exit;
use super::{CommandError, output};

/// Options of `hrgate policy`.
#[derive(clap::Args)]
pub struct Args {
    /// A folder of policies over those built in.
    #[arg(long, global = true, value_name = "DIR")]
    policies: Option<PathBuf>,
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Every policy: id, region, document and what it is worth, items, digest.
    List,
    /// One policy as it judges: every check's severity, limits, source and clause.
    Show {
        /// `base` or a profile's folder name.
        id: String,
        /// Print JSON.
        #[arg(long)]
        json: bool,
        /// Print a region's page in Markdown, as `docs/policies/` has it.
        #[arg(long, conflicts_with = "json")]
        markdown: bool,
    },
    /// Read all policies; every mistake is told with file and line.
    Validate,
    /// What differs between two policies, or between the built-in ones and a folder's.
    Diff {
        /// An id, a folder of policies, or `all` for the loaded ones.
        a: String,
        /// An id, a folder of policies, or `all` for the loaded ones.
        b: String,
    },
}

/// Runs the command.
pub fn run(args: &Args, language: Language) -> Result<Exit, CommandError> {
    let set = read(args.policies.as_deref())?;
    let text = match &args.action {
        Action::List => list(&set, language),
        Action::Show { id, json: true, .. } => json(&set, id)?,
        Action::Show { id, markdown: true, .. } => {
            page(set.profiles.get(id).ok_or_else(|| unknown(&set, id))?)
        }
        Action::Show { id, .. } => show(&set, id, language)?,
        Action::Validate => match language {
            Language::Zh => format!("{} 个策略均有效\n", set.ids().count()),
            Language::En => format!("all {} policies are valid\n", set.ids().count()),
        },
        Action::Diff { a, b } => diff(&side(&set, a, b)?, &side(&set, b, a)?),
    };
    output::print(&text)?;
    Ok(Exit::Ok)
}

fn read(folder: Option<&Path>) -> Result<PolicySet, CommandError> {
    load(folder).map_err(|e| CommandError::Policy(e.to_string()))
}

fn list(set: &PolicySet, language: Language) -> String {
    let mut text = format!("{:<20} {}\n", set.base.id, &set.base.digest[..12]);
    for (id, profile) in &set.profiles {
        let rules = &profile.rules;
        let (items, unit) = match language {
            Language::Zh => (profile.catalogue.items().count(), "项"),
            Language::En => (profile.catalogue.items().count(), "items"),
        };
        let short = &profile.policy.digest[..12];
        let name = rules.name.get(language);
        let _ =
            writeln!(text, "{id:<20} {short}  {name}  {items} {unit}  {}", rules.document.title);
        if let Some(notice) = profile.notice() {
            let _ = writeln!(text, "{:<20} ! {}", "", notice.get(language));
        }
    }
    text
}

fn unknown(set: &PolicySet, id: &str) -> CommandError {
    let known = set.ids().collect::<Vec<_>>().join(", ");
    CommandError::Usage(format!("no policy {id:?}; there are {known}"))
}

fn whole(set: &PolicySet, id: &str) -> Result<Value, CommandError> {
    let value = match set.profiles.get(id) {
        Some(profile) => serde_json::to_value(profile),
        None if id == set.base.id => serde_json::to_value(&set.base),
        None => return Err(unknown(set, id)),
    };
    value.map_err(|e| CommandError::Policy(e.to_string()))
}

fn json(set: &PolicySet, id: &str) -> Result<String, CommandError> {
    Ok(format!("{:#}\n", whole(set, id)?))
}

fn show(set: &PolicySet, id: &str, language: Language) -> Result<String, CommandError> {
    let policy: &Policy = set.policy(id).ok_or_else(|| unknown(set, id))?;
    let mut text = format!("{} {}\n", policy.id, policy.digest);
    if let Some(profile) = set.profiles.get(id) {
        let rules = &profile.rules;
        let _ = writeln!(text, "{}  {}", rules.name.get(language), rules.document.title);
        if let Some(notice) = profile.notice() {
            let _ = writeln!(text, "! {}", notice.get(language));
        }
        for label in &rules.labels {
            let latin = label.en.as_deref().map(|en| format!(" / {en}")).unwrap_or_default();
            let _ = writeln!(text, "  {}: {}{latin}  [{}]", label.scope, label.zh, label.clause);
        }
    }
    for check in registry::all() {
        show_check(policy.check(check), check.code, check.name, language, &mut text);
    }
    if let Some(profile) = set.profiles.get(id) {
        show_settings(profile, language, &mut text);
    }
    Ok(text)
}

fn show_check(rules: &CheckPolicy, code: &str, name: &str, language: Language, text: &mut String) {
    let severity = words::severity(rules.severity).get(language);
    let required = match (rules.required, language) {
        (true, Language::Zh) => " 必做",
        (true, Language::En) => " required",
        (false, _) => "",
    };
    let _ = writeln!(text, "\n{code} {name}: {severity}{required}");
    for (key, value) in &rules.params.0 {
        let value = match value {
            ParamValue::Number(n) => n.to_string(),
            ParamValue::Flag(b) => b.to_string(),
            ParamValue::Texts(t) => t.join(", "),
        };
        let _ = writeln!(text, "    {key} = {value}");
    }
    let _ = writeln!(text, "    ({})", rules.source);
    if let Some(clause) = &rules.clause {
        let _ = writeln!(text, "    [{clause}]");
    }
}

fn show_settings(profile: &crate::policy::profile::Profile, language: Language, text: &mut String) {
    let heading = match language {
        Language::Zh => "本地设定（文件未规定，由中心设定）",
        Language::En => "site settings (no clause prints them; the centre sets them)",
    };
    let _ = writeln!(text, "\n{heading}");
    for (key, setting) in profile.site_settings() {
        let value = serde_json::to_value(&setting.value).unwrap_or_default();
        let _ = writeln!(text, "    {key} = {value}\n        ({})", setting.source);
    }
}

/// The word for all policies that are loaded, in a comparison with a folder.
const ALL: &str = "all";

/// One side of a comparison: policy id → its content. Beside an id, a folder gives that policy.
fn side(set: &PolicySet, word: &str, other: &str) -> Result<BTreeMap<String, Value>, CommandError> {
    if set.policy(word).is_some() {
        return Ok(BTreeMap::from([(String::new(), whole(set, word)?)]));
    }
    let folder = Path::new(word);
    let read_folder;
    let policies = if word == ALL {
        set
    } else if folder.is_dir() {
        read_folder = read(Some(folder))?;
        &read_folder
    } else {
        return Err(unknown(set, word));
    };
    if set.policy(other).is_some() {
        return Ok(BTreeMap::from([(String::new(), whole(policies, other)?)]));
    }
    policies.ids().map(|id| Ok((id.to_owned(), whole(policies, id)?))).collect()
}

fn diff(a: &BTreeMap<String, Value>, b: &BTreeMap<String, Value>) -> String {
    let flat = |side: &BTreeMap<String, Value>| {
        let mut out = BTreeMap::new();
        for (id, value) in side {
            flatten(id, value, &mut out);
        }
        out
    };
    let (a, b) = (flat(a), flat(b));
    let mut text = String::new();
    for key in a.keys().chain(b.keys().filter(|k| !a.contains_key(*k))) {
        let (was, is) = (a.get(key), b.get(key));
        if was != is {
            let show = |v: Option<&String>| v.map_or("—", String::as_str).to_owned();
            let _ = writeln!(text, "{key}: {} → {}", show(was), show(is));
        }
    }
    text
}

/// Leaves of a value by path; rows that have a `uid` go by it, so that a row more moves no others.
fn flatten(path: &str, value: &Value, out: &mut BTreeMap<String, String>) {
    let join = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    match value {
        Value::Object(map) => {
            for (key, value) in map.iter().filter(|(k, _)| *k != "digest" && *k != "id") {
                flatten(&join(key), value, out);
            }
        }
        Value::Array(rows) => {
            for (n, row) in rows.iter().enumerate() {
                let uid = row.get("uid").and_then(Value::as_str).map(str::to_owned);
                flatten(&join(&uid.unwrap_or_else(|| n.to_string())), row, out);
            }
        }
        leaf => {
            out.insert(path.to_owned(), leaf.to_string());
        }
    }
}
