//! The resolved parameters of one check.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// One parameter value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ParamValue {
    /// A number.
    Number(f64),
    /// True or false.
    Flag(bool),
    /// A list of texts.
    Texts(Vec<String>),
}

impl ParamValue {
    /// The bare value as JSON.
    pub fn to_json(&self) -> serde_json::Value {
        match self {
            Self::Number(n) => (*n).into(),
            Self::Flag(b) => (*b).into(),
            Self::Texts(t) => t.clone().into(),
        }
    }
}

/// The parameters of one check under one policy. Loading guarantees that every declared key is
/// there with its declared kind, so the getters panic only on a key the check did not declare.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Params(pub BTreeMap<String, ParamValue>);

impl Params {
    fn get(&self, key: &str) -> &ParamValue {
        self.0.get(key).unwrap_or_else(|| panic!("parameter {key} is not declared"))
    }

    /// A number.
    pub fn number(&self, key: &str) -> f64 {
        match self.get(key) {
            ParamValue::Number(n) => *n,
            other => panic!("parameter {key} is not a number but {other:?}"),
        }
    }

    /// A flag.
    pub fn flag(&self, key: &str) -> bool {
        match self.get(key) {
            ParamValue::Flag(b) => *b,
            other => panic!("parameter {key} is not a flag but {other:?}"),
        }
    }

    /// A list of texts.
    pub fn texts(&self, key: &str) -> &[String] {
        match self.get(key) {
            ParamValue::Texts(t) => t,
            other => panic!("parameter {key} is not a list of texts but {other:?}"),
        }
    }
}
