//! Exit codes: documented, stable, nothing else.

use std::process::ExitCode;

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

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
