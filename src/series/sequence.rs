//! The pulse sequence of an MR image: echo, preparation, timing. From coded attributes first, from
//! the makers' sequence names where those leave it open.

use dicom_dictionary_std::tags;

use crate::items::lexicon::Lexicon;
use crate::items::series_words::Place;

use super::image::Image;

/// What makes the echo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Echo {
    /// A refocusing pulse.
    Spin,
    /// A gradient.
    Gradient,
    /// Nothing tells.
    Unknown,
}

/// The pulse sequence of an image.
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own in the header")]
#[derive(Clone, Debug)]
pub struct Sequence<'a> {
    /// What makes the echo.
    pub echo: Echo,
    /// Echo-planar reading.
    pub planar: bool,
    /// With an inversion pulse.
    pub inverted: bool,
    /// Steady state that keeps transverse magnetisation in balance.
    pub balanced: bool,
    /// Magnetisation transfer pulses.
    pub transfer: bool,
    /// Marked as angiography.
    pub angio: bool,
    /// A special technique that the sequence's name tells.
    pub technique: Option<&'a str>,
    /// Three-dimensional acquisition.
    pub three_d: Option<bool>,
    /// Repetition time, ms.
    pub tr: Option<f64>,
    /// Echo time, ms.
    pub te: Option<f64>,
    /// Inversion time, ms.
    pub ti: Option<f64>,
    /// Flip angle, degrees.
    pub flip: Option<f64>,
    /// The sequence's name.
    pub name: &'a str,
}

impl<'a> Sequence<'a> {
    /// Reads an image.
    pub fn of(image: &Image<'a>, lexicon: &'a Lexicon) -> Self {
        let positive = |tag| image.float(tag).filter(|v| *v > 0.0);
        let name = image
            .text(tags::SEQUENCE_NAME)
            .or_else(|| image.text(tags::PULSE_SEQUENCE_NAME))
            .unwrap_or_default();
        let bare = name.trim_start_matches(['*', ' ', '_']);
        let technique =
            lexicon.series.prefix(Place::Sequence, bare, "MR").map(|s| s.value.as_str());
        let scanning = |code: &str| image.has(tags::SCANNING_SEQUENCE, code);
        let ti = positive(tags::INVERSION_TIME)
            .or_else(|| positive(tags::INVERSION_TIMES))
            .filter(|t| *t >= lexicon.series.limit("inversion_min"));
        let planar = scanning("EP")
            || trains(image, lexicon)
            || matches!(technique, Some("EPGR" | "EPSE" | "DWI"));
        let inverted = scanning("IR")
            || ti.is_some()
            || image.text(tags::INVERSION_RECOVERY) == Some("YES")
            || matches!(technique, Some("IRSE" | "IRGR"));
        Self {
            echo: echo(image, technique, inverted),
            planar,
            inverted,
            balanced: technique == Some("BSSFP"),
            transfer: image.has(tags::SEQUENCE_VARIANT, "MTC"),
            angio: image.text(tags::ANGIO_FLAG) == Some("Y"),
            technique,
            three_d: three_d(image, bare),
            tr: positive(tags::REPETITION_TIME),
            te: image.echo_time(),
            ti,
            flip: positive(tags::FLIP_ANGLE),
            name,
        }
    }
}

/// Several gradient echoes a pulse. Segments of an inversion-prepared gradient echo are counted as a
/// train too; a real one fits into the repetition.
fn trains(image: &Image<'_>, lexicon: &Lexicon) -> bool {
    let pulses = image.float(tags::RF_ECHO_TRAIN_LENGTH);
    let echoes = image.float(tags::GRADIENT_ECHO_TRAIN_LENGTH);
    let (Some(pulses), Some(echoes)) = (pulses, echoes) else { return false };
    let lasts = echoes * lexicon.series.limit("epi_echo_spacing_min");
    pulses <= 1.0
        && echoes > 1.0
        && image.float(tags::REPETITION_TIME).is_some_and(|tr| tr >= lasts)
}

fn echo(image: &Image<'_>, technique: Option<&str>, inverted: bool) -> Echo {
    match image.float(tags::RF_ECHO_TRAIN_LENGTH) {
        Some(pulses) if pulses >= 1.0 => return Echo::Spin,
        Some(_) => return Echo::Gradient,
        None => {}
    }
    let scanning = |code: &str| image.has(tags::SCANNING_SEQUENCE, code);
    if scanning("SE") {
        return Echo::Spin;
    }
    if scanning("GR") {
        return Echo::Gradient;
    }
    match image.text(tags::ECHO_PULSE_SEQUENCE) {
        Some("SPIN" | "BOTH") => return Echo::Spin,
        Some("GRADIENT") => return Echo::Gradient,
        _ => {}
    }
    match technique {
        Some("SE" | "IRSE" | "EPSE" | "DWI") => Echo::Spin,
        Some("GR" | "IRGR" | "EPGR" | "BSSFP" | "TOF" | "PC" | "SWI" | "FIELDMAP") => {
            Echo::Gradient
        }
        // IR without GR is a spin echo by the standard's older words.
        _ if scanning("IR") && inverted => Echo::Spin,
        _ => Echo::Unknown,
    }
}

fn three_d(image: &Image<'_>, name: &str) -> Option<bool> {
    match image.text(tags::MR_ACQUISITION_TYPE) {
        Some("3D") => return Some(true),
        Some(_) => return Some(false),
        None => {}
    }
    let name = name.to_ascii_lowercase();
    let says = |what: &str| name.contains(what);
    (says("3d") || says("2d")).then(|| says("3d"))
}

/// T1 of the tissue that an inversion nulls at a repetition time, ms: the T1 for which
/// TI = T1 (ln 2 - ln(1 + exp(-TR/T1))). The answer does not depend on the field.
pub fn nulled_t1(ti: f64, tr: Option<f64>) -> f64 {
    let Some(tr) = tr.filter(|tr| *tr > ti) else { return ti / std::f64::consts::LN_2 };
    let null = |t1: f64| t1 * (2.0 / (1.0 + (-tr / t1).exp())).ln();
    // `null` grows with T1 towards TR / 2, which a longer TI never reaches.
    let (mut low, mut high) = (1.0_f64, 20_000.0_f64);
    for _ in 0..40 {
        let middle = f64::midpoint(low, high);
        if null(middle) < ti { low = middle } else { high = middle }
    }
    f64::midpoint(low, high)
}
