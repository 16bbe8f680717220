//! POS002: a chest CT that does not reach beyond the lungs.

use crate::checks::contract::Input;
use crate::checks::per_series::{count, no_volume};
use crate::checks::slices::{Column, Slice, StackOf, is_ct_slice, is_of, stacks, unlooked};
use crate::checks::view::{SeriesView, StudyView};
use crate::declare_check;
use crate::measure::ct::lungs::{Ends, ends};
use crate::measure::registry as measured;
use crate::model::family::Family;
use crate::model::outcome::{Evidence, Outcome, Subject};
use crate::model::text::Text;
use crate::policy::params::Params;
use crate::series::kind::Plane;

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
    /// transverse stack is cut where its two outermost slices both show at least 300 mm² of lung and 2 % of the largest area.
    /// Judged where the header of the series names the chest and no other region; one stack that reaches beyond both ends is
    /// enough for the study.
    ///
    /// ## Known limits
    /// A series of a part of the chest (target reconstruction) is judged where no whole one was sent. A stack whose
    /// largest lung area is below `lung_area_min` is no chest. Lung without air (white lung) is not seen.
    ///
    /// ## Parameters
    /// `slices_min`: fewest places of a stack that is judged. `lung_area_min`: largest lung area from which a stack is a chest.
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
    ],
    dicom_code: Some(("DCM:130576", "Anatomy coverage incomplete")),
    run: run,
}

/// A stack of a chest: how much lung its ends show, and the slice at the worse end.
struct Chest<'a> {
    ends: Ends,
    slice: Slice<'a>,
    place: Option<[u32; 4]>,
    /// Whether places run from the feet to the head.
    upwards: bool,
}

fn run(view: &StudyView<'_>, params: &Params) -> Vec<Outcome> {
    let least = count(params, "slices_min");
    let mut chests: Vec<Chest<'_>> = Vec::new();
    let mut not_looked: Vec<Outcome> = Vec::new();
    for series in view.series().filter(|s| is_of(s, Family::Ct) && is_chest(s)) {
        let column = series.column(measured::LUNG_AREA);
        let all = stacks(&series, least, is_ct_slice);
        not_looked.extend(unlooked(&series, &all, false));
        chests.extend(all.iter().filter_map(|stack| chest(stack, &column)));
    }
    chests.retain(|c| c.ends.largest >= params.number("lung_area_min"));
    let judged = chests.len();
    if chests.is_empty() && not_looked.is_empty() {
        return vec![Outcome::not_applicable(Subject::study(), no_volume())];
    }
    let cut = |c: &Chest<'_>| c.ends.first_cut || c.ends.last_cut;
    if chests.iter().any(|c| !cut(c)) {
        let why = Text::new("扫描范围包全肺", "a stack reaches beyond both ends of the lungs");
        let outcome = Outcome::pass(Subject::study(), why);
        return vec![outcome.with(Evidence::new("stacks_checked", judged))];
    }
    // What was not looked at may be the stack that reaches beyond both ends.
    if !not_looked.is_empty() {
        return not_looked;
    }
    let both = |c: &Chest<'_>| c.ends.first.max(c.ends.last);
    let best = chests.iter().min_by(|a, b| both(a).total_cmp(&both(b)));
    best.map(fail).into_iter().collect()
}

/// Whether the header names the chest and nothing else, and the slices are transverse.
fn is_chest(series: &SeriesView<'_>) -> bool {
    let parts = series.parts();
    let regions: Vec<&String> =
        parts.attribute_regions.iter().chain(&parts.words_regions).collect();
    // The lexicon counts the thoracic spine as a part of the chest.
    let beside = |r: &&String| *r == "chest" || *r == "tspine";
    let chest = regions.iter().any(|r| *r == "chest") && regions.iter().all(beside);
    chest && series.kind().plane.is_none_or(|p| p == Plane::Tra)
}

fn chest<'a>(stack: &StackOf<'a>, column: &Column) -> Option<Chest<'a>> {
    let slices: Vec<Slice<'a>> = stack.firsts().copied().collect();
    let areas: Vec<Option<f64>> = slices.iter().map(|s| s.value(column)).collect();
    // An end that was not measured says nothing of the range.
    areas.first().copied().flatten().zip(areas.last().copied().flatten())?;
    let ends = ends(&areas)?;
    let worse_is_last = ends.last_cut && (!ends.first_cut || ends.last > ends.first);
    let slice = if worse_is_last { slices.last() } else { slices.first() };
    let slice = *slice?;
    let place = slice.placed(column).and_then(|v| v.1);
    Some(Chest { ends, slice, place, upwards: stack.normal[2] > 0.0 })
}

fn fail(chest: &Chest<'_>) -> Outcome {
    let Ends { first, last, first_cut, last_cut, .. } = chest.ends;
    let (top, bottom) = if chest.upwards { (last_cut, first_cut) } else { (first_cut, last_cut) };
    let (zh, en) = match (top, bottom) {
        (true, true) => ("上下两端", "both ends"),
        (true, false) => ("上端", "the upper end"),
        _ => ("下端", "the lower end"),
    };
    let area = (first.max(last) / 100.0).round();
    let why = Text::new(
        format!("{zh}的层面仍可见肺（{area}平方厘米），扫描范围未包全肺"),
        format!("{en} of the scan still shows {area} cm2 of lung: the range leaves out lung"),
    );
    Outcome::fail(chest.slice.subject(chest.place), why)
        .with(Evidence::new("lung_area_first_slice", first.round()).unit("mm2"))
        .with(Evidence::new("lung_area_last_slice", last.round()).unit("mm2"))
        .with(Evidence::new("lung_area_largest", chest.ends.largest.round()).unit("mm2"))
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
