//! One region's policy: its document, labels, windows, limits, catalogue and differences from the
//! base, each with the clause that prints it.

use std::sync::Arc;

use serde::Serialize;

use crate::model::text::Text;

use super::catalogue::Catalogue;
use super::resolve::Difference;
use super::resolved::Policy;
use super::settings::Settings;
use super::words::{
    Bound, Carrier, Demand, Dimension, DocumentStatus, Evaluator, ItemUnit, Machine, OrderKind,
    Ownership, Party, Place, Timed, Upload, UploadWhen, WindowUnit,
};

/// One region's policy, resolved.
#[derive(Clone, Debug, Serialize)]
pub struct Profile {
    /// The folder's name.
    pub id: String,
    /// Whether it comes from a folder rather than from the program.
    pub external: bool,
    /// Checks as the region judges them.
    pub policy: Policy,
    /// What differs from the base, and why.
    pub differences: Vec<Difference>,
    /// What the document says beside the checks.
    pub rules: Rules,
    /// The catalogue.
    pub catalogue: Arc<Catalogue>,
}

impl Profile {
    /// The sentence every report under this profile carries where its source is not simply in
    /// force: a draft says that it is one.
    pub fn notice(&self) -> Option<&Text> {
        (self.rules.document.status != DocumentStatus::InForce)
            .then_some(&self.rules.document.status_note)
    }

    /// Values a report must name as set by the site: no clause prints them.
    pub fn site_settings(&self) -> impl Iterator<Item = (&str, &super::settings::Setting)> {
        let all = self.rules.settings.0.iter().filter(|(_, s)| s.site_setting);
        all.map(|(key, setting)| (key.as_str(), setting))
    }

    /// Whether the profile judges institutions of a region as the registry names it.
    pub fn serves(&self, region: &str) -> bool {
        self.rules.registry_regions.iter().any(|r| r.eq_ignore_ascii_case(region))
    }
}

/// What a document says beside the checks.
#[derive(Clone, Debug, Serialize)]
pub struct Rules {
    /// The region for people.
    pub name: Text,
    /// Regions of the registry it judges.
    pub registry_regions: Vec<String>,
    /// The document.
    pub document: Document,
    /// What the catalogue holds.
    pub catalogue: CatalogueRules,
    /// Label texts, narrowest scope first; empty where the document defines none.
    pub labels: Vec<Label>,
    /// How labels are printed; `None` where there are none.
    pub labelling: Option<Labelling>,
    /// How old a result may be; `None` where no window is printed.
    pub validity: Option<Validity>,
    /// Who evaluates whom.
    pub evaluations: Vec<EvaluationRoute>,
    /// What follows a failed spot check; `None` where nothing is printed.
    pub revocation: Option<Revocation>,
    /// Which institutions are admitted: one row suffices. Empty: all.
    pub admissions: Vec<Admission>,
    /// Who recognises whose results.
    pub recognitions: Vec<Recognition>,
    /// How strongly recognition binds.
    pub force: Force,
    /// What must be uploaded.
    pub uploads: Vec<UploadRule>,
    /// Time limits.
    pub time_limits: Vec<TimeLimit>,
    /// Limits of data quality.
    pub data_quality: Vec<DataQuality>,
    /// Demands on images and names.
    pub demands: Vec<DemandRule>,
    /// Reasons for which an exam may be repeated.
    pub exceptions: Vec<ExceptionCode>,
    /// Values that mostly no text prints.
    pub settings: Settings,
}

/// The document a profile was read from.
#[derive(Clone, Debug, Serialize)]
pub struct Document {
    /// Title as printed.
    pub title: String,
    /// Who issued it, where printed.
    pub issuer: Option<String>,
    /// Its number, where printed.
    pub number: Option<String>,
    /// Its date as far as printed (YYYY, YYYY-MM or YYYY-MM-DD).
    pub date: Option<String>,
    /// What it is worth.
    pub status: DocumentStatus,
    /// The same in words.
    pub status_note: Text,
}

/// What the catalogue holds.
#[derive(Clone, Debug, Serialize)]
pub struct CatalogueRules {
    /// Rows printed in the document.
    pub printed: usize,
    /// Rows that stand for the parts of a collective entry.
    pub expanded: usize,
    /// Damaged repetitions kept beside the rows.
    pub garbage: usize,
    /// The number the document states, where it states one.
    pub stated_total: Option<usize>,
    /// Whether the list is whole in the source.
    pub complete: bool,
    /// What is odd about it.
    pub note: Option<Text>,
    /// What one item of an X-ray study is.
    pub unit: ItemUnit,
    /// The clause.
    pub clause: String,
    /// Exams the document says are no items.
    pub excluded: Vec<Excluded>,
}

/// An exam that is expressly no item.
#[derive(Clone, Debug, Serialize)]
pub struct Excluded {
    /// As printed.
    pub text: String,
    /// DX, MG, RF, CT or MR.
    pub modality: String,
    /// Anatomy by which catalogue rows are grouped.
    pub anatomy_base: String,
    /// Contrast class.
    pub contrast: String,
    /// The clause.
    pub clause: String,
}

