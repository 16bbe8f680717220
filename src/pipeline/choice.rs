//! Which studies of what lies under the sources a run is about: every header is read, then the studies that were chosen are
//! read as deep as is asked.

use std::time::Instant;

use rayon::prelude::*;

use crate::checks::contract::Depth;
use crate::model::sample::{DrawnSample, Sample};
use crate::model::study::Instance;

use super::deepen::deepen;
use super::draw::{Member, draw};
use super::group::StudyFiles;
use super::load::load;
use super::run::{Collected, Request, RunError, look};

/// What a run is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    /// Only studies of these institutions (registry ids, or `unknown`); empty for all.
    pub institutions: Vec<String>,
    /// Only studies of which a file came since (nanoseconds since 1970).
    pub since: Option<i64>,
    /// Of those, these are read as deep as the run asks, the others by header; `None` for all.
    pub sample: Option<Sample>,
}

impl Choice {
    /// Whether it leaves everything as it is.
    pub fn is_everything(&self) -> bool {
        *self == Self::default()
    }
}

/// What was chosen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chosen {
    /// Studies that the run is not about; they are in no other count of it.
    pub left_out: u64,
    /// The sample, where one was drawn.
    pub sample: Option<DrawnSample>,
}

/// Reads every header, chooses, and reads what was chosen as deep as the request asks.
///
/// # Errors
/// As [`look`].
pub(super) fn collect(request: &Request, choice: &Choice) -> Result<Collected, RunError> {
    let header = Request {
        depth: Depth::Header,
        known: request.known.as_ref().map(|known| known.at_depth(Depth::Header)),
        readers: None,
        past: None,
        ..request.clone()
    };
    let began = Instant::now();
    let mut collected = look(&header, true)?;
    collected.settings.depth = request.depth;
    collected.settings.readers.clone_from(&request.readers);
    leave_out(&mut collected, &header, choice)?;
    let mut deeper: Vec<usize> = (0..collected.studies.len()).collect();
    if let Some(sample) = &choice.sample {
        let members = of_each(&collected, &header, |files, institution, modality| Member {
            key: files.key.clone(),
            institution,
            modality,
        })?;
        let (drawn, strata) = draw(&members, sample);
        deeper = with_read_deeper(drawn, &collected, request)?;
        collected.chosen.sample = Some(DrawnSample { sample: sample.clone(), strata });
    }
    if request.depth > Depth::Header {
        for files in &mut collected.studies {
            files.depth = Some(Depth::Header);
        }
        deepen(&mut collected, request, &deeper)?;
    }
    collected.took = began.elapsed();
    Ok(collected)
}

/// What was drawn, and every study that an earlier run read as deep: a shallower look does not take its place.
fn with_read_deeper(
    mut drawn: Vec<usize>,
    collected: &Collected,
    request: &Request,
) -> Result<Vec<usize>, RunError> {
    let Some(known) = &request.known else { return Ok(drawn) };
    let mut all = Vec::new();
    let mut drawn = drawn.drain(..).peekable();
    for (at, files) in collected.studies.iter().enumerate() {
        if drawn.next_if_eq(&at).is_some() || known.is_usable(&files.key)? {
            all.push(at);
        }
    }
    Ok(all)
}

/// Leaves out the studies that the run is not about.
fn leave_out(
    collected: &mut Collected,
    request: &Request,
    choice: &Choice,
) -> Result<(), RunError> {
    let all = collected.studies.len();
    if let Some(since) = choice.since {
        collected.studies.retain(|files| files.newest >= since);
    }
    if !choice.institutions.is_empty() {
        let of = of_each(collected, request, |_, institution, _| institution)?;
        let mut of = of.into_iter();
        let wanted = |id: Option<String>| id.is_some_and(|id| choice.institutions.contains(&id));
        collected.studies.retain(|_| wanted(of.next()));
    }
    collected.chosen.left_out = (all - collected.studies.len()) as u64;
    if collected.chosen.left_out > 0 {
        // Of what the run is not about it does not tell that it vanished either.
        collected.gone.clear();
    }
    Ok(())
}

/// What `of` makes of each study with its institution and its modalities, in order.
fn of_each<T: Send>(
    collected: &Collected,
    request: &Request,
    of: impl Fn(&StudyFiles, String, String) -> T + Sync,
) -> Result<Vec<T>, RunError> {
    let one = |files: &StudyFiles| {
        let study = load(collected, files, request)?;
        let mut modalities: Vec<&str> = study
            .series
            .iter()
            .filter(|series| series.instances.iter().any(Instance::has_pixel_data))
            .map(|series| series.modality.as_str())
            .collect();
        modalities.sort_unstable();
        modalities.dedup();
        Ok(of(files, study.institution.id.clone(), modalities.join("+")))
    };
    collected.studies.par_iter().map(one).collect()
}
