//! One region's catalogue as item matching reads it: the columns of `items.csv`, and what its
//! structured columns and its own words say an item is.

use std::path::PathBuf;

use super::exam::{Class, Side, View};
use super::lexicon::Lexicon;
use super::normalise::compact;
use super::text;

/// One row of `items.csv`, as printed and as repaired.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Deserialize)]
pub struct ItemRow {
    /// Stable identity, e.g. `BJ-001`.
    pub item_uid: String,
    /// Name as printed.
    pub name: String,
    /// Code as printed.
    pub code: String,
    /// What the document says the item is.
    pub definition: String,
    /// CT, MR, DX, MG, RF.
    pub modality_norm: String,
    /// `none`, `L`, `R`, `B`, `L|R`.
    pub laterality: String,
    /// Projections.
    pub views: String,
    /// Contrast class.
    pub contrast: String,
    /// Sequences required.
    pub sequences_required: String,
    /// Post-processing required.
    pub postprocessing_required: String,
    /// Name repaired, where the print is damaged.
    pub name_fixed: String,
    /// Code repaired.
    pub code_fixed: String,
    /// Part of the body without a side.
    pub anatomy_base: String,
    /// `printed`, `expanded`, or damaged text that is no item.
    pub row_kind: String,
}

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
    pub row: ItemRow,
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

/// A catalogue could not be read.
#[derive(Debug, thiserror::Error)]
pub enum CatalogueError {
    /// The file cannot be read.
    #[error("{path}: {source}")]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A row cannot be read.
    #[error("catalogue of {profile}: {why}")]
    Row {
        /// Which profile.
        profile: String,
        /// Why, with the line.
        why: String,
    },
}

/// Sequences that are items of their own in some lists.
const LONE_SEQUENCES: &[&str] = &["DWI", "SWI", "MRS", "DTI"];

impl Catalogue {
    /// Reads the text of an `items.csv`.
    pub fn parse(profile: &str, csv_text: &str, lexicon: &Lexicon) -> Result<Self, CatalogueError> {
        let mut reader = csv::Reader::from_reader(csv_text.as_bytes());
        let mut rows = Vec::new();
        for row in reader.deserialize::<ItemRow>() {
            rows.push(row.map_err(|e| CatalogueError::Row {
                profile: profile.to_owned(),
                why: e.to_string(),
            })?);
        }
        Ok(Self::from_rows(profile, rows, lexicon))
    }

    /// Builds the catalogue from rows; rows that are no item are left out.
    pub fn from_rows(profile: &str, rows: Vec<ItemRow>, lexicon: &Lexicon) -> Self {
        let is_item = |r: &ItemRow| matches!(r.row_kind.as_str(), "printed" | "expanded");
        // A collective entry is matched by its parts.
        let collective = |r: &ItemRow| r.anatomy_base == "multiple";
        let items = rows
            .into_iter()
            .filter(|r| is_item(r) && !collective(r))
            .map(|r| Item::new(r, lexicon))
            .collect();
        Self { profile: profile.to_owned(), items }
    }

    /// The item of an identity.
    pub fn item(&self, uid: &str) -> Option<&Item> {
        self.items.iter().find(|i| i.row.item_uid == uid)
    }
}

impl Item {
    fn new(row: ItemRow, lexicon: &Lexicon) -> Self {
        let printed = if row.name_fixed.is_empty() { &row.name } else { &row.name_fixed };
        let normal = lexicon.normalise(printed);
        let named = text::read(lexicon, &normal, &row.modality_norm);
        let says = |word: &str| {
            let said = named.parts.iter().map(|p| &p.modifiers).chain([&named.loose]);
            said.into_iter().any(|m| m.contrasts.iter().chain(&m.techniques).any(|c| c == word))
        };
        let printed_class = Class::parse(&row.contrast).unwrap_or(Class::Unknown);
        let lone = LONE_SEQUENCES.iter().find(|s| **s == row.sequences_required);
        let alone = lone.is_some() && !says("plain");
        let hydrography = row.sequences_required == "heavily-T2-hydrography";
        let class =
            if alone && printed_class == Class::Plain { Class::Sequence } else { printed_class };
        let sequence = match lone {
            Some(s) => Some((*s).to_owned()),
            None if hydrography && class == Class::Plain => Some("hydrography".to_owned()),
            None => None,
        };
        let techniques = row
            .postprocessing_required
            .split(';')
            .filter(|t| matches!(*t, "low-dose" | "high-resolution"))
            .map(str::to_owned)
            .collect();
        let side = match row.laterality.as_str() {
            "L|R" => ItemSide::Either,
            other => Side::parse(other).map_or(ItemSide::Any, ItemSide::One),
        };
        let views = row
            .views
            .split(';')
            .filter(|t| !t.is_empty())
            .map(|t| t.split('|').map(View::parse).collect())
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
fn anatomies(row: &ItemRow, lexicon: &Lexicon) -> Vec<String> {
    let mut out = vec![row.anatomy_base.clone()];
    let reading = text::read(lexicon, &lexicon.normalise(&row.definition), &row.modality_norm);
    if let [part] = reading.parts.as_slice() {
        if let [one] = part.anatomy.as_slice() {
            if !out.contains(one) {
                out.push(one.clone());
            }
        }
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

    fn row(name: &str, modality: &str, anatomy: &str) -> ItemRow {
        ItemRow {
            name: name.to_owned(),
            modality_norm: modality.to_owned(),
            anatomy_base: anatomy.to_owned(),
            row_kind: "printed".to_owned(),
            laterality: "none".to_owned(),
            ..ItemRow::default()
        }
    }

    #[test]
    fn misread_letters_and_the_suffix_do_not_change_a_code() {
        assert_eq!(normal_code("BPOLZZZZB-00"), "BP0LZZZZB");
        assert_eq!(normal_code(" b022lozzz"), "B022L0ZZZ");
    }

    #[test]
    fn a_sequence_item_is_told_from_a_plain_item_with_the_sequence() {
        let lexicon = Lexicon::embedded().unwrap();
        let with = |name: &str| {
            let mut r = row(name, "MR", "head");
            r.contrast = "plain".to_owned();
            r.sequences_required = "DWI".to_owned();
            Item::new(r, &lexicon)
        };
        assert_eq!(with("头颅DWI").class, Class::Sequence);
        assert_eq!(with("头颅平扫+DWI").class, Class::Plain);
    }

    #[test]
    fn a_definition_adds_the_name_it_calls_the_part_by() {
        let lexicon = Lexicon::embedded().unwrap();
        let mut r = row("左尺桡骨平扫", "CT", "radius_ulna");
        r.definition = "左侧前臂CT薄层扫描（3D 处理）".to_owned();
        assert_eq!(anatomies(&r, &lexicon), ["radius_ulna", "forearm"]);
    }

    #[test]
    fn damaged_text_is_no_item() {
        let lexicon = Lexicon::embedded().unwrap();
        let mut garbage = row("站立 MRI 平扫", "MR", "knee");
        garbage.row_kind = "ocr_garbage".to_owned();
        assert!(Catalogue::from_rows("x", vec![garbage], &lexicon).items.is_empty());
    }
}
