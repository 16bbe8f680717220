//! What became of a study against the runs before.

/// What became of a study against the runs before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Change {
    /// It came first.
    New,
    /// Files came, went or have other content; or nothing is told of them.
    Changed,
    /// Its files are what they were; policies, registry, manifest or labels are not.
    JudgedAgain,
    /// Its result holds.
    Unchanged,
    /// Its files are still arriving.
    #[default]
    Waiting,
}
