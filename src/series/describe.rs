//! A series and its stacks into what it is.

use dicom_core::Tag;
use dicom_dictionary_std::tags;

use crate::items::lexicon::Lexicon;
use crate::measure::volumes::Volume;
use crate::model::family::{self, Family};
use crate::model::kept;
use crate::model::study::{Instance, Series};

use super::agent::PhaseTimes;
use super::claim::Claim;
use super::ct;
use super::image::Images;
use super::kind::{Facet, Kind, SeriesKind, StackKind, Witness};
use super::mr;
use super::plane;
use super::view;
use super::words::Words;

/// What this module reads; kept in the store for every study.
pub const INPUTS: &[Tag] = &[
    tags::SOP_CLASS_UID,
    tags::SOP_INSTANCE_UID,
    tags::MODALITY,
    tags::MANUFACTURER,
    tags::NUMBER_OF_FRAMES,
    tags::IMAGE_TYPE,
    tags::FRAME_TYPE,
    tags::SERIES_DESCRIPTION,
    tags::PROTOCOL_NAME,
    tags::ACQUISITION_PROTOCOL_NAME,
    tags::STUDY_DESCRIPTION,
    tags::BODY_PART_EXAMINED,
    tags::VIEW_POSITION,
    tags::VIEW_CODE_SEQUENCE,
    tags::IMAGE_ORIENTATION_PATIENT,
    tags::SLICE_THICKNESS,
    tags::CONVOLUTION_KERNEL,
    tags::SCAN_OPTIONS,
    tags::CONTRAST_BOLUS_AGENT,
    tags::CONTRAST_BOLUS_AGENT_SEQUENCE,
    tags::CONTRAST_BOLUS_ROUTE,
    tags::CONTRAST_BOLUS_START_TIME,
    tags::ACQUISITION_TIME,
    tags::ACQUISITION_DATE_TIME,
    tags::SCANNING_SEQUENCE,
    tags::SEQUENCE_VARIANT,
    tags::SEQUENCE_NAME,
    tags::PULSE_SEQUENCE_NAME,
    tags::ECHO_PULSE_SEQUENCE,
    tags::ACQUISITION_CONTRAST,
    tags::MR_ACQUISITION_TYPE,
    tags::REPETITION_TIME,
    tags::ECHO_TIME,
    tags::EFFECTIVE_ECHO_TIME,
    tags::INVERSION_TIME,
    tags::INVERSION_TIMES,
    tags::INVERSION_RECOVERY,
    tags::FLIP_ANGLE,
    tags::RF_ECHO_TRAIN_LENGTH,
    tags::GRADIENT_ECHO_TRAIN_LENGTH,
    tags::ANGIO_FLAG,
    tags::SPECTRALLY_SELECTED_SUPPRESSION,
    tags::SPECTRALLY_SELECTED_EXCITATION,
    tags::DIFFUSION_B_VALUE,
    tags::DIFFUSION_DIRECTIONALITY,
    tags::DIFFUSION_GRADIENT_ORIENTATION,
    kept::SIEMENS_MR_CREATOR,
    kept::SIEMENS_B_VALUE,
    kept::GE_PARM_CREATOR,
    kept::GE_B_VALUE,
    kept::PHILIPS_IMAGING_CREATOR,
    kept::PHILIPS_B_VALUE,
    kept::UIH_IMAGE_CREATOR,
    kept::UIH_B_VALUE,
];

/// Says what a series is; `times` tell the phases of CT.
pub fn describe(
    series: &Series,
    volume: &Volume<'_>,
    lexicon: &Lexicon,
    times: PhaseTimes,
) -> SeriesKind {
    let mut is = of_family(series, volume, lexicon, times);
    is.time_points = is.time_points.max(1);
    is.stacks.resize(volume.stacks.len(), StackKind::default());
    is
}

fn of_family(
    series: &Series,
    volume: &Volume<'_>,
    lexicon: &Lexicon,
    times: PhaseTimes,
) -> SeriesKind {
    let Some(first) = series.instances.first() else { return SeriesKind::default() };
    // A volume borrows the series it was laid out from.
    let images = || Images::of(volume.series, volume, loose(lexicon));
    match family::family(first) {
        Some(family) if family.is_projection() => view::describe(series, family, lexicon),
        Some(Family::Ct) => {
            let words = Words::of(first, lexicon, "CT");
            ct::describe(&images(), volume, &words, lexicon, times)
        }
        Some(_) => {
            let words = Words::of(first, lexicon, "MR");
            mr::describe(series, &images(), volume, &words, lexicon)
        }
        None => unjudged(first, &images(), volume, lexicon),
    }
}

/// How many images of a series without stacks are looked at.
fn loose(lexicon: &Lexicon) -> usize {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small count")]
    let most = lexicon.series.limit("representatives_max").max(1.0) as usize;
    most
}

const SPECTROSCOPY: &str = "1.2.840.10008.5.1.4.1.1.4.2";

/// Objects that belong to no family and still say what they are.
fn unjudged(
    first: &Instance,
    images: &Images<'_>,
    volume: &Volume<'_>,
    lexicon: &Lexicon,
) -> SeriesKind {
    let class = first.attributes.text(tags::SOP_CLASS_UID).unwrap_or_default();
    let modality = first.attributes.text(tags::MODALITY).unwrap_or_default();
    let (kind, source, text) = match modality {
        _ if class == SPECTROSCOPY => (Kind::Mrs, "SOPClassUID", class),
        "SEG" => (Kind::Derived, "Modality", modality),
        _ => return SeriesKind::default(),
    };
    let claim = Claim::new(kind, 0.95, source, text);
    let fact = claim.fact(Facet::Kind, Witness::Physics, |k| k.word().to_owned().into());
    let mut out = SeriesKind {
        kind: Some(claim.value),
        confidence: claim.weight,
        facts: vec![fact],
        ..SeriesKind::default()
    };
    mr::lay(plane::lie(images, volume, lexicon), lexicon, &mut out);
    out
}
