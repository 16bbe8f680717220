//! Labels that stand on images, in reports and in worklists, held against what the gate decided.
//! They are the hospital's act: what is found here changes no verdict on the images.

use super::contract::CheckMeta;

pub mod label_after_withdrawal;
pub mod label_not_printed;
pub mod label_without_right;
pub mod standing;
pub mod wrong_label;

/// The checks of the family, by code.
pub static CHECKS: &[&CheckMeta] = &[
    &label_without_right::CHECK,
    &label_not_printed::CHECK,
    &wrong_label::CHECK,
    &label_after_withdrawal::CHECK,
];
