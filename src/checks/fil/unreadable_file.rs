//! FIL001: files beside the study that could not be read at all.

use crate::checks::contract::Input;
use crate::checks::view::StudyView;
use crate::declare_check;
use crate::model::file::RejectReason;
use crate::model::outcome::{Evidence, Outcome, Subject};
use crate::model::text::Text;
use crate::policy::params::Params;

declare_check! {
    /// Files beside the study that claim to be DICOM and cannot be read.
    ///
    /// ## What it does
    /// Counts the rejected files of the folders that hold only this study: those that cannot be
    /// opened, whose header cannot be decoded, that exceed a safety bound, or that sit in a damaged
    /// archive. Empty files are FIL002.
    ///
    /// ## Why it matters
    /// An unreadable file may be a missing image. The study may look complete and not be.
    ///
    /// ## How it is measured
    /// Number of rejected files, by reason. Lower is better; more than none fails. Where all of them are
    /// files that the system would not give (no permission, a fault of disk or network, a file that
    /// went, grew or was replaced while it was read) the check could not run: that tells of the centre's
    /// own storage, not of the hospital's study, and the next run may read them.
    ///
    /// ## Known limits
    /// Which study an unreadable file belongs to is known only from its folder. Where a folder holds
    /// several studies, the file is counted in the run's manifest alone. File names are not repeated
    /// here, as they may hold patient names; the run's manifest lists them.
    ///
    /// ## Parameters
    /// None.
    ///
    /// ## References
    /// DICOM PS3.10 section 7 (file format).
    code: "FIL001",
    name: "unreadable-file",
    title: ("文件无法读取", "a file cannot be read"),
    advice: (
        "从设备或PACS重新发送该检查；仍失败时检查传输链路与存储介质",
        "send the study again from the device or PACS; if it fails again, look at the transfer path and the storage"
    ),
    status: Stable,
    depth: Header,
    inputs: [Input::File],
    params: [],
    dicom_code: None,
    run: run,
}

const REASONS: &[(RejectReason, &str)] = &[
    (RejectReason::Unreadable, "files_unreadable"),
    (RejectReason::HeaderUndecodable, "headers_undecodable"),
    (RejectReason::LimitExceeded, "files_beyond_limits"),
    (RejectReason::ArchiveUndecodable, "archives_undecodable"),
];

fn run(view: &StudyView<'_>, _: &Params) -> Vec<Outcome> {
    let count = |reason| view.rejected().iter().filter(|r| r.reason == reason).count();
    let counts: Vec<(&str, usize)> =
        REASONS.iter().map(|(reason, name)| (*name, count(*reason))).filter(|c| c.1 > 0).collect();
    let total: usize = counts.iter().map(|c| c.1).sum();
    // What the system would not give is told, and not laid to the study's charge.
    let at_fault = total - count(RejectReason::Unreadable);
    let charged = if at_fault > 0 { at_fault } else { total };
    let subject = Subject::study();
    let outcome = if total == 0 {
        Outcome::pass(subject, Text::new("所有文件均可读取", "every file could be read"))
    } else if at_fault == 0 {
        let text = Text::new(
            format!(
                "系统未能给出{total}个文件（权限、读取错误，或读取期间发生变化），下次运行时再评价"
            ),
            format!(
                "the system would not give {total} files (permission, a fault while reading, a change meanwhile); the next run judges them"
            ),
        );
        Outcome::could_not_run(subject, text)
    } else {
        Outcome::fail(
            subject,
            Text::new(
                format!("{at_fault}个文件无法读取，允许0个"),
                format!("{at_fault} files cannot be read, limit 0 files"),
            ),
        )
    };
    let outcome = outcome.with(Evidence::new("unreadable_files", charged).limit(0).unit("files"));
    let with = |outcome: Outcome, (name, n): (&str, usize)| {
        outcome.with(Evidence::new(name, n).unit("files"))
    };
    vec![counts.into_iter().fold(outcome, with)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{evidence, one, volume};
    use crate::model::outcome::OutcomeKind;
    use crate::model::study::RejectedFile;

    fn rejected(reason: RejectReason) -> RejectedFile {
        RejectedFile { path: "WANG_WU/1".into(), reason, text: Text::new("", "") }
    }

    #[test]
    fn hit_one_undecodable_header_beside_the_study() {
        let mut study = volume("CT", 4, 5.0);
        study.rejected = vec![rejected(RejectReason::HeaderUndecodable)];
        let o = one(&CHECK, &study, OutcomeKind::Fail);
        assert_eq!(evidence(&o, "unreadable_files"), 1);
        assert!(!format!("{o:?}").contains("WANG"), "no path in the outcome");
    }

    #[test]
    fn hit_a_study_of_which_nothing_could_be_read() {
        let mut study = volume("CT", 0, 5.0);
        study.rejected = vec![rejected(RejectReason::ArchiveUndecodable)];
        one(&CHECK, &study, OutcomeKind::Fail);
    }

    #[test]
    fn miss_what_the_system_would_not_give_is_no_fault_of_the_study() {
        let mut study = volume("CT", 4, 5.0);
        study.rejected = vec![rejected(RejectReason::Unreadable)];
        let o = one(&CHECK, &study, OutcomeKind::CouldNotRun);
        assert_eq!(evidence(&o, "files_unreadable"), 1);
        study.rejected.push(rejected(RejectReason::HeaderUndecodable));
        let o = one(&CHECK, &study, OutcomeKind::Fail);
        assert_eq!(evidence(&o, "unreadable_files"), 1);
    }

    #[test]
    fn miss_an_empty_file_is_another_check() {
        let mut study = volume("CT", 4, 5.0);
        study.rejected = vec![rejected(RejectReason::Empty)];
        one(&CHECK, &study, OutcomeKind::Pass);
    }
}
