//! What a run tells of its files and studies.

use std::collections::BTreeMap;
use std::path::Path;

use crate::model::study::RejectedFile;
use crate::model::text::{Language, Text};
use crate::pipeline::run::Collected;
use crate::report::run_manifest::{FileCounts, RejectedEntry, RunManifest};

/// What the terminal says of a run.
pub fn summary(folder: &Path, manifest: &RunManifest, language: Language) -> String {
    let (c, s) = (&manifest.counts, &manifest.studies);
    let index = folder.join("index.html");
    let seconds = manifest.durations.last().map_or(0.0, |d| d.seconds);
    let told = match language {
        Language::Zh => format!(
            "文件 {}：评价 {}，忽略 {}，拒收 {}\n检查 {}：合格 {}，需复核 {}，不合格 {}，不在评价范围 {}\n用时 {seconds:.1} 秒；报告：{}\n",
            c.files,
            c.evaluated,
            c.ignored,
            c.rejected,
            s.studies,
            s.pass,
            s.review,
            s.fail,
            s.not_judged,
            index.display()
        ),
        Language::En => format!(
            "files {}: {} evaluated, {} ignored, {} rejected\nstudies {}: {} pass, {} review, {} fail, {} not judged\n{seconds:.1} s; report: {}\n",
            c.files,
            c.evaluated,
            c.ignored,
            c.rejected,
            s.studies,
            s.pass,
            s.review,
            s.fail,
            s.not_judged,
            index.display()
        ),
    };
    told + &changes(manifest, language) + &notices(&manifest.notices, language)
}

/// What became of the studies against earlier runs on the store.
fn changes(manifest: &RunManifest, language: Language) -> String {
    let Some(c) = &manifest.changes else { return String::new() };
    match language {
        Language::Zh => format!(
            "与既往相比：新增 {}，有变化 {}，依新规则重判 {}，无变化 {}，传输中待下次 {}，已不在 {}；未重读文件 {}
",
            c.new, c.changed, c.judged_again, c.unchanged, c.waiting, c.vanished, c.files_not_read
        ),
        Language::En => format!(
            "against earlier runs: {} new, {} changed, {} judged again, {} unchanged, {} still arriving, {} vanished; {} files not read again
",
            c.new, c.changed, c.judged_again, c.unchanged, c.waiting, c.vanished, c.files_not_read
        ),
    }
}

/// What was missing for the whole run, each with what to do.
pub fn notices(notices: &[Text], language: Language) -> String {
    let head = match language {
        Language::Zh => "注意：有图像未经模型判读，相关检查项记为“无法判断”",
        Language::En => "note: images were not read by models; their checks are \"could not run\"",
    };
    let line = |notice: &Text| match language {
        Language::Zh => format!("{head}：{}\n", notice.zh),
        Language::En => format!("{head}: {}\n", notice.en),
    };
    notices.iter().map(line).collect()
}

/// Files by their end.
pub fn file_counts(collected: &Collected) -> FileCounts {
    let c = &collected.counts;
    let mut rejected_by_reason = BTreeMap::new();
    for (_, file) in &collected.rejected_files {
        let name = serde_json::to_value(file.reason)
            .ok()
            .and_then(|v| v.as_str().map(str::to_owned))
            .unwrap_or_default();
        *rejected_by_reason.entry(name).or_default() += 1;
    }
    let ignored_by_reason = [("not-dicom", c.not_dicom), ("dicomdir", c.dicomdir)]
        .into_iter()
        .filter(|(_, n)| *n > 0)
        .map(|(name, n)| (name.to_owned(), n))
        .collect();
    FileCounts {
        files: c.files,
        bytes: c.bytes,
        evaluated: c.evaluated,
        ignored: c.not_dicom + c.dicomdir,
        rejected: c.rejected,
        ignored_by_reason,
        rejected_by_reason,
    }
}

/// Every file that was rejected.
pub fn rejected(collected: &Collected) -> Vec<RejectedEntry> {
    let entry = |(source, f): &(u32, RejectedFile)| RejectedEntry {
        source: *source,
        path: f.path.clone(),
        reason: f.reason,
        text: f.text.clone(),
    };
    collected.rejected_files.iter().map(entry).collect()
}
