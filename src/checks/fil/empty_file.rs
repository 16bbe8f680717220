//! FIL002: files of zero bytes beside the study.

use crate::checks::contract::Input;
use crate::checks::view::StudyView;
use crate::declare_check;
use crate::model::file::RejectReason;
use crate::model::outcome::{Evidence, Outcome, Subject};
use crate::model::text::Text;
use crate::policy::params::Params;

declare_check! {
    /// Files of zero bytes beside the study.
    ///
    /// ## What it does
    /// Counts the files of zero bytes in the folders that hold only this study.
    ///
    /// ## Why it matters
    /// A transfer that broke off leaves a name without content: an image that was meant to arrive
    /// did not, and the study may look complete.
    ///
    /// ## How it is measured
    /// Number of files with a size of 0 bytes. Lower is better; more than none fails.
    ///
    /// ## Known limits
    /// An empty file that was never an image (a lock or marker file of some software) is counted too.
    ///
    /// ## Parameters
    /// None.
    ///
    /// ## References
    /// DICOM PS3.10 section 7 (file format).
    code: "FIL002",
    name: "empty-file",
    title: ("存在零字节文件", "a file is empty"),
    advice: (
        "从设备或PACS重新发送该检查，并核对图像数量",
        "send the study again from the device or PACS and compare the number of images"
    ),
    status: Stable,
    depth: Header,
    inputs: [Input::File],
    params: [],
    dicom_code: None,
    run: run,
}

fn run(view: &StudyView<'_>, _: &Params) -> Vec<Outcome> {
    let empty = view.rejected().iter().filter(|r| r.reason == RejectReason::Empty).count();
    let outcome = if empty == 0 {
        Outcome::pass(Subject::study(), Text::new("没有零字节文件", "no file is empty"))
    } else {
        Outcome::fail(
            Subject::study(),
            Text::new(
                format!("{empty}个文件为零字节，允许0个"),
                format!("{empty} files have zero bytes, limit 0 files"),
            ),
        )
    };
    vec![outcome.with(Evidence::new("empty_files", empty).limit(0).unit("files"))]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{evidence, one, volume};
    use crate::model::outcome::OutcomeKind;
    use crate::model::study::RejectedFile;

    fn with(reason: RejectReason) -> crate::model::study::Study {
        let mut study = volume("CT", 4, 5.0);
        study.rejected =
            vec![RejectedFile { path: "a".into(), reason, text: Text::new("", "") }; 2];
        study
    }

    #[test]
    fn hit_two_empty_files() {
        let o = one(&CHECK, &with(RejectReason::Empty), OutcomeKind::Fail);
        assert_eq!(evidence(&o, "empty_files"), 2);
    }

    #[test]
    fn miss_other_rejections() {
        one(&CHECK, &with(RejectReason::Unreadable), OutcomeKind::Pass);
    }
}
