//! GEO007: two images on one place that nothing tells apart.

use crate::checks::contract::Input;
use crate::checks::view::{SeriesView, StudyView};
use crate::declare_check;
use crate::measure::geometry::Place;
use crate::measure::volumes::Volume;
use crate::model::outcome::{Evidence, Outcome};
use crate::model::study::Instance;
use crate::model::text::Text;
use crate::policy::params::Params;

use super::shared::{Said, count, no_volume, number, per_series};

declare_check! {
    /// Two images on one place that nothing tells apart.
    ///
    /// ## What it does
    /// Looks for places of a stack that hold more than one image.
    ///
    /// ## Why it matters
    /// Software that builds a volume from the slices fails or counts a slice twice; often another slice is missing in
    /// exchange.
    ///
    /// ## How it is measured
    /// Images within `same_position_mm` of GEO001 along the normal, in one plane, that neither image type, echo, b-value,
    /// direction, time, phase, kernel, thickness, energy nor acquisition tells apart. Copies of one SOP Instance UID are
    /// left to FIL006 and FIL007. Number of surplus images; more than none fails.
    ///
    /// ## Known limits
    /// Where a maker writes the difference into private attributes only, images look alike: a stack in which more than
    /// `share_max` of the places are doubled is such a series, and the check could not run.
    ///
    /// ## Parameters
    /// `slices_min`: fewest places of a stack that is judged. `share_max`: share of doubled places up to which doubles are accidents.
    ///
    /// ## References
    /// DICOM PS3.3 C.7.6.2.1.1 (Image Position and Orientation).
    code: "GEO007",
    name: "duplicate-position",
    title: ("同一位置有多幅图像", "several images on one place"),
    advice: (
        "核对是否重复上传或误并入其他图像，并补全缺失层面",
        "see whether an image was sent twice or belongs elsewhere, and whether a slice is missing in exchange"
    ),
    status: Stable,
    depth: Header,
    inputs: [Input::Kinds, Input::Stacks],
    params: [
        ("slices_min", Number, "slices", "fewest places of a stack that is judged"),
        ("share_max", Number, "1", "share of doubled places up to which doubles are accidents"),
    ],
    dicom_code: None,
    run: run,
}

/// How many images a finding names.
const LISTED: usize = 10;

fn run(view: &StudyView<'_>, params: &Params) -> Vec<Outcome> {
    let slices_min = count(params, "slices_min");
    let share_max = params.number("share_max");
    let pass = Text::new("每个位置只有一幅图像", "each place holds one image");
    per_series(view, &pass, &no_volume(), |s| {
        let volume = s.volume();
        let (mut looked, mut alike, mut surplus) = (false, false, Vec::new());
        for (stack, _) in volume.large(slices_min) {
            looked = true;
            let doubled: Vec<Vec<&str>> =
                stack.places.iter().map(|p| surplus_at(volume, p)).collect();
            let places = doubled.iter().filter(|d| !d.is_empty()).count();
            if number(places) > share_max * number(stack.places.len()) {
                alike = true;
                continue;
            }
            surplus.extend(doubled.into_iter().flatten());
        }
        if !surplus.is_empty() {
            return Said::Told(fail(s, &surplus));
        }
        if alike {
            let why = Text::new(
                "多数位置有多幅图像，公开属性无法区分",
                "most places hold several images and no public attribute tells them apart",
            );
            return Said::Told(Outcome::could_not_run(s.subject(), why));
        }
        if looked { Said::Pass } else { Said::Skip }
    })
}

/// SOP Instance UIDs of the images of a place beyond its first. Frames of one instance share its UID and are
/// images of their own; copies of one instance are none.
fn surplus_at<'a>(volume: &Volume<'a>, place: &Place) -> Vec<&'a str> {
    let members = place.members.iter();
    let mut uids: Vec<&str> =
        members.filter_map(|i| volume.instance(*i)).map(Instance::sop_uid).collect();
    let frames = place.members.iter().any(|i| volume.images[*i].frame > 0);
    if !frames {
        uids.sort_unstable();
        uids.dedup();
    }
    uids.split_off(uids.len().min(1))
}

fn fail(s: &SeriesView<'_>, surplus: &[&str]) -> Outcome {
    let n = surplus.len();
    let why = Text::new(
        format!("{n}幅图像与另一幅位于同一位置且无法区分，允许0幅"),
        format!("{n} images lie where another lies and nothing tells them apart, limit 0"),
    );
    let named: Vec<&str> = surplus.iter().copied().take(LISTED).collect();
    Outcome::fail(s.subject(), why)
        .with(Evidence::new("images_on_one_place", n).limit(0).unit("instances"))
        .with(Evidence::new("first_sop_instance_uids", named))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{evidence, one, stack, volume};
    use crate::model::outcome::OutcomeKind::{CouldNotRun, Fail, NotApplicable, Pass};
    use dicom_dictionary_std::tags;

    #[test]
    fn hit_one_place_twice_and_miss_single_places() {
        let o = one(&CHECK, &stack("CT", &[0.0, 5.0, 10.0, 10.0, 15.0, 20.0, 25.0]), Fail);
        assert_eq!(evidence(&o, "images_on_one_place"), 1);
        one(&CHECK, &volume("CT", 8, 5.0), Pass);
        one(&CHECK, &volume("DX", 8, 0.0), NotApplicable);
    }

    #[test]
    fn miss_copies_of_one_instance_and_two_echoes() {
        let mut study = volume("CT", 8, 5.0);
        let copy = study.series[0].instances[3].clone();
        study.series[0].instances.push(copy);
        one(&CHECK, &study, Pass);
        let mut echoes = stack("MR", &[0.0, 0.0, 4.0, 4.0, 8.0, 8.0, 12.0, 12.0]);
        for (n, i) in echoes.series[0].instances.iter_mut().enumerate() {
            i.attributes.set_text(tags::ECHO_TIME, ["11", "92"][n % 2]);
        }
        one(&CHECK, &echoes, Pass);
    }

    #[test]
    fn a_series_whose_difference_is_private_could_not_be_judged() {
        let study = stack("MR", &[0.0, 0.0, 4.0, 4.0, 8.0, 8.0, 12.0, 12.0]);
        one(&CHECK, &study, CouldNotRun);
    }
}
