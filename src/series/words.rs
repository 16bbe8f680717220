//! What the words of a series say.

use std::borrow::Cow;

use dicom_core::Tag;
use dicom_dictionary_std::tags;

use crate::items::lexicon::Lexicon;
use crate::items::series_words::{Place, Say};
use crate::model::study::Instance;

use super::claim::Claim;
use super::kind::{Kind, Phase};

/// The texts of a series, the one that says most of it first.
const OWN: &[(Tag, &str, Option<&str>)] = &[
    (tags::SERIES_DESCRIPTION, "SeriesDescription", None),
    (tags::PROTOCOL_NAME, "ProtocolName", Some("protocol_weight")),
];

/// Texts that hold for more than the series: only contrast is taken from them.
const WIDE: &[(Tag, &str)] = &[
    (tags::STUDY_DESCRIPTION, "StudyDescription"),
    (tags::BODY_PART_EXAMINED, "BodyPartExamined"),
];

/// One word, with what it says.
#[derive(Debug)]
struct Word<'a> {
    say: &'a Say,
    weight: f64,
    source: &'static str,
    text: String,
}

/// The words of a series.
#[derive(Debug)]
pub struct Words<'a> {
    lexicon: &'a Lexicon,
    own: Vec<Word<'a>>,
    wide: Vec<Word<'a>>,
}

/// The star of T2* and R2* is no separator.
fn starred(text: &str) -> Cow<'_, str> {
    if text.contains("2*") { text.replace("2*", "2 STAR ").into() } else { text.into() }
}

impl<'a> Words<'a> {
    /// Reads them from an instance.
    pub fn of(instance: &Instance, lexicon: &'a Lexicon, modality: &str) -> Self {
        let read = |tag: Tag, source: &'static str, factor: f64| -> Vec<Word<'a>> {
            let Some(text) = instance.attributes.text(tag) else { return Vec::new() };
            let normal = lexicon.normalise(&starred(text));
            let found = lexicon.series.scan(&normal, modality);
            found
                .into_iter()
                .map(|f| {
                    let weight = f.say.weight * factor;
                    Word { say: f.say, weight, source, text: f.text }
                })
                .collect()
        };
        let factor = |name: Option<&str>| name.map_or(1.0, |n| lexicon.series.limit(n));
        let own = OWN.iter().flat_map(|(tag, source, f)| read(*tag, source, factor(*f))).collect();
        let study = lexicon.series.limit("study_weight");
        let wide = WIDE.iter().flat_map(|(tag, source)| read(*tag, source, study)).collect();
        Self { lexicon, own, wide }
    }

    /// Claims about a place of the words of the series.
    pub fn claims<T>(&self, place: Place, parse: impl Fn(&str) -> Option<T>) -> Vec<Claim<T>> {
        claims(&self.own, place, parse)
    }

    /// The kinds of the first text that names one, those of the highest rank first; of a purpose
    /// (localizer) any text may speak, and nothing else counts.
    pub fn kinds(&self) -> Vec<(Claim<Kind>, u32)> {
        let kinds: Vec<&Word<'_>> =
            self.own.iter().filter(|w| w.say.place == Place::Kind).collect();
        let highest = kinds.iter().map(|w| w.say.rank).max().unwrap_or_default();
        let purpose = highest >= PURPOSE;
        let source = kinds.first().map(|w| w.source);
        let spoken = |w: &&&Word<'_>| purpose || Some(w.source) == source;
        let rank = kinds.iter().filter(spoken).map(|w| w.say.rank).max().unwrap_or_default();
        let mut out: Vec<(Claim<Kind>, u32)> = Vec::new();
        for w in kinds.iter().filter(spoken).filter(|w| w.say.rank == rank || rank < PURPOSE) {
            let Some(kind) = Kind::parse(&w.say.value) else { continue };
            if out.iter().all(|(c, _)| c.value != kind) {
                out.push((Claim::new(kind, w.weight, w.source, w.text.clone()), w.say.rank));
            }
        }
        self.paired(&mut out);
        out.sort_by_key(|(_, rank)| std::cmp::Reverse(*rank));
        out
    }

    /// Two kinds that mean one together.
    fn paired(&self, kinds: &mut Vec<(Claim<Kind>, u32)>) {
        let means = |a: &Kind, b: &Kind| {
            let say = self.lexicon.series.code(Place::Pair, &format!("{a}+{b}"), "MR")?;
            Kind::parse(&say.value)
        };
        let meant = kinds.iter().enumerate().find_map(|(n, (a, _))| {
            kinds.iter().skip(n + 1).find_map(|(b, _)| means(&a.value, &b.value))
        });
        let (Some(meant), Some((first, _))) = (meant, kinds.first()) else { return };
        let rank = kinds.iter().map(|(_, r)| *r).max().unwrap_or_default();
        let text: Vec<&str> = kinds.iter().map(|(c, _)| c.text.as_str()).collect();
        let weight = kinds.iter().map(|(c, _)| c.weight).fold(0.0, f64::max);
        *kinds = vec![(Claim::new(meant, weight, first.source, text.join(" ")), rank)];
    }

    /// Contrast, from the words of the series, else from wider ones where they do not say both.
    pub fn contrast(&self) -> Vec<Claim<bool>> {
        self.narrow(Place::Contrast, yes_no)
    }

    /// Contrast phase, likewise; of several words the most definite.
    pub fn phases(&self) -> Vec<Claim<Phase>> {
        self.narrow(Place::Phase, Phase::parse)
    }

    fn narrow<T: PartialEq>(
        &self,
        place: Place,
        parse: impl Fn(&str) -> Option<T> + Copy,
    ) -> Vec<Claim<T>> {
        let own = claims(&self.own, place, parse);
        if !own.is_empty() {
            return own;
        }
        let wide = claims(&self.wide, place, parse);
        let one = wide.iter().all(|c| wide.first().is_some_and(|f| f.value == c.value));
        if one { wide } else { Vec::new() }
    }
}

/// The rank of words that say what a series is for.
pub const PURPOSE: u32 = 4;

fn claims<T>(words: &[Word<'_>], place: Place, parse: impl Fn(&str) -> Option<T>) -> Vec<Claim<T>> {
    let of_place = words.iter().filter(|w| w.say.place == place);
    let claim =
        |w: &Word<'_>| Some(Claim::new(parse(&w.say.value)?, w.weight, w.source, w.text.clone()));
    of_place.filter_map(claim).collect()
}

/// `yes` and `no`.
pub fn yes_no(word: &str) -> Option<bool> {
    match word {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    }
}

/// As facts tell it.
pub fn told(yes: &bool) -> Cow<'static, str> {
    if *yes { "yes" } else { "no" }.into()
}
