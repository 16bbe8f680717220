//! Study → Series → Instance → Frame, as far as checks may see them.

use dicom_core::Tag;
use dicom_dictionary_std::tags;
use serde::{Deserialize, Serialize};

use super::attribute::Attributes;
use super::file::{FileFacts, RejectReason};
use super::institution::InstitutionRef;
use super::manifest::ManifestFacts;
use super::measurement::Measurement;
use super::past::PastFacts;
use super::reading::{ModelFacts, ModelReadings};
use super::registry::RegistryFacts;
use super::text::Text;

/// One SOP Instance: its header, its bytes, its measurements.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Instance {
    /// Facts about the file it came in.
    pub file: FileFacts,
    /// Kept header attributes. For enhanced objects the shared functional groups are merged in.
    pub attributes: Attributes,
    /// Kept attributes of each frame's functional groups, flattened; empty for classic objects.
    pub frames: Vec<Attributes>,
    /// Measurements of its frames.
    pub measurements: Vec<Measurement>,
    /// What models read of it: one entry for each that it concerns, where the run's depth asked any.
    #[serde(default)]
    pub readings: Vec<ModelReadings>,
}

impl Instance {
    /// SOP Instance UID, or an empty string.
    pub fn sop_uid(&self) -> &str {
        self.attributes.text(tags::SOP_INSTANCE_UID).unwrap_or_default()
    }

    /// Number of Frames; 1 where not stated.
    pub fn frame_count(&self) -> u32 {
        self.attributes
            .int(tags::NUMBER_OF_FRAMES)
            .and_then(|n| u32::try_from(n).ok())
            .filter(|n| *n > 0)
            .unwrap_or(1)
    }

    /// An attribute of a frame: its own functional group first, then the instance's.
    pub fn frame_attributes(&self, frame: usize, tag: Tag) -> &Attributes {
        match self.frames.get(frame) {
            Some(own) if own.value(tag).is_some() => own,
            _ => &self.attributes,
        }
    }

    /// Whether a pixel data element is present.
    pub fn has_pixel_data(&self) -> bool {
        self.file.pixels != super::file::PixelState::NoPixelData
    }
}

/// All instances of one Series Instance UID within a study, in Instance Number then UID order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Series {
    /// Series Instance UID; empty where the files have none.
    pub uid: String,
    /// Modality of its first instance; empty where absent.
    pub modality: String,
    /// The instances.
    pub instances: Vec<Instance>,
}

/// A file found beside a study's files that could not become an instance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RejectedFile {
    /// Where it is, relative to the source.
    pub path: String,
    /// The kind of rejection.
    pub reason: RejectReason,
    /// The words for people.
    pub text: Text,
}

/// One study: the unit of a verdict.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Study {
    /// The key that files were grouped by: the Study Instance UID, or `folder:PATH` without one.
    pub key: String,
    /// Study Instance UID; empty where the files have none.
    pub uid: String,
    /// Who made it.
    pub institution: InstitutionRef,
    /// Its series in Series Number, then UID order.
    pub series: Vec<Series>,
    /// Rejected files of the folders that hold only this study.
    pub rejected: Vec<RejectedFile>,
    /// What the manifest says of it.
    #[serde(default)]
    pub manifest: ManifestFacts,
    /// What the centre's tables of devices and staff say of it.
    #[serde(default)]
    pub registry: RegistryFacts,
    /// What the store knew of it before it was judged.
    #[serde(default)]
    pub past: PastFacts,
    /// Which models it was brought before.
    #[serde(default)]
    pub models: ModelFacts,
}

impl Study {
    /// Every instance with its series.
    pub fn instances(&self) -> impl Iterator<Item = (&Series, &Instance)> {
        self.series.iter().flat_map(|s| s.instances.iter().map(move |i| (s, i)))
    }

    /// The modalities in it, sorted, each once.
    pub fn modalities(&self) -> Vec<String> {
        let mut m: Vec<String> =
            self.series.iter().map(|s| s.modality.clone()).filter(|m| !m.is_empty()).collect();
        m.sort();
        m.dedup();
        m
    }
}
