//! The part of a study that checks declared as their input: what the store keeps, no more.

use std::sync::LazyLock;

use dicom_core::Tag;
use dicom_dictionary_std::tags;
use rustc_hash::FxHashSet;

use crate::measure::volumes;
use crate::model::attribute::Attributes;
use crate::model::past;
use crate::model::study::{Instance, Series, Study};
use crate::series;

use super::contract::Input;
use super::registry;

/// Attributes that group, order and name results; kept whatever the checks declare.
const STRUCTURE: &[Tag] = &[
    tags::STUDY_INSTANCE_UID,
    tags::SERIES_INSTANCE_UID,
    tags::SOP_INSTANCE_UID,
    tags::SOP_CLASS_UID,
    tags::MODALITY,
    tags::SERIES_NUMBER,
    tags::INSTANCE_NUMBER,
    tags::NUMBER_OF_FRAMES,
    tags::STUDY_DATE,
    tags::INSTITUTION_NAME,
    tags::INSTITUTION_CODE_SEQUENCE,
    tags::STATION_NAME,
];

/// Attributes that matching a study to a catalogue item reads (`items::describe`).
const ITEM: &[Tag] = &[
    tags::STUDY_DESCRIPTION,
    tags::SERIES_DESCRIPTION,
    tags::PROTOCOL_NAME,
    tags::ACQUISITION_PROTOCOL_NAME,
    tags::BODY_PART_EXAMINED,
    tags::VIEW_POSITION,
    tags::VIEW_CODE_SEQUENCE,
    tags::LATERALITY,
    tags::IMAGE_LATERALITY,
    tags::FRAME_LATERALITY,
    tags::FRAME_ANATOMY_SEQUENCE,
    tags::CONTRAST_BOLUS_AGENT,
    tags::CONTRAST_BOLUS_ROUTE,
    tags::IMAGE_TYPE,
    tags::PATIENT_AGE,
    tags::PROCEDURE_CODE_SEQUENCE,
    tags::REQUESTED_PROCEDURE_CODE_SEQUENCE,
    tags::REQUESTED_PROCEDURE_DESCRIPTION,
    tags::REQUEST_ATTRIBUTES_SEQUENCE,
    tags::PERFORMED_PROCEDURE_STEP_DESCRIPTION,
    tags::PERFORMED_PROTOCOL_CODE_SEQUENCE,
];

static DECLARED_TAGS: LazyLock<FxHashSet<Tag>> = LazyLock::new(|| {
    let declared = registry::all().flat_map(|c| c.inputs).filter_map(|input| match input {
        Input::Header(tag) => Some(*tag),
        _ => None,
    });
    declared
        .chain(STRUCTURE.iter().copied())
        .chain(ITEM.iter().copied())
        .chain(past::TOLD)
        .chain(volumes::INPUTS.iter().copied())
        .chain(series::INPUTS.iter().copied())
        .collect()
});

static DECLARED_MEASURES: LazyLock<FxHashSet<&'static str>> = LazyLock::new(|| {
    let measures = registry::all().flat_map(|c| c.inputs).filter_map(|input| match input {
        Input::Measurement(name) => Some(*name),
        _ => None,
    });
    measures.collect()
});

/// The declared part of a study. Judging it gives the same result as judging the whole.
pub fn project(study: &Study) -> Study {
    let instance = |i: &Instance| Instance {
        file: i.file.clone(),
        attributes: keep(&i.attributes),
        frames: i.frames.iter().map(keep).collect(),
        measurements: i
            .measurements
            .iter()
            .filter(|m| DECLARED_MEASURES.contains(m.name.as_ref()))
            .cloned()
            .collect(),
        // Results list them, whatever checks declare.
        readings: i.readings.clone(),
    };
    let series = |s: &Series| Series {
        uid: s.uid.clone(),
        modality: s.modality.clone(),
        instances: s.instances.iter().map(instance).collect(),
    };
    Study { series: study.series.iter().map(series).collect(), ..without_series(study) }
}

fn without_series(study: &Study) -> Study {
    Study {
        key: study.key.clone(),
        uid: study.uid.clone(),
        institution: study.institution.clone(),
        series: Vec::new(),
        rejected: study.rejected.clone(),
        manifest: study.manifest.clone(),
        registry: study.registry.clone(),
        past: study.past.clone(),
        models: study.models.clone(),
    }
}

fn keep(attributes: &Attributes) -> Attributes {
    attributes.only(|tag| DECLARED_TAGS.contains(&tag))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::measurement::Measurement;

    #[test]
    fn what_nobody_declared_is_not_kept() {
        let mut instance = Instance::default();
        instance.attributes.set_text(tags::STUDY_INSTANCE_UID, "1.2");
        instance.attributes.set_text(tags::IMAGE_COMMENTS, "free text of a person");
        instance.measurements.push(Measurement::of_frame("nobody_reads_this", 0, 1.0));
        let series = Series { uid: "1.3".into(), modality: "CT".into(), instances: vec![instance] };
        let kept = project(&Study { series: vec![series], ..Study::default() });
        let (_, kept) = kept.instances().next().unwrap();
        assert_eq!(kept.attributes.text(tags::STUDY_INSTANCE_UID), Some("1.2"));
        assert!(kept.attributes.text(tags::IMAGE_COMMENTS).is_none());
        assert!(kept.measurements.is_empty());
    }
}
