//! Projections: whether an item's are among those of an examination, and whether what was ordered
//! agrees with what was taken.

use super::exam::{Exam, View};

/// How well an item's projections are met.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fit {
    /// Every one is there.
    Full,
    /// Every one is there; a posture the item asks for is not said.
    Soft,
    /// One is there only as a less definite word (a lateral, left or right not said).
    Open,
}

fn projection_fit(item: &str, exam: &str) -> Option<Fit> {
    let full = match item {
        "AP" => matches!(exam, "F" | "AP" | "PA"),
        "PA" => matches!(exam, "F" | "PA"),
        "LAT" => matches!(exam, "LAT" | "LAT_L" | "LAT_R"),
        "OBL" => matches!(exam, "OBL" | "OBL_L" | "OBL_R" | "LAO" | "RAO"),
        "OBL_L" | "LAO" => matches!(exam, "OBL_L" | "LAO"),
        "OBL_R" | "RAO" => matches!(exam, "OBL_R" | "RAO"),
        other => other == exam,
    };
    let open = matches!((item, exam), ("PA", "AP") | ("LAT_L" | "LAT_R", "LAT"));
    if full { Some(Fit::Full) } else { open.then_some(Fit::Open) }
}

fn view_fit(item: &View, exam: &View) -> Option<Fit> {
    let projection = projection_fit(&item.projection, &exam.projection)?;
    let posture = match (&item.posture, &exam.posture) {
        (None, _) => Fit::Full,
        (Some(_), None) => Fit::Soft,
        (Some(i), Some(e)) if i == e => Fit::Full,
        (Some(_), Some(_)) => return None,
    };
    Some(projection.max(posture))
}

/// Whether an image of a projection may stand for the one that is asked for; what is not said (a
/// posture, the side of a lateral) does not speak against it.
pub fn fits(item: &View, exam: &View) -> bool {
    view_fit(item, exam).is_some()
}

/// The projections that an order names and no image shows. Nothing where the images tell none, or
/// one of them tells nothing.
pub fn ordered_and_not_taken(exam: &Exam) -> Vec<&View> {
    if exam.views_taken.is_empty() || exam.views_unknown > 0 {
        return Vec::new();
    }
    let there =
        |o: &&View| exam.views_taken.iter().any(|t| same_family(&o.projection, &t.projection));
    exam.views_ordered.iter().filter(|o| !there(o)).collect()
}

/// Which of `taken` an item's projections use, and how well; `None` where one is missing.
pub(super) fn cover(item: &[Vec<View>], taken: &[View]) -> Option<(Fit, Vec<usize>)> {
    let mut worst = Fit::Full;
    let mut used: Vec<usize> = Vec::new();
    for alternatives in item {
        let best = taken
            .iter()
            .enumerate()
            .filter(|(at, _)| !used.contains(at))
            .filter_map(|(at, view)| {
                let fit = alternatives.iter().filter_map(|a| view_fit(a, view)).min()?;
                Some((fit, at))
            })
            .min()?;
        worst = worst.max(best.0);
        used.push(best.1);
    }
    used.sort_unstable();
    Some((worst, used))
}

/// Whether two items ask for the same projections and differ in posture at most.
pub(super) fn posture_twins(a: &[Vec<View>], b: &[Vec<View>]) -> bool {
    let bare = |views: &[Vec<View>]| {
        let mut out: Vec<String> =
            views.iter().filter_map(|v| v.first().map(|x| x.projection.clone())).collect();
        out.sort();
        out
    };
    bare(a) == bare(b)
}

/// The projections to judge an examination by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Projections {
    /// Order and images agree, or only one of them says any.
    Agreed(Vec<View>),
    /// The order names some and the images show others.
    Torn {
        /// As ordered.
        ordered: Vec<View>,
        /// As taken.
        taken: Vec<View>,
    },
}

/// Whether an ordered projection may be the one that an image states.
fn same_family(ordered: &str, taken: &str) -> bool {
    let frontal = ["F", "AP", "PA"];
    let lateral = ["LAT", "LAT_L", "LAT_R"];
    match ordered {
        "F" | "OPEN_MOUTH" => ordered == taken || frontal.contains(&taken),
        "LAT" => lateral.contains(&taken),
        "AXIAL" => taken == "AXIAL",
        "OBL" => matches!(taken, "OBL" | "OBL_L" | "OBL_R" | "LAO" | "RAO"),
        "OBL_L" | "LAO" => matches!(taken, "OBL" | "OBL_L" | "LAO"),
        "OBL_R" | "RAO" => matches!(taken, "OBL" | "OBL_R" | "RAO"),
        o if o.starts_with("LAT:") => o == taken || lateral.contains(&taken),
        o => {
            o == taken
                || taken == "F" && frontal.contains(&o)
                || taken == "LAT" && lateral.contains(&o)
        }
    }
}

