//! Words, days and options that the commands of the gate share.

use std::path::PathBuf;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::model::gate::{Act, DecisionKind, InstitutionFacts, State, day};
use crate::model::reason::Reason;
use crate::model::text::{Language, StaticText};
use crate::pipeline::gate::Gatekeeper;
use crate::pipeline::gate_store::Summary;
use crate::policy::load::{PolicySet, load};
use crate::policy::words::Words;
use crate::registry::Registry;
use crate::store::{Store, StoredResult};

use super::exit_code::Exit;
use super::{CommandError, output};

/// Reads a day of the command line: 2026-01-31 or 20260131.
pub fn parse_date(text: &str) -> Result<Date, String> {
    day(text).ok_or_else(|| format!("{text:?} is not a day such as 2026-01-31"))
}

/// The day of today, where none is given.
pub fn or_today(asked: Option<Date>) -> Date {
    asked.unwrap_or_else(|| jiff::ZonedDateTime::now().date())
}

/// Now, as records tell it.
pub fn now() -> String {
    Timestamp::now().to_string()
}

/// A folder of policies over those built in.
#[derive(clap::Args)]
pub struct PolicyFolder {
    /// A folder of policies over those built in.
    #[arg(long)]
    pub policies: Option<PathBuf>,
}

impl PolicyFolder {
    /// Every policy.
    pub fn load(&self) -> Result<PolicySet, CommandError> {
        load(self.policies.as_deref()).map_err(|e| CommandError::Policy(e.to_string()))
    }
}

/// What a registry says of its institutions, for the gate.
pub fn facts(registry: &Registry) -> Vec<InstitutionFacts> {
    registry
        .institutions()
        .iter()
        .map(|i| InstitutionFacts {
            id: i.id.clone(),
            name: i.name.clone(),
            level: i.level.clone(),
            ownership: i.ownership.map(|o| {
                let (public, private) = ("public".to_owned(), "private".to_owned());
                match o {
                    crate::registry::Ownership::Public => public,
                    crate::registry::Ownership::Private => private,
                }
            }),
            region: i.region.clone(),
            memberships: i.memberships.clone(),
        })
        .collect()
}

/// Keeps a registry file in the store, where one is given.
pub fn keep_registry(store: &mut Store, file: Option<&PathBuf>) -> Result<(), CommandError> {
    if let Some(file) = file {
        store.put_institutions(&facts(&Registry::read(file)?), &now())?;
    }
    Ok(())
}

/// A study of the store, by UID or key.
pub fn study(store: &mut Store, of: &str) -> Result<StoredResult, CommandError> {
    let found = store.result_of(of)?;
    found.ok_or_else(|| CommandError::Usage(format!("no study {of:?} in {}", store.shown())))
}

/// Reads a name or a reason of the command line: whoever answers for something says who and why.
///
/// # Errors
/// There is nothing in it.
pub fn parse_said(text: &str) -> Result<String, String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned()).ok_or_else(|| "is empty".to_owned())
}

/// Text that a person has to give, with something in it.
pub fn said<'t>(what: &str, text: &'t str) -> Result<&'t str, CommandError> {
    let text = text.trim();
    let missing = || CommandError::Usage(format!("--{what} is empty"));
    (!text.is_empty()).then_some(text).ok_or_else(missing)
}

/// A profile that was asked for is one that is there.
pub fn known_profile(set: &PolicySet, asked: Option<&str>) -> Result<(), CommandError> {
    match asked.filter(|id| !set.profiles.contains_key(*id)) {
        None => Ok(()),
        Some(id) => Err(CommandError::Usage(format!("no profile {id:?}"))),
    }
}

/// Tells why something is not done.
pub fn refuse(why: StaticText, language: Language) -> Exit {
    output::complain(why.get(language));
    Exit::Refused
}

/// Decides on one study anew, after a person did something about it.
pub fn decide_again(
    store: &mut Store,
    set: &PolicySet,
    key: &str,
    as_of: Date,
) -> Result<Summary, CommandError> {
    let keeper = Gatekeeper::read(store, &set.profiles, as_of, &now(), "gate-decide")?;
    Ok(keeper.decide_studies(store, &[key.to_owned()])?)
}

/// The words of an enum of policies, for messages.
pub fn words_of<W: Words>() -> String {
    W::WORDS.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(", ")
}

/// A decision for people.
pub fn decision(kind: DecisionKind) -> StaticText {
    match kind {
        DecisionKind::Apply => StaticText { zh: "标注", en: "apply" },
        DecisionKind::Withhold => StaticText { zh: "不标注", en: "withhold" },
        DecisionKind::Withdraw => StaticText { zh: "撤销标注", en: "withdraw" },
    }
}

/// A state for people.
pub fn state(state: State) -> StaticText {
    match state {
        State::Granted => StaticText { zh: "已授予", en: "granted" },
        State::NotGranted => StaticText { zh: "未授予", en: "not granted" },
        State::Lapsed => StaticText { zh: "已失效", en: "lapsed" },
        State::Suspended => StaticText { zh: "已暂停", en: "suspended" },
    }
}

/// An act for people.
pub fn act(act: Act) -> StaticText {
    match act {
        Act::Grant => StaticText { zh: "授予", en: "grant" },
        Act::Suspend => StaticText { zh: "暂停", en: "suspend" },
        Act::Restore => StaticText { zh: "恢复", en: "restore" },
        Act::Lapse => StaticText { zh: "失效", en: "lapse" },
        Act::Refuse => StaticText { zh: "不予授予", en: "refuse" },
    }
}

/// Reasons in one line.
pub fn reasons(list: &[Reason], language: Language) -> String {
    let joint = match language {
        Language::Zh => "；",
        Language::En => "; ",
    };
    list.iter().map(|r| r.shown(language)).collect::<Vec<_>>().join(joint)
}
