//! Deciding, and what changes how an institution stands.

use std::fmt::Write as _;
use std::path::Path;

use crate::gate;
use crate::model::gate::{Act as Deed, Evaluation, EvaluationKind, State, Target};
use crate::model::text::Language;
use crate::pipeline::gate::Gatekeeper;
use crate::pipeline::gate_store::{Summary, modality_of};
use crate::policy::profile::Profile;
use crate::policy::words::{Evaluator, Words};
use crate::store::{Hold, Store};

use super::super::exit_code::Exit;
use super::super::gate_words::{self, keep_registry, now, or_today, words_of};
use super::super::{CommandError, output};
use super::{Act, Where};

pub(super) fn decide(place: &Where, language: Language) -> Result<Exit, CommandError> {
    let set = place.policies.load()?;
    let mut store = Store::open(&place.store)?;
    keep_registry(&mut store, place.registry.as_ref())?;
    let at = now();
    let keeper =
        Gatekeeper::read(&mut store, &set.profiles, or_today(place.as_of), &at, "gate-decide")?;
    let summary = keeper.decide_all(&mut store, place.institution.as_deref())?;
    output::print(&told(&summary, language))?;
    Ok(if summary.held.is_empty() { Exit::Ok } else { Exit::Held })
}

/// A summary for people; `run` prints it too.
pub(in crate::cli) fn told(summary: &Summary, language: Language) -> String {
    let mut text = String::new();
    for (row, act) in &summary.acts {
        let day = row.since.map(|d| d.to_string()).unwrap_or_default();
        let act = gate_words::act(*act).get(language);
        let (institution, target, scope) = (&row.institution, &row.target, &row.scope);
        let why = gate_words::reasons(&row.reasons, language);
        let _ =
            writeln!(text, "{day}  {act}  {institution}  {}  {target} {scope}  {why}", row.profile);
    }
    let n = |word: &str| summary.decisions.get(word).copied().unwrap_or(0);
    let (apply, withhold, withdraw) = (n("apply"), n("withhold"), n("withdraw"));
    let (studies, standing) = (summary.studies, summary.standing);
    let _ = match language {
        Language::Zh => writeln!(
            text,
            "检查 {studies}：新决定 标注 {apply}，不标注 {withhold}，撤销标注 {withdraw}；维持原决定 {standing}"
        ),
        Language::En => writeln!(
            text,
            "studies {studies}: new decisions {apply} apply, {withhold} withhold, {withdraw} withdraw; {standing} stand as they were"
        ),
    };
    for held in &summary.held {
        let causes = shown_causes(&held.causes);
        let (who, profile) = (&held.institution, &held.profile);
        let (affected, labels) = (held.affected, held.labels);
        let percent = held.share * 100.0;
        let _ = match language {
            Language::Zh => writeln!(
                text,
                "批量变更待放行：{who} {profile} 现有标识 {labels}，将撤下 {affected}（上限 {percent:.0}%）；共同原因：{causes}"
            ),
            Language::En => writeln!(
                text,
                "mass change held: {who} {profile} has {labels} labels, {affected} would go (limit {percent:.0} %); common cause: {causes}"
            ),
        };
    }
    text
}

fn shown_causes(causes: &[(String, u64)]) -> String {
    causes.iter().take(5).map(|(c, n)| format!("{c} ×{n}")).collect::<Vec<_>>().join(", ")
}

pub(super) fn status(place: &Where, json: bool, language: Language) -> Result<Exit, CommandError> {
    let set = place.policies.load()?;
    let mut store = Store::open_read_only(&place.store)?;
    let as_of = or_today(place.as_of);
    let keeper = Gatekeeper::read(&mut store, &set.profiles, as_of, &now(), "")?;
    let (mut text, mut rows) = (String::new(), Vec::new());
    for (id, profile, target) in keeper.targets(place.institution.as_deref()) {
        for label in &profile.rules.labels {
            let modality = modality_of(profile, &target);
            let records = keeper.records(&id);
            let s = gate::standing(profile, &records, &target, modality, label, as_of);
            if json {
                rows.push(serde_json::json!({
                    "institution": id, "profile": profile.id, "item": target.to_string(),
                    "scope": label.scope, "state": s.state.word(), "text": label.zh,
                    "since": s.since.map(|d| d.to_string()), "reasons": s.reasons,
                    "until": s.until.map(|d| d.to_string()), "as_of": as_of.to_string(),
                }));
                continue;
            }
            let (state, why) = (
                gate_words::state(s.state).get(language),
                gate_words::reasons(&s.reasons, language),
            );
            let since = s.since.map(|d| d.to_string()).unwrap_or_default();
            let _ = writeln!(
                text,
                "{id}  {}  {target} {}  {state} {since}  {why}",
                profile.id, label.scope
            );
        }
        if profile.rules.labels.is_empty() && !json {
            let none = crate::model::reason::ReasonCode::NoLabelDefined.text().get(language);
            let _ = writeln!(text, "{id}  {}  {target}  {none}", profile.id);
        }
    }
    if json {
        let _ = writeln!(text, "{:#}", serde_json::Value::Array(rows));
    }
    output::print(&text)?;
    Ok(Exit::Ok)
}

