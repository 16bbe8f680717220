//! What a check declares about itself, and the macro that turns one doc comment into rustdoc,
//! `hrgate explain` and the page in `docs/checks/`.

use dicom_core::Tag;

use crate::model::outcome::Outcome;
use crate::model::result::Status;
use crate::model::text::StaticText;
use crate::policy::params::Params;

use super::view::StudyView;

/// How much of a study has to be read before a check can run. Ordered.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    serde::Serialize,
    serde::Deserialize,
    clap::ValueEnum,
)]
#[serde(rename_all = "lowercase")]
pub enum Depth {
    /// Headers only.
    Header,
    /// Headers and pixels.
    #[default]
    Pixels,
    /// Headers, pixels and models.
    Models,
}

/// One thing a check may see. The store keeps exactly what some check declared.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Input {
    /// A header attribute of instances (and, for enhanced objects, of frames).
    Header(Tag),
    /// Facts about the bytes of the files, and the rejected files beside the study.
    File,
    /// A measurement, by registered name.
    Measurement(&'static str),
    /// The institution as resolved.
    Institution,
    /// What the manifest says of the study.
    Manifest,
    /// What the centre's tables of devices and staff say.
    Registry,
    /// What the store knew before: first receipts and decisions on labels.
    Past,
    /// The stacks of the series, as GEO001 lays them out.
    Stacks,
    /// What each series is.
    Kinds,
    /// Projection and side of each film, and what the order asks for.
    Projections,
    /// The parts of the body that series and items name.
    Parts,
    /// The catalogue items that the study was matched to.
    Items,
    /// What a model read, by the model's name (`infer::registry`).
    Model(&'static str),
    /// A setting of the policy, by key.
    Setting(&'static str),
}

/// The kind of a policy parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParamKind {
    /// A number.
    Number,
    /// True or false.
    Flag,
    /// A list of texts.
    Texts,
}

/// A policy parameter that a check reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParamMeta {
    /// The key in the policy file.
    pub key: &'static str,
    /// What it holds.
    pub kind: ParamKind,
    /// Unit, or an empty string.
    pub unit: &'static str,
    /// What it means.
    pub doc: &'static str,
}

/// All that is known of a check without running it.
pub struct CheckMeta {
    /// Stable short code: three letters of the family, three digits.
    pub code: &'static str,
    /// The defect, in kebab-case.
    pub name: &'static str,
    /// The defect, for people.
    pub title: StaticText,
    /// What to do now when it fails.
    pub advice: StaticText,
    /// Stable or preview.
    pub status: Status,
    /// The depth it needs.
    pub depth: Depth,
    /// What it may see.
    pub inputs: &'static [Input],
    /// The parameters it reads.
    pub params: &'static [ParamMeta],
    /// The DICOM code of the defect, `scheme:value`, and its meaning.
    pub dicom_code: Option<(&'static str, &'static str)>,
    /// The doc comment (each line begins with a space).
    pub docs: &'static str,
    /// The source file.
    pub file: &'static str,
    /// The judge. Returns at least one outcome.
    pub run: fn(&StudyView<'_>, &Params) -> Vec<Outcome>,
}

impl CheckMeta {
    /// The three letters of the family.
    pub fn family(&self) -> &'static str {
        &self.code[..3]
    }

    /// The doc comment without the space that begins each line.
    pub fn docs(&self) -> String {
        self.docs.lines().map(|l| l.strip_prefix(' ').unwrap_or(l)).collect::<Vec<_>>().join("\n")
    }
}

/// Declares a check: `pub static CHECK: CheckMeta`, documented by the comment it stands under.
#[macro_export]
macro_rules! declare_check {
    (
        $(#[doc = $doc:literal])*
        code: $code:literal,
        name: $name:literal,
        title: ($title_zh:literal, $title_en:literal),
        advice: ($advice_zh:literal, $advice_en:literal),
        status: $status:ident,
        depth: $depth:ident,
        inputs: $inputs:expr,
        params: [$(($key:literal, $kind:ident, $unit:literal, $pdoc:literal)),* $(,)?],
        dicom_code: $dicom:expr,
        run: $run:expr $(,)?
    ) => {
        $(#[doc = $doc])*
        pub static CHECK: $crate::checks::contract::CheckMeta =
            $crate::checks::contract::CheckMeta {
                code: $code,
                name: $name,
                title: $crate::model::text::StaticText { zh: $title_zh, en: $title_en },
                advice: $crate::model::text::StaticText { zh: $advice_zh, en: $advice_en },
                status: $crate::model::result::Status::$status,
                depth: $crate::checks::contract::Depth::$depth,
                inputs: &$inputs,
                params: &[$($crate::checks::contract::ParamMeta {
                    key: $key,
                    kind: $crate::checks::contract::ParamKind::$kind,
                    unit: $unit,
                    doc: $pdoc,
                }),*],
                dicom_code: $dicom,
                docs: concat!($($doc, "\n"),*),
                file: file!(),
                run: $run,
            };
    };
}
