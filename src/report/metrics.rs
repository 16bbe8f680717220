//! The numbers of a run as a Prometheus text file (exposition format 0.0.4), for the textfile collector of a
//! node exporter. Counts and times only: no study, no patient.

use std::fmt::Write;

use super::aggregate::types::{InstitutionReport, VerdictCounts};
use super::run_manifest::RunManifest;

/// The text, ended by a line's end.
pub fn metrics(run: &RunManifest, institutions: &[InstitutionReport]) -> String {
    let mut out = Text::default();
    out.info(run);
    let c = &run.counts;
    let files = [("evaluated", c.evaluated), ("ignored", c.ignored), ("rejected", c.rejected)];
    out.family("files", "Files of the last run by how they ended");
    for (state, n) in files {
        out.one("files", &[("state", state)], n);
    }
    out.family("bytes", "Bytes of those files");
    out.one("bytes", &[], c.bytes);
    out.family("studies", "Studies of the last run by verdict");
    out.verdicts("studies", None, &run.studies);
    if let Some(changes) = &run.changes {
        out.family("changes", "Studies of the last run against earlier runs");
        for (change, n) in [
            ("new", changes.new),
            ("changed", changes.changed),
            ("judged_again", changes.judged_again),
            ("unchanged", changes.unchanged),
            ("waiting", changes.waiting),
            ("vanished", changes.vanished),
        ] {
            out.one("changes", &[("change", change)], n);
        }
        out.family("files_not_read", "Files that are what they were when they were read");
        out.one("files_not_read", &[], changes.files_not_read);
    }
    out.family("notices", "Things missing for the whole run, such as a model");
    out.one("notices", &[], run.notices.len() as u64);
    out.family("stage_seconds", "Seconds by stage of the last run");
    for stage in &run.durations {
        out.line("stage_seconds", &[("stage", &stage.stage)], &format!("{:.3}", stage.seconds));
    }
    out.family("institution_studies", "Studies of the last run by institution and verdict");
    for report in institutions {
        let id = Some(report.institution.id.as_str());
        out.verdicts("institution_studies", id, &report.summary.counts);
    }
    out.0
}

#[derive(Default)]
struct Text(String);

impl Text {
    fn info(&mut self, run: &RunManifest) {
        self.family("run_info", "The last run");
        let depth = serde_json::to_value(run.depth).ok();
        let depth = depth.as_ref().and_then(|d| d.as_str()).unwrap_or_default();
        self.one("run_info", &[("run_id", &run.run_id), ("tool", &run.tool), ("depth", depth)], 1);
        self.family("run_started_seconds", "When the last run began, seconds since 1970");
        self.line("run_started_seconds", &[], &run.started.as_second().to_string());
        if let Some(finished) = run.finished {
            self.family("run_finished_seconds", "When it ended, seconds since 1970");
            self.line("run_finished_seconds", &[], &finished.as_second().to_string());
        }
    }

    fn family(&mut self, name: &str, help: &str) {
        let _ = writeln!(self.0, "# HELP hrgate_{name} {help}.\n# TYPE hrgate_{name} gauge");
    }

    fn verdicts(&mut self, name: &str, institution: Option<&str>, counts: &VerdictCounts) {
        for (verdict, n) in [
            ("pass", counts.pass),
            ("review", counts.review),
            ("fail", counts.fail),
            ("not_judged", counts.not_judged),
        ] {
            let own = institution.map(|id| ("institution", id));
            let labels: Vec<_> = own.into_iter().chain([("verdict", verdict)]).collect();
            self.one(name, &labels, n);
        }
    }

    fn one(&mut self, name: &str, labels: &[(&str, &str)], n: u64) {
        self.line(name, labels, &n.to_string());
    }

    fn line(&mut self, name: &str, labels: &[(&str, &str)], value: &str) {
        let escaped = |v: &str| v.replace('\\', r"\\").replace('"', r#"\""#).replace('\n', r"\n");
        let label = |(name, value): &(&str, &str)| format!("{name}=\"{}\"", escaped(value));
        let labels: Vec<String> = labels.iter().map(label).collect();
        let labels =
            if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
        let _ = writeln!(self.0, "hrgate_{name}{labels} {value}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_escaped_and_every_line_is_told_by_its_family() {
        let mut text = Text::default();
        text.family("studies", "Studies");
        text.line("studies", &[("institution", "a\"b\\c\nd")], "3");
        let lines: Vec<&str> = text.0.lines().collect();
        assert_eq!(lines[1], "# TYPE hrgate_studies gauge");
        assert_eq!(lines[2], r#"hrgate_studies{institution="a\"b\\c\nd"} 3"#);
    }
}
