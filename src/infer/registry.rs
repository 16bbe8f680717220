//! Every reader, in the order in which results list their models.

use super::chest_view::ChestView;
use super::reader::Reader;
use super::side_marker::SideMarker;

/// The readers of the program. A new one is one line here.
pub static READERS: &[&dyn Reader] = &[&SideMarker, &ChestView];

/// The reader of a model.
pub fn find(model: &str) -> Option<&'static dyn Reader> {
    READERS.iter().copied().find(|r| r.model() == model)
}
