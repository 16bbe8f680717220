//! What an MR image is, from what the scanner set.

use dicom_dictionary_std::tags;

use crate::items::lexicon::Lexicon;
use crate::items::series_words::{Grade, Place};
use crate::model::values::ValueText;

use super::claim::Claim;
use super::diffusion::Diffusion;
use super::image::Image;
use super::kind::Kind;
use super::sequence::{Echo, Sequence, nulled_t1};

/// What else is known of the series of an image.
#[derive(Debug)]
pub struct Context<'a> {
    pub lexicon: &'a Lexicon,
    /// Time points of the series.
    pub time_points: u32,
    /// Images of the series.
    pub images: usize,
    /// Standard planes that its images are nearest to.
    pub planes: usize,
    /// Whether contrast was given before, as far as attributes tell.
    pub contrast: Option<bool>,
    /// Its diffusion weighting.
    pub diffusion: Diffusion,
}

impl Context<'_> {
    fn limit(&self, name: &str) -> f64 {
        self.lexicon.series.limit(name)
    }

    fn repeated(&self) -> bool {
        f64::from(self.time_points) >= self.limit("dynamic_points_min")
    }
}

/// What physics claims of an image.
pub fn kinds(image: &Image<'_>, cx: &Context<'_>) -> Vec<Claim<Kind>> {
    let sequence = Sequence::of(image, cx.lexicon);
    let mut claims = types(image, cx.lexicon);
    claims.extend(contrast(image, cx.lexicon));
    claims.extend(technique(&sequence, cx.lexicon));
    claims.extend(diffusion(image, &sequence, cx, &claims));
    // A coded statement makes guesses from timing needless.
    let likely = cx.lexicon.series.weight(Grade::Likely);
    if claims.iter().all(|c| c.weight <= likely) {
        claims.extend(by_timing(&sequence, cx));
    }
    claims
}

fn types(image: &Image<'_>, lexicon: &Lexicon) -> Vec<Claim<Kind>> {
    let says = |t: &ValueText| {
        let say = lexicon.series.code(Place::ImageKind, t, "MR")?;
        Some(Claim::new(Kind::parse(&say.value)?, say.weight, "ImageType", t.trim()))
    };
    image.types().iter().filter_map(says).collect()
}

fn contrast(image: &Image<'_>, lexicon: &Lexicon) -> Option<Claim<Kind>> {
    let stated = image.text(tags::ACQUISITION_CONTRAST)?;
    let say = lexicon.series.code(Place::AcquisitionContrast, stated, "MR")?;
    Some(Claim::new(Kind::parse(&say.value)?, say.weight, "AcquisitionContrast", stated))
}

fn technique(sequence: &Sequence<'_>, lexicon: &Lexicon) -> Option<Claim<Kind>> {
    let (kind, grade) = match sequence.technique? {
        "DWI" => (Kind::Dwi, Grade::Firm),
        "FIELDMAP" => (Kind::Fieldmap, Grade::Sure),
        "TOF" => (Kind::MraTof, Grade::Firm),
        "PC" => (Kind::MraPc, Grade::Likely),
        "SWI" => (Kind::Swi, Grade::Sure),
        "MRS" => (Kind::Mrs, Grade::Coded),
        _ => return None,
    };
    Some(Claim::new(kind, lexicon.series.weight(grade), "SequenceName", sequence.name))
}

fn diffusion(
    image: &Image<'_>,
    sequence: &Sequence<'_>,
    cx: &Context<'_>,
    said: &[Claim<Kind>],
) -> Option<Claim<Kind>> {
    // Maps made from diffusion carry its b-value too.
    let map = |c: &Claim<Kind>| matches!(c.value, Kind::Adc | Kind::Fa | Kind::Trace);
    if said.iter().any(map) || sequence.inverted && !sequence.planar {
        return None;
    }
    let highest = cx.diffusion.highest.as_ref()?;
    if image.text(tags::DIFFUSION_DIRECTIONALITY) == Some("ISOTROPIC") {
        return Some(highest.of(Kind::Trace));
    }
    let directions = u32::try_from(cx.diffusion.directions).map_or(f64::MAX, f64::from);
    let tensor = directions >= cx.limit("dti_directions_min");
    Some(highest.of(if tensor { Kind::Dti } else { Kind::Dwi }))
}

fn by_timing(sequence: &Sequence<'_>, cx: &Context<'_>) -> Option<Claim<Kind>> {
    let (kind, grade) = match sequence.echo {
        _ if sequence.planar => planar(sequence, cx)?,
        Echo::Spin if sequence.inverted => inverted_spin(sequence, cx)?,
        Echo::Spin => spin(sequence, cx)?,
        Echo::Gradient => gradient(sequence, cx)?,
        Echo::Unknown => return None,
    };
    let part = |name: &str, v: Option<f64>| v.map(|v| format!("{name} {}", rounded(v)));
    let parts = [
        part("TR", sequence.tr),
        part("TE", sequence.te),
        part("TI", sequence.ti),
        part("FA", sequence.flip),
    ];
    let echo = match (sequence.echo, sequence.planar) {
        (Echo::Spin, false) => "SE",
        (Echo::Gradient, false) => "GR",
        (Echo::Gradient, true) => "EP GR",
        (_, true) => "EP",
        _ => "",
    };
    let text: Vec<String> =
        std::iter::once(echo.to_owned()).chain(parts.into_iter().flatten()).collect();
    Some(Claim::new(kind, cx.lexicon.series.weight(grade), "timing", text.join(" ")))
}

