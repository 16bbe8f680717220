//! What a running check may see: the declared part of a study, and nothing else. Reading what was
//! not declared panics; the runner turns that into `CouldNotRun`, and the tests of the check fail.

use dicom_core::Tag;

use crate::model::attribute::{Attributes, State};
use crate::model::file::FileFacts;
use crate::model::institution::InstitutionRef;
use crate::model::manifest::ManifestFacts;
use crate::model::outcome::{Outcome, Subject};
use crate::model::past::PastFacts;
use crate::model::reading::Reading;
use crate::model::registry::RegistryFacts;
use crate::model::study::{Instance, RejectedFile, Series, Study};
use crate::model::values::ValueText;

use crate::items::exam::Exam;
use crate::items::regions::Parts;
use crate::items::shown::Shown;
use crate::measure::column::Column;
use crate::measure::volumes::{Layout, Volume};
use crate::model::family::{self, Family};
use crate::policy::settings::Settings;
use crate::series::SeriesKind;

use super::contract::{CheckMeta, Depth, Input};
use super::prepared::{Items, Prepared};
use super::read::Readings;

/// A study seen through a check's declaration.
pub struct StudyView<'a> {
    study: &'a Study,
    prepared: &'a Prepared<'a>,
    meta: &'a CheckMeta,
    /// The declared attributes, sorted; asked at every reading.
    declared: Vec<Tag>,
    /// How deep the study was read.
    pub depth: Depth,
    /// The day of the run (YYYYMMDD), fixed once for a whole run: checks have no clock.
    pub as_of: &'a str,
}

impl<'a> StudyView<'a> {
    /// A view for one check.
    pub fn new(
        study: &'a Study,
        prepared: &'a Prepared<'a>,
        meta: &'a CheckMeta,
        depth: Depth,
        as_of: &'a str,
    ) -> Self {
        let header = |input: &Input| match input {
            Input::Header(tag) => Some(*tag),
            _ => None,
        };
        let mut declared: Vec<Tag> = meta.inputs.iter().filter_map(header).collect();
        declared.sort_unstable();
        Self { study, prepared, meta, declared, depth, as_of }
    }

    fn require(&self, input: Input) {
        assert!(
            self.meta.inputs.contains(&input),
            "{} read {input:?}, which it does not declare",
            self.meta.code
        );
    }

    fn require_tag(&self, tag: Tag) {
        assert!(
            self.declared.binary_search(&tag).is_ok(),
            "{} read attribute {tag}, which it does not declare",
            self.meta.code
        );
    }

    /// The series.
    pub fn series(&'a self) -> impl Iterator<Item = SeriesView<'a>> + 'a {
        self.study.series.iter().enumerate().map(move |(index, series)| SeriesView {
            view: self,
            series,
            index,
        })
    }

    /// Every instance.
    pub fn instances(&'a self) -> impl Iterator<Item = InstanceView<'a>> + 'a {
        self.series().flat_map(|s| s.instances().collect::<Vec<_>>())
    }

    /// The rejected files beside the study. Needs `Input::File`.
    pub fn rejected(&self) -> &'a [RejectedFile] {
        self.require(Input::File);
        &self.study.rejected
    }

    /// The institution. Needs `Input::Institution`.
    pub fn institution(&self) -> &'a InstitutionRef {
        self.require(Input::Institution);
        &self.study.institution
    }

    /// What the manifest says. Needs `Input::Manifest`.
    pub fn manifest(&self) -> &'a ManifestFacts {
        self.require(Input::Manifest);
        &self.study.manifest
    }

    /// What the tables of devices and staff say. Needs `Input::Registry`.
    pub fn registry(&self) -> &'a RegistryFacts {
        self.require(Input::Registry);
        &self.study.registry
    }

    /// What the store knew before. Needs `Input::Past`.
    pub fn past(&self) -> &'a PastFacts {
        self.require(Input::Past);
        &self.study.past
    }

    /// The catalogue items. Needs `Input::Items`.
    pub fn items(&self) -> &'a Items<'a> {
        self.require(Input::Items);
        &self.prepared.items
    }

    /// The examinations of the films, as order and images tell them. Needs `Input::Projections`.
    pub fn films(&self) -> &'a [Exam] {
        self.require(Input::Projections);
        &self.prepared.common.films
    }

    /// A number among the policy's settings. Needs `Input::Setting`.
    pub fn setting_number(&self, key: &'static str) -> f64 {
        self.settings(key).number(key)
    }

    /// A flag among the policy's settings. Needs `Input::Setting`.
    pub fn setting_flag(&self, key: &'static str) -> bool {
        self.settings(key).flag(key)
    }

    fn settings(&self, key: &'static str) -> &'a Settings {
        self.require(Input::Setting(key));
        &self.prepared.policy.settings
    }

    /// Modalities in the study. Always visible.
    pub fn modalities(&self) -> Vec<String> {
        self.study.modalities()
    }
}

