//! Reads what `profile.toml` says beside the checks. Every field is held against its vocabulary;
//! every statement must name its clause.

use crate::model::text::Text;

use super::catalogue_read::{CONTRASTS, MODALITIES};
use super::profile::{
    Admission, CatalogueRules, DataQuality, DemandRule, Document, EvaluationRoute, ExceptionCode,
    Excluded, Force, Label, Labelling, Position, Recognition, Revocation, Rules, TimeLimit,
    UploadRule, Validity,
};
use super::reader::Table;
use super::settings::Settings;
use super::words::Party;

/// Reads everything but `schema`, `[checks]` and `[settings]`.
pub fn rules(root: &Table<'_, '_>, settings: Settings) -> Option<Rules> {
    // Every part is read before the first missing one gives up, so that all errors come together.
    let region = root.table("region", |t| {
        let (name, registry) = (both(t, "zh", "en"), t.texts("registry"));
        Some((name?, registry?.value))
    });
    let document = root.table("document", document);
    let catalogue = root.table("catalogue", catalogue);
    let labels = root.tables("label", label);
    let labelling = root.opt_table("labelling", labelling);
    let validity = root.opt_table("validity", validity);
    let evaluations = root.tables("evaluation", evaluation);
    let revocation = root.opt_table("revocation", |t| {
        let (clause, restore) = (clause(t), text(t, "restore_clause"));
        Some(Revocation { clause: clause?, restore_clause: restore? })
    });
    let admissions = root.tables("admission", admission);
    let recognitions = root.tables("recognition", recognition);
    let force = root.table("force", |t| {
        let (bound, clause) = (t.word("bound"), clause(t));
        Some(Force { bound: bound?, clause: clause? })
    });
    let uploads = root.tables("upload", upload);
    let time_limits = root.tables("time_limit", time_limit);
    let data_quality = root.tables("data_quality", data_quality);
    let demands = root.tables("demand", demand);
    let exceptions = root.tables("exception", exception);
    labels_fit(root, &labels, labelling.as_ref());
    scopes_fit(root, &labels, &evaluations);
    let (name, registry_regions) = region?;
    Some(Rules {
        name,
        registry_regions,
        document: document?,
        catalogue: catalogue?,
        labels,
        labelling,
        validity,
        evaluations,
        revocation,
        admissions,
        recognitions,
        force: force?,
        uploads,
        time_limits,
        data_quality,
        demands,
        exceptions,
        settings,
    })
}

fn labels_fit(root: &Table<'_, '_>, labels: &[Label], labelling: Option<&Labelling>) {
    if labels.is_empty() == labelling.is_some() {
        root.error(
            "[[label]] 与 [labelling] 必须同时有或同时无",
            "[[label]] and [labelling] must both be there or both be missing",
        );
    }
    if labels.len() > 1 && labelling.is_some_and(|l| l.widest_only.is_none()) {
        root.error(
            "有多个范围的标识时必须写明 labelling.widest_only_clause",
            "several label scopes need labelling.widest_only_clause",
        );
    }
}

/// A label whose scope nobody evaluates for could never be granted, and the other way round.
fn scopes_fit(root: &Table<'_, '_>, labels: &[Label], evaluations: &[EvaluationRoute]) {
    for label in labels.iter().filter(|l| !evaluations.iter().any(|e| e.scope == l.scope)) {
        let scope = &label.scope;
        root.error(
            format!("标识范围 {scope} 没有对应的 [[evaluation]]"),
            format!("label scope `{scope}` has no [[evaluation]]"),
        );
    }
    for route in evaluations.iter().filter(|e| !labels.is_empty() || !e.scope.is_empty()) {
        let scope = &route.scope;
        if !labels.iter().any(|l| l.scope == *scope) {
            root.error(
                format!("[[evaluation]] 的范围 {scope} 没有对应的 [[label]]"),
                format!("[[evaluation]] scope `{scope}` has no [[label]]"),
            );
        }
    }
}

fn text(t: &Table<'_, '_>, key: &str) -> Option<String> {
    t.text(key).map(|v| v.value)
}

fn opt_text(t: &Table<'_, '_>, key: &str) -> Option<String> {
    t.opt_text(key).map(|v| v.value)
}

fn clause(t: &Table<'_, '_>) -> Option<String> {
    text(t, "clause")
}

fn flag(t: &Table<'_, '_>, key: &str) -> bool {
    t.opt_flag(key).is_some_and(|f| f.value)
}

fn list(t: &Table<'_, '_>, key: &str) -> Vec<String> {
    t.opt_texts(key).map(|v| v.value).unwrap_or_default()
}

fn both(t: &Table<'_, '_>, zh: &str, en: &str) -> Option<Text> {
    let (zh, en) = (text(t, zh), text(t, en));
    Some(Text::new(zh?, en?))
}

