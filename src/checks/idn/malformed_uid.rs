//! IDN010: UIDs that are not written as the standard says.

use dicom_dictionary_std::tags;

use crate::checks::contract::Input;
use crate::checks::per_instance::{Fault, Said, judge};
use crate::checks::view::{InstanceView, StudyView};
use crate::declare_check;
use crate::model::outcome::{Evidence, Outcome};
use crate::model::text::Text;
use crate::policy::params::Params;

use super::missing_uid::UIDS;

declare_check! {
    /// UIDs that are not written as the standard says.
    ///
    /// ## What it does
    /// Checks Study, Series and SOP Instance UID for length, characters and leading zeros.
    ///
    /// ## Why it matters
    /// Stricter software of another hospital may refuse the file or change the UID.
    ///
    /// ## How it is measured
    /// A UID is at most 64 characters: numbers without leading zeros, separated by single dots. Number of
    /// the three UIDs of an instance that are not; more than none fails.
    ///
    /// ## Known limits
    /// Whether the root was ever assigned to the maker cannot be seen.
    ///
    /// ## Parameters
    /// None.
    ///
    /// ## References
    /// DICOM PS3.5 section 9.1 and 6.2 (UI).
    code: "IDN010",
    name: "malformed-uid",
    title: ("UID格式不规范", "a UID is ill-formed"),
    advice: (
        "图像可用；请设备或匿名化软件厂家修正UID生成方式",
        "the image can be used; have the maker of the device or anonymiser correct how UIDs are made"
    ),
    status: Stable,
    depth: Header,
    inputs: [
        Input::Header(tags::STUDY_INSTANCE_UID),
        Input::Header(tags::SERIES_INSTANCE_UID),
        Input::Header(tags::SOP_INSTANCE_UID),
    ],
    params: [],
    dicom_code: None,
    run: run,
}

/// Longest UID (PS3.5 section 9.1).
const LENGTH_MAX: usize = 64;

/// Whether a text is a UID.
fn is_uid(text: &str) -> bool {
    let component = |c: &str| {
        !c.is_empty()
            && c.bytes().all(|b| b.is_ascii_digit())
            && (c.len() == 1 || !c.starts_with('0'))
    };
    text.len() <= LENGTH_MAX && text.contains('.') && text.split('.').all(component)
}

fn run(view: &StudyView<'_>, _: &Params) -> Vec<Outcome> {
    judge(
        view,
        &Text::new("UID格式规范", "UIDs are well formed"),
        &Text::new("没有UID可判定", "there is no UID to judge"),
        say,
    )
}

fn say(instance: &InstanceView<'_>) -> Said {
    let present: Vec<(&str, &str)> =
        UIDS.iter().filter_map(|(tag, k)| Some((instance.text(*tag)?, *k))).collect();
    if present.is_empty() {
        return Said::Skip;
    }
    let wrong: Vec<&str> =
        present.iter().filter(|(uid, _)| !is_uid(uid)).map(|(_, k)| *k).collect();
    if wrong.is_empty() {
        return Said::Pass;
    }
    let (n, list) = (wrong.len(), wrong.join(", "));
    Said::Fail(
        Fault::new(
            list.clone(),
            format!("{n}个UID格式不规范，允许0个：{list}"),
            format!("{n} UIDs are ill-formed, limit 0 UIDs: {list}"),
        )
        .with(Evidence::new("malformed_uids", n).limit(0).unit("UIDs"))
        .with(Evidence::new("attributes", wrong)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{one, volume};
    use crate::model::outcome::OutcomeKind;

    #[test]
    fn the_syntax_of_a_uid() {
        assert!(is_uid("1.2.840.0.10008"));
        assert!(is_uid(&format!("1.{}", "2".repeat(62))), "64 characters");
        for wrong in ["1.02", "1..2", ".1", "1.2.", "1.2a", "12", &format!("1.{}", "2".repeat(63))]
        {
            assert!(!is_uid(wrong), "{wrong}");
        }
    }

    #[test]
    fn hit_a_leading_zero() {
        let mut study = volume("CT", 2, 5.0);
        study.series[0].instances[0].attributes.set_text(tags::SOP_INSTANCE_UID, "1.2.03");
        one(&CHECK, &study, OutcomeKind::Fail);
    }

    #[test]
    fn miss_well_formed_uids() {
        one(&CHECK, &volume("CT", 2, 5.0), OutcomeKind::Pass);
    }
}
