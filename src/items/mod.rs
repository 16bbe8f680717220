//! Item matching: study → item of a region's catalogue, with why. Words are data
//! (`policies/synonyms/`), catalogues are data (`policies/<region>/items.csv`); this module only
//! compares, and says ambiguous where it would have to guess.

pub mod agent;
pub mod assign;
pub mod catalogue;
mod classes;
mod codes;
pub mod describe;
pub mod exam;
pub mod explain;
mod film;
mod images;
pub mod lexicon;
pub mod lexicon_read;
pub mod matching;
pub mod naming;
pub mod normalise;
pub mod reason;
pub mod regions;
mod score;
pub mod series_words;
pub mod shown;
mod text;
pub mod views;
