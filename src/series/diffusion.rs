//! Diffusion weighting: the b-value from the standard's place or the makers' own, and directions.

use dicom_core::Tag;
use dicom_dictionary_std::tags;

use crate::items::lexicon::Lexicon;
use crate::items::series_words::Grade;
use crate::model::kept::{
    GE_B_VALUE, GE_PARM_CREATOR, PHILIPS_B_VALUE, PHILIPS_IMAGING_CREATOR, SIEMENS_B_VALUE,
    SIEMENS_MR_CREATOR, UIH_B_VALUE, UIH_IMAGE_CREATOR,
};

use super::claim::Claim;
use super::image::Image;

/// A maker's place: creator, how it names itself, value, keyword for facts.
const PRIVATE: &[(Tag, &str, Tag, &str)] = &[
    (SIEMENS_MR_CREATOR, "SIEMENS MR HEADER", SIEMENS_B_VALUE, "Siemens (0019,100C)"),
    (GE_PARM_CREATOR, "GEMS_PARM_01", GE_B_VALUE, "GE (0043,1039)"),
    (PHILIPS_IMAGING_CREATOR, "Philips Imaging DD 001", PHILIPS_B_VALUE, "Philips (2001,1003)"),
    (UIH_IMAGE_CREATOR, "Image Private Header", UIH_B_VALUE, "UIH (0065,1009)"),
];

/// The b-value of an image.
pub fn b_value(image: &Image<'_>, lexicon: &Lexicon) -> Option<Claim<f64>> {
    let limit = |name| lexicon.series.limit(name);
    let plausible = |b: &f64| (0.0..=limit("b_max")).contains(b);
    let claim = |b: f64, source| Claim::new(b, 0.95, source, b.to_string());
    let standard = image.float(tags::DIFFUSION_B_VALUE).filter(plausible);
    let standard = standard.map(|b| claim(b, "DiffusionBValue"));
    if standard.as_ref().is_some_and(|c| c.value > 0.0) {
        return standard;
    }
    let attributes = &image.instance.attributes;
    for (creator, name, place, source) in PRIVATE {
        let owned = attributes.text(*creator).is_some_and(|c| c.eq_ignore_ascii_case(name));
        let Some(value) = owned.then(|| attributes.float(*place)).flatten() else { continue };
        let value = if *place == GE_B_VALUE { value % limit("ge_b_flag") } else { value };
        if plausible(&value) {
            return Some(claim(value, source));
        }
    }
    standard.or_else(|| named(image, lexicon).filter(|c| plausible(&c.value)))
}

/// Siemens writes the b-value into the name of the sequence: `*ep_b1000#5`.
fn named(image: &Image<'_>, lexicon: &Lexicon) -> Option<Claim<f64>> {
    let name = image.text(tags::SEQUENCE_NAME)?;
    let (_, rest) = name.split_once("_b")?;
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    let value: f64 = digits.parse().ok()?;
    Some(Claim::new(value, lexicon.series.weight(Grade::Firm), "SequenceName", name))
}

/// Diffusion of a whole series.
#[derive(Debug, Default)]
pub struct Diffusion {
    /// The highest b-value, where one reaches the limit.
    pub highest: Option<Claim<f64>>,
    /// How many different directions are encoded.
    pub directions: usize,
}

/// Looks at all images that stand for a series.
pub fn of<'a>(images: impl Iterator<Item = &'a Image<'a>>, lexicon: &Lexicon) -> Diffusion {
    let mut out = Diffusion::default();
    let mut directions: Vec<[i64; 3]> = Vec::new();
    for image in images {
        let b = b_value(image, lexicon).filter(|b| b.value >= lexicon.series.limit("b_min"));
        let Some(b) = b else { continue };
        if let Some(v) = image.array::<3>(tags::DIFFUSION_GRADIENT_ORIENTATION) {
            #[expect(clippy::cast_possible_truncation, reason = "parts of a unit vector")]
            let rounded = v.map(|x| (x.clamp(-1.0, 1.0) * 100.0).round() as i64);
            let weighted = rounded.iter().any(|x| *x != 0);
            if weighted && !directions.contains(&rounded) {
                directions.push(rounded);
            }
        }
        if out.highest.as_ref().is_none_or(|h| b.value > h.value) {
            out.highest = Some(b);
        }
    }
    out.directions = directions.len();
    out
}
