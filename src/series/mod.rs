//! What each series is: MR sequence, CT role, projection; fat suppression, contrast, plane, 3D. From
//! physics first (timing, flags, b-value), then from words in Chinese and English. Every witness
//! is kept with what it said; a pixel model is one more witness.

mod agent;
mod claim;
mod ct;
mod decide;
pub mod describe;
mod diffusion;
mod fat;
mod image;
mod kernel;
pub mod kind;
mod mr;
mod physics_mr;
mod plane;
mod sequence;
mod spelling;
mod time;
mod view;
mod words;

#[cfg(test)]
mod maker_tests;
#[cfg(test)]
mod role_tests;

pub use agent::PhaseTimes;
pub use describe::{INPUTS, describe};
pub use kind::{
    Facet, Fact, Kernel, Kind, Phase, Plane, Rendering, SeriesKind, StackKind, Witness,
};
