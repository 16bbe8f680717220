//! What a centre's tables of devices and staff say of a study.

use serde::{Deserialize, Serialize};

/// A row of the table of devices: one verification of one device.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceRow {
    /// Manufacturer, or empty.
    pub manufacturer: String,
    /// Model, or empty.
    pub model: String,
    /// Device Serial Number, or empty.
    pub serial: String,
    /// Station Name, or empty.
    pub station: String,
    /// The day of the verification (YYYYMMDD), or empty.
    pub verified_on: String,
    /// The last day it holds (YYYYMMDD), or empty.
    pub valid_until: String,
    /// Whether it was passed; `None` where the table does not say.
    pub passed: Option<bool>,
    /// Line of the table.
    pub line: u32,
}

/// A row of the table of staff.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StaffRow {
    /// Names, as headers may write them.
    pub names: Vec<String>,
    /// The role, e.g. 技师.
    pub role: String,
    /// The last day of the qualification (YYYYMMDD), or empty.
    pub valid_until: String,
    /// Line of the table.
    pub line: u32,
}

/// Rows of the tables that may be this study's; `None` where the centre keeps no table for the
/// institution.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegistryFacts {
    /// Devices of the institution that share a serial number or a station name with the study.
    pub devices: Option<Vec<DeviceRow>>,
    /// Staff of the institution whom the study names.
    pub staff: Option<Vec<StaffRow>>,
}

/// Texts of devices compare without case, width, spaces and punctuation that people vary.
pub fn plain(text: &str) -> String {
    use unicode_normalization::UnicodeNormalization;
    text.nfkc().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// A person's name (PS3.5 6.2.1) in the forms that compare: each component group, its parts joined
/// in their order, family name first and given name first.
pub fn name_forms(text: &str) -> Vec<String> {
    let mut forms = Vec::new();
    for group in text.split('=') {
        let parts: Vec<String> =
            group.split(['^', ' ', ',']).map(plain).filter(|p| !p.is_empty()).collect();
        if parts.is_empty() {
            continue;
        }
        forms.push(parts.concat());
        forms.push(parts.iter().rev().cloned().collect());
    }
    forms.sort();
    forms.dedup();
    forms
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_compare_in_every_form_that_headers_use() {
        let table = name_forms("张伟");
        let any = |header: &str| name_forms(header).iter().any(|f| table.contains(f));
        assert!(any("Zhang^Wei=张^伟") && any("张伟") && any("=张^伟="));
        assert!(!any("张^伟强") && !any("") && !any("Zhang^Wei"));
        assert!(name_forms("Wei Zhang").iter().any(|f| name_forms("ZHANG^WEI").contains(f)));
    }

    #[test]
    fn serials_compare_without_what_people_vary() {
        assert_eq!(plain(" SN-00123 a"), plain("sn00123A"));
        assert_ne!(plain("SN-00123"), plain("SN-0123"));
    }
}
