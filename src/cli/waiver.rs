//! `hrgate waiver add | list | revoke`: a check that does not count, for a scope, a reason and a
//! time. A critical Fail is never waived.

use std::path::PathBuf;

use clap::Subcommand;
use jiff::civil::Date;

use crate::checks::registry;
use crate::model::gate::Waiver;
use crate::model::text::{Language, StaticText};
use crate::store::{KeptWaiver, Store};

use super::exit_code::Exit;
use super::gate_words::{
    PolicyFolder, known_profile, now, or_today, parse_date, refuse, said, study,
};
use super::{CommandError, output};

/// Options of `hrgate waiver`.
#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Let a check not count. The next `gate decide` or `run` goes by it.
    Add(Box<Add>),
    /// List them.
    List {
        /// The results store.
        #[arg(long)]
        store: PathBuf,
        /// Those expired or revoked, too.
        #[arg(long)]
        all: bool,
        /// The day; today by default.
        #[arg(long, value_parser = parse_date)]
        as_of: Option<Date>,
        /// Print JSON Lines.
        #[arg(long)]
        json: bool,
    },
    /// Take one back from a day on.
    Revoke {
        /// The results store.
        #[arg(long)]
        store: PathBuf,
        /// Its number.
        #[arg(long)]
        id: i64,
        /// Who.
        #[arg(long)]
        person: String,
        /// Why.
        #[arg(long)]
        reason: String,
        /// The day; today by default.
        #[arg(long, value_parser = parse_date)]
        on: Option<Date>,
    },
}

#[derive(clap::Args)]
struct Add {
    /// The results store.
    #[arg(long)]
    store: PathBuf,
    /// The check, by code or name.
    #[arg(long)]
    check: String,
    /// Only under this profile.
    #[arg(long)]
    profile: Option<String>,
    /// Only for this institution.
    #[arg(long)]
    institution: Option<String>,
    /// Only for this item of the catalogue.
    #[arg(long)]
    item: Option<String>,
    /// Only for this study, by UID or key.
    #[arg(long)]
    study: Option<String>,
    /// For every study of every institution; asked for by name so that none does it by mistake.
    #[arg(long, conflicts_with_all = ["profile", "institution", "item", "study"])]
    everywhere: bool,
    /// First day; today by default.
    #[arg(long, value_parser = parse_date)]
    from: Option<Date>,
    /// Last day.
    #[arg(long, value_parser = parse_date)]
    until: Date,
    /// Who gives it.
    #[arg(long)]
    person: String,
    /// In which role.
    #[arg(long)]
    role: String,
    /// Why.
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    policies: PolicyFolder,
}

/// Runs the command.
pub fn run(args: &Args, language: Language) -> Result<Exit, CommandError> {
    match &args.action {
        Action::Add(add) => self::add(add, language),
        Action::List { store, all, as_of, json } => {
            let day = or_today(*as_of);
            let kept = Store::open_read_only(store)?.waivers()?;
            let shown = kept.iter().filter(|k| *all || holds(&k.waiver, day));
            let lines: Vec<String> = match json {
                true => shown.map(|k| json_line(k, day)).collect(),
                false => shown.map(|k| line(k, day, language)).collect(),
            };
            output::print(&lines.concat())?;
            Ok(Exit::Ok)
        }
        Action::Revoke { store, id, person, reason, on } => {
            let mut store = Store::open(store)?;
            let kept = store.waivers()?;
            let Some(of) = kept.iter().find(|k| k.id == *id) else {
                return Err(CommandError::Usage(format!("no waiver {id}")));
            };
            if of.waiver.revoked.is_some() {
                let why =
                    StaticText { zh: "该豁免已撤销", en: "the waiver is revoked already" };
                return Ok(refuse(why, language));
            }
            let (person, reason) = (said("person", person)?, said("reason", reason)?);
            store.revoke_waiver(of, or_today(*on), person, reason, &now())?;
            output::print(&match language {
                Language::Zh => format!("豁免 {id} 已撤销\n"),
                Language::En => format!("waiver {id} is revoked\n"),
            })?;
            Ok(Exit::Ok)
        }
    }
}

