//! Cases of the checks' own tests: an item by what it asks for, and series by what they are.

use crate::checks::contract::CheckMeta;
use crate::checks::prepared::{Items, Wanted};
use crate::checks::testing::{base_policy, instance, lexicon, place, run_kinds, study};
use crate::model::outcome::{Outcome, OutcomeKind};
use crate::model::study::{Instance, Study};
use crate::policy::catalogue::{Item, RowKind, Side};
use crate::policy::params::ParamValue;
use crate::policy::requirement::Requirement;
use crate::policy::resolved::Policy;
use crate::policy::settings::SettingValue;
use crate::series::{Kind, SeriesKind};
use dicom_dictionary_std::tags;

/// A series of a kind.
pub fn k(kind: Kind) -> SeriesKind {
    SeriesKind { kind: Some(kind), time_points: 1, ..SeriesKind::default() }
}

/// An item that asks for nothing.
pub fn item(modality: &str) -> Item {
    let nothing = Requirement::default;
    Item {
        uid: "XX-001".into(),
        seq: "1".into(),
        modality_printed: modality.into(),
        region: String::new(),
        name: "试验项目".into(),
        name_fixed: String::new(),
        definition: String::new(),
        code: String::new(),
        code_fixed: String::new(),
        fix_confidence: None,
        code_decoded: String::new(),
        modality: modality.into(),
        anatomy: "head".into(),
        anatomy_base: "head".into(),
        laterality: Side::Unsided,
        views: nothing(),
        contrast: "plain".into(),
        phases_required: nothing(),
        sequences_required: nothing(),
        planes_required: nothing(),
        postprocessing_required: nothing(),
        row_kind: RowKind::Printed,
        remarks: String::new(),
        source_line: 1,
    }
}

/// A study, an item and a policy.
#[must_use]
pub struct Case {
    /// The item.
    pub item: Item,
    /// The images.
    pub study: Study,
    kinds: Vec<SeriesKind>,
    policy: Policy,
    regions: Vec<String>,
}

impl Case {
    /// A study with a series of three axial slices for each kind.
    pub fn new(modality: &str, kinds: Vec<SeriesKind>) -> Self {
        let slice = |series: usize, n: usize| {
            let mut i = instance(modality, series * 100 + n);
            i.attributes.set_text(tags::SERIES_INSTANCE_UID, format!("2.25.1.2.{series}"));
            i.attributes.set_text(tags::INSTANCE_NUMBER, (n + 1).to_string());
            place(&mut i, f64::from(u32::try_from(n).unwrap()) * 5.0);
            i
        };
        let all = (0..kinds.len()).flat_map(|s| (0..3).map(move |n| slice(s, n)));
        Self {
            item: item(modality),
            study: study(all.collect()),
            kinds,
            policy: base_policy(),
            regions: Vec::new(),
        }
    }

    /// Changes every instance of a series.
    pub fn each(mut self, series: usize, change: impl Fn(&mut Instance)) -> Self {
        self.study.series[series].instances.iter_mut().for_each(change);
        self
    }

    /// The item's part of the body.
    pub fn part(mut self, anatomy: &str) -> Self {
        self.item.anatomy_base = anatomy.into();
        self.regions = lexicon().regions(anatomy).to_vec();
        self
    }

    /// The item's contrast class.
    pub fn contrast(mut self, class: &str) -> Self {
        self.item.contrast = class.into();
        self
    }

    /// The item's sequences.
    pub fn sequences(mut self, words: &str) -> Self {
        self.item.sequences_required = Requirement::parse(words);
        self
    }

    /// The item's planes.
    pub fn planes(mut self, words: &str) -> Self {
        self.item.planes_required = Requirement::parse(words);
        self
    }

    /// The item's phases.
    pub fn phases(mut self, words: &str) -> Self {
        self.item.phases_required = Requirement::parse(words);
        self
    }

    /// The item's post-processing.
    pub fn processing(mut self, words: &str) -> Self {
        self.item.postprocessing_required = Requirement::parse(words);
        self
    }

    /// A list among a check's parameters.
    pub fn texts(mut self, check: &CheckMeta, key: &str, words: &[&str]) -> Self {
        let words = ParamValue::Texts(words.iter().map(|w| (*w).to_owned()).collect());
        let params = &mut self.policy.checks.get_mut(check.name).unwrap().params.0;
        assert!(params.insert(key.into(), words).is_some(), "no parameter {key}");
        self
    }

    /// A flag among the settings or a check's parameters.
    pub fn flag(mut self, check: &CheckMeta, key: &str, on: bool) -> Self {
        if let Some(setting) = self.policy.settings.0.get_mut(key) {
            setting.value = SettingValue::Flag(on);
            return self;
        }
        let params = &mut self.policy.checks.get_mut(check.name).unwrap().params.0;
        assert!(params.insert(key.into(), ParamValue::Flag(on)).is_some(), "no parameter {key}");
        self
    }

    fn outcomes(&self, check: &'static CheckMeta, items: Items<'_>) -> Vec<Outcome> {
        run_kinds(check, &self.study, self.kinds.clone(), &self.policy, items)
    }

    /// Runs a check on the study as this item and expects one outcome.
    #[track_caller]
    pub fn one(&self, check: &'static CheckMeta, kind: OutcomeKind) -> Outcome {
        let wanted =
            Wanted { item: &self.item, sop_uids: Vec::new(), regions: self.regions.clone() };
        expect(self.outcomes(check, Items::Matched(vec![wanted])), kind)
    }

    /// The same of a study that could be several items.
    #[track_caller]
    pub fn ambiguous(&self, check: &'static CheckMeta, kind: OutcomeKind) -> Outcome {
        expect(self.outcomes(check, Items::Ambiguous), kind)
    }
}

#[track_caller]
fn expect(mut outcomes: Vec<Outcome>, kind: OutcomeKind) -> Outcome {
    let told: Vec<_> = outcomes.iter().map(|o| (o.kind, o.why.en.clone())).collect();
    assert_eq!(outcomes.len(), 1, "{told:?}");
    assert_eq!(outcomes[0].kind, kind, "{told:?}");
    outcomes.remove(0)
}
