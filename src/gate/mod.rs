//! The gate: pure functions from verdicts, items, institutions, evaluations and people's acts to
//! label decisions, as of a day that is given. It fails closed: what is missing never applies a
//! label and never takes one back.
