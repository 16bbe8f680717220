//! Fat suppression of an MR image.

use dicom_dictionary_std::tags;

use crate::items::lexicon::Lexicon;
use crate::items::series_words::{Grade, Place};

use super::claim::Claim;
use super::image::Image;
use super::kind::Kind;
use super::sequence::Sequence;
use super::words::yes_no;

/// What physics claims.
pub fn claims(image: &Image<'_>, kind: Option<&Kind>, lexicon: &Lexicon) -> Vec<Claim<bool>> {
    let mut out: Vec<Claim<bool>> = selective(image, lexicon).into_iter().collect();
    out.extend(by_type(image, lexicon));
    if kind == Some(&Kind::Stir) {
        out.push(Claim::new(true, lexicon.series.weight(Grade::Coded), "kind", "STIR"));
    }
    out.extend(options(image, lexicon));
    if Sequence::of(image, lexicon).planar {
        out.push(Claim::new(true, lexicon.series.limit("epi_fat_weight"), "timing", "EP"));
    }
    out
}

/// Enhanced objects state the selective pulses.
fn selective(image: &Image<'_>, lexicon: &Lexicon) -> Option<Claim<bool>> {
    let suppression = image.text(tags::SPECTRALLY_SELECTED_SUPPRESSION);
    let excitation = image.text(tags::SPECTRALLY_SELECTED_EXCITATION);
    if let Some(s) = suppression.filter(|s| matches!(*s, "FAT" | "FAT_AND_WATER")) {
        return Some(Claim::new(
            true,
            lexicon.series.weight(Grade::Coded),
            "SpectrallySelectedSuppression",
            s,
        ));
    }
    if let Some(e) = excitation.filter(|e| *e == "WATER") {
        return Some(Claim::new(
            true,
            lexicon.series.weight(Grade::Sure),
            "SpectrallySelectedExcitation",
            e,
        ));
    }
    let none = suppression.filter(|s| *s == "NONE")?;
    Some(Claim::new(
        false,
        lexicon.series.weight(Grade::Likely),
        "SpectrallySelectedSuppression",
        none,
    ))
}

fn by_type(image: &Image<'_>, lexicon: &Lexicon) -> Option<Claim<bool>> {
    // Behind the third value: a `W` or `F` there names the Dixon image.
    image.types().iter().skip(2).find_map(|t| {
        let say = lexicon.series.code(Place::ImageFat, t, "MR")?;
        Some(Claim::new(yes_no(&say.value)?, say.weight, "ImageType", t.trim()))
    })
}

fn options(image: &Image<'_>, lexicon: &Lexicon) -> Option<Claim<bool>> {
    let stated = image.texts(tags::SCAN_OPTIONS);
    for option in stated {
        if let Some(say) = lexicon.series.code(Place::ScanFat, option, "MR") {
            return Some(Claim::new(yes_no(&say.value)?, say.weight, "ScanOptions", option.trim()));
        }
    }
    // The attribute is there (with other options, or empty), from a maker that would say so.
    let state = image.instance.attributes.state(tags::SCAN_OPTIONS);
    if state == crate::model::attribute::State::Absent {
        return None;
    }
    let maker = image.text(tags::MANUFACTURER)?;
    let fills = lexicon.series.prefix(Place::FillsScanFat, maker, "MR")?;
    Some(Claim::new(false, fills.weight, "ScanOptions", stated.join("\\")))
}
