//! The image quality metrics of the field under their own names: what MRIQC computes, on masks that
//! are given, and the textbook measures of sharpness. Values are modality values.

pub mod energy;
pub mod region;
pub mod sharpness;
pub mod tissue;

pub use energy::{efc, fber};
pub use region::Region;
pub use sharpness::{Edges, Sharpness, aes, sharpness};
pub use tissue::{cjv, cnr, snr, snrd};
