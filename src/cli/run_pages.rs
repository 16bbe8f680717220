//! The pages of a run.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use crate::pipeline::pictures::{Place, picture_at};
use crate::report::aggregate::Aggregate;
use crate::report::aggregate::types::InstitutionReport;
use crate::report::files::{self, WriteError};
use crate::report::html::{self, Pictures, StudyPicture};
use crate::report::picture::PictureOptions;
use crate::report::run_manifest::RunManifest;

/// Writes a page an institution, then the index. `places` tells where the image lies that shows a study's worst finding.
///
/// # Errors
/// A page cannot be written.
pub fn write(
    folder: &Path,
    roots: &[PathBuf],
    places: &BTreeMap<String, Place>,
    aggregate: &Aggregate,
    manifest: &RunManifest,
) -> Result<(), WriteError> {
    aggregate.institutions.par_iter().try_for_each(|report| {
        files::write_institution(folder, report, &pictures(roots, places, report))
    })?;
    files::write_index(folder, &html::index_report(aggregate, manifest))
}

/// Pictures of the studies that a page shows; a file that is gone leaves its place empty.
fn pictures(
    roots: &[PathBuf],
    places: &BTreeMap<String, Place>,
    report: &InstitutionReport,
) -> Pictures {
    let options = PictureOptions {
        max_bytes: Some(html::picture_budget(report)),
        ..PictureOptions::default()
    };
    report
        .worst
        .par_iter()
        .filter_map(|study| {
            let subject = study.picture.clone()?;
            let place = places.get(&study.study_key)?;
            let picture = picture_at(roots, place, &subject, &options)?;
            Some((study.study_key.clone(), StudyPicture { subject, picture }))
        })
        .collect()
}
