//! What each series is: MR sequence, CT role, projection; fat suppression, contrast, plane, 3D. From
//! physics first (timing, flags, b-value), then from words in Chinese and English. Every witness
//! is kept with what it said; a pixel model is one more witness.

pub mod describe;
pub mod kind;

pub use describe::{INPUTS, describe};
pub use kind::{
    Facet, Fact, Kernel, Kind, Phase, Plane, Rendering, SeriesKind, StackKind, Witness,
};
