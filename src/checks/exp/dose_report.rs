//! What an X-Ray Radiation Dose SR says of CT (PS3.16 TID 10011 to 10013).

use dicom_dictionary_std::tags;

use crate::checks::view::StudyView;
use crate::model::attribute::Attributes;

/// X-Ray Radiation Dose SR Storage.
const DOSE_SR: &str = "1.2.840.10008.5.1.4.1.1.88.67";

/// Concepts (PS3.16 Annex D).
const CT_ACQUISITION: &str = "113819";
const MEAN_CTDI_VOL: &str = "113830";
const DLP: &str = "113838";

/// One irradiation event.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Event {
    /// Mean CTDIvol, mGy; `None` where it is not stated (a localizer).
    pub ctdi_vol: Option<f64>,
    /// Dose length product, mGy cm.
    pub dlp: f64,
}

/// The CT irradiation events of the dose reports of a study. The calling check declares SOP Class UID and
/// Content Sequence.
pub fn events(view: &StudyView<'_>) -> Vec<Event> {
    let mut found = Vec::new();
    for instance in view.instances() {
        if instance.text(tags::SOP_CLASS_UID) == Some(DOSE_SR) {
            of_items(instance.items(tags::CONTENT_SEQUENCE), &mut found);
        }
    }
    found
}

fn of_items(items: &[Attributes], found: &mut Vec<Event>) {
    for item in items {
        let inner = item.items(tags::CONTENT_SEQUENCE);
        if concept(item) != Some(CT_ACQUISITION) {
            of_items(inner, found);
        } else if let Some(dlp) = number(inner, DLP) {
            found.push(Event { ctdi_vol: number(inner, MEAN_CTDI_VOL), dlp });
        }
    }
}

/// The code of what an item is about.
fn concept(item: &Attributes) -> Option<&str> {
    item.items(tags::CONCEPT_NAME_CODE_SEQUENCE).first()?.text(tags::CODE_VALUE)
}

/// The number of a concept, at any depth.
fn number(items: &[Attributes], wanted: &str) -> Option<f64> {
    items.iter().find_map(|item| {
        if concept(item) == Some(wanted) {
            let measured = item.items(tags::MEASURED_VALUE_SEQUENCE).first()?;
            return measured.float(tags::NUMERIC_VALUE);
        }
        number(item.items(tags::CONTENT_SEQUENCE), wanted)
    })
}
