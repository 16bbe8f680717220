//! The images that stand for a series: the first of each stack, or a few of a series without
//! stacks. Nothing reads every slice.

use dicom_core::Tag;
use dicom_dictionary_std::tags;

use crate::measure::volumes::Volume;
use crate::model::study::{Instance, Series};
use crate::model::values::ValueText;

/// One image: an instance and the 0-based frame in it.
#[derive(Clone, Copy, Debug)]
pub struct Image<'a> {
    pub instance: &'a Instance,
    pub frame: usize,
}

impl<'a> Image<'a> {
    /// The first number of an attribute.
    pub fn float(&self, tag: Tag) -> Option<f64> {
        self.instance.frame_attributes(self.frame, tag).float(tag)
    }

    /// The first text of an attribute.
    pub fn text(&self, tag: Tag) -> Option<&'a str> {
        self.instance.frame_attributes(self.frame, tag).text(tag)
    }

    /// All texts of an attribute.
    pub fn texts(&self, tag: Tag) -> &'a [ValueText] {
        self.instance.frame_attributes(self.frame, tag).texts(tag)
    }

    /// Exactly `N` numbers of an attribute.
    pub fn array<const N: usize>(&self, tag: Tag) -> Option<[f64; N]> {
        self.instance.frame_attributes(self.frame, tag).array(tag)
    }

    /// The values of Frame Type, or of Image Type where it has none.
    pub fn types(&self) -> &'a [ValueText] {
        let own = self.texts(tags::FRAME_TYPE);
        if own.is_empty() { self.instance.attributes.texts(tags::IMAGE_TYPE) } else { own }
    }

    /// Whether a value is among those of an attribute, after the VR's padding.
    pub fn has(&self, tag: Tag, value: &str) -> bool {
        self.texts(tag).iter().any(|t| t.trim().eq_ignore_ascii_case(value))
    }

    /// Echo time, ms.
    pub fn echo_time(&self) -> Option<f64> {
        let positive = |tag| self.float(tag).filter(|t| *t > 0.0);
        positive(tags::EFFECTIVE_ECHO_TIME).or_else(|| positive(tags::ECHO_TIME))
    }
}

/// The images of a series that are looked at.
#[derive(Debug)]
pub struct Images<'a> {
    /// The first image of each stack, in the order of the stacks.
    pub stacks: Vec<Image<'a>>,
    /// Images of a series without stacks, evenly drawn.
    pub loose: Vec<Image<'a>>,
}

impl<'a> Images<'a> {
    /// Draws them. `most` bounds the number of loose images.
    pub fn of(series: &'a Series, volume: &Volume<'a>, most: usize) -> Self {
        let first = |stack: &crate::measure::stacks::Stack| {
            let slice = stack.places.first().and_then(|p| p.members.first())?;
            let frame = usize::try_from(volume.images.get(*slice)?.frame).ok()?;
            Some(Image { instance: volume.instance(*slice)?, frame })
        };
        let stacks: Option<Vec<Image<'a>>> = volume.stacks.iter().map(first).collect();
        let stacks = stacks.unwrap_or_default();
        let mut loose = Vec::new();
        if stacks.is_empty() {
            let step = series.instances.len().div_ceil(most.max(1)).max(1);
            for instance in series.instances.iter().step_by(step) {
                let frames = usize::try_from(instance.frame_count()).unwrap_or(1);
                let stride = frames.div_ceil(most.max(1)).max(1);
                let frames = (0..frames).step_by(stride);
                loose.extend(frames.map(|frame| Image { instance, frame }));
                if loose.len() >= most {
                    break;
                }
            }
        }
        Self { stacks, loose }
    }

    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = &Image<'a>> {
        self.stacks.iter().chain(&self.loose)
    }
}
