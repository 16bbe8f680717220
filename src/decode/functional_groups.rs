//! Enhanced multi-frame objects: the functional groups of each frame, flattened, so that checks
//! read a frame's attribute as they read an instance's.

use dicom_core::Tag;
use dicom_dictionary_std::tags;

use crate::model::attribute::{Attributes, State, Stored, Value};

/// Sequences inside a macro whose items say more of the same frame.
const INNER: &[Tag] = &[tags::DIFFUSION_GRADIENT_DIRECTION_SEQUENCE];

/// Takes the functional groups out of the attributes: the shared ones are merged in where nothing
/// stands at the top level, the per-frame ones are returned, one a frame.
pub(super) fn take(attributes: &mut Attributes) -> Vec<Attributes> {
    let shared: Vec<Attributes> =
        attributes.items(tags::SHARED_FUNCTIONAL_GROUPS_SEQUENCE).iter().map(flatten).collect();
    let frames: Vec<Attributes> =
        attributes.items(tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE).iter().map(flatten).collect();
    attributes.remove(tags::SHARED_FUNCTIONAL_GROUPS_SEQUENCE);
    attributes.remove(tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE);
    for group in &shared {
        for (tag, stored) in group.iter() {
            if matches!(attributes.state(tag), State::Absent | State::Empty) {
                attributes.set(tag, stored.clone());
            }
        }
    }
    frames
}

/// One item of the functional groups: its macros' attributes side by side.
fn flatten(group: &Attributes) -> Attributes {
    let mut out = Attributes::default();
    for (tag, stored) in group.iter() {
        match stored {
            Stored::Present(Value::Items(items)) => {
                for item in items {
                    merge(item, &mut out);
                }
            }
            other => out.set(tag, other.clone()),
        }
    }
    out
}

fn merge(item: &Attributes, out: &mut Attributes) {
    for (tag, stored) in item.iter() {
        match stored {
            Stored::Present(Value::Items(items)) if INNER.contains(&tag) => {
                for inner in items {
                    merge(inner, out);
                }
            }
            other => out.set(tag, other.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn items(list: Vec<Attributes>) -> Stored {
        Stored::Present(Value::Items(list.into()))
    }

    fn with(tag: Tag, stored: Stored) -> Attributes {
        let mut a = Attributes::default();
        a.set(tag, stored);
        a
    }

    fn number(n: f64) -> Stored {
        Stored::Present(Value::Float(vec![n].into()))
    }

    #[test]
    fn frames_are_flattened_and_shared_values_fill_gaps() {
        let gradient = with(tags::DIFFUSION_GRADIENT_ORIENTATION, number(0.5));
        let mut diffusion = with(tags::DIFFUSION_B_VALUE, number(800.0));
        diffusion.set(tags::DIFFUSION_GRADIENT_DIRECTION_SEQUENCE, items(vec![gradient]));
        let frame = with(tags::MR_DIFFUSION_SEQUENCE, items(vec![diffusion]));
        let measures = with(tags::SLICE_THICKNESS, number(5.0));
        let shared = with(tags::PIXEL_MEASURES_SEQUENCE, items(vec![measures]));
        let mut a = with(tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE, items(vec![frame]));
        a.set(tags::SHARED_FUNCTIONAL_GROUPS_SEQUENCE, items(vec![shared]));

        let frames = take(&mut a);
        assert_eq!(frames.len(), 1);
        assert_eq!(frames[0].float(tags::DIFFUSION_B_VALUE), Some(800.0));
        assert_eq!(frames[0].float(tags::DIFFUSION_GRADIENT_ORIENTATION), Some(0.5));
        assert_eq!(a.float(tags::SLICE_THICKNESS), Some(5.0));
        assert_eq!(a.len(), 1);
    }

    #[test]
    fn the_top_level_wins_over_the_shared_groups() {
        let measures = with(tags::SLICE_THICKNESS, number(5.0));
        let shared = with(tags::PIXEL_MEASURES_SEQUENCE, items(vec![measures]));
        let mut a = with(tags::SHARED_FUNCTIONAL_GROUPS_SEQUENCE, items(vec![shared]));
        a.set(tags::SLICE_THICKNESS, number(3.0));
        assert!(take(&mut a).is_empty());
        assert_eq!(a.float(tags::SLICE_THICKNESS), Some(3.0));
    }
}
