//! Numbers taken from decoded frames, without judgement.

pub mod touch;

pub use touch::{DigestOfFrames, FrameMeasures, measure_frame};
