//! POS002: a chest CT that does not reach beyond the lungs.

use crate::checks::contract::Input;
use crate::checks::coverage::{Rule, Seen, judge};
use crate::checks::per_series::count;
use crate::checks::view::{SeriesView, StudyView};
use crate::declare_check;
use crate::measure::ct::lungs::{Ends, Limits, ends};
use crate::measure::registry as measured;
use crate::model::outcome::{Evidence, Outcome};
use crate::model::text::{StaticText, Text};
use crate::policy::params::Params;

declare_check! {
    /// A chest CT that does not reach beyond the lungs.
    ///
    /// ## What it does
    /// Looks whether the first and the last slice of a chest CT still show lung.
    ///
    /// ## Why it matters
    /// What was not scanned cannot be read: an apex or a costophrenic angle is left out, and the examination has to be
    /// repeated elsewhere.
    ///
    /// ## How it is measured
    /// Lung (`lung_area`): parts inside the body of -960 to -500 HU whose surroundings are below -400 HU, mm². An end of a
    /// transverse stack is cut where its two outermost slices both show more lung than `end_area_max` and than `end_share_max` of the largest area.
    /// Judged where the header of the series names the chest and no other region; one stack that reaches beyond both ends is
    /// enough for the study.
    ///
    /// ## Known limits
    /// A series of a part of the chest (target reconstruction) is judged where no whole one was sent. A stack whose
    /// largest lung area is below `lung_area_min` is no chest. Lung without air (white lung) is not seen.
    ///
    /// ## Parameters
    /// `slices_min`: fewest places of a stack that is judged. `lung_area_min`: largest lung area from which a stack is a chest.
    /// `end_area_max`, `end_share_max`: lung that an end may show, as an area and as a share of the largest.
    ///
    /// ## References
    /// Chongqing-Sichuan draft 2025 7.3.2.1 (nothing left unscanned); DICOM PS3.16 CID 6315 (130576 Anatomy coverage
    /// incomplete).
    code: "POS002",
    name: "lungs-cut",
    title: ("胸部CT扫描范围未包全肺", "the scan range leaves out lung"),
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
        ("lung_area_min", Number, "mm2", "largest lung area from which a stack is a chest"),
        ("end_area_max", Number, "mm2", "lung that an end may show: the tip of an apex or of an angle"),
        ("end_share_max", Number, "1", "the same as a share of the largest lung area"),
    ],
    dicom_code: Some(("DCM:130576", "Anatomy coverage incomplete")),
    run: run,
}

static PASS: StaticText =
    StaticText { zh: "扫描范围包全肺", en: "a stack reaches beyond both ends of the lungs" };

fn run(view: &StudyView<'_>, params: &Params) -> Vec<Outcome> {
    let limits = Limits {
        largest_min: params.number("lung_area_min"),
        end_area_max: params.number("end_area_max"),
        end_share_max: params.number("end_share_max"),
    };
    let look = |areas: &[Option<f64>], upwards: bool| ends(areas, limits).map(|e| seen(e, upwards));
    let rule = Rule {
        name: measured::LUNG_AREA,
        least: count(params, "slices_min"),
        concerned: is_chest,
        look: &look,
        pass: PASS,
    };
    judge(view, &rule)
}

/// Whether the header names the chest and nothing else.
fn is_chest(series: &SeriesView<'_>) -> bool {
    let parts = series.parts();
    let regions: Vec<&String> =
        parts.attribute_regions.iter().chain(&parts.words_regions).collect();
    // The lexicon counts the thoracic spine as a part of the chest.
    let beside = |r: &&String| *r == "chest" || *r == "tspine";
    regions.iter().any(|r| *r == "chest") && regions.iter().all(beside)
}

fn seen(ends: Ends, upwards: bool) -> Seen {
    let Ends { first, last, largest, first_cut, last_cut } = ends;
    let (top, bottom) = if upwards { (last_cut, first_cut) } else { (first_cut, last_cut) };
    let (zh, en) = match (top, bottom) {
        (true, true) => ("上下两端", "both ends"),
        (true, false) => ("上端", "the upper end"),
        _ => ("下端", "the lower end"),
    };
    let badness = first.max(last);
    let area = (badness / 100.0).round();
    let why = Text::new(
        format!("{zh}的层面仍可见肺（{area}平方厘米），扫描范围未包全肺"),
        format!("{en} of the scan still shows {area} cm2 of lung: the range leaves out lung"),
    );
    let evidence = [
        ("lung_area_first_slice", first),
        ("lung_area_last_slice", last),
        ("lung_area_largest", largest),
    ];
    Seen {
        cut: first_cut || last_cut,
        badness,
        at_last: last_cut && (!first_cut || last > first),
        why,
        evidence: evidence.map(|(n, v)| Evidence::new(n, v.round()).unit("mm2")).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{evidence, one, take, volume};
    use crate::model::outcome::OutcomeKind::{CouldNotRun, Fail, NotApplicable, Pass};
    use crate::model::study::Study;
    use dicom_dictionary_std::tags;

    fn chest(part: &str, areas: &[f64]) -> Study {
        let mut study = volume("CT", areas.len(), 5.0);
        for (i, area) in study.series[0].instances.iter_mut().zip(areas) {
            i.attributes.set_text(tags::BODY_PART_EXAMINED, part);
            take(i, measured::LUNG_AREA, *area);
        }
        study
    }

    /// From the feet to the head.
    const WHOLE: [f64; 16] =
        [0.0, 20.0, 4e3, 1e4, 2e4, 3e4, 3e4, 3e4, 2.8e4, 2.5e4, 2e4, 1.5e4, 9e3, 4e3, 100.0, 0.0];

    #[test]
    fn hit_each_end_and_miss_a_whole_chest() {
        one(&CHECK, &chest("CHEST", &WHOLE), Pass);
        let o = one(&CHECK, &chest("CHEST", &WHOLE[..11]), Fail);
        assert_eq!(evidence(&o, "lung_area_last_slice"), 2e4);
        assert!(o.why.en.starts_with("the upper end"), "{}", o.why.en);
        let o = one(&CHECK, &chest("CHEST", &WHOLE[4..]), Fail);
        assert!(o.why.en.starts_with("the lower end"), "{}", o.why.en);
    }

    #[test]
    fn a_stack_that_was_not_decoded_may_be_the_whole_one() {
        let mut study = chest("CHEST", &WHOLE[..11]);
        let mut whole = chest("CHEST", &WHOLE).series.remove(0);
        whole.uid.push_str(".2");
        whole.instances.iter_mut().for_each(|i| i.measurements.clear());
        study.series.push(whole);
        one(&CHECK, &study, CouldNotRun);
    }

    #[test]
    fn an_end_that_was_not_measured_could_not_run() {
        let mut study = chest("CHEST", &WHOLE);
        let last = study.series[0].instances.last_mut().unwrap();
        last.measurements.retain(|m| m.name != measured::LUNG_AREA);
        one(&CHECK, &study, CouldNotRun);
    }

    #[test]
    fn miss_where_a_whole_stack_stands_beside_and_other_parts() {
        let mut study = chest("CHEST", &WHOLE[..11]);
        let mut whole = chest("CHEST", &WHOLE).series.remove(0);
        whole.uid.push_str(".2");
        study.series.push(whole);
        one(&CHECK, &study, Pass);
        one(&CHECK, &chest("ABDOMEN", &WHOLE[4..]), NotApplicable);
        one(&CHECK, &chest("CHEST", &[0.0; 12]), NotApplicable);
        one(&CHECK, &volume("MR", 9, 5.0), NotApplicable);
    }
}
