//! The nouns of item matching: side, projection, contrast class, and what a study's header says
//! about each examination in it, every fact with the words and the attribute it was read from.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A side of the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Side {
    /// Left.
    L,
    /// Right.
    R,
    /// Both.
    B,
}

impl Side {
    /// Reads `L`, `R`, `B` as Laterality and the synonyms print it.
    pub fn parse(s: &str) -> Option<Self> {
        match s.trim().to_ascii_uppercase().as_str() {
            "L" => Some(Self::L),
            "R" => Some(Self::R),
            "B" => Some(Self::B),
            _ => None,
        }
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::L => "L",
            Self::R => "R",
            Self::B => "B",
        })
    }
}

/// What is known of the side of an examination.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum SideFact {
    /// Nothing says a side.
    #[default]
    Unknown,
    /// Everything that says a side says this one.
    Known(Side),
    /// Two statements contradict each other.
    Conflict,
}

/// An X-ray projection as catalogue and synonyms print it (`F`, `AP`, `LAT_L`, `LAT:flexion`), with
/// the posture where one is said.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct View {
    /// Projection; `F` is frontal without a direction.
    pub projection: String,
    /// `erect`, `supine`, `decubitus`, `inverted`.
    pub posture: Option<String>,
}

const POSTURES: &[&str] = &["erect", "supine", "decubitus", "inverted"];

impl View {
    /// Reads a token such as `AP`, `AP:erect`, `LAT:flexion`.
    pub fn parse(token: &str) -> Self {
        match token.split_once(':') {
            Some((projection, posture)) if POSTURES.contains(&posture) => {
                Self { projection: projection.to_owned(), posture: Some(posture.to_owned()) }
            }
            _ => Self { projection: token.to_owned(), posture: None },
        }
    }
}

impl fmt::Display for View {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.posture {
            Some(posture) => write!(f, "{}:{posture}", self.projection),
            None => f.write_str(&self.projection),
        }
    }
}

/// The contrast class of an item or of a part of an examination.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Class {
    /// A film: contrast does not apply.
    Film,
    /// Without contrast.
    Plain,
    /// With contrast, the plain phase included or not.
    Enhanced,
    /// Dynamic contrast series.
    Dynamic,
    /// Nothing tells.
    Unknown,
    /// Words say plain, an agent or a phase says enhanced.
    Contradicted,
    /// CT angiography.
    Cta,
    /// CT venography.
    Ctv,
    /// CT urography.
    Ctu,
    /// MR angiography.
    Mra,
    /// MR angiography with contrast.
    CeMra,
    /// MR venography.
    Mrv,
    /// MR venography with contrast.
    CeMrv,
    /// MR cholangiopancreatography.
    Mrcp,
    /// Heavily T2-weighted hydrography.
    Hydrography,
    /// Perfusion, the method not said.
    Perfusion,
    /// Perfusion with contrast.
    PerfusionContrast,
    /// Perfusion by arterial spin labelling.
    PerfusionAsl,
    /// Barium study.
    Barium,
    /// A sequence that stands alone (DWI, SWI, MRS, DTI).
    Sequence,
}

impl Class {
    /// Reads a word of the synonyms or of the catalogue's contrast column.
    pub fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "none" | "" => Self::Film,
            "plain" => Self::Plain,
            "enhanced" | "plain+enhanced" => Self::Enhanced,
            "dynamic" | "dynamic-enhanced" | "plain+dynamic-enhanced" => Self::Dynamic,
            "CTA" => Self::Cta,
            "CTV" => Self::Ctv,
            "CTU" => Self::Ctu,
            "MRA" | "MRA-TOF" => Self::Mra,
            "CE-MRA" => Self::CeMra,
            "MRV" => Self::Mrv,
            "CE-MRV" => Self::CeMrv,
            "MRCP" => Self::Mrcp,
            "hydrography" => Self::Hydrography,
            "perfusion" => Self::Perfusion,
            "perfusion-contrast" => Self::PerfusionContrast,
            "perfusion-ASL" => Self::PerfusionAsl,
            "barium" => Self::Barium,
            _ => return None,
        })
    }

    /// The technique word that relations of `relations.csv` are bound to.
    pub fn technique(self) -> Option<&'static str> {
        match self {
            Self::Cta | Self::Mra | Self::CeMra => Some("angio"),
            Self::Ctv | Self::Mrv | Self::CeMrv => Some("veno"),
            _ => None,
        }
    }
}

/// One fact with where it was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// `anatomy`, `side`, `view`, `contrast`, `technique`, `modality`, `code`, `age`.
    pub facet: String,
    /// The value read.
    pub value: String,
    /// Attribute, e.g. `Study Description`.
    pub source: String,
    /// The words that said it.
    pub text: String,
}

/// Contrast words and agents of one examination.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContrastFacts {
    /// Words of the order, in their order.
    pub words: Vec<String>,
    /// Words of the series.
    pub series: Vec<String>,
    /// Whether a contrast agent stands in an image series.
    pub agent: bool,
}

/// One examination of a study: one part of the body, in one modality.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exam {
    /// CT, MR, DX, MG, RF.
    pub modality: String,
    /// The part; several where the words leave it open.
    pub anatomy: Vec<String>,
    /// Its side.
    pub side: SideFact,
    /// Projections that the order names.
    pub views_ordered: Vec<View>,
    /// Projections that the images have.
    pub views_taken: Vec<View>,
    /// Image instances whose projection nothing tells.
    pub views_unknown: usize,
    /// Contrast.
    pub contrast: ContrastFacts,
    /// Sequences and techniques that the order names.
    pub techniques: Vec<String>,
    /// Sequences seen among the series.
    pub techniques_series: Vec<String>,
    /// Whether any series has a description at all.
    pub series_described: bool,
    /// Modalities that the words name where none of them is the modality of the images.
    pub conflict: Option<String>,
    /// The order's words are not understood and only Body Part Examined names the part.
    pub part_guessed: bool,
    /// What was read where.
    pub evidence: Vec<Evidence>,
}

/// A coded procedure that the header or the manifest states.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatedCode {
    /// Code Value.
    pub value: String,
    /// Where it stands.
    pub source: String,
}

/// Everything the header says about what was examined.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExamDescription {
    /// The examinations.
    pub exams: Vec<Exam>,
    /// Codes stated.
    pub codes: Vec<StatedCode>,
    /// Order names in normal form.
    pub names: Vec<String>,
    /// Age of the patient in days, where stated.
    pub age_days: Option<u32>,
    /// Whether a word says that the patient is an infant.
    pub infant_word: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn view_tokens_keep_posture_apart_from_movement() {
        assert_eq!(View::parse("AP:erect").posture.as_deref(), Some("erect"));
        assert_eq!(View::parse("LAT:flexion").projection, "LAT:flexion");
        assert_eq!(View::parse("AP:supine").to_string(), "AP:supine");
    }

    #[test]
    fn printed_contrast_columns_become_classes() {
        assert_eq!(Class::parse("plain+enhanced"), Some(Class::Enhanced));
        assert_eq!(Class::parse("MRA-TOF"), Some(Class::Mra));
        assert_eq!(Class::parse("soup"), None);
    }
}
