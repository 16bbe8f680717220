//! The rows of the tables that may be a study's.

use std::collections::BTreeSet;

use dicom_core::Tag;
use dicom_dictionary_std::tags;

use crate::model::registry::{RegistryFacts, name_forms, plain};
use crate::model::study::Study;
use crate::model::values::ValueText;

use super::Registry;

/// Attributes that name the people who made a study.
pub const PEOPLE: [Tag; 2] = [tags::OPERATORS_NAME, tags::PERFORMING_PHYSICIAN_NAME];

impl Registry {
    /// What the tables say of a study whose institution is resolved.
    pub fn facts(&self, study: &Study) -> RegistryFacts {
        let id = &study.institution.id;
        let devices = self.devices.as_ref().and_then(|t| t.get(id)).map(|rows| {
            let serials = stated(study, tags::DEVICE_SERIAL_NUMBER);
            let stations = stated(study, tags::STATION_NAME);
            let own = |known: &BTreeSet<String>, text: &str| known.contains(&plain(text));
            rows.iter()
                .filter(|r| own(&serials, &r.serial) || own(&stations, &r.station))
                .cloned()
                .collect()
        });
        let staff = self.staff.as_ref().and_then(|t| t.get(id)).map(|rows| {
            let named: BTreeSet<String> = people(study).flat_map(name_forms).collect();
            let own = |name: &String| name_forms(name).iter().any(|f| named.contains(f));
            rows.iter().filter(|r| r.names.iter().any(own)).cloned().collect()
        });
        RegistryFacts { devices, staff }
    }
}

fn stated(study: &Study, tag: Tag) -> BTreeSet<String> {
    let texts = study.instances().filter_map(|(_, i)| i.attributes.text(tag));
    texts.map(plain).filter(|t| !t.is_empty()).collect()
}

fn people(study: &Study) -> impl Iterator<Item = &str> {
    study
        .instances()
        .flat_map(|(_, i)| PEOPLE.iter().flat_map(|tag| i.attributes.texts(*tag)))
        .map(ValueText::as_str)
}
