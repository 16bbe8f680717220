//! SER010: series of one plane run in opposite directions, or against the direction that is asked for.

use dicom_dictionary_std::tags;

use crate::checks::contract::Input;
use crate::checks::view::StudyView;
use crate::declare_check;
use crate::measure::volumes::Volume;
use crate::model::family::Family;
use crate::model::outcome::{Evidence, Outcome, Subject};
use crate::model::text::Text;
use crate::policy::params::Params;
use crate::series::Plane;

use super::found::{Offer, nearest, offers};

declare_check! {
    /// Series of one plane run in opposite directions, or against the direction that is asked for.
    ///
    /// ## What it does
    /// Takes from each MR series in which direction its images run by Instance Number, and compares series of
    /// one plane with each other and with the direction that the region prints.
    ///
    /// ## Why it matters
    /// A reader scrolls several sequences of one plane together. Where one runs from the feet and another
    /// from the head, the same place is shown twice as two places.
    ///
    /// ## How it is measured
    /// Sign of the change of position (transverse: along z, sagittal: x, coronal: y of the patient) against
    /// Instance Number over all neighbours of a stack; a stack counts where 90 % of its steps agree. `L-R`, `A-P` and
    /// `S-I` name the start and the end. The finding is told for the series that run otherwise than most, or than
    /// `display_order` says.
    ///
    /// ## Known limits
    /// Viewers may sort by position instead. Of enhanced objects the order of frames is judged. The printed "from left to
    /// right" is read as the patient's left.
    ///
    /// ## Parameters
    /// `display_order`: `Sag:L-R` and the like; empty: only agreement within the study is looked at.
    ///
    /// ## References
    /// Chongqing-Sichuan draft 2025 7.3.3.3; DICOM PS3.3 C.7.6.2.
    code: "SER010",
    name: "display-direction-differs",
    title: ("同方位序列的图像排列方向不一致", "series of one plane run in different directions"),
    advice: (
        "统一设备上各序列的层面排列方向",
        "set the order of slices alike for all sequences on the scanner"
    ),
    status: Stable,
    depth: Header,
    inputs: [Input::Kinds, Input::Stacks, Input::Header(tags::INSTANCE_NUMBER)],
    params: [
        ("display_order", Texts, "", "the direction of each plane, e.g. Tra:S-I; empty for none"),
    ],
    dicom_code: None,
    run: run,
}

/// A series' plane and whether its images run towards larger coordinates.
struct Running<'a> {
    offer: Offer<'a>,
    plane: Plane,
    rising: bool,
}

/// Share of steps that must agree.
const STEADY: f64 = 0.9;

/// Fewest places that show a direction.
const FEWEST: usize = 4;

fn axis(plane: Plane) -> Option<usize> {
    match plane {
        Plane::Sag => Some(0),
        Plane::Cor => Some(1),
        Plane::Tra => Some(2),
        Plane::Obl | Plane::Multi => None,
    }
}

fn running(offer: Offer<'_>) -> Option<Running<'_>> {
    let volume: &Volume<'_> = offer.series.volume();
    let stack = volume.stacks.iter().max_by_key(|s| s.places.len())?;
    let plane = nearest(&stack.normal);
    let axis = axis(plane)?;
    let mut order: Vec<(i64, u32, f64)> = Vec::new();
    for place in &stack.places {
        let slice = *place.members.first()?;
        let image = volume.images.get(slice)?;
        let number = offer.series.instance(image.instance)?.int(tags::INSTANCE_NUMBER)?;
        order.push((number, image.frame, *volume.slices.get(slice)?.position.get(axis)?));
    }
    if order.len() < FEWEST {
        return None;
    }
    order.sort_by_key(|o| (o.0, o.1));
    let steps = order.len() - 1;
    let rises = order.windows(2).filter(|w| w[1].2 > w[0].2).count();
    let falls = order.windows(2).filter(|w| w[1].2 < w[0].2).count();
    #[expect(clippy::cast_precision_loss, reason = "a count of slices")]
    let share = |n: usize| n as f64 / steps as f64;
    let rising = share(rises) >= STEADY;
    (rising || share(falls) >= STEADY).then_some(Running { offer, plane, rising })
}

/// The words of a direction; coordinates rise to the left, the back and the head.
fn word(plane: Plane, rising: bool) -> &'static str {
    match (plane, rising) {
        (Plane::Sag, true) => "R-L",
        (Plane::Sag, false) => "L-R",
        (Plane::Cor, true) => "A-P",
        (Plane::Cor, false) => "P-A",
        (_, true) => "I-S",
        (_, false) => "S-I",
    }
}

