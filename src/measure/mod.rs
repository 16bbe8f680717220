//! Numbers with unit and direction, no judgement. Pure: arrays in, plain structs out.

pub mod assign;
pub mod basic;
pub mod column;
pub mod ct;
pub mod geometry;
pub mod holes;
pub mod iqm;
pub mod line;
pub mod mr;
pub mod numbers;
pub mod of_stack;
pub mod registry;
pub mod sampled;
pub mod stacks;
pub mod taken;
pub mod touch;
pub mod volumes;

pub use taken::Taken;
pub use touch::{DigestOfFrames, FrameMeasures, measure_frame};
