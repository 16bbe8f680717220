//! One region's policy.

use serde::Serialize;

use super::resolve::Difference;
use super::resolved::Policy;

/// One region's policy, resolved.
#[derive(Clone, Debug, Serialize)]
pub struct Profile {
    /// The folder's name.
    pub id: String,
    /// Whether it comes from a folder rather than from the program.
    pub external: bool,
    /// Checks as the region judges them.
    pub policy: Policy,
    /// What differs from the base, and why.
    pub differences: Vec<Difference>,
}
