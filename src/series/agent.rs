//! Contrast: whether an agent is stated, and how long before the image it was given.

use dicom_dictionary_std::tags;

use crate::items::agent::{Agent, agent as stated, by};
use crate::items::lexicon::Lexicon;
use crate::items::series_words::Grade;
use crate::policy::settings::Settings;

use super::claim::Claim;
use super::image::Image;
use super::kind::Phase;

/// Whether the image was taken with contrast in the vessels.
pub fn contrast(image: &Image<'_>, lexicon: &Lexicon) -> Option<Claim<bool>> {
    let attributes = &image.instance.attributes;
    let delay = delay(image, lexicon);
    if let Some(early) = delay.filter(|d| *d < 0.0) {
        return Some(Claim::new(
            false,
            lexicon.series.weight(Grade::Firm),
            "ContrastBolusStartTime",
            format!("{early} s"),
        ));
    }
    match stated(attributes, lexicon) {
        Agent::No(words, weight) => Some(Claim::new(false, weight, "ContrastBolusAgent", words)),
        Agent::Given(agent) => {
            let weight = lexicon.series.weight(Grade::Firm);
            Some(Claim::new(true, weight, "ContrastBolusAgent", agent))
        }
        Agent::Silent if by(attributes, lexicon, "vessel") => {
            let route = attributes.text(tags::CONTRAST_BOLUS_ROUTE).unwrap_or_default();
            let weight = lexicon.series.weight(Grade::Fair);
            Some(Claim::new(true, weight, "ContrastBolusRoute", route))
        }
        Agent::Silent => None,
    }
}

/// Seconds from the start of the injection to the image; `None` where they do not fit together.
pub fn delay(image: &Image<'_>, lexicon: &Lexicon) -> Option<f64> {
    let start = seconds(image.text(tags::CONTRAST_BOLUS_START_TIME)?)?;
    let taken = image
        .text(tags::ACQUISITION_DATE_TIME)
        .and_then(|t| t.get(8..))
        .or_else(|| image.text(tags::ACQUISITION_TIME))?;
    let delay = seconds(taken)? - start;
    (delay.abs() <= lexicon.series.limit("contrast_delay_max")).then_some(delay)
}

/// A DICOM time as seconds of the day.
fn seconds(time: &str) -> Option<f64> {
    let part = |range: std::ops::Range<usize>| time.get(range)?.parse::<f64>().ok();
    let fine = time.get(4..)?.split(['+', '-', '&']).next()?;
    Some(part(0..2)? * 3600.0 + part(2..4)? * 60.0 + fine.parse::<f64>().ok()?)
}

/// When the phases of CT begin, seconds after the start of the injection.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PhaseTimes {
    /// Portal venous; before it, arterial.
    pub portal: f64,
    /// Later than portal.
    pub later: f64,
}

impl PhaseTimes {
    /// As a policy sets them.
    pub fn of(settings: &Settings) -> Self {
        Self { portal: settings.number("ct_portal_from"), later: settings.number("ct_later_from") }
    }
}

/// The phase that a delay means.
pub fn phase(
    image: &Image<'_>,
    contrast: Option<&Claim<bool>>,
    lexicon: &Lexicon,
    times: PhaseTimes,
) -> Option<Claim<Phase>> {
    let contrast = contrast?;
    if !contrast.value {
        return Some(contrast.of(Phase::Plain));
    }
    let Some(delay) = delay(image, lexicon) else { return Some(contrast.of(Phase::Enhanced)) };
    let phase = if delay < times.portal {
        Phase::Arterial
    } else if delay < times.later {
        Phase::Portal
    } else {
        Phase::Later
    };
    Some(Claim::new(
        phase,
        lexicon.series.weight(Grade::Likely),
        "ContrastBolusStartTime",
        format!("{delay} s"),
    ))
}

/// The phase of words and physics together: a definite one beats `ENHANCED` of the other witness.
pub fn settle(physics: Option<&Claim<Phase>>, words: &[Claim<Phase>]) -> Option<Phase> {
    let definite = |c: &&Claim<Phase>| c.value != Phase::Enhanced;
    let word = words.iter().filter(definite).chain(words).reduce(|best, c| {
        if definite(&best) == definite(&c) && c.weight > best.weight { c } else { best }
    });
    match (physics, word) {
        (Some(p), Some(w)) => {
            let one_plain = (p.value == Phase::Plain) != (w.value == Phase::Plain);
            let vague = p.value == Phase::Enhanced && !one_plain;
            Some(if vague || w.weight > p.weight && definite(&w) { w.value } else { p.value })
        }
        (p, w) => p.or(w).map(|c| c.value),
    }
}
