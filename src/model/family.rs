//! Which instances are judged at all: the image classes that have a check family. Everything else
//! (ultrasound, fluoroscopy, nuclear medicine, reports …) is counted and never passed.

use dicom_dictionary_std::tags;

use crate::model::attribute::Attributes;
use crate::model::study::{Instance, Study};

/// The kind of image, as far as the choice of checks depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// Computed or digital radiography.
    Radiography,
    /// Mammography, tomosynthesis included.
    Mammography,
    /// Computed tomography.
    Ct,
    /// Magnetic resonance.
    Mr,
}

impl Family {
    /// Whether each image stands for itself instead of being a slice of a volume.
    pub fn is_projection(self) -> bool {
        matches!(self, Self::Radiography | Self::Mammography)
    }
}

/// SOP Class UIDs below `1.2.840.10008.5.1.4.1.1.` (PS3.4 Annex B.5) with their family. Computed
/// Radiography is not here: cassettes are used for mammography too, so Modality decides.
const CLASSES: &[(&str, Family)] = &[
    ("1.1", Family::Radiography),
    ("1.1.1", Family::Radiography),
    ("1.2", Family::Mammography),
    ("1.2.1", Family::Mammography),
    ("13.1.3", Family::Mammography),
    ("13.1.4", Family::Mammography),
    ("13.1.5", Family::Mammography),
    ("2", Family::Ct),
    ("2.1", Family::Ct),
    ("2.2", Family::Ct),
    ("4", Family::Mr),
    ("4.1", Family::Mr),
    ("4.3", Family::Mr),
    ("4.4", Family::Mr),
];

/// Classes whose kind only Modality tells: Computed Radiography and Secondary Capture.
const BY_MODALITY: &[&str] = &["1", "7", "7.1", "7.2", "7.3", "7.4"];

const STORAGE_ROOT: &str = "1.2.840.10008.5.1.4.1.1.";

/// The family that judges an instance; `None` where there is none yet.
///
/// The SOP class decides. Modality decides for classes that are used for any kind of image, and
/// where the SOP class is absent or unreadable: a CT image is not let off for lack of its class.
pub fn family(instance: &Instance) -> Option<Family> {
    of_attributes(&instance.attributes)
}

/// As [`family`], by the header alone.
pub fn of_attributes(attributes: &Attributes) -> Option<Family> {
    let by_modality = || match attributes.text(tags::MODALITY)? {
        "CR" | "DX" | "DR" => Some(Family::Radiography),
        "MG" => Some(Family::Mammography),
        "CT" => Some(Family::Ct),
        "MR" => Some(Family::Mr),
        _ => None,
    };
    let Some(class) = attributes.text(tags::SOP_CLASS_UID) else { return by_modality() };
    let leaf = class.strip_prefix(STORAGE_ROOT)?;
    if leaf == "1" {
        return by_modality().or(Some(Family::Radiography));
    }
    if BY_MODALITY.contains(&leaf) {
        return by_modality();
    }
    CLASSES.iter().find(|(uid, _)| *uid == leaf).map(|(_, family)| *family)
}

/// Whether an instance is judged.
pub fn is_judged(instance: &Instance) -> bool {
    family(instance).is_some()
}

/// Whether a study is judged: it holds a judged instance, or nothing readable at all (a study of
/// which every file was rejected must not be let off as "another modality").
pub fn study_is_judged(study: &Study) -> bool {
    let mut instances = study.instances().peekable();
    instances.peek().is_none() || instances.any(|(_, i)| is_judged(i))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(class: &str, modality: &str) -> Instance {
        let mut i = Instance::default();
        i.attributes.set_text(tags::SOP_CLASS_UID, class);
        i.attributes.set_text(tags::MODALITY, modality);
        i
    }

    #[test]
    fn the_sop_class_decides_before_modality() {
        assert_eq!(family(&of("1.2.840.10008.5.1.4.1.1.2", "XX")), Some(Family::Ct));
        assert_eq!(family(&of("1.2.840.10008.5.1.4.1.1.4.1", "MR")), Some(Family::Mr));
        assert_eq!(family(&of("1.2.840.10008.5.1.4.1.1.1.1.1", "")), Some(Family::Radiography));
        assert_eq!(family(&of("1.2.840.10008.5.1.4.1.1.6.1", "CT")), None, "ultrasound");
        assert_eq!(family(&of("1.2.840.10008.5.1.4.1.1.4.2", "MR")), None, "spectroscopy");
        assert_eq!(family(&of("1.2.840.10008.5.1.4.1.1.88.67", "CT")), None, "dose report");
        assert_eq!(family(&of("1.3.12.2.1107.5.9.1", "MR")), None, "private class");
    }

    #[test]
    fn modality_decides_for_captures_cassettes_and_absent_classes() {
        assert_eq!(family(&of("1.2.840.10008.5.1.4.1.1.7", "CT")), Some(Family::Ct));
        assert_eq!(family(&of("1.2.840.10008.5.1.4.1.1.7", "OT")), None);
        assert_eq!(family(&of("1.2.840.10008.5.1.4.1.1.1", "MG")), Some(Family::Mammography));
        assert_eq!(family(&of("1.2.840.10008.5.1.4.1.1.1", "")), Some(Family::Radiography));
        assert_eq!(family(&of("", "DR")), Some(Family::Radiography));
        assert_eq!(family(&of("", "US")), None);
    }
}
