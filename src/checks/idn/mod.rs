//! Identity and header: whether the study says whose it is, when and where.

use super::contract::CheckMeta;

pub mod conflicting_patient_identity;
pub mod conflicting_study_identity;
pub mod dates;
mod devices;
pub mod expired_device;
pub mod impossible_date;
pub mod malformed_uid;
pub mod missing_required_attribute;
pub mod missing_uid;
pub mod sop_class_not_judged;
pub mod undeclared_character_set;
pub mod undecodable_text;
pub mod unknown_institution;
pub mod unlisted_device;
pub mod unlisted_staff;

/// The checks of the family, by code.
pub static CHECKS: &[&CheckMeta] = &[
    &missing_required_attribute::CHECK,
    &conflicting_patient_identity::CHECK,
    &conflicting_study_identity::CHECK,
    &impossible_date::CHECK,
    &undecodable_text::CHECK,
    &undeclared_character_set::CHECK,
    &unknown_institution::CHECK,
    &sop_class_not_judged::CHECK,
    &missing_uid::CHECK,
    &malformed_uid::CHECK,
    &unlisted_device::CHECK,
    &expired_device::CHECK,
    &unlisted_staff::CHECK,
];
