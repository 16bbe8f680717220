//! Pages for people: one file an institution and an index, each complete in itself (no network),
//! in Chinese and English, never over [`PAGE_LIMIT`].

mod bi;
mod charts;
mod helpers;
mod index;
mod institution;
mod record;

use std::collections::BTreeMap;

use crate::model::outcome::Subject;

use super::aggregate::types::InstitutionReport;
use super::picture::Picture;

pub use self::index::{index_entry, index_report, render_index};
pub use self::institution::render_institution;

/// Most bytes of one page.
pub const PAGE_LIMIT: usize = 5_000_000;

/// Bytes of a page that pictures may take when the table of studies is full, as base64.
const PICTURE_SHARE: usize = 2_700_000;

/// Bytes of markup around a picture, caption in both languages included.
const PICTURE_MARKUP: usize = 700;

/// Largest picture worth its bytes, before base64.
const LARGEST_PICTURE: usize = 60_000;

/// A page could not be rendered.
#[derive(Debug, thiserror::Error)]
pub enum HtmlError {
    /// The template failed.
    #[error("the page cannot be rendered: {0}")]
    Template(#[from] askama::Error),
    /// The page is too large although everything that can be left out was.
    #[error("the page has {0} bytes, limit {PAGE_LIMIT} bytes")]
    TooLarge(usize),
}

/// The picture of a failing image.
#[derive(Clone, Debug)]
pub struct StudyPicture {
    /// What it shows; the caption names it.
    pub subject: Subject,
    /// The picture.
    pub picture: Picture,
}

/// Pictures by study key.
pub type Pictures = BTreeMap<String, StudyPicture>;

/// Bytes that one picture of this page may have (before base64) so that all wanted ones fit.
/// Give it to [`super::picture::PictureOptions::max_bytes`].
pub fn picture_budget(report: &InstitutionReport) -> usize {
    let wanted = report.worst.iter().filter(|s| s.picture.is_some()).count().max(1);
    ((PICTURE_SHARE / wanted).saturating_sub(PICTURE_MARKUP) * 3 / 4).min(LARGEST_PICTURE)
}
