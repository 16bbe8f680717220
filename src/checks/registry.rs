//! Every check, by family. Per-family slices keep this list out of the way of new checks.

use super::contract::CheckMeta;

/// The families in the order reports show them.
pub static FAMILIES: &[&[&CheckMeta]] = &[
    super::fil::CHECKS,
    super::idn::CHECKS,
    super::lbl::CHECKS,
    super::tim::CHECKS,
    super::geo::CHECKS,
    super::ser::CHECKS,
    super::exp::CHECKS,
    super::shp::CHECKS,
    super::noi::CHECKS,
    super::art::CHECKS,
    super::pos::CHECKS,
    super::mrk::CHECKS,
    super::cfl::CHECKS,
];

/// Every check, in family then code order.
pub fn all() -> impl Iterator<Item = &'static CheckMeta> {
    FAMILIES.iter().flat_map(|family| family.iter().copied())
}

/// Finds a check by code or by name.
pub fn find(code_or_name: &str) -> Option<&'static CheckMeta> {
    all().find(|c| c.code.eq_ignore_ascii_case(code_or_name) || c.name == code_or_name)
}
