//! What people put on record about an institution, as far as its report tells it: waivers that hold,
//! rectifications that are open, appeals that wait for an answer.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is on record on the day of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OnRecord {
    /// Waivers that hold.
    pub waivers: Vec<WaiverNote>,
    /// Rectifications (整改) that are not closed, the overdue first.
    pub rectifications: Vec<RectificationNote>,
    /// Appeals that are not closed, the overdue first.
    pub appeals: Vec<AppealNote>,
}

impl OnRecord {
    /// Whether there is nothing to tell.
    pub fn is_empty(&self) -> bool {
        self.waivers.is_empty() && self.rectifications.is_empty() && self.appeals.is_empty()
    }
}

/// What is on record over all institutions, as far as the index tells it: it counts for those of
/// which no study came as well.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OverAll {
    /// Waivers that hold.
    pub waivers: Vec<WaiverNote>,
    /// Rectifications that are overdue, the longest first.
    pub overdue: Vec<Overdue>,
}

/// A rectification that is overdue, with whose it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Overdue {
    /// Institution id.
    pub institution: String,
    /// Its name; empty where the registry does not know it.
    pub name: String,
    /// The rectification.
    pub rectification: RectificationNote,
}

/// A waiver that holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WaiverNote {
    /// Its number.
    pub id: i64,
    /// Name of the check that does not count.
    pub check: String,
    /// Profile, item and study it is for, e.g. `item=HB-122`; `*` for all.
    pub scope: String,
    /// First day (YYYY-MM-DD).
    pub from: String,
    /// Last day.
    pub until: String,
    /// Who gave it, and in which role.
    pub by: String,
    /// Why.
    pub reason: String,
}

/// A rectification that is open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RectificationNote {
    /// Its number.
    pub id: i64,
    /// Policy folder name.
    pub profile: String,
    /// An item, a modality, or `*`.
    pub target: String,
    /// What was found.
    pub finding: String,
    /// The day it was opened (YYYY-MM-DD).
    pub opened: String,
    /// By when it has to be done.
    pub due: String,
    /// Whether that day is over.
    pub overdue: bool,
    /// Whether the institution named cause and measure.
    pub answered: bool,
}

/// An appeal that is not closed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AppealNote {
    /// Its number.
    pub id: i64,
    /// The study.
    pub study_key: String,
    /// Code of the check.
    pub check: String,
    /// The day it was opened (YYYY-MM-DD).
    pub opened: String,
    /// By when it has to be answered.
    pub due: String,
    /// Whether that day is over without an answer.
    pub overdue: bool,
    /// `upheld` or `rejected`; null while it waits.
    pub outcome: Option<String>,
}
