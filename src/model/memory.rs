//! How much memory the facts of a file take, to bound what is kept of many.

use super::attribute::{Attributes, Stored, Value};
use super::study::Instance;
use super::values::ValueText;

/// What an allocation takes beside what was asked for.
const OVERHEAD: usize = 16;

/// About so many bytes the header facts of an instance take: room that lists keep ready is not counted, nor are
/// measurements and readings of models.
pub fn of_header(instance: &Instance) -> usize {
    let Instance { attributes, frames, .. } = instance;
    // The facts of the file are a handful of short texts.
    let file = size_of::<Instance>() + 512;
    file + of_attributes(attributes) + frames.iter().map(of_attributes).sum::<usize>()
}

/// Bytes of kept attributes and all that lies inside; what instances share counts for each.
fn of_attributes(attributes: &Attributes) -> usize {
    let pair = |stored: &Stored| size_of::<u32>() + size_of::<Stored>() + of_stored(stored);
    size_of::<Attributes>() + attributes.iter().map(|(_, stored)| pair(stored)).sum::<usize>()
}

fn of_stored(stored: &Stored) -> usize {
    let text = |text: &ValueText| {
        let own = if text.is_heap_allocated() { OVERHEAD + text.capacity() } else { 0 };
        size_of::<ValueText>() + own
    };
    let inside = match stored {
        Stored::Empty => return 0,
        Stored::Malformed(why) => return OVERHEAD + why.len(),
        Stored::Present(Value::Text(texts)) => texts.iter().map(text).sum(),
        Stored::Present(Value::Int(numbers)) => size_of_val(&**numbers),
        Stored::Present(Value::Float(numbers)) => size_of_val(&**numbers),
        Stored::Present(Value::Items(items)) => items.iter().map(of_attributes).sum(),
    };
    OVERHEAD + inside
}

#[cfg(test)]
mod tests {
    use dicom_dictionary_std::tags;

    use super::*;

    #[test]
    fn long_texts_and_what_lies_in_sequences_and_frames_counts() {
        let mut inner = Attributes::default();
        inner.set_text(tags::CODE_MEANING, "x".repeat(100_000));
        let items = Stored::Present(Value::Items([inner.clone(), inner.clone()].into()));
        let mut instance = Instance::default();
        instance.attributes.set(tags::VIEW_CODE_SEQUENCE, items);
        instance.frames = vec![inner; 3];
        let bytes = of_header(&instance);
        assert!((500_000..510_000).contains(&bytes), "{bytes}");
        assert!(of_header(&Instance::default()) < 3_000);
    }
}
