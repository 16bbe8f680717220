//! POS005: a head that the field of view of MR cuts.

use crate::checks::contract::Input;
use crate::checks::coverage::names_only;
use crate::checks::per_slice::{Rule, Words, judge};
use crate::checks::slices::Column;
use crate::checks::view::{InstanceView, SeriesView, StudyView};
use crate::declare_check;
use crate::measure::column::Placed;
use crate::measure::registry as measured;
use crate::model::outcome::Outcome;
use crate::model::text::StaticText;
use crate::policy::params::Params;
use dicom_dictionary_std::tags;

declare_check! {
    /// A head that the field of view of MR cuts.
    ///
    /// ## What it does
    /// Looks for MR images of the head in which a border of the field runs through it so far in that brain is lost.
    ///
    /// ## Why it matters
    /// The image has to hold the whole target; what lies outside the field cannot be read, and along phase encoding it
    /// folds over what is inside.
    ///
    /// ## How it is measured
    /// `border_in_body`: the longest border of the field that the body covers, mm (`body_cut_top`, `_right`, `_bottom`, `_left`
    /// times the length of the side). A border that takes 13 mm off the side of a head, which is scalp and skull, covers some
    /// 110 mm of it. The side towards the feet, where the neck goes on, does not count, nor in sagittal images the face.
    ///
    /// ## Known limits
    /// In front and behind, where a head is narrow, more is lost before it is found. Other parts of the body than the head
    /// are not judged: most are meant to be cut.
    ///
    /// ## Parameters
    /// `border_in_body_max_mm`: longest border. `slices_min`, `share_min`: so many slices, and so large a share of the
    /// measured ones, have to lie beyond the limit.
    ///
    /// ## References
    /// Chongqing-Sichuan draft 2025 7.3.3.3 (the whole target lies in the image); DICOM PS3.16 CID 6315 (130577 Poor FOV
    /// selection).
    code: "POS005",
    name: "head-cut",
    title: ("MR头部被视野切断", "the field of view cuts the head in MR"),
    advice: (
        "扩大视野或重新定位后重扫",
        "take a larger field or centre it, and repeat"
    ),
    status: Preview,
    depth: Pixels,
    inputs: [
        Input::Kinds,
        Input::Stacks,
        Input::Parts,
        Input::Measurement(measured::P01),
        Input::Measurement(measured::BODY_CUT_TOP),
        Input::Measurement(measured::BODY_CUT_RIGHT),
        Input::Measurement(measured::BODY_CUT_BOTTOM),
        Input::Measurement(measured::BODY_CUT_LEFT),
        Input::Header(tags::ROWS),
        Input::Header(tags::COLUMNS),
        Input::Header(tags::PIXEL_SPACING),
        Input::Header(tags::IMAGE_ORIENTATION_PATIENT)],
    params: [
        ("border_in_body_max_mm", Number, "mm", "longest border of the field that the head may cover"),
        ("slices_min", Number, "slices", "so many slices beyond the limit make a finding"),
        ("share_min", Number, "1", "so large a share of the measured slices beyond it makes a finding"),
    ],
    dicom_code: Some(("DCM:130577", "Poor FOV selection")),
    run: run,
}

static WORDS: Words = Words {
    pass: StaticText { zh: "头部在视野内", en: "the head lies inside the field" },
    beyond: StaticText { zh: "头部被视野切断", en: "are cut by the field" },
    without: StaticText {
        zh: "没有可测量的头部MR图像",
        en: "no MR image of a head could be measured",
    },
};

/// Cosine from which an axis of the image points along one of the patient.
const ALONG: f64 = 0.7;

/// Depth of the box that marks a border, pixels.
const STRIP: u32 = 6;

fn run(view: &StudyView<'_>, params: &Params) -> Vec<Outcome> {
    let limit = params.number("border_in_body_max_mm");
    let rule = Rule {
        concerned: &|series| names_only(series, &["head"]),
        column: &|series, _| borders(series),
        ..Rule::mr(measured::BORDER_IN_BODY, limit, params, &WORDS)
    };
    judge(view, &rule)
}

/// The longest border of each frame that the body covers, mm.
fn borders(series: &SeriesView<'_>) -> Column {
    let sides = [
        measured::BODY_CUT_TOP,
        measured::BODY_CUT_RIGHT,
        measured::BODY_CUT_BOTTOM,
        measured::BODY_CUT_LEFT,
    ]
    .map(|name| series.column(name));
    let of_instance = |(index, instance): (usize, InstanceView<'_>)| {
        let sides = &sides;
        let frame = move |frame: u32| {
            let shares = [0, 1, 2, 3].map(|side: usize| sides[side].get(index, frame));
            Some(((index, frame), longest(&instance, frame, shares)?))
        };
        (0..instance.frame_count()).filter_map(frame).collect::<Vec<_>>()
    };
    Column::from_values(series.instances().enumerate().flat_map(of_instance))
}

