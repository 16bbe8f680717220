//! GEO003: fewer images than the volume's own header says it has.

use std::collections::BTreeMap;

use dicom_dictionary_std::tags;

use crate::checks::contract::Input;
use crate::checks::view::{SeriesView, StudyView};
use crate::declare_check;
use crate::model::outcome::{Evidence, Outcome};
use crate::model::text::Text;
use crate::policy::params::Params;

use super::shared::{Said, per_series};

declare_check! {
    /// Fewer images than the volume's own header says it has.
    ///
    /// ## What it does
    /// Counts the images of a series against what its header declares: Images in Acquisition, Number of Series
    /// Related Instances, Number of Temporal Positions, Number of Frames.
    ///
    /// ## Why it matters
    /// Slices missing at the end leave no gap and no number to miss; only a declared count can tell.
    ///
    /// ## How it is measured
    /// Images in Acquisition: distinct SOP Instance UIDs of one Acquisition Number in the series, where all of them declare
    /// the same count. Temporal positions: distinct Temporal Position Identifiers. Frames: items of the Per-frame
    /// Functional Groups Sequence against Number of Frames. Fewer than declared fails. Where nothing declares a count the
    /// check is not applicable, and the report says so: what nobody declared nobody can miss.
    ///
    /// ## Known limits
    /// An acquisition that was reconstructed into several series may declare the count of all of them; then a
    /// series is accused only where the series together have fewer. The manifest's count is held by TIM005.
    ///
    /// ## Parameters
    /// None.
    ///
    /// ## References
    /// DICOM PS3.3 C.7.6.1 (Images in Acquisition 0020,1002), C.8.3.1 (Number of Temporal Positions), C.7.6.16.
    code: "GEO003",
    name: "missing-last-slices",
    title: ("图像数少于文件头所声明的数量", "fewer images than the header declares"),
    advice: (
        "从设备重新发送该序列，核对图像总数",
        "send the series again from the device and compare the number of images"
    ),
    status: Stable,
    depth: Header,
    inputs: [
        Input::Kinds,
        Input::Stacks,
        Input::Header(tags::ACQUISITION_NUMBER),
        Input::Header(tags::IMAGES_IN_ACQUISITION),
        Input::Header(tags::NUMBER_OF_SERIES_RELATED_INSTANCES),
        Input::Header(tags::NUMBER_OF_TEMPORAL_POSITIONS),
        Input::Header(tags::TEMPORAL_POSITION_IDENTIFIER),
    ],
    params: [],
    dicom_code: Some(("DCM:130574", "Incomplete study")),
    run: run,
}

/// What declares a count.
struct Declared {
    by: &'static str,
    expected: i64,
    found: i64,
}

fn run(view: &StudyView<'_>, _: &Params) -> Vec<Outcome> {
    let acquisitions = acquisitions(view);
    let pass =
        Text::new("图像数与文件头声明一致", "there are as many images as the header declares");
    let skip = Text::new("没有已知的应有图像数", "no expected count is known");
    per_series(view, &pass, &skip, |s| {
        if s.volume().slices.is_empty() {
            return Said::Skip;
        }
        let declared: Vec<Declared> =
            [in_acquisition(s, &acquisitions), in_series(s), temporal(s), frames(s)]
                .into_iter()
                .flatten()
                .collect();
        match declared.iter().max_by_key(|d| d.expected - d.found) {
            None => Said::Skip,
            Some(worst) if worst.found < worst.expected => Said::Told(fail(s, worst)),
            Some(_) => Said::Pass,
        }
    })
}

