//! File and transfer: whether the files arrived whole and readable.

use super::contract::CheckMeta;

pub mod conflicting_sop_instance_uid;
pub mod content_changed;
pub mod copies;
pub mod duplicate_sop_instance_uid;
pub mod empty_file;
pub mod lossy_compression;
pub mod pixel_length_mismatch;
pub mod tolerated_encoding_fault;
pub mod transfer_syntax;
pub mod truncated_file;
pub mod undecodable_pixels;
pub mod unread_by_model;
pub mod unreadable_file;
pub mod zero_length_pixel_data;

/// The checks of the family, by code.
pub static CHECKS: &[&CheckMeta] = &[
    &unreadable_file::CHECK,
    &empty_file::CHECK,
    &truncated_file::CHECK,
    &undecodable_pixels::CHECK,
    &lossy_compression::CHECK,
    &duplicate_sop_instance_uid::CHECK,
    &conflicting_sop_instance_uid::CHECK,
    &zero_length_pixel_data::CHECK,
    &pixel_length_mismatch::CHECK,
    &tolerated_encoding_fault::CHECK,
    &content_changed::CHECK,
    &unread_by_model::CHECK,
];
