//! The nouns of series classification. The words are those of the published results.

use std::fmt;

/// What a series, or a stack of it, is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// T1-weighted.
    T1wi,
    /// T2-weighted.
    T2wi,
    /// Proton-density-weighted.
    Pdwi,
    /// Fluid-attenuated inversion recovery.
    Flair,
    /// Short-tau inversion recovery.
    Stir,
    /// Diffusion-weighted.
    Dwi,
    /// Apparent diffusion coefficient.
    Adc,
    /// Trace-weighted diffusion.
    Trace,
    /// Fractional anisotropy.
    Fa,
    /// Susceptibility-weighted.
    Swi,
    /// Gradient echo, T2*-weighted.
    Gre,
    /// Time-of-flight angiography.
    MraTof,
    /// Phase-contrast angiography.
    MraPc,
    /// Contrast-enhanced angiography.
    MraCe,
    /// Venography.
    Mrv,
    /// Cholangiopancreatography and other hydrography.
    Mrcp,
    /// Perfusion, dynamic susceptibility contrast.
    PerfDsc,
    /// Perfusion or dynamic series, T1-weighted with contrast.
    PerfDce,
    /// Arterial spin labelling.
    Asl,
    /// Blood-oxygen-level-dependent time series.
    Bold,
    /// Field map.
    Fieldmap,
    /// Diffusion tensor imaging: diffusion in six directions or more.
    Dti,
    /// Spectroscopy.
    Mrs,
    /// Localizer, of MR and CT.
    Localizer,
    /// Made from other images, and none of the other words.
    Derived,
    /// Thick axial CT.
    Thick,
    /// Thin axial CT.
    Thin,
    /// Multiplanar or curved reformat.
    Mpr,
    /// Projection or rendering of a volume (MIP, MinIP, VR).
    Mip,
    /// Dose page.
    Dose,
    /// The projection of a radiograph or mammogram.
    View(String),
}

impl Kind {
    /// The word of the results.
    pub fn word(&self) -> &str {
        match self {
            Self::T1wi => "T1WI",
            Self::T2wi => "T2WI",
            Self::Pdwi => "PDWI",
            Self::Flair => "FLAIR",
            Self::Stir => "STIR",
            Self::Dwi => "DWI",
            Self::Adc => "ADC",
            Self::Trace => "TRACE",
            Self::Fa => "FA",
            Self::Swi => "SWI",
            Self::Gre => "GRE",
            Self::MraTof => "MRA_TOF",
            Self::MraPc => "MRA_PC",
            Self::MraCe => "MRA_CE",
            Self::Mrv => "MRV",
            Self::Mrcp => "MRCP",
            Self::PerfDsc => "PERF_DSC",
            Self::PerfDce => "PERF_DCE",
            Self::Asl => "ASL",
            Self::Bold => "BOLD",
            Self::Fieldmap => "FIELDMAP",
            Self::Dti => "DTI",
            Self::Mrs => "MRS",
            Self::Localizer => "LOCALIZER",
            Self::Derived => "DERIVED",
            Self::Thick => "THICK",
            Self::Thin => "THIN",
            Self::Mpr => "MPR",
            Self::Mip => "MIP",
            Self::Dose => "DOSE",
            Self::View(view) => view,
        }
    }

    /// Diffusion of any sort.
    pub fn is_diffusion(&self) -> bool {
        matches!(self, Self::Dwi | Self::Trace | Self::Dti)
    }

    /// Whether a reader reads it as a series of its own: no localizer, map, dose page or field map.
    pub fn is_diagnostic(&self) -> bool {
        !matches!(self, Self::Localizer | Self::Dose | Self::Fieldmap | Self::Derived)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// The plane of a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Plane {
    /// Transverse.
    Tra,
    /// Sagittal.
    Sag,
    /// Coronal.
    Cor,
    /// Farther from every standard plane than the limit.
    Obl,
    /// More than one.
    Multi,
}

impl Plane {
    /// The word of the results.
    pub fn word(self) -> &'static str {
        match self {
            Self::Tra => "Tra",
            Self::Sag => "Sag",
            Self::Cor => "Cor",
            Self::Obl => "OBL",
            Self::Multi => "MULTI",
        }
    }
}

