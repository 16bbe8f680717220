//! The gate: pure functions from verdicts, items, institutions, evaluations and people's acts to
//! label decisions, as of a day that is given. It fails closed: what is missing never applies a
//! label and never takes one back.

mod accept;
mod brake;
mod eligible;
mod findings;
mod standing;
mod study;

pub use accept::{Acceptance, Answer, Exam, ExceptionOffer, Side, accept};
pub use brake::{Change, MassChange, mass_changes};
pub use findings::{Effective, effective, findings_digest};
pub use standing::{Records, Transition, standing, timeline};
pub use study::{Case, Decision, Previous, Subject, decide};
