//! SER011: Body Part Examined names a part that the item excludes.

use std::collections::BTreeMap;

use crate::checks::contract::Input;
use crate::checks::prepared::Items;
use crate::checks::view::{SeriesView, StudyView};
use crate::declare_check;
use crate::model::outcome::{Evidence, Outcome, Subject};
use crate::model::text::Text;
use crate::policy::params::Params;

use super::wanted;

declare_check! {
    /// Body Part Examined names a part of the body that the matched item excludes.
    ///
    /// ## What it does
    /// Holds Body Part Examined of each series against the part of the matched items.
    ///
    /// ## Why it matters
    /// A wrong part in the header hangs the images in the wrong place and hides them from a search for earlier
    /// ones; sometimes it shows that the images are of another order.
    ///
    /// ## How it is measured
    /// Part and item are placed in coarse regions of the body (`policies/synonyms/regions.csv`, generous at
    /// every border). A series fails where the attribute is understood, shares no region with any item of the
    /// study, and the words of the series name no part that does.
    ///
    /// ## Known limits
    /// Neighbouring parts are not told apart. Collective items (limbs, joints) have no region and exclude nothing. What
    /// the pixels show is not looked at.
    ///
    /// ## Parameters
    /// None.
    ///
    /// ## References
    /// Hebei 2025 2(3), Beijing 2024 3.2(2); DICOM PS3.3 C.7.3.1; DICOM PS3.16 CID 6314 (130573 Study performed did not match request).
    code: "SER011",
    name: "body-part-contradicts-item",
    title: ("检查部位属性与互认项目不符", "body part examined contradicts the item"),
    advice: (
        "核对图像是否属于该申请；属于则更正设备上的检查部位",
        "see whether the images belong to the order; where they do, correct the body part on the device"
    ),
    status: Stable,
    depth: Header,
    inputs: [Input::Parts, Input::Items],
    params: [],
    dicom_code: Some(("DCM:130573", "Study performed did not match request")),
    run: run,
}

fn run(view: &StudyView<'_>, _: &Params) -> Vec<Outcome> {
    let subject = Subject::study();
    let rows = match view.items() {
        Items::Matched(rows) => rows,
        other => return wanted::unmatched(other).into_iter().collect(),
    };
    if rows.iter().any(|w| w.regions.is_empty()) {
        let why = Text::new(
            "项目部位是合并或未归区的部位，不排除任何部位",
            "an item names no part that excludes another",
        );
        return vec![Outcome::not_applicable(subject, why)];
    }
    let fits = |region: &String| rows.iter().any(|w| w.regions.contains(region));
    let mut wrong: BTreeMap<&str, Vec<SeriesView<'_>>> = BTreeMap::new();
    let mut checked = 0_usize;
    for series in view.series().filter(|s| s.instances().any(|i| i.family().is_some())) {
        let parts = series.parts();
        let Some(attribute) = parts.attribute.as_deref() else { continue };
        if parts.attribute_regions.is_empty() {
            continue;
        }
        checked += 1;
        let excluded = !parts.attribute_regions.iter().any(fits);
        if excluded && !parts.words_regions.iter().any(fits) {
            wrong.entry(attribute).or_default().push(series);
        }
    }
    if checked == 0 {
        let why = Text::new(
            "没有可识别的检查部位属性",
            "no series states a body part examined that is understood",
        );
        return vec![Outcome::not_applicable(subject, why)];
    }
    let names: Vec<String> = rows.iter().map(|w| w.item.shown_name().to_owned()).collect();
    let parts: Vec<&str> = rows.iter().map(|w| w.item.anatomy_base.as_str()).collect();
    if wrong.is_empty() {
        let why = Text::new("检查部位属性与项目相符", "body part examined fits the item");
        let outcome = Outcome::pass(subject, why);
        return vec![outcome.with(Evidence::new("series_checked", checked))];
    }
    let fail = |(attribute, series): (&str, Vec<SeriesView<'_>>)| {
        let (n, item) = (series.len(), names.join("; "));
        let subject = match series.as_slice() {
            [one] => one.subject(),
            _ => Subject::study(),
        };
        let why = Text::new(
            format!("{n}个序列的检查部位为{attribute}，与项目“{item}”不符"),
            format!("{n} series state body part {attribute}, which the item {item} excludes"),
        );
        Outcome::fail(subject, why)
            .with(Evidence::new("body_part_examined", attribute))
            .with(Evidence::new("item_part", parts.clone()))
            .with(Evidence::new("series_affected", n).limit(0))
    };
    wrong.into_iter().map(fail).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::ser::cases::{Case, k};
    use crate::checks::testing::evidence;
    use crate::model::outcome::OutcomeKind;
    use crate::series::Kind;
    use dicom_dictionary_std::tags;

    fn case(part: &'static str, words: &'static str, item: &str) -> Case {
        Case::new("MR", vec![k(Kind::T1wi)]).part(item).each(0, |i| {
            i.attributes.set_text(tags::BODY_PART_EXAMINED, part);
            i.attributes.set_text(tags::SERIES_DESCRIPTION, words);
        })
    }

    #[test]
    fn hit_a_part_that_the_item_excludes() {
        let o = case("ABDOMEN", "t1_tra", "head").one(&CHECK, OutcomeKind::Fail);
        assert_eq!(evidence(&o, "body_part_examined"), "ABDOMEN");
        case("KNEE", "", "cervical_spine").one(&CHECK, OutcomeKind::Fail);
        case("CSPINE", "", "lumbar_disc").one(&CHECK, OutcomeKind::Fail);
    }

    #[test]
    fn miss_what_fits_or_borders_or_is_not_understood() {
        case("BRAIN", "", "pituitary").one(&CHECK, OutcomeKind::Pass);
        case("HEAD", "", "inner_ear").one(&CHECK, OutcomeKind::Pass);
        case("NECK", "", "cervical_spine").one(&CHECK, OutcomeKind::Pass);
        case("CHEST", "", "breast").one(&CHECK, OutcomeKind::Pass);
        case("ABDOMEN", "head t1", "head").one(&CHECK, OutcomeKind::Pass);
        case("SPECIAL", "", "head").one(&CHECK, OutcomeKind::NotApplicable);
        case("KNEE", "", "extremity_joints").one(&CHECK, OutcomeKind::NotApplicable);
    }
}