/// The label of one scope.
#[derive(Clone, Debug, Serialize)]
pub struct Label {
    /// The scope, e.g. `hebei`, `jjj`.
    pub scope: String,
    /// Chinese text exactly as printed.
    pub zh: String,
    /// Latin text exactly as printed, where there is one.
    pub en: Option<String>,
    /// Other spellings to understand when reading, never to print.
    pub also_read: Vec<String>,
    /// The registry membership that an institution needs for this scope.
    pub membership: Option<String>,
    /// The clause.
    pub clause: String,
}

/// How labels are printed.
#[derive(Clone, Debug, Serialize)]
pub struct Labelling {
    /// Whether an institution that may print a label must.
    pub bound: Bound,
    /// The clause of that.
    pub clause: String,
    /// Whether of several scopes only the widest is printed, and its clause.
    pub widest_only: Option<String>,
    /// Where, and its clause.
    pub position: Option<Position>,
    /// The clause that forbids a label without a passed evaluation.
    pub never_without_evaluation: String,
}

/// Where a label stands.
#[derive(Clone, Debug, Serialize)]
pub struct Position {
    /// The corner.
    pub place: Place,
    /// On what; any one suffices.
    pub on: Vec<Carrier>,
    /// The clause.
    pub clause: String,
}

/// How old a result may be to be recognised.
#[derive(Clone, Debug, Serialize)]
pub struct Validity {
    /// How many units.
    pub length: u32,
    /// The unit.
    pub unit: WindowUnit,
    /// Whether it is a reference only: older results are shown with their age, not refused.
    pub soft: bool,
    /// The clause.
    pub clause: String,
}

/// Who evaluates which institutions for a scope.
#[derive(Clone, Debug, Serialize)]
pub struct EvaluationRoute {
    /// The scope it opens; empty where the document defines no label.
    pub scope: String,
    /// Who.
    pub by: Evaluator,
    /// For which grades.
    pub institutions: Party,
    /// Only for institutions of traditional Chinese medicine.
    pub tcm: bool,
    /// The clause.
    pub clause: String,
}

/// What follows a failed spot check.
#[derive(Clone, Debug, Serialize)]
pub struct Revocation {
    /// The clause by which labels go.
    pub clause: String,
    /// The clause by which they come back after rectification and a new pass.
    pub restore_clause: String,
}

/// Institutions that are admitted.
#[derive(Clone, Debug, Serialize)]
pub struct Admission {
    /// Of which grade.
    pub institutions: Party,
    /// Public or private only.
    pub ownership: Option<Ownership>,
    /// Only after this evaluation.
    pub evaluated_by: Option<Evaluator>,
    /// The clause.
    pub clause: String,
}

/// Who recognises whose results.
#[derive(Clone, Debug, Serialize)]
pub struct Recognition {
    /// Who receives.
    pub receiver: Party,
    /// Who made the result.
    pub issuer: Party,
    /// Whether the maker needs external assessment passed.
    pub issuer_eqa: bool,
    /// How strongly.
    pub bound: Bound,
    /// The clause.
    pub clause: String,
}

/// How strongly recognition binds inside the window.
#[derive(Clone, Debug, Serialize)]
pub struct Force {
    /// How strongly.
    pub bound: Bound,
    /// The clause.
    pub clause: String,
}

/// What must be uploaded.
#[derive(Clone, Debug, Serialize)]
pub struct UploadRule {
    /// Modalities it concerns.
    pub modalities: Vec<String>,
    /// What.
    pub send: Upload,
    /// When.
    pub when: UploadWhen,
    /// The clause.
    pub clause: String,
}

/// A time limit.
#[derive(Clone, Debug, Serialize)]
pub struct TimeLimit {
    /// On what.
    pub on: Timed,
    /// Modalities it concerns.
    pub modalities: Vec<String>,
    /// Orders it concerns.
    pub order: OrderKind,
    /// The time must stay below this many hours.
    pub below_hours: f64,
    /// The clause.
    pub clause: String,
}

/// A limit of data quality.
#[derive(Clone, Debug, Serialize)]
pub struct DataQuality {
    /// Of what.
    pub dimension: Dimension,
    /// Smallest share allowed.
    pub min_share: Option<f64>,
    /// Longest time allowed, in hours.
    pub max_hours: Option<f64>,
    /// The fields it is taken over, as printed.
    pub fields: Vec<String>,
    /// The clause.
    pub clause: String,
}

/// A demand on images or names.
#[derive(Clone, Debug, Serialize)]
pub struct DemandRule {
    /// What.
    pub demand: Demand,
    /// Modalities it concerns; empty: all.
    pub modalities: Vec<String>,
    /// Its number, where one is printed.
    pub value: Option<f64>,
    /// The unit of the number.
    pub unit: Option<String>,
    /// Its words, where it has some.
    pub words: Vec<String>,
    /// The clause.
    pub clause: String,
}

/// A reason for which an exam may be repeated; always a permission, never a duty.
#[derive(Clone, Debug, Serialize)]
pub struct ExceptionCode {
    /// The code, which is the id of the rule.
    pub code: String,
    /// As printed.
    pub text: String,
    /// What a machine may do about it.
    pub machine: Option<Machine>,
    /// The clause.
    pub clause: String,
}