/// The border that counts and covers most, given the shares of the upper, right, lower and left one.
fn longest(instance: &InstanceView<'_>, frame: u32, shares: [Option<Placed>; 4]) -> Option<Placed> {
    let at = usize::try_from(frame).ok()?;
    let spacing: [f64; 2] = instance.frame_array(at, tags::PIXEL_SPACING)?;
    let axes: [f64; 6] = instance.frame_array(at, tags::IMAGE_ORIENTATION_PATIENT)?;
    let pixels = [instance.int(tags::ROWS)?, instance.int(tags::COLUMNS)?];
    let pixels = [u32::try_from(pixels[0]).ok()?, u32::try_from(pixels[1]).ok()?];
    let mm = [0, 1].map(|i: usize| f64::from(pixels[i]) * spacing[i]);
    let lengths = [mm[1], mm[0], mm[1], mm[0]];
    let [rows, columns] = pixels;
    let strips = [
        [0, 0, columns, STRIP.min(rows)],
        [columns.saturating_sub(STRIP), 0, columns, rows],
        [0, rows.saturating_sub(STRIP), columns, rows],
        [0, 0, STRIP.min(columns), rows],
    ];
    let counted = (0..4).filter(|side| counts(&axes, *side));
    let borders = counted.filter_map(|side| Some((shares[side]?.0 * lengths[side], strips[side])));
    let longest = borders.max_by(|a, b| a.0.total_cmp(&b.0))?;
    Some((longest.0, Some(longest.1)))
}

/// Whether a side (upper, right, lower, left) should hold air: not that towards the feet nor, in
/// sagittal images, that towards the face. Axes in LPS: rows, then columns.
fn counts(axes: &[f64; 6], side: usize) -> bool {
    let (row, column) = (&axes[..3], &axes[3..]);
    let way = match side {
        0 | 2 => column,
        _ => row,
    };
    let sign = if side == 0 || side == 3 { -1.0 } else { 1.0 };
    let upright = row[2].abs().max(column[2].abs()) > ALONG;
    let (forward, upward) = (-sign * way[1], sign * way[2]);
    upward > -ALONG && !(upright && forward > ALONG)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{decoded, evidence, one, set_int, set_numbers, take, volume};
    use crate::model::outcome::OutcomeKind::{Fail, NotApplicable, Pass};
    use crate::model::study::Study;

    const TRANSVERSE: [f64; 6] = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0];
    const SAGITTAL: [f64; 6] = [0.0, 1.0, 0.0, 0.0, 0.0, -1.0];

    /// Twelve slices of a field of 200 mm, whose borders the body covers by shares (upper, right, lower,
    /// left).
    fn head(part: &str, axes: [f64; 6], shares: [f64; 4]) -> Study {
        let mut study = volume("MR", 12, 5.0);
        for (n, i) in study.series[0].instances.iter_mut().enumerate() {
            decoded(i);
            i.attributes.set_text(tags::BODY_PART_EXAMINED, part);
            set_numbers(i, tags::PIXEL_SPACING, &[1.0, 1.0]);
            set_numbers(i, tags::IMAGE_ORIENTATION_PATIENT, &axes);
            if axes == SAGITTAL {
                let x = f64::from(u32::try_from(n).unwrap()) * 5.0;
                set_numbers(i, tags::IMAGE_POSITION_PATIENT, &[x, -100.0, 100.0]);
            }
            for tag in [tags::ROWS, tags::COLUMNS] {
                set_int(i, tag, 200);
            }
            let names = [
                measured::BODY_CUT_TOP,
                measured::BODY_CUT_RIGHT,
                measured::BODY_CUT_BOTTOM,
                measured::BODY_CUT_LEFT,
            ];
            names.into_iter().zip(shares).for_each(|(name, share)| take(i, name, share));
        }
        study
    }

    #[test]
    fn hit_a_border_through_the_brain_and_miss_one_through_the_scalp() {
        let o = one(&CHECK, &head("HEAD", TRANSVERSE, [0.0, 0.7, 0.0, 0.0]), Fail);
        assert_eq!(evidence(&o, "border_in_body"), 140.0);
        let wanted = Some([194, 0, 200, 200]);
        assert_eq!(o.subject.bbox, wanted);
        one(&CHECK, &head("HEAD", TRANSVERSE, [0.2, 0.4, 0.4, 0.4]), Pass);
    }

    #[test]
    fn miss_the_neck_and_the_face_of_sagittal_images() {
        one(&CHECK, &head("BRAIN", SAGITTAL, [0.0, 0.0, 0.9, 0.9]), Pass);
        one(&CHECK, &head("BRAIN", SAGITTAL, [0.9, 0.0, 0.9, 0.9]), Fail);
        one(&CHECK, &head("BRAIN", SAGITTAL, [0.0, 0.9, 0.0, 0.0]), Fail);
    }

    #[test]
    fn miss_other_parts() {
        one(&CHECK, &head("LSPINE", TRANSVERSE, [0.9; 4]), NotApplicable);
        one(&CHECK, &volume("MR", 12, 5.0), NotApplicable);
    }
}
