//! The labels that stand: what the manifest says, text annotations and overlay texts of the images,
//! and texts of the report. Labels that are burned into pixels are not read.

use dicom_core::Tag;
use dicom_dictionary_std::tags;
use unicode_normalization::UnicodeNormalization;

use crate::checks::contract::Input;
use crate::checks::view::{InstanceView, StudyView};
use crate::model::attribute::Attributes;
use crate::model::gate::DecisionKind;
use crate::model::outcome::{Outcome, Subject};
use crate::model::past::{Past, PastFacts};
use crate::model::text::Text;

/// Overlay Label and Overlay Description of the first overlay planes (PS3.3 C.9.2).
pub const OVERLAYS: [Tag; 4] =
    [Tag(0x6000, 0x0022), Tag(0x6000, 0x1500), Tag(0x6002, 0x0022), Tag(0x6002, 0x1500)];

/// What the checks of this family may see.
pub const INPUTS: [Input; 9] = [
    Input::Past,
    Input::Manifest,
    Input::Header(tags::GRAPHIC_ANNOTATION_SEQUENCE),
    Input::Header(tags::ROWS),
    Input::Header(tags::COLUMNS),
    Input::Header(OVERLAYS[0]),
    Input::Header(OVERLAYS[1]),
    Input::Header(OVERLAYS[2]),
    Input::Header(OVERLAYS[3]),
];

/// Columns of a manifest that hold text of the report.
const REPORT: [&str; 5] = ["report_label", "report_text", "报告标识", "报告内容", "报告文本"];

/// Longest text, in characters, that is taken for a label rather than a sentence about labels.
const LONGEST: usize = 16;

/// A label that stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Standing {
    /// Its text; `None` where only its presence is told.
    pub text: Option<String>,
    /// Where: `worklist`, `report`, `annotation`, `overlay`.
    pub place: &'static str,
    /// Where on the image, as fractions of its width and height from the top left.
    pub at: Option<(f64, f64)>,
    /// SOP Instance UID of the image it stands on; `None` where it is told of the study.
    pub sop_uid: Option<String>,
}

/// What is known of labels that stand.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    /// Those that stand.
    pub labels: Vec<Standing>,
    /// Whether the worklist says that none stands.
    pub denied: bool,
}

/// Everything that is known of a study.
pub fn found(view: &StudyView<'_>) -> Found {
    let mut found = Found::default();
    if let Some(row) = view.manifest().row() {
        match said(&row.label_printed) {
            Said::Nothing => {}
            Said::No => found.denied = true,
            Said::Yes(text) => {
                found.labels.push(Standing { text, place: "worklist", at: None, sop_uid: None });
            }
        }
        for line in REPORT.iter().filter_map(|c| row.field(c)).flat_map(str::lines) {
            found.add(line, "report", None, None);
        }
    }
    let size = view.instances().find_map(|i| size_of(&i));
    let sop = |i: &InstanceView<'_>| Some(i.sop_uid().to_owned()).filter(|s| !s.is_empty());
    for instance in view.instances() {
        for annotation in instance.items(tags::GRAPHIC_ANNOTATION_SEQUENCE) {
            for text in annotation.items(tags::TEXT_OBJECT_SEQUENCE) {
                let words = text.texts(tags::UNFORMATTED_TEXT_VALUE).join("\\");
                let at = point(text, size_of(&instance).or(size));
                words.lines().for_each(|line| found.add(line, "annotation", at, sop(&instance)));
            }
        }
        for text in OVERLAYS.iter().filter_map(|tag| instance.text(*tag)) {
            found.add(text, "overlay", None, sop(&instance));
        }
    }
    found.labels.dedup();
    found
}

impl Found {
    fn add(
        &mut self,
        text: &str,
        place: &'static str,
        at: Option<(f64, f64)>,
        sop_uid: Option<String>,
    ) {
        if is_label(text) {
            self.labels.push(Standing { text: Some(text.trim().to_owned()), place, at, sop_uid });
        }
    }
}

enum Said {
    Nothing,
    No,
    Yes(Option<String>),
}