fn more_definite(ordered: &View, taken: &View) -> View {
    let projection = match ordered.projection.as_str() {
        "F" | "LAT" | "OBL" => &taken.projection,
        _ => &ordered.projection,
    };
    View {
        projection: projection.clone(),
        posture: ordered.posture.clone().or_else(|| taken.posture.clone()),
    }
}

/// Puts together what was ordered and what was taken.
pub(super) fn projections(exam: &Exam) -> Projections {
    let (ordered, taken) = (&exam.views_ordered, &exam.views_taken);
    if ordered.is_empty() || taken.is_empty() {
        let said = if ordered.is_empty() { taken } else { ordered };
        return Projections::Agreed(said.clone());
    }
    let mut merged = Vec::new();
    let mut missing = 0_usize;
    let mut met = vec![false; taken.len()];
    for o in ordered {
        let mut found = false;
        for (t, met) in taken.iter().zip(&mut met) {
            if same_family(&o.projection, &t.projection) {
                if !found {
                    merged.push(more_definite(o, t));
                }
                found = true;
                *met = true;
            }
        }
        if !found {
            missing += 1;
            merged.push(o.clone());
        }
    }
    let extra = met.iter().any(|m| !m);
    if !extra && (missing == 0 || exam.views_unknown > 0) {
        return Projections::Agreed(merged);
    }
    Projections::Torn { ordered: ordered.clone(), taken: taken.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn v(tokens: &[&str]) -> Vec<View> {
        tokens.iter().map(|t| View::parse(t)).collect()
    }

    fn item(tokens: &[&str]) -> Vec<Vec<View>> {
        tokens.iter().map(|t| t.split('|').map(View::parse).collect()).collect()
    }

    #[test]
    fn a_pair_needs_both_projections() {
        assert_eq!(
            cover(&item(&["AP", "LAT"]), &v(&["PA", "LAT_L"])).map(|c| c.0),
            Some(Fit::Full)
        );
        assert_eq!(cover(&item(&["AP", "LAT"]), &v(&["AP"])), None);
        assert_eq!(cover(&item(&["OBL_L", "OBL_R"]), &v(&["OBL"])), None);
    }

    #[test]
    fn an_unsaid_posture_is_soft_and_another_one_excludes() {
        let erect = item(&["AP:erect"]);
        assert_eq!(cover(&erect, &v(&["F"])).map(|c| c.0), Some(Fit::Soft));
        assert_eq!(cover(&erect, &v(&["F:supine"])), None);
        let either = item(&["AP:supine|AP:decubitus"]);
        assert_eq!(cover(&either, &v(&["F:decubitus"])).map(|c| c.0), Some(Fit::Full));
    }

    #[test]
    fn a_lateral_of_unknown_side_is_open() {
        assert_eq!(cover(&item(&["LAT_L"]), &v(&["LAT"])).map(|c| c.0), Some(Fit::Open));
        assert_eq!(cover(&item(&["LAT_L"]), &v(&["LAT_R"])), None);
    }

    #[test]
    fn ordered_and_taken_that_differ_are_torn() {
        let exam = |o: &[&str], t: &[&str], unknown| Exam {
            views_ordered: v(o),
            views_taken: v(t),
            views_unknown: unknown,
            ..Exam::default()
        };
        let agreed = projections(&exam(&["F", "LAT"], &["PA", "LAT_L"], 0));
        assert_eq!(agreed, Projections::Agreed(v(&["PA", "LAT_L"])));
        assert!(matches!(projections(&exam(&["F", "LAT"], &["PA"], 0)), Projections::Torn { .. }));
        assert!(matches!(projections(&exam(&["F", "LAT"], &["PA"], 1)), Projections::Agreed(_)));
        assert!(matches!(projections(&exam(&["F"], &["PA", "LAT"], 0)), Projections::Torn { .. }));
    }
}