/// A series seen through a check's declaration.
#[derive(Clone, Copy)]
pub struct SeriesView<'a> {
    view: &'a StudyView<'a>,
    series: &'a Series,
    index: usize,
}

impl<'a> SeriesView<'a> {
    /// Series Instance UID. Always visible.
    pub fn uid(&self) -> &'a str {
        &self.series.uid
    }

    /// Modality. Always visible.
    pub fn modality(&self) -> &'a str {
        &self.series.modality
    }

    /// The series as a subject.
    pub fn subject(&self) -> Subject {
        Subject::series(&self.series.uid)
    }

    /// Its instances.
    pub fn instances(&self) -> impl Iterator<Item = InstanceView<'a>> + use<'a> {
        let Self { view, series, .. } = *self;
        series.instances.iter().map(move |instance| InstanceView { view, series, instance })
    }

    /// The instance at an index of the series.
    pub fn instance(&self, index: usize) -> Option<InstanceView<'a>> {
        let Self { view, series, .. } = *self;
        series.instances.get(index).map(|instance| InstanceView { view, series, instance })
    }

    /// Its slices and stacks. Needs `Input::Stacks`.
    ///
    /// # Panics
    /// The check does not declare it.
    pub fn volume(&self) -> &'a Volume<'a> {
        self.view.require(Input::Stacks);
        &self.view.prepared.common.volumes[self.index]
    }

    /// What it is. Needs `Input::Kinds`.
    ///
    /// # Panics
    /// The check does not declare it.
    pub fn kind(&self) -> &'a SeriesKind {
        self.view.require(Input::Kinds);
        &self.view.prepared.common.kinds[self.index]
    }

    /// How the volumes of the study were laid out. Needs `Input::Stacks`.
    pub fn layout(&self) -> &'a Layout {
        self.view.require(Input::Stacks);
        &self.view.prepared.common.layout
    }

    /// The values of a declared measurement over its slices.
    pub fn column(&self, name: &'static str) -> Column {
        self.view.require(Input::Measurement(name));
        Column::of(self.series, name)
    }

    /// Its place among the series of the study.
    pub fn index(&self) -> usize {
        self.index
    }

    /// What each of its films shows; empty for slices. Needs `Input::Projections`.
    ///
    /// # Panics
    /// The check does not declare it.
    pub fn shown(&self) -> &'a [Shown] {
        self.view.require(Input::Projections);
        &self.view.prepared.common.shown[self.index]
    }

    /// The parts of the body it names. Needs `Input::Parts`.
    ///
    /// # Panics
    /// The check does not declare it.
    pub fn parts(&self) -> &'a Parts {
        self.view.require(Input::Parts);
        &self.view.prepared.common.parts[self.index]
    }

    /// How many instances it has.
    pub fn len(&self) -> usize {
        self.series.instances.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.series.instances.is_empty()
    }
}

/// An instance seen through a check's declaration.
#[derive(Clone, Copy)]
pub struct InstanceView<'a> {
    view: &'a StudyView<'a>,
    series: &'a Series,
    instance: &'a Instance,
}

