//! Which slices are given the costlier measures: the same ones whatever else is there, so that
//! neither thread count nor order nor a missing neighbour changes a result.

use dicom_dictionary_std::tags;

use crate::model::attribute::Attributes;

/// The image that speaks for a series too short to reach the middle of the first run.
const SHORT: i64 = 2;

/// Whether a frame is one of every `step`: by its number in the object where that has several
/// frames, else by Instance Number: the second, and from the middle of the first run of `step` on. An image without a
/// number is taken: it has no neighbours to speak for it. 0 takes none, 1 every one.
pub fn is_sampled(attributes: &Attributes, frames: u32, frame: u32, step: u32) -> bool {
    if step <= 1 {
        return step == 1;
    }
    let number =
        if frames > 1 { Some(i64::from(frame) + 1) } else { attributes.int(tags::INSTANCE_NUMBER) };
    let step = i64::from(step);
    number.is_none_or(|n| n == SHORT || n.rem_euclid(step) == step / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_th_by_number() {
        let mut a = Attributes::default();
        assert!(is_sampled(&a, 1, 0, 8), "no number");
        for (number, taken) in
            [(2, true), (4, true), (12, true), (5, false), (0, false), (-4, true)]
        {
            a.set_text(tags::INSTANCE_NUMBER, number.to_string());
            assert_eq!(is_sampled(&a, 1, 0, 8), taken, "{number}");
        }
        assert!(!is_sampled(&a, 1, 0, 0) && is_sampled(&a, 1, 0, 1));
        assert_eq!((0..16).filter(|f| is_sampled(&a, 16, *f, 8)).collect::<Vec<_>>(), [1, 3, 11]);
    }
}