fn rounded(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

fn planar(sequence: &Sequence<'_>, cx: &Context<'_>) -> Option<(Kind, Grade)> {
    if sequence.inverted && sequence.echo == Echo::Spin {
        return None;
    }
    if sequence.echo != Echo::Gradient {
        // Spin-echo EPI, or one that says no more: diffusion far more often than anything else.
        return Some((Kind::Dwi, Grade::Weak));
    }
    if sequence.te? < cx.limit("epi_time_te_min") {
        return None;
    }
    Some(time_series(cx, Grade::Fair))
}

/// T2*-weighted time series: perfusion where contrast was given, else function.
fn time_series(cx: &Context<'_>, grade: Grade) -> (Kind, Grade) {
    if cx.contrast == Some(true) { (Kind::PerfDsc, Grade::Likely) } else { (Kind::Bold, grade) }
}

fn inverted_spin(sequence: &Sequence<'_>, cx: &Context<'_>) -> Option<(Kind, Grade)> {
    let short_te = sequence.te.is_some_and(|te| te < cx.limit("flair_te_min"));
    let t1 = nulled_t1(sequence.ti?, sequence.tr);
    if t1 <= cx.limit("null_fat_t1_max") {
        Some((Kind::Stir, Grade::Sure))
    } else if short_te {
        Some((Kind::T1wi, Grade::Firm))
    } else if t1 >= cx.limit("null_fluid_t1_min") {
        Some((Kind::Flair, Grade::Sure))
    } else {
        None
    }
}

fn spin(sequence: &Sequence<'_>, cx: &Context<'_>) -> Option<(Kind, Grade)> {
    let (te, tr) = (sequence.te?, sequence.tr?);
    let (border, grey) = (cx.limit("t2_te_min"), cx.limit("te_grey"));
    if te >= cx.limit("hydrography_te_min") {
        return Some((Kind::Mrcp, Grade::Likely));
    }
    if te >= border {
        let sure = te >= border + grey;
        let weight = if tr >= cx.limit("pd_tr_min") && sure { Grade::Sure } else { Grade::Fair };
        return (tr >= cx.limit("t2_tr_min")).then_some((Kind::T2wi, weight));
    }
    if tr >= cx.limit("pd_tr_min") {
        let sure = te <= border - grey && tr >= cx.limit("pd_tr_sure");
        return Some((Kind::Pdwi, if sure { Grade::Firm } else { Grade::Fair }));
    }
    if te > cx.limit("short_te_max") {
        return None;
    }
    Some((Kind::T1wi, if tr <= cx.limit("t1_tr_max") { Grade::Sure } else { Grade::Weak }))
}

fn gradient(sequence: &Sequence<'_>, cx: &Context<'_>) -> Option<(Kind, Grade)> {
    let te = sequence.te?;
    if sequence.inverted {
        return (te <= cx.limit("gre_ir_te_max")).then_some((Kind::T1wi, Grade::Firm));
    }
    if sequence.balanced {
        return Some((Kind::T2wi, Grade::Weak));
    }
    let tr = sequence.tr?;
    if te >= cx.limit("epi_time_te_min") && tr >= cx.limit("bold_tr_min") && cx.repeated() {
        return Some(time_series(cx, Grade::Fair));
    }
    let volume = sequence.three_d == Some(true);
    if volume && te >= cx.limit("gre_swi_te_min") && tr <= cx.limit("gre_swi_tr_max") {
        return Some((Kind::Swi, Grade::Fair));
    }
    if te >= cx.limit("gre_t2star_te_min") {
        return Some((Kind::Gre, Grade::Likely));
    }
    fast_gradient(sequence, cx, te, tr)
}

/// Gradient echo with a short echo.
fn fast_gradient(
    sequence: &Sequence<'_>,
    cx: &Context<'_>,
    te: f64,
    tr: f64,
) -> Option<(Kind, Grade)> {
    let volume = sequence.three_d == Some(true);
    let flip = sequence.flip;
    let at_least = |name: &str| flip.is_some_and(|f| f >= cx.limit(name));
    let fast = tr <= cx.limit("localizer_tr_max");
    #[expect(clippy::cast_precision_loss, reason = "a count of images")]
    let few = cx.images as f64 <= cx.limit("localizer_slices_max");
    #[expect(clippy::cast_precision_loss, reason = "at most three")]
    let planes = cx.planes as f64 >= cx.limit("localizer_planes_min");
    if !volume && fast && few && planes {
        return Some((Kind::Localizer, Grade::Likely));
    }
    let inflow = (cx.limit("tof_tr_min")..=cx.limit("tof_tr_max")).contains(&tr)
        && te <= cx.limit("tof_te_max")
        && at_least("tof_flip_min");
    if inflow && (sequence.angio || sequence.transfer && volume) {
        return Some((Kind::MraTof, if sequence.angio { Grade::Firm } else { Grade::Fair }));
    }
    if volume && te <= cx.limit("ce_mra_te_max") && at_least("ce_mra_flip_min") && sequence.angio {
        return Some((Kind::MraCe, Grade::Likely));
    }
    if cx.repeated() && fast {
        let sure = cx.contrast == Some(true);
        return Some((Kind::PerfDce, if sure { Grade::Likely } else { Grade::Weak }));
    }
    if tr > cx.limit("gre_t1_tr_max") || flip.is_some_and(|f| f < cx.limit("gre_t1_flip_min")) {
        return None;
    }
    let weight = if fast && !volume { Grade::Faint } else { Grade::Likely };
    Some((Kind::T1wi, weight))
}
