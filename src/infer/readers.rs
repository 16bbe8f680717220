//! The readers of a run: what `pipeline::examine` calls for each decoded frame.

use std::collections::BTreeSet;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::decode::Frame;
use crate::model::attribute::Attributes;
use crate::model::reading::{ModelFacts, ModelReadings, ReadState, Reading};
use crate::model::study::Study;
use crate::model::text::Text;

use super::models::{Models, State};
use super::prep::{Prep, inverted};
use super::reader::{Facts, Reader};

/// Readers with the models they ask.
pub struct Readers {
    models: Arc<Models>,
    readers: Vec<One>,
    /// Why instances were not read, each reason once.
    notices: Mutex<BTreeSet<Text>>,
}

struct One {
    reader: &'static dyn Reader,
    /// The model that the reader accepted, or why there is none.
    model: OnceLock<State>,
}

/// What the readers that concern an instance read of one frame, in their order.
pub type FrameReadings = Vec<Result<Vec<Reading>, Text>>;

impl fmt::Debug for Readers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.readers.iter().map(|r| r.reader.model()).collect();
        f.debug_struct("Readers").field("readers", &names).finish_non_exhaustive()
    }
}

impl Readers {
    /// Readers over a set of models; nothing is loaded before an instance needs it.
    pub fn new(models: Arc<Models>, readers: &[&'static dyn Reader]) -> Self {
        let one = |reader: &&'static dyn Reader| One { reader: *reader, model: OnceLock::new() };
        Self { models, readers: readers.iter().map(one).collect(), notices: Mutex::default() }
    }

    /// The models they ask.
    pub fn models(&self) -> &Models {
        &self.models
    }

    /// The readers that an instance concerns.
    pub fn of(&self, facts: &Facts<'_>) -> Concerned<'_> {
        let all = self.readers.iter();
        Concerned { readers: self, list: all.filter(|o| o.reader.applies(facts)).collect() }
    }

    /// Which models a study was brought before, as its instances tell.
    pub fn facts(&self, study: &Study) -> ModelFacts {
        let asked = self.readers.iter().map(|o| o.reader.model().to_owned()).collect();
        let mut facts = ModelFacts { asked, ..ModelFacts::default() };
        let concerned: BTreeSet<&str> = study
            .instances()
            .flat_map(|(_, i)| i.readings.iter().map(|r| r.model.as_str()))
            .collect();
        for one in self.readers.iter().filter(|o| concerned.contains(o.reader.model())) {
            if let Ok(model) = self.state(one) {
                facts.used.insert(model.entry.name.clone(), model.entry.told());
                facts.runtime = Some(model.runtime.clone());
            }
        }
        facts
    }

    /// Why models could not be had for instances that they concern, each reason once.
    pub fn notices(&self) -> Vec<Text> {
        self.notices.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    fn state<'a>(&'a self, one: &'a One) -> &'a State {
        one.model.get_or_init(|| {
            let model = self.models.get(one.reader.model())?;
            one.reader.accepts(&model.entry)?;
            Ok(Arc::clone(model))
        })
    }
}

/// The readers that one instance concerns.
pub struct Concerned<'a> {
    readers: &'a Readers,
    list: Vec<&'a One>,
}

impl Concerned<'_> {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Reads one decoded frame. A panic of a reader is an error of that reader.
    pub fn read(&self, attributes: &Attributes, index: u32, frame: &Frame) -> FrameReadings {
        let prep = Prep::new(frame, index, inverted(attributes, &frame.photometric));
        self.list.iter().map(|one| self.read_one(one, &prep)).collect()
    }

    fn read_one(&self, one: &One, prep: &Prep<'_>) -> Result<Vec<Reading>, Text> {
        let model = self.readers.state(one).as_ref().map_err(|why| {
            let mut notices = self.readers.notices.lock().unwrap_or_else(PoisonError::into_inner);
            notices.insert(why.clone());
            why.clone()
        })?;
        let read = catch_unwind(AssertUnwindSafe(|| one.reader.read(model, prep)));
        read.unwrap_or_else(|_| {
            let name = one.reader.model();
            Err(Text::new(
                format!("模型 {name} 的读取程序内部出错"),
                format!("the reader of model {name} broke"),
            ))
        })
    }

    /// What all frames of the instance came to. `undecoded` is why a frame could not be decoded.
    pub fn summarise(
        &self,
        frames: Vec<FrameReadings>,
        undecoded: Option<Text>,
    ) -> Vec<ModelReadings> {
        let mut all: Vec<ModelReadings> = self.list.iter().map(|one| of(one)).collect();
        for frame in frames {
            for (model, read) in all.iter_mut().zip(frame) {
                match (&model.state, read) {
                    (ReadState::CouldNotRun(_), _) => {}
                    (ReadState::Read, Ok(readings)) => model.readings.extend(readings),
                    (ReadState::Read, Err(why)) => model.give_up(why),
                }
            }
        }
        if let Some(why) = undecoded {
            for model in &mut all {
                model.give_up(why.clone());
            }
        }
        all
    }
}

fn of(one: &One) -> ModelReadings {
    ModelReadings {
        model: one.reader.model().to_owned(),
        state: ReadState::Read,
        readings: Vec::new(),
    }
}

impl ModelReadings {
    fn give_up(&mut self, why: Text) {
        self.readings = Vec::new();
        self.state = ReadState::CouldNotRun(why);
    }
}