fn run(view: &StudyView<'_>, params: &Params) -> Vec<Outcome> {
    let wanted = params.texts("display_order");
    let all: Vec<Running<'_>> =
        offers(view, Family::Mr).into_iter().filter(Offer::acquired).filter_map(running).collect();
    let mut outcomes = Vec::new();
    let mut compared = 0;
    for plane in [Plane::Tra, Plane::Sag, Plane::Cor] {
        let own: Vec<&Running<'_>> = all.iter().filter(|r| r.plane == plane).collect();
        let prefix = format!("{}:", plane.word());
        let asked = wanted.iter().find_map(|w| w.strip_prefix(&prefix));
        let rising = own.iter().filter(|r| r.rising).count();
        let right = match asked {
            Some(word) => word.to_owned(),
            None if own.len() > 1 => word(plane, rising * 2 > own.len()).to_owned(),
            None => continue,
        };
        compared += own.len();
        for r in own.iter().filter(|r| word(plane, r.rising) != right) {
            outcomes.push(fail(r, &right, asked.is_some()));
        }
    }
    if !outcomes.is_empty() {
        return outcomes;
    }
    let subject = Subject::study();
    if compared == 0 {
        let why = Text::new(
            "没有可比较排列方向的磁共振序列",
            "there are no MR series whose direction can be compared",
        );
        return vec![Outcome::not_applicable(subject, why)];
    }
    let why = Text::new("各序列排列方向一致", "the series of each plane run in one direction");
    vec![Outcome::pass(subject, why).with(Evidence::new("series_checked", compared))]
}

fn fail(r: &Running<'_>, right: &str, printed: bool) -> Outcome {
    let own = word(r.plane, r.rising);
    let plane = r.plane.word();
    let why = if printed {
        Text::new(
            format!("{plane}序列排列方向为{own}，规定为{right}"),
            format!("{plane} series runs {own}, {right} is asked for"),
        )
    } else {
        Text::new(
            format!("{plane}序列排列方向为{own}，其余同方位序列为{right}"),
            format!("{plane} series runs {own}, the others of its plane {right}"),
        )
    };
    Outcome::fail(r.offer.series.subject(), why)
        .with(Evidence::new("direction", own).limit(right))
        .with(Evidence::new("plane", plane))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::ser::cases::{Case, k};
    use crate::checks::testing::{evidence, place};
    use crate::model::outcome::OutcomeKind;
    use crate::series::Kind;

    /// One transverse series for each; whether it runs to the head.
    fn running_to_head(series: &[bool]) -> Case {
        let mut case = Case::new("MR", series.iter().map(|_| k(Kind::T2wi)).collect());
        for (s, up) in series.iter().enumerate() {
            let three = case.study.series[s].instances.clone();
            for (extra, n) in [(3, 4), (4, 5)] {
                let mut i = three[0].clone();
                i.attributes.set_text(tags::SOP_INSTANCE_UID, format!("2.25.9.{s}.{n}"));
                i.attributes.set_text(tags::INSTANCE_NUMBER, (extra + 1).to_string());
                case.study.series[s].instances.push(i);
            }
            for (n, i) in case.study.series[s].instances.iter_mut().enumerate() {
                let z = f64::from(u32::try_from(n).unwrap()) * 5.0;
                place(i, if *up { z } else { -z });
            }
        }
        case
    }

    #[test]
    fn hit_a_series_that_runs_against_the_others() {
        let o = running_to_head(&[true, true, false]).one(&CHECK, OutcomeKind::Fail);
        assert_eq!(evidence(&o, "direction"), "S-I");
        assert!(o.subject.series_uid.is_some_and(|uid| uid.ends_with(".2")));
    }

    #[test]
    fn hit_and_miss_the_direction_that_is_asked_for() {
        let case = |up: &[bool]| running_to_head(up).texts(&CHECK, "display_order", &["Tra:S-I"]);
        case(&[true]).one(&CHECK, OutcomeKind::Fail);
        case(&[false, false]).one(&CHECK, OutcomeKind::Pass);
    }

    #[test]
    fn miss_series_that_agree_and_single_ones() {
        running_to_head(&[true, true]).one(&CHECK, OutcomeKind::Pass);
        running_to_head(&[true]).one(&CHECK, OutcomeKind::NotApplicable);
        Case::new("MR", vec![k(Kind::T2wi), k(Kind::T1wi)]).one(&CHECK, OutcomeKind::NotApplicable);
    }
}
