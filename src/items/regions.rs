//! Which parts of the body the header of a series names, and the regions they lie in: enough to say
//! that two statements exclude each other, and nothing finer.

use std::collections::BTreeSet;

use dicom_dictionary_std::tags;

use crate::model::study::Series;

use super::describe::series_lines;
use super::images;
use super::lexicon::{Lexicon, SideModel};
use super::text::{self, Part};

/// What a series says of the part of the body.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    /// Body Part Examined as written; `None` where it is absent or nobody understands it.
    pub attribute: Option<String>,
    /// What attribute and words name, with every meaning of an ambiguous word.
    pub anatomy: BTreeSet<String>,
    /// Regions of the part that Body Part Examined names; empty where it is in none.
    pub attribute_regions: BTreeSet<String>,
    /// Regions of the parts that the words of the series name.
    pub words_regions: BTreeSet<String>,
    /// Whether attribute or words name a part, and every one they name is imaged side by side (a
    /// hand, a knee, a breast).
    pub paired: bool,
}

/// Reads the first instance of a series.
pub fn of_series(lexicon: &Lexicon, series: &Series) -> Parts {
    let Some(first) = series.instances.first() else { return Parts::default() };
    let Some(modality) = lexicon.modality(&series.modality) else { return Parts::default() };
    let attribute = images::body_part(lexicon, first, modality);
    let lines = series_lines(first);
    let words: Vec<Part> = lines
        .iter()
        .flat_map(|l| text::read(lexicon, &lexicon.normalise(&l.text), modality).parts)
        .collect();
    let mut anatomy = words.iter().chain(&attribute).flat_map(|p| &p.anatomy).peekable();
    let named = anatomy.peek().is_some();
    Parts {
        anatomy: words.iter().chain(&attribute).flat_map(|p| p.anatomy.clone()).collect(),
        paired: named && anatomy.all(|a| lexicon.side_model(a) == SideModel::Paired),
        attribute_regions: attribute.as_ref().map(|p| regions(lexicon, p)).unwrap_or_default(),
        words_regions: words.iter().flat_map(|p| regions(lexicon, p)).collect(),
        attribute: attribute
            .and_then(|_| first.attributes.text(tags::BODY_PART_EXAMINED))
            .map(str::to_owned),
    }
}

/// The regions of a part; none where one of its alternatives is in none, as it may be anywhere.
fn regions(lexicon: &Lexicon, part: &Part) -> BTreeSet<String> {
    if part.anatomy.iter().any(|a| lexicon.regions(a).is_empty()) {
        return BTreeSet::new();
    }
    part.anatomy.iter().flat_map(|a| lexicon.regions(a).to_vec()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::items::lexicon::RelationKind;

    #[test]
    fn parts_that_are_related_share_a_region() {
        let lexicon = Lexicon::embedded().unwrap();
        let kinds = [
            RelationKind::Same,
            RelationKind::Maybe,
            RelationKind::Parts,
            RelationKind::Umbrella,
            RelationKind::Within,
            RelationKind::Joined,
        ];
        for relation in kinds.into_iter().flat_map(|k| lexicon.relations_of(k)) {
            let from = lexicon.regions(&relation.from);
            for to in &relation.to {
                let other = lexicon.regions(to);
                let apart = !from.is_empty() && !other.is_empty();
                let shared = from.iter().any(|r| other.contains(r));
                assert!(!apart || shared, "{} and {to}", relation.from);
            }
        }
    }
}
