//! The nouns of HRGate: what a study is, what is known of it, what is said of it. No I/O.

pub mod attribute;
pub mod change;
pub mod family;
pub mod file;
pub mod gate;
pub mod institution;
pub mod kept;
pub mod manifest;
pub mod measurement;
pub mod memory;
pub mod outcome;
pub mod past;
pub mod reading;
pub mod reason;
pub mod registry;
pub mod result;
pub mod sample;
pub mod scores;
pub mod study;
pub mod text;
pub mod values;
