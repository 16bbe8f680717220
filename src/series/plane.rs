//! The plane of a series, from Image Orientation (Patient).

use dicom_dictionary_std::tags;

use crate::items::lexicon::Lexicon;
use crate::items::series_words::Grade;
use crate::measure::geometry::{self, Vector};
use crate::measure::volumes::Volume;

use super::claim::Claim;
use super::image::Images;
use super::kind::Plane;

/// The axis nearest to a normal and the angle to it, degrees.
fn nearest(normal: &Vector) -> (Plane, f64) {
    let axes = [(Plane::Sag, normal[0]), (Plane::Cor, normal[1]), (Plane::Tra, normal[2])];
    let best = axes.into_iter().reduce(|a, b| if b.1.abs() > a.1.abs() { b } else { a });
    let (plane, cosine) = best.unwrap_or((Plane::Tra, 1.0));
    (plane, cosine.abs().min(1.0).acos().to_degrees())
}

/// Where the images of a series lie.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lie {
    /// What the plane is called.
    pub plane: Plane,
    /// The standard plane nearest to it; `None` where there are several.
    pub nearest: Option<Plane>,
    /// The angle between the two, degrees, of the most tilted images.
    pub tilt: f64,
    /// How many standard planes the images are nearest to.
    pub planes: usize,
}

/// The plane of a series; `None` where no image has an orientation.
pub fn lie(images: &Images<'_>, volume: &Volume<'_>, lexicon: &Lexicon) -> Option<Lie> {
    let mut normals: Vec<(Vector, usize)> =
        volume.stacks.iter().map(|s| (s.normal, s.places.len())).collect();
    for image in &images.loose {
        let orientation = image.array::<6>(tags::IMAGE_ORIENTATION_PATIENT);
        normals.extend(orientation.and_then(|o| geometry::normal(&o)).map(|n| (n, 1)));
    }
    let limit = lexicon.series.limit("oblique_min");
    let near: Vec<(Plane, f64, usize)> = normals
        .iter()
        .map(|(normal, count)| {
            let (plane, tilt) = nearest(normal);
            (plane, tilt, *count)
        })
        .collect();
    let mut planes: Vec<Plane> = near.iter().map(|n| n.0).collect();
    planes.sort();
    planes.dedup();
    let tilt = near.iter().map(|n| n.1).fold(0.0, f64::max);
    let count = |oblique: bool| -> usize {
        near.iter().filter(|n| (n.1 > limit) == oblique).map(|n| n.2).sum()
    };
    let oblique = count(true) > count(false);
    let (plane, nearest) = match planes.as_slice() {
        [] => return None,
        [one] => (if oblique { Plane::Obl } else { *one }, Some(*one)),
        _ => (Plane::Multi, None),
    };
    Some(Lie { plane, nearest, tilt, planes: planes.len() })
}

/// The plane as a claim of physics.
pub fn claim(lie: &Lie, lexicon: &Lexicon) -> Claim<Plane> {
    let text = format!("{:.1}", lie.tilt);
    Claim::new(lie.plane, lexicon.series.weight(Grade::Coded), "ImageOrientationPatient", text)
}
