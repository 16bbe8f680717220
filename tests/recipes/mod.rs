//! Recipes: DICOM studies made from nothing, the same on every machine. Phantoms look like bodies,
//! attributes are those that makers write, and every way a file goes wrong can be asked for.
//! Used by tests and, through `#[path]`, by `examples/`.
#![allow(dead_code, reason = "each test and example uses a part of the recipes")]
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "phantoms turn millimetres into pixels and back; all values are small"
)]
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a recipe that cannot be made is a fault of the recipe, to be seen at once"
)]

pub mod breast;
pub mod chest;
pub mod dicom;
pub mod encode;
pub mod enhanced;
pub mod grid;
pub mod hand;
pub mod head;
pub mod jpeg_lossless;
pub mod maker;
pub mod rng;
pub mod samples;
pub mod spoil;
pub mod study;
pub mod thorax;
pub mod ultrasound;
pub mod volume;
