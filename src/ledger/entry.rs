//! One entry: what it says, the bytes that are hashed, and the hash.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// What stands before the first entry.
pub const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// First bytes of what is hashed, so that another layout can never be taken for this one.
const LAYOUT: &[u8] = b"hrgate ledger 1\n";

/// What is to be entered.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// When (RFC 3339).
    pub at: String,
    /// What happened: `label`, `standing`, `evaluation`, `review` …
    pub kind: &'static str,
    /// Whom it is about: a study key, or an institution.
    pub subject: String,
    /// What was said; objects are written with sorted keys.
    pub body: Value,
}

impl Draft {
    /// The body as it is kept and hashed.
    pub fn body_text(&self) -> String {
        // serde_json's maps are sorted by key, so the same body always gives the same text.
        self.body.to_string()
    }
}

/// An entry as stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// Its place, from 1.
    pub seq: u64,
    /// The hash of the entry before it.
    pub prev: String,
    /// Its own hash.
    pub hash: String,
    /// When (RFC 3339).
    pub at: String,
    /// What happened.
    pub kind: String,
    /// Whom it is about.
    pub subject: String,
    /// What was said, JSON.
    pub body: String,
}

impl Entry {
    /// The entry that follows `head`.
    pub fn after(head: &Head, draft: &Draft) -> Self {
        let mut entry = Self {
            seq: head.count.saturating_add(1),
            prev: head.hash.clone(),
            hash: String::new(),
            at: draft.at.clone(),
            kind: draft.kind.to_owned(),
            subject: draft.subject.clone(),
            body: draft.body_text(),
        };
        entry.hash = entry.hash_at(entry.seq);
        entry
    }

    /// The hash it would have at a place; its own, where nothing was changed.
    pub fn hash_at(&self, seq: u64) -> String {
        let mut hasher = Sha256::new();
        hasher.update(LAYOUT);
        hasher.update(seq.to_le_bytes());
        // Every text with its length before it: no two entries share their bytes.
        for text in [&self.prev, &self.at, &self.kind, &self.subject, &self.body] {
            hasher.update(u64::try_from(text.len()).unwrap_or(u64::MAX).to_le_bytes());
            hasher.update(text.as_bytes());
        }
        hasher.finalize().iter().map(|b| format!("{b:02x}")).collect()
    }

    /// The head of a chain that ends here.
    pub fn head(&self) -> Head {
        Head { count: self.seq, hash: self.hash.clone() }
    }
}

/// The end of a chain, as every run, report and export carries it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Head {
    /// How many entries there are.
    pub count: u64,
    /// The hash of the last; zeros where there is none.
    pub hash: String,
}

impl Default for Head {
    fn default() -> Self {
        Self { count: 0, hash: GENESIS.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn draft(body: Value) -> Draft {
        Draft { at: "2026-01-01T00:00:00Z".into(), kind: "label", subject: "1.2".into(), body }
    }

    #[test]
    fn the_hash_is_frozen() {
        let entry = Entry::after(&Head::default(), &draft(json!({"b": 1, "a": "北京HR"})));
        assert_eq!(entry.body, r#"{"a":"北京HR","b":1}"#);
        let frozen = "0843e29d";
        assert_eq!(&entry.hash[..8], frozen, "the layout of the chain may never change");
        assert_eq!(entry.head(), Head { count: 1, hash: entry.hash.clone() });
    }

    #[test]
    fn moving_a_letter_between_fields_changes_the_hash() {
        let a = Entry::after(&Head::default(), &draft(json!(1)));
        let mut b = a.clone();
        (b.kind, b.subject) = ("labe".into(), "l1.2".into());
        assert_ne!(a.hash, b.hash_at(1));
    }
}
