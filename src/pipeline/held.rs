//! Instances as they were read, while they are few: what goes through the spool is written, read and put together once
//! more, which for a small run is as long as a tenth of it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::checks::contract::Depth;
use crate::model::memory;
use crate::model::study::Instance;

use super::spool::{Spool, SpoolError, SpoolReader, SpoolRef};

/// Bytes of instances that are held.
const BOUND: usize = 16 << 20;

/// Where an instance lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InstanceRef {
    /// It is held.
    Held(usize),
    /// It is in the spool.
    Spooled(SpoolRef),
}

/// Instances while files are read, shared by threads.
pub struct Holding {
    held: Mutex<Vec<Slot>>,
    /// Bytes that were asked for; at the bound and above nothing more is held.
    bytes: AtomicUsize,
    bound: usize,
}

/// An instance, until it is taken.
type Slot = Mutex<Option<Box<Instance>>>;

impl Holding {
    /// Holds instances of which only headers are read, each to be taken once. Others go through the spool: measurements
    /// are much, and decoding takes so long that nothing would be won.
    pub fn at(depth: Depth, is_taken_once: bool) -> Self {
        let holds = depth == Depth::Header && is_taken_once;
        Self::with_bound(if holds { BOUND } else { 0 })
    }

    /// Holds so many bytes.
    fn with_bound(bound: usize) -> Self {
        Self { held: Mutex::default(), bytes: AtomicUsize::new(0), bound }
    }

    /// Keeps an instance: as it is while there is room, else in the spool. One for which there is no room ends it, so
    /// that those of a large run are not measured in vain.
    ///
    /// # Errors
    /// As [`Spool::put`].
    pub fn put(&self, instance: Box<Instance>, spool: &Spool) -> Result<InstanceRef, SpoolError> {
        if !self.has_room(&instance) {
            return spool.put(&*instance).map(InstanceRef::Spooled);
        }
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.push(Mutex::new(Some(instance)));
        Ok(InstanceRef::Held(held.len() - 1))
    }

    fn has_room(&self, instance: &Instance) -> bool {
        if self.bytes.load(Ordering::Relaxed) >= self.bound {
            return false;
        }
        let bytes = memory::of_header(instance);
        self.bytes.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes) <= self.bound
    }

    /// Ends reading.
    ///
    /// # Errors
    /// As [`Spool::finish`].
    pub fn finish(self, spool: Spool) -> Result<InstanceReader, SpoolError> {
        let held = self.held.into_inner().unwrap_or_else(PoisonError::into_inner);
        Ok(InstanceReader { held, spool: spool.finish()? })
    }
}

/// Instances and other records of files that were read.
pub struct InstanceReader {
    held: Vec<Slot>,
    /// What is not held.
    pub spool: SpoolReader,
}

impl From<SpoolReader> for InstanceReader {
    fn from(spool: SpoolReader) -> Self {
        Self { held: Vec::new(), spool }
    }
}

impl InstanceReader {
    /// Gives an instance; one that is held is given once.
    ///
    /// # Errors
    /// As [`SpoolReader::get`]; it was given before.
    pub fn take(&self, at: InstanceRef) -> Result<Instance, SpoolError> {
        match at {
            InstanceRef::Spooled(at) => self.spool.get(at),
            InstanceRef::Held(at) => {
                let slot = self.held.get(at).ok_or(SpoolError::Taken)?;
                let taken = slot.lock().unwrap_or_else(PoisonError::into_inner).take();
                taken.map(|instance| *instance).ok_or(SpoolError::Taken)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use dicom_dictionary_std::tags;

    use super::*;

    fn numbered(number: usize) -> Box<Instance> {
        let mut instance = Instance::default();
        instance.attributes.set_text(tags::INSTANCE_NUMBER, number.to_string());
        Box::new(instance)
    }

    #[test]
    fn instances_come_back_the_same_whether_held_or_spooled() {
        for (bound, held) in [(0, 0), (memory::of_header(&numbered(0)) * 11 / 2, 5), (BOUND, 9)] {
            let (holding, spool) = (Holding::with_bound(bound), Spool::default());
            let put = |n| holding.put(numbered(n), &spool).unwrap();
            let refs: Vec<InstanceRef> = (0..9).map(put).collect();
            let is_held = |at: &&InstanceRef| matches!(at, InstanceRef::Held(_));
            assert_eq!(refs.iter().filter(is_held).count(), held);
            let reader = holding.finish(spool).unwrap();
            for (n, at) in refs.iter().enumerate().rev() {
                assert_eq!(reader.take(*at).unwrap(), *numbered(n));
            }
            assert_eq!(reader.take(refs[0]).is_err(), held > 0);
        }
    }

    #[test]
    fn what_is_measured_or_taken_twice_is_spooled() {
        for (depth, once, holds) in [
            (Depth::Header, true, true),
            (Depth::Header, false, false),
            (Depth::Pixels, true, false),
        ] {
            let (holding, spool) = (Holding::at(depth, once), Spool::default());
            let at = holding.put(numbered(1), &spool).unwrap();
            assert_eq!(matches!(at, InstanceRef::Held(0)), holds);
        }
    }
}
