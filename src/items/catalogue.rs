//! One region's catalogue as item matching reads it: the columns of `items.csv`, and what its
//! structured columns and its own words say an item is.

use crate::policy::catalogue::{Catalogue as Rows, Item as Row, Side as RowSide};

use super::exam::{Class, Side, View};
use super::lexicon::Lexicon;
use super::normalise::compact;
use super::text;

/// The side an item asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ItemSide {
    /// No side is printed.
    Any,
    /// This one.
    One(Side),
    /// One side, left or right.
    Either,
}

/// An item as the matcher compares it.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// The row it comes from.
    pub row: Row,
    /// Parts it covers: the structured one, and the one its definition calls it by.
    pub anatomies: Vec<String>,
    /// Its side.
    pub side: ItemSide,
    /// Projections, every one needed; each a list of alternatives.
    pub views: Vec<Vec<View>>,
    /// Contrast class.
    pub class: Class,
    /// The one sequence it adds to, or consists of.
    pub sequence: Option<String>,
    /// `low-dose`, `high-resolution`.
    pub techniques: Vec<String>,
    /// For infants only.
    pub infant: bool,
    /// Its name without words that repeat the modality.
    pub compact: String,
    /// Codes it answers to, in normal form.
    pub codes: Vec<String>,
}

/// The catalogue of a profile.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Catalogue {
    /// Policy folder name.
    pub profile: String,
    /// Its items.
    pub items: Vec<Item>,
}

/// Sequences that are items of their own in some lists.
const LONE_SEQUENCES: &[&str] = &["DWI", "SWI", "MRS", "DTI"];

impl Catalogue {
    /// Prepares the rows of a profile's catalogue that a study can be.
    pub fn new(profile: &str, rows: &Rows, lexicon: &Lexicon) -> Self {
        let items = rows.items().map(|r| Item::new(r.clone(), lexicon)).collect();
        Self { profile: profile.to_owned(), items }
    }

    /// The item of an identity.
    pub fn item(&self, uid: &str) -> Option<&Item> {
        self.items.iter().find(|i| i.row.uid == uid)
    }
}

impl Item {
    fn new(row: Row, lexicon: &Lexicon) -> Self {
        let normal = lexicon.normalise(row.shown_name());
        let named = text::read(lexicon, &normal, &row.modality);
        let says = |word: &str| {
            let said = named.parts.iter().map(|p| &p.modifiers).chain([&named.loose]);
            said.into_iter().any(|m| m.contrasts.iter().chain(&m.techniques).any(|c| c == word))
        };
        let sequences = row.sequences_required.to_string();
        let printed_class = Class::parse(&row.contrast).unwrap_or(Class::Unknown);
        let lone = LONE_SEQUENCES.iter().find(|s| **s == sequences);
        let alone = lone.is_some() && !says("plain");
        let hydrography = sequences == "heavily-T2-hydrography";
        let class =
            if alone && printed_class == Class::Plain { Class::Sequence } else { printed_class };
        let sequence = match lone {
            Some(s) => Some((*s).to_owned()),
            None if hydrography && class == Class::Plain => Some("hydrography".to_owned()),
            None => None,
        };
        let techniques = row
            .postprocessing_required
            .words()
            .filter(|t| matches!(*t, "low-dose" | "high-resolution"))
            .map(str::to_owned)
            .collect();
        let side = match row.laterality {
            RowSide::Unsided => ItemSide::Any,
            RowSide::L => ItemSide::One(Side::L),
            RowSide::R => ItemSide::One(Side::R),
            RowSide::B => ItemSide::One(Side::B),
            RowSide::Either => ItemSide::Either,
        };
        let views = row
            .views
            .0
            .iter()
            .map(|group| group.iter().map(|v| View::parse(v)).collect())
            .collect();
        let codes = [&row.code, &row.code_fixed]
            .into_iter()
            .filter(|c| !c.is_empty())
            .map(|c| normal_code(c))
            .collect();
        Self {
            anatomies: anatomies(&row, lexicon),
            side,
            views,
            class,
            sequence,
            techniques,
            infant: says("infant"),
            compact: compact(&normal),
            codes,
            row,
        }
    }
}

/// The structured part, and the part that the item's definition calls it by where that is another
/// (`尺桡骨` defined as `前臂`).
fn anatomies(row: &Row, lexicon: &Lexicon) -> Vec<String> {
    let mut out = vec![row.anatomy_base.clone()];
    let reading = text::read(lexicon, &lexicon.normalise(&row.definition), &row.modality);
    if let [part] = reading.parts.as_slice()
        && let [one] = part.anatomy.as_slice()
        && !out.contains(one)
    {
        out.push(one.clone());
    }
    out
}

/// A code as it is compared: upper case, letters O and I read as the digits they are misread for,
/// Beijing's `-00` cut off.
pub fn normal_code(code: &str) -> String {
    let mut s: String = code
        .trim()
        .chars()
        .flat_map(char::to_uppercase)
        .map(|c| match c {
            'O' => '0',
            'I' => '1',
            c => c,
        })
        .collect();
    if let Some(cut) = s.strip_suffix("-00") {
        s.truncate(cut.len());
    }
    s
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "seq,modality,region,name,code,definition,modality_norm,anatomy_en,\
        laterality,views,contrast,phases_required,sequences_required,planes_required,\
        postprocessing_required,name_fixed,code_fixed,fix_confidence,remarks,anatomy_base,row_kind,\
        code_decoded,item_uid,source_line";

    fn catalogue(row: &str) -> Catalogue {
        let lexicon = Lexicon::embedded().unwrap();
        let mut errors = Vec::new();
        let rows =
            crate::policy::catalogue_read::read("t", &format!("{HEADER}\n{row}\n"), &mut errors);
        assert!(errors.is_empty(), "{errors:?}");
        Catalogue::new("t", &rows, &lexicon)
    }

    #[test]
    fn misread_letters_and_the_suffix_do_not_change_a_code() {
        assert_eq!(normal_code("BPOLZZZZB-00"), "BP0LZZZZB");
        assert_eq!(normal_code(" b022lozzz"), "B022L0ZZZ");
    }

    #[test]
    fn a_sequence_item_is_told_from_a_plain_item_with_the_sequence() {
        let class = |name: &str| {
            let row =
                format!("1,MR,头,{name},,,MR,head,none,,plain,,DWI,,,,,,,head,printed,,T-1,1");
            catalogue(&row).items.first().map(|i| i.class)
        };
        assert_eq!(class("头颅DWI"), Some(Class::Sequence));
        assert_eq!(class("头颅平扫+DWI"), Some(Class::Plain));
    }

    #[test]
    fn a_definition_adds_the_name_it_calls_the_part_by() {
        let row = "1,CT,上肢,左尺桡骨平扫,,左侧前臂CT薄层扫描（3D 处理）,CT,left_radius_ulna,L,,plain,,,,,,,,,\
            radius_ulna,printed,,T-1,1";
        let item = catalogue(row).items.remove(0);
        assert_eq!(item.anatomies, ["radius_ulna", "forearm"]);
        assert_eq!(item.side, ItemSide::One(Side::L));
    }

    #[test]
    fn damaged_text_is_no_item() {
        let row = "1,MR,下肢,站立 MRI 平扫,,,MR,knee,none,,plain,,,,,,,,,knee,ocr_garbage,,T-1,1";
        assert!(catalogue(row).items.is_empty());
    }
}
