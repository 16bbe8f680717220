//! Numbers with unit and direction, no judgement. Pure: arrays in, plain structs out.

pub mod assign;
pub mod basic;
pub mod geometry;
pub mod holes;
pub mod line;
pub mod numbers;
pub mod registry;
pub mod stacks;
pub mod touch;
pub mod volumes;

pub use touch::{DigestOfFrames, FrameMeasures, measure_frame};
