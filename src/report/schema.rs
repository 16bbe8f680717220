//! The published JSON Schemas of everything reports write as JSON. Copies stand in
//! `docs/schemas/`, and a test keeps them fresh.

use schemars::{Schema, schema_for};

use crate::model::manifest::ManifestRow;
use crate::model::result::StudyResult;

use super::aggregate::types::{IndexReport, InstitutionReport};
use super::run_manifest::RunManifest;

/// A schema under the name that `hrgate schema` takes.
pub struct NamedSchema {
    /// `study`, `run`, `institution`, `index`.
    pub name: &'static str,
    /// Files it describes.
    pub of: &'static str,
    /// The schema.
    pub schema: Schema,
}

impl NamedSchema {
    /// The schema as text, as committed.
    pub fn text(&self) -> String {
        // `{:#}` of a JSON value cannot fail.
        format!("{:#}\n", self.schema.as_value())
    }
}

/// Every schema.
pub fn all() -> Vec<NamedSchema> {
    vec![
        NamedSchema {
            name: "study",
            of: "a line of studies.jsonl; an element of `hrgate inspect --json`",
            schema: schema_for!(StudyResult),
        },
        NamedSchema { name: "run", of: "run.json", schema: schema_for!(RunManifest) },
        NamedSchema {
            name: "institution",
            of: "institutions/*.json",
            schema: schema_for!(InstitutionReport),
        },
        NamedSchema {
            name: "manifest",
            of: "an object of a JSON manifest; the columns of a CSV one",
            schema: schema_for!(ManifestRow),
        },
        NamedSchema { name: "index", of: "index.json", schema: schema_for!(IndexReport) },
    ]
}

/// The schema of a name.
pub fn find(name: &str) -> Option<NamedSchema> {
    all().into_iter().find(|s| s.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn committed_copies_are_fresh() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/schemas");
        for schema in all() {
            let path = folder.join(format!("{}.json", schema.name));
            if std::env::var_os("HRGATE_BLESS").is_some() {
                std::fs::create_dir_all(&folder).unwrap();
                std::fs::write(&path, schema.text()).unwrap();
            }
            let committed = std::fs::read_to_string(&path).unwrap_or_default();
            assert_eq!(committed, schema.text(), "{}: HRGATE_BLESS=1 rewrites", schema.name);
        }
    }

    #[test]
    fn the_study_schema_names_the_promised_fields() {
        let study = find("study").unwrap();
        for field in [
            "schema_version",
            "study_uid",
            "institution",
            "verdict",
            "coverage",
            "series",
            "markers",
            "outcomes",
            "labels",
            "provenance",
        ] {
            assert!(study.schema.as_value()["properties"].get(field).is_some(), "{field}");
        }
        assert!(find("nothing").is_none());
    }
}
