//! HRGate decides, from the images themselves, whether a mutual-recognition label may stand on a
//! radiology study. Dependency direction: `model ← decode ← measure ← infer ← checks ← verdict ← gate`;
//! `policy` beside `checks`; everything that touches files or people on the outside.

pub mod checks;
pub mod cli;
pub mod decode;
pub mod gate;
pub mod infer;
pub mod items;
pub mod ledger;
pub mod manifest;
pub mod measure;
pub mod model;
pub mod pipeline;
pub mod policy;
pub mod registry;
pub mod report;
pub mod series;
pub mod source;
pub mod store;
pub mod verdict;
