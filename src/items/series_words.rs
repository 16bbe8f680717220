//! What words, codes and numbers say of a series, as data: `series_words.csv` and
//! `series_limits.csv` of the synonyms. Nothing here knows what a sequence is.

use std::collections::BTreeMap;

use super::lexicon::run;
use super::normalise::normalise;

/// Where a row of `series_words.csv` looks, and what about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// Free text: what the series is.
    Kind,
    /// Free text: plane.
    Plane,
    /// Free text: fat suppression.
    Fat,
    /// Free text: contrast.
    Contrast,
    /// Free text: contrast phase.
    Phase,
    /// Free text: rendering.
    Rendering,
    /// Free text: kernel.
    Kernel,
    /// Free text: 2D or 3D.
    Dimension,
    /// Free text: a word that only protects its characters.
    Ignore,
    /// A value of Image Type or Frame Type: kind.
    ImageKind,
    /// A value of Image Type or Frame Type: rendering.
    ImageRendering,
    /// A value of Image Type or Frame Type: fat suppression.
    ImageFat,
    /// A value of Acquisition Contrast: kind.
    AcquisitionContrast,
    /// A value of Scan Options: kind.
    ScanKind,
    /// A value of Scan Options: fat suppression.
    ScanFat,
    /// The beginning of Sequence Name: technique.
    Sequence,
    /// The beginning of Convolution Kernel, with the range of its number behind a colon.
    KernelName,
    /// A value of Contrast/Bolus Agent that means none.
    NoAgent,
    /// A word of Contrast/Bolus Route: `oral`, `vessel`.
    Route,
    /// The beginning of Manufacturer, of makers that state fat saturation in Scan Options.
    FillsScanFat,
    /// A kind that physics gives, and one that words may make of it.
    Refines,
    /// A kind that words give, and one that physics may make of it.
    Covers,
    /// Two kinds that words give together, joined by `+`, and what they mean.
    Pair,
}

impl Place {
    fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "kind" => Self::Kind,
            "plane" => Self::Plane,
            "fat" => Self::Fat,
            "contrast" => Self::Contrast,
            "phase" => Self::Phase,
            "rendering" => Self::Rendering,
            "kernel" => Self::Kernel,
            "dimension" => Self::Dimension,
            "ignore" => Self::Ignore,
            "image-kind" => Self::ImageKind,
            "image-rendering" => Self::ImageRendering,
            "image-fat" => Self::ImageFat,
            "acquisition-contrast" => Self::AcquisitionContrast,
            "scan-kind" => Self::ScanKind,
            "scan-fat" => Self::ScanFat,
            "sequence" => Self::Sequence,
            "kernel-name" => Self::KernelName,
            "no-agent" => Self::NoAgent,
            "route" => Self::Route,
            "fills-scan-fat" => Self::FillsScanFat,
            "refines" => Self::Refines,
            "covers" => Self::Covers,
            "pair" => Self::Pair,
            _ => return None,
        })
    }

    fn is_free_text(self) -> bool {
        self <= Self::Ignore
    }
}

/// How sure a rule is; the numbers stand in `series_limits.csv`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grade {
    /// The maker writes it in so many words.
    Coded,
    /// Timing that nothing else has.
    Sure,
    /// Timing or a code that leaves a small doubt.
    Firm,
    /// More likely than what words say against it.
    Likely,
    /// Words decide.
    Fair,
    /// Little more than a beginning.
    Weak,
    /// Less.
    Faint,
}

impl Grade {
    fn limit(self) -> &'static str {
        match self {
            Self::Coded => "weight_coded",
            Self::Sure => "weight_sure",
            Self::Firm => "weight_firm",
            Self::Likely => "weight_likely",
            Self::Fair => "weight_fair",
            Self::Weak => "weight_weak",
            Self::Faint => "weight_faint",
        }
    }
}

/// What a row says.
#[derive(Clone, Debug, PartialEq)]
pub struct Say {
    /// About what.
    pub place: Place,
    /// What, in the words of the results.
    pub value: String,
    /// How sure, 0 to 1.
    pub weight: f64,
    /// Among words of one text the higher rank counts: 1 weighting, 2 technique, 3 map, 4 purpose.
    pub rank: u32,
    modality: String,
}

impl Say {
    fn holds_in(&self, modality: &str) -> bool {
        self.modality.is_empty() || self.modality == modality
    }
}

#[derive(Clone, Debug)]
struct Term {
    chars: Vec<char>,
    says: Vec<Say>,
}

/// A word found in a text.
#[derive(Clone, Debug, PartialEq)]
pub struct Found<'a> {
    /// What it says.
    pub say: &'a Say,
    /// The characters that matched.
    pub text: String,
}

/// All rows.
#[derive(Clone, Debug, Default)]
pub struct SeriesLexicon {
    /// Free text, by first character, the longest first.
    terms: BTreeMap<char, Vec<Term>>,
    codes: BTreeMap<(Place, String), Vec<Say>>,
    limits: BTreeMap<String, f64>,
}

impl SeriesLexicon {
    pub(super) fn take_word(
        &mut self,
        [place, term, value, rank, weight, modality]: [&str; 6],
        traditional: &BTreeMap<char, char>,
    ) -> Result<(), String> {
        let place = Place::parse(place).ok_or_else(|| format!("unknown place {place}"))?;
        let weight: f64 = weight.parse().map_err(|_| format!("no weight: {weight}"))?;
        if !(0.0..=1.0).contains(&weight) {
            return Err(format!("a weight lies between 0 and 1: {weight}"));
        }
        let rank = rank.parse().map_err(|_| format!("no rank: {rank}"))?;
        let (value, modality) = (value.to_owned(), modality.to_owned());
        let say = Say { place, value, weight, rank, modality };
        if !place.is_free_text() {
            let key = (place, term.trim().to_uppercase());
            self.codes.entry(key).or_default().push(say);
            return Ok(());
        }
        let chars: Vec<char> = normalise(term, traditional).chars().collect();
        let Some(first) = chars.first().copied() else { return Err("empty term".to_owned()) };
        let row = self.terms.entry(first).or_default();
        match row.iter_mut().find(|t| t.chars == chars) {
            Some(term) => term.says.push(say),
            None => row.push(Term { chars, says: vec![say] }),
        }
        Ok(())
    }

