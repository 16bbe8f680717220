//! CFL004: a film called a chest that shows none, or called another part that shows a chest.

use crate::checks::contract::Input;
use crate::checks::per_film::{Said, judge};
use crate::checks::view::{InstanceView, SeriesView, StudyView};
use crate::declare_check;
use crate::infer::chest_view::{CHEST, MODEL};
use crate::items::shown::Shown;
use crate::model::outcome::{Evidence, Outcome};
use crate::model::reading::shown as told;
use crate::model::text::Text;
use crate::policy::params::Params;

declare_check! {
    /// A frontal film called a chest that shows none, or called another part that shows a chest.
    ///
    /// ## What it does
    /// Holds Body Part Examined and the words of the series against whether the image is a frontal chest.
    ///
    /// ## Why it matters
    /// The item, and with it the label, follows the part that the header names.
    ///
    /// ## How it is measured
    /// By the score `chest` of the model `chest_view`: at most `other_max` where the header names the chest
    /// and a frontal projection, at least `chest_min` where every part it names lies outside the chest.
    ///
    /// ## Known limits
    /// Preview: few films that are no chest could be learnt from (see the card).
    ///
    /// ## Parameters
    /// `other_max`: score up to which a film is no frontal chest. `chest_min`: score from which it is one.
    ///
    /// ## References
    /// DICOM PS3.3 C.7.3.1 (Body Part Examined); PS3.16 CID 4031.
    code: "CFL004",
    name: "part-contradicts-image",
    title: ("检查部位与图像不符", "the body part contradicts the image"),
    advice: (
        "核对检查部位属性与图像，更正后重新发送",
        "compare Body Part Examined with the image, correct it and send again"
    ),
    status: Preview,
    depth: Models,
    inputs: [Input::Model(MODEL), Input::Projections, Input::Parts],
    params: [
        ("other_max", Number, "1", "score up to which a film is no frontal chest"),
        ("chest_min", Number, "1", "score from which a film is a frontal chest"),
    ],
    dicom_code: None,
    run: run,
}

/// Regions of the chest in `policies/synonyms/regions.csv`; ribs reach the abdomen too.
const CHEST_REGIONS: [&str; 2] = ["chest", "tspine"];

fn run(view: &StudyView<'_>, params: &Params) -> Vec<Outcome> {
    let pass = Text::new("检查部位与图像一致", "body parts agree with the images");
    let nothing = Text::new("没有注明部位的X线图像", "no radiograph names its part");
    judge(view, &pass, &nothing, |series, instance| of_instance(series, &instance, params))
}

/// Nothing where the film is not concerned, else what contradicts.
fn of_instance(series: &SeriesView<'_>, instance: &InstanceView<'_>, params: &Params) -> Said {
    let parts = series.parts();
    let regions: Vec<&String> =
        parts.attribute_regions.iter().chain(&parts.words_regions).collect();
    if regions.is_empty() {
        return Ok(None);
    }
    let only_chest = CHEST_REGIONS.iter().all(|c| regions.iter().any(|r| r == c))
        && regions.iter().all(|r| CHEST_REGIONS.contains(&r.as_str()));
    let no_chest = !regions.iter().any(|r| CHEST_REGIONS.contains(&r.as_str()));
    let shown = series.shown().iter().find(|s| s.sop_uid == instance.sop_uid());
    let frontal = shown.is_some_and(Shown::is_frontal);
    if !(no_chest || (only_chest && frontal)) {
        return Ok(None);
    }
    let score = instance.score(MODEL, CHEST)?;
    let (least, most) = (params.number("chest_min"), params.number("other_max"));
    let value = told(score);
    let (why, limit) = if no_chest && f64::from(score) >= least {
        let why = Text::new(
            format!("文件头不含胸部，图像为胸部正位（评分{value}）"),
            format!("the header names no chest, the image is a frontal chest (score {value})"),
        );
        (why, least)
    } else if only_chest && f64::from(score) <= most {
        let why = Text::new(
            format!("文件头为胸部正位，图像不像（评分{value}）"),
            format!("the header names a frontal chest, the image is none (score {value})"),
        );
        (why, most)
    } else {
        return Ok(Some(Vec::new()));
    };
    let outcome = Outcome::fail(instance.subject(), why)
        .with(Evidence::new("chest_score", value).limit(limit).unit("1"));
    Ok(Some(vec![outcome]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::testing::{film, one_at_models, view_scores};
    use crate::model::outcome::OutcomeKind::{Fail, NotApplicable, Pass};

    #[test]
    fn hit_and_miss_around_the_scores() {
        for (part, view, chest, kind) in [
            ("CHEST", "PA", 0.001, Fail),
            ("CHEST", "PA", 0.5, Pass),
            ("CHEST", "LL", 0.001, NotApplicable),
            ("HAND", "PA", 0.999, Fail),
            ("HAND", "PA", 0.9, Pass),
        ] {
            let mut study = film(part, view, None);
            view_scores(&mut study, [chest, 0.5, 0.01, 0.5]);
            one_at_models(&CHECK, &study, &[], kind);
        }
    }
}
