//! What is worked out once for all checks of a study under one policy: the stacks of its series,
//! what each series is, and the catalogue items it has to satisfy.

use crate::items::describe::describe;
use crate::items::exam::Exam;
use crate::items::lexicon::Lexicon;
use crate::items::regions::{Parts, of_series};
use crate::items::shown::{Shown, shown};
use crate::measure::stacks::Tolerance;
use crate::measure::volumes::{Layout, Volume};
use crate::model::study::Study;
use crate::policy::catalogue::Item;
use crate::policy::resolved::Policy;
use crate::series::{self, PhaseTimes, SeriesKind};

use super::geo::missing_slice;

/// What matching came to under the policy.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Items<'a> {
    /// The policy has no catalogue.
    #[default]
    NoCatalogue,
    /// The study is no item of the catalogue.
    NoItem,
    /// It could be several, or its words contradict each other.
    Ambiguous,
    /// The rows it has to satisfy.
    Matched(Vec<Wanted<'a>>),
}

/// One row that a study was matched to.
#[derive(Clone, Debug, PartialEq)]
pub struct Wanted<'a> {
    /// The row.
    pub item: &'a Item,
    /// SOP Instance UIDs of its views; empty where it is the whole study.
    pub sop_uids: Vec<String>,
    /// Regions of the body that its images may be labelled with; empty where that is not known.
    pub regions: Vec<String>,
}

/// The part that does not depend on the catalogue.
pub struct Common<'a> {
    /// The layout under which the volumes were laid out.
    pub layout: Layout,
    /// The times that tell the phases of CT.
    pub times: PhaseTimes,
    /// The series' slices and stacks, in the order of the study's series.
    pub volumes: Vec<Volume<'a>>,
    /// What each series is, in the same order.
    pub kinds: Vec<SeriesKind>,
    /// What each film of the series shows, in the same order; empty for slices.
    pub shown: Vec<Vec<Shown>>,
    /// The parts of the body that each series names, in the same order.
    pub parts: Vec<Parts>,
    /// The examinations of the films, as order and images tell them.
    pub films: Vec<Exam>,
}

impl<'a> Common<'a> {
    /// Lays out a study under a policy and says what its series are.
    pub fn of(study: &'a Study, policy: &Policy, lexicon: &Lexicon) -> Self {
        let layout = layout(policy);
        let volumes: Vec<Volume<'a>> =
            study.series.iter().map(|s| Volume::of(s, &layout)).collect();
        let times = PhaseTimes::of(&policy.settings);
        let kinds = volumes.iter().map(|v| series::describe(v.series, v, lexicon, times)).collect();
        let shown: Vec<Vec<Shown>> = study.series.iter().map(|s| shown(lexicon, s)).collect();
        let films = if shown.iter().all(Vec::is_empty) {
            Vec::new()
        } else {
            let exams = describe(study, lexicon).exams.into_iter();
            exams.filter(|e| matches!(e.modality.as_str(), "DX" | "MG")).collect()
        };
        let parts = study.series.iter().map(|s| of_series(lexicon, s)).collect();
        Self { layout, times, volumes, kinds, shown, parts, films }
    }
}

impl Common<'_> {
    /// Whether it was made as a policy asks.
    pub fn serves(&self, policy: &Policy) -> bool {
        self.layout == layout(policy) && self.times == PhaseTimes::of(&policy.settings)
    }
}

/// How a policy lays out series: GEO001 states it for every check of stacks.
pub fn layout(policy: &Policy) -> Layout {
    let params = policy.params(&missing_slice::CHECK);
    Layout {
        tolerance: Tolerance {
            orientation_deg: params.number("orientation_tolerance_deg"),
            same_position_mm: params.number("same_position_mm"),
        },
        not_volume: params.texts("not_volume_image_types").to_vec(),
        holes: missing_slice::rules(params),
    }
}

/// All of it.
pub struct Prepared<'a> {
    /// The policy.
    pub policy: &'a Policy,
    /// Stacks and kinds.
    pub common: &'a Common<'a>,
    /// The items.
    pub items: Items<'a>,
}
