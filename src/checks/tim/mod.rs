//! Timeliness and the manifest: what the hospital's own systems say of a study, held against it.

use super::contract::CheckMeta;

pub mod incomplete_manifest_row;
pub mod late_report;
pub mod late_upload;
pub mod manifest_mismatch;
pub mod missing_instances;
pub mod missing_report;
mod rows;
pub mod unlisted_study;

/// The checks of the family, by code.
pub static CHECKS: &[&CheckMeta] = &[
    &late_report::CHECK,
    &late_upload::CHECK,
    &manifest_mismatch::CHECK,
    &missing_report::CHECK,
    &missing_instances::CHECK,
    &unlisted_study::CHECK,
    &incomplete_manifest_row::CHECK,
];
