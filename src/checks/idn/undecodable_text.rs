//! IDN005: text that no character set makes readable.

use crate::checks::contract::Input;
use crate::checks::per_instance::{Fault, Said, judge};
use crate::checks::view::{InstanceView, StudyView};
use crate::declare_check;
use crate::model::outcome::{Evidence, Outcome};
use crate::model::text::Text;
use crate::policy::params::Params;

declare_check! {
    /// Text that no character set makes readable.
    ///
    /// ## What it does
    /// Reports attributes whose bytes fit neither the declared character set nor the ones that are
    /// tried instead.
    ///
    /// ## Why it matters
    /// A name that nobody can read identifies nobody, and matching by it goes wrong.
    ///
    /// ## How it is measured
    /// Number of attributes of an instance that could not be decoded; more than none fails. Their
    /// values are not printed.
    ///
    /// ## Known limits
    /// Bytes that fit a wrong character set by chance decode to wrong characters and are not seen here.
    ///
    /// ## Parameters
    /// None.
    ///
    /// ## References
    /// DICOM PS3.3 C.12.1.1.2 (Specific Character Set); PS3.5 6.1 and Annexes H to K.
    code: "IDN005",
    name: "undecodable-text",
    title: ("文字无法解码", "text cannot be decoded"),
    advice: (
        "在设备上设置正确的字符集（GB18030或UTF-8）后重新发送",
        "set the right character set on the device (GB18030 or UTF-8) and send again"
    ),
    status: Stable,
    depth: Header,
    inputs: [Input::File],
    params: [],
    dicom_code: None,
    run: run,
}

fn run(view: &StudyView<'_>, _: &Params) -> Vec<Outcome> {
    judge(
        view,
        &Text::new("文字均可解码", "all text can be decoded"),
        &Text::new("没有可判定的文件", "there is no file to judge"),
        say,
    )
}

fn say(instance: &InstanceView<'_>) -> Said {
    let names = &instance.file().undecodable_text;
    if names.is_empty() {
        return Said::Pass;
    }
    let (n, list) = (names.len(), names.join(", "));
    Said::Fail(
        Fault::new(
            list.clone(),
            format!("{n}个属性的文字无法解码，允许0个：{list}"),
            format!("the text of {n} attributes cannot be decoded, limit 0: {list}"),
        )
        .with(Evidence::new("undecodable_attributes", n).limit(0).unit("attributes"))
        .with(Evidence::new("attributes", names.clone())),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{evidence, one, volume};
    use crate::model::outcome::OutcomeKind;

    #[test]
    fn hit_one_attribute_in_every_slice_is_one_finding() {
        let mut study = volume("CT", 6, 5.0);
        for i in &mut study.series[0].instances {
            i.file.undecodable_text = vec!["PatientName".into()];
        }
        let o = one(&CHECK, &study, OutcomeKind::Fail);
        assert_eq!(evidence(&o, "instances_affected"), 6);
    }

    #[test]
    fn miss_readable_text() {
        one(&CHECK, &volume("CT", 2, 5.0), OutcomeKind::Pass);
    }
}
