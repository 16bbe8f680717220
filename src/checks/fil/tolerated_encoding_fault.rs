//! FIL010: ill-formed files that were read all the same.

use std::collections::BTreeMap;

use crate::checks::contract::Input;
use crate::checks::per_instance::EXAMPLES;
use crate::checks::view::{InstanceView, SeriesView, StudyView};
use crate::declare_check;
use crate::model::file::Recovery;
use crate::model::outcome::{Evidence, Outcome, Subject};
use crate::model::text::Text;
use crate::policy::params::Params;

declare_check! {
    /// Ill-formed files that were read all the same.
    ///
    /// ## What it does
    /// Reports every tolerant reading that was needed to make a file readable: a missing preamble, a
    /// UID padded with a space, a wrong length, a compressed sequence without its end.
    ///
    /// ## Why it matters
    /// Stricter software of another hospital may refuse the file.
    ///
    /// ## How it is measured
    /// Number of instances of a series that needed the reading, one finding for each kind; more than
    /// none fails.
    ///
    /// ## Known limits
    /// The reading is a guess. Where a guess was wrong, other checks usually show it.
    ///
    /// ## Parameters
    /// None.
    ///
    /// ## References
    /// DICOM PS3.5 sections 6, 7 and 9; PS3.10 section 7.
    code: "FIL010",
    name: "tolerated-encoding-fault",
    title: ("文件编码不规范但可读取", "a file is ill-formed and was read all the same"),
    advice: (
        "图像可用；请设备或PACS厂家修正其DICOM输出",
        "the image can be used; have the maker of the device or PACS correct its DICOM output"
    ),
    status: Stable,
    depth: Header,
    inputs: [Input::File],
    params: [],
    dicom_code: None,
    run: run,
}

struct Group<'a> {
    recovery: &'a Recovery,
    instances: Vec<InstanceView<'a>>,
}

fn run(view: &StudyView<'_>, _: &Params) -> Vec<Outcome> {
    let outcomes: Vec<Outcome> = view.series().flat_map(|s| of_series(&s)).collect();
    if outcomes.is_empty() {
        let why = Text::new("文件编码规范", "every file is well formed as far as it was read");
        return vec![Outcome::pass(Subject::study(), why)];
    }
    outcomes
}

fn of_series(series: &SeriesView<'_>) -> Vec<Outcome> {
    let mut groups: BTreeMap<&str, Group<'_>> = BTreeMap::new();
    for instance in series.instances() {
        let mut names: Vec<&str> = Vec::new();
        for recovery in &instance.file().recoveries {
            if !names.contains(&recovery.name.as_str()) {
                names.push(&recovery.name);
                let group = groups
                    .entry(&recovery.name)
                    .or_insert_with(|| Group { recovery, instances: Vec::new() });
                group.instances.push(instance);
            }
        }
    }
    groups.into_values().map(|g| told(series, &g)).collect()
}

fn told(series: &SeriesView<'_>, group: &Group<'_>) -> Outcome {
    let n = group.instances.len();
    let text = &group.recovery.text;
    let subject = match group.instances.as_slice() {
        [only] => only.subject(),
        _ => series.subject(),
    };
    let why = Text::new(
        format!("{}（{n}幅图像，允许0幅）", text.zh),
        format!("{} ({n} instances, limit 0 instances)", text.en),
    );
    let uids: Vec<&str> =
        group.instances.iter().take(EXAMPLES).map(InstanceView::sop_uid).collect();
    Outcome::fail(subject, why)
        .with(Evidence::new("recovery", group.recovery.name.clone()))
        .with(Evidence::new("instances_affected", n).limit(0).unit("instances"))
        .with(Evidence::new("first_sop_instance_uids", uids))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{evidence, kinds, run, volume};
    use crate::model::outcome::OutcomeKind;

    fn recovery(name: &str) -> Recovery {
        Recovery { name: name.into(), text: Text::new("缺少前导", "the preamble is absent") }
    }

    #[test]
    fn hit_groups_by_series_and_name() {
        let mut study = volume("CT", 9, 5.0);
        for i in &mut study.series[0].instances {
            i.file.recoveries = vec![recovery("preamble-absent"), recovery("preamble-absent")];
        }
        study.series[0].instances[3].file.recoveries.push(recovery("uid-padded-with-space"));
        let outcomes = run(&CHECK, &study);
        assert_eq!(kinds(&outcomes), [OutcomeKind::Fail, OutcomeKind::Fail]);
        assert_eq!(evidence(&outcomes[0], "instances_affected"), 9);
        assert_eq!(evidence(&outcomes[1], "instances_affected"), 1);
        assert!(outcomes[1].subject.sop_uid.is_some());
    }

    #[test]
    fn miss_well_formed_files() {
        assert_eq!(kinds(&run(&CHECK, &volume("CT", 4, 5.0))), [OutcomeKind::Pass]);
    }
}