pub(super) fn suspend(
    act: &Act,
    by: &str,
    evidence: &str,
    language: Language,
) -> Result<Exit, CommandError> {
    let set = act.policies.load()?;
    let target = target_of(act, set.profiles.contains_key(&act.profile))?;
    if !Evaluator::WORDS.iter().any(|(word, _)| *word == by) {
        let known = words_of::<Evaluator>();
        return Err(CommandError::Usage(format!("no evaluator {by:?}; there are: {known}")));
    }
    let on = or_today(act.on);
    let failed = Evaluation {
        on,
        institution: act.institution.clone(),
        profile: act.profile.clone(),
        target,
        scope: None,
        kind: EvaluationKind::SpotCheck,
        passed: false,
        evaluator: by.to_owned(),
        evidence: evidence.to_owned(),
    };
    let mut store = Store::open(&act.store)?;
    let at = now();
    store.put_evaluations(&[failed], &act.person, &at)?;
    let keeper = Gatekeeper::read(&mut store, &set.profiles, on, &at, "gate-suspend")?;
    let acts = keeper.decide_standings(&mut store, Some(&act.institution), Some(&act.person))?;
    let lines = Summary { acts, ..Summary::default() };
    output::print(&first_lines(&told(&lines, language)))?;
    Ok(Exit::Ok)
}

pub(super) fn restore(act: &Act, language: Language) -> Result<Exit, CommandError> {
    let set = act.policies.load()?;
    let target = target_of(act, set.profiles.contains_key(&act.profile))?;
    let on = or_today(act.on);
    let mut store = Store::open(&act.store)?;
    let keeper = Gatekeeper::read(&mut store, &set.profiles, on, &now(), "gate-restore")?;
    let Some(profile) = set.profiles.get(&act.profile) else { return Ok(Exit::Refused) };
    let known = store.standings(Some(&act.institution))?;
    let records = keeper.records(&act.institution);
    let (mut suspended, mut restored) = (Vec::new(), false);
    for part in parts_of(&keeper, act, profile, &target) {
        let modality = modality_of(profile, &part);
        for label in &profile.rules.labels {
            let s = gate::standing(profile, &records, &part, modality, label, on);
            if s.state == State::Suspended {
                let why = gate_words::reasons(&s.reasons, language);
                suspended.push(format!("{part}: {why}"));
            }
            // What the records restore is news where it was last told as suspended, or not at all.
            let told = known
                .iter()
                .find(|k| k.profile == profile.id && k.target == part && k.scope == label.scope);
            let line = gate::timeline(profile, &records, &part, modality, label, on);
            let last = line.last().filter(|t| t.act == Deed::Restore);
            restored |= last.is_some_and(|t| told.is_none_or(|k| k.as_of < t.on));
            restored |=
                s.state == State::Granted && told.is_some_and(|k| k.state == State::Suspended);
        }
    }
    if !suspended.is_empty() {
        // Every scope of a part gives the same reasons.
        suspended.dedup();
        output::complain(&suspended.join("\n"));
        return Ok(Exit::Refused);
    }
    if !restored {
        output::complain(match language {
            Language::Zh => "没有被暂停的项目，无可恢复",
            Language::En => "nothing is suspended, so there is nothing to restore",
        });
        return Ok(Exit::Refused);
    }
    let acts = keeper.decide_standings(&mut store, Some(&act.institution), Some(&act.person))?;
    let lines = Summary { acts, ..Summary::default() };
    output::print(&first_lines(&told(&lines, language)))?;
    Ok(Exit::Ok)
}

/// What is asked for, and every narrower target on record.
fn parts_of(keeper: &Gatekeeper<'_>, act: &Act, profile: &Profile, target: &Target) -> Vec<Target> {
    let known = keeper.targets(Some(&act.institution));
    let own = known.into_iter().filter(|(_, of, _)| of.id == profile.id).map(|(_, _, part)| part);
    let covered = |part: &Target| target.covers_target(part, modality_of(profile, part));
    let mut parts: Vec<Target> = own.filter(covered).chain([target.clone()]).collect();
    parts.sort();
    parts.dedup();
    parts
}

/// Without the count of studies, of which none were looked at.
fn first_lines(text: &str) -> String {
    let all: Vec<&str> = text.lines().collect();
    let lines = &all[..all.len().saturating_sub(1)];
    lines.iter().map(|line| format!("{line}\n")).collect()
}

fn target_of(act: &Act, known: bool) -> Result<Target, CommandError> {
    if !known {
        return Err(CommandError::Usage(format!("no profile {:?}", act.profile)));
    }
    Target::parse(&act.item)
        .ok_or_else(|| CommandError::Usage("item is empty; * stands for all".into()))
}

pub(super) fn release(
    store: &Path,
    asked: Option<(i64, (&str, &str))>,
    language: Language,
) -> Result<Exit, CommandError> {
    let Some((id, (person, reason))) = asked else {
        let holds = Store::open_read_only(store)?.holds()?;
        let waiting: Vec<&Hold> = holds.iter().filter(|h| h.released_by.is_none()).collect();
        let mut text = String::new();
        for h in &waiting {
            let causes = shown_causes(&h.causes);
            let (n, labels) = (h.affected, h.labels);
            let _ = writeln!(
                text,
                "{:>4}  {}  {}  {n}/{labels}  {causes}",
                h.id, h.institution, h.profile
            );
        }
        output::print(&text)?;
        return Ok(if waiting.is_empty() { Exit::Ok } else { Exit::Held });
    };
    let mut store = Store::open(store)?;
    let holds = store.holds()?;
    let Some(hold) = holds.iter().find(|h| h.id == id && h.released_by.is_none()) else {
        return Err(CommandError::Usage(format!("no mass change {id} waits")));
    };
    store.release(hold, person, reason, &now())?;
    output::print(match language {
        Language::Zh => "已放行；下一次 gate decide 生效\n",
        Language::En => "released; the next gate decide makes it so\n",
    })?;
    Ok(Exit::Ok)
}
