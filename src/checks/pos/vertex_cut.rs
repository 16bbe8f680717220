//! POS007: a CT of the head that ends below the vertex.

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
    /// A CT of the head that ends below the vertex.
    ///
    /// ## What it does
    /// Looks whether the uppermost slice of a CT of the head still shows a large section of it.
    ///
    /// ## Why it matters
    /// The convexity is where small bleedings and tumours of the meninges lie. What was not scanned cannot be read.
    ///
    /// ## How it is measured
    /// `body_area` of the uppermost slice of a transverse stack over the largest of the stack. Under the vertex a head is
    /// a sphere of some 80 mm: 15 mm below its top, which is scalp and skull, its section is a third of the largest, 25 mm below
    /// a half. Judged where the header of the series names the head and nothing else; one stack that ends high enough is enough
    /// for the study.
    ///
    /// ## Known limits
    /// Steeply tilted gantries and reconstructions cut the head aslant. Scans of a part of the head whose header says
    /// only head fail.
    ///
    /// ## Parameters
    /// `slices_min`: fewest places of a stack that is judged. `end_share_max`: largest share that the uppermost slice may show.
    ///
    /// ## References
    /// Chongqing-Sichuan draft 2025 7.3.2.1 (nothing left unscanned); DICOM PS3.16 CID 6315 (130576 Anatomy coverage
    /// incomplete).
    code: "POS007",
    name: "vertex-cut",
    title: ("头颅CT扫描范围未包全颅顶", "the scan range ends below the vertex"),
    advice: (
        "核对是否漏传层面；扫描范围不足则需补扫",
        "see whether slices were not sent; if the range was too short, scan the rest"
    ),
    status: Preview,
    depth: Pixels,
    inputs: [
        Input::Kinds,
        Input::Measurement(measured::P01), Input::Stacks, Input::Parts, Input::Measurement(measured::BODY_AREA)],
    params: [
        ("slices_min", Number, "slices", "fewest places of a stack that is judged"),
        ("end_share_max", Number, "1", "section of the uppermost slice over the largest"),
    ],
    dicom_code: Some(("DCM:130576", "Anatomy coverage incomplete")),
    run: run,
}

static PASS: StaticText =
    StaticText { zh: "扫描范围包全颅顶", en: "a stack reaches the vertex" };

fn run(view: &StudyView<'_>, params: &Params) -> Vec<Outcome> {
    let most = params.number("end_share_max");
    let look = |areas: &[Option<f64>], upwards: bool| seen(areas, upwards, most);
    let rule = Rule {
        name: measured::BODY_AREA,
        least: count(params, "slices_min"),
        concerned: is_head,
        look: &look,
        pass: PASS,
    };
    judge(view, &rule)
}

fn is_head(series: &SeriesView<'_>) -> bool {
    names_only(series, &["head"])
}

fn seen(areas: &[Option<f64>], upwards: bool, limit: f64) -> Option<Seen> {
    let largest = areas.iter().copied().flatten().fold(0.0, f64::max);
    let end = *if upwards { areas.last()? } else { areas.first()? };
    let share = end.filter(|_| largest > 0.0)? / largest;
    let percent = |v: f64| (v * 100.0).round();
    let why = Text::new(
        format!(
            "最上层的头部断面仍为最大断面的{}%（最多{}%），扫描范围未包全颅顶",
            percent(share),
            percent(limit)
        ),
        format!(
            "the uppermost slice shows {} % of the largest section of the head, at most {} %: the range ends below the vertex",
            percent(share),
            percent(limit)
        ),
    );
    let shown = (share * 1000.0).round() / 1000.0;
    let evidence = Evidence::new("body_area_upper_end_share", shown).limit(limit);
    Some(Seen {
        cut: share > limit,
        badness: share,
        at_last: upwards,
        why,
        evidence: vec![evidence],
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{evidence, one, set_numbers, take, volume};
    use crate::model::outcome::OutcomeKind::{Fail, NotApplicable, Pass};
    use crate::model::study::Study;
    use dicom_dictionary_std::tags;

    /// A sphere of 80 mm on a neck, in slices of 5 mm from the feet on, without the uppermost `missing` mm.
    fn head(part: &str, missing: f64) -> Study {
        let all: Vec<f64> = (0..40).map(|n| f64::from(n) * 5.0).collect();
        let kept: Vec<f64> = all.into_iter().filter(|z| *z < 180.0 - missing).collect();
        let mut study = volume("CT", kept.len(), 5.0);
        for (i, z) in study.series[0].instances.iter_mut().zip(kept) {
            i.attributes.set_text(tags::BODY_PART_EXAMINED, part);
            let half = (80.0_f64.powi(2) - (z - 100.0).powi(2)).max(2500.0).sqrt();
            let half = if z > 160.0 { (6400.0 - (z - 100.0).powi(2)).sqrt() } else { half };
            let half = if z < 50.0 { half.min(45.0) } else { half };
            take(i, measured::BODY_AREA, std::f64::consts::PI * half * half);
        }
        study
    }

    #[test]
    fn hit_a_head_without_its_vertex_and_miss_a_whole_one() {
        one(&CHECK, &head("HEAD", 0.0), Pass);
        let o = one(&CHECK, &head("HEAD", 35.0), Fail);
        let share = evidence(&o, "body_area_upper_end_share").as_f64().unwrap();
        assert!((0.6..0.8).contains(&share), "{share}");
    }

    #[test]
    fn places_decide_which_end_is_up_whatever_the_numbers_say() {
        let mut study = head("HEAD", 35.0);
        let n = study.series[0].instances.len();
        for (k, i) in study.series[0].instances.iter_mut().enumerate() {
            let z = f64::from(u16::try_from(n - k).unwrap()) * 5.0;
            set_numbers(i, tags::IMAGE_POSITION_PATIENT, &[0.0, 0.0, z]);
        }
        // The neck is up now, and it is narrow.
        one(&CHECK, &study, Pass);
    }

    #[test]
    fn miss_parts_of_the_head_and_other_parts() {
        for part in ["SINUS", "ORBIT", "CHEST", ""] {
            one(&CHECK, &head(part, 35.0), NotApplicable);
        }
    }
}