/// What the column of a worklist says.
fn said(text: &str) -> Said {
    match text.trim().to_lowercase().as_str() {
        "" => Said::Nothing,
        "0" | "n" | "no" | "false" | "否" | "无" | "未标注" => Said::No,
        "1" | "y" | "yes" | "true" | "是" | "有" | "已标注" => Said::Yes(None),
        _ => Said::Yes(Some(text.trim().to_owned())),
    }
}

/// A text without what people and fonts vary: spaces, width, the kind of dash.
pub fn plain(text: &str) -> String {
    let dash = |c: char| matches!(c, '-' | '–' | '—' | '―' | '─' | 'ー' | '_');
    text.nfkc().filter(|c| !c.is_whitespace() && !dash(*c)).collect::<String>().to_uppercase()
}

/// Whether a text is a label of mutual recognition: every region's has 互认 or ends with HR.
fn is_label(text: &str) -> bool {
    let text = plain(text);
    let short = text.chars().count() <= LONGEST;
    let latin = text.strip_suffix("HR").is_some_and(|rest| {
        let region = rest.chars().all(|c| c.is_ascii_alphabetic() || !c.is_ascii());
        region && rest.chars().all(char::is_alphabetic)
    });
    short && (latin || text.contains("互认"))
}

fn size_of(instance: &InstanceView<'_>) -> Option<(f64, f64)> {
    let side = |tag| instance.float(tag).filter(|n| *n > 0.0);
    Some((side(tags::COLUMNS)?, side(tags::ROWS)?))
}

/// Where a text object stands (PS3.3 C.10.5): PIXEL counts from 1 at the top left, DISPLAY is a
/// fraction already.
fn point(text: &Attributes, size: Option<(f64, f64)>) -> Option<(f64, f64)> {
    let read = |at: Tag, units: Tag| {
        let [x, y] = text.array::<2>(at)?;
        match text.text(units) {
            Some("DISPLAY") => Some((x, y)),
            _ => size.map(|(w, h)| (x / w, y / h)),
        }
    };
    // Of a box the middle tells on which side it stands.
    let units = tags::BOUNDING_BOX_ANNOTATION_UNITS;
    let top_left = read(tags::BOUNDING_BOX_TOP_LEFT_HAND_CORNER, units);
    let bottom_right = read(tags::BOUNDING_BOX_BOTTOM_RIGHT_HAND_CORNER, units);
    match (top_left, bottom_right) {
        (Some(a), Some(b)) => Some((f64::midpoint(a.0, b.0), f64::midpoint(a.1, b.1))),
        _ => read(tags::ANCHOR_POINT, tags::ANCHOR_POINT_ANNOTATION_UNITS),
    }
}

/// What the store knew; without one the checks do not apply.
pub fn past<'a>(view: &'a StudyView<'_>) -> Result<&'a Past, Vec<Outcome>> {
    match view.past() {
        PastFacts::Known(past) => Ok(past),
        PastFacts::NotGiven => {
            let why =
                Text::new("没有结果库可供比对", "there is no store to hold the labels against");
            Err(vec![Outcome::not_applicable(Subject::study(), why)])
        }
    }
}

/// The decision that counts for labels in general: apply where any label stands, withdraw where one
/// stood and none does.
pub fn decision(past: &Past) -> Option<DecisionKind> {
    decision_at(past, None)
}

/// The decision that counts for a label on an image: that of its view, where views are decided one by
/// one.
pub fn decision_at(past: &Past, sop_uid: Option<&str>) -> Option<DecisionKind> {
    let own = || past.labels.iter().filter(|l| l.concerns(sop_uid));
    [DecisionKind::Apply, DecisionKind::Withdraw, DecisionKind::Withhold]
        .into_iter()
        .find(|kind| own().any(|l| l.decision == *kind))
}

/// The decision on what a label stands on.
pub fn decision_of(past: &Past, label: &Standing) -> Option<DecisionKind> {
    decision_at(past, label.sop_uid.as_deref())
}

