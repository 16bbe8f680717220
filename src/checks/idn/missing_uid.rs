//! IDN009: instances without the UIDs that say what they are part of.

use dicom_core::Tag;
use dicom_dictionary_std::tags;

use crate::checks::contract::Input;
use crate::checks::per_instance::{Fault, Said, judge};
use crate::checks::view::{InstanceView, StudyView};
use crate::declare_check;
use crate::model::outcome::{Evidence, Outcome};
use crate::model::text::Text;
use crate::policy::params::Params;

declare_check! {
    /// Instances without Study, Series or SOP Instance UID.
    ///
    /// ## What it does
    /// Looks for the three UIDs that place an instance in its study.
    ///
    /// ## Why it matters
    /// A label, a recall or a second look needs a name for the study. Files without it are grouped by
    /// folder, which is a guess.
    ///
    /// ## How it is measured
    /// Number of the three UIDs that are absent, empty or unreadable in an instance; more than none fails.
    ///
    /// ## Known limits
    /// UIDs that are present and ill-formed are IDN010.
    ///
    /// ## Parameters
    /// None.
    ///
    /// ## References
    /// DICOM PS3.3 C.7.2.1, C.7.3.1, C.12.1 (all Type 1).
    code: "IDN009",
    name: "missing-uid",
    title: ("缺少检查、序列或实例UID", "a study, series or instance UID is missing"),
    advice: (
        "从设备重新发送原始图像；勿使用清空UID的导出工具",
        "send the original images again from the device; do not use export tools that clear UIDs"
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

/// The UIDs that place an instance.
pub const UIDS: &[(Tag, &str)] = &[
    (tags::STUDY_INSTANCE_UID, "StudyInstanceUID"),
    (tags::SERIES_INSTANCE_UID, "SeriesInstanceUID"),
    (tags::SOP_INSTANCE_UID, "SOPInstanceUID"),
];

fn run(view: &StudyView<'_>, _: &Params) -> Vec<Outcome> {
    judge(
        view,
        &Text::new("UID齐全", "every instance has its UIDs"),
        &Text::new("没有可判定的文件", "there is no file to judge"),
        say,
    )
}

fn say(instance: &InstanceView<'_>) -> Said {
    let missing: Vec<&str> =
        UIDS.iter().filter(|(tag, _)| instance.text(*tag).is_none()).map(|(_, k)| *k).collect();
    if missing.is_empty() {
        return Said::Pass;
    }
    let (n, list) = (missing.len(), missing.join(", "));
    Said::Fail(
        Fault::new(
            list.clone(),
            format!("缺少{n}个UID，允许缺少0个：{list}"),
            format!("{n} UIDs are missing, limit 0 UIDs: {list}"),
        )
        .with(Evidence::new("missing_uids", n).limit(0).unit("UIDs"))
        .with(Evidence::new("attributes", missing)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{evidence, one, volume};
    use crate::model::attribute::Stored;
    use crate::model::outcome::OutcomeKind;

    #[test]
    fn hit_empty_and_absent_uids_in_one_finding() {
        let mut study = volume("CT", 5, 5.0);
        for i in &mut study.series[0].instances {
            i.attributes.set(tags::STUDY_INSTANCE_UID, Stored::Empty);
            i.attributes.remove(tags::SERIES_INSTANCE_UID);
        }
        let o = one(&CHECK, &study, OutcomeKind::Fail);
        assert_eq!(evidence(&o, "missing_uids"), 2);
        assert_eq!(evidence(&o, "instances_affected"), 5);
    }

    #[test]
    fn miss_all_three() {
        one(&CHECK, &volume("CT", 2, 5.0), OutcomeKind::Pass);
    }
}