/// A contrast phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// Before contrast, or without it.
    Plain,
    /// Arterial.
    Arterial,
    /// Portal venous.
    Portal,
    /// Later than portal.
    Later,
    /// With contrast; which phase nothing tells.
    Enhanced,
}

impl Phase {
    /// The word of the results.
    pub fn word(self) -> &'static str {
        match self {
            Self::Plain => "PLAIN",
            Self::Arterial => "ARTERIAL",
            Self::Portal => "PORTAL",
            Self::Later => "LATER",
            Self::Enhanced => "ENHANCED",
        }
    }
}

/// What a CT reconstruction kernel is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kernel {
    /// Soft tissue.
    Soft,
    /// Bone.
    Bone,
    /// Lung.
    Lung,
}

/// How a series was made from a volume.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rendering {
    /// Multiplanar reformat.
    Mpr,
    /// Curved reformat.
    Cpr,
    /// Maximum intensity projection.
    Mip,
    /// Minimum intensity projection.
    MinIp,
    /// Volume or surface rendering.
    Vr,
    /// Subtraction.
    Subtraction,
}

/// Who said something about a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Witness {
    /// Attributes that the acquisition sets: timing, flags, b-value, geometry.
    Physics,
    /// Words that people or protocols wrote.
    Words,
    /// A model that looked at the pixels.
    Pixels,
}

/// What a witness spoke about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Facet {
    /// Kind.
    Kind,
    /// Plane.
    Plane,
    /// Fat suppression: `yes` or `no`.
    FatSuppression,
    /// Contrast: `yes` or `no`.
    Contrast,
    /// Contrast phase.
    Phase,
    /// Two- or three-dimensional acquisition: `2D` or `3D`.
    Dimension,
    /// Reconstruction kernel.
    Kernel,
    /// Rendering.
    Rendering,
}

/// One thing a witness said.
#[derive(Clone, Debug, PartialEq)]
pub struct Fact {
    /// About what.
    pub facet: Facet,
    /// What, in the words of the results.
    pub says: String,
    /// Who.
    pub witness: Witness,
    /// How sure, 0 to 1.
    pub weight: f64,
    /// Keyword of the attribute, or the measurement.
    pub source: String,
    /// Its value as read.
    pub text: String,
}

/// What a stack of a series is, where its stacks differ.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StackKind {
    /// What it is; `None` where unknown.
    pub kind: Option<Kind>,
    /// Its contrast phase; `None` where unknown.
    pub phase: Option<Phase>,
    /// Its b-value, s/mm².
    pub b_value: Option<f64>,
    /// Its echo time, ms.
    pub echo_time: Option<f64>,
}

/// What a series is. Unknown is `None`, never a guess.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SeriesKind {
    /// What it is; of a series of several kinds (two echoes) the kind of its first stack.
    pub kind: Option<Kind>,
    /// Its plane.
    pub plane: Option<Plane>,
    /// Whether fat is suppressed.
    pub fat_suppressed: Option<bool>,
    /// Whether it was taken after contrast.
    pub post_contrast: Option<bool>,
    /// Its contrast phase.
    pub phase: Option<Phase>,
    /// Whether it was acquired in three dimensions.
    pub three_d: Option<bool>,
    /// CT: what its kernel is made for.
    pub kernel: Option<Kernel>,
    /// How it was made from a volume; `None` for an acquired series.
    pub rendering: Option<Rendering>,
    /// Time points: 1 for a series without repetition.
    pub time_points: u32,
    /// How sure kind and plane are, 0 to 1.
    pub confidence: f64,
    /// What every witness said, those that were outvoted included.
    pub facts: Vec<Fact>,
    /// What physics and words contradict each other about.
    pub contradicted: Vec<Facet>,
    /// Its stacks, in the order of the volume's.
    pub stacks: Vec<StackKind>,
}

impl SeriesKind {
    /// Every kind among the series and its stacks, each once.
    pub fn kinds(&self) -> Vec<&Kind> {
        let mut all: Vec<&Kind> =
            self.stacks.iter().filter_map(|s| s.kind.as_ref()).chain(&self.kind).collect();
        all.sort();
        all.dedup();
        all
    }

    /// Whether a stack or the series is of a kind.
    pub fn is(&self, kind: &Kind) -> bool {
        self.kinds().contains(&kind)
    }
}
