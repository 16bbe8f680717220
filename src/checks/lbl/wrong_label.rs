//! LBL003: a label with another text, of another scope or in another place than was granted.

use crate::checks::view::StudyView;
use crate::declare_check;
use crate::model::gate::DecisionKind;
use crate::model::outcome::{Evidence, Outcome, Subject};
use crate::model::past::PastLabel;
use crate::model::text::Text;
use crate::policy::params::Params;

use super::standing::{INPUTS, Standing, decision, decision_of, found, past, plain};

declare_check! {
    /// A label with another text, of another scope or in another place than was granted.
    ///
    /// ## What it does
    /// Where a label was granted, compares every label that stands with its exact words and, where the
    /// region names a place on the image, with that place.
    ///
    /// ## Why it matters
    /// The words tell how far the result is recognised. A label of a wider scope than was granted, or of
    /// another region, promises what nobody evaluated.
    ///
    /// ## How it is measured
    /// Labels that stand with none of the granted texts, or whose middle (box) or anchor lies outside the
    /// quarter of the image that the region names; more than 0 fail. Spaces, width of characters and the
    /// kind and number of dashes do not count.
    ///
    /// ## Known limits
    /// The place is known of text annotations with coordinates only. Labels burned into the pixels are
    /// not read. Where the worklist says only that a label stands, its words could not be compared.
    ///
    /// ## Parameters
    /// None.
    ///
    /// ## References
    /// Hebei 2025 5, Beijing 2024 3.5, Chongqing-Sichuan draft 2025 6.4; DICOM PS3.3 C.10.5.
    code: "LBL003",
    name: "wrong-label",
    title: ("互认标识的文字、范围或位置不对", "a label of other words, scope or place than granted"),
    advice: (
        "按 hrgate gate export 给出的文字和位置更正标识",
        "correct the label to the words and the place that `hrgate gate export` gives"
    ),
    status: Stable,
    depth: Header,
    inputs: INPUTS,
    params: [],
    dicom_code: None,
    run: run,
}

fn run(view: &StudyView<'_>, _: &Params) -> Vec<Outcome> {
    let past = match past(view) {
        Ok(past) => past,
        Err(none) => return none,
    };
    let subject = Subject::study();
    // A label on a view that has none granted is without right, not wrong.
    let granted_to = |l: &Standing| decision_of(past, l) == Some(DecisionKind::Apply);
    let labels: Vec<Standing> = found(view).labels.into_iter().filter(granted_to).collect();
    if decision(past) != Some(DecisionKind::Apply) || labels.is_empty() {
        let why = Text::new("没有可比对的标识", "there is no label to compare");
        return vec![Outcome::not_applicable(subject, why)];
    }
    let told: Vec<&Standing> = labels.iter().filter(|l| l.text.is_some()).collect();
    if told.is_empty() {
        let why = Text::new("没有写明标识文字", "the words of the label are not told");
        return vec![Outcome::could_not_run(subject, why)];
    }
    let granted: Vec<&PastLabel> =
        past.labels.iter().filter(|l| l.decision == DecisionKind::Apply).collect();
    let wrong: Vec<&&Standing> = told.iter().filter(|l| !is_right(l, &granted)).collect();
    let mut exact: Vec<&str> = granted.iter().map(|l| l.text.as_str()).collect();
    exact.sort_unstable();
    exact.dedup();
    let outcome = if wrong.is_empty() {
        Outcome::pass(subject, Text::new("标识文字和位置正确", "words and place are as granted"))
    } else {
        let n = wrong.len();
        let why = Text::new(
            format!("{n}个标识的文字、范围或位置不对，允许0个"),
            format!("{n} labels have other words, scope or place than granted, limit 0 labels"),
        );
        let texts: Vec<&str> = wrong.iter().filter_map(|l| l.text.as_deref()).collect();
        let places: Vec<&str> = wrong.iter().map(|l| l.place).collect();
        Outcome::fail(subject, why)
            .with(Evidence::new("label_standing", texts))
            .with(Evidence::new("place", places))
    };
    vec![
        outcome
            .with(Evidence::new("labels_standing", labels.len()).unit("labels"))
            .with(Evidence::new("label_granted", exact)),
    ]
}

fn is_right(label: &Standing, granted: &[&PastLabel]) -> bool {
    let text = plain(label.text.as_deref().unwrap_or_default());
    let own =
        |g: &&&PastLabel| [&g.text, &g.text_en].iter().any(|t| !t.is_empty() && plain(t) == text);
    let of_view = |g: &&&PastLabel| g.concerns(label.sop_uid.as_deref());
    granted.iter().filter(of_view).find(own).is_some_and(|g| in_place(label, &g.position))
}

/// Whether a label stands where its region asks (`top-right:image|report`); where either is not
/// known nothing is held against it.
fn in_place(label: &Standing, position: &str) -> bool {
    let (Some((x, y)), Some((place, on))) = (label.at, position.split_once(':')) else {
        return true;
    };
    if !on.split('|').any(|o| o == "image") {
        return true;
    }
    let side = |word: &str, fits: bool| !place.contains(word) || fits;
    side("top", y <= 0.5)
        && side("bottom", y >= 0.5)
        && side("right", x >= 0.5)
        && side("left", x <= 0.5)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::lbl::standing::tests::{annotate, study, views};
    use crate::checks::testing::{evidence, one};
    use crate::model::gate::DecisionKind::{Apply, Withhold};
    use crate::model::outcome::OutcomeKind::{CouldNotRun, Fail, NotApplicable, Pass};
    use crate::model::past::PastFacts;

    #[test]
    fn hit_another_text_and_another_place() {
        let o = one(&CHECK, &study(Some(Apply), "——京津冀互认"), Fail);
        assert_eq!(evidence(&o, "label_granted"), &serde_json::json!(["川渝 HR"]));
        let mut low = study(Some(Apply), "");
        annotate(&mut low, "川渝 HR", [0.1, 0.9]);
        one(&CHECK, &low, Fail);
    }

    #[test]
    fn miss_the_right_one_in_the_right_place() {
        one(&CHECK, &study(Some(Apply), "川渝HR"), Pass);
        let mut high = study(Some(Apply), "");
        annotate(&mut high, "川渝 ＨＲ", [0.9, 0.1]);
        one(&CHECK, &high, Pass);
    }

    #[test]
    fn the_words_are_held_against_what_the_view_itself_was_granted() {
        let with_other_words = |view: usize| {
            let mut study = views(Apply, Apply);
            if let PastFacts::Known(past) = &mut study.past {
                "北京HR".clone_into(&mut past.labels[view].text);
            }
            study
        };
        one(&CHECK, &with_other_words(0), Fail);
        one(&CHECK, &with_other_words(1), Pass);
        one(&CHECK, &views(Withhold, Apply), NotApplicable);
    }

    #[test]
    fn what_cannot_be_compared_is_told_apart() {
        one(&CHECK, &study(Some(Apply), "是"), CouldNotRun);
        one(&CHECK, &study(Some(Apply), ""), NotApplicable);
        one(&CHECK, &study(Some(Withhold), "川渝 HR"), NotApplicable);
    }
}