/// A whole number from 0 up to a million.
fn count(t: &Table<'_, '_>, key: &str, required: bool) -> Option<usize> {
    let found = if required { t.number(key) } else { t.opt_number(key) }?;
    if !(0.0..=1e6).contains(&found.value) || found.value.fract() != 0.0 {
        let n = found.value;
        t.error_at(
            &found.spot,
            format!("{key} 应为 0 至 1000000 的整数，实为 {n}"),
            format!("{key} must be a whole number from 0 to 1000000, found {n}"),
        );
        return None;
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "bounds checked")]
    Some(found.value as usize)
}

fn above_zero(t: &Table<'_, '_>, key: &str, most: f64) -> Option<f64> {
    let found = t.opt_number(key)?;
    if found.value > 0.0 && found.value <= most {
        return Some(found.value);
    }
    let n = found.value;
    t.error_at(
        &found.spot,
        format!("{key} 应大于 0 且不超过 {most}，实为 {n}"),
        format!("{key} must be above 0 and at most {most}, found {n}"),
    );
    None
}

fn party(t: &Table<'_, '_>, key: &str) -> Option<Party> {
    let found = t.text(key)?;
    let read = Party::parse(&found.value);
    if read.is_none() {
        let have = &found.value;
        t.error_at(
            &found.spot,
            format!(
                "{key} 应为 any、>=2A、<=2B、same-level、higher-level 或 alliance，实为 {have}"
            ),
            format!(
                "{key} must be any, >=2A, <=2B, same-level, higher-level or alliance, \
                 found `{have}`"
            ),
        );
    }
    read
}

fn modalities(t: &Table<'_, '_>, required: bool) -> Option<Vec<String>> {
    let found = if required { t.texts("modality") } else { t.opt_texts("modality") };
    let Some(found) = found else { return (!required).then(Vec::new) };
    match found.value.iter().find(|m| !MODALITIES.contains(&m.as_str())) {
        Some(unknown) => {
            let all = MODALITIES.join(", ");
            t.error_at(
                &found.spot,
                format!("modality 只能取 {all}，实为 {unknown}"),
                format!("modality has only {all}, found `{unknown}`"),
            );
            None
        }
        None => Some(found.value),
    }
}