/// Texts of labels for evidence.
pub fn texts(labels: &[Standing]) -> Vec<String> {
    labels.iter().map(|l| l.text.clone().unwrap_or_else(|| "?".to_owned())).collect()
}

/// Studies with labels, for the tests of the family.
#[cfg(test)]
pub mod tests {
    use super::*;
    use crate::checks::testing::volume;
    use crate::model::attribute::{Stored, Value};
    use crate::model::manifest::{ManifestFacts, ManifestRow};
    use crate::model::past::PastLabel;
    use crate::model::study::Study;

    /// A decision on a label of 川渝.
    pub fn decided(decision: DecisionKind) -> PastLabel {
        let some = |text: &str| match decision {
            DecisionKind::Apply => text.to_owned(),
            _ => String::new(),
        };
        PastLabel {
            profile: "chuanyu-2025-draft".into(),
            item: Some("CY-1".into()),
            decision,
            scope: some("chuanyu"),
            text: some("川渝 HR"),
            text_en: String::new(),
            position: some("top-right:image|report"),
            sop_uids: Vec::new(),
        }
    }

    /// A study of which something was decided, and whose worklist says something of a label.
    pub fn study(decision: Option<DecisionKind>, printed: &str) -> Study {
        let past = Past { labels: decision.map(decided).into_iter().collect(), ..Past::default() };
        let row = ManifestRow { label_printed: printed.into(), ..ManifestRow::default() };
        Study {
            past: PastFacts::Known(Box::new(past)),
            manifest: ManifestFacts::Row(Box::new(row)),
            ..volume("DX", 1, 1.0)
        }
    }

    /// Two views, each of one image, decided one by one; a label stands on the first.
    pub fn views(first: DecisionKind, second: DecisionKind) -> Study {
        let mut study = study(None, "");
        study.series[0].instances.extend(volume("DX", 2, 1.0).series[0].instances.pop());
        let sops: Vec<String> = study.instances().map(|(_, i)| i.sop_uid().to_owned()).collect();
        let of = |(n, kind): (usize, DecisionKind)| PastLabel {
            sop_uids: vec![sops[n].clone()],
            ..decided(kind)
        };
        if let PastFacts::Known(past) = &mut study.past {
            past.labels = [(0, first), (1, second)].map(of).into();
        }
        annotate(&mut study, "川渝 HR", [0.9, 0.1]);
        study
    }

    /// Puts a text object on the first image, at fractions of the display.
    pub fn annotate(study: &mut Study, text: &str, at: [f64; 2]) {
        let numbers = |n: [f64; 2]| Stored::Present(Value::Float(n.to_vec().into()));
        let mut object = Attributes::default();
        object.set_text(tags::UNFORMATTED_TEXT_VALUE, text);
        object.set_text(tags::ANCHOR_POINT_ANNOTATION_UNITS, "DISPLAY");
        object.set(tags::ANCHOR_POINT, numbers(at));
        let mut annotation = Attributes::default();
        let items = |a: Attributes| Stored::Present(Value::Items(vec![a].into()));
        annotation.set(tags::TEXT_OBJECT_SEQUENCE, items(object));
        let first = &mut study.series[0].instances[0].attributes;
        first.set(tags::GRAPHIC_ANNOTATION_SEQUENCE, items(annotation));
    }

    #[test]
    fn labels_of_every_region_are_labels_and_sentences_are_none() {
        for text in ["——京津冀互认", "--JJJHR", "北京HR", "川渝 ＨＲ", "——HBHR", "河北互认"]
        {
            assert!(is_label(text), "{text}");
        }
        for text in [
            "L",
            "R",
            "HR CT 1mm lung",
            "心率 HR 72",
            "互认工作由医务处负责解释并按季度通报各科",
            "72HR",
        ] {
            assert!(!is_label(text), "{text}");
        }
    }

    #[test]
    fn dashes_width_and_spaces_do_not_count() {
        assert_eq!(plain("——京津冀 互认"), plain("--京津冀互认"));
        assert_eq!(plain("川渝ＨＲ"), plain("川渝 HR"));
        assert_ne!(plain("——河北互认"), plain("——京津冀互认"));
    }
}
