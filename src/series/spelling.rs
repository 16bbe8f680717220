//! From the words of the results back to the nouns, and the words of facts.

use super::kind::{Kernel, Kind, Phase, Plane, Rendering};

/// The kinds that have one word each.
const WORDS: &[Kind] = &[
    Kind::T1wi,
    Kind::T2wi,
    Kind::Pdwi,
    Kind::Flair,
    Kind::Stir,
    Kind::Dwi,
    Kind::Adc,
    Kind::Trace,
    Kind::Fa,
    Kind::Swi,
    Kind::Gre,
    Kind::MraTof,
    Kind::MraPc,
    Kind::MraCe,
    Kind::Mrv,
    Kind::Mrcp,
    Kind::PerfDsc,
    Kind::PerfDce,
    Kind::Asl,
    Kind::Bold,
    Kind::Fieldmap,
    Kind::Dti,
    Kind::Mrs,
    Kind::Localizer,
    Kind::Derived,
    Kind::Thick,
    Kind::Thin,
    Kind::Mpr,
    Kind::Mip,
    Kind::Dose,
];

impl Kind {
    /// The kind of a word of the results; a projection is none of them.
    pub fn parse(word: &str) -> Option<Self> {
        WORDS.iter().find(|k| k.word() == word).cloned()
    }
}

impl Phase {
    /// The phase of a word of the results.
    pub fn parse(word: &str) -> Option<Self> {
        let all = [Self::Plain, Self::Arterial, Self::Portal, Self::Later, Self::Enhanced];
        all.into_iter().find(|p| p.word() == word)
    }
}

impl Plane {
    /// The plane of a word of the results.
    pub fn parse(word: &str) -> Option<Self> {
        let all = [Self::Tra, Self::Sag, Self::Cor, Self::Obl, Self::Multi];
        all.into_iter().find(|p| p.word() == word)
    }
}

impl Kernel {
    /// The word of facts.
    pub fn word(self) -> &'static str {
        match self {
            Self::Soft => "soft",
            Self::Bone => "bone",
            Self::Lung => "lung",
        }
    }

    /// The kernel of a word of facts.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Soft, Self::Bone, Self::Lung].into_iter().find(|k| k.word() == word)
    }
}

impl Rendering {
    /// The word of facts.
    pub fn word(self) -> &'static str {
        match self {
            Self::Mpr => "MPR",
            Self::Cpr => "CPR",
            Self::Mip => "MIP",
            Self::MinIp => "MINIP",
            Self::Vr => "VR",
            Self::Subtraction => "SUBTRACTION",
        }
    }

    /// The rendering of a word of facts.
    pub fn parse(word: &str) -> Option<Self> {
        let all = [Self::Mpr, Self::Cpr, Self::Mip, Self::MinIp, Self::Vr, Self::Subtraction];
        all.into_iter().find(|r| r.word() == word)
    }
}
