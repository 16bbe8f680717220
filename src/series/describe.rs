//! A series and its stacks into what it is.

use dicom_core::Tag;

use crate::items::lexicon::Lexicon;
use crate::measure::volumes::Volume;
use crate::model::study::Series;

use super::kind::{SeriesKind, StackKind};

/// What this module reads; kept in the store for every study.
pub const INPUTS: &[Tag] = &[];

/// Says what a series is.
pub fn describe(_series: &Series, volume: &Volume<'_>, _lexicon: &Lexicon) -> SeriesKind {
    SeriesKind {
        time_points: 1,
        stacks: vec![StackKind::default(); volume.stacks.len()],
        ..SeriesKind::default()
    }
}
