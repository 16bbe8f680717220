//! Reads the synonyms of `policies/synonyms/`: the files built in, or a folder with the same ones.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use csv::StringRecord;
use sha2::{Digest, Sha256};

use super::lexicon::{Facet, Lexicon, Relation, RelationKind, Sense, SideModel, Term};
use super::naming::NameElement;
use super::normalise::normalise;

/// The synonyms could not be read.
#[derive(Debug, thiserror::Error)]
pub enum LexiconError {
    /// A file of the folder cannot be read.
    #[error("{path}: {source}")]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A row is not what the file's header says.
    #[error("{file}, line {line}: {why}")]
    Row {
        /// Which file.
        file: String,
        /// Which line, from 1.
        line: u64,
        /// Why.
        why: String,
    },
}

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../policies/synonyms/", $name, ".csv")))),*]
    };
}

/// Every file of `policies/synonyms/`, as built in.
const EMBEDDED: &[(&str, &str)] = files![
    "traditional",
    "anatomies",
    "regions",
    "relations",
    "modality",
    "anatomy",
    "side",
    "view",
    "posture",
    "contrast",
    "technique",
    "ignore",
    "modality_value",
    "view_position",
    "body_part",
    "limits",
    "naming",
    "series_words",
    "series_limits",
];

const TERMS: &[(&str, Facet)] = &[
    ("modality", Facet::Modality),
    ("anatomy", Facet::Anatomy),
    ("side", Facet::Side),
    ("view", Facet::View),
    ("posture", Facet::Posture),
    ("contrast", Facet::Contrast),
    ("technique", Facet::Technique),
    ("ignore", Facet::Ignore),
];

/// The limits that a folder of synonyms has to state: those built in.
fn limit_names() -> impl Iterator<Item = &'static str> {
    let files = EMBEDDED.iter().filter(|(name, _)| *name == "series_limits");
    files.flat_map(|(_, text)| text.lines().skip(1)).filter_map(|l| l.split(',').next())
}

impl Lexicon {
    /// The synonyms built into the binary.
    pub fn embedded() -> Result<Self, LexiconError> {
        Self::parse(EMBEDDED.iter().map(|(name, text)| (*name, (*text).to_owned())))
    }

    /// The synonyms of a folder that holds the same files.
    pub fn load(folder: &Path) -> Result<Self, LexiconError> {
        let mut texts = Vec::with_capacity(EMBEDDED.len());
        for (name, _) in EMBEDDED {
            let path = folder.join(format!("{name}.csv"));
            let text = std::fs::read_to_string(&path)
                .map_err(|source| LexiconError::Read { path, source })?;
            texts.push((*name, text));
        }
        let lexicon = Self::parse(texts.into_iter())?;
        for name in limit_names() {
            if !lexicon.series.has_limit(name) {
                let why = format!("the row {name} is missing");
                return Err(LexiconError::Row {
                    file: "series_limits.csv".to_owned(),
                    line: 1,
                    why,
                });
            }
        }
        Ok(lexicon)
    }

