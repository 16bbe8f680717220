//! Everything that turns results into what machines and people read: JSON Lines, JSON with its
//! schemas, HTML pages, pictures, terminal pages. Judges nothing.

pub mod aggregate;
pub mod evidence_words;
pub mod files;
pub mod format;
pub mod html;
pub mod indicator;
pub mod jsonl;
pub mod long_file;
pub mod metrics;
pub mod notices;
pub mod picture;
pub mod rate;
pub mod run_manifest;
pub mod schema;
pub mod terminal;
pub mod words;