fn add(add: &Add, language: Language) -> Result<Exit, CommandError> {
    let Some(check) = registry::find(&add.check) else {
        let unknown = format!("no check {:?}; `hrgate checks` lists them", add.check);
        return Err(CommandError::Usage(unknown));
    };
    let scopes = [&add.profile, &add.institution, &add.item, &add.study];
    if !add.everywhere && scopes.iter().all(|s| s.is_none()) {
        let ask = "name a scope: --study, --item, --institution, --profile, or --everywhere";
        return Err(CommandError::Usage(ask.to_owned()));
    }
    let from = or_today(add.from);
    if add.until < from {
        return Err(CommandError::Usage(format!("--until {} is before {from}", add.until)));
    }
    let set = add.policies.load()?;
    known_profile(&set, add.profile.as_deref())?;
    let listed = |item: &str| set.profiles.values().any(|p| p.catalogue.get(item).is_some());
    if let Some(item) = add.item.as_deref().filter(|item| !listed(item)) {
        return Err(CommandError::Usage(format!("no item {item:?} in any catalogue")));
    }
    let mut store = Store::open(&add.store)?;
    let study_key = match &add.study {
        Some(of) => Some(study(&mut store, of)?.key),
        None => None,
    };
    let waiver = Waiver {
        check: check.name.to_owned(),
        profile: add.profile.clone(),
        institution: add.institution.clone(),
        item: add.item.clone(),
        study_key,
        from,
        until: add.until,
        revoked: None,
        person: said("person", &add.person)?.to_owned(),
    };
    let (role, reason) = (said("role", &add.role)?, said("reason", &add.reason)?);
    let id = store.put_waiver(&waiver, role, reason, &now())?;
    output::print(&match language {
        Language::Zh => format!(
            "豁免 {id}：{} {} 至 {} 不计入结论（严重不合格除外）\n",
            check.name, from, add.until
        ),
        Language::En => format!(
            "waiver {id}: {} does not count from {from} to {} (a critical fail does)\n",
            check.name, add.until
        ),
    })?;
    Ok(Exit::Ok)
}

/// Whether a waiver holds on a day.
pub(super) fn holds(w: &Waiver, day: Date) -> bool {
    w.from <= day && day <= w.until && w.revoked.is_none_or(|revoked| revoked > day)
}

/// What a waiver is for, in words of options; `*` for everything.
pub(super) fn scope(w: &Waiver) -> String {
    let parts = [
        ("institution", &w.institution),
        ("profile", &w.profile),
        ("item", &w.item),
        ("study", &w.study_key),
    ];
    let named: Vec<String> = parts
        .iter()
        .filter_map(|(name, value)| value.as_ref().map(|v| format!("{name}={v}")))
        .collect();
    if named.is_empty() { "*".to_owned() } else { named.join(" ") }
}

fn line(k: &KeptWaiver, day: Date, language: Language) -> String {
    let w = &k.waiver;
    let state = match (w.revoked, holds(w, day), language) {
        (_, true, Language::Zh) => "有效".to_owned(),
        (_, true, Language::En) => "holds".to_owned(),
        (Some(on), _, Language::Zh) => format!("{on} 撤销"),
        (Some(on), _, Language::En) => format!("revoked {on}"),
        (None, false, Language::Zh) => "不在有效期".to_owned(),
        (None, false, Language::En) => "not in its time".to_owned(),
    };
    format!(
        "{:>4}  {}  {}  {}–{}  {} ({})  {}  {state}\n",
        k.id,
        w.check,
        scope(w),
        w.from,
        w.until,
        w.person,
        k.role,
        k.reason
    )
}

fn json_line(k: &KeptWaiver, day: Date) -> String {
    let w = &k.waiver;
    let mut line = serde_json::json!({
        "id": k.id, "check": w.check, "profile": w.profile, "institution": w.institution,
        "item": w.item, "study": w.study_key, "from": w.from.to_string(),
        "until": w.until.to_string(), "revoked": w.revoked.map(|d| d.to_string()),
        "person": w.person, "role": k.role, "reason": k.reason, "holds": holds(w, day),
    })
    .to_string();
    line.push('\n');
    line
}