impl<'a> InstanceView<'a> {
    /// The state of a declared attribute.
    pub fn state(&self, tag: Tag) -> State<'a> {
        self.view.require_tag(tag);
        self.instance.attributes.state(tag)
    }

    /// The first text value of a declared attribute.
    pub fn text(&self, tag: Tag) -> Option<&'a str> {
        self.view.require_tag(tag);
        self.instance.attributes.text(tag)
    }

    /// All text values of a declared attribute.
    pub fn texts(&self, tag: Tag) -> &'a [ValueText] {
        self.view.require_tag(tag);
        self.instance.attributes.texts(tag)
    }

    /// The first number of a declared attribute.
    pub fn float(&self, tag: Tag) -> Option<f64> {
        self.view.require_tag(tag);
        self.instance.attributes.float(tag)
    }

    /// The first integer of a declared attribute.
    pub fn int(&self, tag: Tag) -> Option<i64> {
        self.view.require_tag(tag);
        self.instance.attributes.int(tag)
    }

    /// Exactly `N` numbers of a declared attribute.
    pub fn array<const N: usize>(&self, tag: Tag) -> Option<[f64; N]> {
        self.view.require_tag(tag);
        self.instance.attributes.array(tag)
    }

    /// The items of a declared sequence.
    pub fn items(&self, tag: Tag) -> &'a [Attributes] {
        self.view.require_tag(tag);
        self.instance.attributes.items(tag)
    }

    /// Exactly `N` numbers of a declared attribute for one frame: its functional group first.
    pub fn frame_array<const N: usize>(&self, frame: usize, tag: Tag) -> Option<[f64; N]> {
        self.view.require_tag(tag);
        self.instance.frame_attributes(frame, tag).array(tag)
    }

    /// The first number of a declared attribute for one frame.
    pub fn frame_float(&self, frame: usize, tag: Tag) -> Option<f64> {
        self.view.require_tag(tag);
        self.instance.frame_attributes(frame, tag).float(tag)
    }

    /// The first text of a declared attribute for one frame.
    pub fn frame_text(&self, frame: usize, tag: Tag) -> Option<&'a str> {
        self.view.require_tag(tag);
        self.instance.frame_attributes(frame, tag).text(tag)
    }

    /// All texts of a declared attribute for one frame.
    pub fn frame_texts(&self, frame: usize, tag: Tag) -> &'a [ValueText] {
        self.view.require_tag(tag);
        self.instance.frame_attributes(frame, tag).texts(tag)
    }

    /// Facts about the file. Needs `Input::File`.
    pub fn file(&self) -> &'a FileFacts {
        self.view.require(Input::File);
        &self.instance.file
    }

    /// The family that judges it, `None` where there is none. Always visible.
    pub fn family(&self) -> Option<Family> {
        family::family(self.instance)
    }

    /// Whether a pixel data element is present. Always visible.
    pub fn has_pixel_data(&self) -> bool {
        self.instance.has_pixel_data()
    }

    /// Number of Frames, 1 where not stated. Always visible.
    pub fn frame_count(&self) -> u32 {
        self.instance.frame_count()
    }

    /// How many frames have functional groups of their own. Always visible.
    pub fn frame_groups(&self) -> usize {
        self.instance.frames.len()
    }

    /// SOP Instance UID or an empty string. Always visible.
    pub fn sop_uid(&self) -> &'a str {
        self.instance.sop_uid()
    }

    /// Values of a declared measurement, with the frame each was taken on.
    pub fn measured(
        &self,
        name: &'static str,
    ) -> impl Iterator<Item = (Option<u32>, f64)> + use<'a> {
        self.view.require(Input::Measurement(name));
        self.instance
            .measurements
            .iter()
            .filter(move |m| m.name == name)
            .map(|m| (m.frame, m.value))
    }

    /// What a model read of it, by frame; an empty list says that the model looked and found
    /// nothing. Needs `Input::Model`.
    ///
    /// # Errors
    /// The outcome that the check has to return for this instance: not applicable, or could not run
    /// with the reason (no runtime, an altered model, a frame that could not be decoded …).
    pub fn readings(&self, model: &'static str) -> Result<&'a [Reading], Box<Outcome>> {
        self.view.require(Input::Model(model));
        let readings = Readings {
            entries: &self.instance.readings,
            facts: &self.view.study.models,
            depth: self.view.depth,
            has_pixels: self.has_pixel_data(),
            subject: self.subject(),
        };
        readings.of(model)
    }

    /// The instance as a subject.
    pub fn subject(&self) -> Subject {
        Subject::instance(&self.series.uid, self.sop_uid())
    }

    /// A frame of the instance as a subject.
    pub fn frame_subject(&self, frame: u32) -> Subject {
        Subject::frame(&self.series.uid, self.sop_uid(), frame)
    }
}
