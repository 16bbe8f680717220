//! Every reader, in the order in which results list their models.

use super::reader::Reader;

/// The readers of the program. A new one is one line here.
pub static READERS: &[&dyn Reader] = &[];

/// The reader of a model.
pub fn find(model: &str) -> Option<&'static dyn Reader> {
    READERS.iter().copied().find(|r| r.model() == model)
}
