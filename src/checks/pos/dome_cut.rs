//! POS006: a CT of the upper abdomen that begins below the dome of the liver.

use crate::checks::contract::Input;
use crate::checks::coverage::{Rule, Seen, judge, names_only};
use crate::checks::per_series::count;
use crate::checks::view::{SeriesView, StudyView};
use crate::declare_check;
use crate::measure::registry as measured;
use crate::model::outcome::{Evidence, Outcome};
use crate::model::text::{StaticText, Text};
use crate::policy::params::Params;

declare_check! {
    /// A CT of the upper abdomen that begins below the dome of the liver.
    ///
    /// ## What it does
    /// Looks whether the upper end of a CT of the upper abdomen shows lung.
    ///
    /// ## Why it matters
    /// The dome of the liver lies under the diaphragm, and lung reaches lower than the dome in front, behind and beside. A
    /// range that begins where there is little or no lung leaves out liver, and lesions in it.
    ///
    /// ## How it is measured
    /// Lung (`lung_area`) of the two uppermost slices of a transverse stack, in mm²: the range is cut where both show less than
    /// `lung_area_min`. Judged where the header of the series names the upper abdomen, liver, spleen or upper and lower
    /// abdomen together and nothing else; one stack that begins high enough is enough for the study.
    ///
    /// ## Known limits
    /// White lung (effusion, collapse on both sides) is not seen as lung. Where a single organ was asked for that lies low, as the
    /// pancreas, nothing is judged.
    ///
    /// ## Parameters
    /// `slices_min`: fewest places of a stack that is judged. `lung_area_min`: lung that the upper end shows at least.
    ///
    /// ## References
    /// Chongqing-Sichuan draft 2025 7.3.2.1 (nothing left unscanned); DICOM PS3.16 CID 6315 (130576 Anatomy coverage
    /// incomplete).
    code: "POS006",
    name: "dome-cut",
    title: ("上腹部CT扫描范围未包全膈顶", "the scan range begins below the dome of the liver"),
    advice: (
        "核对是否漏传层面；扫描范围不足则需补扫",
        "see whether slices were not sent; if the range was too short, scan the rest"
    ),
    status: Preview,
    depth: Pixels,
    inputs: [
        Input::Kinds,
        Input::Measurement(measured::P01), Input::Stacks, Input::Parts, Input::Measurement(measured::LUNG_AREA)],
    params: [
        ("slices_min", Number, "slices", "fewest places of a stack that is judged"),
        ("lung_area_min", Number, "mm2", "lung that the upper end shows at least"),
    ],
    dicom_code: Some(("DCM:130576", "Anatomy coverage incomplete")),
    run: run,
}

/// Parts whose images begin above the liver.
const PARTS: [&str; 4] = ["upper_abdomen", "liver", "spleen", "upper_lower_abdomen"];

static PASS: StaticText = StaticText {
    zh: "扫描范围上端可见肺，包全膈顶",
    en: "a stack begins above the dome of the liver",
};

fn run(view: &StudyView<'_>, params: &Params) -> Vec<Outcome> {
    let least_lung = params.number("lung_area_min");
    let look = |areas: &[Option<f64>], upwards: bool| seen(areas, upwards, least_lung);
    let rule = Rule {
        name: measured::LUNG_AREA,
        least: count(params, "slices_min"),
        concerned: is_upper_abdomen,
        look: &look,
        pass: PASS,
    };
    judge(view, &rule)
}

fn is_upper_abdomen(series: &SeriesView<'_>) -> bool {
    names_only(series, &PARTS)
}

fn seen(areas: &[Option<f64>], upwards: bool, least: f64) -> Option<Seen> {
    let measured: Vec<f64> = areas.iter().copied().flatten().collect();
    let most = |two: &[f64]| two.iter().copied().fold(0.0, f64::max);
    let ends = (measured.first_chunk::<2>()?, measured.last_chunk::<2>()?);
    let lung = if upwards { most(ends.1) } else { most(ends.0) };
    let why = Text::new(
        format!("上端层面的肺仅{lung:.0}平方毫米（至少应有{least}），扫描范围未包全膈顶"),
        format!(
            "the upper end of the scan shows {lung:.0} mm2 of lung, at least {least} are due: the range begins below the dome of the liver"
        ),
    );
    let evidence = Evidence::new("lung_area_upper_end", lung.round()).limit(least).unit("mm2");
    Some(Seen {
        cut: lung < least,
        badness: -lung,
        at_last: upwards,
        why,
        evidence: vec![evidence],
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{evidence, one, take, volume};
    use crate::model::outcome::OutcomeKind::{CouldNotRun, Fail, NotApplicable, Pass};
    use crate::model::study::Study;
    use dicom_dictionary_std::tags;

    /// From the feet to the head.
    fn abdomen(part: &str, areas: &[f64]) -> Study {
        let mut study = volume("CT", areas.len(), 5.0);
        for (i, area) in study.series[0].instances.iter_mut().zip(areas) {
            i.attributes.set_text(tags::BODY_PART_EXAMINED, "");
            i.attributes.set_text(tags::SERIES_DESCRIPTION, part);
            take(i, measured::LUNG_AREA, *area);
        }
        study
    }

    const WHOLE: [f64; 14] =
        [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 400.0, 2e3, 4e3, 8e3, 1e4];

    #[test]
    fn hit_a_range_that_begins_below_the_lungs_and_miss_a_whole_one() {
        one(&CHECK, &abdomen("上腹部平扫", &WHOLE), Pass);
        let o = one(&CHECK, &abdomen("上腹部平扫", &[0.0; 12]), Fail);
        assert_eq!(evidence(&o, "lung_area_upper_end"), 0.0);
        one(&CHECK, &abdomen("上腹部平扫", &WHOLE[..10]), Fail);
    }

    #[test]
    fn miss_where_a_whole_stack_stands_beside_and_what_is_no_upper_abdomen() {
        let mut study = abdomen("上腹部平扫", &[0.0; 12]);
        let mut whole = abdomen("上腹部动脉期", &WHOLE).series.remove(0);
        whole.uid.push_str(".2");
        study.series.push(whole);
        one(&CHECK, &study, Pass);
        for part in ["下腹部平扫", "盆腔平扫", "腰椎", "胰腺薄层", "胸部平扫"] {
            one(&CHECK, &abdomen(part, &[0.0; 12]), NotApplicable);
        }
    }

    #[test]
    fn what_was_not_decoded_could_not_run() {
        let mut study = abdomen("上腹部平扫", &WHOLE);
        study.series[0].instances.iter_mut().for_each(|i| i.measurements.clear());
        one(&CHECK, &study, CouldNotRun);
    }
}