    fn parse(files: impl Iterator<Item = (&'static str, String)>) -> Result<Self, LexiconError> {
        let mut lexicon = Self::default();
        let mut terms: BTreeMap<String, Vec<Sense>> = BTreeMap::new();
        let mut digest = Sha256::new();
        for (name, text) in files {
            digest.update(name.as_bytes());
            // A checkout that rewrites line ends has the same synonyms.
            digest.update(text.replace('\r', "").as_bytes());
            each_row(name, &text, |line, row| lexicon.take(name, line, row, &mut terms))?;
        }
        lexicon.series.finish();
        for (term, senses) in terms {
            let chars: Vec<char> = term.chars().collect();
            let Some(first) = chars.first().copied() else { continue };
            lexicon.terms.entry(first).or_default().push(Term { chars, senses });
        }
        for byte in digest.finalize() {
            let _ = write!(lexicon.digest, "{byte:02x}");
        }
        Ok(lexicon)
    }

    fn take(
        &mut self,
        name: &'static str,
        line: u64,
        row: &StringRecord,
        terms: &mut BTreeMap<String, Vec<Sense>>,
    ) -> Result<(), LexiconError> {
        let wrong = |why: String| LexiconError::Row { file: format!("{name}.csv"), line, why };
        let cell = |at: usize| {
            row.get(at).map(str::trim).ok_or_else(|| wrong(format!("no column {}", at + 1)))
        };
        let words = |s: &str| s.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        match name {
            "traditional" => {
                let pair = (cell(0)?.chars().next(), cell(1)?.chars().next());
                if let (Some(a), Some(b)) = pair {
                    self.traditional.insert(a, b);
                }
            }
            "anatomies" => {
                let model = match cell(1)? {
                    "paired" => SideModel::Paired,
                    "whole" => SideModel::Whole,
                    "midline" => SideModel::Midline,
                    other => return Err(wrong(format!("unknown side model {other}"))),
                };
                self.sides.insert(cell(0)?.to_owned(), model);
            }
            "regions" => {
                self.regions.insert(cell(0)?.to_owned(), words(cell(1)?));
            }
            "naming" => {
                let element = NameElement::parse(cell(1)?)
                    .ok_or_else(|| wrong("unknown element of a name".to_owned()))?;
                let asked = match cell(2)? {
                    "yes" => true,
                    "no" => false,
                    other => return Err(wrong(format!("neither yes nor no: {other}"))),
                };
                self.names.insert((cell(0)?.to_owned(), element), asked);
            }
            "series_words" => {
                let columns = [cell(0)?, cell(1)?, cell(2)?, cell(3)?, cell(4)?, cell(5)?];
                self.series.take_word(columns, &self.traditional).map_err(wrong)?;
            }
            "series_limits" => self.series.take_limit(cell(0)?, cell(1)?).map_err(wrong)?,
            "limits" => {
                let value = cell(1)?.parse().map_err(|_| wrong("not a whole number".to_owned()))?;
                self.limits.insert(cell(0)?.to_owned(), value);
            }
            "relations" => {
                let kind = match cell(0)? {
                    "same" => RelationKind::Same,
                    "maybe" => RelationKind::Maybe,
                    "parts" => RelationKind::Parts,
                    "umbrella" => RelationKind::Umbrella,
                    "within" => RelationKind::Within,
                    "joined" => RelationKind::Joined,
                    other => return Err(wrong(format!("unknown relation {other}"))),
                };
                self.relations.push(Relation {
                    kind,
                    from: cell(1)?.to_owned(),
                    to: cell(2)?.split(';').map(str::to_owned).collect(),
                    modalities: words(cell(3)?),
                    technique: cell(4)?.to_owned(),
                });
            }
            _ => {
                let sense = |facet| -> Result<Sense, LexiconError> {
                    Ok(Sense { facet, value: cell(1)?.to_owned(), modalities: words(cell(2)?) })
                };
                let term = normalise(cell(0)?, &self.traditional);
                if term.is_empty() {
                    return Err(wrong("empty term".to_owned()));
                }
                if let Some((_, facet)) = TERMS.iter().find(|(n, _)| *n == name) {
                    terms.entry(term).or_default().push(sense(*facet)?);
                } else {
                    let facet = match name {
                        "view_position" => Facet::View,
                        "body_part" => Facet::Anatomy,
                        _ => Facet::Modality,
                    };
                    self.lookups.entry((name, term)).or_default().push(sense(facet)?);
                }
            }
        }
        Ok(())
    }
}

/// Hands on every row with its line; one record is filled again and again.
fn each_row(
    name: &str,
    text: &str,
    mut take: impl FnMut(u64, &StringRecord) -> Result<(), LexiconError>,
) -> Result<(), LexiconError> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
    let mut row = StringRecord::new();
    loop {
        let more = reader.read_record(&mut row).map_err(|e| LexiconError::Row {
            file: format!("{name}.csv"),
            line: e.position().map_or(0, csv::Position::line),
            why: e.to_string(),
        })?;
        if !more {
            return Ok(());
        }
        take(row.position().map_or(0, csv::Position::line), &row)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_row_names_file_and_line() {
        let files = vec![("anatomies", "anatomy,sides\nknee,often\n".to_owned())];
        let error = Lexicon::parse(files.into_iter()).unwrap_err().to_string();
        assert!(error.contains("anatomies.csv, line 2"), "{error}");
    }

    #[test]
    fn the_digest_follows_the_words_and_not_the_line_ends() {
        let digest =
            |text: &str| Lexicon::parse([("side", text.to_owned())].into_iter()).unwrap().digest;
        let unix = digest("term,value,modality\n左,L,\n");
        assert_eq!(unix, digest("term,value,modality\r\n左,L,\r\n"));
        assert_ne!(unix, digest("term,value,modality\n左,R,\n"));
    }

    #[test]
    fn a_folder_that_lacks_a_limit_is_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in EMBEDDED {
            let lines = text.lines().filter(|l| !l.starts_with("representatives_max,"));
            let text = lines.collect::<Vec<_>>().join("\n");
            std::fs::write(folder.path().join(format!("{name}.csv")), text).unwrap();
        }
        let error = Lexicon::load(folder.path()).unwrap_err().to_string();
        assert!(error.contains("series_limits.csv") && error.contains("representatives_max"));
    }

    #[test]
    fn the_embedded_synonyms_are_the_folder() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("policies/synonyms");
        let mut found: Vec<String> = std::fs::read_dir(&folder)
            .unwrap()
            .map(|e| e.unwrap().file_name().to_string_lossy().into_owned())
            .filter_map(|n| n.strip_suffix(".csv").map(str::to_owned))
            .collect();
        found.sort();
        let mut listed: Vec<String> = EMBEDDED.iter().map(|(n, _)| (*n).to_owned()).collect();
        listed.sort();
        assert_eq!(found, listed);
        let loaded = Lexicon::load(&folder).unwrap();
        assert_eq!(loaded.digest, Lexicon::embedded().unwrap().digest);
    }
}
