//! Item matching: study → item of a region's catalogue, with why. Words are data
//! (`policies/synonyms/`), catalogues are data (`policies/<region>/items.csv`); this module only
//! compares, and says ambiguous where it would have to guess.

pub mod catalogue;
mod codes;
pub mod describe;
pub mod exam;
mod film;
mod images;
pub mod lexicon;
pub mod matching;
pub mod normalise;
mod score;
mod text;
mod views;