    /// Ends reading: the longest term comes first.
    pub(super) fn finish(&mut self) {
        for row in self.terms.values_mut() {
            row.sort_by(|a, b| b.chars.len().cmp(&a.chars.len()).then(a.chars.cmp(&b.chars)));
        }
    }

    pub(super) fn take_limit(&mut self, name: &str, value: &str) -> Result<(), String> {
        let number: f64 = value.parse().map_err(|_| format!("no number: {value}"))?;
        self.limits.insert(name.to_owned(), number);
        Ok(())
    }

    pub(super) fn has_limit(&self, name: &str) -> bool {
        self.limits.contains_key(name)
    }

    /// A number of `series_limits.csv`; loading guarantees those built in. Any other is one that no
    /// comparison holds for.
    pub fn limit(&self, name: &str) -> f64 {
        self.limits.get(name).copied().unwrap_or(f64::NAN)
    }

    /// The weight of a grade.
    pub fn weight(&self, grade: Grade) -> f64 {
        self.limit(grade.limit())
    }

    /// What a whole value says; upper and lower case are the same.
    pub fn code(&self, place: Place, value: &str, modality: &str) -> Option<&Say> {
        let says = self.codes.get(&(place, value.trim().to_uppercase()))?;
        says.iter().find(|s| s.holds_in(modality))
    }

    /// What the longest row says that a value begins with.
    pub fn prefix(&self, place: Place, value: &str, modality: &str) -> Option<&Say> {
        self.prefixes(place, value).find_map(|(_, s)| s.iter().find(|s| s.holds_in(modality)))
    }

    /// What the row says of a value that is a name and a number (`Br40`): rows are `Br:10-49`.
    pub fn numbered(&self, place: Place, name: &str, number: u32) -> Option<&Say> {
        let name = name.to_uppercase();
        let mut rows = self.codes.range((place, format!("{name}:"))..(place, format!("{name};")));
        rows.find_map(|((_, key), says)| {
            let (from, to) = key.split_once(':')?.1.split_once('-')?;
            let range = from.parse().ok()?..=to.parse().ok()?;
            says.first().filter(|_| range.contains(&number))
        })
    }

    fn prefixes(&self, place: Place, value: &str) -> impl Iterator<Item = (&str, &[Say])> {
        let value = value.trim().to_uppercase();
        let ends: Vec<usize> = value.char_indices().map(|(at, c)| at + c.len_utf8()).collect();
        ends.into_iter().rev().filter_map(move |end| {
            let (key, says) = self.codes.get_key_value(&(place, value.get(..end)?.to_owned()))?;
            Some((key.1.as_str(), says.as_slice()))
        })
    }

    /// What the words of a normal text say, the longest at each place, from left to right.
    pub fn scan(&self, normal: &str, modality: &str) -> Vec<Found<'_>> {
        let text: Vec<char> = normal.chars().collect();
        let mut found = Vec::new();
        let (mut at, mut after_hit) = (0, false);
        while at < text.len() {
            match self.longest(&text, at, after_hit, modality) {
                Some((term, end)) => {
                    let matched: String = text.get(at..end).unwrap_or_default().iter().collect();
                    let says = term.says.iter().filter(|s| s.holds_in(modality));
                    found.extend(says.map(|say| Found { say, text: matched.clone() }));
                    (at, after_hit) = (end, true);
                }
                None => (at, after_hit) = (at + 1, false),
            }
        }
        found
    }

    fn longest(
        &self,
        text: &[char],
        at: usize,
        after_hit: bool,
        modality: &str,
    ) -> Option<(&Term, usize)> {
        let terms = self.terms.get(text.get(at)?)?;
        let holds = |t: &&Term| t.says.iter().any(|s| s.holds_in(modality));
        terms.iter().filter(holds).find_map(|term| {
            let end = matched(&term.chars, text, at, after_hit)?;
            self.closed(&term.chars, text, end).then_some((term, end))
        })
    }

    /// Whether a match ends where a word ends, or where another word is written on without a gap
    /// (`SAGT2`, `T2FS`).
    fn closed(&self, term: &[char], text: &[char], end: usize) -> bool {
        let (Some(last), Some(next)) = (term.last(), text.get(end)) else { return true };
        if matches!(last, '+' | '-') {
            return !next.is_ascii_alphanumeric();
        }
        if !last.is_ascii_alphanumeric() || !next.is_ascii_alphanumeric() {
            return true;
        }
        let glued = self.terms.get(next).map(Vec::as_slice).unwrap_or_default();
        term.len() > 1
            && glued.iter().filter(|t| t.chars.len() > 1).any(|t| {
                let end = matched(&t.chars, text, end, true);
                end.is_some_and(|end| self.closed(&t.chars, text, end))
            })
    }
}

/// The end of a term that stands at `at`.
fn matched(term: &[char], text: &[char], at: usize, after_hit: bool) -> Option<usize> {
    let inside =
        at.checked_sub(1).and_then(|b| text.get(b)).is_some_and(char::is_ascii_alphanumeric);
    if inside && !after_hit && term.first().is_some_and(char::is_ascii_alphanumeric) {
        return None;
    }
    run(term, text, at)
}

#[cfg(test)]
#[path = "series_words_tests.rs"]
mod tests;