fn signed(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Acquisition Number and declared count → how many images the whole study has of them.
fn acquisitions(view: &StudyView<'_>) -> BTreeMap<(i64, i64), i64> {
    let mut all = BTreeMap::new();
    for i in view.instances() {
        if let Some(declared) = i.int(tags::IMAGES_IN_ACQUISITION) {
            let number = i.int(tags::ACQUISITION_NUMBER).unwrap_or_default();
            *all.entry((number, declared)).or_insert(0) += 1;
        }
    }
    all
}

fn in_acquisition(s: &SeriesView<'_>, study: &BTreeMap<(i64, i64), i64>) -> Option<Declared> {
    let mut by_number: BTreeMap<i64, (Option<i64>, bool, Vec<&str>)> = BTreeMap::new();
    for i in s.instances() {
        let declared = i.int(tags::IMAGES_IN_ACQUISITION).filter(|n| *n > 0);
        let number = i.int(tags::ACQUISITION_NUMBER).unwrap_or_default();
        let entry = by_number.entry(number).or_insert((declared, true, Vec::new()));
        entry.1 &= entry.0 == declared;
        entry.2.push(i.sop_uid());
    }
    let of = |(number, (declared, agreed, mut uids)): (i64, (Option<i64>, bool, Vec<&str>))| {
        uids.sort_unstable();
        uids.dedup();
        let found = signed(uids.len());
        let expected = declared.filter(|_| agreed)?;
        let elsewhere = study.get(&(number, expected)).copied().unwrap_or(found);
        // Declared for several series of one acquisition: all of them together count.
        let found = if found < expected && elsewhere > found { elsewhere } else { found };
        Some(Declared { by: "ImagesInAcquisition", expected, found })
    };
    by_number.into_iter().filter_map(of).max_by_key(|d| d.expected - d.found)
}

fn in_series(s: &SeriesView<'_>) -> Option<Declared> {
    let tag = tags::NUMBER_OF_SERIES_RELATED_INSTANCES;
    let expected = s.instances().filter_map(|i| i.int(tag)).max().filter(|n| *n > 0)?;
    Some(Declared { by: "NumberOfSeriesRelatedInstances", expected, found: signed(s.len()) })
}

fn temporal(s: &SeriesView<'_>) -> Option<Declared> {
    let mut declared = s.instances().map(|i| i.int(tags::NUMBER_OF_TEMPORAL_POSITIONS));
    let expected = declared.next()??;
    let agreed = declared.all(|d| d == Some(expected));
    let mut seen: Vec<i64> =
        s.instances().filter_map(|i| i.int(tags::TEMPORAL_POSITION_IDENTIFIER)).collect();
    seen.sort_unstable();
    seen.dedup();
    let found = signed(seen.len());
    (agreed && expected > 1 && found > 0).then_some(Declared {
        by: "NumberOfTemporalPositions",
        expected,
        found,
    })
}

fn frames(s: &SeriesView<'_>) -> Option<Declared> {
    let of = s.instances().filter(|i| i.frame_count() > 1 && i.frame_groups() > 0);
    let declared = of.map(|i| Declared {
        by: "NumberOfFrames",
        expected: i64::from(i.frame_count()),
        found: signed(i.frame_groups()),
    });
    // As many frames as the object itself says is no word on what was acquired.
    declared.filter(|d| d.found < d.expected).max_by_key(|d| d.expected - d.found)
}

fn fail(s: &SeriesView<'_>, d: &Declared) -> Outcome {
    let (found, expected) = (d.found, d.expected);
    let missing = expected - found;
    let why = Text::new(
        format!("有{found}，文件头声明{expected}，缺{missing}"),
        format!(
            "{found} are there, {missing} fewer than the limit {expected} that the header declares"
        ),
    );
    Outcome::fail(s.subject(), why)
        .with(Evidence::new("images_found", found).limit(expected))
        .with(Evidence::new("declared_by", d.by))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{evidence, one, volume};
    use crate::model::outcome::OutcomeKind::{Fail, NotApplicable, Pass};
    use crate::model::study::Study;

    fn declaring(tag: dicom_core::Tag, n: usize) -> Study {
        let mut study = volume("CT", 8, 5.0);
        for i in &mut study.series[0].instances {
            i.attributes.set_text(tag, n.to_string());
            i.attributes.set_text(tags::ACQUISITION_NUMBER, "1");
        }
        study
    }

    #[test]
    fn hit_fewer_than_the_acquisition_declares() {
        let o = one(&CHECK, &declaring(tags::IMAGES_IN_ACQUISITION, 11), Fail);
        assert_eq!(evidence(&o, "images_found"), 8);
        one(&CHECK, &declaring(tags::IMAGES_IN_ACQUISITION, 8), Pass);
        one(&CHECK, &declaring(tags::IMAGES_IN_ACQUISITION, 6), Pass);
    }

    #[test]
    fn hit_a_time_point_that_is_not_there() {
        let mut study = declaring(tags::NUMBER_OF_TEMPORAL_POSITIONS, 3);
        for (n, i) in study.series[0].instances.iter_mut().enumerate() {
            i.attributes.set_text(tags::TEMPORAL_POSITION_IDENTIFIER, (1 + n / 4).to_string());
        }
        let o = one(&CHECK, &study, Fail);
        assert_eq!(evidence(&o, "declared_by"), "NumberOfTemporalPositions");
    }

    #[test]
    fn miss_an_acquisition_that_two_series_share() {
        let mut study = declaring(tags::IMAGES_IN_ACQUISITION, 16);
        let mut other = study.series[0].clone();
        other.uid = "2.25.1.9".into();
        for i in &mut other.instances {
            let uid = format!("{}.9", i.sop_uid());
            i.attributes.set_text(tags::SOP_INSTANCE_UID, uid);
        }
        study.series.push(other);
        one(&CHECK, &study, Pass);
    }

    #[test]
    fn miss_what_declares_nothing() {
        let o = one(&CHECK, &volume("CT", 8, 5.0), NotApplicable);
        assert_eq!(o.why.en, "no expected count is known");
    }
}
