//! Where the axis of the gantry meets a slice.

use dicom_core::Tag;
use dicom_dictionary_std::tags;

use crate::model::attribute::Attributes;

/// Distance up to which the stated centre of reconstruction is that of the image, in pixels.
const SAME: f64 = 1.5;

/// Column and row of the isocentre of a slice in pixels, 0 in the middle of the first pixel. `of` gives the
/// attributes in which a tag is to be looked up.
///
/// It is Data Collection Center (Patient), PS3.3 C.8.15.3.3. Some scanners write something else there, most often
/// the corner of the image: it is believed where Reconstruction Target Center (Patient) stands beside it and
/// is the centre of the image.
pub fn isocentre<'a>(
    of: impl Fn(Tag) -> &'a Attributes,
    [rows, columns]: [usize; 2],
    spacing_mm: [f64; 2],
) -> Option<[f64; 2]> {
    let point = |tag: Tag| of(tag).array::<3>(tag);
    let corner = point(tags::IMAGE_POSITION_PATIENT)?;
    let orientation = of(tags::IMAGE_ORIENTATION_PATIENT);
    let axes = orientation.array::<6>(tags::IMAGE_ORIENTATION_PATIENT)?;
    // Along a row columns count up, spaced by the second of Pixel Spacing.
    let axes = [(&axes[..3], spacing_mm[1]), (&axes[3..], spacing_mm[0])];
    let pixel = |point: [f64; 3]| {
        axes.map(|(axis, mm)| {
            let along = axis.iter().zip(point.iter().zip(corner)).map(|(a, (p, c))| a * (p - c));
            along.sum::<f64>() / mm
        })
    };
    let target = pixel(point(tags::RECONSTRUCTION_TARGET_CENTER_PATIENT)?);
    let isocentre = pixel(point(tags::DATA_COLLECTION_CENTER_PATIENT)?);
    #[expect(clippy::cast_precision_loss, reason = "pixels of a frame")]
    let middle = [columns, rows].map(|n| (n as f64 - 1.0) / 2.0);
    let off = |of: [f64; 2]| (of[0] - middle[0]).hypot(of[1] - middle[1]);
    (off(target) <= SAME && off(isocentre).is_finite()).then_some(isocentre)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::attribute::{Stored, Value};

    fn attributes(collection: [f64; 3], target: [f64; 3]) -> Attributes {
        let mut a = Attributes::default();
        let mut set = |tag: Tag, numbers: &[f64]| {
            let texts = numbers.iter().map(f64::to_string).collect();
            a.set(tag, Stored::Present(Value::Text(texts)));
        };
        set(tags::IMAGE_POSITION_PATIENT, &[-100.0, -250.0, 7.0]);
        set(tags::IMAGE_ORIENTATION_PATIENT, &[1.0, 0.0, 0.0, 0.0, 1.0, 0.0]);
        set(tags::DATA_COLLECTION_CENTER_PATIENT, &collection);
        set(tags::RECONSTRUCTION_TARGET_CENTER_PATIENT, &target);
        a
    }

    #[test]
    fn it_lies_where_the_header_says_in_pixels() {
        // 201 columns of 1 mm, 101 rows of 2 mm: the middle is (0, -150).
        let of = |a: &Attributes| isocentre(|_| a, [101, 201], [2.0, 1.0]);
        let a = attributes([20.0, -170.0, 7.0], [0.0, -150.0, 7.0]);
        assert_eq!(of(&a), Some([120.0, 40.0]));
        let corner = attributes([-105.0, -250.0, 7.0], [-100.0, -250.0, 7.0]);
        assert_eq!(of(&corner), None, "the target is no centre of the image");
        assert_eq!(isocentre(|_| &a, [101, 201], [0.0, 1.0]), None);
        assert_eq!(of(&Attributes::default()), None);
    }
}
