//! What a CT kernel is made for, by the makers' names.

use dicom_dictionary_std::tags;

use crate::items::lexicon::Lexicon;
use crate::items::series_words::{Grade, Place};

use super::claim::{Claim, heaviest};
use super::image::Image;
use super::kind::{Facet, Fact, Kernel, Witness};
use super::words::Words;

/// The kernel of a series. A sharp kernel serves lung and bone alike: words tell which.
pub fn of(
    image: &Image<'_>,
    words: &Words<'_>,
    lexicon: &Lexicon,
    facts: &mut Vec<Fact>,
) -> Option<Kernel> {
    let said = words.claims(Place::Kernel, Kernel::parse);
    for claim in &said {
        facts.push(claim.fact(Facet::Kernel, Witness::Words, |k| k.word().into()));
    }
    let word = heaviest(&said).map(|c| c.value);
    let Some(name) = image.text(tags::CONVOLUTION_KERNEL) else { return word };
    let Some(class) = class(name, lexicon) else { return word };
    let claim = Claim::new(class, lexicon.series.weight(Grade::Sure), "ConvolutionKernel", name);
    facts.push(claim.fact(Facet::Kernel, Witness::Physics, |c| (*c).to_owned().into()));
    match class {
        "sharp" => word.filter(|k| *k != Kernel::Soft),
        known => Kernel::parse(known),
    }
}

/// The class of a kernel's name.
fn class<'a>(name: &str, lexicon: &'a Lexicon) -> Option<&'a str> {
    let name = name.trim();
    let say = |s: &'a crate::items::series_words::Say| s.value.as_str();
    if let Some(whole) = lexicon.series.code(Place::KernelName, name, "CT") {
        return Some(say(whole));
    }
    let letters = name.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(name.len());
    let (stem, rest) = name.split_at(letters);
    let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    if let Ok(number) = rest.get(..digits).unwrap_or_default().parse() {
        return lexicon.series.numbered(Place::KernelName, stem, number).map(say);
    }
    // Names of words (`B_SOFT_A`): one letter would match anything.
    (name.len() > 2)
        .then(|| lexicon.series.prefix(Place::KernelName, name, "CT"))
        .flatten()
        .filter(|_| name.len() > 2 && stem.len() < name.len() || stem.len() > 3)
        .map(say)
}
