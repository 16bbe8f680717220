//! Exit codes: documented, stable, nothing else.

use crate::model::result::Verdict;

/// Every code `hrgate` ends with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Every study passed (or the command did what it was asked to).
    Ok = 0,
    /// The program broke: a fault of ours.
    Internal = 1,
    /// No study failed, at least one needs a person's review.
    SomeReview = 10,
    /// At least one study failed.
    SomeFail = 11,
    /// `gate check`: the label is withheld.
    Withhold = 20,
    /// `gate check`: the label was withdrawn.
    Withdraw = 21,
    /// `gate check`, `gate accept`: nothing is decided of this study.
    NotDecided = 22,
    /// A mass change waits for a person's release.
    Held = 23,
    /// `gate accept`: the receiver may recognise the result; nothing obliges it.
    MayAccept = 24,
    /// `gate accept`: no rule binds the receiver.
    NotBound = 25,
    /// What was asked for is not due: its conditions are not met.
    Refused = 26,
    /// `ledger verify`: the chain is broken, or not the one that was told.
    LedgerBroken = 27,
    /// `models verify`, `models bench`: a model is not as its manifest says, or cannot run.
    ModelAmiss = 28,
    /// The command line is wrong.
    Usage = 64,
    /// A policy, registry or other configuration file is invalid.
    PolicyInvalid = 65,
    /// Nothing to judge was found in the input.
    NoInput = 66,
    /// Something could not be read or written.
    Io = 74,
}

impl Exit {
    /// The code of a run by its worst verdict.
    pub fn of_worst(worst: Option<Verdict>) -> Self {
        match worst {
            None => Self::NoInput,
            Some(Verdict::Pass) => Self::Ok,
            Some(Verdict::Review) => Self::SomeReview,
            Some(Verdict::Fail) => Self::SomeFail,
        }
    }
}
