//! Words of evidence about series, sequences, views and phases.

use super::Row;

/// Names that checks give to what they measure.
pub(super) static NAMES: &[Row] = &[
    ("acquired_as", "采集为", "acquired as"),
    ("acquired_by", "采集依据", "what tells the acquisition"),
    ("described_by", "描述用词", "words of the description"),
    ("statements_compared", "比较的陈述", "statements compared"),
    ("weight_of_physics", "采集参数的把握", "weight of physics"),
    ("weight_of_words", "描述的把握", "weight of words"),
];

/// Units.
pub(super) static UNITS: &[Row] = &[];

/// Word values.
pub(super) static VALUES: &[Row] =
    &[("with contrast", "增强", "with contrast"), ("without contrast", "平扫", "without contrast")];
