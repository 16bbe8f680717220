//! GEO010: single slices of a volume that lie in another plane than the rest.

use crate::checks::contract::Input;
use crate::checks::view::{SeriesView, StudyView};
use crate::declare_check;
use crate::measure::geometry::{normal, turn_deg};
use crate::model::outcome::{Evidence, Outcome};
use crate::model::text::Text;
use crate::policy::params::Params;

use super::shared::{Said, count, no_volume, number, per_series, rounded};

declare_check! {
    /// Single slices of a volume that lie in another plane than the rest.
    ///
    /// ## What it does
    /// Looks for a series in which nearly all slices lie in one plane and a few in another.
    ///
    /// ## Why it matters
    /// The odd slices belong to another series or carry wrong directions: what they show is not where the reader believes,
    /// and their place in the volume is empty.
    ///
    /// ## How it is measured
    /// The largest plane of the series (within `orientation_tolerance_deg` of GEO001) has to hold `main_share_min` of its
    /// slices; slices in other planes that form no stack of their own (fewer than `own_stack_min` slices) are odd. More than
    /// none fails.
    ///
    /// ## Known limits
    /// Localizers of three planes, groups of slices along the discs of the spine, and radial scans have no such main plane,
    /// and pass.
    ///
    /// ## Parameters
    /// `slices_min`: fewest slices of the main plane. `main_share_min`: its share of the series. `own_stack_min`: slices of another
    /// plane that make a stack of its own.
    ///
    /// ## References
    /// DICOM PS3.3 C.7.6.2.1.1 (Image Orientation (Patient)).
    code: "GEO010",
    name: "mixed-orientation",
    title: ("同一容积中混有其他方位的层面", "slices of another plane among those of a volume"),
    advice: (
        "核对这些图像是否属于其他序列，并从设备重新发送",
        "see whether those images belong to another series, and send it again from the device"
    ),
    status: Stable,
    depth: Header,
    inputs: [Input::Kinds, Input::Stacks],
    params: [
        ("slices_min", Number, "slices", "fewest slices of the main plane"),
        ("main_share_min", Number, "1", "share of the series that makes a main plane"),
        ("own_stack_min", Number, "slices", "slices of another plane that make a stack of its own"),
    ],
    dicom_code: None,
    run: run,
}

/// How many images a finding names.
const LISTED: usize = 10;

/// Slices of one plane: indices into those of the volume.
type Planes = Vec<(crate::measure::geometry::Orientation, Vec<usize>)>;

fn run(view: &StudyView<'_>, params: &Params) -> Vec<Outcome> {
    let slices_min = count(params, "slices_min");
    let (share_min, own_stack) = (params.number("main_share_min"), count(params, "own_stack_min"));
    let pass = Text::new("层面方位一致", "the slices of each volume lie in one plane");
    per_series(view, &pass, &no_volume(), |s| {
        let planes = planes(s);
        let all: usize = planes.iter().map(|p| p.1.len()).sum();
        let largest = planes.iter().enumerate().max_by_key(|(_, p)| p.1.len());
        let Some((at, main)) = largest else { return Said::Skip };
        if main.1.len() < slices_min || number(main.1.len()) < share_min * number(all) {
            return if all >= slices_min { Said::Pass } else { Said::Skip };
        }
        let others = planes.iter().enumerate().filter(|(n, _)| *n != at);
        let odd: Vec<&(_, Vec<usize>)> =
            others.map(|(_, p)| p).filter(|p| p.1.len() < own_stack).collect();
        if odd.is_empty() {
            return Said::Pass;
        }
        let turn = odd.iter().map(|p| turn_deg(&p.0, &main.0)).fold(0.0, f64::max);
        let slices: Vec<usize> = odd.iter().flat_map(|p| p.1.iter().copied()).collect();
        Said::Told(fail(s, &slices, all, rounded(turn)))
    })
}

fn planes(s: &SeriesView<'_>) -> Planes {
    let mut planes: Planes = Vec::new();
    let volume = s.volume();
    for stack in &volume.stacks {
        for index in stack.places.iter().flat_map(|p| &p.members) {
            let Some(slice) = volume.slices.get(*index) else { continue };
            if normal(&slice.orientation).is_none() {
                continue;
            }
            let tolerance = s.layout().tolerance.orientation_deg;
            match planes.iter_mut().find(|p| turn_deg(&p.0, &slice.orientation) <= tolerance) {
                Some((_, members)) => members.push(*index),
                None => planes.push((slice.orientation, vec![*index])),
            }
        }
    }
    planes
}

fn fail(s: &SeriesView<'_>, slices: &[usize], all: usize, turn: f64) -> Outcome {
    let odd = slices.len();
    let why = Text::new(
        format!("{all}层中有{odd}层方位不同，最大相差{turn}度，允许0层"),
        format!("{odd} of {all} slices lie in another plane, by up to {turn} deg, limit 0"),
    );
    let volume = s.volume();
    let uids: Vec<String> = slices
        .iter()
        .filter_map(|i| volume.instance(*i))
        .take(LISTED)
        .map(|i| i.sop_uid().to_owned())
        .collect();
    Outcome::fail(s.subject(), why)
        .with(Evidence::new("slices_in_another_plane", odd).limit(0).unit("slices"))
        .with(Evidence::new("orientation_turn", turn).unit("deg"))
        .with(Evidence::new("first_sop_instance_uids", uids))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{evidence, one, set_numbers, volume};
    use crate::model::outcome::OutcomeKind::{Fail, NotApplicable, Pass};
    use crate::model::study::Study;
    use dicom_dictionary_std::tags;

    const SAGITTAL: [f64; 6] = [0.0, 1.0, 0.0, 0.0, 0.0, -1.0];

    fn turned(slices: usize, which: impl Fn(usize) -> bool) -> Study {
        let mut study = volume("MR", slices, 5.0);
        for (n, i) in study.series[0].instances.iter_mut().enumerate() {
            if which(n) {
                set_numbers(i, tags::IMAGE_ORIENTATION_PATIENT, &SAGITTAL);
            }
        }
        study
    }

    #[test]
    fn hit_two_slices_of_another_plane() {
        let o = one(&CHECK, &turned(20, |n| n == 9 || n == 10), Fail);
        assert_eq!(evidence(&o, "slices_in_another_plane"), 2);
        assert_eq!(evidence(&o, "orientation_turn"), 90.0);
    }

    #[test]
    fn miss_one_plane_and_two_stacks() {
        one(&CHECK, &turned(20, |_| false), Pass);
        one(&CHECK, &turned(20, |n| n % 2 == 0), Pass);
        one(&CHECK, &turned(20, |n| n > 14), Pass);
        one(&CHECK, &volume("DX", 8, 5.0), NotApplicable);
    }

    #[test]
    fn miss_a_radial_scan() {
        let mut study = volume("MR", 12, 5.0);
        for (n, i) in (0_u8..).zip(&mut study.series[0].instances) {
            let (sin, cos) = (f64::from(n) * 0.26).sin_cos();
            set_numbers(i, tags::IMAGE_ORIENTATION_PATIENT, &[cos, sin, 0.0, 0.0, 0.0, -1.0]);
        }
        one(&CHECK, &study, Pass);
    }
}
