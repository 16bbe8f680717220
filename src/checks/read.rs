//! What models read of an instance, as checks see it: readings, or the outcome that a check has to
//! return where there are none.

use crate::model::outcome::{Outcome, Subject};
use crate::model::reading::{Marker, ModelFacts, ModelReadings, ReadState, Reading};
use crate::model::text::Text;

use super::contract::Depth;
use super::view::InstanceView;

/// Readings of one model on one instance.
pub(super) struct Readings<'a> {
    pub entries: &'a [ModelReadings],
    pub facts: &'a ModelFacts,
    pub depth: Depth,
    pub has_pixels: bool,
    pub subject: Subject,
}

impl<'a> Readings<'a> {
    /// What `model` read; an empty list says that it looked and found nothing.
    ///
    /// # Errors
    /// The outcome to return: not applicable where the model does not concern the instance, could
    /// not run where it concerns it and did not look. Never empty readings for an instance that was
    /// not looked at.
    pub fn of(self, model: &str) -> Result<&'a [Reading], Box<Outcome>> {
        match self.entries.iter().find(|r| r.model == model) {
            Some(entry) => match &entry.state {
                ReadState::Read => Ok(&entry.readings),
                ReadState::CouldNotRun(why) => {
                    Err(Box::new(Outcome::could_not_run(self.subject, why.clone())))
                }
            },
            None if self.depth < Depth::Models => Err(Box::new(Outcome::could_not_run(
                self.subject,
                Text::new("本次运行未使用模型", "the run used no models"),
            ))),
            None if !self.has_pixels => Err(Box::new(Outcome::not_applicable(
                self.subject,
                Text::new("该对象没有像素数据", "the object has no pixel data"),
            ))),
            None if self.facts.asked.iter().any(|m| m == model) => {
                Err(Box::new(Outcome::not_applicable(
                    self.subject,
                    Text::new(
                        format!("模型 {model} 不适用于此图像"),
                        format!("model {model} does not concern this image"),
                    ),
                )))
            }
            // Read by a version of the program that did not have this model yet.
            None => Err(Box::new(Outcome::could_not_run(
                self.subject,
                Text::new(
                    format!("读取该检查时尚未使用模型 {model}"),
                    format!("model {model} was not asked when this study was read"),
                ),
            ))),
        }
    }
}

impl<'a> InstanceView<'a> {
    /// The markers that a model found on it, as [`Self::readings`].
    ///
    /// # Errors
    /// As [`Self::readings`].
    pub fn markers(&self, model: &'static str) -> Result<Vec<&'a Marker>, Box<Outcome>> {
        let marker = |reading: &'a Reading| match reading {
            Reading::Marker(marker) => Some(marker),
            Reading::Score(_) => None,
        };
        Ok(self.readings(model)?.iter().filter_map(marker).collect())
    }

    /// A model's scores of one name, with the frame of each, as [`Self::readings`].
    ///
    /// # Errors
    /// As [`Self::readings`].
    pub fn scores(&self, model: &'static str, name: &str) -> Result<Vec<(u32, f32)>, Box<Outcome>> {
        let score = |reading: &Reading| match reading {
            Reading::Score(score) if score.name == name => Some((score.frame, score.value)),
            _ => None,
        };
        Ok(self.readings(model)?.iter().filter_map(score).collect())
    }

    /// A model's score of one name on an image of one frame, as [`Self::readings`].
    ///
    /// # Errors
    /// As [`Self::readings`]; a score that a reading lacks could not run.
    pub fn score(&self, model: &'static str, name: &str) -> Result<f32, Box<Outcome>> {
        let lacking = || {
            let why = Text::new(
                format!("模型 {model} 没有给出评分 {name}"),
                format!("model {model} gave no score {name}"),
            );
            Box::new(Outcome::could_not_run(self.subject(), why))
        };
        self.scores(model, name)?.first().map(|s| s.1).ok_or_else(lacking)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::outcome::OutcomeKind;

    fn kind(
        entries: &[ModelReadings],
        asked: &[&str],
        depth: Depth,
        has_pixels: bool,
    ) -> Option<OutcomeKind> {
        let asked = asked.iter().map(|m| (*m).to_owned()).collect();
        let facts = ModelFacts { asked, ..ModelFacts::default() };
        let subject = Subject::study();
        let readings = Readings { entries, facts: &facts, depth, has_pixels, subject };
        readings.of("m").err().map(|outcome| outcome.kind)
    }

    #[test]
    fn what_was_not_looked_at_is_never_an_empty_list() {
        use OutcomeKind::{CouldNotRun, NotApplicable};
        let entry = |state| ModelReadings { model: "m".into(), state, readings: Vec::new() };
        let read = [entry(ReadState::Read)];
        let broken = [entry(ReadState::CouldNotRun(Text::new("坏", "broken")))];
        assert_eq!(kind(&read, &["m"], Depth::Models, true), None);
        assert_eq!(kind(&broken, &["m"], Depth::Models, true), Some(CouldNotRun));
        assert_eq!(kind(&[], &["m"], Depth::Models, true), Some(NotApplicable));
        assert_eq!(kind(&[], &["m"], Depth::Models, false), Some(NotApplicable));
        assert_eq!(kind(&[], &["other"], Depth::Models, true), Some(CouldNotRun));
        assert_eq!(kind(&[], &["m"], Depth::Pixels, true), Some(CouldNotRun));
    }
}