fn one_of(t: &Table<'_, '_>, key: &str, known: &[&'static str]) -> Option<String> {
    let choices: Vec<(&str, &'static str)> = known.iter().map(|w| (*w, *w)).collect();
    t.choice(key, &choices).map(|w| w.value.to_owned())
}

fn document(t: &Table<'_, '_>) -> Option<Document> {
    let (title, status) = (text(t, "title"), t.word("status"));
    let (issuer, number) = (opt_text(t, "issuer"), opt_text(t, "number"));
    let status_note = both(t, "status_zh", "status_en");
    let date = t.opt_text("date");
    if let Some(date) = &date
        && !date_shaped(&date.value)
    {
        let have = &date.value;
        t.error_at(
            &date.spot,
            format!("date 应为 YYYY、YYYY-MM 或 YYYY-MM-DD，实为 {have}"),
            format!("date must be YYYY, YYYY-MM or YYYY-MM-DD, found `{have}`"),
        );
    }
    let date = date.map(|d| d.value);
    Some(Document {
        title: title?,
        issuer,
        number,
        date,
        status: status?,
        status_note: status_note?,
    })
}

fn date_shaped(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let digits = |p: &str, n: usize| p.len() == n && p.bytes().all(|b| b.is_ascii_digit());
    matches!(parts.len(), 1..=3)
        && parts.iter().enumerate().all(|(n, p)| digits(p, if n == 0 { 4 } else { 2 }))
}

fn catalogue(t: &Table<'_, '_>) -> Option<CatalogueRules> {
    let printed = count(t, "printed", true);
    let expanded = count(t, "expanded", false).unwrap_or(0);
    let garbage = count(t, "garbage", false).unwrap_or(0);
    let stated_total = count(t, "stated_total", false);
    let (complete, unit, clause) = (t.flag("complete"), t.word("unit"), clause(t));
    let note = match (opt_text(t, "note_zh"), opt_text(t, "note_en")) {
        (None, None) => None,
        (zh, en) => Some(Text::new(zh.unwrap_or_default(), en.unwrap_or_default())),
    };
    let excluded = t.tables("excluded", |t| {
        let (words, modality) = (text(t, "text"), one_of(t, "modality", MODALITIES));
        let (anatomy, contrast) = (text(t, "anatomy_base"), one_of(t, "contrast", CONTRASTS));
        Some(Excluded {
            text: words?,
            modality: modality?,
            anatomy_base: anatomy?,
            contrast: contrast?,
            clause: self::clause(t)?,
        })
    });
    Some(CatalogueRules {
        printed: printed?,
        expanded,
        garbage,
        stated_total,
        complete: complete?.value,
        note,
        unit: unit?,
        clause: clause?,
        excluded,
    })
}

fn label(t: &Table<'_, '_>) -> Option<Label> {
    let (scope, zh, clause) = (text(t, "scope"), text(t, "zh"), clause(t));
    let (en, also_read) = (opt_text(t, "en"), list(t, "also_read"));
    let membership = opt_text(t, "membership");
    Some(Label { scope: scope?, zh: zh?, en, also_read, membership, clause: clause? })
}

fn labelling(t: &Table<'_, '_>) -> Option<Labelling> {
    let (bound, clause) = (t.word("bound"), clause(t));
    let widest_only = opt_text(t, "widest_only_clause");
    let never = text(t, "never_without_evaluation_clause");
    let position = t.opt_table("position", |t| {
        let (place, on, clause) = (t.word("place"), t.words("on"), self::clause(t));
        Some(Position { place: place?, on: on?, clause: clause? })
    });
    Some(Labelling {
        bound: bound?,
        clause: clause?,
        widest_only,
        position,
        never_without_evaluation: never?,
    })
}

fn validity(t: &Table<'_, '_>) -> Option<Validity> {
    let (length, unit) = (count(t, "length", true), t.word("unit"));
    let (soft, clause) = (t.flag("soft"), clause(t));
    Some(Validity {
        length: u32::try_from(length?).ok()?,
        unit: unit?,
        soft: soft?.value,
        clause: clause?,
    })
}

fn evaluation(t: &Table<'_, '_>) -> Option<EvaluationRoute> {
    let scope = opt_text(t, "scope").unwrap_or_default();
    let (by, institutions) = (t.word("by"), party(t, "institutions"));
    let (tcm, clause) = (flag(t, "tcm"), clause(t));
    Some(EvaluationRoute { scope, by: by?, institutions: institutions?, tcm, clause: clause? })
}

fn admission(t: &Table<'_, '_>) -> Option<Admission> {
    let (institutions, ownership) = (party(t, "institutions"), t.opt_word("ownership"));
    let (evaluated_by, clause) = (t.opt_word("evaluated_by"), clause(t));
    Some(Admission { institutions: institutions?, ownership, evaluated_by, clause: clause? })
}

fn recognition(t: &Table<'_, '_>) -> Option<Recognition> {
    let (receiver, issuer) = (party(t, "receiver"), party(t, "issuer"));
    let (issuer_eqa, bound, clause) = (flag(t, "issuer_eqa"), t.word("bound"), clause(t));
    Some(Recognition {
        receiver: receiver?,
        issuer: issuer?,
        issuer_eqa,
        bound: bound?,
        clause: clause?,
    })
}

fn upload(t: &Table<'_, '_>) -> Option<UploadRule> {
    let (modalities, send) = (modalities(t, true), t.word("send"));
    let (when, clause) = (t.word("when"), clause(t));
    Some(UploadRule { modalities: modalities?, send: send?, when: when?, clause: clause? })
}

fn time_limit(t: &Table<'_, '_>) -> Option<TimeLimit> {
    let (on, modalities, order) = (t.word("on"), modalities(t, true), t.word("order"));
    let below_hours = above_zero(t, "below_hours", 8760.0);
    let (stated, clause) = (t.raw_required("below_hours"), clause(t));
    stated?;
    Some(TimeLimit {
        on: on?,
        modalities: modalities?,
        order: order?,
        below_hours: below_hours?,
        clause: clause?,
    })
}

fn data_quality(t: &Table<'_, '_>) -> Option<DataQuality> {
    let dimension = t.word("dimension");
    let (min_share, max_hours) =
        (above_zero(t, "min_share", 1.0), above_zero(t, "max_hours", 8760.0));
    if min_share.is_some() == max_hours.is_some() {
        t.error(
            "min_share 与 max_hours 应恰有一个",
            "exactly one of min_share and max_hours must be given",
        );
    }
    let (fields, clause) = (list(t, "fields"), clause(t));
    Some(DataQuality { dimension: dimension?, min_share, max_hours, fields, clause: clause? })
}

fn demand(t: &Table<'_, '_>) -> Option<DemandRule> {
    let (demand, modalities) = (t.word("demand"), modalities(t, false));
    let (value, unit) = (above_zero(t, "value", 1e6), opt_text(t, "unit"));
    let (words, clause) = (list(t, "words"), clause(t));
    Some(DemandRule {
        demand: demand?,
        modalities: modalities?,
        value,
        unit,
        words,
        clause: clause?,
    })
}

fn exception(t: &Table<'_, '_>) -> Option<ExceptionCode> {
    let (code, words) = (text(t, "code"), text(t, "text"));
    let (machine, clause) = (t.opt_word("machine"), clause(t));
    Some(ExceptionCode { code: code?, text: words?, machine, clause: clause? })
}
